import { afterEach, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { eventually } from './testing/eventually.ts';
import { after, every, reportTimerFailuresTo } from './timers.ts';

let reported: unknown[] = [];
reportTimerFailuresTo((error) => {
  reported.push(error);
  throw new Error('and the report fails, too');
});
afterEach(() => {
  reported = [];
});

test('a throw in a timer is reported, and ends nothing', async () => {
  after(0, () => {
    throw new Error('once');
  });
  await eventually('report 1', () => reported.length === 1);
  systemClock.after(0, () => {
    throw new Error('of the clock');
  });
  await eventually('report 2', () => reported.length === 2);
  after(0, () => Promise.reject(new Error('later')));
  await eventually('report 3', () => reported.length === 3);
  expect(reported.map(String)).toEqual(['Error: once', 'Error: of the clock', 'Error: later']);
});

test('an interval goes on after a failure', async () => {
  let runs = 0;
  const timer = every(1, () => {
    runs++;
    throw new Error('each time');
  });
  await eventually('three runs', () => runs >= 3);
  timer.cancel();
  expect(reported.length).toBe(runs);
});

test('a cancelled timer does not run', async () => {
  let runs = 0;
  after(1, () => runs++).cancel();
  // Timers run in the order of their times.
  await new Promise<void>((resolve) => void after(2, resolve));
  expect(runs).toBe(0);
});
