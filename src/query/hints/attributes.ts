/**
 * Keys and values of attributes, for completion. Both look at a bounded number of the newest items of the range: rare keys
 * may be missing, but a keystroke never starts a long scan.
 */
import { FILTER_INTRINSICS, type FilterIntrinsic, resolveField } from '#lang/filter';
import { attributePath } from '../filter/index.ts';
import { SEVERITY_GROUPS } from '../logs/index.ts';
import { cutText } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { logs, metricSeries, type Owner, spans, type TimeRange } from '../source/index.ts';
import { allOf, Bound, raw, type Sql, sql, text } from '../sql/index.ts';
import { SPAN_KINDS, SPAN_STATUSES } from '../traces/index.ts';

export type AttributeSignal = 'traces' | 'logs' | 'metrics';

export interface AttributeKey {
  readonly key: string;
  readonly scope: 'resource' | 'item' | 'intrinsic';
  readonly type: 'string' | 'int' | 'double' | 'bool' | 'other';
}

export interface AttributeValueCount {
  readonly value: string;
  readonly count: number;
}

const SAMPLED_ROWS = 20_000;
const SCANNED_ROWS = 2_000_000;
const MAX_KEYS = 500;
const TIMEOUT_MS = 5_000;

/** The rows of a signal that a range may be about. */
function rowsOf(signal: AttributeSignal, range: TimeRange & { readonly owner?: Owner }): Sql {
  if (signal === 'metrics') return metricSeries.in(range, range.owner ?? 'user');
  return signal === 'traces' ? spans.in(range) : logs.in(range);
}

/** The newest rows: in the order of the sort key, so that no more is read than is taken. */
function sample(signal: AttributeSignal, columns: Sql, range: Parameters<typeof rowsOf>[1]): Sql {
  const order = signal === 'metrics' ? raw('') : sql`ORDER BY ${(signal === 'traces' ? spans : logs).bucket} DESC`;
  return sql`SELECT ${columns} ${rowsOf(signal, range)} ${order} LIMIT ${new Bound('UInt32', SAMPLED_ROWS)}`;
}

const TYPES: { readonly [type: string]: AttributeKey['type'] } = {
  String: 'string',
  Int64: 'int',
  Float64: 'double',
  Bool: 'bool',
};

/** Keys that contain `prefix`, the most used first; intrinsics of the filter language in front. */
export async function listAttributeKeys(
  reader: StoreReader,
  query: TimeRange & { readonly signal: AttributeSignal; readonly prefix?: string | undefined; readonly owner?: Owner },
  options?: ReadOptions,
): Promise<readonly AttributeKey[]> {
  const { signal, prefix = '' } = query;
  const condition = prefix === '' ? raw('1') : sql`positionCaseInsensitiveUTF8(path.1, ${text(prefix)}) > 0`;
  const table = await reader.read(
    sql`SELECT ${cutText(raw('path.1'))} AS name, scope, anyHeavy(path.2) AS type, count() AS n FROM (
        SELECT 'item' AS scope, arrayJoin(CAST(JSONAllPathsWithTypes(attributes), 'Array(Tuple(String, String))')) AS path
          FROM (${sample(signal, raw('attributes'), query)})
        UNION ALL
        SELECT 'resource' AS scope, arrayJoin(CAST(JSONAllPathsWithTypes(resource), 'Array(Tuple(String, String))')) AS path
          FROM (${sample(signal, raw('resource'), query)}))
      WHERE ${condition} GROUP BY name, scope ORDER BY n DESC, name LIMIT ${new Bound('UInt32', MAX_KEYS)}`,
    { ...options, timeoutMs: TIMEOUT_MS },
  );
  const scopes = table.strings('scope');
  const types = table.strings('type');
  const stored = table.strings('name').map((key, row): AttributeKey => {
    return { key, scope: scopes[row] === 'item' ? 'item' : 'resource', type: TYPES[types[row]!] ?? 'other' };
  });
  return [...intrinsics(signal).filter(({ key }) => key.includes(prefix.toLowerCase())), ...stored];
}

function intrinsics(signal: AttributeSignal): readonly AttributeKey[] {
  const type = (name: FilterIntrinsic): AttributeKey['type'] => (name === 'duration' ? 'int' : 'string');
  return FILTER_INTRINSICS[signal].map((name) => ({ key: name, scope: 'intrinsic', type: type(name) }));
}

/** Values of one key that contain `prefix`, the most frequent first. */
export async function listAttributeValues(
  reader: StoreReader,
  query: TimeRange & {
    readonly signal: AttributeSignal;
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
  const value = valueExpression(field);
  if (value === undefined || key === '') return [];
  const contains = prefix === '' ? [] : [sql`positionCaseInsensitiveUTF8(value, ${text(prefix)}) > 0`];
  const table = await reader.read(
    sql`SELECT value, count() AS n FROM (
        SELECT substringUTF8(toString(${value}), 1, 500) AS value ${rowsOf(signal, query)})
      WHERE ${allOf([raw("value != ''"), ...contains])} GROUP BY value ORDER BY n DESC, value LIMIT ${new Bound('UInt32', limit)}`,
    {
      ...options,
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

/** Undefined for what has too many values to choose from. */
function valueExpression(field: ReturnType<typeof resolveField>): Sql | undefined {
  if (field.kind === 'attribute') {
    if (field.scope === 'resource') return attributePath('resource', field.key);
    const own = attributePath('attributes', field.key);
    return field.scope === 'item'
      ? own
      : sql`if(isNull(${own}), toString(${attributePath('resource', field.key)}), toString(${own}))`;
  }
  const columns: { readonly [name in FilterIntrinsic]?: string } = {
    service: 'service_name',
    name: 'name',
    scope: 'scope_name',
    event: 'event_name',
  };
  const column = columns[field.name];
  return column === undefined ? undefined : raw(column);
}
