/**
 * Compiles the console's filter language (#lang/filter) into a condition of ClickHouse. Values are bound as parameters;
 * so are attribute keys, as identifiers.
 *
 * Attributes are typed subcolumns of a JSON column. A comparison looks at the type that the value can be compared with:
 * a number at integers and floating-point numbers, and as text at text. Nothing is cast, so only the files of that key
 * and type are read.
 */
import {
  checkFilter,
  classifyValue,
  durationNs,
  type FilterCompare,
  FilterError,
  type FilterField,
  type FilterNode,
  type FilterOperator,
  type FilterSignal,
  type FilterValue,
  parseFilter,
  resolveField,
  SPAN_KIND_NUMBERS,
  STATUS_NUMBERS,
  severityRange,
} from '#lang/filter';
import { QueryError } from '../reader/index.ts';
import { allOf, anyOf, Bound, float, id, integer, noId, raw, type Sql, sql, text } from '../sql/index.ts';
import { bodyContains, bodyEquals, bodyMatches } from './body-text.ts';

/** Parses, checks and compiles. Throws QueryError `bad_query` with the place of the mistake. */
export async function filterCondition(query: string, signal: FilterSignal): Promise<Sql | undefined> {
  const parsed = parseFilter(query);
  try {
    if (!parsed.ok) throw parsed.error;
    if (parsed.filter === undefined) return undefined;
    checkFilter(parsed.filter, signal);
    await checkRegexes(parsed.filter);
    return compileFilter(parsed.filter, signal);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { start, end, hint } = error;
    throw new QueryError('bad_query', error.message, { query, start, end, hint, cause: error });
  }
}

