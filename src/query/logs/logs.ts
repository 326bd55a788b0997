/** Log records: search with stable paging, histogram, and the logs of a trace. */

import { SEVERITY_RANGES } from '#lang/filter';
import { VALUE_EMPTY, VALUE_STRING } from '#pdata';
import type { AttributeValue, LogHistogram, LogRecord, SeverityGroup } from '../answers/index.ts';
import { filterCondition } from '../filter/index.ts';
import {
  bucketOf,
  CUT_EARLY,
  chooseGrid,
  cutAttributes,
  cutAttributesSize,
  cutAttributesText,
  cutText,
  type ItemLimits,
  LIST_ITEM,
  MAX_UNCUT_BYTES,
  nearestTime,
  readResources,
  readScopes,
  spreadCounts,
  UNCUT_ITEM,
  withinBudget,
} from '../plan/index.ts';
import {
  parseValueText,
  plainAttributes,
  plainValue,
  QueryError,
  type ReadOptions,
  type StoreReader,
  type Table,
} from '../reader/index.ts';
import { logs, logsAt, ofService, type TimeRange } from '../source/index.ts';
import { allOf, anyOf, Bound, id, integer, joinSql, raw, type Sql, sql, texts, timeNs } from '../sql/index.ts';
import { allAttributes, attributesCut, inEnvironment, placeOf } from '../traces/index.ts';

export const SEVERITY_GROUPS: readonly SeverityGroup[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'unset'];
export interface LogFilter extends TimeRange {
  readonly q?: string | undefined;
  /** What a query in another language asks of records of the range. */
  readonly matching?: Sql | undefined;
  readonly service?: string | undefined;
  readonly severities?: readonly SeverityGroup[] | undefined;
  readonly traceId?: string | undefined;
  readonly environment?: string | undefined;
  /** Only what arrived at one of these times, nanoseconds since the epoch. */
  readonly arrivedNs?: readonly bigint[] | undefined;
}

export interface LogQuery extends LogFilter {
  readonly limit: number;
  /** A record's id: only older ones are given, or newer ones with `direction: 'newer'`. */
  readonly cursor?: string | undefined;
  readonly direction: 'older' | 'newer';
}

export interface LogPage {
  /** Newest first, also for `direction: 'newer'`. */
  readonly logs: readonly LogRecord[];
  readonly truncated: boolean;
  readonly nextCursor: string | undefined;
  readonly nearestMs: number | undefined;
}

const NO_ID16 = '0'.repeat(32);
const NO_ID8 = '0'.repeat(16);

/** All conditions of a filter but the time. Throws QueryError for a `q` that can't be read. */
export async function logCondition(filter: LogFilter): Promise<Sql> {
  const conditions: Sql[] = [];
  if (filter.service) conditions.push(ofService(filter.service));
  if (filter.traceId) conditions.push(sql`trace_id = ${id(filter.traceId, 16)}`);
  if (filter.severities !== undefined && filter.severities.length > 0) {
    conditions.push(anyOf(filter.severities.map(severityCondition)));
  }
  if (filter.environment) conditions.push(inEnvironment(filter.environment));
  if (filter.arrivedNs !== undefined)
    conditions.push(sql`ingested_at IN (${joinSql(filter.arrivedNs.map(timeNs), ', ')})`);
  if (filter.matching !== undefined) conditions.push(filter.matching);
  if (filter.q) {
    const condition = await filterCondition(filter.q, 'logs');
    if (condition !== undefined) conditions.push(condition);
  }
  return allOf(conditions);
}

function severityCondition(group: SeverityGroup): Sql {
  const [first, last] = SEVERITY_RANGES[group]!;
  return sql`severity_number BETWEEN ${integer(first)} AND ${integer(last)}`;
}

/** The place of a record among all. */
export interface Cursor {
  readonly timeNs: bigint;
  readonly ingestedAtNs: bigint;
  readonly record: number;
}

export function parseCursor(cursor: string): Cursor {
  const match = /^(\d{1,19})-(\d{1,19})-(\d{1,10})$/.exec(cursor);
  const [timeNs, ingestedAtNs] = match === null ? [-1n, -1n] : [BigInt(match[1]!), BigInt(match[2]!)];
  const record = Number(match?.[3]);
  const isValid =
    timeNs >= 0n && [timeNs, ingestedAtNs].every((ns) => BigInt.asIntN(64, ns) === ns) && record < 2 ** 32;
  if (!isValid) throw new QueryError('bad_query', 'the cursor is not one of a log record');
  return { timeNs, ingestedAtNs, record };
}

