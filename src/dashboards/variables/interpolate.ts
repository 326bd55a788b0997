import { formatValue } from './formats.ts';
import { escapeForPromql } from './prom-escape.ts';
import { referencesIn } from './references.ts';
import type { Scope, ScopeValue } from './scope.ts';
import { ALL_VALUE } from './special.ts';

/**
 * How values stand in a text that doesn't say it (`${x:csv}` does): `promql` escapes them for label matchers, `text` is for titles, and `glob`,
 * `{a,b}`, is Grafana's for all else.
 */
export type Formatting = 'promql' | 'text' | 'glob' | 'percentencode';

/** The text with values in place of variables and macros. What the scope doesn't know stays as it is. */
export function interpolate(text: string, scope: Scope, formatting: Formatting): string {
  if (!text.includes('$') && !text.includes('[[')) return text;
  let result = '';
  let at = 0;
  for (const { start, end, name, field, format } of referencesIn(text)) {
    const value = scope.get(name, field);
    if (value === undefined) continue;
    result += text.slice(at, start) + written(name, value, format, formatting);
    at = end;
  }
  return result + text.slice(at);
}

function written(name: string, value: ScopeValue, format: string, formatting: Formatting): string {
  if (value.isAll && format === 'queryparam') return formatValue(format, name, { ...value, value: ALL_VALUE });
  // What stands for all is in the query's language already.
  if (value.isAll && value.isVerbatim && formatting !== 'text' && format !== 'text' && format !== 'percentencode')
    return String(value.value);
  if (format !== '') return formatValue(format, name, value);
  if (value.isVerbatim) return String(value.value);
  return formatting === 'promql' ? escapeForPromql(value) : formatValue(formatting, name, value);
}