/** The store's regular expressions are RE2, so they are checked by an RE2 before the store sees them. */
async function checkRegexes(node: FilterNode): Promise<void> {
  if (node.kind === 'and' || node.kind === 'or') for (const item of node.items) await checkRegexes(item);
  if (node.kind === 'not') await checkRegexes(node.item);
  if (node.kind !== 'compare' || (node.operator !== '~' && node.operator !== '!~')) return;
  const { RE2JS } = await import('re2js');
  try {
    RE2JS.compile(node.value.text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : '';
    const hint = 'RE2 syntax: no look-around and no back-references; escape special characters with a backslash';
    throw new FilterError(`not a valid regular expression: ${reason}`, node.value, hint);
  }
}

/** A condition that is never NULL. `node` must have passed `checkFilter`. */
export function compileFilter(node: FilterNode, signal: FilterSignal): Sql {
  switch (node.kind) {
    case 'and':
      return allOf(node.items.map((item) => compileFilter(item, signal)));
    case 'or':
      return anyOf(node.items.map((item) => compileFilter(item, signal)));
    case 'not':
      return sql`NOT (${compileFilter(node.item, signal)})`;
    case 'text':
      return signal === 'logs' ? bodyContains(node.text) : contains('name', node.text);
    case 'exists': {
      const present = exists(resolveField(node.key.text, signal));
      return node.negated ? sql`NOT (${present})` : present;
    }
    case 'compare':
      return compileCompare(node, resolveField(node.key.text, signal));
  }
}

function contains(column: string, value: string): Sql {
  return sql`positionCaseInsensitiveUTF8(${raw(column)}, ${text(value)}) > 0`;
}

const negations: { readonly [operator in FilterOperator]?: FilterOperator } = { '!=': '=', '!~': '~' };

function compileCompare(node: FilterCompare, field: FilterField): Sql {
  const positive = negations[node.operator];
  if (positive !== undefined) return sql`NOT (${compileCompare({ ...node, operator: positive }, field)})`;
  if (field.kind === 'intrinsic') return compileIntrinsic(node, field.name);
  const compare = (column: string) => compareAttribute(column, field.key, node.operator, node.value);
  if (field.scope === 'item') return compare('attributes');
  if (field.scope === 'resource') return compare('resource');
  return sql`if(${hasPath('attributes', field.key)}, ${compare('attributes')}, ${compare('resource')})`;
}

function compileIntrinsic(node: FilterCompare, name: string): Sql {
  const { value } = node;
  switch (name) {
    case 'service':
      return compareText('service_name', node);
    case 'scope':
      return compareText('scope_name', node);
    case 'event':
      return compareText('event_name', node);
    case 'name':
      return compareText('name', node);
    case 'body':
      return node.operator === '=' ? bodyEquals(value.text) : bodyMatches(value.text);
    case 'kind':
      return sql`kind = ${integer(SPAN_KIND_NUMBERS[value.text.toLowerCase()]!)}`;
    case 'status':
      return sql`status_code = ${integer(STATUS_NUMBERS[value.text.toLowerCase()]!)}`;
    case 'duration':
      return sql`duration_ns ${raw(node.operator)} ${new Bound('UInt64', String(durationNs(node)!))}`;
    case 'severity':
      return compareSeverity(node);
    case 'trace':
      return sql`trace_id = ${id(value.text, 16)}`;
    case 'span':
      return sql`span_id = ${id(value.text, 8)}`;
    default:
      return sql`parent_span_id = ${id(value.text, 8)}`;
  }
}

function compareText(column: string, node: FilterCompare): Sql {
  if (node.operator === '~') return sql`match(${raw(column)}, ${text(node.value.text)})`;
  return sql`${raw(column)} = ${text(node.value.text)}`;
}

function compareSeverity(node: FilterCompare): Sql {
  if (node.operator === '~') return sql`match(severity_text, ${text(node.value.text)})`;
  const [first, last] = severityRange(node)!;
  switch (node.operator) {
    case '>':
      return sql`severity_number > ${integer(last)}`;
    case '>=':
      return sql`severity_number >= ${integer(first)}`;
    case '<':
      return sql`severity_number < ${integer(first)}`;
    case '<=':
      return sql`severity_number <= ${integer(last)}`;
    default:
      return sql`severity_number BETWEEN ${integer(first)} AND ${integer(last)}`;
  }
}

function exists(field: FilterField): Sql {
  if (field.kind === 'attribute') {
    if (field.scope === 'item') return hasPath('attributes', field.key);
    if (field.scope === 'resource') return hasPath('resource', field.key);
    return anyOf([hasPath('attributes', field.key), hasPath('resource', field.key)]);
  }
  const present: { readonly [name: string]: Sql } = {
    service: raw("service_name != ''"),
    name: raw("name != ''"),
    scope: raw("scope_name != ''"),
    body: raw("body != ''"),
    event: raw("event_name != ''"),
    trace: sql`trace_id != ${noId(16)}`,
    span: sql`span_id != ${noId(8)}`,
    parent: sql`parent_span_id != ${noId(8)}`,
  };
  return present[field.name]!;
}

/** A path of a JSON column. The store knows no empty path in a query, so an empty key is absent. */
export function attributePath(column: string, key: string): Sql {
  return key === '' ? raw('NULL') : sql`${raw(column)}.${new Bound('Identifier', key)}`;
}

export function hasPath(column: string, key: string): Sql {
  return key === '' ? raw('0') : sql`isNotNull(${attributePath(column, key)})`;
}

function compareAttribute(column: string, key: string, operator: FilterOperator, value: FilterValue): Sql {
  if (key === '') return raw('0');
  const path = attributePath(column, key);
  if (operator === '~') {
    // Numbers and truth values match by their text; an absent attribute matches nothing.
    return sql`isNotNull(${path}) AND match(toString(${path}), ${text(value.text)})`;
  }
  const compare = (type: string, bound: Bound) => sql`${path}.:${raw(type)} ${raw(operator)} ${bound}`;
  const alternatives = [compare('String', text(value.text))];
  if (value.kind === 'number') {
    alternatives.push(
      compare('Int64', integerOrFloat(value.text, value.value)),
      compare('Float64', float(value.value)),
    );
  }
  if (operator === '=') alternatives.push(sql`has(${path}.:\`Array(String)\`, ${text(value.text)})`);
  if (operator === '=' && value.kind === 'number' && Number.isInteger(value.value)) {
    alternatives.push(sql`has(${path}.:\`Array(Int64)\`, ${integerOrFloat(value.text, value.value)})`);
  }
  if (value.kind === 'boolean') alternatives.push(compare('Bool', new Bound('Bool', value.value)));
  return sql`ifNull(${anyOf(alternatives)}, 0)`;
}

/** A whole number as Int64, so that those beyond 2^53 compare exactly. */
function integerOrFloat(written: string, value: number): Bound {
  if (/^[+-]?\d{1,19}$/.test(written)) {
    const whole = BigInt(written.replace(/^\+/, ''));
    if (BigInt.asIntN(64, whole) === whole) return new Bound('Int64', String(whole));
  }
  return float(value);
}

/**
 * A span on which `key` has a value that reads as `written`, wherever OTLP lets it stand: the span's attributes, its
 * resource's, its scope's, or those of one of its events or links. This is how Jaeger compares tags.
 */
export function anywhereCondition(key: string, written: string): Sql {
  const value = classifyValue(written, { start: 0, end: 0 });
  const columns = ['attributes', 'resource'].map((column) => compareAttribute(column, key, '=', value));
  // The raw text of an absent key is empty, and so is none of those of a value that is there.
  const raws = written === '' ? ['""'] : [written, JSON.stringify(written), `${written}.0`];
  const texts = new Bound('Array(String)', raws);
  const inText = (json: Sql): Sql => sql`has(${texts}, JSONExtractRaw(${json}, ${text(key)}))`;
  return anyOf([
    ...columns,
    inText(raw('scope_attributes')),
    sql`arrayExists(json -> ${inText(raw('json'))}, event_attributes)`,
    sql`arrayExists(json -> ${inText(raw('json'))}, link_attributes)`,
  ]);
}