export function printCursor({ timeNs, ingestedAtNs, record }: Cursor): string {
  return `${timeNs}-${ingestedAtNs}-${record}`;
}

/** One page of records. Throws QueryError. */
export async function searchLogs(reader: StoreReader, query: LogQuery, options?: ReadOptions): Promise<LogPage> {
  const condition = await logCondition(query);
  const cursor = query.cursor ? parseCursor(query.cursor) : undefined;
  const newer = query.direction === 'newer' && cursor !== undefined;
  const asked = { range: query, condition, cursor, newer, limit: query.limit + 1 };
  const { records, isCut } = await readPage(reader, asked, options);
  const truncated = isCut || records.length > query.limit;
  const page = records.slice(0, query.limit);
  if (newer) page.reverse();
  const nearestMs =
    page.length === 0 && cursor === undefined ? await nearestTime(reader, logs, condition, query, options) : undefined;
  return { logs: page, truncated, nextCursor: truncated ? (newer ? page[0] : page.at(-1))?.id : undefined, nearestMs };
}

interface Page {
  readonly range: TimeRange;
  readonly condition: Sql;
  readonly cursor: Cursor | undefined;
  readonly newer: boolean;
  readonly limit: number;
}

/** A page ends before its rows take more. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** What a record is made of, with long values cut. Names differ from the table's: see `cutAttributes`. */
function logColumns(limits: ItemLimits): Sql {
  const body = raw('body');
  return sql`time, toUnixTimestamp64Nano(time) AS at, ingested_at, toUnixTimestamp64Nano(ingested_at) AS arrived_at, record,
    ${cutText(raw('service_name'))} AS shown_service,
    severity_number, ${cutText(raw('severity_text'))} AS shown_severity, body_type, length(body) AS body_bytes,
    if(body_type = ${raw(String(VALUE_STRING))}, ${cutText(body, limits.textChars)},
      ${cutText(cutAttributesText(body, limits.attributeBytes), limits.attributeBytes)}) AS shown_body,
    trace_id, span_id, ${cutText(raw('event_name'))} AS shown_event, resource_id, scope_id,
    ${cutAttributes('attributes', limits.attributeBytes)}, ${cutAttributes('attributes_other', limits.attributeBytes)}`;
}

const ROW_BYTES: Sql = sql`200 + length(shown_body) + length(shown_service) + length(shown_severity) + length(shown_event)
  + ${cutAttributesSize('attributes')} + ${cutAttributesSize('attributes_other')}`;

/**
 * First the time of the page's last record, by narrow columns and in the order of the sort key, which stops early; then
 * the page itself, from the few granules between the two times.
 */
async function readPage(
  reader: StoreReader,
  page: Page,
  options?: ReadOptions,
): Promise<{ readonly records: LogRecord[]; readonly isCut: boolean }> {
  const { cursor, newer } = page;
  const order = raw(newer ? 'ASC' : 'DESC');
  const within = sql`${logs.in(page.range)} AND ${page.condition}`;
  const beyond = cursor === undefined ? raw('1') : sql`time ${raw(newer ? '>' : '<')} ${timeNs(cursor.timeNs)}`;
  const edge = await reader.read(
    sql`SELECT toUnixTimestamp64Nano(time) AS at ${within} AND ${beyond}
      ORDER BY ${logs.bucket} ${order}, time ${order} LIMIT ${new Bound('UInt32', page.limit)}`,
    { ...options, cost: 'bounded' },
  );
  const parts: Sql[] = [];
  if (edge.rowCount > 0) {
    const times = edge.bigints('at');
    const last = timeNs(times.at(-1)!);
    const within = newer ? sql`${beyond} AND time <= ${last}` : sql`${beyond} AND time >= ${last}`;
    parts.push(times.length <= KNOWN_TIMES ? sql`${within} AND ${isAtOneOf(times)}` : within);
  }
  if (cursor !== undefined) parts.push(besideCursor(cursor, newer));
  if (parts.length === 0) return { records: [], isCut: false };
  const sorted = sql`time ${order}, ingested_at ${order}, record ${order}`;
  const rows = sql`SELECT ${logColumns(LIST_ITEM)} ${within} AND ${anyOf(parts)}
    ORDER BY ${sorted} LIMIT ${new Bound('UInt32', page.limit)}`;
  const table = await reader.read(withinBudget(rows, sorted, ROW_BYTES, PAGE_BYTES), {
    ...options,
    cost: 'bounded',
    settings: CUT_EARLY,
  });
  const records = await logRecords(reader, table, LIST_ITEM, options);
  return { records, isCut: table.rowCount < (table.numbers('found_rows')[0] ?? 0) };
}

