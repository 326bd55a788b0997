import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { Lease, STATUS_ERROR } from '#pdata';
import { traces } from '../testing/spans.ts';
import { type TailSamplingConfig, tailSamplingSchema } from './config.ts';
import { TailSamplingProcessor } from './tail-sampling.ts';

const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };

async function setUp(yaml: object = {}) {
  const settings = fakeSettings({ id: 'tail_sampling' });
  const next = new RecordingConsumer();
  const raw = { decision_wait: '10s', policies: [ERRORS], ...yaml };
  const sampler = new TailSamplingProcessor(settings, tailSamplingSchema.parse(raw) as TailSamplingConfig, next);
  await sampler.start();
  const settled: string[] = [];
  const send = async (record: string, spans: readonly { trace: string; isKept: boolean }[]): Promise<void> => {
    const lease = new Lease(() => settled.push(record));
    const batch = traces([
      { spans: spans.map(({ trace, isKept }) => ({ trace, ...(isKept && { status: STATUS_ERROR }) })) },
    ]);
    batch.lend(lease);
    await sampler.consume(batch);
    lease.release();
  };
  return { settings, next, sampler, settled, send };
}

test('small bodies share a chunk, but each is settled with its own spans', async () => {
  const { settings, next, settled, send } = await setUp();
  await send('a, kept and slow', [{ trace: 'a', isKept: true }]);
  await send('b', [{ trace: 'b', isKept: false }]);
  await settings.clock.advance(5000);
  await send('a and c', [
    { trace: 'a', isKept: false },
    { trace: 'c', isKept: false },
  ]);
  await send('d', [{ trace: 'd', isKept: false }]);
  let deliver = (): void => undefined;
  next.before = () =>
    new Promise((resolve) => {
      deliver = resolve;
    });
  await settings.clock.advance(6000);
  expect(settled).toEqual(['b']);
  deliver();
  await settings.clock.advance(0);
  expect(settled).toEqual(['b', 'a, kept and slow']);
  await settings.clock.advance(5000);
  expect([...settled].sort()).toEqual(['a and c', 'a, kept and slow', 'b', 'd']);
});

test('a span that is let go while bodies are put together ends its own lease only', async () => {
  const { settled, send } = await setUp({ num_traces: 2 });
  for (const trace of ['a', 'b', 'c', 'd']) await send(trace, [{ trace, isKept: false }]);
  expect(settled).toEqual(['a', 'b']);
});

test('every record is settled in the second of its last decision', async () => {
  const step = fc.oneof(
    fc.array(fc.record({ trace: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), isKept: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.constantFrom(1000, 3000),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, hasCache) => {
      const size = hasCache ? 50 : 0;
      const { settings, settled, send } = await setUp({
        decision_cache: { sampled_cache_size: size, non_sampled_cache_size: size },
      });
      /** When each trace is decided, by the second of its first span. */
      const dueS = new Map<string, number>();
      const records: number[] = [];
      let nowS = 0;
      const isRight = (): void => {
        const open = records.flatMap((due, n) => (due > nowS ? [String(n)] : []));
        for (const record of open) expect(settled).not.toContain(record);
        expect(settled).toHaveLength(records.length - open.length);
      };
      for (const one of steps) {
        if (typeof one === 'number') {
          await settings.clock.advance(one);
          nowS += one / 1000;
        } else {
          for (const { trace } of one) if (!dueS.has(trace)) dueS.set(trace, nowS + 11);
          // Late spans that are kept leave with the next second.
          records.push(Math.max(...one.map(({ trace }) => dueS.get(trace)!)));
          await send(String(records.length - 1), one);
          await settings.clock.advance(1000);
          nowS++;
        }
        isRight();
      }
    }),
    { numRuns: 100 },
  );
});
