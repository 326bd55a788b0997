import type { PromExpr, VectorSelector } from './tree.ts';

/** The expressions within one. */
export function childrenOf(expr: PromExpr): readonly PromExpr[] {
  switch (expr.kind) {
    case 'aggregation':
      return expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    case 'call':
      return expr.arguments;
    case 'matrix':
      return [expr.selector];
    case 'paren':
    case 'subquery':
    case 'unary':
      return [expr.expr];
    default:
      return [];
  }
}

/** All selectors of an expression, from left to right. */
export function selectorsIn(expr: PromExpr): readonly VectorSelector[] {
  return expr.kind === 'selector' ? [expr] : childrenOf(expr).flatMap(selectorsIn);
}
