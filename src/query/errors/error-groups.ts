/** What kinds of exceptions there are: those that spans and log records tell of, by type, message, service and where they were thrown. */
import { createHash } from 'node:crypto';
import type { ErrorExample, ErrorGroup, ErrorGroups, TimeGrid } from '../answers/index.ts';
import { hasKey, textOf } from '../filter/index.ts';
import { linePattern } from '../logql/index.ts';
import { printCursor } from '../logs/index.ts';
import { chooseGrid, cutText } from '../plan/index.ts';
import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import {
  EVENT_ATTRIBUTES,
  ITEM_ATTRIBUTES,
  logStreams,
  logs,
  requestsIn,
  spanEvents,
  type TimedRows,
  type TimeRange,
} from '../source/index.ts';
import { allOf, anyOf, integer, noId, raw, type Sql, sql, text, timeMs } from '../sql/index.ts';
import { EVENT_TIME, inEnvironment } from '../traces/index.ts';
import { CHANGING_IN_FRAME, FRAME_PATTERN, topFrame } from './top-frame.ts';

export interface ErrorFilter extends TimeRange {
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
}

/** So many exceptions are looked at, the newest, of spans and of log records each. */
const LOOKED_AT = 30_000;
/** What was there in the time before the range is not new. */
const LOOK_BACK_MS = 86_400_000;
const MESSAGE_CHARS = 300;
const STACK_CHARS = 4_000;
const FRAMES = 16;
/** Kinds as the store tells them apart, by all of their frames; several may turn out to be one. */
const MOST_KINDS = 2_000;
const MOST_GROUPS = 200;
const BUCKETS = 40;
const EXAMPLES = 5;
/** Before those of one trace become one. */
const PLACES = 25;

/** Throws QueryError. */
export async function readErrorGroups(
  reader: StoreReader,
  filter: ErrorFilter,
  options?: ReadOptions,
): Promise<ErrorGroups> {
  const grid = chooseGrid(filter, BUCKETS);
  const looked = { fromMs: Math.max(0, filter.fromMs - LOOK_BACK_MS), toMs: filter.toMs };
  const [table, dataFromMs] = await Promise.all([
    reader.read(statementOf(filter, looked, grid), { ...options, cost: 'bounded' }),
    readDataStart(reader, looked, options),
  ]);
  // Where more happened than is looked at, nothing is known of the time before.
  const cutMs = table.rowCount === 0 ? 0 : table.numbers('cut_ms')[0]!;
  const fromMs = Math.max(filter.fromMs, cutMs);
  const knownFromMs = Math.max(dataFromMs, cutMs);
  const newFromMs = Math.max(filter.fromMs, (knownFromMs + filter.toMs) / 2);
  const found = groupsOf(table, grid).filter(({ count }) => count > 0);
  const groups = found
    .sort((a, b) => b.count - a.count || b.lastMs - a.lastMs)
    .map((group): ErrorGroup => answerOf(group, group.firstMs >= newFromMs));
  return {
    groups: groups.slice(0, MOST_GROUPS),
    groupCount: groups.length,
    total: table.rowCount === 0 ? 0 : table.numbers('total')[0]!,
    isWhole: cutMs <= filter.fromMs,
    fromMs,
    knownFromMs,
    grid,
  };
}

/** When the oldest data of a range arrived, as far as slots of requests and streams of logs tell. */
async function readDataStart(reader: StoreReader, range: TimeRange, options?: ReadOptions): Promise<number> {
  const table = await reader.read(
    sql`SELECT min(at) AS first FROM (
      SELECT min(second) * 1000 AS at ${requestsIn(range)} HAVING count() > 0
      UNION ALL SELECT toInt64(min(first_seen)) * 1000 AS at ${logStreams} HAVING count() > 0)`,
    { ...options, cost: 'bounded' },
  );
  const first = table.numbers('first')[0] ?? 0;
  return first === 0 ? range.toMs : Math.min(range.toMs, Math.max(range.fromMs, first));
}

