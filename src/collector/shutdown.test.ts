import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { type RecordingConsumer, sampleBatch } from '#component/testing.ts';
import type { PointChunk } from '#pdata';
import type { Collector } from './collector.ts';
import { FakeWorld, unaccountedIn } from './testing.ts';

const NEVER = new Promise<void>(() => undefined);
const LOST = 'exporter_send_failed_spans';

/** One receiver and a queued exporter; `exporter` is its block, or '' for a configuration without it. */
function configured(exporter: string): string {
  const used = exporter === '' ? 'nop' : 'queued';
  return `receivers: {nop: }
exporters: {nop: , signalbox: ${exporter === '' ? '' : `, queued: ${exporter}`}}
service:
  telemetry: {metrics: {readers: []}}
  pipelines:
    traces: {receivers: [nop], exporters: [${used}]}
    metrics: {receivers: [nop], exporters: [signalbox]}
`;
}

const ONE_SENDER = '{sending_queue: {num_consumers: 1}}';

async function withQueued(world: FakeWorld, counts: readonly number[]): Promise<Collector> {
  const collector = world.collector(configured(ONE_SENDER));
  await collector.start();
  world.output('queued', 'traces').before = () => NEVER;
  for (const count of counts) await world.input('nop', 'traces').consume(sampleBatch('traces', count));
  return collector;
}

