import { goDecimal } from '#base';
import { type LabelMatcher, matcherTest } from '#lang/promql';
import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';
import { readBounds } from '../../metrics/bounds.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { METRIC_TYPES, type TimedRows, type TimeRange } from '../../source/index.ts';
import { raw } from '../../sql/index.ts';
import {
  bucketsFrom,
  CUSTOM_BUCKETS_SCHEMA,
  EMPTY_HISTOGRAM,
  type FloatHistogram,
  reduced,
} from '../histogram/index.ts';
import { Labels } from '../labels.ts';
import type { SampleSource, Selection, StoredSeries } from '../source.ts';
import { seriesRows } from './matching.ts';
import { nameOf, type Part } from './names.ts';
import { readPoints, type SeriesPoints } from './points.ts';
import { findSeries, type SeriesRow } from './series.ts';
import { readTargetInfo } from './target-info.ts';
import { added, doOverlap, writersOf } from './writers.ts';

/**
 * The store's metrics as Prometheus' series: OTLP's histograms are series of buckets, counts and sums, and native histograms with custom
 * bounds under the plain name; exponential ones are native. Counters whose points are changes (delta) keep them: their rate and increase
 * are sums of changes.
 */
export class StoreSource implements SampleSource {
  readonly #reader: StoreReader;
  readonly #options: ReadOptions;