/** The newest exceptions of one table. */
function exceptionsIn(
  rows: TimedRows,
  { filter, looked, isLog }: { readonly filter: ErrorFilter; readonly looked: TimeRange; readonly isLog: boolean },
): Sql {
  const column = isLog ? ITEM_ATTRIBUTES.logs : EVENT_ATTRIBUTES;
  const value = (key: string): Sql => sql`ifNull(${textOf(column, key)}, '')`;
  const conditions = [
    isLog ? anyOf([hasKey(column, 'exception.type'), hasKey(column, 'exception.message')]) : raw("name = 'exception'"),
    ...(filter.service === undefined ? [] : [sql`service_name = ${text(filter.service)}`]),
    ...(filter.environment ? [inEnvironment(filter.environment)] : []),
  ];
  const [time, arrived, record] = isLog
    ? [raw('time'), raw('toUnixTimestamp64Nano(ingested_at)'), raw('record')]
    : [EVENT_TIME, raw('toInt64(0)'), raw('toUInt32(0)')];
  const order = isLog ? raw('time') : raw('span_time');
  return sql`SELECT ${raw(isLog ? '1' : '0')} AS is_log, toUnixTimestamp64Nano(${time}) AS at, ${arrived} AS arrived_at, ${record} AS record_number,
      trace_id, span_id, ${cutText(raw('service_name'))} AS service, ${cutText(value('exception.type'))} AS type,
      substringUTF8(${value('exception.message')}, 1, ${integer(MESSAGE_CHARS)}) AS message,
      ${value('exception.stacktrace')} AS whole_stack,
      if(startsWith(whole_stack, 'Traceback'), substringUTF8(whole_stack, -${integer(STACK_CHARS)}),
        substringUTF8(whole_stack, 1, ${integer(STACK_CHARS)})) AS stack
    ${rows.in(looked)} AND ${allOf(conditions)} ORDER BY ${rows.bucket} DESC, ${order} DESC LIMIT ${integer(LOOKED_AT)}`;
}

/** Where there are as many as are looked at, there may be others before the oldest. */
const CUT_MS: Sql = sql`greatest(
  if(sum(is_log = 0) OVER () >= ${integer(LOOKED_AT)}, min(if(is_log = 0, at, NULL)) OVER (), 0),
  if(sum(is_log = 1) OVER () >= ${integer(LOOKED_AT)}, min(if(is_log = 1, at, NULL)) OVER (), 0))`;

/**
 * From the inside: all exceptions; those that a span and a log record both tell of as one; how many of a kind there are in each bucket; kinds. Words
 * with digits are all the same in a message, so that an id in it makes no kind of its own: `linePattern` takes them out as well.
 */
function statementOf(filter: ErrorFilter, looked: TimeRange, grid: TimeGrid): Sql {
  const both = { filter, looked };
  const all = sql`SELECT *, ${CUT_MS} AS cut_ns FROM (
    SELECT * EXCEPT (whole_stack) FROM (${exceptionsIn(spanEvents, { ...both, isLog: false })})
    UNION ALL SELECT * EXCEPT (whole_stack) FROM (${exceptionsIn(logs, { ...both, isLog: true })}))`;
  const single = sql`SELECT service, type, message, trace_id, span_id, max(stack) AS stack, min(at) AS at_ns,
      if(sum(is_log = 0) > 0, sum(is_log = 0), count()) AS n, any(cut_ns) AS cut,
      maxIf((at, arrived_at, record_number), is_log = 1) AS log_place
    FROM (${all}) GROUP BY service, type, message, trace_id, span_id, if(span_id = ${noId(8)}, (at, arrived_at, record_number), (0, 0, 0))`;
  const fromNs = sql`toUnixTimestamp64Nano(${timeMs(filter.fromMs)})`;
  const bucket = sql`if(at_ns < ${fromNs}, -1, toInt32(intDiv(intDiv(at_ns, 1000000) - ${integer(grid.startMs)}, ${integer(grid.stepMs)})))`;
  const frames = sql`arrayMap(frame -> replaceRegexpAll(frame, ${text(CHANGING_IN_FRAME)}, ''), extractAll(stack, ${text(FRAME_PATTERN)}))`;
  const perBucket = sql`SELECT service, type, replaceRegexpAll(message, '[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*', '0') AS coarse,
      ${frames} AS all_frames,
      if(startsWith(all_frames[1], 'File "') AND length(all_frames) > ${integer(FRAMES)},
        arraySlice(all_frames, -${integer(FRAMES)}), arraySlice(all_frames, 1, ${integer(FRAMES)})) AS frames,
      ${bucket} AS bucket, sum(n) AS bucket_n, min(at_ns) AS first, max(at_ns) AS last, any(cut) AS cut_at,
      argMax(message, at_ns) AS newest_message, argMax(stack, at_ns) AS newest_stack, max(log_place) AS newest_log,
      arraySlice(arrayReverseSort(groupUniqArrayIf(50)((at_ns, trace_id, span_id),
        trace_id != ${noId(16)} AND at_ns >= ${fromNs})), 1, ${integer(PLACES)}) AS places
    FROM (${single}) GROUP BY service, type, coarse, all_frames, bucket`;
  return sql`SELECT service, type, coarse, frames, groupArray(bucket) AS buckets, groupArray(bucket_n) AS counts,
      sumIf(bucket_n, bucket >= 0) AS kind_n, sum(kind_n) OVER () AS total, intDiv(min(first), 1000000) AS first_ms, intDiv(max(last), 1000000) AS last_ms,
      intDiv(any(cut_at), 1000000) AS cut_ms, argMax(newest_message, last) AS shown_message,
      argMax(newest_stack, last) AS shown_stack, max(newest_log) AS log_place, log_place.1 AS log_at, log_place.2 AS log_arrived, log_place.3 AS log_record,
      arraySlice(arrayReverseSort(arrayFlatten(groupArray(places))), 1, ${integer(PLACES)}) AS examples,
      arrayMap(one -> intDiv(one.1, 1000000), examples) AS example_ms, arrayMap(one -> lower(hex(one.2)), examples) AS example_traces,
      arrayMap(one -> lower(hex(one.3)), examples) AS example_spans
    FROM (${perBucket}) GROUP BY service, type, coarse, frames ORDER BY kind_n DESC, last_ms DESC LIMIT ${integer(MOST_KINDS)}`;
}

