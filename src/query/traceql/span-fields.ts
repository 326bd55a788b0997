/** What a query asks of one span, as functions of a trace and a span's place in it. */
import { namesOf } from '#lang';
import { Pattern } from '#lang/pattern';
import {
  type AttributeField,
  type AttributeScope,
  anchored,
  type BinaryExpr,
  type FieldExpr,
  type IntrinsicName,
  SPAN_KIND_WORDS,
  STATUS_WORDS,
  type TraceqlField,
  type TraceqlValue,
} from '#lang/traceql';
import type { StoredAttribute } from '../reader/index.ts';
import {
  arithmetic,
  COMPARISONS,
  type Comparison,
  compare,
  type FieldValue,
  fieldValue,
  isDenial,
  numberOf,
  valueKey,
} from './field-value.ts';
import type { TraceSpans } from './trace-spans.ts';

export type FieldGetter = (trace: TraceSpans, place: number) => FieldValue;
export type SpanTest = (trace: TraceSpans, place: number) => boolean;

/** Whether a span meets a condition. A checked one is true or false, or an attribute that is true. */
export function compileTest(condition: FieldExpr | undefined): SpanTest {
  if (condition === undefined) return () => true;
  const get = compileExpr(condition);
  return (trace, place) => isTrue(get(trace, place));
}

function isTrue(value: FieldValue): boolean {
  return value?.type === 'bool' && value.value;
}

function bool(value: boolean): TraceqlValue {
  return value ? TRUE : FALSE;
}

const TRUE: TraceqlValue = { type: 'bool', value: true };
const FALSE: TraceqlValue = { type: 'bool', value: false };

export function compileExpr(expr: FieldExpr): FieldGetter {
  switch (expr.kind) {
    case 'static': {
      const value = expr.value.type === 'nil' ? undefined : expr.value;
      return () => value;
    }
    case 'unary': {
      const get = compileExpr(expr.operand);
      if (expr.operator === '-') return (trace, place) => arithmetic(ZERO, '-', get(trace, place));
      return (trace, place) => {
        const value = get(trace, place);
        return value?.type === 'bool' ? bool(!value.value) : undefined;
      };
    }
    case 'binary':
      return compileBinary(expr);
    default:
      return compileField(expr);
  }
}

const ZERO: TraceqlValue = { type: 'int', value: 0 };

function compileBinary(expr: BinaryExpr): FieldGetter {
  const { operator } = expr;
  if (operator === '&&' || operator === '||') {
    const [left, right] = [compileTest(expr.left), compileTest(expr.right)];
    return operator === '&&'
      ? (trace, place) => bool(left(trace, place) && right(trace, place))
      : (trace, place) => bool(left(trace, place) || right(trace, place));
  }
  if (
    operator === '+' ||
    operator === '-' ||
    operator === '*' ||
    operator === '/' ||
    operator === '%' ||
    operator === '^'
  ) {
    const [left, right] = [compileExpr(expr.left), compileExpr(expr.right)];
    return (trace, place) => arithmetic(left(trace, place), operator, right(trace, place));
  }
  const isNil = nilSide(expr);
  if (isNil !== undefined) {
    const get = compileExpr(isNil);
    return operator === '='
      ? (trace, place) => bool(get(trace, place) === undefined)
      : (trace, place) => bool(get(trace, place) !== undefined);
  }
  const holds = operator === '=~' || operator === '!~' ? matches(expr) : COMPARISONS[operator];
  const isDenied = isDenial(operator);
  // Each name of a renamed attribute is compared by itself: one must meet the comparison.
  const [lefts, rights] = [alternatives(expr.left), alternatives(expr.right)];
  if (lefts.length === 1 && rights.length === 1) {
    const [left, right] = [lefts[0]!, rights[0]!];
    return (trace, place) => bool(compare(left(trace, place), right(trace, place), isDenied, holds));
  }
  return (trace, place) =>
    bool(
      lefts.some((left) => rights.some((right) => compare(left(trace, place), right(trace, place), isDenied, holds))),
    );
}

/** Of a comparison with nil what is compared with it. */
function nilSide({ left, right }: BinaryExpr): FieldExpr | undefined {
  if (right.kind === 'static' && right.value.type === 'nil') return left;
  return left.kind === 'static' && left.value.type === 'nil' ? right : undefined;
}

function matches({ right }: BinaryExpr): Comparison {
  if (right.kind !== 'static' || right.value.type !== 'string') throw new Error('bug: a pattern that was not checked');
  const pattern = new Pattern(anchored(right.value.value));
  return (a) => a.type === 'string' && pattern.test(a.value);
}

function alternatives(expr: FieldExpr): readonly FieldGetter[] {
  if (expr.kind !== 'attribute') return [compileExpr(expr)];
  return namesOf(expr.key).map((name) => ofSpanOrParent(expr, getAttribute(expr.scope, name, expr.key)));
}

