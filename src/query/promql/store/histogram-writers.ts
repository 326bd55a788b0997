import { added, type FloatHistogram, IncompatibleHistograms, withHint } from '../histogram/index.ts';
import type { HistogramSamples, StoredSeries } from '../source.ts';
import { doOverlap, placesByWriter, sharedTimes } from './writers.ts';

/** Native histograms of several writers that no label tells apart, added up as counters are: writers.ts. */

/** undefined where there is one writer only, or where their buckets have nothing in common. */
export function histogramsOf(same: readonly StoredSeries[]): HistogramSamples | undefined {
  const writers = same.flatMap(({ histograms }) => (histograms === undefined ? [] : writersOf(histograms)));
  if (writers.length < 2 || !doOverlap(writers)) return undefined;
  try {
    return addedUp(writers);
  } catch (error) {
    if (error instanceof IncompatibleHistograms) return undefined;
    throw error;
  }
}

function writersOf(samples: HistogramSamples): readonly HistogramSamples[] {
  const { timesMs, values, startsMs } = samples;
  const places = placesByWriter(startsMs);
  if (places === undefined) return [samples];
  return places.map((own) => ({
    timesMs: Float64Array.from(own, (i) => timesMs[i]!),
    values: own.map((i) => values[i]!),
    startsMs: Float64Array.from(own, (i) => startsMs![i]!),
  }));
}

/** What a writer has counted since a reset. What it had before stays in the sum. */
interface Count {
  readonly timesMs: Float64Array;
  readonly values: readonly FloatHistogram[];
  /** It counted from nothing after the first sample of all. */
  readonly isNew: boolean;
}

function countsOf({ timesMs, values, startsMs }: HistogramSamples, firstMs: number): Count[] {
  const counts: Count[] = [];
  for (let from = 0, to = 0; from < values.length; from = to) {
    for (to = from + 1; to < values.length; to++) {
      if (startsMs?.[to] !== startsMs?.[from] || values[to]!.count < values[to - 1]!.count) break;
    }
    const isNew = from > 0 || (startsMs?.[0] ?? 0) > firstMs;
    counts.push({ timesMs: timesMs.subarray(from, to), values: values.slice(from, to), isNew });
  }
  return counts;
}

/** At each time what all have counted until then. What is first seen later counts with its first value before, unless it is new. */
function addedUp(writers: readonly HistogramSamples[]): HistogramSamples {
  const { all, timesMs } = sharedTimes(writers);
  const counts = writers.flatMap((writer) => countsOf(writer, all[0]!));
  const next = counts.map(() => 0);
  const present: number[] = [];
  const values: FloatHistogram[] = [];
  for (const timeMs of timesMs) {
    let sum: FloatHistogram | undefined;
    counts.forEach((count, i) => {
      while (next[i]! < count.timesMs.length && count.timesMs[next[i]!]! <= timeMs) next[i]!++;
      if (next[i] === 0 && count.isNew) return;
      const value = count.values[Math.max(0, next[i]! - 1)]!;
      sum = sum === undefined ? value : added(sum, value).histogram;
    });
    if (sum === undefined) continue;
    present.push(timeMs);
    values.push(withHint(sum, 'unknown'));
  }
  return { timesMs: Float64Array.from(present), values, startsMs: undefined };
}
