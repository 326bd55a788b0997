import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { whenAskedToStop } from './stop-signals.ts';

/** How often a process is ended at once by signals at these times. */
async function endsAfter(
  ...signals: readonly (readonly [ms: number, signal: 'SIGINT' | 'SIGTERM'])[]
): Promise<number> {
  const process = new EventEmitter();
  let nowMs = 0;
  let ends = 0;
  const stop = whenAskedToStop({ process, nowMs: () => nowMs, endAtOnce: () => ends++ });
  for (const [ms, signal] of signals) {
    nowMs = ms;
    process.emit(signal);
  }
  await stop;
  return ends;
}

test('a signal that comes twice within half a second is one, whichever two they are', async () => {
  expect(await endsAfter([10, 'SIGINT'])).toBe(0);
  expect(await endsAfter([10, 'SIGINT'], [10, 'SIGINT'], [510, 'SIGTERM'])).toBe(0);
  expect(await endsAfter([10, 'SIGTERM'], [400, 'SIGINT'])).toBe(0);
});

test('who asks again later wants the end at once', async () => {
  expect(await endsAfter([10, 'SIGINT'], [511, 'SIGINT'])).toBe(1);
  expect(await endsAfter([10, 'SIGINT'], [300, 'SIGINT'], [600, 'SIGTERM'])).toBe(1);
});
