import type { Aggregation } from '#lang/promql';
import { groupSeries } from './aggregate.ts';
import { NOTES } from './annotations.ts';
import type { Evaluation } from './evaluation.ts';
import { labelsHash } from './labels-hash.ts';
import { copyValue, FLOAT, HISTOGRAM, newSeries, PromqlExecutionError, type StepSeries } from './matrix.ts';

/** Aggregations that pick series: `topk`, `bottomk`, `limitk` and `limit_ratio`. */
export async function pick(
  evaluation: Evaluation,
  expr: Aggregation,
  input: readonly StepSeries[],
  parameter: StepSeries,
): Promise<StepSeries[]> {
  const { operator } = expr;
  checkParameter(evaluation, expr, parameter);
  const { count } = evaluation.grid;
  const results = new Map<StepSeries, StepSeries>();
  const take = (series: StepSeries, step: number): void => {
    let result = results.get(series);
    if (result === undefined) {
      result = newSeries(series.labels, series.dropsName, count);
      results.set(series, result);
    }
    copyValue(series, result, step);
  };
  const groups = groupSeries(expr, input);
  for (let step = 0; step < count; step++) {
    const value = parameter.floats[step]!;
    for (const group of groups) {
      const present = group.series.filter(({ kinds }) => kinds[step] !== 0);
      const picked =
        operator === 'limit_ratio'
          ? pickRatio(present, value)
          : operator === 'limitk'
            ? present.slice(0, Math.max(0, Math.trunc(value)))
            : pickExtremes(evaluation, expr, present, step, Math.trunc(value));
      for (const series of picked) take(series, step);
    }
    await evaluation.context.pause();
  }
  return [...results.values()];
}

function checkParameter({ context }: Evaluation, expr: Aggregation, { floats }: StepSeries): void {
  if (expr.operator === 'limit_ratio') {
    if (floats.some(Number.isNaN)) throw new PromqlExecutionError('Ratio value is NaN');
    const most = floats.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const least = floats.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    if (most > 1) context.annotations.warn(NOTES.invalidRatio(most, 1), expr.parameter!);
    if (least < -1) context.annotations.warn(NOTES.invalidRatio(least, -1), expr.parameter!);
    return;
  }
  if (!floats.some((value) => value >= 1 || Number.isNaN(value))) return;
  for (const value of floats) {
    if (Number.isNaN(value)) throw new PromqlExecutionError('Parameter value is NaN');
    if (value <= -(2 ** 63)) throw new PromqlExecutionError(`Scalar value ${value} underflows int64`);
    if (value >= 2 ** 63) throw new PromqlExecutionError(`Scalar value ${value} overflows int64`);
  }
}

/** The k largest or smallest; NaN only where there are not enough others. Equal ones in the order of the input. */
function pickExtremes(
  { context }: Evaluation,
  expr: Aggregation,
  present: readonly StepSeries[],
  step: number,
  k: number,
): StepSeries[] {
  if (k < 1) return [];
  if (present.some(({ kinds }) => kinds[step] === HISTOGRAM))
    context.annotations.inform(NOTES.ignoredInAggregation(expr.operator), expr);
  const direction = expr.operator === 'topk' ? -1 : 1;
  return present
    .filter(({ kinds }) => kinds[step] === FLOAT)
    .sort((a, b) => {
      const [x, y] = [a.floats[step]!, b.floats[step]!];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return x === y ? 0 : direction * (x < y ? -1 : 1);
    })
    .slice(0, k);
}

/** A share of the series that is always the same: by the hash of the labels; a negative one picks those that the positive leaves out. */
function pickRatio(present: readonly StepSeries[], ratio: number): StepSeries[] {
  if (ratio === 0) return [];
  const limit = Math.max(-1, Math.min(1, ratio));
  return present.filter(({ labels }) => {
    const place = labelsHash(labels) / 2 ** 64;
    return limit > 0 ? place < limit : place >= 1 + limit;
  });
}
