/**
 * Compiles the console's filter language (#lang/filter) into a condition of ClickHouse. Values are bound as parameters;
 * so are attribute keys, as identifiers.
 */
import {
  checkFilter,
  durationNs,
  type FilterCompare,
  FilterError,
  type FilterField,
  type FilterNode,
  type FilterOperator,
  type FilterSignal,
  parseFilter,
  resolveField,
  SPAN_KIND_NUMBERS,
  STATUS_NUMBERS,
  severityRange,
} from '#lang/filter';
import type { FilterKind } from '#store/schema.ts';
import { QueryError } from '../reader/index.ts';
import { ITEM_ATTRIBUTES, OWNER_ATTRIBUTES, ownerMeets, resources, scopes } from '../source/index.ts';
import { allOf, anyOf, Bound, id, integer, noId, raw, type Sql, sql, text } from '../sql/index.ts';
import { compareKey, hasKey } from './attribute-sql.ts';
import { bodyContains, bodyEquals, bodyMatches } from './body-text.ts';

/** Parses, checks and compiles. Throws QueryError `bad_query` with the place of the mistake. */
export async function filterCondition(query: string, signal: FilterSignal): Promise<Sql | undefined> {
  const filter = await readFilter(query, signal);
  return filter === undefined ? undefined : compileFilter(filter, signal);
}

/** Parses and checks; undefined for one that says nothing. Throws QueryError `bad_query` with the place of the mistake. */
export async function readFilter(query: string, signal: FilterSignal): Promise<FilterNode | undefined> {
  const parsed = parseFilter(query);
  try {
    if (!parsed.ok) throw parsed.error;
    if (parsed.filter === undefined) return undefined;
    checkFilter(parsed.filter, signal);
    await checkRegexes(parsed.filter);
    return parsed.filter;
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

/** What is known of stored attributes before a condition is made. */
export interface FilterFacts {
  /** Comparisons that no resource meets, so that an item's own attributes decide. */
  readonly unmet: ReadonlySet<FilterCompare>;
  /** Kinds of values that a comparison need not look for among items. */
  readonly absent: Pick<ReadonlyMap<FilterCompare, ReadonlySet<FilterKind>>, 'get'>;
}

/** A condition that is never NULL. `node` must have passed `checkFilter`. */
export function compileFilter(node: FilterNode, signal: FilterSignal, facts: FilterFacts = NO_FACTS): Sql {
  switch (node.kind) {
    case 'and':
      return allOf(node.items.map((item) => compileFilter(item, signal, facts)));
    case 'or':
      return anyOf(node.items.map((item) => compileFilter(item, signal, facts)));
    case 'not':
      return sql`NOT (${compileFilter(node.item, signal, facts)})`;
    case 'text':
      return signal === 'logs' ? bodyContains(node.text) : contains('name', node.text);
    case 'exists': {
      const present = exists(resolveField(node.key.text, signal), signal);
      return node.negated ? sql`NOT (${present})` : present;
    }
    case 'compare':
      return compileCompare(node, resolveField(node.key.text, signal), signal, {
        isUnmet: facts.unmet.has(node),
        absent: facts.absent.get(node),
      });
  }
}

function contains(column: string, value: string): Sql {
  return sql`positionCaseInsensitiveUTF8(${raw(column)}, ${text(value)}) > 0`;
}

const NO_FACTS: FilterFacts = { unmet: new Set(), absent: new Map() };

const negations: { readonly [operator in FilterOperator]?: FilterOperator } = { '!=': '=', '!~': '~' };

/** What is known of one comparison. */
interface CompareFacts {
  readonly isUnmet: boolean;
  readonly absent: ReadonlySet<FilterKind> | undefined;
}

function compileCompare(node: FilterCompare, field: FilterField, signal: FilterSignal, facts: CompareFacts): Sql {
  const positive = negations[node.operator];
  if (positive !== undefined)
    return sql`NOT (${compileCompare({ ...node, operator: positive }, field, signal, facts)})`;
  if (field.kind === 'intrinsic') return compileIntrinsic(node, field.name);
  const item = ITEM_ATTRIBUTES[signal];
  const own = compareKey(item, field.key, node.operator, node.value, facts.absent);
  if (field.scope === 'item' || facts.isUnmet) return own;
  const ofOwner = ownerMeets(resources, resourceComparison(node, field.key));
  return field.scope === 'resource' ? ofOwner : sql`if(${hasKey(item, field.key)}, ${own}, ${ofOwner})`;
}

/** Whether a resource meets a comparison, or, of one that denies, what it denies. */
export function resourceComparison({ operator, value }: FilterCompare, key: string): Sql {
  return compareKey(OWNER_ATTRIBUTES, key, negations[operator] ?? operator, value);
}

function compileIntrinsic(node: FilterCompare, name: string): Sql {
  const { value } = node;
  switch (name) {
    case 'service':
      return compareText('service_name', node);
    case 'scope':
      return ownerMeets(scopes, compareText('name', node));
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

function exists(field: FilterField, signal: FilterSignal): Sql {
  const item = ITEM_ATTRIBUTES[signal];
  if (field.kind === 'attribute') {
    const ofOwner = ownerMeets(resources, hasKey(OWNER_ATTRIBUTES, field.key));
    if (field.scope === 'resource') return ofOwner;
    return field.scope === 'item' ? hasKey(item, field.key) : anyOf([hasKey(item, field.key), ofOwner]);
  }
  const present: { readonly [name: string]: Sql } = {
    service: raw("service_name != ''"),
    name: raw("name != ''"),
    scope: ownerMeets(scopes, raw("name != ''")),
    body: raw("body != ''"),
    event: raw("event_name != ''"),
    trace: sql`trace_id != ${noId(16)}`,
    span: sql`span_id != ${noId(8)}`,
    parent: sql`parent_span_id != ${noId(8)}`,
  };
  return present[field.name]!;
}
