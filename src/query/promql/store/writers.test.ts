import { expect, test } from 'vitest';
import type { FloatSamples } from '../source.ts';
import { added, doOverlap, writersOf } from './writers.ts';

const samples = (...points: readonly (readonly [timeMs: number, value: number, startMs: number])[]): FloatSamples => ({
  timesMs: Float64Array.from(points, ([timeMs]) => timeMs),
  values: Float64Array.from(points, ([, value]) => value),
  startsMs: Float64Array.from(points, ([, , startMs]) => startMs),
});

test('writers differ in when they began; a restart is none', () => {
  const restarted = samples([10, 5, 1], [20, 9, 1], [30, 2, 25]);
  expect(writersOf(restarted)).toEqual([restarted]);
  expect(writersOf(samples([10, 5, 0], [20, 9, 0]))).toHaveLength(1);
  const two = samples([10, 5, 1], [11, 100, 2], [20, 6, 1], [21, 110, 2]);
  expect(writersOf(two)).toEqual([samples([10, 5, 1], [20, 6, 1]), samples([11, 100, 2], [21, 110, 2])]);
});

test('their counters add up, through resets', () => {
  const a = samples([10, 5, 1], [20, 6, 1], [30, 2, 25]);
  const b = samples([11, 100, 2], [21, 110, 2]);
  expect(doOverlap([a, b])).toBe(true);
  const { timesMs, values } = added([a, b]);
  // Of those that report together, when the last one has.
  expect([...timesMs]).toEqual([11, 21, 30]);
  expect([...values]).toEqual([105, 116, 118]);
});

test('one that began later counts from nothing', () => {
  const { values } = added([samples([10, 5, 1], [20, 6, 1]), samples([30, 7, 25])]);
  expect([...values]).toEqual([5, 6, 13]);
});

test('one behind the other is the same counter, going on', () => {
  expect(doOverlap([samples([10, 5, 1], [20, 6, 1]), samples([21, 7, 1])])).toBe(false);
});
