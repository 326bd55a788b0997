import { goFixed } from '#base';
import type { PromRange } from '#lang/promql';
import { type Annotations, NOTES } from './annotations.ts';
import { isReset, sameHistogram } from './histogram/index.ts';
import { KahanSum } from './kahan.ts';
import { PromqlExecutionError } from './matrix.ts';
import {
  avgOverTime,
  countOverTime,
  firstOverTime,
  integral,
  lastOverTime,
  madOverTime,
  maxOverTime,
  minOverTime,
  presentOverTime,
  quantileOverTime,
  stddevOverTime,
  stdvarOverTime,
  sumOverTime,
  tsOfFirstOverTime,
  tsOfLastOverTime,
  tsOfMaxOverTime,
  tsOfMinOverTime,
} from './over-time.ts';
import { delta, idelta, increase, irate, rate } from './rate.ts';
import { isStartReset } from './start-times.ts';
import { firstAfter, type RangeFunction, type Window } from './window.ts';

/** The functions that take a range. */

/** Two samples at least, of floats; one beside histograms is worth a note. */
function hasTwoFloats(window: Window): boolean {
  if (window.floatCount === 0) return false;
  if (window.floatCount >= 2 || window.histogramCount > 0) window.noteIgnoredHistograms();
  return window.floatCount >= 2;
}

/** Least squares; the slope per second, and the value of the line at a time. */
function regression(
  { floats: { timesMs, values }, fromFloat, toFloat }: Window,
  atMs: number,
): { readonly slope: number; readonly intercept: number } {
  const [sumX, sumY, sumXY, sumXX] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()];
  const first = values[fromFloat]!;
  let isConstant = true;
  for (let i = fromFloat; i < toFloat; i++) {
    const x = (timesMs[i]! - atMs) / 1000;
    const y = values[i]!;
    if (y !== first && i > fromFloat) isConstant = false;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (isConstant) {
    const isInfinite = Math.abs(first) === Number.POSITIVE_INFINITY;
    return isInfinite ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: first };
  }
  const count = toFloat - fromFloat;
  const x = sumX.sum + sumX.compensation;
  const y = sumY.sum + sumY.compensation;
  const covariance = sumXY.sum + sumXY.compensation - (x * y) / count;
  const variance = sumXX.sum + sumXX.compensation - (x * x) / count;
  const slope = covariance / variance;
  return { slope, intercept: y / count - (slope * x) / count };
}

const deriv: RangeFunction = (window, answer) => {
  if (hasTwoFloats(window)) answer.setFloat(regression(window, window.floats.timesMs[window.fromFloat]!).slope);
};

const predictLinear: RangeFunction = (window, answer, [seconds]) => {
  if (!hasTwoFloats(window)) return;
  const { slope, intercept } = regression(window, window.timeMs);
  answer.setFloat(slope * seconds! + intercept);
};

const doubleExponentialSmoothing: RangeFunction = (window, answer, [smoothing, trend]) => {
  // NaN passes, and makes NaN.
  if (smoothing! <= 0 || smoothing! >= 1)
    throw new PromqlExecutionError(`invalid smoothing factor. Expected: 0 < sf < 1, got: ${goFixed(smoothing!, 6)}`);
  if (trend! <= 0 || trend! >= 1)
    throw new PromqlExecutionError(`invalid trend factor. Expected: 0 < tf < 1, got: ${goFixed(trend!, 6)}`);
  if (!hasTwoFloats(window)) return;
  const { values } = window.floats;
  const first = window.fromFloat;
  let before = 0;
  let level = values[first]!;
  let slope = values[first + 1]! - values[first]!;
  for (let i = first + 1; i < window.toFloat; i++) {
    if (i > first + 1) slope = trend! * (level - before) + (1 - trend!) * slope;
    const next = smoothing! * values[i]! + (1 - smoothing!) * (level + slope);
    before = level;
    level = next;
  }
  answer.setFloat(level);
};

/** The first samples that count: of an anchored range the last one at or before its beginning. Undefined where nothing is behind that. */
function firstSamples(window: Window): { readonly float: number; readonly histogram: number } | undefined {
  const { floats, histograms, fromFloat, toFloat, fromHistogram, toHistogram, rangeStartMs } = window;
  if (window.modifier !== 'anchored') return { float: fromFloat, histogram: fromHistogram };
  const float = firstAfter(floats.timesMs, fromFloat, toFloat, rangeStartMs) - 1;
  const histogram = firstAfter(histograms.timesMs, fromHistogram, toHistogram, rangeStartMs) - 1;
  if (float + 1 >= toFloat && histogram + 1 >= toHistogram) return undefined;
  const hasFloat = float >= fromFloat;
  const hasHistogram = histogram >= fromHistogram;
  if (!hasFloat && !hasHistogram) return { float: fromFloat, histogram: fromHistogram };
  const isFloat = !hasHistogram || (hasFloat && floats.timesMs[float]! >= histograms.timesMs[histogram]!);
  return isFloat ? { float, histogram: histogram + 1 } : { float: float + 1, histogram };
}

