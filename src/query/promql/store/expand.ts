import { goDecimal } from '#base';
import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';
import { METRIC_TYPES, type TimedRows } from '../../source/index.ts';
import {
  bucketsFrom,
  CUSTOM_BUCKETS_SCHEMA,
  EMPTY_HISTOGRAM,
  type FloatHistogram,
  reduced,
} from '../histogram/index.ts';
import { Labels } from '../labels.ts';
import type { StoredSeries } from '../source.ts';
import { nameOf, type Part } from './names.ts';
import type { SeriesPoints } from './points.ts';
import type { SeriesRow } from './series.ts';

/** From the points of a stored series to Prometheus' series: of a histogram or a summary one for each part, and one for each bucket. */

/** Bounds of histograms, by their ids. */
export type Shape = ReadonlyMap<string, readonly number[]>;
/** First row and the one behind the last. */
type Place = readonly [from: number, to: number];

export interface TypeReader {
  readonly points: TimedRows;
  readonly columns: string;
  /** A double whose stale marker ends the series. */
  readonly marker: string;
  readonly expand: (row: SeriesRow, points: SeriesPoints, place: Place, shape: Shape) => StoredSeries[];
}

const NUMBERS: TypeReader = {
  points: METRIC_TYPES.gauge.points,
  columns: 'stored.value AS number',
  marker: 'stored.value_double',
  expand: (row, points, place) => [wholeSeries(row, 'value', liveOf(points, place), points.table.vector('number'))],
};