/** So many times are named one by one: rare records lie far apart, and the second reading shall not look through all between them again. */
const KNOWN_TIMES = 200;

function isAtOneOf(times: readonly bigint[]): Sql {
  const list = texts([...new Set(times)].map(String));
  return sql`time IN (SELECT arrayJoin(arrayMap(at -> fromUnixTimestamp64Nano(toInt64(at), 'UTC'), ${list})))`;
}

/** Records of the cursor's own moment that come behind it. */
function besideCursor(cursor: Cursor, newer: boolean): Sql {
  const place = sql`(${timeNs(cursor.ingestedAtNs)}, ${new Bound('UInt32', cursor.record)})`;
  return sql`time = ${timeNs(cursor.timeNs)} AND (ingested_at, record) ${raw(newer ? '>' : '<')} ${place}`;
}

/** Records by their places, in no order; when together they would take too much, some. */
export async function readRecords(
  reader: StoreReader,
  range: TimeRange,
  places: readonly Cursor[],
  options?: ReadOptions,
): Promise<readonly LogRecord[]> {
  if (places.length === 0) return [];
  const arrivals = texts(places.map(({ ingestedAtNs }) => String(ingestedAtNs)));
  const records = texts(places.map(({ record }) => String(record)));
  const one = sql`(toUnixTimestamp64Nano(ingested_at), toUInt64(record)) IN (
    SELECT toInt64(place.1), toUInt64(place.2) FROM (SELECT arrayJoin(arrayZip(${arrivals}, ${records})) AS place))`;
  const order = raw('time DESC, ingested_at DESC, record DESC');
  const rows = sql`SELECT ${logColumns(LIST_ITEM)} ${logs.in(range)}
    AND ${isAtOneOf(places.map(({ timeNs: at }) => at))} AND ${one} ORDER BY ${order}`;
  const table = await reader.read(withinBudget(rows, order, ROW_BYTES, PAGE_BYTES), {
    ...options,
    cost: 'bounded',
    settings: CUT_EARLY,
  });
  return logRecords(reader, table, LIST_ITEM, options);
}

/** The rows of `logColumns` in their order, with their resources and scopes. */
async function logRecords(
  reader: StoreReader,
  table: Table,
  { attributeBytes }: ItemLimits,
  options?: ReadOptions,
): Promise<LogRecord[]> {
  const resourceIds = table.column<number | bigint>('resource_id');
  const scopeIds = table.column<number | bigint>('scope_id');
  const [resources, scopes] = await Promise.all([
    readResources(reader, resourceIds, attributeBytes, options),
    readScopes(reader, scopeIds, attributeBytes, options),
  ]);
  const arrivals = table.bigints('arrived_at');
  const places = table.numbers('record');
  const read = <T>(name: string, row: number): T => table.column<T>(name)[row]!;
  const bodyBytes = table.numbers('body_bytes');
  return table.bigints('at').map((time, row) => {
    const resource = resources.get(resourceIds[row]!);
    const severityNumber = read<number>('severity_number', row);
    const severityText = read<string>('shown_severity', row);
    const traceId = read<string>('trace_id', row);
    const spanId = read<string>('span_id', row);
    const body = read<string>('shown_body', row);
    const cut = cutOf({
      body: Buffer.byteLength(body) < bodyBytes[row]! ? bodyBytes[row]! : undefined,
      attributes: attributesCut(table, row),
      resource: resource?.cut,
    });
    return {
      id: printCursor({ timeNs: time, ingestedAtNs: arrivals[row]!, record: places[row]! }),
      timeNs: String(time),
      timeMs: Number(time / 1000n) / 1000,
      service: read<string>('shown_service', row),
      severityNumber,
      severityText: severityText === '' ? severityName(severityNumber) : severityText,
      body: bodyOf(body, read<number>('body_type', row)),
      traceId: traceId === NO_ID16 ? '' : traceId,
      spanId: spanId === NO_ID8 ? '' : spanId,
      eventName: read<string>('shown_event', row),
      attributes: plainAttributes(allAttributes(table, row)),
      resource: plainAttributes(resource?.attributes ?? []),
      scope: scopes.get(scopeIds[row]!)?.name ?? '',
      ...(cut !== undefined && { cut }),
    };
  });
}

function cutOf(sizes: { readonly [part: string]: number | undefined }): LogRecord['cut'] {
  const cut = Object.entries(sizes).filter(([, size]) => size !== undefined);
  return cut.length === 0 ? undefined : Object.fromEntries(cut);
}

