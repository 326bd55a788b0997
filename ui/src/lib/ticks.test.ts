import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAxisTime } from './format.ts';
import { labelledRows, linearTicks, logTicks, niceStep, timeTicks } from './ticks.ts';

test('time ticks are round local times within the range', () => {
  const from = new Date(2026, 10, 22, 13, 52, 11).getTime();
  const ticks = timeTicks(from, from + 3_600_000, 8);
  expect(ticks.length).toBeGreaterThanOrEqual(4);
  expect(ticks.length).toBeLessThanOrEqual(8);
  for (const tick of ticks) {
    expect(new Date(tick).getMinutes() % 5).toBe(0);
    expect(new Date(tick).getSeconds()).toBe(0);
  }
  expect(timeTicks(5, 5, 4)).toEqual([]);
});

test('day ticks are at local midnight', () => {
  const from = new Date(2026, 0, 5, 9).getTime();
  for (const tick of timeTicks(from, from + 6 * 86_400_000, 8)) expect(new Date(tick).getHours()).toBe(0);
});

describe('over a change of the clock in New York', () => {
  const zone = process.env.TZ;
  beforeAll(() => {
    process.env.TZ = 'America/New_York';
  });
  afterAll(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  // 2026-11-01 02:00 the clock goes back, 2026-03-08 02:00 it leaps.
  test.each(['2026-11-15T15:30:00Z', '2026-03-20T15:30:00Z'])(
    '30 days until %s: every mark is a midnight and a day of its own',
    (end) => {
      const to = Date.parse(end);
      for (const [days, count] of [
        [30, 10],
        [30, 40],
        [14, 14],
        [90, 8],
      ] as const) {
        const ticks = timeTicks(to - days * 86_400_000, to, count);
        expect(ticks.length).toBeGreaterThan(2);
        for (const tick of ticks) expect(new Date(tick).getHours()).toBe(0);
        const labels = ticks.map((tick) => formatAxisTime(tick, days * 86_400_000));
        expect(new Set(labels).size).toBe(labels.length);
      }
    },
  );

  test.each(['2026-11-02T05:00:00Z', '2026-03-09T04:00:00Z'])(
    'two days until %s: every mark is a round hour',
    (end) => {
      const to = Date.parse(end);
      const ticks = timeTicks(to - 2 * 86_400_000, to, 9);
      expect(ticks.length).toBeGreaterThan(4);
      for (const tick of ticks) expect([new Date(tick).getHours() % 6, new Date(tick).getMinutes()]).toEqual([0, 0]);
      expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
    },
  );
});

test('linear ticks begin at zero and stay within the largest value', () => {
  expect(linearTicks(20, 2)).toEqual([0, 10, 20]);
  expect(linearTicks(45, 3)).toEqual([0, 20, 40]);
  expect(linearTicks(0, 2)).toEqual([0]);
});

test('log ticks are powers of ten', () => {
  expect(logTicks(5e5, 2e10)).toEqual([1e6, 1e7, 1e8, 1e9, 1e10]);
  expect(logTicks(2e6, 5e7)).toEqual([3e6, 1e7, 3e7]);
});

test('steps are 1, 2 or 5 times a power of ten', () => {
  expect([0.7, 1, 1.4, 3, 6, 20, 21].map(niceStep)).toEqual([1, 1, 2, 5, 10, 20, 50]);
});

test('of buckets the powers of ten are written where they have room, or else each of so many', () => {
  const fifths = Array.from({ length: 16 }, (_, i) => 10 ** (3 + i / 5));
  expect([...labelledRows(fifths, 16, 4)]).toEqual([0, 5, 10, 15]);
  expect([...labelledRows(fifths.slice(2), 14, 4)]).toEqual([3, 8, 13]);
  expect([...labelledRows(fifths, 16, 6)]).toEqual([0, 6, 12]);
  expect([...labelledRows([5, 25, 75, 250, 750], 5, 2)]).toEqual([0, 2, 4]);
  expect([...labelledRows(undefined, 5, 3)]).toEqual([0, 3]);
});
