/**
 * Conditions of a query as SQL. What a single row of a span says, its resource, scope, events and links can be asked there, with the same meaning as
 * in span-fields.ts; what the tree or the trace says can not.
 */
import { namesOf } from '#lang';
import {
  type AttributeField,
  anchored,
  type BinaryExpr,
  type CompareOperator,
  type FieldExpr,
  type IntrinsicField,
  type IntrinsicName,
  SPAN_KIND_WORDS,
  STATUS_WORDS,
  type TraceqlValue,
} from '#lang/traceql';
import { eventLogs, hasKey, LOG_EVENT_NAME, pathOf } from '../filter/index.ts';
import {
  type AttributeColumn,
  EVENT_ATTRIBUTES,
  ITEM_ATTRIBUTES,
  LINK_ATTRIBUTES,
  OWNER_ATTRIBUTES,
  type OwnerRows,
  ownerMeets,
  resources,
  SPAN_ATTRIBUTES,
  scopes,
  spanEvents,
  spanLinks,
  type TimeRange,
  type ValueType,
} from '../source/index.ts';
import { allOf, anyOf, Bound, float, id, noId, raw, type Sql, sql, text } from '../sql/index.ts';

/** Exactly the spans that meet a condition; undefined where SQL can't tell. `range`: of the spans that are asked. */
export function exactCondition(condition: FieldExpr, range: TimeRange): Sql | undefined {
  switch (condition.kind) {
    case 'static':
      return condition.value.type === 'bool' ? raw(condition.value.value ? '1' : '0') : undefined;
    case 'attribute':
      return compareField(condition, '=', { type: 'bool', value: true }, range, true);
    case 'intrinsic':
      return undefined;
    case 'unary': {
      let operand: FieldExpr = condition;
      let value = true;
      for (; operand.kind === 'unary' && operand.operator === '!'; operand = operand.operand) value = !value;
      // An attribute that is not there is neither true nor false.
      if (operand.kind === 'attribute') return compareField(operand, '=', { type: 'bool', value }, range, true);
      const inner = exactCondition(operand, range);
      return inner === undefined || value ? inner : sql`NOT (${inner})`;
    }
    case 'binary':
      return exactBinary(condition, range);
  }
}

/** `a`, `b` and `c` of `a && b && c`: side by side, since ClickHouse reads no condition that is nested as deep as a chain may be long. */
function operandsOf(expr: BinaryExpr, operator: BinaryExpr['operator']): readonly FieldExpr[] {
  const operands: FieldExpr[] = [];
  let left: FieldExpr = expr;
  for (; left.kind === 'binary' && left.operator === operator; left = left.left) operands.push(left.right);
  operands.push(left);
  return operands.reverse();
}

function areAllKnown(conditions: readonly (Sql | undefined)[]): conditions is readonly Sql[] {
  return conditions.every((each) => each !== undefined);
}

function exactBinary(expr: BinaryExpr, range: TimeRange): Sql | undefined {
  const { operator } = expr;
  if (operator === '&&' || operator === '||') {
    const conditions = operandsOf(expr, operator).map((operand) => exactCondition(operand, range));
    if (!areAllKnown(conditions)) return undefined;
    return operator === '&&' ? allOf(conditions) : anyOf(conditions);
  }
  const asked = asFieldAndValue(expr);
  return asked === undefined ? undefined : compareField(asked.field, asked.operator, asked.value, range);
}

/** What spans must meet so that the condition can hold; undefined where that is nothing. */
export function neededCondition(condition: FieldExpr | undefined, range: TimeRange): Sql | undefined {
  if (condition === undefined) return undefined;
  if (condition.kind === 'binary' && (condition.operator === '&&' || condition.operator === '||')) {
    const conditions = operandsOf(condition, condition.operator).map((operand) => neededCondition(operand, range));
    if (condition.operator === '||') return areAllKnown(conditions) ? anyOf(conditions) : undefined;
    const known = conditions.filter((each) => each !== undefined);
    return known.length === 0 ? undefined : allOf(known);
  }
  return exactCondition(condition, range);
}

