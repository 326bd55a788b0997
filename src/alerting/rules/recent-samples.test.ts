import { expect, test } from 'vitest';
import { ManualClock } from '#base';
import { Labels, MemorySource } from '#query/promql.ts';
import { RecentSamples } from './recent-samples.ts';
import type { RuleSample } from './sink.ts';

const LABELS = Labels.of([['__name__', 'x']]);
const sample = (timeMs: number, value: number, isStale = false): RuleSample => ({
  labels: LABELS,
  timeMs,
  value,
  histogram: undefined,
  isStale,
});
const ALL = { matchers: [{ name: '__name__', operator: '=', value: 'x' }], fromMs: -1, toMs: 1e9 } as const;

test('what was written is there at once, beside what is stored, each time once', async () => {
  const stored = new MemorySource();
  const recent = new RecentSamples({ append: async () => undefined }, new ManualClock());
  const source = recent.over(stored);
  await recent.append([sample(2000, 2)]);
  expect((await source.select(ALL)).map(({ floats }) => [...floats.values])).toEqual([[2]]);
  stored.add(LABELS, 1000, { kind: 'float', value: 1 });
  stored.add(LABELS, 2000, { kind: 'float', value: 2 });
  await recent.append([sample(3000, 3), sample(4000, 0, true)]);
  const [series] = await source.select(ALL);
  expect([...series!.floats.timesMs]).toEqual([1000, 2000, 3000]);
  expect([...series!.floats.values]).toEqual([1, 2, 3]);
  expect([...series!.staleMs!]).toEqual([4000]);
  expect(await source.select({ ...ALL, matchers: [{ name: '__name__', operator: '=', value: 'y' }] })).toEqual([]);
  expect(await source.select({ ...ALL, fromMs: 4000 })).toEqual([]);
});

test('it is forgotten after a minute', async () => {
  const clock = new ManualClock();
  const recent = new RecentSamples({ append: async () => undefined }, clock);
  const source = recent.over(new MemorySource());
  await recent.append([sample(1000, 1)]);
  await clock.advance(61_000);
  await recent.append([sample(62_000, 2)]);
  const [series] = await source.select(ALL);
  expect([...series!.floats.values]).toEqual([2]);
});

test('what the sink refuses is not there', async () => {
  const recent = new RecentSamples({ append: () => Promise.reject(new Error('full')) }, new ManualClock());
  await expect(recent.append([sample(1000, 1)])).rejects.toThrow('full');
  expect(await recent.over(new MemorySource()).select(ALL)).toEqual([]);
});
