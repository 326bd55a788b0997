import type { PromExpr } from '#lang/promql';
import type { Evaluation } from './evaluation.ts';
import { type FloatHistogram, histogramVariance } from './histogram/index.ts';
import { Labels } from './labels.ts';
import { FLOAT, HISTOGRAM, histogramAt, newSeries, type StepSeries, setFloat, timeAt } from './matrix.ts';

/** The functions of instant vectors that look at one series at a time. */

const DEGREES = 180 / Math.PI;

/** Of a float; histograms are left out. */
export const FLOAT_FUNCTIONS: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => value * DEGREES,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => value / DEGREES,
  sgn: (value) => (value < 0 ? -1 : value > 0 ? 1 : value),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

/** Of a time in seconds, in UTC; without an argument, of the evaluation's. `cycles` of 400 years later is the time that is meant. */
export const DATE_FUNCTIONS: Readonly<Record<string, (date: Date, cycles: number) => number>> = {
  day_of_month: (date) => date.getUTCDate(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_year: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1,
  days_in_month: (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date, cycles) => date.getUTCFullYear() + 400 * cycles,
};

/** The calendar repeats itself after 400 years, which are whole weeks. */
const CYCLE_SECONDS = 146_097 * 86_400;

/** What is no time in seconds of 64 bits gives NaN. */
export function ofSeconds(fn: (date: Date, cycles: number) => number): (seconds: number) => number {
  return (seconds) => {
    const whole = Math.trunc(seconds);
    if (!(Math.abs(whole) < 2 ** 63)) return Number.NaN;
    const rest = whole % CYCLE_SECONDS;
    const within = rest < 0 ? rest + CYCLE_SECONDS : rest;
    return fn(new Date(within * 1000), Math.round((whole - within) / CYCLE_SECONDS));
  };
}

/** What a native histogram says; floats are left out. */
export const HISTOGRAM_FUNCTIONS: Readonly<Record<string, (histogram: FloatHistogram) => number>> = {
  histogram_avg: ({ sum, count }) => sum / count,
  histogram_count: ({ count }) => count,
  histogram_stddev: (histogram) => Math.sqrt(histogramVariance(histogram)),
  histogram_stdvar: histogramVariance,
  histogram_sum: ({ sum }) => sum,
};

/** Each float becomes another one; the metric's name goes. */
export function mapFloats(
  evaluation: Evaluation,
  input: readonly StepSeries[],
  change: (value: number, step: number) => number,
): StepSeries[] {
  return mapKind(evaluation, input, FLOAT, (series, step) => change(series.floats[step]!, step));
}

/** Each histogram becomes a number; the metric's name goes. */
export function mapHistograms(
  evaluation: Evaluation,
  input: readonly StepSeries[],
  change: (histogram: FloatHistogram) => number,
): StepSeries[] {
  return mapKind(evaluation, input, HISTOGRAM, (series, step) => change(histogramAt(series, step)));
}

function mapKind(
  evaluation: Evaluation,
  input: readonly StepSeries[],
  kind: number,
  change: (series: StepSeries, step: number) => number,
): StepSeries[] {
  const table = evaluation.newTable();
  const { count } = evaluation.grid;
  for (const series of input) {
    const labels = evaluation.nameless(series.labels);
    for (let step = 0; step < count; step++) {
      if (series.kinds[step] === kind) setFloat(table.at(step, labels, true), step, change(series, step));
    }
  }
  return table.series;
}

/** A number for each step, as a scalar is. */
export function scalarSeries({ grid }: Evaluation, valueAt: (step: number) => number): StepSeries {
  const series = newSeries(Labels.NONE, false, grid.count);
  for (let step = 0; step < grid.count; step++) setFloat(series, step, valueAt(step));
  return series;
}

/** The value of a vector with one float, NaN for any other. */
export function scalarOf(evaluation: Evaluation, input: readonly StepSeries[]): StepSeries {
  return scalarSeries(evaluation, (step) => {
    let value = Number.NaN;
    let found = 0;
    for (const { kinds, floats } of input) {
      if (kinds[step] !== FLOAT) continue;
      value = floats[step]!;
      if (++found > 1) return Number.NaN;
    }
    return value;
  });
}

/** 1 where a vector has nothing, with the labels that the argument's matchers fix. */
export function absentOf({ grid }: Evaluation, input: readonly StepSeries[], argument: PromExpr): StepSeries[] {
  const series = newSeries(absentLabels(argument), true, grid.count);
  let isAny = false;
  for (let step = 0; step < grid.count; step++) {
    if (input.some(({ kinds }) => kinds[step] !== 0)) continue;
    setFloat(series, step, 1);
    isAny = true;
  }
  return isAny ? [series] : [];
}

/** Of `absent(x{a="1", b=~"2"})`: a. A label that is matched twice is not fixed. */
function absentLabels(argument: PromExpr): Labels {
  const selector = argument.kind === 'matrix' ? argument.selector : argument;
  if (selector.kind !== 'selector') return Labels.NONE;
  const fixed = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, operator, value } of selector.matchers) {
    if (name === '__name__' || name === '__type__' || name === '__unit__') continue;
    if (operator === '=' && !seen.has(name)) {
      fixed.set(name, value);
      seen.add(name);
    } else {
      fixed.delete(name);
    }
  }
  return Labels.of(fixed);
}

/** The times of the steps in seconds. */
export function timeSeries(evaluation: Evaluation): StepSeries {
  return scalarSeries(evaluation, (step) => timeAt(evaluation.grid, step) / 1000);
}
