import { expect, test } from 'vitest';
import { mergedRuns } from './merged-runs.ts';

const merged = (times: readonly number[]): readonly (readonly [number, number])[] => {
  const timesMs = Float64Array.from(times);
  const values = Float64Array.from(times, (time, i) => time * 100 + i);
  const before = [...timesMs];
  const found = mergedRuns(timesMs, values);
  expect([...timesMs]).toEqual(before);
  return Array.from(found.timesMs, (time, i) => [time, found.values[i]!]);
};

test.each([
  { name: 'nothing', times: [] },
  { name: 'in order', times: [1, 2, 5] },
  { name: 'two runs, one in the gaps of the other', times: [1, 2, 7, 8, 3, 4, 9] },
  { name: 'five runs', times: [9, 5, 6, 1, 2, 8, 3, 4, 0, 7] },
  { name: 'backwards', times: [5, 4, 3, 2, 1] },
])('by time: $name', ({ times }) => {
  const sorted = times.map((time, i) => [time, time * 100 + i] as const).sort(([a], [b]) => a - b);
  expect(merged(times)).toEqual(sorted);
});

test('each time once: the sample that came first', () => {
  expect(merged([1, 2, 3, 2, 3, 4, 4])).toEqual([
    [1, 100],
    [2, 201],
    [3, 302],
    [4, 405],
  ]);
});
