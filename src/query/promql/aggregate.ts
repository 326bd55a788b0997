import { goDecimal, goQuoted } from '#base';
import type { Aggregation } from '#lang/promql';
import { averageFloats, countsOf, hasOnlyFloats, sumFloats } from './aggregate-floats.ts';
import { NOTES } from './annotations.ts';
import type { Evaluation } from './evaluation.ts';
import { compact, type FloatHistogram, IncompatibleHistograms, printHistogram } from './histogram/index.ts';
import { KahanSum } from './kahan.ts';
import { groupKey, isLabelName, type Labels } from './labels.ts';
import {
  FLOAT,
  HISTOGRAM,
  histogramAt,
  isEmpty,
  newSeries,
  PromqlExecutionError,
  type StepSeries,
  setFloat,
  setHistogram,
} from './matrix.ts';
import { HistogramMean, HistogramSummary, Mean, quantileOf } from './over-time.ts';
import { unwrapped } from './timing.ts';

/** Aggregations that make one series of each group. Those that pick series are in pick.ts. */

/** Series that go into one. */
export interface Group {
  readonly labels: Labels;
  readonly series: StepSeries[];
}

/** By the labels that stay, in the order in which they come up. */
export function groupSeries(expr: Aggregation, input: readonly StepSeries[]): Group[] {
  const groups = new Map<string, Group>();
  const labelsOf = groupKey(expr.grouping, expr.isWithout);
  for (const series of input) {
    const labels = labelsOf(series.labels);
    const known = groups.get(labels.key);
    if (known === undefined) groups.set(labels.key, { labels, series: [series] });
    else known.series.push(series);
  }
  return [...groups.values()];
}

/** The aggregations; `parameter` is the quantile's. */
export async function aggregate(
  evaluation: Evaluation,
  expr: Aggregation,
  input: readonly StepSeries[],
  parameter: StepSeries | undefined,
): Promise<StepSeries[]> {
  if (parameter !== undefined) noteQuantiles(evaluation, expr, parameter);
  const results: StepSeries[] = [];
  for (const { labels, series } of groupSeries(expr, input)) {
    const dropsName = series.some((each) => each.dropsName);
    const result = newSeries(labels, dropsName, evaluation.grid.count);
    fill(evaluation, expr, series, result, parameter);
    if (!isEmpty(result)) results.push(result);
    await evaluation.context.pause();
  }
  return results;
}

function noteQuantiles({ context }: Evaluation, expr: Aggregation, { floats }: StepSeries): void {
  const ordinary = floats.filter((q) => !Number.isNaN(q));
  const warn = (q: number): void => context.annotations.warn(NOTES.invalidQuantile(q), unwrapped(expr.parameter!));
  if (ordinary.length < floats.length) warn(Number.NaN);
  const most = ordinary.reduce((a, b) => Math.max(a, b), 1);
  const least = ordinary.reduce((a, b) => Math.min(a, b), 0);
  if (most > 1) warn(most);
  if (least < 0) warn(least);
}

function fill(
  evaluation: Evaluation,
  expr: Aggregation,
  members: readonly StepSeries[],
  result: StepSeries,
  parameter: StepSeries | undefined,
): void {
  const { operator } = expr;
  if (operator === 'count' || operator === 'group') countMembers(operator, members, result);
  else if (operator === 'sum' || operator === 'avg') total(evaluation, expr, operator, members, result);
  else {
    const ofFloats = FLOATS_ONLY[operator as FloatAggregator];
    const isAnyHistogram = members.some(({ kinds }) => kinds.includes(HISTOGRAM));
    if (isAnyHistogram)
      evaluation.context.annotations.inform(NOTES.ignoredInAggregation(operator), unwrapped(expr.expr));
    ofFloats(members, result, parameter);
  }
}

function countMembers(operator: 'count' | 'group', members: readonly StepSeries[], result: StepSeries): void {
  countsOf(members, result.kinds.length).forEach((count, step) => {
    if (count > 0) setFloat(result, step, operator === 'count' ? count : 1);
  });
}

/** Sums and means, which histograms have too; a mix of both has none. */
function total(
  evaluation: Evaluation,
  expr: Aggregation,
  operator: 'sum' | 'avg',
  members: readonly StepSeries[],
  result: StepSeries,
): void {
  if (hasOnlyFloats(members)) {
    if (operator === 'sum') sumFloats(members, result);
    else averageFloats(members, result, (step) => meanAt(members, step));
    return;
  }
  const { annotations } = evaluation.context;
  for (let step = 0; step < result.kinds.length; step++) {
    let hasFloat = false;
    let hasHistogram = false;
    for (const { kinds } of members) {
      if (kinds[step] === FLOAT) hasFloat = true;
      else if (kinds[step] === HISTOGRAM) hasHistogram = true;
    }
    if (hasFloat && hasHistogram) annotations.warn(NOTES.mixedAggregation(), unwrapped(expr.expr));
    else if (hasFloat) setFloat(result, step, operator === 'sum' ? sumAt(members, step) : meanAt(members, step));
    else if (hasHistogram) {
      const histogram = totalHistogram(evaluation, expr, operator, members, step);
      if (histogram !== undefined) setHistogram(result, step, histogram);
    }
  }
}

