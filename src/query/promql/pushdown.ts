import { type Aggregation, type Call, childrenOf, type PromExpr, type VectorSelector } from '#lang/promql';
import { WINDOW_AGGREGATORS, WINDOW_FUNCTIONS, type WindowAggregator, type WindowFunction } from './source.ts';
import { unwrapped } from './timing.ts';

/**
 * The planner: a pass over the typed tree that finds what a source may answer without handing out samples. All else is evaluated here, node by
 * node. Whether the source does it is its own choice, by what it would cost and by what the series are.
 */

/** A selector, or a function of a selector's range, or either under an aggregation. */
export type Pushdown =
  | { readonly kind: 'window'; readonly selector: VectorSelector; readonly fn: WindowFunction }
  | {
      readonly kind: 'group';
      readonly operator: WindowAggregator;
      readonly expr: Aggregation;
      /** What is aggregated: in the tree, a call or a selector. */
      readonly inner: Call | VectorSelector;
      readonly window: Pushdown & { readonly kind: 'window' };
    };

/** By the node that it stands for. */
export type PushdownPlan = ReadonlyMap<PromExpr, Pushdown>;

export const NO_PUSHDOWN: PushdownPlan = new Map();

export function planPushdown(root: PromExpr): PushdownPlan {
  const plan = new Map<PromExpr, Pushdown>();
  const visit = (expr: PromExpr): void => {
    const found = pushdownOf(expr);
    if (found !== undefined) plan.set(expr, found);
    for (const child of childrenOf(expr)) visit(child);
  };
  visit(root);
  return plan;
}

function pushdownOf(expr: PromExpr): Pushdown | undefined {
  if (expr.kind === 'selector' || expr.kind === 'call') return windowOf(expr);
  if (expr.kind !== 'aggregation') return undefined;
  const inner = unwrapped(expr.expr);
  const operator = WINDOW_AGGREGATORS.find((each) => each === expr.operator);
  if (operator === undefined || (inner.kind !== 'call' && inner.kind !== 'selector')) return undefined;
  const window = windowOf(inner);
  return window && { kind: 'group', operator, expr, inner, window };
}

function windowOf(expr: Call | VectorSelector): (Pushdown & { readonly kind: 'window' }) | undefined {
  if (expr.kind === 'selector') {
    return expr.modifier === undefined ? { kind: 'window', selector: expr, fn: 'last' } : undefined;
  }
  const fn = WINDOW_FUNCTIONS.find((each) => each === expr.name);
  const [range, ...others] = expr.arguments.map(unwrapped);
  if (fn === undefined || range?.kind !== 'matrix' || others.length > 0) return undefined;
  return range.selector.modifier === undefined ? { kind: 'window', selector: range.selector, fn } : undefined;
}
