import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { attributeKey, type SpanChunk, STATUS_ERROR } from '#pdata';
import { traces } from '../testing/spans.ts';
import { type TailSamplingConfig, tailSamplingSchema } from './config.ts';
import { TailSamplingProcessor } from './tail-sampling.ts';

/** The whole sampler against a model of a few lines, over requests of all sizes, with evictions, late spans and small caches. */

const WAIT_S = 3;
const REQUEST = attributeKey('request');
/** Makes a body large enough to be held as it is, where small ones are gathered. */
const LARGE = 'x'.repeat(70_000);

const request = fc.record({
  spans: fc.array(fc.record({ trace: fc.nat(12), isError: fc.boolean() }), { minLength: 1, maxLength: 12 }),
  isLarge: fc.boolean(),
});
const step = fc.oneof({ weight: 3, arbitrary: request }, { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 }) });

/** What the sampler should do, with plain maps. */
class Model {
  readonly #numTraces: number;
  readonly #cacheSize: number;
  readonly #pending = new Map<number, { dueTick: number; hasError: boolean; spans: string[] }>();
  readonly #sampled: number[] = [];
  readonly #notSampled: number[] = [];
  #tick = 0;
  readonly kept: string[] = [];
  readonly dropped: string[] = [];
  readonly evicted: string[] = [];

  constructor(numTraces: number, cacheSize: number) {
    this.#numTraces = numTraces;
    this.#cacheSize = cacheSize;
  }

  arrive(trace: number, isError: boolean, span: string): void {
    if (this.#sampled.includes(trace)) this.kept.push(span);
    else if (this.#notSampled.includes(trace)) this.dropped.push(span);
    else {
      if (!this.#pending.has(trace)) {
        if (this.#pending.size === this.#numTraces) {
          const [oldest, { spans }] = [...this.#pending][0]!;
          this.evicted.push(...spans);
          this.#pending.delete(oldest);
        }
        this.#pending.set(trace, { dueTick: this.#tick + 1 + WAIT_S, hasError: false, spans: [] });
      }
      const state = this.#pending.get(trace)!;
      state.hasError ||= isError;
      state.spans.push(span);
    }
  }

  advance(): void {
    this.#tick++;
    for (const [trace, { dueTick, hasError, spans }] of [...this.#pending]) {
      if (dueTick > this.#tick) continue;
      this.#pending.delete(trace);
      (hasError ? this.kept : this.dropped).push(...spans);
      const cache = hasError ? this.#sampled : this.#notSampled;
      cache.push(trace);
      if (cache.length > this.#cacheSize) cache.shift();
    }
  }
}

function collect(next: RecordingConsumer): string[] {
  const found: string[] = [];
  for (const chunk of next.batches.flatMap((batch) => batch.chunks)) {
    const view = (chunk as SpanChunk).view();
    for (let i = 0; i < chunk.count; i++) {
      view.row = chunk.rowAt(i);
      // Every span is still below the resource that it came with.
      expect(view.name.split('.')[0]).toBe(String(view.resource.attributes.get(REQUEST)));
      found.push(view.name);
    }
  }
  return found.sort();
}

test('keeps, drops and evicts what the model does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 14 }),
      fc.integer({ min: 1, max: 6 }),
      async (steps, numTraces, cacheSize) => {
        const settings = fakeSettings({ id: 'tail_sampling' });
        const next = new RecordingConsumer();
        const config = tailSamplingSchema.parse({
          decision_wait: `${WAIT_S}s`,
          num_traces: numTraces,
          decision_cache: { sampled_cache_size: cacheSize, non_sampled_cache_size: cacheSize },
          policies: [{ name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } }],
        }) as TailSamplingConfig;
        const sampler = new TailSamplingProcessor(settings, config, next);
        await sampler.start();
        const model = new Model(numTraces, cacheSize);
        let requests = 0;
        for (const action of [...steps, WAIT_S + 1]) {
          if (typeof action === 'number') {
            await settings.clock.advance(action * 1000);
            for (let tick = 0; tick < action; tick++) model.advance();
            continue;
          }
          const number = requests++;
          const spans = action.spans.map(({ trace, isError }, i) => ({
            trace: `trace ${trace}`,
            name: `${number}.${i}`,
            ...(isError ? { status: STATUS_ERROR } : {}),
            ...(action.isLarge && i === 0 ? { attributes: { large: LARGE } } : {}),
          }));
          await sampler.consume(traces([{ attributes: { request: number }, spans }]));
          action.spans.forEach(({ trace, isError }, i) => {
            model.arrive(trace, isError, `${number}.${i}`);
          });
        }
        expect(collect(next)).toEqual(model.kept.sort());
        const sum = (name: string, labels: Record<string, string>) =>
          settings.meter.sum(`processor_tail_sampling_${name}`, labels);
        expect(sum('count_spans_sampled', { sampled: 'true', decision: 'sampled' })).toBe(model.kept.length);
        expect(sum('count_spans_sampled', { sampled: 'false', decision: 'not_sampled' })).toBe(model.dropped.length);
        expect(settings.account.sum('dropped', 'dropped_too_early')).toBe(model.evicted.length);
        expect(sampler.describe()).toMatchObject({ traces: 0, spans: 0, wireBytes: 0 });
      },
    ),
    { numRuns: 150 },
  );
});
