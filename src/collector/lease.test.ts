import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { ComponentRegistry, componentSource, type Factory } from '#component';
import type { RecordingConsumer } from '#component/testing.ts';
import { type Batch, Lease, type SpanChunk, STATUS_ERROR } from '#pdata';
import { attributesFactory } from '../processors/attributes/index.ts';
import { batchFactory } from '../processors/batch/index.ts';
import { tailSamplingFactory } from '../processors/tail_sampling/index.ts';
import { traces } from '../processors/testing/spans.ts';
import { Collector } from './collector.ts';
import { FakeWorld, unaccountedIn } from './testing.ts';

const NEVER = new Promise<void>(() => undefined);

/** One record of the journal, from the request to its end. */
interface Entry {
  readonly id: number;
  outcome: 'open' | 'accepted' | 'refused';
  settledCount: number;
}

/**
 * A journal as one may stand in front of a pipeline: it remembers each request until its lease is settled. Here it also watches what
 * reaches the exporters, by the names of the spans.
 */
class TestJournal {
  readonly entries: Entry[] = [];
  /** Attempts that began to deliver spans of records that were settled before. */
  readonly tooLate: string[] = [];

  async send(world: FakeWorld, spans: readonly { readonly trace: string; readonly isError: boolean }[]): Promise<void> {
    const entry: Entry = { id: this.entries.length, outcome: 'open', settledCount: 0 };
    this.entries.push(entry);
    const lease = new Lease(() => {
      entry.settledCount++;
    });
    const named = spans.map(({ trace, isError }, i) => ({
      trace,
      name: `${entry.id}.${i}`,
      ...(isError && { status: STATUS_ERROR }),
    }));
    const batch = traces([{ spans: named }]);
    batch.lend(lease);
    try {
      await world.input('nop', 'traces').consume(batch);
      entry.outcome = 'accepted';
    } catch {
      entry.outcome = 'refused';
    }
    lease.release();
  }

  /** For exporters: called with what they are about to deliver. */
  sees(batch: Batch): void {
    for (const chunk of batch.chunks as readonly SpanChunk[]) {
      const view = chunk.view();
      for (let i = 0; i < chunk.count; i++) {
        view.row = chunk.rowAt(i);
        const { name } = view;
        if (this.entries[Number(name.split('.')[0])]!.settledCount > 0) this.tooLate.push(name);
      }
    }
  }
}

function collectorWith(world: FakeWorld, yaml: string): Collector {
  const real = [attributesFactory, batchFactory, tailSamplingFactory] as unknown as Factory[];
  const { sources } = world.registry;
  const registry = new ComponentRegistry([...sources, ...real.map(componentSource)]);
  return new Collector({ ...world.options(yaml), registry });
}

const sampler = fc
  .record({ traces: fc.integer({ min: 1, max: 4 }), drops: fc.boolean(), cache: fc.boolean(), blocks: fc.boolean() })
  .map(
    ({ traces: count, drops, cache, blocks }) =>
      `tail_sampling: {decision_wait: 1s, num_traces: ${count}, drop_pending_traces_on_shutdown: ${drops}, ` +
      `block_on_overflow: ${blocks}, decision_cache: {sampled_cache_size: ${cache ? 9 : 0}, non_sampled_cache_size: ${cache ? 9 : 0}}, ` +
      'policies: [{name: e, type: status_code, status_code: {status_codes: [ERROR]}}]}',
  );
const batcher = fc
  .record({ size: fc.integer({ min: 1, max: 6 }), extra: fc.nat(3), timeout: fc.constantFrom('0s', '200ms') })
  .map(
    ({ size, extra, timeout }) =>
      `batch: {send_batch_size: ${size}, send_batch_max_size: ${size + extra}, timeout: ${timeout}}`,
  );
const changer = fc.constant('attributes: {actions: [{key: a, value: b, action: insert}]}');
const processors = fc
  .tuple(fc.option(sampler), fc.option(batcher), fc.option(changer))
  .chain((all) => fc.shuffledSubarray(all.flatMap((one) => one ?? [])));

const queued = fc
  .record({
    isOn: fc.boolean(),
    size: fc.integer({ min: 1, max: 3 }),
    senders: fc.integer({ min: 1, max: 2 }),
    blocks: fc.boolean(),
    waits: fc.boolean(),
    batch: fc.option(fc.constantFrom('{min_size: 2, max_size: 3, flush_timeout: 300ms, sizer: items}')),
    retries: fc.boolean(),
  })
  .map(
    ({ isOn, size, senders, blocks, waits, batch, retries }) =>
      `{timeout: 2s, retry_on_failure: {enabled: ${retries}, initial_interval: 500ms, max_interval: 1s, max_elapsed_time: 3s}, ` +
      `sending_queue: {enabled: ${isOn}, queue_size: ${size}, sizer: requests, num_consumers: ${senders}, ` +
      `block_on_overflow: ${blocks}, wait_for_result: ${waits}${batch === null ? '' : `, batch: ${batch}`}}}`,
  );