async function stop(world: FakeWorld, collector: Collector): Promise<void> {
  const startMs = world.clock.nowMs();
  let isOver = false;
  const stopped = collector.shutdown().then(() => {
    isOver = true;
  });
  while (!isOver && world.clock.nowMs() - startMs < 60_000) {
    await world.clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await stopped;
  expect(world.clock.nowMs() - startMs).toBeLessThan(11_000);
}

describe('a stop', () => {
  test('counts and logs what is left in a queue whose peer hangs, and the last numbers tell of it', async () => {
    const world = new FakeWorld();
    const collector = await withQueued(world, [2, 3, 4]);
    const own = world.output('signalbox', 'metrics');
    await stop(world, collector);
    const labels = { exporter: 'queued', 'error.type': 'Shutdown', 'error.permanent': 'false' };
    expect(collector.metrics.total(LOST, labels)).toBe(9);
    expect(world.logged.join('\n')).toMatch(/Exporting failed. Dropping data.*queued.*"dropped_items":9/);
    const chunk = own.batches.at(-1)!.chunks[0] as PointChunk;
    const names = Array.from({ length: chunk.metrics.type.length }, (_, metric) => chunk.metricName(metric));
    expect(names).toContain(`otelcol_${LOST}`);
  });

  test('a receiver that hangs takes no time from the exporters', async () => {
    const world = new FakeWorld();
    const collector = await withQueued(world, [5]);
    const receiver = world.lifecycles.get('receiver/nop')!;
    receiver.shutdown = () => NEVER;
    await stop(world, collector);
    expect(collector.metrics.total(LOST)).toBe(5);
    expect(world.logged.join('\n')).toContain('did not stop within');
  });
});

describe('a reload', () => {
  test('waits for no peer that hangs: what waited goes to the successor at once, what was under way after a while', async () => {
    const world = new FakeWorld();
    const collector = await withQueued(world, [2, 3, 4]);
    world.yaml = configured('{sending_queue: {num_consumers: 3}}');
    // The clock stands still meanwhile.
    expect(await collector.reload()).toBe(true);
    await world.clock.advance(0);
    const successor = world.output('queued', 'traces');
    expect(successor.itemCount).toBe(7);
    await world.clock.advance(10_000);
    expect(successor.itemCount).toBe(9);
    await stop(world, collector);
    expect(collector.metrics.total(LOST)).toBe(0);
    expect(collector.metrics.total('exporter_sent_spans')).toBe(9);
  });

  test('leftovers go into a queue that is full of new data, too', async () => {
    const world = new FakeWorld();
    const collector = await withQueued(world, [1, 1, 1, 1]);
    world.yaml = configured('{sending_queue: {queue_size: 1, num_consumers: 1}}');
    await collector.reload();
    await world.clock.advance(20_000);
    expect(world.output('queued', 'traces').itemCount).toBe(4);
    await stop(world, collector);
  });

  test('an exporter that is gone sends on behind its back, and what it can not send is counted', async () => {
    const world = new FakeWorld();
    const collector = await withQueued(world, [2, 3]);
    const gone = world.output('queued', 'traces');
    await world.input('nop', 'traces').consume(sampleBatch('traces', 4));
    world.yaml = configured('');
    expect(await collector.reload()).toBe(true);
    // The attempt under way ends with its timeout; the next one gets through, and then the peer hangs again.
    gone.before = () => {
      gone.before = () => NEVER;
    };
    await world.clock.advance(10_000);
    expect(gone.itemCount).toBe(2);
    expect(collector.metrics.total(LOST, { 'error.type': 'Shutdown' })).toBe(7);
    await stop(world, collector);
  });

  test('a stop soon after counts what the predecessor has under way', async () => {
    const world = new FakeWorld();
    const collector = await withQueued(world, [2, 3]);
    world.yaml = configured('{sending_queue: {num_consumers: 2}}');
    await collector.reload();
    await world.clock.advance(0);
    await stop(world, collector);
    expect(world.output('queued', 'traces').itemCount + collector.metrics.total(LOST)).toBe(5);
  });
});

type Step = 'send' | 'reload' | 'drop the exporter' | 'bad reload' | 'hang' | 'fail' | 'work' | 'wait';

test('whatever happens, each item that was taken is delivered, or counted as lost', async () => {
  const step = fc.constantFrom<Step>(
    'send',
    'send',
    'reload',
    'drop the exporter',
    'bad reload',
    'hang',
    'fail',
    'work',
    'wait',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const world = new FakeWorld();
      const collector = world.collector(configured(ONE_SENDER));
      await collector.start();
      const sinks = new Set<RecordingConsumer>();
      let mode: 'hang' | 'fail' | 'work' = 'work';
      const before = (): Promise<void> | void => {
        if (mode === 'hang') return NEVER;
        if (mode === 'fail') throw new ConsumeError('down');
      };
      let taken = 0;
      let variant = 1;
      const watch = (): void => {
        for (const id of ['queued traces', 'nop traces']) {
          const sink = world.outputs.get(id);
          if (sink === undefined || sinks.has(sink)) continue;
          if (id.startsWith('queued')) sink.before = before;
          sinks.add(sink);
        }
      };
      const reloadWith = async (yaml: string): Promise<void> => {
        world.yaml = yaml;
        await collector.reload();
        watch();
        await world.clock.advance(0);
      };
      watch();
      for (const one of steps) {
        if (one === 'send') {
          await world.input('nop', 'traces').consume(sampleBatch('traces', 3));
          taken += 3;
        } else if (one === 'reload') await reloadWith(configured(`{sending_queue: {num_consumers: ${++variant}}}`));
        else if (one === 'drop the exporter') await reloadWith(configured(''));
        else if (one === 'bad reload')
          await reloadWith(configured(ONE_SENDER).replace('receivers: {nop: }', 'receivers: {nop: {fail: taken}}'));
        else if (one === 'wait') await world.clock.advance(3_000);
        else mode = one;
        // As metrics are collected: when what was begun in one turn has come to its end.
        await new Promise((resolve) => setImmediate(resolve));
        expect(unaccountedIn(collector)).toEqual([]);
      }
      await stop(world, collector);
      const delivered = [...sinks].reduce((sum, sink) => sum + sink.itemCount, 0);
      expect(delivered + collector.metrics.total(LOST)).toBe(taken);
      expect(unaccountedIn(collector)).toEqual([]);
      expect(collector.metrics.total('signalbox.component.held_items')).toBe(0);
      expect(collector.metrics.total('signalbox.component.items', { outcome: 'dropped' })).toBe(taken - delivered);
    }),
    { numRuns: 150 },
  );
});
