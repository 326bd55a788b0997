import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import type { ExponentialPoint, MetricGroup } from '#wire';
import { ProcessorUnderTest } from '../testing/metrics.ts';
import { sumOfExponential } from './exponential.ts';
import { deltaToCumulativeFactory } from './index.ts';

const T = 1_700_000_000_000_000_000n;
const DELTA = { temporality: TEMPORALITY_DELTA };

const under = (block: object = {}): ProcessorUnderTest<unknown> =>
  new ProcessorUnderTest(deltaToCumulativeFactory as never, block);
const sum =
  (value: number | bigint, time: number, start: number, attributes = {}) =>
  (group: MetricGroup): void =>
    group
      .sum('s', { ...DELTA, isMonotonic: true })
      .series(attributes)
      .add(T + BigInt(time), value, T + BigInt(start));
const values = (one: ProcessorUnderTest<unknown>): unknown[] =>
  one.takenPoints().map(({ asInt, asDouble }) => asDouble ?? Number(asInt));

test('points add up from the start of the first one', async () => {
  const one = under();
  await one.consume(sum(5n, 2, 1));
  await one.consume(sum(7n, 4, 2));
  const metrics = one.taken().map(({ sum: data }) => data!);
  expect(metrics.map(({ aggregationTemporality }) => aggregationTemporality)).toEqual([2, 2]);
  expect(metrics.map(({ dataPoints }) => dataPoints![0])).toMatchObject([
    { asInt: '5', startTimeUnixNano: String(T + 1n), timeUnixNano: String(T + 2n) },
    { asInt: '12', startTimeUnixNano: String(T + 1n), timeUnixNano: String(T + 4n) },
  ]);
  expect(one.settings.meter.sum('deltatocumulative_datapoints')).toBe(2);
});

test('what is out of order, or of an older start, is lost and counted', async () => {
  const one = under();
  await one.consume(sum(1n, 10, 5));
  await one.consume(sum(2n, 10, 6));
  await one.consume(sum(4n, 11, 4));
  await one.consume(sum(8n, 11, 10));
  expect(values(one)).toEqual([1, 9]);
  expect(one.settings.account.sum('dropped', 'out_of_order')).toBe(1);
  expect(one.settings.account.sum('dropped', 'older_start')).toBe(1);
});

test('integers stay exact, and become doubles with the first double', async () => {
  const one = under();
  await one.consume(sum(2n ** 60n, 1, 0));
  await one.consume(sum(1n, 2, 1));
  expect(one.takenPoints().map(({ asInt }) => asInt)).toEqual([String(2n ** 60n), String(2n ** 60n + 1n)]);
  await one.consume(sum(3n, 1, 0, { a: 1 }));
  await one.consume(sum(0.5, 2, 1, { a: 1 }));
  expect(values(one)).toEqual([3, 3.5]);
});

test('everything that is not delta stays as it is', async () => {
  const one = under();
  await one.consume((group) => {
    group.gauge('g').series().add(T, 1n);
    group.sum('c', { temporality: TEMPORALITY_CUMULATIVE, isMonotonic: true }).series().add(T, 2n);
    group.summary('q').series().add(T, { count: 1, sum: 1, quantiles: [], values: [] });
  });
  expect(one.taken().map(({ name }) => name)).toEqual(['g', 'c', 'q']);
});

test('beyond max_streams new series are lost, and known ones go on', async () => {
  const one = under({ max_streams: 2 });
  for (const time of [1, 2]) for (const a of [1, 2, 3]) await one.consume(sum(1n, time, 0, { a }));
  expect(values(one)).toEqual([1, 1, 2, 2]);
  expect(one.settings.account.sum('dropped', 'series_limit')).toBe(2);
});

test('a series that was silent for longer than max_stale begins anew', async () => {
  const one = under({ max_stale: '5m' });
  await one.processor.start({} as never);
  await one.consume(sum(1n, 1, 0));
  await one.settings.clock.advance(300_000);
  await one.consume(sum(2n, 2, 1));
  expect(values(one)).toEqual([1, 3]);
  await one.settings.clock.advance(361_000);
  await one.consume(sum(4n, 3, 2));
  expect(values(one)).toEqual([4]);
  await one.processor.shutdown(1000);
});

const histogram =
  (time: number, counts: number[], more: object = {}, bounds = [1, 2]) =>
  (group: MetricGroup): void => {
    const point = { count: counts.reduce((a, b) => a + b, 0), bounds, counts, ...more };
    group
      .histogram('h', DELTA)
      .series()
      .add(T + BigInt(time), point, T);
  };

test('histograms add up; what one of them lacks the sum lacks, too', async () => {
  const one = under();
  await one.consume(histogram(1, [1, 2, 3], { sum: 5, min: 1, max: 4 }));
  await one.consume(histogram(2, [1, 0, 1], { sum: 3, min: 0, max: 3 }));
  await one.consume(histogram(3, [1, 0, 0], { min: 2 }));
  expect(one.takenPoints().slice(1)).toEqual([
    expect.objectContaining({ count: '8', sum: 8, min: 0, max: 4, bucketCounts: ['2', '2', '4'] }),
    {
      startTimeUnixNano: String(T),
      timeUnixNano: String(T + 3n),
      count: '9',
      min: 0,
      bucketCounts: ['3', '2', '4'],
      explicitBounds: [1, 2],
    },
  ]);
});

