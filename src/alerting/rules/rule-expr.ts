import { type MetricExpr, parseLogql, printLogql } from '#lang/logql';
import { ALL_OF_PROMQL, type PromExpr, parsePromql, printPromql } from '#lang/promql';

/** In what the rules of a file ask: Prometheus' files in PromQL, Loki's, which are written alike, in LogQL. */
export type RuleLanguage = 'promql' | 'logql';

/** What a rule asks. */
export type RuleExpr =
  | { readonly language: 'promql'; readonly tree: PromExpr }
  | { readonly language: 'logql'; readonly tree: MetricExpr; readonly text: string };

/** Throws the error of the language's parser; in LogQL also for a query that gives lines. */
export function parseRuleExpr(text: string, language: RuleLanguage): RuleExpr {
  if (language === 'promql') return { language, tree: parsePromql(text, ALL_OF_PROMQL) };
  const tree = parseLogql(text);
  if (tree.kind === 'logs') throw new Error('a rule needs a number, and this query gives lines: count them');
  return { language, tree, text };
}

/** As the language's own server prints it. */
export function printRuleExpr(expr: RuleExpr): string {
  return expr.language === 'promql' ? printPromql(expr.tree) : printLogql(expr.tree);
}
