import type { Labels } from '#query/promql.ts';
import { type Result, type Results, resultOf } from './values.ts';

/** Whether values are on the bad side of a limit: 1 or 0. */

export type EvaluatorType =
  | 'gt'
  | 'lt'
  | 'eq'
  | 'ne'
  | 'gte'
  | 'lte'
  | 'within_range'
  | 'outside_range'
  | 'within_range_included'
  | 'outside_range_included';

/** How many numbers each takes. */
export const EVALUATORS: { readonly [type in EvaluatorType]: number } = {
  gt: 1,
  lt: 1,
  eq: 1,
  ne: 1,
  gte: 1,
  lte: 1,
  within_range: 2,
  outside_range: 2,
  within_range_included: 2,
  outside_range_included: 2,
};

export interface Evaluator {
  readonly type: EvaluatorType;
  /** As many as EVALUATORS says. */
  readonly params: readonly number[];
}

export interface ThresholdNode {
  readonly kind: 'threshold';
  readonly refId: string;
  readonly of: string;
  readonly evaluator: Evaluator;
  /** What lets an instance that fires recover; undefined: that the evaluator no longer holds. */
  readonly recovery: Evaluator | undefined;
}

export function holds({ type, params }: Evaluator, value: number): boolean {
  const [a = Number.NaN, b = Number.NaN] = params;
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  switch (type) {
    case 'gt':
      return value > a;
    case 'lt':
      return value < a;
    case 'eq':
      return value === a;
    case 'ne':
      return value !== a;
    case 'gte':
      return value >= a;
    case 'lte':
      return value <= a;
    case 'within_range':
      return value > low && value < high;
    case 'outside_range':
      return value < low || value > high;
    case 'within_range_included':
      return value >= low && value <= high;
    case 'outside_range_included':
      return value <= low || value >= high;
  }
}

/** `isFiring` says of an instance whether it fires now: only `recovery` lets it go then. */
export function thresholdResult(
  { of, evaluator, recovery }: ThresholdNode,
  results: Results,
  isFiring: (labels: Labels) => boolean,
): Result {
  const input = resultOf(results, of);
  const test = (labels: Labels, value: number | null): number | null => {
    if (value === null) return null;
    return Number(recovery !== undefined && isFiring(labels) ? !holds(recovery, value) : holds(evaluator, value));
  };
  if (input.kind === 'numbers')
    return { kind: 'numbers', items: input.items.map(({ labels, value }) => ({ labels, value: test(labels, value) })) };
  return {
    kind: 'series',
    items: input.items.map((item) => ({ ...item, values: item.values.map((value) => test(item.labels, value)) })),
  };
}

const SIGNS = { gt: '>', lt: '<', eq: '==', ne: '!=', gte: '>=', lte: '<=' } as const;

/** `> 5`. */
export function printEvaluator({ type, params }: Evaluator): string {
  if (type in SIGNS) return `${SIGNS[type as keyof typeof SIGNS]} ${params.join(', ')}`;
  return `${type.replaceAll('_', ' ')} ${params.join(' to ')}`;
}
