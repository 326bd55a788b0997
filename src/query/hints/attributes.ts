/**
 * Keys and values of attributes, for completion. Both look at a bounded number of the newest items of the range: rare keys
 * may be missing, but a keystroke never starts a long scan.
 */

import { namesLike } from '#lang';
import { FILTER_INTRINSICS, type FilterIntrinsic, resolveField } from '#lang/filter';
import type { AttributeKey, AttributeValueCount, SignalName } from '../answers/index.ts';
import { pathOf, textOf } from '../filter/index.ts';
import { SEVERITY_GROUPS } from '../logs/index.ts';
import { cutText, innerJoin, leftJoin } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import {
  type AttributeColumn,
  ITEM_ATTRIBUTES,
  logs,
  metricSeries,
  OWNER_ATTRIBUTES,
  type Owner,
  type OwnerRows,
  ownerValues,
  resources,
  scopes,
  spans,
  type TimeRange,
  type ValueType,
} from '../source/index.ts';
import { allOf, Bound, joinSql, raw, type Sql, sql, text, texts } from '../sql/index.ts';
import { SPAN_KINDS, SPAN_STATUSES } from '../traces/index.ts';

export const SAMPLED_ROWS = 20_000;
const SCANNED_ROWS = 2_000_000;
const MAX_KEYS = 500;
export const TIMEOUT_MS = 5_000;

interface Rows extends TimeRange {
  readonly owner?: Owner;
  /** Only rows that meet it. */
  readonly condition?: Sql | undefined;
}

/** The rows of a signal that a range may be about. */
function rowsOf(signal: SignalName, range: Rows): Sql {
  if (signal === 'metrics') return metricSeries.in(range, range.owner ?? 'user');
  const rows = signal === 'traces' ? spans.in(range) : logs.in(range);
  return range.condition === undefined ? rows : sql`${rows} AND ${range.condition}`;
}

/** The newest rows: in the order of the sort key, so that no more is read than is taken. */
function sample(signal: SignalName, columns: Sql, range: Rows): Sql {
  const order = signal === 'metrics' ? raw('') : sql`ORDER BY ${(signal === 'traces' ? spans : logs).bucket} DESC`;
  return sql`SELECT ${columns} ${rowsOf(signal, range)} ${order} LIMIT ${new Bound('UInt32', SAMPLED_ROWS)}`;
}

/** The keys that a row has in a column, each with the type of its value, as an array. */
export function keysIn({ name, typed, other }: AttributeColumn): Sql {
  const listed = (column: string): Sql => raw(`CAST(JSONAllPathsWithTypes(${column}), 'Array(Tuple(String, String))')`);
  if (typed.size === 0) return listed(name);
  // Keys with a type of their own are listed whether a row has them or not.
  const own = [...typed].map(
    ([key, type]) => sql`if(isNull(${pathOf(name, key)}), [], [(${text(key)}, ${text(TYPE_NAMES[type])})])`,
  );
  const untyped = sql`arrayFilter(one -> position(one.2, 'Nullable') = 0, ${listed(name)})`;
  return sql`arrayConcat(${joinSql([untyped, listed(other), ...own], ', ')})`;
}

/** Keys of sampled rows: `scope`, `path` (key and type) and `weight`. */
export function sampledKeys(query: Rows & { readonly signal: SignalName }): Sql {
  const item = ITEM_ATTRIBUTES[query.signal];
  const columns = raw(item.typed.size > 0 ? `${item.name}, ${item.other}` : item.name);
  const ofItems = sql`SELECT 'item' AS scope, arrayJoin(${keysIn(item)}) AS path, 1 AS weight
    FROM (${sample(query.signal, columns, query)})`;
  const { name } = OWNER_ATTRIBUTES;
  const ofResources = sql`SELECT 'resource' AS scope, arrayJoin(${keysIn(OWNER_ATTRIBUTES)}) AS path, weight
    FROM (SELECT resource_id, count() AS weight FROM (${sample(query.signal, raw('resource_id'), query)}) GROUP BY resource_id) AS sampled
    ${innerJoin({ rows: ownerValues(resources, raw(name), name), as: 'known' }, ['resource_id'])}`;
  return sql`${ofItems} UNION ALL ${ofResources}`;
}

const TYPE_NAMES: { readonly [type in ValueType]: string } = {
  string: 'String',
  int: 'Int64',
  double: 'Float64',
  bool: 'Bool',
};
const TYPES: ReadonlyMap<string, AttributeKey['type']> = new Map(
  Object.entries(TYPE_NAMES).map(([type, name]) => [name, type as ValueType]),
);

