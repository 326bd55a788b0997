/** A metric over time: which statement answers an aggregation, and what is made of its rows. */

import type { Exemplar, MetricResult, MetricSeries, Series } from '../answers/index.ts';
import { filterCondition, readFilter } from '../filter/index.ts';
import { chooseGrid, gridOf } from '../plan/index.ts';
import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import type { Owner, TimeRange } from '../source/index.ts';
import { allOf } from '../sql/index.ts';
import { asPromql } from './as-promql.ts';
import { type Aggregation, type Line, unfit } from './metric-lines.ts';
import { exemplarStatement, intervalStatement, type PointQuery } from './metric-points.ts';
import { readMetric } from './metrics.ts';
import type { Reading } from './reading.ts';
import { defaultAggregation, fits, readLines, unitOf } from './reading-lines.ts';

export interface MetricQuery extends TimeRange {
  readonly name: string;
  readonly groupBy: readonly string[];
  readonly q?: string | undefined;
  readonly aggregation?: Aggregation | undefined;
  readonly stepMs?: number | undefined;
  readonly owner?: Owner;
}

const CHART_BUCKETS = 120;
const MAX_SERIES = 50;
const MAX_HEATMAP_ROWS = 100;
const MAX_EXEMPLARS = 300;
const MIN_LOOKBACK_MS = 300_000;

/** Kinds of series under one name that are looked at, those with the most series first. */
const MAX_READINGS = 8;

/** Throws QueryError: `not_found` without points, `bad_query` where the aggregation means nothing for the metric's type. */
export async function queryMetric(
  reader: StoreReader,
  query: MetricQuery,
  options?: ReadOptions,
): Promise<MetricResult> {
  const { metric, readings } = await readMetric(reader, query, options);
  const fitting = readings
    .filter((reading) => query.aggregation === undefined || fits(reading, query.aggregation))
    .slice(0, MAX_READINGS);
  const [main] = fitting;
  if (main === undefined) throw unfit(metric, query.aggregation!);
  const points = await planPoints(reader, main, query, options);
  const aggregation = query.aggregation ?? defaultAggregation(main);
  const isHeatmap = aggregation === 'heatmap';
  const keys = isHeatmap ? ['le'] : query.groupBy;
  const { name, owner = 'user', q = '' } = query;
  const filter = await readFilter(q, 'metrics');
  const promql = asPromql({ name, reading: main, aggregation, groupBy: query.groupBy, filter, owner });
  const [lines, exemplars] = await Promise.all([
    Promise.all(fitting.map((reading) => readingLines(reader, { ...points, reading }, query, keys, options))),
    readExemplars(reader, points, fitting, options),
  ]);
  const limit = isHeatmap ? MAX_HEATMAP_ROWS : MAX_SERIES;
  const ranked = isHeatmap ? lines.flat() : lines.flat().sort((a, b) => weightOf(b.values) - weightOf(a.values));
  const countOf = (some: readonly Reading[]): number => some.reduce((sum, { seriesCount }) => sum + seriesCount, 0);
  return {
    metric,
    aggregation,
    unit: unitOf(main, aggregation),
    grid: points.grid,
    series: ranked.slice(0, limit),
    foldedCount: Math.max(0, ranked.length - limit),
    leftOutCount: countOf(readings) - countOf(fitting),
    exemplars,
    ...(promql !== undefined && { promql }),
  };
}

async function readingLines(
  reader: StoreReader,
  points: PointQuery,
  query: MetricQuery,
  keys: readonly string[],
  options?: ReadOptions,
): Promise<readonly MetricSeries[]> {
  const { reading } = points;
  const aggregation = query.aggregation ?? defaultAggregation(reading);
  const unit = unitOf(reading, aggregation);
  const lines = await readLines(reader, { ...points, type: reading.type }, aggregation, options);
  return lines.map((line) => ({ type: reading.type, unit, ...seriesResult(line, keys) }));
}

async function readExemplars(
  reader: StoreReader,
  points: PointQuery,
  readings: readonly Reading[],
  options?: ReadOptions,
): Promise<readonly Exemplar[]> {
  const statements = readings.flatMap((reading) =>
    reading.types.map((type) => exemplarStatement({ ...points, reading, type }, MAX_EXEMPLARS)),
  );
  const tables = await Promise.all(statements.map((statement) => reader.read(statement, options)));
  return tables.flatMap(exemplarsOf).slice(0, MAX_EXEMPLARS);
}

/** Buckets are never narrower than the points lie apart: the chart would be full of gaps. */
async function planPoints(
  reader: StoreReader,
  reading: Reading,
  query: MetricQuery,
  options?: ReadOptions,
): Promise<PointQuery> {
  const filter = query.q ? await filterCondition(query.q, 'metrics') : undefined;
  const condition = allOf(filter === undefined ? [] : [filter]);
  const first = {
    name: query.name,
    reading,
    type: reading.type,
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

function weightOf(values: Series): number {
  return values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0);
}

function seriesResult({ labels, values }: Line, keys: readonly string[]): Omit<MetricSeries, 'type' | 'unit'> {
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