test('a histogram with other bounds begins anew', async () => {
  const one = under();
  await one.consume(histogram(1, [1, 2, 3]));
  await one.consume(histogram(2, [1, 1, 1], {}, [1, 5]));
  await one.consume(histogram(3, [1, 0, 0], {}, [1, 5]));
  expect(one.takenPoints().map(({ bucketCounts }) => bucketCounts)).toEqual([
    ['1', '2', '3'],
    ['1', '1', '1'],
    ['2', '1', '1'],
  ]);
});

const side = (offset: number, ...counts: number[]): { offset: number; counts: BigUint64Array } => ({
  offset,
  counts: BigUint64Array.from(counts, BigInt),
});
const NONE = side(0);
const exponential = (scale: number, positive = NONE, negative = NONE, zeroCount = 0n, zeroThreshold = 0) => ({
  scale,
  zeroCount,
  zeroThreshold,
  positive,
  negative,
});

test.each([
  ['side by side', exponential(0, side(1, 1, 2)), exponential(0, side(4, 3)), exponential(0, side(1, 1, 2, 0, 3))],
  [
    'the finer becomes coarser',
    exponential(1, side(-1, 1, 2, 3)),
    exponential(0, side(0, 1)),
    exponential(0, side(-1, 1, 6)),
  ],
  [
    'the zero bucket becomes wider',
    exponential(0, side(-2, 1, 2, 4), side(-1, 8), 1n),
    exponential(0, NONE, NONE, 2n, 1),
    exponential(0, side(0, 4), side(0), 14n, 1),
  ],
  [
    'about 160 buckets at most',
    exponential(3, side(0, 1)),
    exponential(3, side(320, 1)),
    exponential(2, side(0, 1, ...new Array<number>(159).fill(0), 1)),
  ],
  ['nothing with nothing', exponential(2), exponential(1), exponential(1)],
])('exponential histograms: %s', (_name, one, other, expected) => {
  expect(sumOfExponential(one, other)).toEqual(expected);
});

test('no count is lost, however far apart two exponential histograms lie', () => {
  const anySide = fc.record({
    offset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    counts: fc.array(fc.nat(9), { maxLength: 40 }).map((counts) => BigUint64Array.from(counts, BigInt)),
  });
  const any = fc.record({
    scale: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    zeroCount: fc.nat(9).map(BigInt),
    zeroThreshold: fc.constantFrom(0, 0, 0.001, 1, 1e300),
    positive: anySide,
    negative: anySide,
  });
  const total = ({ zeroCount, positive, negative }: ReturnType<typeof sumOfExponential>): bigint =>
    [...positive.counts, ...negative.counts].reduce((a, b) => a + b, zeroCount);
  fc.assert(
    fc.property(any, any, (one, other) => {
      const both = sumOfExponential(one, other);
      expect(total(both)).toBe(total(one) + total(other));
      expect(both.positive.counts.length).toBeLessThanOrEqual(162);
    }),
  );
});

test('exponential histograms in a pipeline', async () => {
  const one = under();
  const add = (time: number, point: ExponentialPoint) =>
    one.consume((group) =>
      group
        .exponentialHistogram('e', DELTA)
        .series()
        .add(T + BigInt(time), point, T),
    );
  await add(1, { ...exponential(1, side(2, 3, 0, 4)), count: 7, sum: 20, min: 3, max: 6 });
  await add(2, { ...exponential(1, side(3, 1)), count: 1, sum: 4, min: 4, max: 4 });
  expect(one.takenPoints()[1]).toMatchObject({
    count: '8',
    sum: 24,
    min: 3,
    max: 6,
    positive: { bucketCounts: ['3', '1', '4'] },
  });
});

test('what the next one refused may come again, and a reload forgets nothing', async () => {
  const one = under();
  await one.consume(sum(1n, 1, 0));
  one.next.before = () => {
    throw new ConsumeError('not now');
  };
  await expect(one.consume(sum(2n, 2, 1))).rejects.toThrow('not now');
  one.next.before = () => undefined;
  await one.consume(sum(2n, 2, 1));
  await one.replace({ max_stale: '1h', max_streams: 1 });
  await one.consume(sum(4n, 3, 2));
  expect(values(one)).toEqual([1, 3, 7]);
});

test.each([
  [{ max_stale: '0s' }, /must be longer than 0s/],
  [{ max_streams: -1 }, /at least 0/],
  [{ max_streams: 1.5 }, /whole number/],
])('%j is refused', (block, message) => {
  const { error } = deltaToCumulativeFactory.schema.safeParse(block);
  expect(error?.issues.map((issue) => issue.message).join('\n')).toMatch(message);
});

test("otelcol's default for max_streams is taken", () => {
  expect(deltaToCumulativeFactory.schema.parse({ max_streams: 9223372036854775807n })).toMatchObject({
    maxStreams: Number(9223372036854775807n),
  });
});
