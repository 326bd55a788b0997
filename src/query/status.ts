/** Whether anything is stored, and how fresh it is. */
import { ownedBy } from './own-telemetry.ts';
import { ENVIRONMENT } from './spans.ts';
import { Bound, joinSql, raw, sql, timeMs } from './sql.ts';
import type { ReadOptions, StoreReader } from './store-reader.ts';

export interface SignalStatus {
  readonly hasData: boolean;
  /** The time of the newest item; items that claim to be from the future do not count. */
  readonly newestMs: number | undefined;
}

export type StoredSignals = { readonly [signal in 'traces' | 'logs' | 'metrics']: SignalStatus };

/** Clocks of services may be a little ahead. */
const aheadMs = 60_000;
const dayMs = 86_400_000;

export async function readSignals(reader: StoreReader, nowMs: number, options?: ReadOptions): Promise<StoredSignals> {
  const [traces, logs, metrics] = await Promise.all([
    newestOf(reader, ['spans'], 300, nowMs, options),
    newestOf(reader, ['logs'], 300, nowMs, options),
    newestPoint(reader, nowMs, options),
  ]);
  return { traces, logs, metrics };
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
    options,
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
