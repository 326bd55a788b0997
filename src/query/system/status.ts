/** Whether anything is stored, and how fresh it is. */

import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { ownedBy } from '../source/index.ts';
import { Bound, joinSql, raw, type Sql, sql, timeMs } from '../sql/index.ts';
import { ENVIRONMENT } from '../traces/index.ts';

export interface SignalStatus {
  readonly hasData: boolean;
  /** The time of the newest item; items that claim to be from the future do not count. */
  readonly newestMs: number | undefined;
}

export type StoredSignals = { readonly [signal in 'traces' | 'logs' | 'metrics']: SignalStatus };

/** Clocks of services may be a little ahead. */
const aheadMs = 60_000;
const dayMs = 86_400_000;

/** What is fresh lies so close to now that the index of times leads to few rows. Only where nothing is fresh all of a table is looked at. */
const freshMs = 120_000;

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
  const [traces, logs, metrics] = await Promise.all([
    statusOf('traces', () => newestOf(reader, ['spans'], 300, nowMs, options)),
    statusOf('logs', () => newestOf(reader, ['logs'], 300, nowMs, options)),
    statusOf('metrics', () => newestPoint(reader, nowMs, options)),
  ]);
  return { traces, logs, metrics };
}

/** The newest time of each signal among the last minutes, in ms; 0 where there is none. */
async function readFresh(
  reader: StoreReader,
  nowMs: number,
  options?: ReadOptions,
): Promise<{ readonly [signal in keyof StoredSignals]: number }> {
  const recent = sql`time > ${timeMs(nowMs - freshMs)} AND time <= ${timeMs(nowMs + aheadMs)}`;
  const users = sql`name IN (SELECT name FROM metric_series WHERE ${ownedBy('user')} AND last_seen > ${timeMs(nowMs - seriesLagMs)})`;
  const newest = (signal: string, table: string, condition: Sql): Sql =>
    sql`SELECT '${raw(signal)}' AS signal, max(time) AS newest FROM ${raw(table)} WHERE ${condition}`;
  const parts = [
    newest('traces', 'spans', recent),
    newest('logs', 'logs', recent),
    ...POINT_TABLES.map((table) => newest('metrics', table, sql`${recent} AND ${users}`)),
  ];
  const table = await reader.read(
    sql`SELECT signal, toUnixTimestamp64Milli(max(newest)) AS at FROM (${joinSql(parts, ' UNION ALL ')}) GROUP BY signal`,
    { ...options, cost: 'cheap', settings: { max_threads: 1 } },
  );
  const times = new Map(table.strings('signal').map((signal, row) => [signal, table.numbers('at')[row]!]));
  return { traces: times.get('traces') ?? 0, logs: times.get('logs') ?? 0, metrics: times.get('metrics') ?? 0 };
}

/** In the order of the sort key, so that only the newest part of a table is read. */
async function newestOf(
  reader: StoreReader,
  tables: readonly string[],
  bucketSeconds: number,
  nowMs: number,
  options?: ReadOptions,
): Promise<SignalStatus> {
  const bucket = raw(`intDiv(toInt64(time), ${bucketSeconds})`);
  const found = await Promise.all(
    tables.map((table) =>
      reader.read(
        sql`SELECT toUnixTimestamp64Nano(time) AS at FROM ${raw(table)} WHERE time <= ${timeMs(nowMs + aheadMs)}
          ORDER BY ${bucket} DESC, time DESC LIMIT 1`,
        options,
      ),
    ),
  );
  const times = found.flatMap((table) => table.bigints('at').map((at) => Number(at / 1_000_000n)));
  return { hasData: times.length > 0, newestMs: times.length > 0 ? Math.max(...times) : undefined };
}

const POINT_TABLES = [
  'metric_points',
  'metric_histograms',
  'metric_exponential_histograms',
  'metric_summaries',
] as const;

/** Series are written again at least once an hour. */
const seriesLagMs = 7_200_000;

/**
 * Of the user's metrics. Points are sorted by metric, so the newest is looked for among the last hours and the names of the user's
 * series, and only then among all series.
 */
async function newestPoint(reader: StoreReader, nowMs: number, options?: ReadOptions): Promise<SignalStatus> {
  const users = ownedBy('user');
  const series = await reader.read(
    sql`SELECT count() AS n, toInt64(max(last_seen)) AS seen FROM metric_series WHERE ${users}`,
    { ...options, cost: 'cheap' },
  );
  if ((series.numbers('n')[0] ?? 0) === 0) return { hasData: false, newestMs: undefined };
  const seenMs = series.numbers('seen')[0]! * 1000;
  const since = timeMs(nowMs - seriesLagMs);
  const union = POINT_TABLES.map(
    (table) => sql`SELECT max(time) AS newest FROM ${raw(table)}
    WHERE time <= ${timeMs(nowMs + aheadMs)} AND time > ${since}
      AND name IN (SELECT name FROM metric_series WHERE ${users} AND last_seen > ${since})`,
  );
  const recent = await reader.read(
    sql`SELECT toUnixTimestamp64Milli(max(newest)) AS at FROM (${joinSql(union, ' UNION ALL ')})`,
    options,
  );
  const at = recent.numbers('at')[0] ?? 0;
  return { hasData: true, newestMs: at > 0 ? at : seenMs };
}

/** Environments that sent spans during the last day, the busiest first. Looks at a bounded number of spans. */
export async function listEnvironments(
  reader: StoreReader,
  nowMs: number,
  options?: ReadOptions,
): Promise<readonly string[]> {
  const table = await reader.read(
    sql`SELECT environment, count() AS n FROM (
        SELECT ${ENVIRONMENT} AS environment FROM spans WHERE time > ${timeMs(nowMs - dayMs)}
        ORDER BY intDiv(toInt64(time), 300) DESC LIMIT ${new Bound('UInt32', 200_000)})
      WHERE notEmpty(environment) GROUP BY environment ORDER BY n DESC, environment LIMIT 50`,
    options,
  );
  return table.column<string | null>('environment').flatMap((name) => name ?? []);
}
