import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { type FakeSettings, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Batch, SpanChunk } from '#pdata';
import { STATUS_ERROR } from '#pdata';
import { type TestSpan, traces } from '../testing/spans.ts';
import { type TailSamplingConfig, tailSamplingSchema } from './config.ts';
import { TailSamplingProcessor } from './tail-sampling.ts';

const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
const ALL = { name: 'all', type: 'always_sample' };

function bad(trace: string, name = trace): TestSpan {
  return { trace, name, status: STATUS_ERROR };
}
const batchOf = (...spans: TestSpan[]): Batch => traces([{ spans }]);

function names(next: RecordingConsumer): string[] {
  return next.batches
    .flatMap((batch) => batch.chunks)
    .flatMap((chunk) => {
      const view = (chunk as SpanChunk).view();
      return Array.from({ length: chunk.count }, (_, i) => {
        view.row = chunk.rowAt(i);
        return view.name;
      });
    });
}

/** Instances of one sampler that follow each other in one collector: one clock, one account. */
class Line {
  readonly settings: FakeSettings = fakeSettings({ id: 'tail_sampling' });
  readonly next: RecordingConsumer = new RecordingConsumer();
  sampler: TailSamplingProcessor;

  constructor(yaml: object = {}) {
    this.sampler = this.make(yaml);
  }

  make(yaml: object): TailSamplingProcessor {
    const raw = { decision_wait: '10s', policies: [ERRORS], ...yaml };
    return new TailSamplingProcessor(this.settings, tailSamplingSchema.parse(raw) as TailSamplingConfig, this.next);
  }

  async replace(yaml: object): Promise<void> {
    const successor = this.make(yaml);
    const close = this.sampler.handOver(successor);
    await this.sampler.shutdown(1000);
    this.sampler = successor;
    await successor.start();
    close();
  }

  async send(...spans: TestSpan[]): Promise<void> {
    await this.sampler.consume(batchOf(...spans));
  }
}

test('traces wait on for what they have left, and the new policies decide', async () => {
  const line = new Line();
  await line.sampler.start();
  await line.send(bad('a'), { trace: 'b', name: 'b' });
  await line.settings.clock.advance(6000);
  await line.send(bad('c'));
  await line.replace({ policies: [ALL] });
  expect(names(line.next)).toEqual([]);
  expect(line.settings.account.held('traces')).toBe(3);
  await line.send(bad('a', 'a2'));
  await line.settings.clock.advance(5000);
  expect(names(line.next).sort()).toEqual(['a', 'a2', 'b']);
  await line.settings.clock.advance(6000);
  expect(names(line.next).sort()).toEqual(['a', 'a2', 'b', 'c']);
  expect(line.settings.account.reports).toEqual([]);
});

test.each([
  { name: 'caches', cache: { sampled_cache_size: 10, non_sampled_cache_size: 10 } },
  { name: 'the table of traces', cache: { sampled_cache_size: 0, non_sampled_cache_size: 0 } },
])('decisions are remembered, in $name', async ({ cache }) => {
  const line = new Line({ decision_cache: cache });
  await line.sampler.start();
  await line.send(bad('a'), { trace: 'b', name: 'b' });
  await line.settings.clock.advance(11_000);
  await line.replace({ policies: [ALL], decision_cache: cache });
  await line.send({ trace: 'a', name: 'late a' }, { trace: 'b', name: 'late b' });
  await line.settings.clock.advance(11_000);
  expect(names(line.next)).toEqual(['a', 'late a']);
  expect(line.settings.account.sum('sampled_out', 'not_sampled')).toBe(2);
});

test('what is kept and was refused is tried again by the successor', async () => {
  const line = new Line();
  await line.sampler.start();
  line.next.before = () => {
    throw new ConsumeError('full');
  };
  await line.send(bad('a'));
  await line.settings.clock.advance(11_000);
  await line.replace({ policies: [ALL] });
  line.next.before = () => undefined;
  await line.settings.clock.advance(0);
  expect(names(line.next)).toEqual([]);
  await line.settings.clock.advance(60_000);
  expect(names(line.next)).toEqual(['a']);
  expect(line.settings.account.reports).toEqual([]);
});

test('a successor with less room drops the oldest, and says so', async () => {
  const line = new Line();
  await line.sampler.start();
  await line.send(bad('a'));
  await line.settings.clock.advance(1000);
  await line.send(bad('b'), bad('c'));
  await line.replace({ num_traces: 2, block_on_overflow: true });
  expect(line.settings.account.sum('dropped', 'dropped_too_early')).toBe(1);
  await line.settings.clock.advance(11_000);
  expect(names(line.next)).toEqual(['b', 'c']);
});

test('without a successor it decides by what is there', async () => {
  const line = new Line();
  await line.sampler.start();
  await line.send(bad('a'), { trace: 'b' });
  line.sampler.handOver(undefined)();
  await line.sampler.shutdown(1000);
  expect(names(line.next)).toEqual(['a']);
});

test('however often it is replaced, what comes out is what comes out without that', async () => {
  const step = fc.oneof(
    fc.record({ trace: fc.constantFrom('a', 'b', 'c', 'd', 'e'), isError: fc.boolean() }),
    fc.constantFrom(700, 2000, 5500),
    fc.constant('replace' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, hasCache) => {
      const size = hasCache ? 50 : 0;
      const yaml = { decision_cache: { sampled_cache_size: size, non_sampled_cache_size: size } };
      const lines = [new Line(yaml), new Line(yaml)];
      for (const [i, line] of lines.entries()) {
        await line.sampler.start();
        let n = 0;
        for (const one of steps) {
          if (typeof one === 'number') await line.settings.clock.advance(one);
          else if (one !== 'replace') {
            const status = one.isError ? { status: STATUS_ERROR } : {};
            await line.send({ trace: one.trace, name: String(n++), ...status });
          } else if (i === 1) await line.replace(yaml);
        }
        await line.settings.clock.advance(30_000);
        expect(line.settings.account.held('traces')).toBe(0);
      }
      // When a trace is decided differs by parts of a second, so that single spans may be late; none is gone.
      const [plain, replaced] = lines.map(
        (line) => names(line!.next).length + line!.settings.account.sum('sampled_out'),
      );
      expect(replaced).toBe(plain);
    }),
    { numRuns: 100 },
  );
});
