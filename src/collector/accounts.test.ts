import { describe, expect, test } from 'vitest';
import {
  ComponentRegistry,
  type ConnectorFactory,
  componentSource,
  type Factory,
  type ProcessorFactory,
} from '#component';
import { sampleBatch } from '#component/testing.ts';
import { oneOf, strictObject } from '#config';
import { Collector } from './collector.ts';
import { FakeWorld, unaccountedIn } from './testing.ts';

/** Takes every batch for itself. What it says of that is up to its configuration. */
const taker: ProcessorFactory<{ says: 'nothing' | 'dropped' | 'twice' }> = {
  kind: 'processor',
  type: 'taker',
  description: 'takes',
  stability: { traces: 'stable' },
  schema: strictObject({ says: oneOf(['nothing', 'dropped', 'twice'], 'nothing') }),
  create: ({ account }, { says }) => ({
    mutatesData: false,
    start: async () => undefined,
    shutdown: async () => undefined,
    consume: async (batch) => {
      if (says !== 'nothing') account.dropped('traces', batch.itemCount, 'timeout');
      if (says === 'twice') account.filtered('traces', batch.itemCount, 'not_sampled');
    },
  }),
};

/** One data point per batch of spans. */
const counter: ConnectorFactory<object> = {
  kind: 'connector',
  type: 'counter',
  description: 'counts',
  stability: [{ from: 'traces', to: 'metrics', stability: 'stable' }],
  schema: strictObject({}),
  create: ({ account }, _config, _from, _to, next) => ({
    mutatesData: false,
    start: async () => undefined,
    shutdown: async () => undefined,
    consume: async (batch, abort) => {
      for (const consumer of next.values()) {
        await consumer.consume(sampleBatch('metrics', 1), abort);
        account.added('metrics', 1, 'aggregated');
      }
      account.absorbed('traces', batch.itemCount, 'aggregated');
    },
  }),
};

async function started(yaml: string): Promise<{ world: FakeWorld; collector: Collector }> {
  const world = new FakeWorld();
  const { sources } = world.registry;
  const own = [taker, counter] as unknown as Factory[];
  const registry = new ComponentRegistry([...sources, ...own.map(componentSource)]);
  const collector = new Collector({ ...world.options(yaml), registry });
  await collector.start();
  return { world, collector };
}

function withTaker(says: string): string {
  return `receivers: {nop: }
processors: {taker: {says: ${says}}}
exporters: {nop: }
service: {telemetry: {metrics: {readers: [], level: none}}, pipelines: {traces: {receivers: [nop], processors: [taker], exporters: [nop]}}}
`;
}

describe('the books of a running collector', () => {
  test.each([
    { says: 'dropped', found: [] },
    { says: 'nothing', found: ['taker processor traces traces: 7'] },
    { says: 'twice', found: ['taker processor traces traces: -7'] },
  ])('a component that takes all and says "$says"', async ({ says, found }) => {
    const { world, collector } = await started(withTaker(says));
    await world.input('nop', 'traces').consume(sampleBatch('traces', 7));
    expect(unaccountedIn(collector)).toEqual(found);
    const labels = { 'otelcol.component.id': 'taker', outcome: 'dropped', reason: 'timeout' };
    expect(collector.metrics.total('signalbox.component.items', labels)).toBe(says === 'nothing' ? 0 : 7);
    await collector.shutdown();
  });

  test('what was found stays so through a reload', async () => {
    const { world, collector } = await started(withTaker('nothing'));
    await world.input('nop', 'traces').consume(sampleBatch('traces', 7));
    world.yaml = withTaker('dropped');
    expect(await collector.reload()).toBe(true);
    await world.input('nop', 'traces').consume(sampleBatch('traces', 3));
    expect(unaccountedIn(collector)).toEqual(['taker processor traces traces: 7']);
    await collector.shutdown();
  });

  test('a connector that aggregates absorbs its input and adds its output', async () => {
    const { world, collector } = await started(`receivers: {nop: }
exporters: {nop: }
connectors: {counter: }
service:
  telemetry: {metrics: {readers: [], level: none}}
  pipelines:
    traces: {receivers: [nop], exporters: [counter]}
    metrics: {receivers: [counter], exporters: [nop]}
`);
    await world.input('nop', 'traces').consume(sampleBatch('traces', 7));
    expect(world.output('nop', 'metrics').itemCount).toBe(1);
    expect(unaccountedIn(collector)).toEqual([]);
    const outcome = (name: string): number =>
      collector.metrics.total('signalbox.component.items', { 'otelcol.component.kind': 'connector', outcome: name });
    expect([outcome('absorbed'), outcome('added')]).toEqual([7, 1]);
    await collector.shutdown();
  });

  test('a refusal is counted once, for the one that refused', async () => {
    const { world, collector } = await started(
      withTaker('dropped').replace(/taker/g, 'nop').replace('{says: dropped}', ''),
    );
    world.output('nop', 'traces').before = () => {
      throw new Error('broken');
    };
    await expect(world.input('nop', 'traces').consume(sampleBatch('traces', 2))).rejects.toThrow('broken');
    const refused = collector.metrics
      .collect()
      .filter(({ name }) => name === 'signalbox.component.items')
      .flatMap(({ series }) =>
        [...series.values()].map((one) => [...one.labels.map(([, value]) => value), one.read()]),
      );
    expect(refused).toEqual([['nop', 'exporter', 'traces', 'refused', 'failed', 2]]);
    expect(unaccountedIn(collector)).toEqual([]);
    await collector.shutdown();
  });
});
