import { Labels } from '#query/promql.ts';
import { medianOf } from './reduce.ts';
import { type Evaluator, holds } from './threshold.ts';
import { type Result, type Results, resultOf } from './values.ts';

/** Conditions of Grafana's old alerts: one answer for all series together. */

export const CLASSIC_REDUCERS = [
  'avg',
  'sum',
  'min',
  'max',
  'count',
  'last',
  'median',
  'diff',
  'diff_abs',
  'percent_diff',
  'percent_diff_abs',
  'count_non_null',
] as const;
export type ClassicReducer = (typeof CLASSIC_REDUCERS)[number];

export interface ClassicCondition {
  readonly of: string;
  readonly reducer: ClassicReducer;
  readonly evaluator: Evaluator | 'no_value';
  /** With what is before it. `logic-or` gives up the state without data once something else fires. */
  readonly operator: 'and' | 'or' | 'logic-or';
}

export interface ClassicNode {
  readonly kind: 'classic';
  readonly refId: string;
  readonly conditions: readonly ClassicCondition[];
}

/** One number without labels: 1 where they hold, 0 where not, null where there are no data to tell by. */
export function classicResult({ conditions }: ClassicNode, results: Results): Result {
  let [isFiring, isEmpty] = [false, false];
  for (const [index, condition] of conditions.entries()) {
    const one = conditionOf(condition, results);
    if (index === 0) [isFiring, isEmpty] = [one.isFiring, one.isEmpty];
    else if (condition.operator === 'and') {
      isFiring &&= one.isFiring;
      isEmpty &&= one.isEmpty;
    } else {
      isFiring ||= one.isFiring;
      isEmpty ||= one.isEmpty;
      if (condition.operator === 'logic-or' && isFiring) isEmpty = false;
    }
  }
  return { kind: 'numbers', items: [{ labels: Labels.NONE, value: isFiring ? 1 : isEmpty ? null : 0 }] };
}

function conditionOf(
  { of, reducer, evaluator }: ClassicCondition,
  results: Results,
): { readonly isFiring: boolean; readonly isEmpty: boolean } {
  const input = resultOf(results, of);
  const values: readonly (number | null)[] =
    input.kind === 'numbers'
      ? input.items.map(({ value }) => value)
      : input.items.map((series) => reduceClassic(series.values, reducer));
  const isEmpty = values.every((value) => value === null);
  if (evaluator === 'no_value') return { isFiring: isEmpty, isEmpty: false };
  return { isFiring: values.some((value) => value !== null && holds(evaluator, value)), isEmpty };
}

/** Values that are no numbers don't count. Null where none does. */
export function reduceClassic(all: readonly (number | null)[], reducer: ClassicReducer): number | null {
  const values = all.filter((value): value is number => value !== null && !Number.isNaN(value));
  if (reducer === 'count') return all.length;
  const [first, last] = [values[0], values.at(-1)];
  if (reducer === 'count_non_null') return values.length > 0 ? values.length : null;
  if (first === undefined || last === undefined) return null;
  const sum = values.reduce((total, value) => total + value, 0);
  switch (reducer) {
    case 'avg':
      return sum / values.length;
    case 'sum':
      return sum;
    case 'min':
      return values.reduce((least, value) => Math.min(least, value));
    case 'max':
      return values.reduce((most, value) => Math.max(most, value));
    case 'last':
      return last;
    case 'median':
      return medianOf(values);
    case 'diff':
      return last - first;
    case 'diff_abs':
      return Math.abs(last - first);
    case 'percent_diff':
      return ((last - first) / first) * 100;
    case 'percent_diff_abs':
      return Math.abs(((last - first) / first) * 100);
  }
}
