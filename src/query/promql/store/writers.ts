import type { FloatSamples } from '../source.ts';

/**
 * Several writers of one counter: replicas or workers that no label tells apart. Prometheus has one counter for a set of labels, so theirs are
 * added up: it grows by what each of them grows by. A sum that can fall is what each of them says, added up.
 */

/** More writers than this are left as they came; a counter that restarts all the time has as many. */
const MAX_WRITERS = 1000;

/** The places of samples by their writers; undefined where all are one's. */
export function placesByWriter(startsMs: Float64Array | undefined): readonly (readonly number[])[] | undefined {
  if (startsMs === undefined || !isInterleaved(startsMs)) return undefined;
  const places = new Map<number, number[]>();
  startsMs.forEach((startMs, i) => {
    const known = places.get(startMs);
    if (known === undefined) places.set(startMs, [i]);
    else known.push(i);
  });
  return places.size > MAX_WRITERS ? undefined : [...places.values()];
}

/**
 * The samples of a stored series by their writers, which differ in when they began to count. A restart is no writer of its own: another one is
 * there where an older start comes back.
 */
export function writersOf(samples: FloatSamples): readonly FloatSamples[] {
  const { timesMs, values, startsMs } = samples;
  const places = placesByWriter(startsMs);
  if (places === undefined) return [samples];
  return places.map((own) => ({
    timesMs: Float64Array.from(own, (i) => timesMs[i]!),
    values: Float64Array.from(own, (i) => values[i]!),
    startsMs: Float64Array.from(own, (i) => startsMs![i]!),
  }));
}

function isInterleaved(startsMs: Float64Array): boolean {
  for (let i = 1; i < startsMs.length; i++) if (startsMs[i]! > 0 && startsMs[i]! < startsMs[i - 1]!) return true;
  return false;
}

/** Whether one begins before another one has ended. */
export function doOverlap(writers: readonly Pick<FloatSamples, 'timesMs'>[]): boolean {
  const spans = writers
    .filter(({ timesMs }) => timesMs.length > 0)
    .map(({ timesMs }) => [timesMs[0]!, timesMs.at(-1)!] as const)
    .sort(([a], [b]) => a - b);
  return spans.some(([from], i) => i > 0 && from <= spans[i - 1]![1]);
}

/**
 * One counter, with about as many samples as one of the writers has: more would make rates believe that they see the edges of their range more
 * closely than any writer does. It never falls: what a writer had before a reset stays in it. A writer that is first seen later
 * counts from the beginning with its first value, unless it is known to have begun later: then with nothing.
 */
export function added(writers: readonly FloatSamples[]): FloatSamples {
  const { all, timesMs } = sharedTimes(writers);
  const values = new Float64Array(timesMs.length);
  for (const { timesMs: own, values: counts, startsMs } of writers) {
    if (own.length === 0) continue;
    const isNew = (startsMs?.[0] ?? 0) > all[0]!;
    let total = isNew ? 0 : counts[0]!;
    let last = total;
    let next = 0;
    for (let i = 0; i < timesMs.length; i++) {
      for (; next < own.length && own[next]! <= timesMs[i]!; next++) {
        const value = counts[next]!;
        total += value < last ? value : value - last;
        last = value;
      }
      values[i]! += total;
    }
  }
  return { timesMs, values, startsMs: undefined };
}

/** A writer that has not been heard of for so many of its intervals is gone. */
const GONE_INTERVALS = 1.5;

/** One level, such as how many requests are served now: at each time the sum of what each writer last said that is still there. */
export function addedLevels(writers: readonly FloatSamples[]): FloatSamples {
  const { timesMs } = sharedTimes(writers);
  const values = new Float64Array(timesMs.length);
  const usualMs = usualIntervalMs(writers);
  for (const { timesMs: own, values: levels, startsMs } of writers) {
    if (own.length === 0) continue;
    const marginMs = GONE_INTERVALS * (intervalMs(own) || usualMs);
    // Before its first sample in the range it was there, too, if it had begun.
    const fromMs = Math.max(startsMs?.[0] ?? 0, own[0]! - marginMs);
    const toMs = own.at(-1)! + marginMs;
    let at = 0;
    for (let i = 0; i < timesMs.length; i++) {
      const timeMs = timesMs[i]!;
      while (at + 1 < own.length && own[at + 1]! <= timeMs) at++;
      if (timeMs >= fromMs && timeMs <= toMs) values[i]! += levels[at]!;
    }
  }
  return { timesMs, values, startsMs: undefined };
}

/** All times of all writers, and those of them that samples which are added up have: about as many as one writer has. */
export function sharedTimes(writers: readonly Pick<FloatSamples, 'timesMs'>[]): {
  readonly all: Float64Array;
  readonly timesMs: Float64Array;
} {
  const all = Float64Array.from(new Set(writers.flatMap((writer) => [...writer.timesMs]))).sort();
  return { all, timesMs: thinned(all, 0.75 * usualIntervalMs(writers)) };
}

/** Between two samples of the writer that has most of them. */
function usualIntervalMs(writers: readonly Pick<FloatSamples, 'timesMs'>[]): number {
  return intervalMs(writers.reduce((a, b) => (b.timesMs.length > a.timesMs.length ? b : a)).timesMs);
}

/** 0 for one sample. */
function intervalMs(timesMs: Float64Array): number {
  return timesMs.length < 2 ? 0 : (timesMs.at(-1)! - timesMs[0]!) / (timesMs.length - 1);
}

/** The last time, and before it each that is so far from the next one: of writers that report together, the time of the last of them. */
function thinned(timesMs: Float64Array, leastMs: number): Float64Array {
  const kept: number[] = [];
  for (let i = timesMs.length - 1; i >= 0; i--) {
    if (kept.length === 0 || kept.at(-1)! - timesMs[i]! >= leastMs) kept.push(timesMs[i]!);
  }
  return Float64Array.from(kept.reverse());
}
