/** Buckets of time for charts. */
import type { Series, TimeGrid } from '../answers/index.ts';
import { QueryError } from '../reader/index.ts';
import type { TimeRange } from '../source/index.ts';
import { integer, type Sql, sql } from '../sql/index.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps that people read easily. */
const STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((n) => n * DAY),
];

export const MAX_BUCKETS = 1500;

/** The grid with the smallest readable step that needs at most `bucketCount` buckets (one more where the range lies askew). */
export function chooseGrid(range: TimeRange, bucketCount: number): TimeGrid {
  const lengthMs = range.toMs - range.fromMs;
  const stepMs =
    STEPS_MS.find((step) => lengthMs / step <= bucketCount) ?? Math.ceil(lengthMs / bucketCount / DAY) * DAY;
  return gridOf(range, stepMs);
}

/** The grid with a given step. Throws QueryError for more buckets than a chart can hold. */
export function gridOf(range: TimeRange, stepMs: number): TimeGrid {
  const startMs = Math.floor(range.fromMs / stepMs) * stepMs;
  const count = Math.max(1, Math.ceil((range.toMs - startMs) / stepMs));
  if (count > MAX_BUCKETS) {
    throw new QueryError(
      'bad_query',
      `${count} steps of ${stepMs} ms in this time range, at most ${MAX_BUCKETS} are allowed`,
      {
        hint: 'choose a longer step or a shorter range',
      },
    );
  }
  return { startMs, stepMs, count };
}

/** Seconds of bucket `index` that lie inside the range: those at the edges are cut. */
export function coveredSeconds(grid: TimeGrid, range: TimeRange, index: number): number {
  const from = Math.max(grid.startMs + index * grid.stepMs, range.fromMs);
  const to = Math.min(grid.startMs + (index + 1) * grid.stepMs, range.toMs);
  return Math.max(0, to - from) / 1000;
}

/** The bucket's number of the column `time`. */
export function bucketOf(grid: TimeGrid): Sql {
  const startMs = integer(grid.startMs);
  return sql`toUInt32(intDiv(toUnixTimestamp64Milli(time) - ${startMs}, ${integer(grid.stepMs)}))`;
}

/** Spreads values by bucket number over the grid; buckets that are not named stay null. */
export function spread(grid: TimeGrid, buckets: readonly number[], values: readonly (number | null)[]): Series {
  const series: (number | null)[] = new Array<number | null>(grid.count).fill(null);
  for (let i = 0; i < buckets.length; i++) if (buckets[i]! < grid.count) series[buckets[i]!] = values[i]!;
  return series;
}

/** Counts by bucket number as a series without gaps. */
export function spreadCounts(grid: TimeGrid, buckets: readonly number[], counts: readonly number[]): readonly number[] {
  const series = new Array<number>(grid.count).fill(0);
  for (let i = 0; i < buckets.length; i++) if (buckets[i]! < grid.count) series[buckets[i]!]! += counts[i]!;
  return series;
}

/** Throws QueryError for a range that is empty, turned around or outside of what the store can hold. */
export function checkRange(range: TimeRange): void {
  if (
    !Number.isFinite(range.fromMs) ||
    !Number.isFinite(range.toMs) ||
    range.fromMs < 0 ||
    range.toMs > 9_223_372_036_854
  ) {
    throw new QueryError('bad_query', 'from and to must be milliseconds since 1970', {
      hint: 'the latest is in the year 2262',
    });
  }
  if (range.fromMs >= range.toMs) throw new QueryError('bad_query', 'from must lie before to');
}
