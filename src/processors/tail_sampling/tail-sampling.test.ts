import { describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { type FakeSettings, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Batch, SpanChunk } from '#pdata';
import { STATUS_ERROR } from '#pdata';
import { type TestSpan, traces } from '../testing/spans.ts';
import { type TailSamplingConfig, tailSamplingSchema } from './config.ts';
import { TailSamplingProcessor } from './tail-sampling.ts';

const METRIC = 'processor_tail_sampling_';
const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
const EVERYTHING = { name: 'everything', type: 'always_sample' };

interface Setup {
  readonly settings: FakeSettings;
  readonly next: RecordingConsumer;
  readonly sampler: TailSamplingProcessor;
}

async function setUp(yaml: object = {}, id = 'tail_sampling'): Promise<Setup> {
  const settings = fakeSettings({ id });
  const next = new RecordingConsumer();
  const config = tailSamplingSchema.parse({
    decision_wait: '10s',
    policies: [ERRORS],
    ...yaml,
  }) as TailSamplingConfig;
  const sampler = new TailSamplingProcessor(settings, config, next);
  await sampler.start();
  return { settings, next, sampler };
}

function itemCounts(next: RecordingConsumer): number[] {
  return next.batches.map((batch) => batch.itemCount);
}

/** What came out: the names of the spans, per batch. */
function names(batches: readonly Batch[]): string[] {
  return batches
    .flatMap((batch) => batch.chunks)
    .flatMap((chunk) => {
      const view = (chunk as SpanChunk).view();
      return Array.from({ length: chunk.count }, (_, i) => {
        view.row = chunk.rowAt(i);
        return view.name;
      });
    });
}

function good(trace: string, name = trace): TestSpan {
  return { trace, name };
}
function bad(trace: string, name = trace): TestSpan {
  return { trace, name, status: STATUS_ERROR };
}
const batchOf = (...spans: TestSpan[]): Batch => traces([{ spans }]);

describe('timing', () => {
  test('a trace is decided decision_wait after its first span, as a whole', async () => {
    const { sampler, next, settings } = await setUp();
    await sampler.consume(batchOf(good('a', 'a1'), good('b', 'b1')));
    await settings.clock.advance(5000);
    await sampler.consume(batchOf(bad('a', 'a2'), good('b', 'b2')));
    await settings.clock.advance(5000);
    expect(next.batches).toHaveLength(0);
    await settings.clock.advance(1000);
    expect(names(next.batches).sort()).toEqual(['a1', 'a2']);
    expect(sampler.describe()).toMatchObject({ traces: 0, spans: 0, wireBytes: 0 });
  });

  test('never before decision_wait, and at most a second after it', async () => {
    const { sampler, next, settings } = await setUp({ decision_wait: '3s' });
    await settings.clock.advance(999);
    await sampler.consume(batchOf(bad('a')));
    await settings.clock.advance(3000);
    expect(next.batches).toHaveLength(0);
    await settings.clock.advance(1);
    expect(names(next.batches)).toEqual(['a']);
  });

  test('a root span shortens the wait where that is configured', async () => {
    const { sampler, next, settings } = await setUp({ decision_wait_after_root_received: '2s' });
    await sampler.consume(
      batchOf({ ...bad('a', 'a-child'), isChild: true }, { ...bad('b', 'b-child'), isChild: true }),
    );
    await settings.clock.advance(4000);
    await sampler.consume(batchOf(good('a', 'a-root')));
    await settings.clock.advance(3000);
    expect(names(next.batches).sort()).toEqual(['a-child', 'a-root']);
    await settings.clock.advance(4000);
    expect(names(next.batches)).toContain('b-child');
  });

  test('catches up when the process stood still', async () => {
    const { sampler, next, settings } = await setUp({ decision_wait: '2s' });
    await sampler.consume(batchOf(bad('a')));
    await settings.clock.advance(60_000);
    expect(names(next.batches)).toEqual(['a']);
  });
});

describe('late spans', () => {
  test.each([
    { name: 'from the caches', cache: {} },
    { name: 'from the table, without caches', cache: { sampled_cache_size: 0, non_sampled_cache_size: 0 } },
  ])('follow the decision: $name', async ({ cache }) => {
    const { sampler, next, settings } = await setUp({ decision_cache: cache });
    await sampler.consume(batchOf(bad('a', 'a1'), good('b', 'b1')));
    await settings.clock.advance(11_000);
    await sampler.consume(batchOf(good('a', 'a2'), bad('b', 'b2'), good('a', 'a3')));
    await settings.clock.advance(1000);
    expect(names(next.batches)).toEqual(['a1', 'a2', 'a3']);
    expect(settings.meter.sum(`${METRIC}count_spans_sampled`, { sampled: 'true', decision: 'sampled' })).toBe(3);
    expect(settings.meter.sum(`${METRIC}count_spans_sampled`, { sampled: 'false', decision: 'not_sampled' })).toBe(2);
    expect(settings.meter.sum(`${METRIC}new_trace_id_received`)).toBe(2);
    const fromCache = 'sampled_cache_size' in cache ? 0 : 1;
    expect(settings.meter.sum(`${METRIC}early_releases_from_cache_decision`, { sampled: 'true' })).toBe(fromCache * 2);
    expect(settings.meter.sum(`${METRIC}early_releases_from_cache_decision`, { sampled: 'false' })).toBe(fromCache);
  });

  test('without caches, a decided trace makes room before one that waits', async () => {
    const { sampler, settings } = await setUp({
      num_traces: 2,
      decision_cache: { sampled_cache_size: 0, non_sampled_cache_size: 0 },
    });
    await sampler.consume(batchOf(good('a'), good('b')));
    await settings.clock.advance(11_000);
    expect(sampler.describe().traces).toBe(2);
    await sampler.consume(batchOf(good('c')));
    expect(sampler.describe()).toMatchObject({ traces: 2, spans: 1 });
    expect(settings.meter.sum(`${METRIC}sampling_trace_dropped_too_early`)).toBe(0);
  });

  test('a decision that fell out of the cache is made again', async () => {
    const { sampler, settings } = await setUp({ decision_cache: { non_sampled_cache_size: 1 } });
    await sampler.consume(batchOf(good('a'), good('b')));
    await settings.clock.advance(11_000);
    await sampler.consume(batchOf(good('a'), good('b')));
    expect(settings.meter.sum(`${METRIC}new_trace_id_received`)).toBe(3);
  });
});

describe('limits', () => {
  test('the oldest undecided trace makes room, and is counted', async () => {
    const { sampler, next, settings } = await setUp({ num_traces: 2 });
    await sampler.consume(batchOf(bad('a'), bad('a'), bad('b'), bad('c')));
    await settings.clock.advance(11_000);
    expect(names(next.batches).sort()).toEqual(['b', 'c']);
    expect(settings.meter.sum(`${METRIC}sampling_trace_dropped_too_early`)).toBe(1);
    expect(settings.account.sum('dropped', 'dropped_too_early')).toBe(2);
  });

  test('block_on_overflow makes the sender wait for decisions instead', async () => {
    const { sampler, next, settings } = await setUp({ num_traces: 2, block_on_overflow: true });
    let isTaken = false;
    const sent = sampler.consume(batchOf(bad('a'), bad('b'), bad('c'), bad('d'), bad('e'))).then(() => {
      isTaken = true;
    });
    await settings.clock.advance(11_000);
    expect(isTaken).toBe(false);
    await settings.clock.advance(11_000);
    await sent;
    await settings.clock.advance(11_000);
    expect(names(next.batches)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(settings.meter.sum(`${METRIC}sampling_trace_dropped_too_early`)).toBe(0);
  });

  test('a sender that goes while it waits for room is refused; what was taken of it counts as added', async () => {
    const { sampler, settings } = await setUp({ num_traces: 2, block_on_overflow: true });
    const abort = new AbortController();
    const sent = sampler.consume(batchOf(bad('a'), bad('b'), bad('c')), abort.signal);
    abort.abort();
    await expect(sent).rejects.toMatchObject({ reason: 'cancelled' });
    expect(settings.account.sum('added', 'sent_again')).toBe(2);
    await settings.clock.advance(11_000);
    await sampler.consume(batchOf(bad('d')));
  });

  test('a trace beyond maximum_trace_size_bytes is dropped at once, with what follows', async () => {
    const { sampler, next, settings } = await setUp({ maximum_trace_size_bytes: 150 });
    await sampler.consume(batchOf(bad('a', 'a1'), bad('b'), bad('a', 'a2'), bad('a', 'a3'), bad('a', 'a4')));
    expect(settings.meter.sum(`${METRIC}traces_dropped_too_large`)).toBe(1);
    await settings.clock.advance(11_000);
    expect(names(next.batches)).toEqual(['b']);
    const lost = settings.account.sum('dropped', 'trace_too_large');
    const followed = settings.meter.sum(`${METRIC}count_spans_sampled`, { sampled: 'false', decision: 'not_sampled' });
    expect(lost + followed).toBe(4);
  });
});

describe('release', () => {
  test('sparse picks are copied out of their bodies, so that these can go', async () => {
    const { sampler, next, settings } = await setUp();
    const body = traces([
      {
        attributes: { 'service.name': 'shop' },
        spans: Array.from({ length: 3000 }, (_, i) => (i % 100 === 0 ? bad(`t${i}`) : good(`t${i}`))),
      },
    ]);
    await sampler.consume(body);
    await settings.clock.advance(11_000);
    const [chunk] = next.batches[0]!.chunks;
    expect(itemCounts(next)).toEqual([30]);
    expect(chunk!.layout.body.length).toBeLessThan(body.byteLength / 20);
    expect(chunk!.resourceAttributes.of(0).toObject()).toEqual({ 'service.name': 'shop' });
  });

  test('in batches of bounded size, each trace in one of them', async () => {
    const { sampler, next, settings } = await setUp({ policies: [EVERYTHING] });
    for (let request = 0; request < 3; request++) {
      const spans = Array.from({ length: 9000 }, (_, i) => good(`t${i >> 1}`, `${i >> 1}`));
      await sampler.consume(traces([{ spans }]));
    }
    await settings.clock.advance(11_000);
    expect(itemCounts(next).reduce((sum, count) => sum + count)).toBe(27_000);
    expect(Math.max(...itemCounts(next))).toBeLessThanOrEqual(8192 + 6);
    const batchesOf = new Map<string, Set<number>>();
    next.batches.forEach((batch, i) => {
      for (const name of names([batch])) batchesOf.set(name, (batchesOf.get(name) ?? new Set()).add(i));
    });
    expect([...batchesOf.values()].every((set) => set.size === 1)).toBe(true);
  });

  test('a refusal is tried again until it is taken', async () => {
    const { sampler, next, settings } = await setUp();
    let attempts = 0;
    next.before = () => {
      if (++attempts <= 3) throw new ConsumeError('full', { reason: 'queue_full' });
    };
    await sampler.consume(batchOf(bad('a')));
    await settings.clock.advance(11_000 + 1000 + 2000);
    expect(attempts).toBe(3);
    expect(settings.account.held('traces')).toBe(1);
    await settings.clock.advance(4000);
    expect(attempts).toBe(4);
    expect(names(next.batches)).toEqual(['a']);
    expect(settings.account.held('traces')).toBe(0);
    expect(settings.account.sum('dropped', 'queue_full')).toBe(0);
  });

  test('a permanent refusal is a loss, counted by its reason', async () => {
    const { sampler, next, settings } = await setUp();
    let attempts = 0;
    next.before = () => {
      attempts++;
      throw new ConsumeError('never', { permanent: true, reason: 'http_400' });
    };
    await sampler.consume(batchOf(bad('a'), bad('a')));
    await settings.clock.advance(60_000);
    expect(attempts).toBe(1);
    expect(settings.account.sum('dropped', 'http_400')).toBe(2);
  });

  test('after five minutes of refusals it gives up', async () => {
    const { sampler, next, settings } = await setUp();
    next.before = async () => Promise.reject(new ConsumeError('full', { reason: 'queue_full' }));
    await sampler.consume(batchOf(bad('a')));
    await settings.clock.advance(400_000);
    expect(settings.account.sum('dropped', 'queue_full')).toBe(1);
  });

  test('while the next component is stuck, traces wait undecided', async () => {
    const { sampler, next, settings } = await setUp({ policies: [EVERYTHING], num_traces: 200_000 });
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    next.before = () => {
      begun++;
      return gate.promise;
    };
    for (let request = 0; request < 10; request++) {
      const spans = Array.from({ length: 9000 }, (_, i) => good(`${request}.${i}`));
      await sampler.consume(traces([{ spans }]));
    }
    await settings.clock.advance(20_000);
    expect(sampler.describe().spans).toBeGreaterThan(0);
    expect(begun).toBe(4);
    gate.resolve();
    await settings.clock.advance(1000);
    expect(itemCounts(next).reduce((sum, count) => sum + count)).toBe(90_000);
    expect(sampler.describe().spans).toBe(0);
  });

  test('an attempt does not see what a component did to the one before', async () => {
    const { sampler, next, settings } = await setUp();
    const seen: Batch[] = [];
    next.before = async (batch) => {
      seen.push(batch);
      if (seen.length === 1) throw new ConsumeError('no');
    };
    await sampler.consume(batchOf(bad('a')));
    await settings.clock.advance(20_000);
    expect(seen[1]!.chunks[0]).not.toBe(seen[0]!.chunks[0]);
  });
});

describe('shutdown', () => {
  test('decides what waits by what is there', async () => {
    const { sampler, next } = await setUp();
    await sampler.consume(batchOf(bad('a'), good('b')));
    await sampler.shutdown(1000);
    expect(names(next.batches)).toEqual(['a']);
    await expect(sampler.consume(batchOf(bad('a')))).rejects.toMatchObject({ reason: 'shutdown', permanent: false });
    await sampler.shutdown(1000);
  });

  test('drops it if so configured, and counts it', async () => {
    const { sampler, next, settings } = await setUp({ drop_pending_traces_on_shutdown: true });
    await sampler.consume(batchOf(bad('a'), good('b')));
    await sampler.shutdown(1000);
    expect(next.batches).toEqual([]);
    expect(settings.account.sum('dropped', 'shutdown_undecided')).toBe(2);
  });

  test('counts what is not delivered by the deadline', async () => {
    const { sampler, next, settings } = await setUp({ policies: [EVERYTHING] });
    let attempts = 0;
    next.before = () => {
      attempts++;
      throw new ConsumeError('full', { reason: 'queue_full' });
    };
    await sampler.consume(batchOf(bad('a'), good('b')));
    const down = sampler.shutdown(5000);
    await settings.clock.advance(0);
    await settings.clock.advance(5000);
    await down;
    expect(attempts).toBe(3);
    expect(settings.account.sum('dropped', 'shutdown')).toBe(2);
  });

  test('a sender that waits for room is told to come again', async () => {
    const { sampler } = await setUp({ num_traces: 1, block_on_overflow: true });
    const sent = sampler.consume(batchOf(bad('a'), bad('b')));
    const answer = expect(sent).rejects.toMatchObject({ reason: 'shutdown' });
    await sampler.shutdown(1000);
    await answer;
  });
});

describe('metrics', () => {
  test('traces per policy and decision; the name of the component stands before the policy', async () => {
    const { sampler, settings } = await setUp(
      {
        policies: [
          ERRORS,
          EVERYTHING,
          {
            name: 'no-b',
            type: 'drop',
            drop: {
              drop_sub_policy: [
                { name: 'b', type: 'string_attribute', string_attribute: { key: 'b', values: ['yes'] } },
              ],
            },
          },
        ],
      },
      'tail_sampling/main',
    );
    await sampler.consume(batchOf(bad('a'), good('b'), { ...bad('b'), attributes: { b: 'yes' } }, good('c')));
    await settings.clock.advance(11_000);
    const count = (policy: string, decision: string, sampled: string) =>
      settings.meter.sum(`${METRIC}count_traces_sampled`, { policy: `main.${policy}`, decision, sampled });
    expect(count('errors', 'sampled', 'true')).toBe(1);
    expect(count('errors', 'not_sampled', 'false')).toBe(1);
    expect(count('everything', 'sampled', 'true')).toBe(2);
    expect(count('no-b', 'dropped', 'false')).toBe(1);
    expect(count('no-b', 'not_sampled', 'false')).toBe(2);
    const global = (decision: string, sampled: string) =>
      settings.meter.sum(`${METRIC}global_count_traces_sampled`, { decision, sampled });
    expect([global('sampled', 'true'), global('not_sampled', 'false'), global('dropped', 'false')]).toEqual([2, 0, 1]);
  });

  test('sample_on_first_match does not ask the policies behind', async () => {
    const { sampler, settings } = await setUp({ policies: [ERRORS, EVERYTHING], sample_on_first_match: true });
    await sampler.consume(batchOf(bad('a'), good('b')));
    await settings.clock.advance(11_000);
    const asked = settings.meter.sum(`${METRIC}count_traces_sampled`, {
      policy: 'everything',
      decision: 'sampled',
      sampled: 'true',
    });
    expect(asked).toBe(1);
  });

  test('the gauges read what is held', async () => {
    const { sampler, settings } = await setUp();
    await sampler.consume(batchOf(bad('a'), good('b'), good('b')));
    const read = (name: string) => settings.meter.read(METRIC + name);
    expect(read('sampling_traces_on_memory')).toBe(2);
    expect(settings.account.held('traces')).toBe(3);
    expect(read('held_bytes')).toBeGreaterThan(100);
    expect(read('memory_bytes')).toBeGreaterThan(read('held_bytes')!);
    await sampler.shutdown(1);
    expect(settings.account.held('traces')).toBe(0);
    expect(read('held_bytes')).toBeUndefined();
  });
});

describe("with otelcol's feature gate recordpolicy", () => {
  const COMPOSITE = {
    name: 'mixed',
    type: 'composite',
    composite: {
      max_total_spans_per_second: 1000,
      policy_order: ['slow', 'rest'],
      composite_sub_policy: [
        { name: 'slow', type: 'latency', latency: { threshold_ms: 60_000 } },
        { name: 'rest', type: 'always_sample' },
      ],
      rate_allocation: [
        { policy: 'slow', percent: 50 },
        { policy: 'rest', percent: 50 },
      ],
    },
  };

  /** The names of spans by what the attributes of their scope say. */
  async function recorded(policies: readonly object[], featureGates: readonly string[], late: boolean) {
    const settings = fakeSettings({ featureGates });
    const next = new RecordingConsumer();
    const config = tailSamplingSchema.parse({ decision_wait: '10s', policies }) as TailSamplingConfig;
    const sampler = new TailSamplingProcessor(settings, config, next);
    await sampler.start();
    // Spans of all traces share a scope.
    await sampler.consume(batchOf(bad('a'), good('b'), bad('c')));
    await settings.clock.advance(11_000);
    if (late) {
      await sampler.consume(batchOf(good('a', 'late')));
      await settings.clock.advance(2000);
    }
    await sampler.shutdown(1000);
    const found: Record<string, unknown> = {};
    for (const chunk of next.batches.flatMap((batch) => batch.chunks as SpanChunk[])) {
      const view = chunk.view();
      for (let i = 0; i < chunk.count; i++) {
        view.row = chunk.rowAt(i);
        found[view.name] = chunk.scopeAttributes.of(chunk.scopeOf(view.row)).toObject();
      }
    }
    return found;
  }
  const GATE = ['processor.tailsamplingprocessor.recordpolicy'];

  test('the scopes say which policy kept their spans, each trace its own', async () => {
    expect(await recorded([ERRORS, EVERYTHING], GATE, false)).toEqual({
      a: { 'tailsampling.policy': 'errors' },
      b: { 'tailsampling.policy': 'everything' },
      c: { 'tailsampling.policy': 'errors' },
    });
  });

  test('and which part of a composite policy', async () => {
    expect(await recorded([COMPOSITE], GATE, false)).toMatchObject({
      a: { 'tailsampling.policy': 'mixed', 'tailsampling.composite_policy': 'rest' },
    });
  });

  test('late spans say that their trace was decided before', async () => {
    expect(await recorded([ERRORS], GATE, true)).toEqual({
      a: { 'tailsampling.policy': 'errors' },
      c: { 'tailsampling.policy': 'errors' },
      late: { 'tailsampling.cached_decision': true },
    });
  });

  test('nothing is written without it', async () => {
    expect(await recorded([ERRORS, EVERYTHING], [], true)).toEqual({ a: {}, b: {}, c: {}, late: {} });
  });
});

describe('span-ingest', () => {
  const onIngest = (policies: readonly object[], yaml: object = {}): Promise<Setup> =>
    setUp({ sampling_strategy: 'span-ingest', policies, ...yaml });

  test('a trace goes on as soon as spans of it say so, with what waited and what comes later', async () => {
    const { sampler, next, settings } = await onIngest([ERRORS]);
    await sampler.consume(batchOf(good('a', 'a1'), good('b', 'b1')));
    expect(next.batches).toHaveLength(0);
    await sampler.consume(batchOf(good('c', 'c1'), bad('a', 'a2'), good('a', 'a3')));
    await Promise.resolve();
    expect(names(next.batches).sort()).toEqual(['a1', 'a2', 'a3']);
    await sampler.consume(batchOf(good('a', 'a4'), bad('b', 'b2')));
    await settings.clock.advance(1000);
    expect(names(next.batches).sort()).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'b2']);
    await settings.clock.advance(11_000);
    expect(sampler.describe()).toMatchObject({ traces: 0, spans: 0, wireBytes: 0 });
    expect(settings.meter.sum(`${METRIC}count_spans_sampled`, { sampled: 'false', decision: 'not_sampled' })).toBe(1);
  });

  test('only spans that came together count, of one resource', async () => {
    const both = {
      name: 'both',
      type: 'and',
      and: {
        and_sub_policy: [
          ERRORS,
          { name: 'slow', type: 'string_attribute', string_attribute: { key: 'k', values: ['v'] } },
        ],
      },
    };
    const { sampler, next, settings } = await onIngest([both]);
    const slow = (trace: string): TestSpan => ({ ...good(trace), attributes: { k: 'v' } });
    await sampler.consume(batchOf(bad('a')));
    await sampler.consume(batchOf(slow('a')));
    await sampler.consume(traces([{ spans: [bad('b')] }, { spans: [slow('b')] }]));
    await sampler.consume(batchOf(bad('c'), good('d'), slow('c')));
    await settings.clock.advance(20_000);
    expect(names(next.batches)).toEqual(['c', 'c']);
  });

  test('how many spans there are counts from the first one on', async () => {
    const { sampler, next, settings } = await onIngest([
      { name: 'n', type: 'span_count', span_count: { min_spans: 3 } },
    ]);
    for (let n = 0; n < 3; n++) await sampler.consume(batchOf(good('a'), ...(n === 0 ? [good('b')] : [])));
    await settings.clock.advance(20_000);
    expect(names(next.batches)).toEqual(['a', 'a', 'a']);
  });

  test('what a drop policy matches goes at once, and while there is one nothing is kept', async () => {
    const drop = { name: 'd', type: 'drop', drop: { drop_sub_policy: [ERRORS] } };
    const { sampler, next, settings } = await onIngest([EVERYTHING, drop]);
    await sampler.consume(batchOf(bad('a'), good('b')));
    expect(sampler.describe()).toMatchObject({ traces: 1, spans: 1 });
    await settings.clock.advance(20_000);
    expect(next.batches).toHaveLength(0);
    expect(settings.account.sum('sampled_out', 'drop_policy')).toBe(1);
    expect(settings.account.sum('sampled_out', 'not_sampled')).toBe(1);
  });
});
