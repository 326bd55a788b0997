import { quotePattern } from '#base/quote-pattern.ts';
import type { ScopeValue } from './scope.ts';

/**
 * A value as Grafana's Prometheus source puts it into a PromQL text, between the quotes of a matcher. One that was chosen alone keeps its meaning in
 * a string; where several can be chosen they are patterns, and of two and more it makes `(a|b)`. What is special in a pattern is escaped once
 * for the pattern and once for the string. Quotes are written as `\x27` and `\x22`, which is right between quotes of either kind.
 * Source: Grafana's documentation, "Prometheus template variables".
 */
export function escapeForPromql({ value, isPattern }: ScopeValue): string {
  if (typeof value === 'string') return inString(isPattern ? quotePattern(value) : value);
  const patterns = value.map(quotePattern);
  return inString(patterns.length === 1 ? patterns[0]! : `(${patterns.join('|')})`);
}

function inString(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", '\\x27').replaceAll('"', '\\x22').replaceAll('\n', '\\n');
}
