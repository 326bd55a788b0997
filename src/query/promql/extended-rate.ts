import { NOTES } from './annotations.ts';
import { compact, divided, type FloatHistogram, isCustom, isReset, multiplied, withHint } from './histogram/index.ts';
import type { FloatSamples } from './source.ts';
import { isStartReset, isStartResetAfter } from './start-times.ts';
import { firstAfter, firstAtOrAfter, type RangeAnswer, type Window } from './window.ts';

/** `rate`, `increase` and `delta` of ranges that are `anchored` or `smoothed`: they see samples beyond their edges and extrapolate nothing. */

/** A value at an edge of the range, and the start time that goes with it. */
export interface Edge {
  readonly value: number;
  readonly startMs: number;
}

/** What is needed to find the value at an edge. */
interface EdgeOf {
  readonly samples: FloatSamples;
  readonly edgeMs: number;
  /** Before it nothing is looked at. */
  readonly lookbackStartMs: number;
  readonly isSmoothed: boolean;
  readonly isCounter: boolean;
}

function startOf({ startsMs }: FloatSamples, i: number): number {
  return startsMs?.[i] ?? 0;
}

/** On the line between two samples; a counter that fell began at 0. */
function interpolated(
  fromMs: number,
  from: number,
  toMs: number,
  to: number,
  timeMs: number,
  isCounter: boolean,
): number {
  const base = isCounter && to < from ? 0 : from;
  return base + ((to - base) * (timeMs - fromMs)) / (toMs - fromMs);
}

/** The value where the range begins: of the sample before, or between it and the next one. */
export function leftEdge(first: number, edge: EdgeOf): Edge {
  const { samples, edgeMs, lookbackStartMs, isSmoothed, isCounter } = edge;
  const { timesMs, values } = samples;
  const timeMs = timesMs[first]!;
  const startMs = startOf(samples, first);
  let resultStartMs = startMs > edgeMs ? 0 : startMs;
  if (timeMs === edgeMs) return { value: values[first]!, startMs };
  if (timeMs > edgeMs) {
    if (!isCounter || !isStartResetAfter(lookbackStartMs, startMs, timeMs))
      return { value: values[first]!, startMs: resultStartMs };
    if (isSmoothed && !isStartResetAfter(edgeMs, startMs, timeMs))
      return {
        value: interpolated(startMs, 0, timeMs, values[first]!, edgeMs, true),
        startMs: resultStartMs,
      };
    return { value: 0, startMs: resultStartMs };
  }
  let fromMs = timeMs;
  let from = values[first]!;
  let toMs = timesMs[first + 1]!;
  let to = values[first + 1]!;
  const nextStartMs = startOf(samples, first + 1);
  if (isCounter && isStartResetAfter(edgeMs, nextStartMs, toMs)) {
    toMs = nextStartMs;
    to = 0;
  } else if (isCounter && isStartReset(startMs, fromMs, nextStartMs, toMs)) {
    fromMs = nextStartMs;
    from = 0;
    resultStartMs = nextStartMs;
  }
  return {
    value: isSmoothed ? interpolated(fromMs, from, toMs, to, edgeMs, isCounter) : from,
    startMs: resultStartMs,
  };
}

/** The value where the range ends: of the last sample in it, or between it and the next one. `first` is the first one there is. */
export function rightEdge(last: number, first: number, edge: EdgeOf): Edge {
  const { samples, edgeMs, lookbackStartMs, isSmoothed, isCounter } = edge;
  const { timesMs, values } = samples;
  const timeMs = timesMs[last]!;
  const startMs = startOf(samples, last);
  let resultStartMs = startMs > edgeMs ? 0 : startMs;
  if (timeMs <= edgeMs) return { value: values[last]!, startMs: resultStartMs };
  if (last === first) {
    if (!isCounter || !isStartResetAfter(lookbackStartMs, startMs, timeMs))
      return { value: values[last]!, startMs: resultStartMs };
    if (isSmoothed && !isStartResetAfter(edgeMs, startMs, timeMs))
      return { value: interpolated(startMs, 0, timeMs, values[last]!, edgeMs, true), startMs: resultStartMs };
    return { value: 0, startMs: resultStartMs };
  }
  let fromMs = timesMs[last - 1]!;
  let from = values[last - 1]!;
  let toMs = timeMs;
  let to = values[last]!;
  const previousStartMs = startOf(samples, last - 1);
  if (isCounter && isStartResetAfter(edgeMs, startMs, timeMs)) {
    toMs = startMs;
    to = 0;
    resultStartMs = previousStartMs;
  } else if (isCounter && isStartReset(previousStartMs, fromMs, startMs, timeMs)) {
    fromMs = startMs;
    from = 0;
  }
  return { value: isSmoothed ? interpolated(fromMs, from, toMs, to, edgeMs, isCounter) : from, startMs: resultStartMs };
}

/** The samples that count: one before the range where there is one, and, for smoothed ones, one behind it. */
function bounds(window: Window, timesMs: Float64Array, from: number, to: number): readonly [number, number] {
  let last = to - 1;
  const first = Math.max(from, firstAfter(timesMs, from, last, window.rangeStartMs) - 1);
  if (window.modifier === 'smoothed') last = firstAtOrAfter(timesMs, from, last, window.rangeEndMs);
  return [first, last];
}

