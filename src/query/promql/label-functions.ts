import { compareText } from '#base';
import { readTemplate } from '#lang/pattern';
import { wholePattern } from '#lang/promql';
import type { Evaluation } from './evaluation.ts';
import { compareLabels, isLabelName, type Labels } from './labels.ts';
import {
  ABSENT,
  copyValue,
  FLOAT,
  isEmpty,
  newSeries,
  PromqlExecutionError,
  relabelled,
  type StepSeries,
  sameLabelsError,
  setFloat,
} from './matrix.ts';

/** The functions that change labels, and those that sort. */

/** `label_replace`: where `pattern` matches the whole of label `source`, `target` becomes the replacement with its groups filled in. */
export function replaceLabel(
  evaluation: Evaluation,
  input: readonly StepSeries[],
  [target, replacement, source, pattern]: readonly [string, string, string, string],
): StepSeries[] {
  let compiled: ReturnType<typeof wholePattern>;
  try {
    compiled = wholePattern(pattern);
  } catch {
    throw new PromqlExecutionError(`invalid regular expression in label_replace(): ${pattern}`);
  }
  if (!isLabelName(target))
    throw new PromqlExecutionError(`invalid destination label name in label_replace(): ${target}`);
  const template = readTemplate(replacement);
  const changed = input.map((series) => {
    const value = series.labels.get(source);
    const places = compiled.find(value);
    if (places === undefined) return series;
    const text = checkedValue(compiled.expand(template, value, places));
    return relabelled(series, series.labels.with(target, text), target === '__name__' ? false : series.dropsName);
  });
  return merged(evaluation, changed);
}

/** Longer ones come of a function that is put into itself over and over. */
const MAX_VALUE_LENGTH = 1 << 16;

function checkedValue(text: string): string {
  if (text.length <= MAX_VALUE_LENGTH) return text;
  throw new PromqlExecutionError(`a label's value would be longer than ${MAX_VALUE_LENGTH} characters`);
}

/** `label_join`: the values of labels with a separator between them. */
export function joinLabels(
  evaluation: Evaluation,
  input: readonly StepSeries[],
  [target, separator, ...sources]: readonly string[],
): StepSeries[] {
  for (const source of sources)
    if (!isLabelName(source)) throw new PromqlExecutionError(`invalid source label name in label_join(): ${source}`);
  if (!isLabelName(target!))
    throw new PromqlExecutionError(`invalid destination label name in label_join(): ${target}`);
  const changed = input.map((series) => {
    const text = checkedValue(sources.map((source) => series.labels.get(source)).join(separator));
    return relabelled(series, series.labels.with(target!, text), target === '__name__' ? false : series.dropsName);
  });
  return merged(evaluation, changed);
}

/** Series with the same labels become one; two values at a time are an error. */
export function merged({ grid }: Evaluation, input: readonly StepSeries[]): StepSeries[] {
  const keys = new Set(input.map(({ labels }) => labels.key));
  if (keys.size === input.length) return [...input];
  return mergeSeries(input, grid.count);
}

function mergeSeries(input: readonly StepSeries[], steps: number): StepSeries[] {
  const byKey = new Map<string, StepSeries>();
  for (const series of input) {
    const known = byKey.get(series.labels.key);
    if (known === undefined) {
      byKey.set(series.labels.key, {
        ...series,
        kinds: series.kinds.slice(),
        floats: series.floats.slice(),
        histograms: series.histograms?.slice(),
      });
      continue;
    }
    for (let step = 0; step < steps; step++) {
      if (series.kinds[step] === ABSENT) continue;
      if (known.kinds[step] !== ABSENT) throw sameLabelsError();
      copyValue(series, known, step);
    }
  }
  return [...byKey.values()];
}

/** By the value of the only step; NaN comes last. Histograms have no place in an order. */
export function sortByValue(input: readonly StepSeries[], isDescending: boolean): StepSeries[] {
  const direction = isDescending ? -1 : 1;
  return input
    .filter(({ kinds }) => kinds[0] === FLOAT)
    .sort((a, b) => {
      const [x, y] = [a.floats[0]!, b.floats[0]!];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return direction * (x - y) || 0;
    });
}

/** What has a place in such an order, where nothing is sorted. */
export function floatsOf({ grid }: Evaluation, input: readonly StepSeries[]): StepSeries[] {
  return input.flatMap((series) => {
    if (series.histograms === undefined) return [series];
    const floats = newSeries(series.labels, series.dropsName, grid.count);
    for (let step = 0; step < grid.count; step++)
      if (series.kinds[step] === FLOAT) setFloat(floats, step, series.floats[step]!);
    return isEmpty(floats) ? [] : [floats];
  });
}

/** By the values of labels, numbers in them by their size; then by all labels. */
export function sortByLabels(
  input: readonly StepSeries[],
  names: readonly string[],
  isDescending: boolean,
): StepSeries[] {
  const direction = isDescending ? -1 : 1;
  return [...input].sort((a, b) => direction * compareBy(names, a.labels, b.labels));
}

function compareBy(names: readonly string[], a: Labels, b: Labels): number {
  for (const name of names) {
    const order = compareNaturally(a.get(name), b.get(name));
    if (order !== 0) return order;
  }
  return compareLabels(a, b);
}

/** Runs of digits and runs of others; two runs of digits are compared as numbers. */
function compareNaturally(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!];
    const areNumbers = /^\d/.test(x) && /^\d/.test(y);
    const order = areNumbers ? compareDigits(x, y) : compareText(x, y);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareDigits(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length - y.length || compareText(x, y) || a.length - b.length;
}
