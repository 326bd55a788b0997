/** The lines of one reading of a metric: which statement answers an aggregation, and what is made of its rows. */
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { readBounds } from './bounds.ts';
import {
  type Aggregation,
  distributionLines,
  exponentialCells,
  histogramCells,
  type Line,
  linesOf,
  perSecond,
  QUANTILES,
} from './metric-lines.ts';
import {
  type Across,
  counterStatement,
  exponentialStatement,
  gaugeStatement,
  histogramStatement,
  type PointQuery,
  smallestScaleStatement,
  summaryCounterStatement,
  summaryQuantileStatement,
  type Within,
} from './metric-points.ts';
import type { Reading, ReadingKind } from './reading.ts';

/** What can be asked of points, besides quantiles. */
const FITTING: { readonly [kind in ReadingKind]: readonly Aggregation[] } = {
  level: ['sum', 'avg', 'min', 'max', 'count'],
  counter: ['rate', 'increase', 'sum', 'avg', 'min', 'max', 'count'],
  change: ['rate', 'increase', 'sum', 'avg', 'min', 'max', 'count'],
  distribution: ['rate', 'increase', 'sum', 'avg', 'min', 'max', 'count', 'heatmap'],
  summary: ['rate', 'increase', 'sum', 'avg', 'count'],
};

export function fits({ kind }: Reading, aggregation: Aggregation): boolean {
  return QUANTILES[aggregation] !== undefined || FITTING[kind].includes(aggregation);
}

export function defaultAggregation({ kind, type }: Reading): Aggregation {
  if (kind === 'level') return type === 'gauge' ? 'avg' : 'sum';
  if (kind === 'counter') return 'rate';
  return kind === 'change' ? 'sum' : 'p95';
}

/** Counters are compared by their rates, unless their increase is asked for. */
function isPerSecond({ kind }: Reading, aggregation: Aggregation): boolean {
  return aggregation === 'rate' || (kind === 'counter' && aggregation !== 'increase' && aggregation !== 'count');
}

/** UCUM. */
export function unitOf(reading: Reading, aggregation: Aggregation): string {
  const { kind, unit } = reading;
  const isDistribution = kind === 'distribution' || kind === 'summary';
  if (aggregation === 'count' || aggregation === 'heatmap' || (isDistribution && aggregation === 'increase'))
    return '1';
  if (isDistribution) return aggregation === 'rate' ? '1/s' : unit;
  if (!isPerSecond(reading, aggregation)) return unit;
  return unit === '' || unit === '1' ? '1/s' : `${unit}/s`;
}

/** The aggregation must fit the reading. */
export async function readLines(
  reader: StoreReader,
  points: PointQuery,
  aggregation: Aggregation,
  options?: ReadOptions,
): Promise<readonly Line[]> {
  const { kind } = points.reading;
  if (kind === 'level') return gaugeLines(reader, points, aggregation, options);
  if (kind === 'counter' || kind === 'change') return counterLines(reader, points, aggregation, options);
  if (kind === 'summary') return summaryLines(reader, points, aggregation, options);
  const cells = await Promise.all(
    points.reading.types.map(async (type) => {
      const ofType = { ...points, type };
      if (type === 'exponential_histogram') return readExponential(reader, ofType, options);
      const table = await reader.read(histogramStatement(ofType), options);
      return histogramCells(table, await readBounds(reader, table, options));
    }),
  );
  return distributionLines(points, aggregation, cells.flat());
}

async function readExponential(
  reader: StoreReader,
  points: PointQuery,
  options?: ReadOptions,
): Promise<ReturnType<typeof exponentialCells>> {
  const found = await reader.read(smallestScaleStatement(points), options);
  const scale = found.column<number>('scale')[0]!;
  const table = await reader.read(exponentialStatement(points, scale), options);
  return exponentialCells(table, scale, found.column<number>('zero_threshold')[0]!);
}

async function counterLines(
  reader: StoreReader,
  points: PointQuery,
  aggregation: Aggregation,
  options?: ReadOptions,
): Promise<readonly Line[]> {
  const across: { readonly [aggregation: string]: Across } = {
    rate: 'sum',
    increase: 'sum',
    sum: 'sum',
    avg: 'avg',
    min: 'min',
    max: 'max',
    count: 'count',
  };
  const quantile = QUANTILES[aggregation];
  const how = quantile === undefined ? across[aggregation]! : { quantile };
  const lines = linesOf(await reader.read(counterStatement(points, how), options), points.grid);
  return isPerSecond(points.reading, aggregation) ? perSecond(lines, points) : lines;
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
  const way = quantile === undefined ? ways[aggregation]! : (['avg', { quantile }] as const);
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
