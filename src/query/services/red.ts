/** Rate, errors and durations of groups of spans: totals, and over time. */
import type { RedSeries, RedSummary, Series, TimeGrid } from '../answers/index.ts';
import { bucketOf, coveredSeconds, spread } from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoreReader, type Table } from '../reader/index.ts';
import { REQUEST_SLOT_MS, requestsIn, spans, type TimeRange } from '../source/index.ts';
import { Bound, raw, type Sql, sql, timeMs } from '../sql/index.ts';
import { type CutSlots, fitsSlots } from './tallies.ts';

/** Quantiles of durations, ns, and which each is. */
const LEVELS = { p50Ns: 0.5, p95Ns: 0.95, p99Ns: 0.99 } as const;
export type QuantileName = keyof typeof LEVELS;
const QUANTILE_NAMES: readonly QuantileName[] = ['p50Ns', 'p95Ns', 'p99Ns'];
export const ALL_QUANTILES: readonly QuantileName[] = QUANTILE_NAMES;

/** RED of one group: totals, and per bucket what was asked for. */
export interface RedRow extends RedSummary {
  readonly key: string;
  readonly kind: number;
  /** The start of the newest request. */
  readonly newestNs: bigint;
  readonly series: Omit<RedSeries, QuantileName> &
    Partial<Pick<RedSeries, QuantileName>> & { readonly errorRatio: Series };
}

/** An aggregate function of quantiles. */
interface QuantileFunction {
  readonly name: string;
  /** What stands before the levels. */
  readonly parameters: readonly number[];
}

/**
 * Exact quantiles hold each duration of the range, rounded to the 24 bits of a Float32: at most 6e-8 of it, and none below 16 ms. That takes half
 * of what 64 bits take, of memory and of time. Where it is more than a query may hold, an approximation of at most 0.5 % error answers.
 */
const EXACT: QuantileFunction = { name: 'quantilesExact', parameters: [] };
const APPROXIMATE: QuantileFunction = { name: 'quantilesDD', parameters: [0.005] };

/** A name with a combinator, and levels: states of one function are the same whatever their levels. */
function quantiles({ name, parameters }: QuantileFunction, combinator: string, names: readonly QuantileName[]): Sql {
  return raw(`${name}${combinator}(${[...parameters, ...names.map((one) => LEVELS[one])].join(', ')})`);
}

export interface RedQuery {
  /** `service_name`, or `name` and `kind` of operations. */
  readonly key: Sql;
  readonly kind: Sql;
  /** The spans that are counted. */
  readonly rows: Sql;
  /** The same, of which some are counted already (`talliedRequests`). */
  readonly tallied?: Sql;
  readonly grid: TimeGrid;
  /** Where the store has data. */
  readonly data: DataTime;
  /** Groups beyond these many are left out, the rarest first. */
  readonly limit: number;
  /** Those that are wanted per bucket, and not in total only: each costs. */
  readonly perBucket: readonly QuantileName[];
}

/** The groups with the most requests. */
export async function readRed(reader: StoreReader, query: RedQuery, options?: ReadOptions): Promise<readonly RedRow[]> {
  try {
    return redRows(await reader.read(redStatement(query, EXACT), options), query);
  } catch (error) {
    if (!(error instanceof QueryError) || error.code !== 'too_large') throw error;
    return redRows(await reader.read(redStatement(query, APPROXIMATE), options), query);
  }
}

function redStatement(query: RedQuery, of: QuantileFunction): Sql {
  return sql`SELECT red_key, red_kind, sum(n) AS requests, sum(e) AS errors, ${quantiles(of, 'Merge', QUANTILE_NAMES)}(q) AS total_quantiles,
      groupArray(bucket) AS buckets, groupArray(n) AS counts, groupArray(e) AS error_counts,
      groupArray(bucket_quantiles) AS quantiles, toUnixTimestamp64Nano(max(newest)) AS newest_ns
    FROM (${query.tallied === undefined ? perBucket(query, of) : perBucketOfTallied(query, query.tallied, of)})
    GROUP BY red_key, red_kind ORDER BY requests DESC, red_key, red_kind LIMIT ${new Bound('UInt32', query.limit)}`;
}

/** The durations of a bucket as `q`, to be merged, and what is wanted of them as `bucket_quantiles`. `suffix`: of the combinator. */
function durationsOf(query: RedQuery, of: QuantileFunction, suffix: string, durations: Sql): Sql {
  const { perBucket: names } = query;
  const state = quantiles(of, `State${suffix}`, names.length === 0 ? QUANTILE_NAMES : names);
  return sql`${state}(${durations}) AS q, ${names.length === 0 ? raw('[]') : raw('finalizeAggregation(q)')} AS bucket_quantiles`;
}

function perBucket(query: RedQuery, of: QuantileFunction): Sql {
  return sql`SELECT ${query.key} AS red_key, ${query.kind} AS red_kind, ${bucketOf(query.grid)} AS bucket,
        count() AS n, countIf(status_code = 2) AS e, max(time) AS newest, ${durationsOf(query, of, '', raw('toFloat32(duration_ns)'))}
      ${query.rows} GROUP BY red_key, red_kind, bucket`;
}

