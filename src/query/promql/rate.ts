import { NOTES } from './annotations.ts';
import { extendedHistogramRate, extendedRate } from './extended-rate.ts';
import {
  compact,
  divided,
  EMPTY_HISTOGRAM,
  type FloatHistogram,
  isCustom,
  isReset,
  multiplied,
  reduced,
  withHint,
} from './histogram/index.ts';
import { sumOverTime } from './over-time.ts';
import { doStartsOverlap, isStartReset } from './start-times.ts';
import type { RangeAnswer, RangeFunction, Window } from './window.ts';

/** `rate`, `increase`, `delta`, `irate` and `idelta`. */

export const rate: RangeFunction = (window, answer) => extrapolated(window, answer, true, true);
export const increase: RangeFunction = (window, answer) => extrapolated(window, answer, true, false);
export const delta: RangeFunction = (window, answer) => extrapolated(window, answer, false, false);
export const irate: RangeFunction = (window, answer) => instant(window, answer, true);
export const idelta: RangeFunction = (window, answer) => instant(window, answer, false);

/** The change over the samples, stretched to the edges of the range where the samples come near enough. */
function extrapolated(window: Window, answer: RangeAnswer, isCounter: boolean, isRate: boolean): void {
  if (window.isMixed) return;
  if (isCounter && window.series.isDelta === true) {
    addedChanges(window, answer, isRate);
    return;
  }
  if (window.modifier !== undefined) {
    if (window.histogramCount > 0) extendedHistogramRate(window, answer, isCounter, isRate);
    else if (window.floatCount > 0) extendedRate(window, answer, isCounter, isRate);
  } else if (window.histogramCount > 0) {
    extrapolatedHistogram(window, answer, isCounter, isRate);
  } else if (window.floatCount > 0) {
    extrapolatedFloat(window, answer, isCounter, isRate);
  }
}

/** Of samples that are changes: their sum, and nothing is extrapolated. */
function addedChanges(window: Window, answer: RangeAnswer, isRate: boolean): void {
  sumOverTime(window, answer, []);
  if (!isRate) return;
  answer.float /= window.rangeSeconds;
  answer.histogram = answer.histogram && divided(answer.histogram, window.rangeSeconds);
}

function extrapolatedFloat(window: Window, answer: RangeAnswer, isCounter: boolean, isRate: boolean): void {
  const { timesMs, values, startsMs } = window.floats;
  const first = window.fromFloat;
  const last = window.toFloat - 1;
  let change = values[last]! - values[first]!;
  if (isCounter) {
    let hasOverlap = false;
    for (let i = first + 1; i <= last; i++) {
      let isNew = values[i]! < values[i - 1]!;
      if (startsMs !== undefined) {
        hasOverlap ||= doStartsOverlap(startsMs[i - 1]!, timesMs[i - 1]!, startsMs[i]!);
        isNew ||= isStartReset(startsMs[i - 1]!, timesMs[i - 1]!, startsMs[i]!, timesMs[i]!);
      }
      if (isNew) change += values[i - 1]!;
    }
    if (hasOverlap) noteOverlap(window);
  }
  const firstMs = timesMs[first]!;
  const lastMs = timesMs[last]!;
  const startMs = isCounter ? startWithin(window, startsMs?.[first], firstMs) : undefined;
  if (startMs !== undefined) change += values[first]!;
  else if (first === last) return;
  const firstValue = isCounter && change > 0 && values[first]! >= 0 ? values[first]! : undefined;
  const share = firstValue === undefined ? undefined : firstValue / change;
  answer.setFloat(change * factorOf(window, firstMs, lastMs, last - first, startMs, share, isRate));
}

/** Where a counter is known to have begun within the range, before its first sample. */
function startWithin(window: Window, startMs: number | undefined, firstMs: number): number | undefined {
  const isWithin = startMs !== undefined && startMs !== 0 && startMs > window.rangeStartMs && startMs < firstMs;
  return isWithin ? startMs : undefined;
}

function noteOverlap(window: Window): void {
  window.annotations.warn(NOTES.startTimeOverlap(window.metricName), window.place);
}

/**
 * By what the change over the samples is multiplied. A counter is stretched back to where it would have been zero at most: `firstShare` is
 * its first value over the change.
 */
function factorOf(
  { rangeStartMs, rangeEndMs, rangeSeconds }: Window,
  firstMs: number,
  lastMs: number,
  gaps: number,
  startMs: number | undefined,
  firstShare: number | undefined,
  isRate: boolean,
): number {
  const sampled = (lastMs - (startMs ?? firstMs)) / 1000;
  const gap = gaps > 0 ? (lastMs - firstMs) / 1000 / gaps : 0;
  const threshold = gap * 1.1;
  let toStart = 0;
  if (startMs === undefined) {
    toStart = (firstMs - rangeStartMs) / 1000;
    if (toStart >= threshold) toStart = gap / 2;
    if (firstShare !== undefined) toStart = Math.min(toStart, sampled * firstShare);
  }
  let toEnd = (rangeEndMs - lastMs) / 1000;
  if (toEnd >= threshold) toEnd = gap / 2;
  const factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
  return isRate ? factor / rangeSeconds : factor;
}