const MIRRORED: { readonly [operator in CompareOperator]?: CompareOperator } = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '=': '=',
  '!=': '!=',
};

export interface FieldComparison {
  readonly field: AttributeField | IntrinsicField;
  readonly operator: CompareOperator;
  readonly value: TraceqlValue;
}

/** `name = "x"`, also where the value stands in front; undefined for what compares otherwise. */
export function asFieldAndValue({ operator, left, right }: BinaryExpr): FieldComparison | undefined {
  const isField = (expr: FieldExpr): expr is AttributeField | IntrinsicField =>
    expr.kind === 'attribute' || expr.kind === 'intrinsic';
  if (right.kind === 'static' && isField(left))
    return { field: left, operator: operator as CompareOperator, value: right.value };
  const mirrored = MIRRORED[operator as CompareOperator];
  if (left.kind !== 'static' || !isField(right) || mirrored === undefined) return undefined;
  return { field: right, operator: mirrored, value: left.value };
}

/** `isSingle`: of a list no item counts. */
function compareField(
  field: AttributeField | IntrinsicField,
  operator: CompareOperator,
  value: TraceqlValue,
  range: TimeRange,
  isSingle = false,
): Sql | undefined {
  if (field.kind === 'intrinsic') return compareIntrinsic(field.name, operator, value, range);
  const { scope, key, isParent } = field;
  if (isParent || key === '') return undefined;
  const of = (column: AttributeColumn): Sql => compareKey(column, key, operator, value, isSingle);
  switch (scope) {
    case 'span':
      return of(SPAN_ATTRIBUTES);
    case 'resource':
      return (
        compareService(key, operator, value) ?? ofOwner(resources, of(OWNER_ATTRIBUTES), isAbsent(operator, value))
      );
    case 'instrumentation':
      return ofOwner(scopes, of(OWNER_ATTRIBUTES), isAbsent(operator, value));
    case 'event':
    case 'link':
      return isSingle ? undefined : compareParts(scope, key, operator, value, range);
    case undefined:
      return unscoped(key, of, operator, value);
  }
}

function unscoped(
  key: string,
  of: (column: AttributeColumn) => Sql,
  operator: CompareOperator,
  value: TraceqlValue,
): Sql {
  const ofResource =
    compareService(key, operator, value) ?? ofOwner(resources, of(OWNER_ATTRIBUTES), isAbsent(operator, value));
  const own = of(SPAN_ATTRIBUTES);
  if (value.type === 'nil') return operator === '=' ? allOf([own, ofResource]) : anyOf([own, ofResource]);
  return sql`if(${hasKey(SPAN_ATTRIBUTES, key)}, ${own}, ${ofResource})`;
}

function isAbsent(operator: CompareOperator, value: TraceqlValue): boolean {
  return value.type === 'nil' && operator === '=';
}

/** Whether an owner meets a condition; one that is not stored has no attributes. */
function ofOwner(owners: OwnerRows, condition: Sql, isAbsence: boolean): Sql {
  return isAbsence ? sql`NOT ${ownerMeets(owners, sql`NOT (${condition})`)}` : ownerMeets(owners, condition);
}

/** The service's name has a column of its own, by which spans are sorted. */
function compareService(key: string, operator: CompareOperator, value: TraceqlValue): Sql | undefined {
  if (key !== 'service.name') return undefined;
  if (value.type === 'nil') return raw(operator === '=' ? "service_name = ''" : "service_name != ''");
  if (value.type !== 'string') return undefined;
  const compared = compareText(raw('service_name'), operator, value.value);
  // A resource without the name has an empty one here.
  return operator === '=' && value.value !== '' ? compared : sql`(service_name != '' AND ${compared})`;
}

