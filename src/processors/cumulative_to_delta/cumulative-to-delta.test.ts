import { expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { FLAG_NO_RECORDED_VALUE, TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import type { MetricGroup } from '#wire';
import { ProcessorUnderTest } from '../testing/metrics.ts';
import { cumulativeToDeltaFactory } from './index.ts';

const START = 1_700_000_100_000_000_000n;
const TIMES = { temporality: TEMPORALITY_CUMULATIVE };
const COUNTER = { ...TIMES, isMonotonic: true };

function under(block: object = {}): ProcessorUnderTest<unknown> {
  return new ProcessorUnderTest(cumulativeToDeltaFactory as never, block);
}

const sum =
  (value: number | bigint, n: number, start = START) =>
  (group: MetricGroup): void =>
    group
      .sum('s', COUNTER)
      .series({ a: 1 })
      .add(START + BigInt(n), value, start);
const values = (one: ProcessorUnderTest<unknown>): unknown[] =>
  one.takenPoints().map(({ asInt, asDouble }) => asDouble ?? Number(asInt));

test('a sum becomes what was added since the point before', async () => {
  const one = under();
  await one.consume(sum(5n, 1));
  await one.consume(sum(7n, 2));
  await one.consume(sum(7n, 3));
  const points = one.taken().map(({ sum: data }) => data);
  expect(points.map((data) => data!.aggregationTemporality)).toEqual([1, 1, 1]);
  expect(points.map((data) => data!.dataPoints![0])).toMatchObject([
    { asInt: '5', startTimeUnixNano: String(START), timeUnixNano: String(START + 1n) },
    { asInt: '2', startTimeUnixNano: String(START + 1n), timeUnixNano: String(START + 2n) },
    { asInt: '0', startTimeUnixNano: String(START + 2n) },
  ]);
  expect(one.settings.meter.sum('cumulativetodelta_datapoints')).toBe(3);
});

test('exact also beyond 2^53', async () => {
  const one = under({ initial_value: 'drop' });
  await one.consume(sum(2n ** 62n, 1));
  await one.consume(sum(2n ** 62n + 3n, 2));
  expect(values(one)).toEqual([3]);
});

test.each([
  { initial_value: 'auto', start: START, n: 1, expected: [5] },
  { initial_value: 'auto', start: START, n: 0, expected: [] },
  { initial_value: 'auto', start: 1_600_000_000_000_000_000n, n: 1, expected: [] },
  { initial_value: 'keep', start: 1_600_000_000_000_000_000n, n: 1, expected: [5] },
  { initial_value: 'drop', start: START, n: 1, expected: [] },
])('the first point with $initial_value, of a series from $start on, after $n ns', async (row) => {
  const one = under({ initial_value: row.initial_value });
  await one.consume(sum(5n, row.n, row.start));
  expect(values(one)).toEqual(row.expected);
  expect(one.settings.account.sum('filtered')).toBe(row.expected.length === 0 ? 1 : 0);
});

test('a counter that goes back is lost once, and counts on from there', async () => {
  const one = under({ initial_value: 'drop' });
  for (const [n, value] of [50n, 70n, 10n, 15n].entries()) await one.consume(sum(value, n + 1));
  expect(values(one)).toEqual([20, 5]);
  expect(one.settings.account.sum('dropped')).toBe(1);
});

test('points of another start or another type are of another series', async () => {
  const one = under({ initial_value: 'keep' });
  await one.consume(sum(5n, 1));
  await one.consume(sum(3n, 2, START + 1n));
  await one.consume(sum(2.5, 3));
  expect(values(one)).toEqual([5, 3, 2.5]);
});

test('what is no counter, and what is not cumulative, stays as it is', async () => {
  const one = under();
  await one.consume((group) => {
    group
      .sum('up and down', { ...TIMES, isMonotonic: false })
      .series()
      .add(START, 1n);
    group.sum('delta', { temporality: TEMPORALITY_DELTA, isMonotonic: true }).series().add(START, 2n);
    group.gauge('gauge').series().add(START, 3n);
    group.sum('nan', COUNTER).series().add(START, Number.NaN);
  });
  const metrics = one.taken();
  expect(metrics.map(({ name, sum: data }) => [name, data?.aggregationTemporality])).toEqual([
    ['up and down', 2],
    ['delta', 1],
    ['gauge', undefined],
    ['nan', 1],
  ]);
});

test('a point without a value is left out', async () => {
  const one = under();
  await one.consume((group) => group.sum('s', COUNTER).series().addEmpty(START, FLAG_NO_RECORDED_VALUE));
  expect(one.takenPoints()).toEqual([]);
  expect(one.settings.account.sum('filtered', 'no_value')).toBe(1);
});

test('histograms: counts, sum and buckets; min and max are gone', async () => {
  const one = under({ initial_value: 'drop' });
  const add = (n: number, counts: number[], bounds = [1, 2]): Promise<void> =>
    one.consume((group) => {
      const count = counts.reduce((total, each) => total + each, 0);
      const point = { count, sum: count * 2, min: 0, max: 9, bounds, counts };
      group
        .histogram('h', TIMES)
        .series()
        .add(START + BigInt(n), point, START);
    });
  await add(1, [1, 2, 3]);
  await add(2, [1, 5, 4]);
  expect(one.takenPoints()).toEqual([
    {
      startTimeUnixNano: String(START + 1n),
      timeUnixNano: String(START + 2n),
      count: '4',
      sum: 8,
      bucketCounts: ['0', '3', '1'],
      explicitBounds: [1, 2],
    },
  ]);
  await add(3, [1, 1, 1]);
  await add(4, [2, 1, 1]);
  await add(5, [2, 1, 1], [1, 3]);
  await add(6, [2, 1, 2], [1, 3]);
  expect(one.takenPoints().map(({ bucketCounts }) => bucketCounts)).toEqual([
    ['1', '0', '0'],
    ['0', '0', '1'],
  ]);
  expect(one.settings.account.sum('dropped', 'counter_reset')).toBe(1);
  expect(one.settings.account.sum('dropped', 'buckets_changed')).toBe(1);
});

test('exponential histograms: the older one is made as coarse as the newer', async () => {
  const one = under({ initial_value: 'drop' });
  const add = (n: number, scale: number, offset: number, counts: bigint[], zeroCount = 0n, zeroThreshold = 0) =>
    one.consume((group) => {
      const positive = { offset, counts: BigUint64Array.from(counts) };
      const negative = { offset: 0, counts: new BigUint64Array(0) };
      const count = counts.reduce((total, each) => total + each, zeroCount);
      const point = { count, sum: Number(count), scale, zeroCount, zeroThreshold, positive, negative };
      group
        .exponentialHistogram('e', TIMES)
        .series()
        .add(START + BigInt(n), point, START);
    });
  await add(1, 1, -1, [1n, 2n, 3n, 4n]);
  // At scale 0 the buckets -1; 0, 1; 2 of scale 1 are -1; 0; 1.
  await add(2, 0, -1, [1n, 6n, 4n]);
  // Everything up to 1, that is to bucket -1, is zero.
  await add(3, 0, 0, [6n, 5n], 2n, 1);
  await add(4, 1, 0, [6n, 5n], 2n, 1);
  const points = one.takenPoints();
  expect(points).toMatchObject([
    { count: '1', positive: { bucketCounts: ['1'] } },
    { count: '2', zeroCount: '1', zeroThreshold: 1, positive: { offset: 1, bucketCounts: ['1'] } },
  ]);
  expect(one.settings.account.sum('dropped', 'counter_reset')).toBe(1);
});

test.each([
  { block: { include: { match_type: 'strict', metrics: ['a'] } }, converted: ['a'] },
  { block: { include: { match_type: 'regexp', metrics: ['^a'] } }, converted: ['a', 'ab'] },
  { block: { exclude: { match_type: 'regexp', metrics: ['b'] } }, converted: ['a'] },
  { block: { include: { metric_types: ['Histogram'] } }, converted: [] },
  { block: { exclude: { metric_types: ['histogram'] } }, converted: ['a', 'ab', 'b'] },
])('$block', async ({ block, converted }) => {
  const one = under({ ...block, initial_value: 'keep' });
  await one.consume((group) => {
    for (const name of ['a', 'ab', 'b']) group.sum(name, COUNTER).series().add(START, 1n);
  });
  const names = one.taken().filter(({ sum: data }) => (data!.aggregationTemporality as unknown) === 1);
  expect(names.map(({ name }) => name)).toEqual(converted);
});

test.each([
  [{ include: { metrics: ['a'] } }, /match_type must be set/],
  [{ include: { match_type: 'strict' } }, /metrics must be supplied/],
  [{ exclude: { metric_types: ['gauge'] } }, /must be one of "sum", .* got "gauge"/],
  [{ include: { match_type: 'regexp', metrics: ['('] } }, /not a regular expression/],
  [{ max_staleness: '-1s' }, /must not be negative/],
])('%j is refused', (block, message) => {
  const { error } = cumulativeToDeltaFactory.schema.safeParse(block);
  expect(error?.issues.map((issue) => issue.message).join('\n')).toMatch(message);
});

test('a series that was silent for too long is forgotten', async () => {
  const one = under({ initial_value: 'drop', max_staleness: '1h' });
  await one.processor.start({} as never);
  await one.consume(sum(5n, 1));
  await one.settings.clock.advance(3_600_000);
  await one.consume(sum(6n, 2));
  expect(values(one)).toEqual([1]);
  await one.settings.clock.advance(3_700_000);
  await one.consume(sum(7n, 3));
  expect(values(one)).toEqual([]);
  await one.processor.shutdown(1000);
});

test('what the next one refused may come again', async () => {
  const one = under({ initial_value: 'drop' });
  await one.consume(sum(5n, 1));
  one.next.before = () => {
    throw new ConsumeError('not now');
  };
  await expect(one.consume(sum(9n, 2))).rejects.toThrow('not now');
  one.next.before = () => undefined;
  await one.consume(sum(9n, 2));
  expect(values(one)).toEqual([4]);
});

test('a reload that changes the block forgets nothing', async () => {
  const one = under({ initial_value: 'drop' });
  await one.consume(sum(5n, 1));
  await one.replace({ initial_value: 'drop', max_staleness: '2h' });
  await one.consume(sum(8n, 2));
  expect(values(one)).toEqual([3]);
});