const pipeline = fc
  .record({ processors, exporters: fc.array(queued, { minLength: 1, maxLength: 3 }), hasPlain: fc.boolean() })
  .map(({ processors: list, exporters, hasPlain }) => {
    const names = exporters.map((_, i) => `queued/${i}`);
    const blocks = exporters.map((block, i) => `queued/${i}: ${block}`);
    const used = hasPlain ? [...names, 'nop'] : names;
    return `receivers: {nop: }
processors: {${list.join(', ')}}
exporters: {nop: , ${blocks.join(', ')}}
service:
  telemetry: {metrics: {readers: [], level: none}}
  pipelines:
    traces: {receivers: [nop], processors: [${list.map((one) => one.split(':')[0]).join(', ')}], exporters: [${used.join(', ')}]}
`;
  });

type Mode = 'work' | 'fail' | 'refuse' | 'hang';
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      spans: fc.array(fc.record({ trace: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), isError: fc.boolean() }), {
        minLength: 1,
        maxLength: 5,
      }),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom(100, 1100, 2500) },
  {
    weight: 2,
    arbitrary: fc.record({ exporter: fc.nat(3), mode: fc.constantFrom<Mode>('work', 'fail', 'refuse', 'hang') }),
  },
  { weight: 1, arbitrary: fc.record({ reload: pipeline }) },
);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function advance(world: FakeWorld, ms: number): Promise<void> {
  for (let done = 0; done < ms; done += 100) {
    await world.clock.advance(100);
    await turn();
  }
}

/** Makes every exporter tell the journal what it is about to deliver, and do what its mode says. */
function watch(world: FakeWorld, journal: TestJournal, modes: readonly Mode[], known: Set<RecordingConsumer>): void {
  for (const [name, sink] of world.outputs) {
    if (known.has(sink)) continue;
    known.add(sink);
    const index = name.startsWith('queued/') ? Number(name.slice(7, 8)) : 3;
    sink.before = (batch) => {
      journal.sees(batch);
      const mode = modes[index]!;
      if (mode === 'hang') return NEVER;
      if (mode !== 'work') throw new ConsumeError(mode, { permanent: mode === 'refuse' });
    };
  }
}

async function inTime(world: FakeWorld, promise: Promise<unknown>): Promise<void> {
  let isOver = false;
  const watched = promise.finally(() => {
    isOver = true;
  });
  for (let n = 0; !isOver && n < 400; n++) await advance(world, 100);
  await watched;
}

describe('a journal in front of a pipeline', () => {
  test('hears once of each record, and never before all that was made of it is done', async () => {
    await fc.assert(
      fc.asyncProperty(pipeline, fc.array(step, { maxLength: 20 }), async (yaml, steps) => {
        const world = new FakeWorld();
        const collector = collectorWith(world, yaml);
        const journal = new TestJournal();
        const modes: Mode[] = ['work', 'work', 'work', 'work'];
        const known = new Set<RecordingConsumer>();
        await collector.start();
        watch(world, journal, modes, known);
        for (const one of steps) {
          if (typeof one === 'number') await advance(world, one);
          else if ('spans' in one) void journal.send(world, one.spans);
          else if ('mode' in one) modes[one.exporter] = one.mode;
          else {
            world.yaml = one.reload;
            await inTime(world, collector.reload());
            watch(world, journal, modes, known);
          }
          await turn();
          for (const { outcome, settledCount } of journal.entries) {
            if (outcome === 'open') expect(settledCount).toBe(0);
            else expect(settledCount).toBeLessThanOrEqual(1);
          }
          expect(unaccountedIn(collector)).toEqual([]);
        }
        await inTime(world, collector.shutdown());
        await advance(world, 12_000);
        expect(journal.tooLate).toEqual([]);
        expect(unaccountedIn(collector)).toEqual([]);
        if (journal.entries.every(({ outcome }) => outcome !== 'open'))
          expect(collector.metrics.total('signalbox.component.held_items')).toBe(0);
        for (const { outcome, settledCount } of journal.entries) {
          // Who was never answered sends again: the exporter hangs without a time limit.
          expect(settledCount).toBe(outcome === 'open' ? 0 : 1);
        }
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