function sumAt(members: readonly StepSeries[], step: number): number {
  const sum = new KahanSum();
  let isFirst = true;
  for (const { kinds, floats } of members) {
    if (kinds[step] !== FLOAT) continue;
    if (isFirst) sum.sum = floats[step]!;
    else sum.add(floats[step]!);
    isFirst = false;
  }
  return sum.sum + sum.compensation;
}

function meanAt(members: readonly StepSeries[], step: number): number {
  const mean = new Mean();
  for (const { kinds, floats } of members) if (kinds[step] === FLOAT) mean.add(floats[step]!);
  return mean.value;
}

function totalHistogram(
  { context }: Evaluation,
  expr: Aggregation,
  operator: 'sum' | 'avg',
  members: readonly StepSeries[],
  step: number,
): FloatHistogram | undefined {
  const summary = operator === 'sum' ? new HistogramSummary() : new HistogramMean();
  for (const series of members) {
    if (series.kinds[step] !== HISTOGRAM) continue;
    try {
      summary.add(histogramAt(series, step));
    } catch (error) {
      if (!(error instanceof IncompatibleHistograms)) throw error;
      context.annotations.warn(NOTES.mixedSchemas(series.labels.metricName), unwrapped(expr.expr));
      return undefined;
    }
  }
  summary.note(context.annotations, unwrapped(expr.expr));
  return compact(summary.value!);
}

type FloatAggregator = 'min' | 'max' | 'stddev' | 'stdvar' | 'quantile';

const FLOATS_ONLY: Readonly<
  Record<
    FloatAggregator,
    (members: readonly StepSeries[], result: StepSeries, parameter: StepSeries | undefined) => void
  >
> = {
  min: (members, result) => extreme(members, result, (value, best) => value < best),
  max: (members, result) => extreme(members, result, (value, best) => value > best),
  stdvar: (members, result) => variance(members, result, (value) => value),
  stddev: (members, result) => variance(members, result, Math.sqrt),
  quantile: (members, result, parameter) => {
    for (let step = 0; step < result.kinds.length; step++) {
      const values = Float64Array.from(
        members.filter(({ kinds }) => kinds[step] === FLOAT),
        ({ floats }) => floats[step]!,
      );
      if (values.length > 0) setFloat(result, step, quantileOf(parameter!.floats[step]!, values));
    }
  },
};

function extreme(
  members: readonly StepSeries[],
  result: StepSeries,
  wins: (value: number, best: number) => boolean,
): void {
  for (const { kinds, floats } of members) {
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] !== FLOAT) continue;
      const best = result.floats[step]!;
      if (result.kinds[step] === 0 || Number.isNaN(best) || wins(floats[step]!, best))
        setFloat(result, step, floats[step]!);
    }
  }
}

/** Welford's way, which needs no second look at the values. */
function variance(members: readonly StepSeries[], result: StepSeries, finish: (variance: number) => number): void {
  for (let step = 0; step < result.kinds.length; step++) {
    let count = 0;
    let mean = 0;
    let squares = 0;
    for (const { kinds, floats } of members) {
      if (kinds[step] !== FLOAT) continue;
      const value = floats[step]!;
      count++;
      if (count === 1) {
        mean = value;
        squares = Number.isFinite(value) ? 0 : Number.NaN;
        continue;
      }
      const delta = value - mean;
      mean += delta / count;
      squares += delta * (value - mean);
    }
    if (count > 0) setFloat(result, step, finish(squares / count));
  }
}

/** `count_values("label", …)`: how many series have each value, which becomes a label. */
export async function countValues(
  evaluation: Evaluation,
  expr: Aggregation,
  input: readonly StepSeries[],
  label: string,
): Promise<StepSeries[]> {
  if (!isLabelName(label)) throw new PromqlExecutionError(`invalid label name ${goQuoted(label)}`);
  const table = evaluation.newTable();
  const grouping = expr.isWithout ? expr.grouping : [...expr.grouping, label];
  const labelsOf = groupKey(grouping, expr.isWithout);
  for (let step = 0; step < evaluation.grid.count; step++) {
    const counts = new Map<string, { readonly labels: Labels; count: number }>();
    for (const series of input) {
      if (series.kinds[step] === 0) continue;
      const text =
        series.kinds[step] === FLOAT ? goDecimal(series.floats[step]!) : printHistogram(histogramAt(series, step));
      const labels = labelsOf(series.labels.with(label, text));
      const known = counts.get(labels.key);
      if (known === undefined) counts.set(labels.key, { labels, count: 1 });
      else known.count++;
    }
    for (const { labels, count } of counts.values()) setFloat(table.at(step, labels, false), step, count);
    await evaluation.context.pause();
  }
  return table.series;
}