/** How many neighbours differ in a way that counts; samples of both kinds in the order of time. */
function countPairs(
  window: Window,
  counts: (window: Window, before: Place, after: Place) => boolean,
): number | undefined {
  const first = firstSamples(window);
  if (first === undefined) return undefined;
  const { floats, histograms, toFloat, toHistogram } = window;
  let { float, histogram } = first;
  let before: Place | undefined;
  let count = 0;
  while (float < toFloat || histogram < toHistogram) {
    const isFloat =
      histogram >= toHistogram || (float < toFloat && floats.timesMs[float]! < histograms.timesMs[histogram]!);
    const after: Place = { isFloat, at: isFloat ? float++ : histogram++ };
    if (before !== undefined && (before.isFloat !== isFloat || counts(window, before, after))) count++;
    before = after;
  }
  return count;
}

interface Place {
  readonly isFloat: boolean;
  readonly at: number;
}

function isNewStart({ floats, histograms }: Window, before: Place, after: Place): boolean {
  const { startsMs, timesMs } = after.isFloat ? floats : histograms;
  if (startsMs !== undefined) {
    const isNew = isStartReset(startsMs[before.at]!, timesMs[before.at]!, startsMs[after.at]!, timesMs[after.at]!);
    if (isNew) return true;
  }
  return after.isFloat
    ? floats.values[after.at]! < floats.values[before.at]!
    : isReset(histograms.values[after.at]!, histograms.values[before.at]!);
}

function isOther({ floats, histograms }: Window, before: Place, after: Place): boolean {
  if (!after.isFloat) return !sameHistogram(histograms.values[after.at]!, histograms.values[before.at]!);
  const a = floats.values[before.at]!;
  const b = floats.values[after.at]!;
  return a !== b && !(Number.isNaN(a) && Number.isNaN(b));
}

const resets: RangeFunction = (window, answer) => {
  const count = countPairs(window, isNewStart);
  if (count !== undefined) answer.setFloat(count);
};

const changes: RangeFunction = (window, answer) => {
  const count = countPairs(window, isOther);
  if (count !== undefined) answer.setFloat(count);
};

export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  absent_over_time: presentOverTime,
  avg_over_time: avgOverTime,
  changes,
  count_over_time: countOverTime,
  delta,
  deriv,
  double_exponential_smoothing: doubleExponentialSmoothing,
  first_over_time: firstOverTime,
  idelta,
  increase,
  integral,
  irate,
  last_over_time: lastOverTime,
  mad_over_time: madOverTime,
  max_over_time: maxOverTime,
  min_over_time: minOverTime,
  predict_linear: predictLinear,
  present_over_time: presentOverTime,
  quantile_over_time: quantileOverTime,
  rate,
  resets,
  stddev_over_time: stddevOverTime,
  stdvar_over_time: stdvarOverTime,
  sum_over_time: sumOverTime,
  ts_of_first_over_time: tsOfFirstOverTime,
  ts_of_last_over_time: tsOfLastOverTime,
  ts_of_max_over_time: tsOfMaxOverTime,
  ts_of_min_over_time: tsOfMinOverTime,
};

/** Those that a start time tells something. */
export const USES_STARTS: ReadonlySet<string> = new Set(['rate', 'irate', 'increase', 'resets']);
/** Those whose answer is still the metric's. */
export const KEEPS_NAME: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);
export const ANCHORED_FUNCTIONS: ReadonlySet<string> = new Set(['changes', 'delta', 'increase', 'rate', 'resets']);
export const SMOOTHED_FUNCTIONS: ReadonlySet<string> = new Set(['delta', 'increase', 'rate']);

/** Whether a rate of it is likely to be a mistake, by the metric's name, or by its type where types are labels. */
export function noteNonCounter(
  annotations: Annotations,
  place: PromRange,
  metricName: string,
  type: string | undefined,
): void {
  if (metricName === '') return;
  if (type !== undefined) {
    if (type !== 'counter' && type !== 'histogram')
      annotations.inform(NOTES.possibleNonCounterType(metricName, type), place);
  } else if (!/_(?:total|sum|count|bucket)$/.test(metricName)) {
    annotations.inform(NOTES.possibleNonCounter(metricName), place);
  }
}
