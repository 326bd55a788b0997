import { expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { Batch, Lease, TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import { type MetricGroup, MetricsBuilder } from '#wire';
import { ProcessorUnderTest } from '../testing/metrics.ts';
import { jsonOfBatch } from '../testing/ottl.ts';
import { intervalFactory } from './index.ts';

const T = 1_700_000_000_000_000_000n;

async function started(block: object = {}): Promise<ProcessorUnderTest<unknown>> {
  const one = new ProcessorUnderTest(intervalFactory as never, block);
  await one.processor.start({} as never);
  return one;
}
const gauge =
  (value: bigint, time: number, attributes = {}) =>
  (group: MetricGroup): void =>
    group
      .gauge('g')
      .series(attributes)
      .add(T + BigInt(time), value);
const values = (one: ProcessorUnderTest<unknown>): number[] => one.takenPoints().map(({ asInt }) => Number(asInt));

test('the last point of each series goes on at the end of the interval, and then nothing more', async () => {
  const one = await started({ interval: '10s' });
  await one.consume(gauge(1n, 1));
  await one.consume(gauge(2n, 3));
  await one.consume(gauge(3n, 2));
  await one.consume(gauge(4n, 3));
  await one.consume(gauge(5n, 1, { a: 1 }));
  expect(values(one)).toEqual([]);
  expect(one.settings.account.held('metrics')).toBe(2);
  expect(one.settings.account.sum('filtered', 'aggregated')).toBe(3);
  await one.settings.clock.advance(10_000);
  expect(values(one)).toEqual([2, 5]);
  expect(one.settings.account.held('metrics')).toBe(0);
  await one.settings.clock.advance(20_000);
  expect(values(one)).toEqual([]);
});

test.each([
  { block: {}, held: ['gauge', 'summary', 'counter', 'histogram', 'exponential'] },
  { block: { pass_through: { gauge: true } }, held: ['summary', 'counter', 'histogram', 'exponential'] },
  { block: { pass_through: { summary: true } }, held: ['gauge', 'counter', 'histogram', 'exponential'] },
])('with $block are held $held', async ({ block, held }) => {
  const one = await started(block);
  const cumulative = { temporality: TEMPORALITY_CUMULATIVE };
  const delta = { temporality: TEMPORALITY_DELTA };
  const none = { offset: 0, counts: new BigUint64Array(0) };
  const buckets = { count: 1, bounds: [], counts: [] };
  const exponential = { count: 1, scale: 0, zeroCount: 1n, zeroThreshold: 0, positive: none, negative: none };
  await one.consume((group) => {
    group.gauge('gauge').series().add(T, 1n);
    group.summary('summary').series().add(T, { count: 1, sum: 1, quantiles: [], values: [] });
    group
      .sum('counter', { ...cumulative, isMonotonic: true })
      .series()
      .add(T, 1n);
    group.histogram('histogram', cumulative).series().add(T, buckets);
    group.exponentialHistogram('exponential', cumulative).series().add(T, exponential);
    group
      .sum('up and down', { ...cumulative, isMonotonic: false })
      .series()
      .add(T, 1n);
    group
      .sum('delta counter', { ...delta, isMonotonic: true })
      .series()
      .add(T, 1n);
    group.histogram('delta histogram', delta).series().add(T, buckets);
    group.exponentialHistogram('delta exponential', delta).series().add(T, exponential);
  });
  const passed = one.taken().map(({ name }) => name);
  await one.processor.shutdown(1000);
  expect(one.taken().map(({ name }) => name)).toEqual(held);
  expect(passed).toHaveLength(9 - held.length);
});

test('what is held keeps its resource, scope and metric', async () => {
  const one = await started();
  const builder = new MetricsBuilder();
  const group = builder.group({
    resource: { 'service.name': 'shop' },
    resourceSchemaUrl: 'urn:resource',
    scope: { name: 'lib', version: '1' },
    scopeSchemaUrl: 'urn:scope',
  });
  const input = { unit: 's', description: 'how long', metadata: { 'prometheus.type': 'gauge' } };
  group
    .gauge('g', input)
    .series({ a: 1 })
    .add(T, 1n, T - 1n);
  const batch = new Batch('metrics', [builder.chunk()]);
  const before = jsonOfBatch(batch);
  await one.processor.consume(batch);
  await one.processor.shutdown(1000);
  expect(jsonOfBatch(one.next.batches[0]!)).toEqual(before);
});

test('resources and scopes that are the same are one, whatever the order of their attributes', async () => {
  const one = await started();
  for (const [time, resource] of [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 2 }].entries()) {
    await one.consume(gauge(BigInt(time), time), { resource });
  }
  await one.processor.shutdown(1000);
  const { resourceMetrics } = jsonOfBatch(one.next.batches[0]!) as { resourceMetrics: unknown[] };
  expect(resourceMetrics).toHaveLength(2);
  expect(values(one)).toEqual([1, 2]);
});

test('what was refused goes on with the next interval, once', async () => {
  const one = await started({ interval: '10s' });
  await one.consume(gauge(1n, 1));
  let refusals = 0;
  one.next.before = () => {
    refusals++;
    throw new ConsumeError('not now');
  };
  await one.settings.clock.advance(10_000);
  expect(one.settings.account.held('metrics')).toBe(1);
  one.next.before = () => undefined;
  await one.consume(gauge(2n, 2));
  await one.settings.clock.advance(10_000);
  expect([refusals, values(one)]).toEqual([1, [1, 2]]);
});

test('what was refused for good is lost, and said to be', async () => {
  const one = await started({ interval: '10s' });
  await one.consume(gauge(1n, 1));
  one.next.before = () => {
    throw new ConsumeError('never', { permanent: true });
  };
  await one.settings.clock.advance(10_000);
  expect(one.settings.account.held('metrics')).toBe(0);
  expect(one.settings.account.sum('dropped', 'refused')).toBe(1);
});

test('a batch is settled when its last point went on, or was replaced', async () => {
  const one = await started({ interval: '10s' });
  const settled: string[] = [];
  const send = async (name: string, build: (group: MetricGroup) => void): Promise<void> => {
    const builder = new MetricsBuilder();
    build(builder.group());
    const batch = new Batch('metrics', [builder.chunk()]);
    const lease = new Lease(() => void settled.push(name));
    batch.lend(lease);
    await one.processor.consume(batch);
    lease.release();
  };
  await send('first', gauge(1n, 1));
  await send('older', gauge(1n, 0));
  expect(settled).toEqual(['older']);
  await send('second', gauge(2n, 2));
  expect(settled).toEqual(['older', 'first']);
  await one.settings.clock.advance(10_000);
  expect(settled).toEqual(['older', 'first', 'second']);
});

test('in a reload what is held waits for the end of the next interval', async () => {
  const one = await started({ interval: '10s' });
  await one.consume(gauge(1n, 1));
  await one.replace({ interval: '20s' });
  await one.processor.start({} as never);
  await one.consume(gauge(0n, 0));
  expect(values(one)).toEqual([]);
  await one.settings.clock.advance(20_000);
  expect(values(one)).toEqual([1]);
});

test('an interval of nothing is refused', () => {
  const { error } = intervalFactory.schema.safeParse({ interval: '0s' });
  expect(error?.issues[0]?.message).toBe('must be longer than 0s');
});