function perBucketOfTallied(query: RedQuery, tallied: Sql, of: QuantileFunction): Sql {
  return sql`SELECT red_key, red_kind, bucket, sum(request_n) AS n, sum(error_n) AS e, max(newest_at) AS newest,
      ${durationsOf(query, of, 'Array', raw('durations_ns'))}
    FROM (${tallied}) GROUP BY red_key, red_kind, bucket`;
}

function redRows(table: Table, { grid, data, perBucket: names }: RedQuery): readonly RedRow[] {
  const requests = table.numbers('requests');
  const errors = table.numbers('errors');
  const newest = table.bigints('newest_ns');
  const rate = (buckets: readonly number[], values: readonly number[]): Series =>
    spread(
      grid,
      buckets,
      values.map((value, i) => value / bucketSeconds(grid, data, buckets[i]!)),
    );
  return table.strings('red_key').map((key, row) => {
    const buckets = table.column<number[]>('buckets')[row]!;
    const counts = table.column<number[]>('counts')[row]!;
    const errorCounts = table.column<number[]>('error_counts')[row]!;
    const quantiles = table.column<number[][]>('quantiles')[row]!;
    const total = table.column<number[]>('total_quantiles')[row]!;
    const quantile = (index: number): Series =>
      spread(
        grid,
        buckets,
        quantiles.map((values) => Number(values[index])),
      );
    return {
      key,
      kind: table.column<number>('red_kind')[row]!,
      newestNs: newest[row]!,
      requestCount: requests[row]!,
      requestRate: requests[row]! / data.seconds,
      errorCount: errors[row]!,
      errorRatio: errors[row]! / requests[row]!,
      p50Ns: Number(total[0]),
      p95Ns: Number(total[1]),
      p99Ns: Number(total[2]),
      series: {
        requestRate: rate(buckets, counts),
        errorRate: rate(buckets, errorCounts),
        errorRatio: spread(
          grid,
          buckets,
          errorCounts.map((count, i) => count / counts[i]!),
        ),
        ...Object.fromEntries(names.map((name, index) => [name, quantile(index)])),
      },
    };
  });
}

/** The part of a range in which the store has spans, whoever sent them. Rates count over it: a store that began an hour ago says nothing of yesterday. */
export interface DataTime extends TimeRange {
  readonly seconds: number;
}

export async function readDataTime(
  reader: StoreReader,
  range: TimeRange,
  grid: TimeGrid,
  options?: ReadOptions,
): Promise<{ readonly data: DataTime; readonly cut: CutSlots }> {
  const fromSlots = fitsSlots(grid);
  const [firstOf, lastOf] = fromSlots ? [raw('first_time'), raw('last_time')] : [raw('time'), raw('time')];
  const rows = fromSlots ? requestsIn({ ...range, fromMs: range.fromMs - REQUEST_SLOT_MS }) : spans.in(range);
  const isCutAt = (ms: number): Sql => sql`max(${firstOf} < ${timeMs(ms)} AND ${lastOf} >= ${timeMs(ms)})`;
  const table = await reader.read(
    sql`SELECT count() AS n, toUnixTimestamp64Milli(min(${firstOf})) AS first, toUnixTimestamp64Milli(max(${lastOf})) AS last,
      ${isCutAt(range.fromMs)} AS cut_start, ${isCutAt(range.toMs)} AS cut_end ${rows}`,
    options,
  );
  const isCut = (name: string): boolean => table.column<number>(name)[0] === 1;
  return { data: dataTimeOf(table, range, grid), cut: { atStart: isCut('cut_start'), atEnd: isCut('cut_end') } };
}

function dataTimeOf(table: Table, range: TimeRange, grid: TimeGrid): DataTime {
  const lengthMs = range.toMs - range.fromMs;
  const first = Math.max(range.fromMs, table.numbers('first')[0]!);
  const last = Math.min(range.toMs, table.numbers('last')[0]! + 1);
  // A slot at an edge may lie outside with all that it counts.
  if (table.numbers('n')[0] === 0 || first > last) return { ...range, seconds: lengthMs / 1000 };
  // What comes now and then is not there at the very edges: a gap this small is none.
  const gapMs = (last - first) / 50;
  const fromMs = first - range.fromMs <= gapMs ? range.fromMs : first;
  const toMs = range.toMs - last <= gapMs ? range.toMs : last;
  // A single moment has no length, and one request in it is not a thousand a second.
  const shortestMs = Math.min(grid.stepMs, 60_000);
  return { fromMs, toMs, seconds: Math.min(lengthMs, Math.max(toMs - fromMs, shortestMs)) / 1000 };
}

/** Less of a bucket says little of its rate. */
const LEAST_SHARE = 0.25;

/** Of the buckets at the edges so much as has data, but never so little that a handful of requests looks like a flood. */
function bucketSeconds(grid: TimeGrid, data: DataTime, bucket: number): number {
  return Math.max(coveredSeconds(grid, data, bucket), (grid.stepMs / 1000) * LEAST_SHARE);
}