  constructor(reader: StoreReader, options: ReadOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  async select({ matchers, fromMs, toMs }: Selection): Promise<readonly StoredSeries[]> {
    // Points of the first millisecond are not wanted, and of the last one all.
    const range = { fromMs: Math.max(0, fromMs + 1), toMs: toMs + 1 };
    if (range.toMs <= range.fromMs) return [];
    const [rows, info] = await Promise.all([
      findSeries(this.#reader, matchers, range, this.#options),
      readTargetInfo(this.#reader, matchers, range, this.#options),
    ]);
    const found: StoredSeries[] = [...info];
    for (const [type, read] of READERS) {
      const ofType = rows.filter((row) => row.type === type);
      if (ofType.length > 0) found.push(...(await this.#readType(ofType, matchers, range, read)));
    }
    return together(found);
  }

  async #readType(
    rows: readonly SeriesRow[],
    matchers: readonly LabelMatcher[],
    range: TimeRange,
    { points, columns, marker, expand }: TypeReader,
  ): Promise<StoredSeries[]> {
    const found = await readPoints(
      this.#reader,
      points,
      {
        metrics: [...new Set(rows.map(({ metric }) => metric))],
        ids: rows.map(({ id }) => id),
        selector: seriesRows(matchers, range),
        range,
        columns: raw(columns),
        marker: raw(marker),
      },
      this.#options,
    );
    const shape = await this.#shape(found);
    const tests = matchers.filter(({ name }) => name === 'le' || name === 'quantile');
    const isPart = tests.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    const series: StoredSeries[] = [];
    for (const row of rows) {
      const place = found.rows.get(row.id);
      if (place === undefined) continue;
      for (const each of expand(row, found, place, shape))
        if (isPart.every(({ name, test }) => test(each.labels.get(name)))) series.push(each);
    }
    return series;
  }

  /** The bounds of histograms, by id. */
  async #shape({ table }: SeriesPoints): Promise<Shape> {
    return table.has('bounds_id') ? readBounds(this.#reader, table, this.#options) : new Map();
  }
}

type Shape = ReadonlyMap<string, readonly number[]>;
type Place = readonly [from: number, to: number];

interface TypeReader {
  readonly points: TimedRows;
  readonly columns: string;
  readonly marker: string;
  readonly expand: (row: SeriesRow, points: SeriesPoints, place: Place, shape: Shape) => StoredSeries[];
}

const NUMBERS: TypeReader = {
  points: METRIC_TYPES.gauge.points,
  columns: 'stored.value AS number',
  marker: 'stored.value_double',
  expand: (row, points, place) => {
    const values = points.table.vector('number');
    return [floatSeries(row, 'value', points, place, (at) => values[at]!)];
  },
};

const READERS: readonly (readonly [type: number, reader: TypeReader])[] = [
  [METRIC_GAUGE, NUMBERS],
  [METRIC_SUM, NUMBERS],
  [
    METRIC_HISTOGRAM,
    {
      points: METRIC_TYPES.histogram.points,
      columns:
        'stored.count AS total, stored.sum AS sum_value, stored.bounds_id AS bounds_id, stored.bucket_counts AS buckets',
      marker: 'stored.sum',
      expand: expandHistogram,
    },
  ],
  [
    METRIC_EXPONENTIAL_HISTOGRAM,
    {
      points: METRIC_TYPES.exponential_histogram.points,
      columns: `stored.count AS total, stored.sum AS sum_value, stored.scale AS scale, stored.zero_count AS zeros,
        stored.zero_threshold AS threshold, stored.positive_offset AS positive_from, stored.positive_counts AS positives,
        stored.negative_offset AS negative_from, stored.negative_counts AS negatives`,
      marker: 'stored.sum',
      expand: expandExponential,
    },
  ],
  [
    METRIC_SUMMARY,
    {
      points: METRIC_TYPES.summary.points,
      columns:
        'stored.count AS total, stored.sum AS sum_value, stored.quantiles AS quantile_list, stored.values AS value_list',
      marker: 'stored.sum',
      expand: expandSummary,
    },
  ],
];

function named(row: SeriesRow, part: Part, label?: readonly [string, string]): Labels {
  const pairs: (readonly [string, string])[] = [...row.labels.pairs, ['__name__', nameOf(row.name, part)]];
  return Labels.of(label === undefined ? pairs : [...pairs.filter(([name]) => name !== label[0]), label]);
}

/** A series of numbers; `valueAt` gives undefined for a point that has none. */
function floatSeries(
  row: SeriesRow,
  part: Part,
  { timesMs, startsMs, stale }: SeriesPoints,
  [from, to]: Place,
  valueAt: (at: number) => number | undefined,
  label?: readonly [string, string],
): StoredSeries {
  const times = new Float64Array(to - from);
  const values = new Float64Array(to - from);
  const starts = new Float64Array(to - from);
  const ends: number[] = [];
  let count = 0;
  for (let at = from; at < to; at++) {
    if (stale[at] !== 0) {
      ends.push(timesMs[at]!);
      continue;
    }
    const value = valueAt(at);
    if (value === undefined) continue;
    times[count] = timesMs[at]!;
    values[count] = value;
    starts[count] = startsMs[at]!;
    count++;
  }
  return {
    labels: named(row, part, label),
    isDelta: row.isDelta,
    isCounter: row.isCounter && label?.[0] !== 'quantile',
    floats: {
      timesMs: times.subarray(0, count),
      values: values.subarray(0, count),
      startsMs: starts.subarray(0, count),
    },
    histograms: undefined,
    staleMs: ends.length === 0 ? undefined : Float64Array.from(ends),
  };
}

/** A series of native histograms; undefined is a point that can't be one. */
function nativeSeries(
  row: SeriesRow,
  { timesMs, startsMs, stale }: SeriesPoints,
  [from, to]: Place,
  histogramAt: (at: number) => FloatHistogram | undefined,
): StoredSeries {
  const present: number[] = [];
  const values: FloatHistogram[] = [];
  const ends: number[] = [];
  for (let at = from; at < to; at++) {
    if (stale[at] !== 0) {
      ends.push(timesMs[at]!);
      continue;
    }
    const value = histogramAt(at);
    if (value === undefined) continue;
    present.push(at);
    values.push(value);
  }
  return {
    labels: named(row, 'native'),
    isDelta: row.isDelta,
    floats: NO_FLOATS,
    histograms: {
      timesMs: Float64Array.from(present, (at) => timesMs[at]!),
      values,
      startsMs: Float64Array.from(present, (at) => startsMs[at]!),
    },
    staleMs: ends.length === 0 ? undefined : Float64Array.from(ends),
  };
}

const NO_FLOATS = { timesMs: new Float64Array(0), values: new Float64Array(0), startsMs: undefined };

function expandHistogram(row: SeriesRow, points: SeriesPoints, place: Place, shape: Shape): StoredSeries[] {
  const { table } = points;
  const counts = table.vector('total');
  const sums = table.vector('sum_value');
  const boundsIds = table.column<number | bigint>('bounds_id');
  const buckets = table.column<readonly number[]>('buckets');
  const boundsAt = (at: number): readonly number[] => shape.get(String(boundsIds[at]!)) ?? [];
  const series: StoredSeries[] = [];
  if (row.parts.includes('count')) series.push(floatSeries(row, 'count', points, place, (at) => counts[at]!));
  if (row.parts.includes('sum')) series.push(floatSeries(row, 'sum', points, place, (at) => sums[at]!));
  if (row.parts.includes('bucket')) {
    const uppers = new Set<number>();
    for (let at = place[0]; at < place[1]; at++) for (const bound of boundsAt(at)) uppers.add(bound);
    for (const upper of uppers) {
      const valueAt = (at: number): number | undefined => cumulative(boundsAt(at), buckets[at]!, upper);
      series.push(floatSeries(row, 'bucket', points, place, valueAt, ['le', goDecimal(upper)]));
    }
    series.push(floatSeries(row, 'bucket', points, place, (at) => counts[at]!, ['le', '+Inf']));
  }
  if (row.parts.includes('native')) {
    series.push(
      nativeSeries(row, points, place, (at) => ({
        ...EMPTY_HISTOGRAM,
        schema: CUSTOM_BUCKETS_SCHEMA,
        customValues: boundsAt(at),
        count: counts[at]!,
        sum: sums[at]!,
        positive: bucketsFrom(0, buckets[at]!),
        hint: 'unknown',
      })),
    );
  }
  return series;
}

/** How many observations are at or below a bound; undefined for a point that has other bounds. */
function cumulative(bounds: readonly number[], buckets: readonly number[], upper: number): number | undefined {
  let total = 0;
  for (let i = 0; i < bounds.length; i++) {
    total += Number(buckets[i] ?? 0);
    if (bounds[i] === upper) return total;
  }
  return undefined;
}

function expandExponential(row: SeriesRow, points: SeriesPoints, place: Place): StoredSeries[] {
  if (!row.parts.includes('native')) return [];
  const { table } = points;
  const numbers = (name: string): ArrayLike<number> => table.vector(name);
  const [counts, sums, scales] = [numbers('total'), numbers('sum_value'), numbers('scale')];
  const [zeros, thresholds] = [numbers('zeros'), numbers('threshold')];
  const [positiveFrom, negativeFrom] = [numbers('positive_from'), numbers('negative_from')];
  const positives = table.column<readonly number[]>('positives');
  const negatives = table.column<readonly number[]>('negatives');
  return [
    nativeSeries(row, points, place, (at) => {
      const schema = scales[at]!;
      if (schema < MIN_SCHEMA || Math.max(Math.abs(positiveFrom[at]!), Math.abs(negativeFrom[at]!)) > MAX_OFFSET)
        return undefined;
      const histogram: FloatHistogram = {
        ...EMPTY_HISTOGRAM,
        schema,
        count: counts[at]!,
        sum: sums[at]!,
        zeroCount: zeros[at]!,
        zeroThreshold: Number.isNaN(thresholds[at]!) ? 0 : Math.max(0, thresholds[at]!),
        // OTLP's buckets begin at a lower bound of 1, Prometheus' end there.
        positive: bucketsFrom(positiveFrom[at]! + 1, positives[at]!),
        negative: bucketsFrom(negativeFrom[at]! + 1, negatives[at]!),
        hint: 'unknown',
      };
      return schema > MAX_SCHEMA ? reduced(histogram, MAX_SCHEMA) : histogram;
    }),
  ];
}

/** The coarsest and the finest exponential buckets that Prometheus has. What is coarser can't be shown, what is finer is put together. */
const MIN_SCHEMA = -4;
const MAX_SCHEMA = 8;
/** Far beyond what a Float64 can hold at the finest scale. */
const MAX_OFFSET = 2 ** 30;

function expandSummary(row: SeriesRow, points: SeriesPoints, place: Place): StoredSeries[] {
  const { table } = points;
  const counts = table.vector('total');
  const sums = table.vector('sum_value');
  const quantiles = table.column<readonly number[]>('quantile_list');
  const values = table.column<readonly number[]>('value_list');
  const series: StoredSeries[] = [];
  if (row.parts.includes('count')) series.push(floatSeries(row, 'count', points, place, (at) => counts[at]!));
  if (row.parts.includes('sum')) series.push(floatSeries(row, 'sum', points, place, (at) => sums[at]!));
  if (row.parts.includes('value')) {
    const known = new Set<number>();
    for (let at = place[0]; at < place[1]; at++) for (const q of quantiles[at]!) known.add(q);
    for (const q of known) {
      const valueAt = (at: number): number | undefined => values[at]![quantiles[at]!.indexOf(q)];
      series.push(floatSeries(row, 'value', points, place, valueAt, ['quantile', goDecimal(q)]));
    }
  }
  return series;
}

/**
 * Series that have the same labels in Prometheus' eyes become one, by time; of two samples at one time the later series' counts, while
 * deltas and counters are added up. It happens where a unit or a description of a metric changed, or where a resource changed in what is no label.
 */
function together(found: readonly StoredSeries[]): StoredSeries[] {
  const byKey = new Map<string, StoredSeries[]>();
  for (const series of found) {
    const same = byKey.get(series.labels.key);
    if (same === undefined) byKey.set(series.labels.key, [series]);
    else same.push(series);
  }
  return Array.from(byKey.values(), oneOf);
}

/** The samples of one set of labels, from all that wrote them. */
function oneOf(same: readonly StoredSeries[]): StoredSeries {
  const series = same.length === 1 ? same[0]! : joined(same);
  if (!same.every(({ isCounter }) => isCounter === true)) return series;
  const writers = same.flatMap(({ floats }) => writersOf(floats));
  return writers.length > 1 && doOverlap(writers) ? { ...series, floats: added(writers) } : series;
}

function joined(same: readonly StoredSeries[]): StoredSeries {
  const floats = new Map<number, readonly [value: number, startMs: number]>();
  const histograms = new Map<number, readonly [value: FloatHistogram, startMs: number]>();
  const isDelta = same.every((series) => series.isDelta === true);
  for (const { floats: own, histograms: natives } of same) {
    own.timesMs.forEach((timeMs, i) => {
      const before = isDelta ? (floats.get(timeMs)?.[0] ?? 0) : 0;
      floats.set(timeMs, [before + own.values[i]!, own.startsMs?.[i] ?? 0]);
    });
    natives?.timesMs.forEach((timeMs, i) => {
      histograms.set(timeMs, [natives.values[i]!, natives.startsMs?.[i] ?? 0]);
    });
  }
  const byTime = <T>(map: ReadonlyMap<number, T>): [number, T][] => [...map].sort(([a], [b]) => a - b);
  const numbers = byTime(floats);
  const natives = byTime(histograms);
  const ends = same.flatMap(({ staleMs }) => (staleMs === undefined ? [] : [...staleMs]));
  return {
    labels: same[0]!.labels,
    isDelta,
    floats: {
      timesMs: Float64Array.from(numbers, ([timeMs]) => timeMs),
      values: Float64Array.from(numbers, ([, [value]]) => value),
      startsMs: Float64Array.from(numbers, ([, [, startMs]]) => startMs),
    },
    histograms:
      natives.length === 0
        ? undefined
        : {
            timesMs: Float64Array.from(natives, ([timeMs]) => timeMs),
            values: natives.map(([, [value]]) => value),
            startsMs: Float64Array.from(natives, ([, [, startMs]]) => startMs),
          },
    staleMs: ends.length === 0 ? undefined : Float64Array.from(ends).sort(),
  };
}
