/** Edits of a page's query ("include this value") in the language that it is in. */
import type { AttributeValue } from '#api/types.ts';
import { type FilterNode, parseFilter, type QueryLanguage, queryLanguage } from '#lang/filter';
import { withTerm } from './filter-text.ts';

export type Signal = 'traces' | 'logs';

/** One more condition, said with the filter language's key. */
export function withCondition(
  signal: Signal,
  q: string,
  key: string,
  operator: '=' | '!=',
  value: AttributeValue,
): string {
  const language = queryLanguage(q, signal);
  if (language === 'filter') return withTerm(q, key, operator, value);
  return `${q.trimEnd()} | ${conditionIn(language, key, operator, value)}`;
}

/** Only lines with this text in them. */
export function withLineText(q: string, text: string): string {
  const written = JSON.stringify(text);
  if (queryLanguage(q, 'logs') === 'logql') return `${q.trimEnd()} |= ${written}`;
  return [q, `"${text.replace(/[\\"]/g, '\\$&')}"`].filter(Boolean).join(' ');
}

/** Only items that have no such key. */
export function withoutKey(signal: Signal, q: string, key: string, printedKey: string): string {
  const language = queryLanguage(q, signal);
  if (language === 'traceql') return `${q.trimEnd()} | { ${traceqlField(key)} = nil }`;
  if (language === 'logql') return `${q.trimEnd()} | ${logqlLabel(key)}=""`;
  return [q, `${printedKey}!=*`].filter(Boolean).join(' ');
}

/** A query and a filter; undefined where the query's language has no words for the filter. */
export function withFilter(signal: Signal, q: string, filter: string): string | undefined {
  const language = queryLanguage(q, signal);
  if (q === '' || language === 'filter') return [q, filter].filter(Boolean).join(' ');
  const parsed = parseFilter(filter);
  if (!parsed.ok || parsed.filter === undefined) return undefined;
  const nodes: readonly FilterNode[] = parsed.filter.kind === 'and' ? parsed.filter.items : [parsed.filter];
  let written = q;
  for (const node of nodes) {
    if (node.kind !== 'compare' || /~/.test(node.operator)) return undefined;
    const value = node.value.kind === 'number' || node.value.kind === 'boolean' ? node.value.value : node.value.text;
    written = `${written.trimEnd()} | ${conditionIn(language, node.key.text, node.operator, value)}`;
  }
  return written;
}

function conditionIn(language: QueryLanguage, key: string, operator: string, value: AttributeValue): string {
  if (language === 'traceql') {
    const field = traceqlField(key);
    const isWord = field === 'status' || field === 'kind' || field === 'duration' || typeof value !== 'string';
    return `{ ${field} ${operator} ${isWord ? String(value) : JSON.stringify(value)} }`;
  }
  const text = JSON.stringify(typeof value === 'string' ? value : String(value));
  if (operator === '=' || operator === '!=') return `${logqlLabel(key)}${operator}${text}`;
  return `${logqlLabel(key)} ${operator} ${String(value)}`;
}

const TRACEQL_NAMES: Readonly<Record<string, string>> = {
  service: 'resource.service.name',
  'service.name': 'resource.service.name',
  name: 'name',
  status: 'status',
  kind: 'kind',
  duration: 'duration',
  scope: 'instrumentation:name',
  trace: 'trace:id',
  span: 'span:id',
  parent: 'span:parentID',
};

function traceqlField(key: string): string {
  const named = TRACEQL_NAMES[key];
  if (named !== undefined) return named;
  const [, scope = '', bare = key] = /^(resource|span|attributes)\.(.+)$/s.exec(key) ?? [];
  const written = /^[\w.:/-]+$/.test(bare) ? bare : JSON.stringify(bare);
  return `${scope === 'attributes' ? 'span' : scope}.${written}`;
}

const LABELS: Readonly<Record<string, string>> = {
  service: 'service_name',
  severity: 'detected_level',
  event: 'event_name',
  scope: 'scope_name',
  trace: 'trace_id',
  span: 'span_id',
};

/** The label that an attribute is in LogQL. */
export function logqlLabel(key: string): string {
  const bare = key.replace(/^(?:resource|log|attributes)\./, '');
  const label = (LABELS[bare] ?? bare).replace(/\W/g, '_');
  return /^\d/.test(label) ? `_${label}` : label;
}
