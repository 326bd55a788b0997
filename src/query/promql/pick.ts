import { goNumber } from '#base';
import type { Aggregation } from '#lang/promql';
import { type Group, groupSeries } from './aggregate.ts';
import { firstFloats, hasOnlyFloats } from './aggregate-floats.ts';
import { NOTES } from './annotations.ts';
import type { Evaluation } from './evaluation.ts';
import { labelsHash } from './labels-hash.ts';
import { copyValue, FLOAT, HISTOGRAM, newSeries, PromqlExecutionError, type StepSeries } from './matrix.ts';
import { unwrapped } from './timing.ts';

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
  const ranked = rankedGroups(expr, groups, parameter);
  for (let step = 0; step < count; step++) {
    const value = parameter.floats[step]!;
    for (const group of groups) {
      const first = ranked.get(group);
      if (first !== undefined) {
        first.takeAt(step, take);
        continue;
      }
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

/** More series of a group than that are sorted step by step. */
const MAX_RANKED = 64;
/** So many places are held beforehand, of all groups and steps. */
const MAX_PLACES = 4_000_000;

interface Ranked {
  /** Calls back for each picked series of a step. */
  takeAt(step: number, take: (series: StepSeries, step: number) => void): void;
}

/** Groups of floats whose largest or smallest few are wanted. */
function rankedGroups(
  { operator }: Aggregation,
  groups: readonly Group[],
  { floats }: StepSeries,
): ReadonlyMap<Group, Ranked> {
  const ranked = new Map<Group, Ranked>();
  if (operator !== 'topk' && operator !== 'bottomk') return ranked;
  const ks = floats.map(Math.trunc);
  const most = ks.reduce((a, b) => Math.max(a, b), 0);
  if (most < 1 || most > MAX_RANKED || groups.length * floats.length * most > MAX_PLACES) return ranked;
  for (const group of groups) {
    const { series } = group;
    if (!hasOnlyFloats(series)) continue;
    const places = firstFloats(series, ks, most, operator === 'topk');
    ranked.set(group, {
      takeAt(step, take) {
        for (let at = step * most; at < (step + 1) * most && places[at]! >= 0; at++) take(series[places[at]!]!, step);
      },
    });
  }
  return ranked;
}

function checkParameter({ context }: Evaluation, expr: Aggregation, { floats }: StepSeries): void {
  if (expr.operator === 'limit_ratio') {
    if (floats.some(Number.isNaN)) throw new PromqlExecutionError('Ratio value is NaN');
    const most = floats.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const least = floats.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    if (most > 1) context.annotations.warn(NOTES.invalidRatio(most, 1), unwrapped(expr.parameter!));
    if (least < -1) context.annotations.warn(NOTES.invalidRatio(least, -1), unwrapped(expr.parameter!));
    return;
  }
  if (!floats.some((value) => value >= 1 || Number.isNaN(value))) return;
  if (floats.some(Number.isNaN)) throw new PromqlExecutionError('Parameter value is NaN');
  const least = floats.reduce((a, b) => Math.min(a, b));
  if (least <= -(2 ** 63)) throw new PromqlExecutionError(`Scalar value ${goNumber(least)} underflows int64`);
  const most = floats.reduce((a, b) => Math.max(a, b));
  if (most >= 2 ** 63) throw new PromqlExecutionError(`Scalar value ${goNumber(most)} overflows int64`);
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
