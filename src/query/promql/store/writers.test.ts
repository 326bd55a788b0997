import { describe, expect, test } from 'vitest';
import { bucketsFrom, EMPTY_HISTOGRAM, type FloatHistogram } from '../histogram/index.ts';
import { Labels } from '../labels.ts';
import type { FloatSamples, StoredSeries } from '../source.ts';
import { together } from './together.ts';
import { added, addedLevels, doOverlap, writersOf } from './writers.ts';

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

test('levels are the sum of what each that is there last said', () => {
  const a = samples([10, 5, 1], [20, 6, 1], [30, 7, 1], [40, 4, 1]);
  const b = samples([12, 100, 2], [22, 50, 2]);
  const { timesMs, values } = addedLevels([a, b]);
  // The second one is gone at 40: it was last heard of at 22.
  expect([...timesMs]).toEqual([12, 22, 30, 40]);
  expect([...values]).toEqual([105, 56, 57, 4]);
});

describe('one set of labels', () => {
  const histogram = (count: number): FloatHistogram => ({
    ...EMPTY_HISTOGRAM,
    count,
    sum: count * 3,
    positive: bucketsFrom(1, [count]),
  });
  const series = (
    sharing: StoredSeries['sharing'],
    points: readonly (readonly [timeMs: number, value: number, startMs: number])[],
    isHistogram = false,
  ): StoredSeries => {
    const floats = samples(...points);
    return {
      labels: Labels.of([['__name__', 'x']]),
      sharing: sharing!,
      floats: isHistogram ? samples() : floats,
      histograms: isHistogram ? { ...floats, values: Array.from(floats.values, histogram) } : undefined,
      staleMs: undefined,
    };
  };
  const A = [
    [10, 5, 1],
    [20, 6, 1],
    [30, 2, 25],
  ] as const;
  const B = [
    [11, 100, 2],
    [21, 110, 2],
    [31, 120, 2],
  ] as const;

  test('native histograms add up as counters do', () => {
    const [one] = together([series('counter', A, true), series('counter', B, true)]);
    expect([...one!.histograms!.timesMs]).toEqual([11, 21, 31]);
    expect(one!.histograms!.values.map(({ count, sum }) => [count, sum])).toEqual([
      [105, 315],
      [116, 348],
      [128, 384],
    ]);
  });

  test('native histograms of several writers in one stored series, too', () => {
    const mixed = [...A.slice(0, 2), ...B.slice(0, 2)].sort(([a], [b]) => a - b);
    const [one] = together([series('counter', mixed, true)]);
    expect(one!.histograms!.values.map(({ count }) => count)).toEqual([105, 116]);
  });

  test('a gauge has the newest value of any, and a note', () => {
    const notes: string[] = [];
    const [one] = together([series('gauge', A), series('gauge', B)], (text) => void notes.push(text));
    expect([...one!.floats.values]).toEqual([5, 100, 6, 110, 2, 120]);
    expect(notes).toEqual([expect.stringContaining('"x" has series of several processes')]);
    together([series('gauge', A)], (text) => void notes.push(text));
    expect(notes).toHaveLength(1);
  });
});
