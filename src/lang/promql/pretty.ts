import { printAggregator, printOperator, printPromql, printSubqueryRange } from './print.ts';
import type { PromExpr } from './tree.ts';

/** Longer lines are broken. */
const LINE_LENGTH = 100;

/** Tree to text over several lines, as promql/parser/prettier.go of Prometheus writes it: what fits into 100 bytes stays on one. */
export function formatPromql(expr: PromExpr, level = 0): string {
  const indent = '  '.repeat(level);
  if (expr.kind === 'unary') return `${indent}${expr.operator}${formatPromql(expr.expr, level).trim()}`;
  const line = printPromql(expr);
  if (new TextEncoder().encode(line).length <= LINE_LENGTH) return expr.kind === 'subquery' ? line : indent + line;
  switch (expr.kind) {
    case 'aggregation': {
      const parameter = expr.parameter === undefined ? '' : `${formatPromql(expr.parameter, level + 1)},\n`;
      return `${indent}${printAggregator(expr)}(\n${parameter}${formatPromql(expr.expr, level + 1)}\n${indent})`;
    }
    case 'binary': {
      const left = formatPromql(expr.left, level + 1);
      return `${left}\n${indent}${printOperator(expr)}\n${formatPromql(expr.right, level + 1)}`;
    }
    case 'call': {
      const list = expr.arguments.map((argument) => formatPromql(argument, level + 1)).join(',\n');
      return `${indent}${expr.name}(\n${list}\n${indent})`;
    }
    case 'paren':
      return `${indent}(\n${formatPromql(expr.expr, level + 1)}\n${indent})`;
    case 'subquery':
      return `${formatPromql(expr.expr, level)}${printSubqueryRange(expr)}`;
    default:
      return indent + line;
  }
}
