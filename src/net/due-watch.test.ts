import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DueWatch, requestDueMs, type Watched } from './due-watch.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function watched(inMs: number): Watched & { dueMs: number; expiries: number } {
  const one = {
    dueMs: performance.now() + inMs,
    expiries: 0,
    expire: () => void one.expiries++,
  };
  return one;
}

test('what is due expires once, what moved on or is done does not', () => {
  const watch = new DueWatch();
  const [late, moved, done] = [watched(1000), watched(1000), watched(1000)];
  for (const one of [late, moved, done]) watch.add(one);
  vi.advanceTimersByTime(900);
  expect(late.expiries).toBe(0);
  moved.dueMs += 10_000;
  watch.delete(done);
  vi.advanceTimersByTime(5000);
  expect([late.expiries, moved.expiries, done.expiries]).toEqual([1, 0, 0]);
  vi.advanceTimersByTime(10_000);
  expect([late.expiries, moved.expiries]).toEqual([1, 1]);
});

test('its timer ends when nothing is left to watch, and comes back', () => {
  const watch = new DueWatch();
  watch.add(watched(0));
  vi.advanceTimersByTime(2000);
  expect(vi.getTimerCount()).toBe(0);
  const one = watched(100);
  watch.add(one);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1000);
  expect(one.expiries).toBe(1);
});

test('a request gets longer with what has come of it', () => {
  expect(requestDueMs(1000, 30_000, 0)).toBe(31_000);
  expect(requestDueMs(1000, 30_000, 16_000)).toBe(32_000);
});
