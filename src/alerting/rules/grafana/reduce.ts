import { type NumberItem, type Result, type Results, resultOf, type SeriesItem } from './values.ts';

/** One number of each series. */

export const REDUCERS = ['last', 'mean', 'min', 'max', 'sum', 'count', 'median'] as const;
export type Reducer = (typeof REDUCERS)[number];

/** What becomes of values that are no numbers: they make the result one, are left out, or are taken for another value. */
export type ReduceMode =
  | { readonly kind: 'strict' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'replace'; readonly value: number };

export interface ReduceNode {
  readonly kind: 'reduce';
  readonly refId: string;
  readonly of: string;
  readonly reducer: Reducer;
  readonly mode: ReduceMode;
}

export function reduceResult({ of, reducer, mode }: ReduceNode, results: Results): Result {
  const input = resultOf(results, of);
  // A number is what it is.
  if (input.kind === 'numbers') return input;
  return { kind: 'numbers', items: input.items.map((series) => reduceSeries(series, reducer, mode)) };
}

function reduceSeries({ labels, values }: SeriesItem, reducer: Reducer, mode: ReduceMode): NumberItem {
  if (mode.kind === 'strict') return { labels, value: reduceStrictly(values, reducer) };
  const numbers = values.flatMap((value) =>
    value !== null && Number.isFinite(value) ? [value] : mode.kind === 'replace' ? [mode.value] : [],
  );
  const value = reduceStrictly(numbers, reducer);
  if (value === null || Number.isNaN(value)) return { labels, value: mode.kind === 'replace' ? mode.value : null };
  return { labels, value };
}

/** A value that is no number makes the result one, where it counts. */
export function reduceStrictly(values: readonly (number | null)[], reducer: Reducer): number | null {
  if (reducer === 'count') return values.length;
  if (reducer === 'last') return values.length === 0 ? Number.NaN : values.at(-1)!;
  if (reducer !== 'sum' && values.length === 0) return Number.NaN;
  let sum = 0;
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === null || Number.isNaN(value)) return Number.NaN;
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  switch (reducer) {
    case 'sum':
      return sum;
    case 'mean':
      return sum / values.length;
    case 'min':
      return min;
    case 'max':
      return max;
    case 'median':
      return medianOf(values as readonly number[]);
  }
}

/** `values` has at least one. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
