import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { EXEMPLAR, metricStreams, oneMetric } from '../lib/metric-streams.ts';
import { atMs, metricsSample, pairs, s } from '../lib/samples.ts';

/** Later than any collector that answers: in the year 2100. */
const LATE_MS = 2_500_000_000_000;
const SEEDS = 15;

function one(name: string, config: object, input: readonly ReferenceObject[]): CompareCase {
  return {
    name,
    kind: 'processor',
    type: 'cumulative_to_delta',
    config,
    signal: 'metrics',
    input,
    reads: 'whole',
    ignoresEmpty: true,
  };
}

const GENERATED: readonly CompareCase[] = (['drop', 'keep', 'auto'] as const).flatMap((initial_value) =>
  Array.from({ length: SEEDS }, (_, seed) => {
    const startMs = seed % 2 === 0 ? LATE_MS : 0;
    const hasHazards = seed % 3 !== 0;
    const input = metricStreams(seed + 1, { temporality: 'cumulative', startMs, requests: 6, hasHazards });
    return one(`generated ${initial_value} ${seed}`, { initial_value }, input);
  }),
);

/** Points of a metric, a request each. */
function series(
  name: string,
  data: string,
  temporality: number,
  points: readonly object[],
  more: object = {},
): CompareCase {
  const input = points.map((point, n) => {
    const common = { startTimeUnixNano: atMs(0), timeUnixNano: atMs((n + 1) * 1000), attributes: pairs({ a: s('b') }) };
    return oneMetric({
      name: 'm',
      [data]: { aggregationTemporality: temporality, dataPoints: [{ ...common, ...point }], ...more },
    });
  });
  return one(name, { initial_value: 'keep' }, input);
}

const sum = (name: string, ...points: object[]): CompareCase => series(name, 'sum', 2, points, { isMonotonic: true });
const ints = (...values: number[]): object[] => values.map((value) => ({ asInt: String(value) }));
const buckets = (counts: number[], more: object = {}): object => ({
  count: String(counts.reduce((total, count) => total + count, 0)),
  sum: 8,
  bucketCounts: counts.map(String),
  explicitBounds: counts.slice(1).map((_, n) => n + 1),
  ...more,
});
const histogram = (name: string, ...points: object[]): CompareCase => series(name, 'histogram', 2, points);
const sides = (scale: number, positive: number[], more: object = {}): object => ({
  count: String(positive.reduce((total, count) => total + count, 0)),
  sum: 8,
  scale,
  positive: { offset: 2, bucketCounts: positive.map(String) },
  ...more,
});
const exponential = (name: string, ...points: object[]): CompareCase => series(name, 'exponentialHistogram', 2, points);

