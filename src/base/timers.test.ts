import { afterEach, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { after, every, reportTimerFailuresTo } from './timers.ts';

let reported: unknown[] = [];
reportTimerFailuresTo((error) => {
  reported.push(error);
  throw new Error('and the report fails, too');
});
afterEach(() => {
  reported = [];
});

async function until(what: () => boolean): Promise<void> {
  // This clock is the test's own.
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('a throw in a timer is reported, and ends nothing', async () => {
  after(0, () => {
    throw new Error('once');
  });
  await until(() => reported.length === 1);
  systemClock.after(0, () => {
    throw new Error('of the clock');
  });
  await until(() => reported.length === 2);
  after(0, () => Promise.reject(new Error('later')));
  await until(() => reported.length === 3);
  expect(reported.map(String)).toEqual(['Error: once', 'Error: of the clock', 'Error: later']);
});

test('an interval goes on after a failure', async () => {
  let runs = 0;
  const timer = every(1, () => {
    runs++;
    throw new Error('each time');
  });
  await until(() => runs >= 3);
  timer.cancel();
  expect(reported.length).toBe(runs);
});

test('a cancelled timer does not run', async () => {
  let runs = 0;
  after(1, () => runs++).cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(runs).toBe(0);
});