/** One record in full, by its id. Throws QueryError `not_found`; `too_large` for what no answer can hold. */
export async function readLog(reader: StoreReader, recordId: string, options?: ReadOptions): Promise<LogRecord> {
  const { timeNs: at, ingestedAtNs, record } = parseCursor(recordId);
  const table = await reader.read(
    sql`SELECT ${logColumns(UNCUT_ITEM)} ${logs.at(at)}
      AND ingested_at = ${timeNs(ingestedAtNs)} AND record = ${new Bound('UInt32', record)} LIMIT 1`,
    { ...options, cost: 'cheap', maxBytes: MAX_UNCUT_BYTES },
  );
  const [found] = await logRecords(reader, table, UNCUT_ITEM, options);
  if (found === undefined) throw new QueryError('not_found', 'no such log record in the store');
  return found;
}

/** Bodies that are text are stored as they are, all others as the JSON text of their value. */
function bodyOf(body: string, type: number): AttributeValue {
  if (type === VALUE_STRING) return body;
  if (type === VALUE_EMPTY) return body === '' || body === 'null' ? '' : plainValue(parseValueText(body));
  return plainValue(parseValueText(body));
}

/** OTLP's short names: `INFO`, `INFO2`; empty for no severity. */
export function severityName(number: number): string {
  if (number < 1 || number > 24) return '';
  const names = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
  const step = (number - 1) % 4;
  return `${names[Math.floor((number - 1) / 4)]}${step === 0 ? '' : step + 1}`;
}

const HISTOGRAM_BUCKETS = 100;
/** 1 trace … 6 fatal, 0 unset. */
const GROUP_NUMBER: Sql = raw('toUInt8(if(severity_number > 24, 0, intDiv(severity_number + 3, 4)))');

export async function logHistogram(
  reader: StoreReader,
  filter: LogFilter,
  options?: ReadOptions,
): Promise<LogHistogram> {
  const grid = chooseGrid(filter, HISTOGRAM_BUCKETS);
  const { service: _, ...withoutService } = filter;
  const [condition, openCondition] = await Promise.all([logCondition(filter), logCondition(withoutService)]);
  const [table, services] = await Promise.all([
    reader.read(
      sql`SELECT ${GROUP_NUMBER} AS severity, ${bucketOf(grid)} AS bucket, count() AS n
        ${logs.in(filter)} AND ${condition} GROUP BY severity, bucket`,
      options,
    ),
    reader.read(
      sql`SELECT service_name AS name, count() AS n ${logs.in(filter)} AND ${openCondition}
        GROUP BY service_name ORDER BY n DESC, service_name LIMIT 200`,
      options,
    ),
  ]);
  const severity = table.column<number>('severity');
  const buckets = table.column<number>('bucket');
  const counts = table.numbers('n');
  const groups = SEVERITY_GROUPS.map((name, index) => {
    const group = (index + 1) % SEVERITY_GROUPS.length;
    const rows = severity.flatMap((number, row) => (number === group ? [row] : []));
    const series = spreadCounts(
      grid,
      rows.map((row) => buckets[row]!),
      rows.map((row) => counts[row]!),
    );
    return { severity: name, counts: series, total: series.reduce((sum, n) => sum + n, 0) };
  });
  const serviceCounts = services.numbers('n');
  return {
    grid,
    groups,
    total: groups.reduce((sum, group) => sum + group.total, 0),
    services: services.strings('name').map((name, row) => ({ name, count: serviceCounts[row]! })),
  };
}

/** The logs of a trace, or of one of its spans, oldest first. Throws QueryError `not_found` for an unknown trace. */
export async function readTraceLogs(
  reader: StoreReader,
  trace: { readonly traceId: string; readonly spanId?: string | undefined; readonly limit: number },
  options?: ReadOptions,
): Promise<{ readonly logs: readonly LogRecord[]; readonly truncated: boolean }> {
  const place = await placeOf(reader, trace.traceId, options);
  const order = raw('time, ingested_at, record');
  const rows = sql`SELECT ${logColumns(LIST_ITEM)} ${logsAt(place, trace.spanId)}
    ORDER BY ${order} LIMIT ${new Bound('UInt32', trace.limit + 1)}`;
  const table = await reader.read(withinBudget(rows, order, ROW_BYTES, PAGE_BYTES), {
    ...options,
    cost: 'cheap',
    settings: CUT_EARLY,
  });
  const records = (await logRecords(reader, table, LIST_ITEM, options)).slice(0, trace.limit);
  return { logs: records, truncated: records.length < (table.numbers('found_rows')[0] ?? 0) };
}
