import type { Labels } from '#query/promql.ts';

/** What queries and expressions of a rule of Grafana give (expr/mathexp of Grafana, as its documentation tells it). */

/** `null` is a value that is not there; it makes its instance one without data. */
export interface NumberItem {
  readonly labels: Labels;
  readonly value: number | null;
}

export interface SeriesItem {
  readonly labels: Labels;
  /** One a value, ascending. */
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}

/** No items: there are no data. */
export type Result =
  | { readonly kind: 'numbers'; readonly items: readonly NumberItem[] }
  | { readonly kind: 'series'; readonly items: readonly SeriesItem[] };

/** By refId; all that a node reads is there before it. */
export type Results = ReadonlyMap<string, Result>;

export function resultOf(results: Results, refId: string): Result {
  const result = results.get(refId);
  if (result === undefined) throw new Error(`there is no query ${refId}`);
  return result;
}
