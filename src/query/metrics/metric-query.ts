/** A metric over time: which statement answers an aggregation, and what is made of its rows. */

import { filterCondition } from '../filter/index.ts';
import { chooseGrid, gridOf, type Series, type TimeGrid } from '../plan/index.ts';
import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import { boundsOf, type Owner, type TimeRange } from '../source/index.ts';
import { allOf, sql } from '../sql/index.ts';
import {
  type Aggregation,
  exponentialLines,
  histogramLines,
  type Line,
  linesOf,
  perSecond,
  QUANTILES,
  unfit,
} from './metric-lines.ts';
import {
  type Across,
  counterStatement,
  exemplarStatement,
  exponentialStatement,
  gaugeStatement,
  histogramStatement,
  intervalStatement,
  type PointQuery,
  smallestScaleStatement,
  summaryCounterStatement,
  summaryQuantileStatement,
  type Within,
} from './metric-points.ts';
import { type MetricSummary, readMetric } from './metrics.ts';

export interface MetricQuery extends TimeRange {
  readonly name: string;
  readonly groupBy: readonly string[];
  readonly q?: string | undefined;
  readonly aggregation?: Aggregation | undefined;
  readonly stepMs?: number | undefined;
  readonly owner?: Owner;
}

export interface MetricSeries {
  readonly labels: { readonly [key: string]: string };
  readonly values: Series;
  readonly last: number | null;
  readonly max: number | null;
}

export interface Exemplar {
  readonly timeMs: number;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
}

export interface MetricResult {
  readonly metric: MetricSummary;
  readonly aggregation: Aggregation;
  readonly unit: string;
  readonly grid: TimeGrid;
  readonly series: readonly MetricSeries[];
  readonly foldedCount: number;
  readonly exemplars: readonly Exemplar[];
}

const CHART_BUCKETS = 120;
const MAX_SERIES = 50;
const MAX_HEATMAP_ROWS = 100;
const MAX_EXEMPLARS = 300;
const MIN_LOOKBACK_MS = 300_000;

/** Throws QueryError: `not_found` without points, `bad_query` where the aggregation means nothing for the metric's type. */
export async function queryMetric(
  reader: StoreReader,
  query: MetricQuery,
  options?: ReadOptions,
): Promise<MetricResult> {
  const metric = await readMetric(reader, query, options);
  const aggregation = query.aggregation ?? defaultAggregation(metric);
  const points = await planPoints(reader, metric, query, options);
  const [lines, exemplars] = await Promise.all([
    readLines(reader, points, aggregation, options),
    reader.read(exemplarStatement(points, MAX_EXEMPLARS), options),
  ]);
  const isHeatmap = aggregation === 'heatmap';
  const limit = isHeatmap ? MAX_HEATMAP_ROWS : MAX_SERIES;
  const ranked = isHeatmap ? lines : [...lines].sort((a, b) => weightOf(b.values) - weightOf(a.values));
  return {
    metric,
    aggregation,
    unit: unitOf(metric, aggregation),
    grid: points.grid,
    series: ranked.slice(0, limit).map((line) => seriesResult(line, isHeatmap ? ['le'] : query.groupBy)),
    foldedCount: Math.max(0, ranked.length - limit),
    exemplars: exemplarsOf(exemplars),
  };
}

function defaultAggregation(metric: MetricSummary): Aggregation {
  if (metric.type === 'gauge') return 'avg';
  if (metric.type === 'sum') return metric.monotonic ? 'rate' : 'sum';
  return 'p95';
}

/** Buckets are never narrower than the points lie apart: the chart would be full of gaps. */
async function planPoints(
  reader: StoreReader,
  metric: MetricSummary,
  query: MetricQuery,
  options?: ReadOptions,
): Promise<PointQuery> {
  const filter = query.q ? await filterCondition(query.q, 'metrics') : undefined;
  const condition = allOf(filter === undefined ? [] : [filter]);
  const first = {
    metric,
    range: query,
    grid: chooseGrid(query, CHART_BUCKETS),
    owner: query.owner ?? 'user',
    groupBy: query.groupBy,
    condition,
    lookbackMs: 0,
  };
  const interval = await reader.read(intervalStatement(first), options);
  const intervalMs = Number(interval.column<number>('interval_ms')[0] ?? 0);
  const lookbackMs = Math.max(MIN_LOOKBACK_MS, 3 * intervalMs);
  if (query.stepMs !== undefined) return { ...first, lookbackMs, grid: gridOf(query, query.stepMs) };
  // Intervals vary a little: a tenth less still counts as one point per bucket.
  const lengthMs = query.toMs - query.fromMs;
  const grid = chooseGrid(
    query,
    Math.max(1, Math.min(CHART_BUCKETS, Math.floor(lengthMs / (0.9 * Math.max(intervalMs, 1))))),
  );
  return { ...first, lookbackMs, grid };
}

async function readLines(
  reader: StoreReader,
  points: PointQuery,
  aggregation: Aggregation,
  options?: ReadOptions,
): Promise<readonly Line[]> {
  const { metric } = points;
  if (metric.type === 'histogram') {
    const table = await reader.read(histogramStatement(points), options);
    return histogramLines(points, aggregation, table, await readBounds(reader, table, options));
  }
  if (metric.type === 'exponential_histogram') {
    const scale = await reader.read(smallestScaleStatement(points), options);
    const smallest = scale.column<number>('scale')[0]!;
    const table = await reader.read(exponentialStatement(points, smallest), options);
    return exponentialLines(points, aggregation, table, smallest, scale.column<number>('zero_threshold')[0]!);
  }
  if (metric.type === 'summary') return summaryLines(reader, points, aggregation, options);
  const isCounter = metric.type === 'sum' && (metric.monotonic || metric.temporality === 'delta');
  return isCounter
    ? counterLines(reader, points, aggregation, options)
    : gaugeLines(reader, points, aggregation, options);
}