function extrapolatedHistogram(window: Window, answer: RangeAnswer, isCounter: boolean, isRate: boolean): void {
  const { timesMs, values, startsMs } = window.histograms;
  const first = window.fromHistogram;
  const last = window.toHistogram - 1;
  let change: FloatHistogram | undefined;
  if (first < last) {
    change = histogramChange(window, first, last, isCounter);
    if (change === undefined) return;
  }
  const firstMs = timesMs[first]!;
  const startMs = isCounter ? startWithin(window, startsMs?.[first], firstMs) : undefined;
  if (startMs !== undefined) {
    change = change === undefined ? values[first]! : window.add(change, values[first]!);
    if (change === undefined) return;
  } else if (change === undefined) {
    return;
  }
  const firstCount = values[first]!.count;
  const share = isCounter && change.count > 0 && firstCount >= 0 ? firstCount / change.count : undefined;
  answer.histogram = multiplied(
    change,
    factorOf(window, firstMs, timesMs[last]!, last - first, startMs, share, isRate),
  );
}

function histogramChange(window: Window, first: number, last: number, isCounter: boolean): FloatHistogram | undefined {
  const { values, timesMs, startsMs } = window.histograms;
  const warn = (text: string): undefined => {
    window.annotations.warn(text, window.place);
    return undefined;
  };
  const isNewAt = (i: number): boolean =>
    startsMs !== undefined && isStartReset(startsMs[i - 1]!, timesMs[i - 1]!, startsMs[i]!, timesMs[i]!);
  const name = window.metricName;
  let before = values[first]!;
  const end = values[last]!;
  if (isCounter && (before.hint === 'gauge' || end.hint === 'gauge')) warn(NOTES.notCounter(name));
  const second = values[first + 1]!;
  // The first sample of a counter that begins anew with the second one is of no use.
  if (isCounter && (isNewAt(first + 1) || isReset(second, before)))
    before = { ...EMPTY_HISTOGRAM, schema: second.schema, customValues: second.customValues };
  if (isCustom(end) !== isCustom(before)) return warn(NOTES.mixedSchemas(name));
  let schema = Math.min(end.schema, before.schema);
  if (isCounter) {
    for (const each of values.slice(first + 1, last)) {
      if (each.hint === 'gauge') warn(NOTES.notCounter(name));
      if (isCustom(each) !== isCustom(before)) return warn(NOTES.mixedSchemas(name));
      schema = Math.min(schema, each.schema);
    }
  }
  let change = window.subtract(reduced(end, schema), before);
  if (isCounter) {
    let hasOverlap = false;
    for (let i = first + 1; i <= last && change !== undefined; i++) {
      if (startsMs !== undefined) hasOverlap ||= doStartsOverlap(startsMs[i - 1]!, timesMs[i - 1]!, startsMs[i]!);
      if (isNewAt(i) || isReset(values[i]!, before)) change = window.add(change, before);
      before = values[i]!;
    }
    if (hasOverlap) noteOverlap(window);
  } else if (values[first]!.hint !== 'gauge' || end.hint !== 'gauge') {
    warn(NOTES.notGauge(name));
  }
  return change && withHint(compact(change), 'gauge');
}

/** One of the last two samples of a window, of either kind. */
interface Sample {
  readonly timeMs: number;
  readonly startMs: number;
  readonly float: number;
  readonly histogram: FloatHistogram | undefined;
}

function lastTwo({ floats, histograms, fromFloat, toFloat, fromHistogram, toHistogram }: Window): Sample[] {
  const samples: Sample[] = [];
  for (let i = Math.max(fromFloat, toFloat - 2); i < toFloat; i++)
    samples.push({
      timeMs: floats.timesMs[i]!,
      startMs: floats.startsMs?.[i] ?? 0,
      float: floats.values[i]!,
      histogram: undefined,
    });
  for (let i = Math.max(fromHistogram, toHistogram - 2); i < toHistogram; i++)
    samples.push({
      timeMs: histograms.timesMs[i]!,
      startMs: histograms.startsMs?.[i] ?? 0,
      float: 0,
      histogram: histograms.values[i]!,
    });
  return samples.sort((a, b) => a.timeMs - b.timeMs).slice(-2);
}

/** The change between the last two samples. */
function instant(window: Window, answer: RangeAnswer, isRate: boolean): void {
  const [before, after] = lastTwo(window);
  if (before === undefined || after === undefined || after.timeMs === before.timeMs) return;
  const seconds = (after.timeMs - before.timeMs) / 1000;
  const isChange = window.series.isDelta === true;
  const isNew = isRate && (isChange || isStartReset(before.startMs, before.timeMs, after.startMs, after.timeMs));
  if (before.histogram === undefined && after.histogram === undefined) {
    const change = isNew || (isRate && after.float < before.float) ? after.float : after.float - before.float;
    answer.setFloat(isRate ? change / seconds : change);
  } else if (before.histogram !== undefined && after.histogram !== undefined) {
    const change = instantHistogram(window, before.histogram, after.histogram, isRate, isNew);
    if (change !== undefined) answer.histogram = isRate ? divided(change, seconds) : change;
  } else {
    window.annotations.warn(NOTES.mixedFloatsHistograms(window.metricName), window.place);
  }
}

function instantHistogram(
  window: Window,
  before: FloatHistogram,
  after: FloatHistogram,
  isRate: boolean,
  isNew: boolean,
): FloatHistogram | undefined {
  const areGauges = before.hint === 'gauge' && after.hint === 'gauge';
  const isAnyGauge = before.hint === 'gauge' || after.hint === 'gauge';
  if (isRate && isAnyGauge) window.annotations.warn(NOTES.notCounter(window.metricName), window.place);
  if (!isRate && !areGauges) window.annotations.warn(NOTES.notGauge(window.metricName), window.place);
  const change = isRate && (isNew || isReset(after, before)) ? after : window.subtract(after, before);
  return change && withHint(compact(change), 'gauge');
}