/** Keys that contain `prefix`, the most used first; intrinsics of the filter language in front. */
export async function listAttributeKeys(
  reader: StoreReader,
  query: TimeRange & { readonly signal: SignalName; readonly prefix?: string | undefined; readonly owner?: Owner },
  options?: ReadOptions,
): Promise<readonly AttributeKey[]> {
  const { signal, prefix = '' } = query;
  // A stored name is also found by the other names of what it names.
  const condition =
    prefix === ''
      ? raw('1')
      : sql`(positionCaseInsensitiveUTF8(path.1, ${text(prefix)}) > 0 OR has(${texts(namesLike(prefix))}, path.1))`;
  const table = await reader.read(
    sql`SELECT ${cutText(raw('path.1'))} AS name, scope, anyHeavy(path.2) AS type, sum(weight) AS n FROM (${sampledKeys(query)})
      WHERE ${condition} GROUP BY name, scope ORDER BY n DESC, name LIMIT ${new Bound('UInt32', MAX_KEYS)}`,
    { ...options, cost: 'bounded', timeoutMs: TIMEOUT_MS },
  );
  const scopes = table.strings('scope');
  const types = table.strings('type');
  const stored = table.strings('name').map((key, row): AttributeKey => {
    return { key, scope: scopes[row] === 'item' ? 'item' : 'resource', type: TYPES.get(types[row]!) ?? 'other' };
  });
  return [...intrinsics(signal).filter(({ key }) => key.includes(prefix.toLowerCase())), ...stored];
}

function intrinsics(signal: SignalName): readonly AttributeKey[] {
  const type = (name: FilterIntrinsic): AttributeKey['type'] => (name === 'duration' ? 'int' : 'string');
  return FILTER_INTRINSICS[signal].map((name) => ({ key: name, scope: 'intrinsic', type: type(name) }));
}

/** Values of one key that contain `prefix`, the most frequent first. */
export async function listAttributeValues(
  reader: StoreReader,
  query: TimeRange & {
    readonly signal: SignalName;
    readonly key: string;
    readonly prefix?: string | undefined;
    readonly limit: number;
    readonly owner?: Owner;
  },
  options?: ReadOptions,
): Promise<readonly AttributeValueCount[]> {
  const { signal, key, prefix = '', limit } = query;
  const field = resolveField(key, signal);
  const words = field.kind === 'intrinsic' ? knownWords(field.name) : undefined;
  if (words !== undefined) return words.filter((word) => word.includes(prefix)).map((value) => ({ value, count: 0 }));
  const values = valuesOf(signal, field, rowsOf(signal, query));
  if (values === undefined || key === '') return [];
  const contains = prefix === '' ? [] : [sql`positionCaseInsensitiveUTF8(value, ${text(prefix)}) > 0`];
  const table = await reader.read(
    sql`SELECT substringUTF8(value_text, 1, 500) AS value, sum(weight) AS n FROM (${values})
      WHERE ${allOf([raw("value != ''"), ...contains])} GROUP BY value ORDER BY n DESC, value LIMIT ${new Bound('UInt32', limit)}`,
    {
      ...options,
      cost: 'bounded',
      timeoutMs: TIMEOUT_MS,
      settings: { max_rows_to_read: String(SCANNED_ROWS), read_overflow_mode: 'break' },
    },
  );
  const counts = table.numbers('n');
  return table.strings('value').map((one, row) => ({ value: one, count: counts[row]! }));
}

function knownWords(name: FilterIntrinsic): readonly string[] | undefined {
  if (name === 'kind') return SPAN_KINDS;
  if (name === 'status') return SPAN_STATUSES;
  return name === 'severity' ? SEVERITY_GROUPS : undefined;
}

/** A statement for the values of a field in rows: `value_text` and `weight`. Undefined for what has too many values to choose from. */
function valuesOf(signal: SignalName, field: ReturnType<typeof resolveField>, rows: Sql): Sql | undefined {
  const item = ITEM_ATTRIBUTES[signal];
  const inRow = (value: Sql): Sql => sql`SELECT ${value} AS value_text, 1 AS weight ${rows}`;
  if (field.kind === 'attribute') {
    if (field.scope === 'item') return inRow(textOf(item, field.key));
    const own = field.scope === 'resource' ? raw("CAST(NULL, 'Nullable(String)')") : textOf(item, field.key);
    return ofOwners(resources, own, textOf(OWNER_ATTRIBUTES, field.key), rows);
  }
  if (field.name === 'scope') return ofOwners(scopes, raw("CAST(NULL, 'Nullable(String)')"), raw('name'), rows);
  const columns: { readonly [name in FilterIntrinsic]?: string } = {
    service: 'service_name',
    name: 'stored.name',
    event: 'event_name',
  };
  const column = columns[field.name];
  return column === undefined ? undefined : inRow(raw(column));
}

/** Values of rows, `own` or else those of their owners. */
function ofOwners(owners: OwnerRows, own: Sql, ofOwner: Sql, rows: Sql): Sql {
  const id = raw(owners.idColumn);
  return sql`SELECT coalesce(own, of_owner) AS value_text, weight
    FROM (SELECT ${own} AS own, ${id}, count() AS weight ${rows} GROUP BY own, ${id}) AS counted
    ${leftJoin({ rows: ownerValues(owners, sql`toNullable(${ofOwner})`, 'of_owner'), as: 'known' }, [owners.idColumn])}`;
}
