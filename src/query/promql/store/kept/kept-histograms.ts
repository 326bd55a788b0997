import type { ReadOptions, StoreReader } from '../../../reader/index.ts';
import { METRIC_TYPES, type TimeRange } from '../../../source/index.ts';
import type { StoredSeries } from '../../source.ts';
import { partLabels } from '../expand.ts';
import { nameOf, type Part } from '../names.ts';
import type { SeriesRow } from '../series.ts';
import { countIn, detailsIn, gapsOf, keepSeries, noteRest, startIn, unpack, type WholeSeries } from './across.ts';
import { type KeptBlock, UNKNOWN } from './kept-block.ts';
import { type KeptMetric, type KeptSamples, keptSamples } from './kept-samples.ts';

/**
 * Histograms with bounds, as the series of Prometheus that they are: one of a count, one of a sum, one of each bucket. Their times and counts
 * compress as those of counters do, and to tell buckets apart takes longer than all else.
 */

const KEPT_PARTS: readonly Part[] = ['count', 'sum', 'bucket'];
/** What a histogram is as numbers, about. */
const SERIES_EACH = 15;
/** The bucket that has all: it is the count. */
const ALL = '+Inf';

export interface HistogramReading {
  /** Of histograms with bounds; of one metric or several. */
  readonly rows: readonly SeriesRow[];
  readonly range: TimeRange;
}

export interface KeptHistograms {
  readonly found: readonly RowSeries[];
  /** Only the store tells what they are. */
  readonly rest: readonly SeriesRow[];
}

/** Reads all parts that the rows name. */
export type ReadHistograms = (rows: readonly SeriesRow[], range: TimeRange) => Promise<readonly RowSeries[]>;
export type RowSeries = readonly [row: SeriesRow, series: readonly StoredSeries[]];

/** `read` is asked for what isn't kept, or what the store has got since. */
export async function histogramsOf(
  reader: StoreReader,
  { rows, range }: HistogramReading,
  options: ReadOptions,
  read: ReadHistograms,
  kept: KeptSamples | undefined = keptSamples(reader, options),
): Promise<KeptHistograms> {
  if (kept === undefined) return { found: [], rest: rows };
  const all: RowSeries[] = [];
  const rest: SeriesRow[] = [];
  for (const [name, ofMetric] of Map.groupBy(rows, (row) => row.metric)) {
    const canKeep = ofMetric.every(({ parts }) => parts.every((part) => KEPT_PARTS.includes(part)));
    const found =
      canKeep && kept.isWorthIt(ofMetric.length * SERIES_EACH, range)
        ? await keptHistograms(reader, name, { rows: ofMetric, range }, kept, options, read)
        : undefined;
    all.push(...(found?.found ?? []));
    rest.push(...(found?.rest ?? ofMetric));
  }
  return { found: all, rest };
}

/** Undefined where the metric is not to be kept. */
async function keptHistograms(
  reader: StoreReader,
  name: string,
  { rows, range }: HistogramReading,
  kept: KeptSamples,
  options: ReadOptions,
  read: ReadHistograms,
): Promise<KeptHistograms | undefined> {
  const metric = await kept.metric(reader, METRIC_TYPES.histogram.points, name, options);
  if (kept.refuses(metric)) return undefined;
  const blocks = kept.blocks(metric, range);
  try {
    for (const gap of gapsOf(rows, metric, blocks)) {
      const wanted = gap.rows.map((row): SeriesRow => ({ ...row, parts: KEPT_PARTS }));
      for (const [row, series] of await read(wanted, gap.range)) keepParts(row, series, metric, gap.blocks);
      noteRest(gap.rows, metric, gap.blocks);
      if (kept.isTooMuch(metric, blocks)) return undefined;
    }
    const found: RowSeries[] = [];
    const rest: SeriesRow[] = [];
    for (const row of rows) {
      const series = partsOf(row, range, metric, blocks);
      if (series === undefined) rest.push(row);
      else found.push([row, series]);
    }
    return { found, rest };
  } finally {
    kept.settle(blocks);
  }
}

function keepParts(
  row: SeriesRow,
  series: readonly StoredSeries[],
  metric: KeptMetric,
  blocks: readonly KeptBlock[],
): void {
  let bounds = metric.bounds.get(row.id);
  if (bounds === undefined) {
    bounds = new Set();
    metric.bounds.set(row.id, bounds);
  }
  const own = metric.numberOf(row.id);
  const unknown = blocks.filter((block) => block.placeOf(own) === UNKNOWN);
  const [ofCount, ofBucket] = [nameOf(row.name, 'count'), nameOf(row.name, 'bucket')];
  for (const { labels, floats, staleMs } of series) {
    const { metricName } = labels;
    const bound = metricName === ofBucket ? labels.get('le') : '';
    if (bound === ALL) continue;
    if (bound !== '') bounds.add(bound);
    const number = metricName === ofCount ? own : metric.numberOf(partKey(row, bound));
    keepSeries({ ...floats, startsMs: floats.startsMs!, staleMs }, number, unknown);
  }
}

/** Of the sum, without a bound. */
function partKey({ id }: SeriesRow, bound: string): string {
  return `${id} ${bound}`;
}

/** Undefined where only the store can tell. */
function partsOf(
  row: SeriesRow,
  range: TimeRange,
  metric: KeptMetric,
  blocks: readonly KeptBlock[],
): StoredSeries[] | undefined {
  const own = metric.numberOf(row.id);
  const startMs = startIn(blocks, own);
  if (startMs === undefined) return [];
  // It ends as a whole, also where a bucket has nothing.
  const staleMs = startMs === 'odd' ? detailsIn(blocks, own, range)?.staleMs : undefined;
  const parts: (readonly [key: string, part: Part, bound?: string])[] = [];
  if (row.parts.includes('count')) parts.push([row.id, 'count']);
  if (row.parts.includes('sum')) parts.push([partKey(row, ''), 'sum']);
  if (row.parts.includes('bucket')) {
    for (const bound of metric.bounds.get(row.id) ?? []) parts.push([partKey(row, bound), 'bucket', bound]);
    parts.push([row.id, 'bucket', ALL]);
  }
  const series: StoredSeries[] = [];
  for (const [key, part, bound] of parts) {
    const number = metric.numberOf(key);
    const samples =
      startMs === 'odd' ? detailsIn(blocks, number, range) : steadySamples(number, startMs, range, blocks);
    if (samples === undefined) return undefined;
    const { staleMs: _, ...floats } = samples;
    const isThere = floats.timesMs.length > 0 || (staleMs !== undefined && (bound ?? ALL) === ALL);
    if (!isThere) continue;
    series.push({
      labels: partLabels(row, part, bound === undefined ? undefined : ['le', bound]),
      isDelta: row.isDelta,
      sharing: row.sharing,
      floats,
      histograms: undefined,
      staleMs,
    });
  }
  return series;
}

function steadySamples(number: number, startMs: number, range: TimeRange, blocks: readonly KeptBlock[]): WholeSeries {
  const count = countIn(blocks, number);
  const into = { timesMs: new Float64Array(count), values: new Float64Array(count) };
  const { from, to } = unpack(blocks, number, range, into, 0);
  return {
    timesMs: into.timesMs.subarray(from, to),
    values: into.values.subarray(from, to),
    startsMs: new Float64Array(to - from).fill(startMs),
    staleMs: undefined,
  };
}