/** The bounds of the histograms in an answer, by id. */
async function readBounds(
  reader: StoreReader,
  table: Table,
  options?: ReadOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const ids = [...new Set(table.column<number | bigint>('bounds_id').map(String))];
  if (ids.length === 0) return new Map();
  const found = await reader.read(sql`SELECT ${boundsOf(ids)}`, options);
  const bounds = found.column<readonly number[]>('bounds');
  return new Map(found.column<number | bigint>('bounds_id').map((id, row) => [String(id), bounds[row]!]));
}

async function counterLines(
  reader: StoreReader,
  points: PointQuery,
  aggregation: Aggregation,
  options?: ReadOptions,
): Promise<readonly Line[]> {
  const across: { readonly [aggregation: string]: Across } = {
    ...(points.metric.monotonic ? {} : { sum: 'sum' }),
    rate: 'sum',
    increase: 'sum',
    sum: 'sum',
    avg: 'avg',
    min: 'min',
    max: 'max',
    count: 'count',
  };
  const quantile = QUANTILES[aggregation];
  const how = quantile === undefined ? across[aggregation] : { quantile };
  if (how === undefined) throw unfit(points.metric, aggregation);
  const lines = linesOf(await reader.read(counterStatement(points, how), options), points.grid);
  return isPerSecond(points.metric, aggregation) ? perSecond(lines, points) : lines;
}

async function gaugeLines(
  reader: StoreReader,
  points: PointQuery,
  aggregation: Aggregation,
  options?: ReadOptions,
): Promise<readonly Line[]> {
  const quantile = QUANTILES[aggregation];
  const ways: { readonly [aggregation: string]: readonly [Within, Across] } = {
    sum: ['last', 'sum'],
    avg: ['avg', 'avg'],
    min: ['min', 'min'],
    max: ['max', 'max'],
    count: ['last', 'count'],
  };
  const way = quantile === undefined ? ways[aggregation] : (['avg', { quantile }] as const);
  if (way === undefined) throw unfit(points.metric, aggregation);
  return linesOf(await reader.read(gaugeStatement(points, ...way), options), points.grid);
}

async function summaryLines(
  reader: StoreReader,
  points: PointQuery,
  aggregation: Aggregation,
  options?: ReadOptions,
): Promise<readonly Line[]> {
  const quantile = QUANTILES[aggregation];
  const read = async (statement: Parameters<StoreReader['read']>[0]): Promise<readonly Line[]> =>
    linesOf(await reader.read(statement, options), points.grid);
  if (quantile !== undefined) return read(summaryQuantileStatement(points, quantile));
  if (aggregation === 'count' || aggregation === 'increase') return read(summaryCounterStatement(points, 'count'));
  if (aggregation === 'rate') return perSecond(await read(summaryCounterStatement(points, 'count')), points);
  if (aggregation === 'sum') return read(summaryCounterStatement(points, 'sum'));
  if (aggregation !== 'avg') throw unfit(points.metric, aggregation);
  const [sums, counts] = await Promise.all([
    read(summaryCounterStatement(points, 'sum')),
    read(summaryCounterStatement(points, 'count')),
  ]);
  const countOf = new Map(counts.map((line) => [JSON.stringify(line.labels), line.values]));
  return sums.map(({ labels, values }) => {
    const divisors = countOf.get(JSON.stringify(labels));
    return { labels, values: values.map((value, i) => (value !== null && divisors?.[i] ? value / divisors[i] : null)) };
  });
}

/** Counters are compared by their rates, unless their increase is asked for. */
function isPerSecond(metric: MetricSummary, aggregation: Aggregation): boolean {
  if (aggregation === 'rate') return true;
  return metric.type === 'sum' && metric.monotonic && aggregation !== 'increase' && aggregation !== 'count';
}

/** UCUM. */
function unitOf(metric: MetricSummary, aggregation: Aggregation): string {
  const isDistribution = metric.type !== 'gauge' && metric.type !== 'sum';
  if (aggregation === 'count' || aggregation === 'heatmap' || (isDistribution && aggregation === 'increase'))
    return '1';
  if (isDistribution) return aggregation === 'rate' ? '1/s' : metric.unit;
  if (!isPerSecond(metric, aggregation)) return metric.unit;
  return metric.unit === '' || metric.unit === '1' ? '1/s' : `${metric.unit}/s`;
}

function weightOf(values: Series): number {
  return values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0);
}

function seriesResult({ labels, values }: Line, keys: readonly string[]): MetricSeries {
  const known = values.filter((value) => value !== null);
  return {
    labels: Object.fromEntries(keys.map((key, i) => [key, labels[i] ?? ''])),
    values,
    last: known.at(-1) ?? null,
    max: known.length === 0 ? null : Math.max(...known),
  };
}

function exemplarsOf(table: Table): readonly Exemplar[] {
  const times = table.bigints('at');
  const values = table.column<number>('v');
  const spanIds = table.strings('span_id');
  return table.strings('trace_id').map((traceId, row) => ({
    timeMs: Number(times[row]! / 1000n) / 1000,
    value: values[row]!,
    traceId,
    spanId: spanIds[row]!,
  }));
}