/** Of each type of metric. */
export const READERS: readonly (readonly [type: number, reader: TypeReader])[] = [
  [METRIC_GAUGE, NUMBERS],
  [METRIC_SUM, NUMBERS],
  [
    METRIC_HISTOGRAM,
    {
      points: METRIC_TYPES.histogram.points,
      columns:
        'stored.count AS total, stored.sum AS sum_value, stored.bounds_id AS bounds_id, stored.bucket_counts AS buckets, stored.exact_counts AS exact',
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
        stored.negative_offset AS negative_from, stored.negative_counts AS negatives, stored.exact_counts AS exact`,
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

/** The points of a series that are none of its ends. */
interface Live {
  /** Their rows. */
  readonly rows: Int32Array;
  readonly timesMs: Float64Array;
  readonly startsMs: Float64Array;
  readonly staleMs: Float64Array | undefined;
}

function liveOf({ timesMs, startsMs, stale }: SeriesPoints, [from, to]: Place): Live {
  const rows = new Int32Array(to - from);
  const times = new Float64Array(to - from);
  const starts = new Float64Array(to - from);
  const ends: number[] = [];
  let count = 0;
  for (let at = from; at < to; at++) {
    if (stale[at] !== 0) {
      ends.push(timesMs[at]!);
      continue;
    }
    rows[count] = at;
    times[count] = timesMs[at]!;
    starts[count] = startsMs[at]!;
    count++;
  }
  return {
    rows: rows.subarray(0, count),
    timesMs: times.subarray(0, count),
    startsMs: starts.subarray(0, count),
    staleMs: ends.length === 0 ? undefined : Float64Array.from(ends),
  };
}

/** Of a part, with its name and what tells it from others of its kind. */
export function partLabels(row: SeriesRow, part: Part, label?: readonly [string, string]): Labels {
  const pairs: (readonly [string, string])[] = [...row.labels.pairs, ['__name__', nameOf(row.name, part)]];
  return Labels.of(label === undefined ? pairs : [...pairs.filter(([name]) => name !== label[0]), label]);
}

/** A series of numbers, of which each live point has one. */
function wholeSeries(
  row: SeriesRow,
  part: Part,
  live: Live,
  numbers: ArrayLike<number>,
  label?: readonly [string, string],
): StoredSeries {
  const values = new PartValues(live.rows.length);
  live.rows.forEach((at, index) => {
    values.add(index, numbers[at]!);
  });
  return values.series(row, part, live, label);
}

/** Values of one part, of the live points that have it. */
class PartValues {
  readonly #values: Float64Array;
  /** Places among the live points, ascending; undefined while they are 0, 1, 2 and so on. */
  #places: Int32Array | undefined;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  /** Of two values of a point the first counts. */
  add(place: number, value: number): void {
    const at = this.#count;
    if (at > 0 && (this.#places?.[at - 1] ?? at - 1) === place) return;
    if (this.#places === undefined && place !== at) this.#places = countingUp(this.#values.length);
    if (this.#places !== undefined) this.#places[at] = place;
    this.#values[at] = value;
    this.#count++;
  }

  series(row: SeriesRow, part: Part, live: Live, label?: readonly [string, string]): StoredSeries {
    const places = this.#places?.subarray(0, this.#count);
    const ofPlaces = (all: Float64Array): Float64Array =>
      places === undefined ? all.subarray(0, this.#count) : Float64Array.from(places, (place) => all[place]!);
    return {
      labels: partLabels(row, part, label),
      isDelta: row.isDelta,
      sharing: label?.[0] === 'quantile' ? 'gauge' : row.sharing,
      floats: {
        timesMs: ofPlaces(live.timesMs),
        values: this.#values.subarray(0, this.#count),
        startsMs: ofPlaces(live.startsMs),
      },
      histograms: undefined,
      staleMs: live.staleMs,
    };
  }
}

function countingUp(length: number): Int32Array {
  return new Int32Array(length).map((_, at) => at);
}

/** Of each number that names a part: a bound, or a quantile. */
class NumberedParts {
  readonly #parts = new Map<number, PartValues>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  of(number: number): PartValues {
    let part = this.#parts.get(number);
    if (part === undefined) {
      part = new PartValues(this.#capacity);
      this.#parts.set(number, part);
    }
    return part;
  }

  series(row: SeriesRow, part: Part, live: Live, label: string): StoredSeries[] {
    return Array.from(this.#parts, ([number, values]) => values.series(row, part, live, [label, goDecimal(number)]));
  }
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
    labels: partLabels(row, 'native'),
    isDelta: row.isDelta,
    sharing: row.isGauge ? 'gauge' : 'counter',
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
  const live = liveOf(points, place);
  const series: StoredSeries[] = [];
  if (row.parts.includes('count')) series.push(wholeSeries(row, 'count', live, counts));
  if (row.parts.includes('sum')) series.push(wholeSeries(row, 'sum', live, sums));
  if (row.parts.includes('bucket')) {
    series.push(...bucketSeries(row, points, live, shape));
    series.push(wholeSeries(row, 'bucket', live, counts, ['le', '+Inf']));
  }
  if (row.parts.includes('native')) {
    const boundsIds = table.column<number | bigint>('bounds_id');
    const buckets = table.column<readonly number[]>('buckets');
    const exact = table.column<readonly number[]>('exact');
    series.push(
      nativeSeries(row, points, place, (at) => {
        const isExact = exact[at]!.length === buckets[at]!.length + 1;
        return {
          ...EMPTY_HISTOGRAM,
          schema: CUSTOM_BUCKETS_SCHEMA,
          customValues: shape.get(String(boundsIds[at]!)) ?? [],
          count: isExact ? exact[at]![0]! : counts[at]!,
          sum: sums[at]!,
          positive: bucketsFrom(0, isExact ? exact[at]!.slice(1) : buckets[at]!),
          hint: row.isGauge ? 'gauge' : 'unknown',
        };
      }),
    );
  }
  return series;
}

/** Of each bound how many observations are at or below it, of the points that have it; but for the infinite one. */
function bucketSeries(row: SeriesRow, { table }: SeriesPoints, live: Live, shape: Shape): StoredSeries[] {
  const { ends, values } = table.lists('buckets');
  const ids = table.integers('bounds_id');
  const words = new Uint32Array(ids.buffer, ids.byteOffset, ids.length * 2);
  const buckets = new NumberedParts(live.rows.length);
  let known = -1;
  let parts: readonly PartValues[] = [];
  for (let place = 0; place < live.rows.length; place++) {
    const at = live.rows[place]!;
    if (known < 0 || words[at * 2] !== words[known * 2] || words[at * 2 + 1] !== words[known * 2 + 1]) {
      const bounds = shape.get(String(BigInt.asUintN(64, ids[at]!))) ?? [];
      parts = bounds.map((bound) => buckets.of(bound));
      known = at;
    }
    const end = ends[at]!;
    let next = at === 0 ? 0 : ends[at - 1]!;
    let total = 0;
    for (const part of parts) {
      if (next < end) total += values[next++]!;
      part.add(place, total);
    }
  }
  return buckets.series(row, 'bucket', live, 'le');
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
  const exacts = table.column<readonly number[]>('exact');
  return [
    nativeSeries(row, points, place, (at) => {
      const schema = scales[at]!;
      if (schema < MIN_SCHEMA || Math.max(Math.abs(positiveFrom[at]!), Math.abs(negativeFrom[at]!)) > MAX_OFFSET)
        return undefined;
      const exact = exacts[at]!;
      const negativeAt = 2 + positives[at]!.length;
      const isExact = exact.length === negativeAt + negatives[at]!.length;
      const histogram: FloatHistogram = {
        ...EMPTY_HISTOGRAM,
        schema,
        count: isExact ? exact[0]! : counts[at]!,
        sum: sums[at]!,
        zeroCount: isExact ? exact[1]! : zeros[at]!,
        zeroThreshold: Number.isNaN(thresholds[at]!) ? 0 : Math.max(0, thresholds[at]!),
        // OTLP's buckets begin at a lower bound of 1, Prometheus' end there.
        positive: bucketsFrom(positiveFrom[at]! + 1, isExact ? exact.slice(2, negativeAt) : positives[at]!),
        negative: bucketsFrom(negativeFrom[at]! + 1, isExact ? exact.slice(negativeAt) : negatives[at]!),
        hint: row.isGauge ? 'gauge' : 'unknown',
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
  const live = liveOf(points, place);
  const series: StoredSeries[] = [];
  if (row.parts.includes('count')) series.push(wholeSeries(row, 'count', live, table.vector('total')));
  if (row.parts.includes('sum')) series.push(wholeSeries(row, 'sum', live, table.vector('sum_value')));
  if (row.parts.includes('value')) series.push(...quantileSeries(row, points, live));
  return series;
}

/** Of each quantile its values, of the points that have it. */
function quantileSeries(row: SeriesRow, { table }: SeriesPoints, live: Live): StoredSeries[] {
  const quantiles = table.lists('quantile_list');
  const values = table.lists('value_list');
  const parts = new NumberedParts(live.rows.length);
  live.rows.forEach((at, place) => {
    const from = at === 0 ? 0 : quantiles.ends[at - 1]!;
    const valueFrom = at === 0 ? 0 : values.ends[at - 1]!;
    const count = Math.min(quantiles.ends[at]! - from, values.ends[at]! - valueFrom);
    for (let i = 0; i < count; i++) parts.of(quantiles.values[from + i]!).add(place, values.values[valueFrom + i]!);
  });
  return parts.series(row, 'value', live, 'quantile');
}
