import type { FloatSamples } from '../source.ts';

/**
 * Several writers of one counter: replicas or workers that no label tells apart. Prometheus has one counter for a set of labels, so theirs are
 * added up: it grows by what each of them grows by.
 */

/** More writers than this are left as they came; a counter that restarts all the time has as many. */
const MAX_WRITERS = 1000;

/**
 * The samples of a stored series by their writers, which differ in when they began to count. A restart is no writer of its own: another one is
 * there where an older start comes back.
 */
export function writersOf(samples: FloatSamples): readonly FloatSamples[] {
  const { timesMs, values, startsMs } = samples;
  if (startsMs === undefined || !isInterleaved(startsMs)) return [samples];
  const places = new Map<number, number[]>();
  startsMs.forEach((startMs, i) => {
    const known = places.get(startMs);
    if (known === undefined) places.set(startMs, [i]);
    else known.push(i);
  });
  if (places.size > MAX_WRITERS) return [samples];
  return Array.from(places.values(), (own) => ({
    timesMs: Float64Array.from(own, (i) => timesMs[i]!),
    values: Float64Array.from(own, (i) => values[i]!),
    startsMs: Float64Array.from(own, (i) => startsMs[i]!),
  }));
}

function isInterleaved(startsMs: Float64Array): boolean {
  for (let i = 1; i < startsMs.length; i++) if (startsMs[i]! > 0 && startsMs[i]! < startsMs[i - 1]!) return true;
  return false;
}

/** Whether one begins before another one has ended. */
export function doOverlap(writers: readonly FloatSamples[]): boolean {
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
  const all = Float64Array.from(new Set(writers.flatMap((writer) => [...writer.timesMs]))).sort();
  const timesMs = thinned(all, 0.75 * intervalMs(writers));
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

/** Between two samples of the writer that has most of them. */
function intervalMs(writers: readonly FloatSamples[]): number {
  const { timesMs } = writers.reduce((a, b) => (b.timesMs.length > a.timesMs.length ? b : a));
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
