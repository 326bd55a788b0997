import { expect, test, vi } from 'vitest';
import { CalendarWatch } from './calendar-watch.ts';
import { ManualClock, systemClock } from './clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test('the calendar follows the wall clock when that is set, and durations do not', () => {
  const wall = vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
  try {
    const beforeMs = systemClock.monotonicMs();
    expect(systemClock.nowMs()).toBe(1_700_000_000_000);
    wall.mockReturnValue(1_700_000_000_000 + 20 * DAY_MS);
    expect(systemClock.nowMs()).toBe(1_700_000_000_000 + 20 * DAY_MS);
    expect(systemClock.monotonicMs() - beforeMs).toBeLessThan(HOUR_MS);
  } finally {
    wall.mockRestore();
  }
});

test.each([
  { name: 'a clock that is set ahead', byMs: 20 * DAY_MS },
  { name: 'a clock that is set back', byMs: -DAY_MS },
  { name: 'a suspend of a minute', byMs: 60_000 },
])('a jump is told once, and holding counts from it: $name', async ({ byMs }) => {
  const clock = new ManualClock();
  const jumps: number[] = [];
  const watch = new CalendarWatch(clock, (ms) => jumps.push(ms));
  watch.start();
  await clock.advance(2 * HOUR_MS);
  expect(watch.heldMs()).toBe(2 * HOUR_MS);
  clock.jump(byMs);
  await clock.advance(60_000);
  expect(jumps).toEqual([byMs]);
  expect(watch.heldMs()).toBeLessThanOrEqual(60_000);
  await clock.advance(HOUR_MS);
  expect(watch.heldMs()).toBeGreaterThanOrEqual(HOUR_MS);
  expect(jumps).toEqual([byMs]);
  watch.stop();
});

test('a calendar that is slewed is no jump', async () => {
  const clock = new ManualClock();
  const jumps: number[] = [];
  const watch = new CalendarWatch(clock, (ms) => jumps.push(ms));
  for (let hour = 0; hour < 48; hour++) {
    await clock.advance(HOUR_MS);
    clock.jump(1_800);
    watch.heldMs();
  }
  expect(jumps).toEqual([]);
  expect(watch.heldMs()).toBe(48 * HOUR_MS);
});
