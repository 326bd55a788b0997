import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { EXEMPLAR, metricStreams, oneMetric } from '../lib/metric-streams.ts';
import { atMs, i, metricsSample, pairs, s } from '../lib/samples.ts';

const SEEDS = 40;

function one(name: string, config: object, input: readonly ReferenceObject[]): CompareCase {
  return {
    name,
    kind: 'processor',
    type: 'delta_to_cumulative',
    config,
    signal: 'metrics',
    input,
    reads: 'whole',
    ignoresEmpty: true,
  };
}

const GENERATED: readonly CompareCase[] = Array.from({ length: SEEDS }, (_, seed) => {
  const options = { temporality: 'delta', startMs: 0, requests: 6, hasHazards: seed % 3 !== 0 } as const;
  return one(`generated ${seed}`, {}, metricStreams(seed + 1, options));
});

function series(name: string, data: string, points: readonly object[], more: object = {}): CompareCase {
  const input = points.map((point, n) => {
    const common = {
      startTimeUnixNano: atMs(n * 1000),
      timeUnixNano: atMs((n + 1) * 1000),
      attributes: pairs({ a: s('b') }),
    };
    return oneMetric({
      name: 'm',
      [data]: { aggregationTemporality: 1, dataPoints: [{ ...common, ...point }], ...more },
    });
  });
  return one(name, {}, input);
}

const sum = (name: string, ...points: object[]): CompareCase => series(name, 'sum', points, { isMonotonic: true });
const exponential = (name: string, ...points: object[]): CompareCase => series(name, 'exponentialHistogram', points);
const sides = (scale: number, offset: number, positive: number[], more: object = {}): object => ({
  count: String(positive.reduce((total, count) => total + count, 0)),
  sum: 8,
  scale,
  positive: { offset, bucketCounts: positive.map(String) },
  ...more,
});
const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const points = (count: number, n = 0): ReferenceObject =>
  oneMetric({
    name: 'm',
    sum: {
      aggregationTemporality: 1,
      dataPoints: Array.from({ length: count }, (_, at) => ({
        attributes: pairs({ n: i(at) }),
        startTimeUnixNano: atMs(n),
        timeUnixNano: atMs(n + 1),
        asInt: '1',
      })),
    },
  });

const WRITTEN: readonly CompareCase[] = [
  sum('out of order', { asInt: '1' }, { asInt: '2', timeUnixNano: atMs(1000) }, { asInt: '4' }),
  sum(
    'an older start',
    { asInt: '1', startTimeUnixNano: atMs(10) },
    { asInt: '2', startTimeUnixNano: atMs(5) },
    { asInt: '4' },
  ),
  sum('a time of 0', { asInt: '1', timeUnixNano: '0' }, { asInt: '2', timeUnixNano: '0' }, { asInt: '4' }),
  sum('large integers', { asInt: '9223372036854775807' }, { asInt: '2' }),
  sum('from integers to doubles', { asInt: '1' }, { asDouble: 0.5 }),
  sum('no number', { asDouble: 1 }, { asDouble: Number.NaN }, { asDouble: 2 }),
  sum('no value', { asInt: '1' }, {}, { asInt: '4' }),
  sum('no recorded value', { asInt: '1' }, { flags: 1 }, { asInt: '4' }),
  sum('exemplars', { asInt: '1', exemplars: [EXEMPLAR] }, { asInt: '1' }, { asInt: '1', exemplars: [EXEMPLAR] }),
  series('no counter', 'sum', [{ asInt: '4' }, { asInt: '-9' }]),
  series('a histogram that gets other bounds', 'histogram', [
    { count: '3', bucketCounts: ['1', '2'], explicitBounds: [1] },
    { count: '4', bucketCounts: ['2', '2'], explicitBounds: [2] },
    { count: '5', bucketCounts: ['2', '3'], explicitBounds: [2] },
  ]),
  series('a histogram with too many counts', 'histogram', [
    { count: '3', bucketCounts: ['1', '2'], explicitBounds: [1] },
    { count: '4', bucketCounts: ['2', '1', '1'], explicitBounds: [1] },
  ]),
  series('a histogram of no buckets', 'histogram', [
    { count: '3', sum: 1 },
    { count: '4', sum: 2 },
  ]),
  exponential('more than 160 buckets', sides(2, 0, [1]), sides(2, 170, [1]), sides(2, 900, [1])),
  exponential('more than 160 buckets below', sides(3, -700, [1]), sides(3, 100, [1])),
  exponential('zeros on both sides', sides(2, -90, [...zeros(90), 1, ...zeros(90)]), sides(2, 0, [...zeros(120), 1])),
  exponential('empty and not', sides(2, 7, []), sides(1, 4, [1, 2]), sides(0, 1, [])),
  exponential('only zeros', sides(2, 7, zeros(3)), sides(2, 9, zeros(3))),
  exponential(
    'coarser and coarser',
    sides(3, 5, [1, 2, 3, 4, 5]),
    sides(2, 3, [1, 1]),
    sides(0, 0, [1]),
    sides(-2, -1, [1, 2]),
  ),
  exponential('finer again', sides(0, -3, [1, 2, 3]), sides(3, -7, [1, 2, 3, 4, 5]), sides(1, -2, [7])),
  exponential(
    'a wider zero bucket',
    sides(1, -4, [1, 2, 3, 4, 5, 6]),
    sides(1, 3, [1], { zeroThreshold: 1, zeroCount: '4' }),
  ),
  exponential(
    'a narrower zero bucket',
    sides(1, 3, [1], { zeroThreshold: 1, zeroCount: '4' }),
    sides(1, -4, [1, 2, 3, 4, 5, 6]),
  ),
  exponential(
    'a zero bucket of any width',
    sides(2, -4, [1, 2, 3, 4, 5, 6]),
    sides(2, 9, [1], { zeroThreshold: 1.3, zeroCount: '4' }),
  ),
  exponential('a zero bucket beyond everything', sides(1, -4, [1, 2, 3]), sides(1, 30, [1], { zeroThreshold: 64 })),
];

const BLOCKS: readonly object[] = [
  { max_stale: '1m' },
  { max_stale: '0s' },
  { max_stale: '-1s' },
  { max_streams: 3 },
  { max_streams: 0 },
  { max_streams: -1 },
  { max_streams: 'many' },
  { max_staleness: '1m' },
];

/** Delta points of all kinds, and what they become together. */
export const deltaToCumulativeSuite: CompareSuite = {
  name: 'delta_to_cumulative',
  cases: [
    ...GENERATED,
    ...WRITTEN,
    one('the sample', {}, [metricsSample()]),
    ...BLOCKS.map((block) => one(`the block ${JSON.stringify(block)}`, block, [points(4), points(2, 1), points(5, 2)])),
  ],
};