function compareText(column: Sql, operator: CompareOperator, value: string): Sql {
  if (operator === '=~' || operator === '!~') {
    // By itself the store lets a point match the end of a line, too.
    const matches = sql`match(${column}, ${text(`(?-s:${anchored(value)})`)})`;
    return operator === '=~' ? matches : sql`NOT ${matches}`;
  }
  return sql`${column} ${raw(operator)} ${text(value)}`;
}

const SQL_TYPES: { readonly [type in ValueType]: string } = {
  string: 'String',
  int: 'Int64',
  double: 'Float64',
  bool: 'Bool',
};

/** The types in the store whose values a written one may meet. */
function typesFor({ type }: TraceqlValue): readonly ValueType[] {
  if (type === 'string') return ['string'];
  if (type === 'bool') return ['bool'];
  return type === 'int' || type === 'float' || type === 'duration' ? ['int', 'double'] : [];
}

/** Whether a row of the resources meets the comparison of an attribute without a scope. */
export function resourceMeets(key: string, { operator, value }: FieldComparison): Sql {
  return compareKey(OWNER_ATTRIBUTES, key, operator, value, false);
}

/** A comparison of an attribute under all of its names; never NULL. */
function compareKey(
  column: AttributeColumn,
  key: string,
  operator: CompareOperator,
  value: TraceqlValue,
  isSingle: boolean,
): Sql {
  if (value.type === 'nil') return operator === '=' ? sql`NOT (${hasKey(column, key)})` : hasKey(column, key);
  const alternatives = namesOf(key).flatMap((name) => {
    const own = column.typed.get(name);
    const others = pathOf(own === undefined ? column.name : column.other, name);
    return typesFor(value).flatMap((type) => [
      ...(own === type ? [compareScalar(pathOf(column.name, name), operator, value)] : []),
      compareScalar(sql`${others}.:${raw(SQL_TYPES[type])}`, operator, value),
      ...(isSingle ? [] : [compareList(sql`${others}.:${raw(`\`Array(${SQL_TYPES[type]})\``)}`, operator, value)]),
    ]);
  });
  return sql`ifNull(${anyOf(alternatives)}, 0)`;
}

function compareScalar(path: Sql, operator: CompareOperator, value: TraceqlValue): Sql {
  if (value.type === 'string') return compareText(path, operator, value.value);
  return sql`${path} ${raw(operator)} ${boundOf(value)}`;
}

function boundOf(value: TraceqlValue): Bound {
  if (value.type === 'bool') return new Bound('Bool', value.value);
  if (value.type === 'int') return new Bound('Int64', String(value.value));
  if (value.type === 'float') return float(value.value);
  if (value.type === 'duration' && Number.isSafeInteger(value.value)) return new Bound('Int64', String(value.value));
  return float(value.type === 'duration' ? value.value : Number.NaN);
}

/** Of a list one item must meet it, of a denial none what it denies. */
function compareList(path: Sql, operator: CompareOperator, value: TraceqlValue): Sql {
  const positive = operator === '!=' ? '=' : operator === '!~' ? '=~' : operator;
  const some =
    positive === '='
      ? sql`has(${path}, ${value.type === 'string' ? text(value.value) : boundOf(value)})`
      : sql`arrayExists(item -> ${compareScalar(raw('item'), positive, value)}, ${path})`;
  return positive === operator ? some : sql`(notEmpty(${path}) AND NOT ${some})`;
}

/** One part of a span must meet it, of a denial none what it denies. */
function compareParts(
  part: 'event' | 'link',
  key: string,
  operator: CompareOperator,
  value: TraceqlValue,
  range: TimeRange,
): Sql {
  return denied(
    operator,
    value,
    (positive) => (column: AttributeColumn) =>
      positive === undefined ? hasComparable(column, key, value) : compareKey(column, key, positive, value, false),
    (condition) => ofParts(part, condition, range),
  );
}

/** Whether there is a value that can be compared with this one at all. */
function hasComparable(column: AttributeColumn, key: string, value: TraceqlValue): Sql {
  const alternatives = namesOf(key).flatMap((name) => {
    const own = column.typed.get(name);
    const others = pathOf(own === undefined ? column.name : column.other, name);
    return typesFor(value).flatMap((type) => [
      ...(own === type ? [sql`isNotNull(${pathOf(column.name, name)})`] : []),
      sql`isNotNull(${others}.:${raw(SQL_TYPES[type])})`,
      sql`notEmpty(${others}.:${raw(`\`Array(${SQL_TYPES[type]})\``)})`,
    ]);
  });
  return anyOf(alternatives);
}

/** `conditionFor(undefined)`: that there is something to be compared. */
function denied<Condition>(
  operator: CompareOperator,
  value: TraceqlValue,
  conditionFor: (positive: CompareOperator | undefined) => Condition,
  spansWith: (condition: Condition) => Sql,
): Sql {
  if (value.type === 'nil') {
    const there = spansWith(conditionFor('!='));
    return operator === '!=' ? there : sql`NOT ${there}`;
  }
  if (operator !== '!=' && operator !== '!~') return spansWith(conditionFor(operator));
  const positive = spansWith(conditionFor(operator === '!=' ? '=' : '=~'));
  return sql`(${spansWith(conditionFor(undefined))} AND NOT ${positive})`;
}

/** Spans that have a part which meets the condition. */
function ofParts(part: 'event' | 'link', condition: (column: AttributeColumn) => Sql, range: TimeRange): Sql {
  const ids = raw('SELECT trace_id, span_id');
  const ofSpans = (rows: typeof spanEvents, column: AttributeColumn): Sql =>
    sql`${ids} ${rows.in(range)} AND ${condition(column)}`;
  if (part === 'link') return sql`(trace_id, span_id) IN (${ofSpans(spanLinks, LINK_ATTRIBUTES)})`;
  return sql`(trace_id, span_id) IN (${ofSpans(spanEvents, EVENT_ATTRIBUTES)}
    UNION ALL ${ids} ${eventLogs(range)} AND ${condition(ITEM_ATTRIBUTES.logs)})`;
}

function compareIntrinsic(
  name: IntrinsicName,
  operator: CompareOperator,
  value: TraceqlValue,
  range: TimeRange,
): Sql | undefined {
  switch (name) {
    case 'name':
      return ofTextColumn('stored.name', operator, value);
    case 'statusMessage':
      return ofTextColumn('status_message', operator, value);
    case 'duration':
      return value.type === 'nil' ? ofPresent(operator) : compareDuration(operator, value);
    case 'status':
      return ofWord('status_code', STATUS_WORDS, operator, value);
    case 'kind':
      return ofWord('kind', SPAN_KIND_WORDS, operator, value);
    case 'span:id':
      return ofId('span_id', 8, operator, value);
    case 'trace:id':
      return ofId('trace_id', 16, operator, value);
    case 'parent':
    case 'span:parentID':
      if (value.type === 'nil') return sql`parent_span_id ${raw(operator)} ${noId(8)}`;
      return sql`(parent_span_id != ${noId(8)} AND ${ofId('parent_span_id', 8, operator, value) ?? raw('0')})`;
    case 'nestedSetParent':
      return isRootTest(operator, value) ? sql`parent_span_id = ${noId(8)}` : undefined;
    case 'instrumentation:name':
      return ofScopeText('name', operator, value);
    case 'instrumentation:version':
      return ofScopeText('version', operator, value);
    case 'event:name':
      return ofEvents(operator, value, raw('toString(stored.name)'), LOG_EVENT_NAME, range);
    case 'link:traceID':
      return ofLinks('linked_trace_id', 16, operator, value, range);
    case 'link:spanID':
      return ofLinks('linked_span_id', 8, operator, value, range);
    case 'event:timeSinceStart':
    case 'childCount':
    case 'nestedSetLeft':
    case 'nestedSetRight':
    case 'traceDuration':
    case 'rootName':
    case 'rootServiceName':
      return undefined;
  }
}

function ofPresent(operator: CompareOperator): Sql {
  return raw(operator === '!=' ? '1' : '0');
}

function ofTextColumn(column: string, operator: CompareOperator, value: TraceqlValue): Sql {
  if (value.type === 'nil') return ofPresent(operator);
  return value.type === 'string' ? sql`(${compareText(raw(column), operator, value.value)})` : raw('0');
}

function compareDuration(operator: CompareOperator, value: TraceqlValue): Sql {
  if (value.type !== 'int' && value.type !== 'float' && value.type !== 'duration') return raw('0');
  const number = Number(value.value);
  const isWhole = Number.isSafeInteger(number) && number >= 0;
  return sql`duration_ns ${raw(operator)} ${isWhole ? new Bound('UInt64', String(number)) : float(number)}`;
}

function ofWord(column: string, words: readonly string[], operator: CompareOperator, value: TraceqlValue): Sql {
  if (value.type === 'nil') return ofPresent(operator);
  const number = value.type === 'status' || value.type === 'kind' ? words.indexOf(value.value) : -1;
  // What is beyond the known words counts as the first.
  const known = sql`if(${raw(column)} >= ${raw(String(words.length))}, 0, ${raw(column)})`;
  return number < 0 ? raw('0') : sql`${number === 0 ? known : raw(column)} ${raw(operator)} ${raw(String(number))}`;
}

function ofId(column: string, byteLength: number, operator: CompareOperator, value: TraceqlValue): Sql | undefined {
  if (value.type === 'nil') return ofPresent(operator);
  if (value.type !== 'string') return raw('0');
  const isId = (operator === '=' || operator === '!=') && new RegExp(`^[0-9a-f]{${byteLength * 2}}$`).test(value.value);
  if (isId) return sql`${raw(column)} ${raw(operator)} ${id(value.value, byteLength)}`;
  return sql`(${compareText(raw(`lower(hex(${column}))`), operator, value.value)})`;
}

/** `nestedSetParent < 0`, and what else only roots meet. */
function isRootTest(operator: CompareOperator, value: TraceqlValue): boolean {
  if (value.type !== 'int') return false;
  const number = Number(value.value);
  return (operator === '<' && number === 0) || ((operator === '=' || operator === '<=') && number === -1);
}

function ofScopeText(column: 'name' | 'version', operator: CompareOperator, value: TraceqlValue): Sql {
  const shown = raw(`toString(${column})`);
  if (value.type === 'nil') {
    const there = ownerMeets(scopes, sql`${shown} != ''`);
    return operator === '=' ? sql`NOT ${there}` : there;
  }
  if (value.type !== 'string') return raw('0');
  return ownerMeets(scopes, sql`${shown} != '' AND ${compareText(shown, operator, value.value)}`);
}

function ofEvents(operator: CompareOperator, value: TraceqlValue, ofSpan: Sql, ofLog: Sql, range: TimeRange): Sql {
  if (value.type !== 'nil' && value.type !== 'string') return raw('0');
  return denied(
    operator,
    value,
    (positive) => (column: AttributeColumn) =>
      positive === undefined || value.type === 'nil'
        ? raw('1')
        : sql`(${compareText(column === EVENT_ATTRIBUTES ? ofSpan : ofLog, positive, value.value)})`,
    (condition) => ofParts('event', condition, range),
  );
}

function ofLinks(
  column: string,
  byteLength: number,
  operator: CompareOperator,
  value: TraceqlValue,
  range: TimeRange,
): Sql | undefined {
  return denied(
    operator,
    value,
    (positive) => () =>
      positive === undefined || value.type === 'nil'
        ? raw('1')
        : (ofId(column, byteLength, positive, value) ?? raw('0')),
    (condition) => ofParts('link', condition, range),
  );
}