const WRITTEN: readonly CompareCase[] = [
  sum('a counter that begins again', ...ints(5, 9, 2, 4)),
  sum('large integers', { asInt: '9007199254740993' }, { asInt: '9223372036854775807' }),
  sum('negative values', ...ints(-5, -3, -9)),
  sum('infinite', { asDouble: 1 }, { asDouble: Number.POSITIVE_INFINITY }, { asDouble: Number.POSITIVE_INFINITY }),
  sum('no number', { asDouble: 1 }, { asDouble: Number.NaN }, { asDouble: 3 }),
  sum('no value', {}, {}, { asInt: '4' }),
  sum('no recorded value', { asInt: '4' }, { flags: 1 }, { asInt: '6' }),
  sum('from integers to doubles', { asInt: '4' }, { asDouble: 5.5 }, { asInt: '6' }),
  sum('the same point again', { asInt: '4', timeUnixNano: atMs(1) }, { asInt: '4', timeUnixNano: atMs(1) }),
  sum('older than the one before', { asInt: '4', timeUnixNano: atMs(9) }, { asInt: '6', timeUnixNano: atMs(1) }),
  sum('another start', { asInt: '4' }, { asInt: '6', startTimeUnixNano: atMs(500) }),
  sum('an exemplar', { asInt: '4', exemplars: [EXEMPLAR] }, { asInt: '6', exemplars: [EXEMPLAR] }),
  series('no counter', 'sum', 2, ints(5, 9)),
  series('delta', 'sum', 1, ints(5, 9), { isMonotonic: true }),
  series('no temporality', 'sum', 0, ints(5, 9), { isMonotonic: true }),
  series('a gauge', 'gauge', 0, ints(5, 9)),
  histogram('a histogram', buckets([1, 2, 3], { min: 1, max: 2 }), buckets([2, 2, 5], { min: 0, max: 2 })),
  histogram('a histogram of no buckets', buckets([], { count: '4' }), buckets([], { count: '7', sum: 10 })),
  histogram('a histogram without a sum', buckets([1, 2], { sum: undefined }), buckets([3, 3], { sum: undefined })),
  histogram('a histogram that begins again', buckets([5, 5]), buckets([1, 1]), buckets([2, 2]), buckets([9, 9])),
  histogram('a bucket that shrinks', buckets([5, 1]), buckets([4, 9]), buckets([5, 9])),
  histogram(
    'other bounds',
    buckets([1, 2]),
    buckets([1, 3], { explicitBounds: [7] }),
    buckets([2, 3], { explicitBounds: [7] }),
  ),
  histogram('more buckets', buckets([1, 2]), buckets([1, 3, 4]), buckets([2, 3, 4])),
  histogram(
    'a histogram whose sum is gone once',
    buckets([1, 2]),
    buckets([1, 3], { sum: undefined }),
    buckets([2, 3], { sum: 20 }),
  ),
  histogram('a histogram without a recorded value', buckets([1, 2]), { flags: 1 }, buckets([1, 3])),
  exponential('an exponential histogram', sides(1, [1, 2]), sides(1, [1, 5, 1])),
  exponential('nothing new', sides(1, [1, 2]), sides(1, [1, 2])),
  exponential('nothing at all', sides(1, []), sides(1, [])),
  exponential(
    'coarser',
    sides(2, [1, 2, 3, 4, 5]),
    sides(0, [9, 9], { positive: { offset: 0, bucketCounts: ['3', '15', '2'] } }),
  ),
  exponential('finer', sides(0, [1, 2]), sides(1, [1, 2, 3]), sides(1, [1, 2, 4])),
  exponential('an exponential histogram that begins again', sides(1, [5]), sides(1, [1]), sides(1, [2]), sides(1, [9])),
  exponential('a bucket of it that shrinks', sides(1, [5, 1]), sides(1, [4, 9]), sides(1, [5, 9])),
  exponential(
    'a wider zero bucket',
    sides(0, [1, 2, 3], { zeroCount: '1', count: '7' }),
    sides(0, [3], { zeroCount: '5', zeroThreshold: 16, positive: { offset: 4, bucketCounts: ['4'] }, count: '9' }),
  ),
  exponential(
    'a wider zero bucket, and coarser',
    sides(1, [1, 2, 3, 4], { zeroCount: '1', count: '11' }),
    sides(0, [], { zeroCount: '5', zeroThreshold: 3, positive: { offset: 2, bucketCounts: ['9'] }, count: '14' }),
  ),
  exponential('a narrower zero bucket', sides(0, [1], { zeroThreshold: 2 }), sides(0, [2], { zeroThreshold: 1 })),
  exponential(
    'negative ones',
    sides(1, [1], { negative: { offset: -3, bucketCounts: ['1', '0', '2'] }, count: '4' }),
    sides(1, [1], { negative: { offset: -4, bucketCounts: ['1', '1', '0', '4'] }, count: '7' }),
  ),
];

const SAMPLE = [metricsSample(), metricsSample()];
const BLOCKS: readonly object[] = [
  { include: { metrics: ['http.requests'], match_type: 'strict' } },
  { include: { metrics: ['HTTP.requests'], match_type: 'strict' } },
  { include: { metrics: ['^http\\.d', 'queue'], match_type: 'regexp' } },
  { include: { metrics: ['http'], match_type: 'regexp', regexp: { cacheenabled: true, cachemaxnumentries: 1 } } },
  { exclude: { metrics: ['http.requests'], match_type: 'strict' } },
  { exclude: { metrics: ['.*'], match_type: 'regexp' } },
  { include: { metrics: ['http'], match_type: 'regexp' }, exclude: { metrics: ['duration'], match_type: 'regexp' } },
  { include: { metric_types: ['sum'] } },
  { include: { metric_types: ['Histogram', 'EXPONENTIALHISTOGRAM'] } },
  { exclude: { metric_types: ['sum'] } },
  { include: { metrics: ['http'], match_type: 'regexp', metric_types: ['sum'] } },
  { include: { metric_types: ['gauge'] } },
  { exclude: { metric_types: ['summary'] } },
  { include: { metrics: ['a'] } },
  { include: { match_type: 'strict' } },
  { exclude: { metrics: ['a'] } },
  { include: { metrics: ['a'], match_type: 'exact' } },
  { initial_value: 'none' },
  { max_staleness: '10m' },
  { max_staleness: '0s' },
  { max_stale: '10m' },
];

/** Cumulative points of all kinds, that go on, begin again, and change their shape. */
export const cumulativeToDeltaSuite: CompareSuite = {
  name: 'cumulative_to_delta',
  cases: [
    ...GENERATED,
    ...WRITTEN,
    ...BLOCKS.map((block) => one(`the block ${JSON.stringify(block)}`, { initial_value: 'keep', ...block }, SAMPLE)),
  ],
};
