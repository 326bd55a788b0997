import { expect, test } from 'vitest';
import { SeriesSet } from './series-set.ts';

const RENEW_SECONDS = 3600;
const BEGIN = 1_790_000_000;
const IDS: readonly (readonly [low: number, high: number])[] = Array.from({ length: 20_000 }, (_, i) => [
  Math.imul(i + 1, 0x9e3779b1) >>> 0,
  Math.imul(i + 7, 0x85ebca6b) >>> 0,
]);

function due(set: SeriesSet, atSeconds: number, ids = IDS): number {
  return ids.filter(([low, high]) => set.isDue(low, high, atSeconds, RENEW_SECONDS)).length;
}

test('each id is due once until it is time to renew it, however many come after it', () => {
  const set = new SeriesSet(100_000);
  expect(due(set, BEGIN)).toBe(IDS.length);
  expect(set.size).toBe(IDS.length);
  expect(due(set, BEGIN + RENEW_SECONDS - 1)).toBe(0);
  expect(due(set, BEGIN + RENEW_SECONDS)).toBe(IDS.length);
  expect(due(set, BEGIN + RENEW_SECONDS)).toBe(0);
});

test('times that were noted stay when the set grows', () => {
  const set = new SeriesSet(100_000);
  const first = IDS.slice(0, 100);
  due(set, BEGIN, first);
  due(set, BEGIN + RENEW_SECONDS / 2);
  expect(due(set, BEGIN + RENEW_SECONDS, first)).toBe(100);
  expect(due(set, BEGIN + RENEW_SECONDS, IDS.slice(100))).toBe(0);
});

test('a full set forgets all that it had', () => {
  const set = new SeriesSet(5_000);
  due(set, BEGIN, IDS.slice(0, 5_000));
  expect(set.size).toBe(5_000);
  due(set, BEGIN, IDS.slice(5_000, 5_001));
  expect(set.size).toBe(1);
  expect(due(set, BEGIN, IDS.slice(0, 10))).toBe(10);
});
