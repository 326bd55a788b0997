/** Whether anything is stored, and how fresh it is. */
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { ALL_POINTS, logs, metricSeries, requestsIn, SEEN_LAG_SECONDS, type TimedRows } from '../source/index.ts';
import { joinSql, raw, type Sql, sql } from '../sql/index.ts';

export interface SignalStatus {
  readonly hasData: boolean;
  /** The time of the newest item; items that claim to be from the future do not count. */
  readonly newestMs: number | undefined;
}

export type StoredSignals = { readonly [signal in 'traces' | 'logs' | 'metrics']: SignalStatus };

/** Clocks of services may be a little ahead. */
const AHEAD_MS = 60_000;
const DAY_MS = 86_400_000;
/** Behind every time that can be stored. */
const END_MS = 9_300_000_000_000;

/** What is fresh lies so close to now that the index of times leads to few rows. Only where nothing is fresh all of a table is looked at. */
const FRESH_MS = 120_000;

/** `known`: what an earlier call found, so that nothing old is looked for twice. */
export async function readSignals(
  reader: StoreReader,
  nowMs: number,
  options?: ReadOptions,
  known?: StoredSignals,
): Promise<StoredSignals> {
  const fresh = await readFresh(reader, nowMs, options);
  const statusOf = async (signal: keyof StoredSignals, search: () => Promise<SignalStatus>): Promise<SignalStatus> => {
    if (fresh[signal] > 0) return { hasData: true, newestMs: fresh[signal] };
    return known?.[signal].hasData === true ? known[signal] : search();
  };
  const found = await Promise.all([
    statusOf('traces', () => newestSpan(reader, nowMs, options)),
    statusOf('logs', () => newestOf(reader, logs, nowMs, options)),
    statusOf('metrics', () => newestPoint(reader, nowMs, options)),
  ]);
  return { traces: found[0], logs: found[1], metrics: found[2] };
}

/** The newest time of each signal among the last minutes, in ms; 0 where there is none. */
async function readFresh(
  reader: StoreReader,
  nowMs: number,
  options?: ReadOptions,
): Promise<{ readonly [signal in keyof StoredSignals]: number }> {
  const recent = { fromMs: nowMs - FRESH_MS, toMs: nowMs + AHEAD_MS };
  const users = sql`name IN (SELECT name ${metricSeries.in(recent, 'user')})`;
  const newest = (signal: keyof StoredSignals, time: string, rows: Sql): Sql =>
    sql`SELECT '${raw(signal)}' AS signal, max(${raw(time)}) AS newest ${rows}`;
  const parts = [
    newest('traces', 'last_time', requestsIn(recent)),
    newest('logs', 'time', logs.in(recent)),
    ...ALL_POINTS.map((points) => newest('metrics', 'time', sql`${points.in(recent)} AND ${users}`)),
  ];
  const table = await reader.read(
    sql`SELECT signal, toUnixTimestamp64Milli(max(newest)) AS at FROM (${joinSql(parts, ' UNION ALL ')}) GROUP BY signal`,
    { ...options, cost: 'cheap', settings: { max_threads: 1 } },
  );
  const times = new Map(table.strings('signal').map((signal, row) => [signal, table.numbers('at')[row]!]));
  return { traces: times.get('traces') ?? 0, logs: times.get('logs') ?? 0, metrics: times.get('metrics') ?? 0 };
}

/** What the writer noted of spans is less than the spans. */
async function newestSpan(reader: StoreReader, nowMs: number, options?: ReadOptions): Promise<SignalStatus> {
  const found = await reader.read(
    sql`SELECT toUnixTimestamp64Nano(last_time) AS at ${requestsIn({ fromMs: 0, toMs: nowMs + AHEAD_MS })}
      ORDER BY second DESC, last_time DESC LIMIT 1`,
    { ...options, cost: 'bounded' },
  );
  return statusAt(found.bigints('at')[0]);
}

function statusAt(ns: bigint | undefined): SignalStatus {
  return { hasData: ns !== undefined, newestMs: ns === undefined ? undefined : Number(ns / 1_000_000n) };
}

/** In the order of the sort key, so that only the newest part of a table is read. */
async function newestOf(
  reader: StoreReader,
  rows: TimedRows,
  nowMs: number,
  options?: ReadOptions,
): Promise<SignalStatus> {
  const found = await reader.read(
    sql`SELECT toUnixTimestamp64Nano(time) AS at ${rows.before(nowMs + AHEAD_MS)}
      ORDER BY ${rows.bucket} DESC, time DESC LIMIT 1`,
    { ...options, cost: 'bounded' },
  );
  return statusAt(found.bigints('at')[0]);
}

/**
 * Of the user's metrics. Points are sorted by metric, so the newest is looked for among the last hours and the names of the user's
 * series, and only then among all series.
 */
async function newestPoint(reader: StoreReader, nowMs: number, options?: ReadOptions): Promise<SignalStatus> {
  const series = await reader.read(
    sql`SELECT count() AS n, toInt64(max(last_seen)) AS seen ${metricSeries.ever('user')}`,
    { ...options, cost: 'cheap' },
  );
  if ((series.numbers('n')[0] ?? 0) === 0) return { hasData: false, newestMs: undefined };
  const seenMs = series.numbers('seen')[0]! * 1000;
  const hours = { fromMs: nowMs - SEEN_LAG_SECONDS * 1000, toMs: nowMs + AHEAD_MS };
  const union = ALL_POINTS.map(
    (points) =>
      sql`SELECT max(time) AS newest ${points.in(hours)} AND name IN (SELECT name ${metricSeries.in(hours, 'user')})`,
  );
  const recent = await reader.read(
    sql`SELECT toUnixTimestamp64Milli(max(newest)) AS at FROM (${joinSql(union, ' UNION ALL ')})`,
    options,
  );
  const at = recent.numbers('at')[0] ?? 0;
  return { hasData: true, newestMs: at > 0 ? at : seenMs };
}

/** Environments that sent spans during the last day, the busiest first. */
export async function listEnvironments(
  reader: StoreReader,
  nowMs: number,
  options?: ReadOptions,
): Promise<readonly string[]> {
  const table = await reader.read(
    sql`SELECT environment, sum(span_count) AS span_n ${requestsIn({ fromMs: nowMs - DAY_MS, toMs: END_MS })}
        AND notEmpty(environment)
      GROUP BY environment ORDER BY span_n DESC, environment LIMIT 50`,
    { ...options, cost: 'bounded' },
  );
  return table.strings('environment');
}
