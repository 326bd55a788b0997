import { FLOAT, type StepSeries } from './matrix.ts';
import type { FloatSamples } from './source.ts';

/**
 * Range functions over a series that has only floats, all steps in one loop: the same numbers as those in rate.ts and over-time.ts give, which
 * see one window at a time. Windows are `(end - range, end]`.
 */

export interface Windows {
  /** Where the first window ends, and how far apart they end; 0 where all are the same. */
  readonly endMs: number;
  readonly stepMs: number;
  readonly rangeMs: number;
  /** As it was written. */
  readonly rangeSeconds: number;
}

/** Fills what a step has; says whether any has something. */
export type RangeKernel = (
  samples: FloatSamples,
  windows: Windows,
  result: Pick<StepSeries, 'kinds' | 'floats'>,
) => boolean;

function changes(isCounter: boolean, isRate: boolean): RangeKernel {
  return ({ timesMs, values }, { endMs, stepMs, rangeMs, rangeSeconds }, { kinds, floats }) => {
    const resets = isCounter ? resetsOf(values) : NO_RESETS;
    const length = timesMs.length;
    let from = 0;
    let to = 0;
    let firstReset = 0;
    let hasAny = false;
    for (let step = 0; step < kinds.length; step++) {
      const rangeEndMs = endMs + step * stepMs;
      const rangeStartMs = rangeEndMs - rangeMs;
      while (to < length && timesMs[to]! <= rangeEndMs) to++;
      while (from < to && timesMs[from]! <= rangeStartMs) from++;
      const last = to - 1;
      if (last <= from) continue;
      let change = values[last]! - values[from]!;
      while (firstReset < resets.length && resets[firstReset]! <= from) firstReset++;
      for (let i = firstReset; i < resets.length && resets[i]! <= last; i++) change += values[resets[i]! - 1]!;
      // Stretched to the edges of the range where the samples come near enough; see factorOf in rate.ts.
      const firstMs = timesMs[from]!;
      const lastMs = timesMs[last]!;
      const sampled = (lastMs - firstMs) / 1000;
      const gap = sampled / (last - from);
      const threshold = gap * 1.1;
      let toStart = (firstMs - rangeStartMs) / 1000;
      if (toStart >= threshold) toStart = gap / 2;
      if (isCounter && change > 0 && values[from]! >= 0)
        toStart = Math.min(toStart, sampled * (values[from]! / change));
      let toEnd = (rangeEndMs - lastMs) / 1000;
      if (toEnd >= threshold) toEnd = gap / 2;
      let factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
      if (isRate) factor /= rangeSeconds;
      floats[step] = change * factor;
      kinds[step] = FLOAT;
      hasAny = true;
    }
    return hasAny;
  };
}

const NO_RESETS: readonly number[] = [];

/** The places of samples that are smaller than the one before. */
function resetsOf(values: Float64Array): readonly number[] {
  const resets: number[] = [];
  for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) resets.push(i);
  return resets;
}

/** The largest or, with `sign` -1, the smallest; NaN only where there is nothing else. */
function extreme(sign: 1 | -1): RangeKernel {
  return ({ timesMs, values }, { endMs, stepMs, rangeMs }, { kinds, floats }) => {
    const length = timesMs.length;
    let from = 0;
    let to = 0;
    let best = -1;
    let hasAny = false;
    for (let step = 0; step < kinds.length; step++) {
      const rangeEndMs = endMs + step * stepMs;
      const rangeStartMs = rangeEndMs - rangeMs;
      const before = to;
      while (to < length && timesMs[to]! <= rangeEndMs) to++;
      while (from < to && timesMs[from]! <= rangeStartMs) from++;
      if (from === to) continue;
      let next = Math.max(before, from);
      if (best < from) {
        best = from;
        next = from + 1;
      }
      for (; next < to; next++) {
        const value = sign * values[next]!;
        const record = sign * values[best]!;
        if (value >= record || Number.isNaN(record)) best = next;
      }
      floats[step] = values[best]!;
      kinds[step] = FLOAT;
      hasAny = true;
    }
    return hasAny;
  };
}

/** Of the samples `from` to `to`, of which there is one at least. */
type OfSamples = (values: Float64Array, from: number, to: number) => number;

function each(ofSamples: OfSamples): RangeKernel {
  return ({ timesMs, values }, { endMs, stepMs, rangeMs }, { kinds, floats }) => {
    const length = timesMs.length;
    let from = 0;
    let to = 0;
    let hasAny = false;
    for (let step = 0; step < kinds.length; step++) {
      const rangeEndMs = endMs + step * stepMs;
      const rangeStartMs = rangeEndMs - rangeMs;
      while (to < length && timesMs[to]! <= rangeEndMs) to++;
      while (from < to && timesMs[from]! <= rangeStartMs) from++;
      if (from === to) continue;
      floats[step] = ofSamples(values, from, to);
      kinds[step] = FLOAT;
      hasAny = true;
    }
    return hasAny;
  };
}

/** As KahanSum has it. */
function sumOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  let compensation = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    const total = sum + value;
    if (!Number.isFinite(total)) compensation = 0;
    else if (Math.abs(sum) >= Math.abs(value)) compensation += sum - total + value;
    else compensation += value - total + sum;
    sum = total;
  }
  return Number.isFinite(sum) ? sum + compensation : sum;
}

export const RANGE_KERNELS: Readonly<Record<string, RangeKernel>> = {
  rate: changes(true, true),
  increase: changes(true, false),
  delta: changes(false, false),
  max_over_time: extreme(1),
  min_over_time: extreme(-1),
  sum_over_time: each(sumOf),
  count_over_time: each((_, from, to) => to - from),
  present_over_time: each(() => 1),
  last_over_time: each((values, _, to) => values[to - 1]!),
};