export function compileField(field: TraceqlField): FieldGetter {
  if (field.kind === 'intrinsic') return INTRINSIC_GETTERS[field.name];
  const [only, ...others] = alternatives(field);
  if (others.length === 0) return only!;
  const all = [only!, ...others];
  return (trace, place) => {
    for (const get of all) {
      const value = get(trace, place);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function ofSpanOrParent(field: AttributeField, get: FieldGetter): FieldGetter {
  if (!field.isParent) return get;
  return (trace, place) => {
    const parent = trace.parents[place]!;
    return parent < 0 ? undefined : get(trace, parent);
  };
}

/** `key` is the name that the query has. */
function getAttribute(scope: AttributeScope | undefined, name: string, key: string): FieldGetter {
  switch (scope) {
    case 'span':
      return (trace, place) => fieldValue(trace.spans.attributes.get(name)?.[trace.rows[place]!]);
    case 'resource':
      return (trace, place) => ofResource(trace, trace.rows[place]!, name);
    case 'instrumentation':
      return (trace, place) => ofOwner(trace.spans.scopes[trace.rows[place]!]?.attributes, name);
    case 'event':
      return (trace, place) => many(trace.spans.events.get(trace.rows[place]!), (event) => event.attributes.get(name));
    case 'link':
      return (trace, place) => many(trace.spans.links.get(trace.rows[place]!), (link) => link.attributes.get(name));
    case undefined:
      return unscoped(name, namesOf(key));
  }
}

/** A span's own attribute wins over its resource's, under whichever name it has it. */
function unscoped(name: string, names: readonly string[]): FieldGetter {
  return (trace, place) => {
    const { spans, rows } = trace;
    const row = rows[place]!;
    for (const each of names) {
      const own = fieldValue(spans.attributes.get(each)?.[row]);
      if (own !== undefined) return each === name ? own : fieldValue(spans.attributes.get(name)?.[row]);
    }
    return ofResource(trace, row, name);
  };
}

/** The service's name has a column of its own, as in conditions of the store. */
function ofResource({ spans }: TraceSpans, row: number, key: string): FieldValue {
  return key === 'service.name' ? text(spans.services[row]) : ofOwner(spans.resources[row]?.attributes, key);
}

function ofOwner(attributes: readonly StoredAttribute[] | undefined, key: string): FieldValue {
  return fieldValue(attributes?.find((one) => one.key === key)?.value);
}

function many<T>(
  parts: readonly T[] | undefined,
  of: (part: T) => Parameters<typeof fieldValue>[0] | TraceqlValue,
): FieldValue {
  if (parts === undefined) return undefined;
  const items = parts.flatMap((part): readonly TraceqlValue[] => {
    const stored = of(part);
    const value =
      stored === undefined || stored === null || stored.type === 'duration' ? stored : fieldValue(stored as never);
    if (value === undefined || value === null) return [];
    return value.type === 'many' ? value.items : [value as TraceqlValue];
  });
  if (items.length === 0) return undefined;
  // What an SDK records as an event and as a log record, too, is one thing.
  const unique = items.length === 1 ? items : [...new Map(items.map((item) => [valueKey(item), item])).values()];
  return { type: 'many', items: unique, stored: undefined };
}

function text(value: string | undefined): FieldValue {
  return value === undefined || value === '' ? undefined : { type: 'string', value };
}

const INTRINSIC_GETTERS: { readonly [name in IntrinsicName]: FieldGetter } = {
  duration: (trace, place) => ({ type: 'duration', value: Number(trace.spans.durationNs[trace.rows[place]!]!) }),
  name: (trace, place) => ({ type: 'string', value: trace.spans.names[trace.rows[place]!]! }),
  status: (trace, place) => ({
    type: 'status',
    value: STATUS_WORDS[trace.spans.statuses[trace.rows[place]!]!] ?? 'unset',
  }),
  statusMessage: (trace, place) => ({ type: 'string', value: trace.spans.messages[trace.rows[place]!]! }),
  kind: (trace, place) => ({
    type: 'kind',
    value: SPAN_KIND_WORDS[trace.spans.kinds[trace.rows[place]!]!] ?? 'unspecified',
  }),
  childCount: (trace, place) => ({ type: 'int', value: trace.childCounts[place]! }),
  parent: (trace, place) => text(trace.parentId(place)),
  nestedSetLeft: (trace, place) => ({ type: 'int', value: trace.nested.left[place]! }),
  nestedSetRight: (trace, place) => ({ type: 'int', value: trace.nested.right[place]! }),
  nestedSetParent: (trace, place) => ({ type: 'int', value: trace.nestedParent(place) }),
  'span:id': (trace, place) => text(trace.spans.spanIds[trace.rows[place]!]),
  'span:parentID': (trace, place) => text(trace.parentId(place)),
  traceDuration: (trace) => ({ type: 'duration', value: trace.durationNs }),
  rootName: (trace) => (trace.note.root === undefined ? undefined : { type: 'string', value: trace.note.root.name }),
  rootServiceName: (trace) =>
    trace.note.root === undefined ? undefined : { type: 'string', value: trace.note.root.service },
  'trace:id': (trace) => ({ type: 'string', value: trace.note.traceId }),
  'event:name': (trace, place) =>
    many(trace.spans.events.get(trace.rows[place]!), ({ name }) => ({ type: 'string', value: name })),
  'event:timeSinceStart': (trace, place) => {
    const startNs = trace.spans.startNs[trace.rows[place]!]!;
    return many(trace.spans.events.get(trace.rows[place]!), ({ timeNs }) => ({
      type: 'duration',
      value: Number(timeNs - startNs),
    }));
  },
  'link:spanID': (trace, place) =>
    many(trace.spans.links.get(trace.rows[place]!), ({ spanId }) => ({ type: 'string', value: spanId })),
  'link:traceID': (trace, place) =>
    many(trace.spans.links.get(trace.rows[place]!), ({ traceId }) => ({ type: 'string', value: traceId })),
  'instrumentation:name': (trace, place) => text(trace.spans.scopes[trace.rows[place]!]?.name),
  'instrumentation:version': (trace, place) => text(trace.spans.scopes[trace.rows[place]!]?.version),
};

/** A number that a span has: what aggregates and metrics take. */
export function compileNumber(expr: FieldExpr): (trace: TraceSpans, place: number) => number | undefined {
  const get = compileExpr(expr);
  return (trace, place) => numberOf(get(trace, place));
}
