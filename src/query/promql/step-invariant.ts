import { childrenOf, type PromExpr } from '#lang/promql';
import { unwrapped } from './timing.ts';

/** These look at the time of the step whatever their arguments are. */
const OF_STEP = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'predict_linear',
  'time',
  'year',
]);

/** Whether an expression has one value for all steps, as Prometheus decides it: its selectors say when by themselves (`@`). */
export function isStepInvariant(expr: PromExpr): boolean {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return true;
    case 'selector':
    case 'subquery':
      return expr.atMs !== undefined || expr.atEdge !== undefined;
    case 'aggregation':
      return isStepInvariant(expr.expr);
    case 'call': {
      const isSelector = expr.arguments.every((argument) => unwrapped(argument).kind === 'selector');
      if (OF_STEP.has(expr.name) || (expr.name === 'timestamp' && !isSelector)) return false;
      return expr.arguments.every(isStepInvariant);
    }
    default:
      return childrenOf(expr).every(isStepInvariant);
  }
}
