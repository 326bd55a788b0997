import type { TimedRows } from '../../source/index.ts';
import { integer, raw, type Sql, sql } from '../../sql/index.ts';
import type { Grid } from '../matrix.ts';
import type { WindowFunction } from '../source.ts';
import { IS_STALE, STALE_NAN } from './points.ts';

/**
 * Windows as statements. What each function of ClickHouse does at the edges was measured against the evaluator: test/conformance runs every script
 * both ways, and window-sql.test.ts compares random series.
 */

/** How the values of the steps come out of an answer. */
export type WindowShape =
  /** One per step. */
  | { readonly kind: 'steps' }
  /** One per bucket of a step's length; a window is so many of them. */
  | { readonly kind: 'buckets'; readonly perWindow: number; readonly pick: 'max' | 'min' | 'any' };

export interface WindowSql {
  readonly shape: WindowShape;
  /** An Array(Nullable(Float64)). */
  readonly values: Sql;
  /** Of one step: the sum of the values' sizes, where their sum may have lost digits. */
  readonly sizes?: Sql;
  /** Each sample must count once: series with two at one time are looked at one by one. */
  readonly countsEach: boolean;
  /** Says of further series that they are looked at one by one. */
  readonly odd?: Sql;
  /** Stale markers are samples here, and end a series. */
  readonly seesStale: boolean;
}

/** Functions of ClickHouse that give a value per step from the samples in the window before it, as Prometheus does. */
const TO_GRID: Partial<Record<WindowFunction, string>> = {
  last: 'timeSeriesLastToGrid',
  last_over_time: 'timeSeriesLastToGrid',
  rate: 'timeSeriesRateToGrid',
  increase: 'timeSeriesIncreaseToGrid',
  delta: 'timeSeriesDeltaToGrid',
  irate: 'timeSeriesInstantRateToGrid',
  idelta: 'timeSeriesInstantDeltaToGrid',
  changes: 'timeSeriesChangesToGrid',
  resets: 'timeSeriesResetsToGrid',
};

/** A setting under which ClickHouse has the functions above. */
export const GRID_SETTINGS = { allow_experimental_time_series_aggregate_functions: 1 } as const;

const TIME_MS = raw('toUnixTimestamp64Milli(stored.time)');
const VALUE = raw('stored.value');
/** More buckets than this per series are no saving. */
const MAX_BUCKETS = 100_000;

/** Undefined for what ClickHouse can't do in the same way. */
export function windowSql(fn: WindowFunction, grid: Grid, rangeMs: number): WindowSql | undefined {
  const toGrid = TO_GRID[fn];
  if (toGrid !== undefined) {
    const seesStale = fn === 'last';
    const value = seesStale ? sql`if(${IS_STALE}, reinterpretAsFloat64(${STALE_NAN}), ${VALUE})` : VALUE;
    const found = sql`${raw(toGrid)}(${gridParameters(grid, rangeMs)})(toDateTime64(stored.time, 3, 'UTC'), ${value})`;
    const values = seesStale
      ? sql`arrayMap(value -> if(isNull(value) OR reinterpretAsUInt64(assumeNotNull(value)) = ${STALE_NAN}, NULL, value), ${found})`
      : found;
    // One NaN behind another is no change.
    const odd = fn === 'changes' ? { odd: sql`max(isNaN(${VALUE}))` } : {};
    return { shape: { kind: 'steps' }, values, countsEach: false, seesStale, ...odd };
  }
  return grid.count === 1 ? ofOneStep(fn) : ofBuckets(fn, grid, rangeMs);
}

/** Start and end, step and window. */
function gridParameters({ startMs, stepMs, count }: Grid, rangeMs: number): Sql {
  const time = (ms: number): Sql => sql`fromUnixTimestamp64Milli(${integer(ms)}, 'UTC')`;
  const seconds = (ms: number): Sql => raw(`toDecimal64('${(ms / 1000).toFixed(3)}', 3)`);
  return sql`${time(startMs)}, ${time(startMs + (count - 1) * stepMs)}, ${seconds(stepMs)}, ${seconds(rangeMs)}`;
}

const ONE: WindowShape = { kind: 'steps' };

