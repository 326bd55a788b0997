/** Lines of a metric's chart, made of the rows that the store gives. */

import type { MetricSummary, TimeGrid } from '../answers/index.ts';
import { type Bucket, bucketQuantile, coveredSeconds, explicitBuckets, exponentialBuckets } from '../plan/index.ts';
import { QueryError, type Table } from '../reader/index.ts';
import type { PointQuery } from './metric-points.ts';

export const AGGREGATIONS = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'rate',
  'increase',
  'p50',
  'p90',
  'p95',
  'p99',
  'heatmap',
] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

/** One line of the chart: the values of its labels, and one value per bucket of time. */
export interface Line {
  readonly labels: readonly string[];
  readonly values: (number | null)[];
}

export const QUANTILES: { readonly [aggregation: string]: number } = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

/** Rows of `labels`, `bucket`, `result` as lines. */
export function linesOf(table: Table, grid: TimeGrid): readonly Line[] {
  const results = table.column<number>('result');
  return collect(table, grid, (row) => results[row]!);
}

function collect(table: Table, grid: TimeGrid, readValue: (row: number) => number | null): readonly Line[] {
  const buckets = table.column<number>('bucket');
  const lines = new Map<string, Line>();
  table.column<string[]>('labels').forEach((labels, row) => {
    const line = lineOf(lines, labels, grid);
    if (buckets[row]! < grid.count) line.values[buckets[row]!] = readValue(row);
  });
  return [...lines.values()];
}

function lineOf(lines: Map<string, Line>, labels: readonly string[], grid: TimeGrid): Line {
  const key = JSON.stringify(labels);
  const line = lines.get(key) ?? { labels, values: new Array<number | null>(grid.count).fill(null) };
  lines.set(key, line);
  return line;
}

export function perSecond(lines: readonly Line[], { grid, range }: PointQuery): readonly Line[] {
  return lines.map(({ labels, values }) => ({
    labels,
    values: values.map((value, i) => (value === null ? null : value / coveredSeconds(grid, range, i))),
  }));
}

/** The increase of histograms in one group and bucket of time. */
interface HistogramCell {
  readonly labels: readonly string[];
  readonly time: number;
  readonly buckets: readonly Bucket[];
  readonly count: number;
  readonly sum: number;
}

/** `bounds`: the bounds by id. */
export function histogramCells(table: Table, bounds: ReadonlyMap<string, readonly number[]>): readonly HistogramCell[] {
  const ids = table.column<number | bigint>('bounds_id');
  const counts = table.column<(number | bigint)[]>('counts');
  return cellsOf(table, (row) => explicitBuckets(bounds.get(String(ids[row])) ?? [], counts[row]!.map(Number)));
}

export function exponentialCells(table: Table, scale: number, zeroThreshold: number): readonly HistogramCell[] {
  const side = (name: string, row: number): ReadonlyMap<number, number> =>
    new Map(
      [...table.column<Map<number, number | bigint>>(name)[row]!].map(([index, count]) => [index, Number(count)]),
    );
  const zero = table.numbers('zero');
  return cellsOf(table, (row) =>
    exponentialBuckets(scale, side('positive', row), side('negative', row), zero[row]!, zeroThreshold),
  );
}

function cellsOf(table: Table, bucketsOf: (row: number) => readonly Bucket[]): readonly HistogramCell[] {
  const totals = table.numbers('total');
  const sums = table.column<number>('total_sum');
  const times = table.column<number>('bucket');
  return table.column<string[]>('labels').map((labels, row) => ({
    labels,
    time: times[row]!,
    buckets: bucketsOf(row),
    count: totals[row]!,
    sum: sums[row]!,
  }));
}

/** Histograms of one group and time that have different bounds, or none, are put together before they are evaluated. */
export function distributionLines(
  { grid, range }: PointQuery,
  aggregation: Aggregation,
  all: readonly HistogramCell[],
): readonly Line[] {
  const groups = Map.groupBy(
    all.filter(({ time }) => time < grid.count),
    ({ labels, time }) => JSON.stringify([labels, time]),
  );
  const cells = [...groups.values()].map(joinCells);
  if (aggregation === 'heatmap') return heatmapLines(cells, grid);
  const lines = new Map<string, Line>();
  for (const cell of cells) {
    const seconds = coveredSeconds(grid, range, cell.time);
    lineOf(lines, cell.labels, grid).values[cell.time] = cellValue(cell, aggregation, seconds);
  }
  return [...lines.values()];
}

/** Cells of one group and time as one. Each bucket begins where the one before ends, whatever histogram it came from. */
function joinCells(cells: readonly HistogramCell[]): HistogramCell {
  const [only] = cells;
  if (cells.length === 1) return only!;
  const counts = new Map<number, number>();
  let lower = Number.POSITIVE_INFINITY;
  let count = 0;
  let sum = 0;
  for (const cell of cells) {
    count += cell.count;
    sum += cell.sum;
    if (cell.buckets.length > 0) lower = Math.min(lower, cell.buckets[0]!.lower);
    for (const bucket of cell.buckets) counts.set(bucket.upper, (counts.get(bucket.upper) ?? 0) + bucket.count);
  }
  const uppers = [...counts.keys()].sort((x, y) => x - y);
  const buckets = uppers.map((upper, i) => ({
    lower: i === 0 ? lower : uppers[i - 1]!,
    upper,
    count: counts.get(upper)!,
  }));
  return { ...only!, buckets, count, sum };
}

function cellValue(cell: HistogramCell, aggregation: Aggregation, seconds: number): number | null {
  const quantile = QUANTILES[aggregation];
  if (quantile !== undefined) return bucketQuantile(quantile, cell.buckets);
  switch (aggregation) {
    case 'count':
    case 'increase':
      return cell.count;
    case 'rate':
      return cell.count / seconds;
    case 'sum':
      return cell.sum;
    case 'avg':
      return cell.count > 0 ? cell.sum / cell.count : null;
    case 'min':
      return bucketQuantile(0, cell.buckets);
    case 'max':
      return bucketQuantile(1, cell.buckets);
    default:
      throw new Error(`bug: ${aggregation} of a distribution`);
  }
}

/** One line per bucket of the histogram, from the lowest up, with the observations in it; its label is the upper end. */
function heatmapLines(cells: readonly HistogramCell[], grid: TimeGrid): readonly Line[] {
  const uppers = new Set(cells.flatMap(({ buckets }) => buckets.map((bucket) => bucket.upper)));
  const times = new Set(cells.map(({ time }) => time));
  const lines = new Map(
    [...uppers]
      .sort((a, b) => a - b)
      .map((upper): [number, Line] => {
        const label = upper === Number.POSITIVE_INFINITY ? '+Inf' : String(upper);
        return [
          upper,
          { labels: [label], values: Array.from({ length: grid.count }, (_, i) => (times.has(i) ? 0 : null)) },
        ];
      }),
  );
  for (const { time, buckets } of cells) {
    for (const { upper, count } of buckets) lines.get(upper)!.values[time]! += count;
  }
  return [...lines.values()];
}

export function unfit(metric: MetricSummary, aggregation: Aggregation): QueryError {
  const kind =
    metric.type === 'sum' && !metric.monotonic ? 'a sum that may go down' : `a ${metric.type.replaceAll('_', ' ')}`;
  return new QueryError('bad_query', `${aggregation} does not go with ${metric.name}, which is ${kind}`, {
    hint: 'leave the aggregation out to get the one that suits the type',
  });
}
