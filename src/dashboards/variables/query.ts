/** What a query variable asks of Prometheus' API. Texts still hold variables. */
export type VariableQuery =
  | { readonly kind: 'label-names'; readonly match: string }
  | { readonly kind: 'label-values'; readonly label: string; readonly match: string }
  | { readonly kind: 'metrics'; readonly pattern: string }
  | { readonly kind: 'query-result'; readonly expr: string }
  /** Anything else is a selector, whose series are written out; the variable's regex takes what it wants of them. */
  | { readonly kind: 'series'; readonly match: string };

/** `label_values(up{job="x"}, instance)` and its like, as Grafana's documentation lists them. */
export function parseVariableQuery(text: string): VariableQuery {
  const query = text.trim();
  const [, name, within] = /^(label_names|label_values|metrics|query_result)\s*\((.*)\)$/s.exec(query) ?? [];
  if (name === undefined || within === undefined) return { kind: 'series', match: query };
  const inner = within.trim();
  if (name === 'label_names') return { kind: 'label-names', match: inner };
  if (name === 'metrics') return { kind: 'metrics', pattern: inner };
  if (name === 'query_result') return { kind: 'query-result', expr: inner };
  const comma = lastComma(inner);
  return {
    kind: 'label-values',
    label: inner.slice(comma + 1).trim(),
    match: inner.slice(0, Math.max(0, comma)).trim(),
  };
}

/** The place of the last comma that is in no braces, parentheses or quotes; -1 for none. */
function lastComma(text: string): number {
  let depth = 0;
  let quote = '';
  let last = -1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'" || character === '`') quote = character;
    else if ('{(['.includes(character)) depth++;
    else if ('})]'.includes(character)) depth--;
    else if (character === ',' && depth === 0) last = at;
  }
  return last;
}