function ofOneStep(fn: WindowFunction): WindowSql | undefined {
  const plain = { shape: ONE, countsEach: false, seesStale: false };
  switch (fn) {
    case 'max_over_time':
      return { ...plain, values: sql`[toNullable(max(${VALUE}))]` };
    case 'min_over_time':
      return { ...plain, values: sql`[toNullable(min(${VALUE}))]` };
    case 'present_over_time':
      return { ...plain, values: raw('[toNullable(1.)]') };
    case 'count_over_time':
      return { ...plain, values: raw('[toNullable(toFloat64(count()))]'), countsEach: true };
    case 'sum_over_time':
      return {
        ...plain,
        values: sql`[toNullable(sumKahan(${VALUE}))]`,
        sizes: sql`sum(abs(${VALUE}))`,
        countsEach: true,
      };
    case 'avg_over_time':
      return {
        ...plain,
        values: sql`[toNullable(sumKahan(${VALUE}) / count())]`,
        sizes: sql`sum(abs(${VALUE})) / count()`,
        countsEach: true,
      };
    default:
      return undefined;
  }
}

const PICKS: Partial<Record<WindowFunction, 'max' | 'min' | 'any'>> = {
  max_over_time: 'max',
  min_over_time: 'min',
  present_over_time: 'any',
};

/** Where windows are made of whole steps, of each step the samples behind the step before it. */
function ofBuckets(fn: WindowFunction, { startMs, stepMs, count }: Grid, rangeMs: number): WindowSql | undefined {
  const pick = PICKS[fn];
  if (pick === undefined || rangeMs % stepMs !== 0) return undefined;
  const perWindow = rangeMs / stepMs;
  const buckets = perWindow + count - 1;
  if (buckets > MAX_BUCKETS) return undefined;
  // A bucket has its end, and not its beginning.
  const place = sql`${TIME_MS} - ${integer(startMs - rangeMs + 1)}`;
  const of = `${pick}OrNullResample(0, ${buckets * stepMs}, ${stepMs})`;
  return {
    shape: { kind: 'buckets', perWindow, pick },
    values: sql`${raw(of)}(${VALUE}, ${place})`,
    countsEach: false,
    seesStale: false,
  };
}

export interface WindowRows {
  readonly points: TimedRows;
  readonly range: { readonly fromMs: number; readonly toMs: number };
  /** Of which metrics. */
  readonly metrics: Sql;
  /** Which series. */
  readonly chosen: Sql;
  /** Whether start times say that several may have written a series. */
  readonly odd: Sql;
}

/** A row per series: its id, whether it has to be looked at sample by sample, its values. */
export function windowStatement(what: WindowSql, { points, range, metrics, chosen, odd }: WindowRows): Sql {
  const doubled = what.countsEach ? raw('count() != uniqExact(stored.time)') : raw('0');
  const isSample = what.seesStale ? raw('1') : sql`NOT (${IS_STALE})`;
  const sizes = what.sizes === undefined ? raw('') : sql`, ${what.sizes} AS size`;
  return sql`SELECT series_id, (${odd}) OR ${doubled} OR ${what.odd ?? raw('0')} AS is_odd, ${what.values} AS grid${sizes}
    ${points.in(range)} AND ${metrics} AND ${chosen} AND ${isSample}
    GROUP BY series_id`;
}

/**
 * A row per group. Of a sum its size, too: that of the values without their signs. `groupOf` gives a series' group.
 */
export function groupStatement(
  operator: 'sum' | 'min' | 'max' | 'count' | 'avg' | 'group',
  windows: Sql,
  groupOf: Sql,
): Sql {
  const needsSum = operator === 'sum' || operator === 'avg';
  const extreme = operator === 'min' || operator === 'max' ? sql`, ${raw(operator)}ForEach(grid) AS extremes` : raw('');
  const sums = needsSum
    ? raw(', sumKahanForEach(grid) AS sums, sumForEach(arrayMap(value -> abs(value), grid)) AS sizes')
    : raw('');
  return sql`SELECT ${groupOf} AS place, max(is_odd) AS is_any_odd, countForEach(grid) AS counts${extreme}${sums}
    FROM (${windows}) GROUP BY place`;
}