export function extendedRate(window: Window, answer: RangeAnswer, isCounter: boolean, isRate: boolean): void {
  const { floats: samples, rangeStartMs, rangeEndMs } = window;
  const { timesMs, values } = samples;
  const [first, last] = bounds(window, timesMs, window.fromFloat, window.toFloat);
  const isSmoothed = window.modifier === 'smoothed';
  const lookbackStartMs = rangeStartMs - window.lookbackMs;
  if (timesMs[last]! <= rangeStartMs) return;
  const firstMs = timesMs[first]!;
  if (isSmoothed && firstMs > rangeEndMs) {
    const startMs = startOf(samples, first);
    const hasBegun =
      isCounter &&
      isStartResetAfter(lookbackStartMs, startMs, firstMs) &&
      !isStartResetAfter(rangeEndMs, startMs, firstMs);
    if (!hasBegun) return;
  }
  const edge = { samples, lookbackStartMs, isSmoothed, isCounter };
  const left = leftEdge(first, { ...edge, edgeMs: rangeStartMs });
  const right = rightEdge(last, window.fromFloat, { ...edge, edgeMs: rangeEndMs });
  let change = right.value - left.value;
  if (isCounter) {
    const from = timesMs[first]! <= rangeStartMs ? first + 1 : first;
    const to = timesMs[last]! >= rangeEndMs ? last - 1 : last;
    let before = left.value;
    let beforeMs = rangeStartMs;
    let beforeStartMs = left.startMs;
    for (let i = from; i <= to; i++) {
      const startMs = startOf(samples, i);
      if (values[i]! < before || isStartReset(beforeStartMs, beforeMs, startMs, timesMs[i]!)) change += before;
      before = values[i]!;
      beforeMs = timesMs[i]!;
      beforeStartMs = startMs;
    }
    if (right.value < before || isStartReset(beforeStartMs, beforeMs, right.startMs, rangeEndMs)) change += before;
  }
  answer.setFloat(isRate ? change / window.rangeSeconds : change);
}

/** Between two histograms; a counter that began anew in between is taken to have begun at nothing. */
export function interpolatedHistogram(
  window: Pick<Window, 'add' | 'subtract'>,
  fromMs: number,
  from: FloatHistogram,
  toMs: number,
  to: FloatHistogram,
  timeMs: number,
  isCounter: boolean,
): FloatHistogram | undefined {
  if (timeMs === fromMs) return from;
  if (timeMs === toMs) return to;
  const share = (timeMs - fromMs) / (toMs - fromMs);
  if (isCounter && isReset(to, from)) return multiplied(to, share);
  const change = window.subtract(to, from);
  return change && window.add(multiplied(change, share), from);
}

export function extendedHistogramRate(window: Window, answer: RangeAnswer, isCounter: boolean, isRate: boolean): void {
  const { rangeStartMs, rangeEndMs, metricName, annotations, place } = window;
  const { timesMs, values } = window.histograms;
  const [first, last] = bounds(window, timesMs, window.fromHistogram, window.toHistogram);
  const isSmoothed = window.modifier === 'smoothed';
  if (timesMs[last]! <= rangeStartMs || (isSmoothed && timesMs[first]! > rangeEndMs)) return;
  for (const each of values.slice(first, last + 1)) {
    if (isCustom(each) !== isCustom(values[first]!)) {
      annotations.warn(NOTES.mixedSchemas(metricName), place);
      return;
    }
    if (isCounter && each.hint === 'gauge') annotations.warn(NOTES.notCounter(metricName), place);
  }
  const between = (from: number, timeMs: number): FloatHistogram | undefined =>
    interpolatedHistogram(
      window,
      timesMs[from]!,
      values[from]!,
      timesMs[from + 1]!,
      values[from + 1]!,
      timeMs,
      isCounter,
    );
  const isLeftBetween = isSmoothed && timesMs[first]! < rangeStartMs;
  const isRightBetween = isSmoothed && last > window.fromHistogram && timesMs[last]! > rangeEndMs;
  const left = isLeftBetween ? between(first, rangeStartMs) : values[first]!;
  const right = isRightBetween ? between(last - 1, rangeEndMs) : values[last]!;
  if (left === undefined || right === undefined) return;
  if (!isCounter && (left.hint !== 'gauge' || right.hint !== 'gauge'))
    annotations.warn(NOTES.notGauge(metricName), place);
  let change = window.subtract(right, left);
  if (isCounter) change = change && withResets(window, change, first, last, left, right, isLeftBetween);
  if (change === undefined) return;
  answer.histogram = withHint(compact(isRate ? divided(change, window.rangeSeconds) : change), 'gauge');
}

/** Adds what the counter had reached each time it began anew. */
function withResets(
  window: Window,
  change: FloatHistogram,
  first: number,
  last: number,
  left: FloatHistogram,
  right: FloatHistogram,
  isLeftBetween: boolean,
): FloatHistogram | undefined {
  const { values } = window.histograms;
  let from = first + 1;
  let before = left;
  if (isLeftBetween && isReset(values[first + 1]!, values[first]!)) {
    before = values[first + 1]!;
    from++;
  }
  if (from > last) return change;
  let total: FloatHistogram | undefined = change;
  for (let i = from; i <= last && total !== undefined; i++) {
    const each = i === last ? right : values[i]!;
    if (isReset(each, before)) total = window.add(total, before);
    before = each;
  }
  return total;
}