type Found = Omit<ErrorGroup, 'id' | 'isNew' | 'counts' | 'examples'> & {
  readonly counts: number[];
  readonly examples: readonly ErrorExample[];
};

function groupsOf(table: Table, grid: TimeGrid): Found[] {
  const [services, types, coarse] = ['service', 'type', 'coarse'].map((name) => table.strings(name));
  const counts = table.numbers('kind_n');
  const [firsts, lasts] = [table.numbers('first_ms'), table.numbers('last_ms')];
  const byKey = new Map<string, Found>();
  for (let row = 0; row < table.rowCount; row++) {
    const message = linePattern(coarse![row]!);
    const frame = topFrame(table.column<readonly string[]>('frames')[row]!);
    const own: Found = {
      ...{ service: services![row]!, type: types![row]!, message, frame },
      ...{ count: counts[row]!, firstMs: firsts[row]!, lastMs: lasts[row]! },
      counts: bucketCounts(table, row, grid),
      sampleMessage: table.strings('shown_message')[row]!,
      sampleStacktrace: table.strings('shown_stack')[row]!,
      examples: examplesOf(table, row),
      ...logOf(table, row),
    };
    const key = JSON.stringify([own.service, own.type, message, frame]);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? own : joined(known, own));
  }
  return [...byKey.values()];
}

function bucketCounts(table: Table, row: number, grid: TimeGrid): number[] {
  const counts = new Array<number>(grid.count).fill(0);
  const values = table.column<readonly (number | bigint)[]>('counts')[row]!;
  for (const [i, bucket] of table.column<readonly number[]>('buckets')[row]!.entries())
    if (bucket >= 0) counts[Math.min(bucket, grid.count - 1)]! += Number(values[i]);
  return counts;
}

function examplesOf(table: Table, row: number): readonly ErrorExample[] {
  const [traceIds, spanIds] = ['example_traces', 'example_spans'].map(
    (name) => table.column<readonly string[]>(name)[row]!,
  );
  const times = table.column<readonly (number | bigint)[]>('example_ms')[row]!;
  return newestTraces(
    times.map((timeMs, i) => ({ traceId: traceIds![i]!, spanId: spanIds![i]!, timeMs: Number(timeMs) })),
  );
}

/** The newest of each trace: a call that is tried again throws several in one. */
function newestTraces(examples: readonly ErrorExample[]): readonly ErrorExample[] {
  const sorted = examples.toSorted((a, b) => b.timeMs - a.timeMs);
  return sorted.filter(({ traceId }, i) => sorted.findIndex((one) => one.traceId === traceId) === i).slice(0, EXAMPLES);
}

function logOf(table: Table, row: number): { readonly logId?: string } {
  const timeNs = table.bigints('log_at')[row]!;
  if (timeNs === 0n) return {};
  const ingestedAtNs = table.bigints('log_arrived')[row]!;
  return { logId: printCursor({ timeNs, ingestedAtNs, record: table.numbers('log_record')[row]! }) };
}

/** Two kinds that differ in frames further out only. */
function joined(a: Found, b: Found): Found {
  const [newer, older] = a.lastMs >= b.lastMs ? [a, b] : [b, a];
  const logId = newer.logId ?? older.logId;
  return {
    ...newer,
    count: a.count + b.count,
    counts: a.counts.map((count, i) => count + b.counts[i]!),
    firstMs: Math.min(a.firstMs, b.firstMs),
    examples: newestTraces([...a.examples, ...b.examples]),
    ...(logId !== undefined && { logId }),
  };
}

function answerOf(group: Found, isNew: boolean): ErrorGroup {
  const { service, type, message, frame } = group;
  const id = createHash('sha256')
    .update(JSON.stringify([service, type, message, frame]))
    .digest('hex')
    .slice(0, 16);
  return { id, ...group, isNew };
}
