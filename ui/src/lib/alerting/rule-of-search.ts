/** A search as the expression of a rule: in PromQL or LogQL, or why it can be none. */
import { type FilterCompare, type FilterNode, isSeriesQuery, parseFilter, queryLanguage } from '#lang/filter';
import type { Pane } from '../explore/panes.ts';
import { parseDuration } from '../format.ts';
import { logqlLabel } from '../query-text.ts';

export type RuleLanguage = 'promql' | 'logql';

export type RuleOfSearch =
  | { readonly language: RuleLanguage; readonly expr: string }
  /** Why it can't be a rule. */
  | { readonly reason: string };

const WINDOW = '[5m]';

export function ruleOfSearch({ kind, q }: Pane): RuleOfSearch {
  switch (kind) {
    case 'metrics':
      return q.trim() === '' ? { reason: 'there is no expression yet' } : { language: 'promql', expr: q };
    case 'logs':
      return ofLogs(q);
    case 'traces':
      return ofTraces(q);
    case 'sql':
      return { reason: 'rules ask in PromQL or LogQL, not in SQL' };
  }
}

const NO_TRACEQL =
  'rules ask in PromQL or LogQL, not in TraceQL: search with the filter language by service, name, kind, status or duration';

function ofLogs(q: string): RuleOfSearch {
  const text = q.trim();
  if (queryLanguage(text, 'logs') === 'logql') {
    if (isSeriesQuery(text, 'logs')) return { language: 'logql', expr: text };
    return counted(text);
  }
  const nodes = conjunction(text);
  if (typeof nodes === 'string') return { reason: nodes };
  const selector: string[] = [];
  const stages: string[] = [];
  for (const node of nodes) {
    const written = lineCondition(node);
    if ('reason' in written) return written;
    (written.isLabel ? selector : stages).push(written.text);
  }
  const stream = `{${selector.length > 0 ? selector.join(', ') : 'service_name=~".+"'}}`;
  return counted([stream, ...stages].join(' '));
}

function counted(lines: string): RuleOfSearch {
  return { language: 'logql', expr: `sum by (service_name) (count_over_time(${lines} ${WINDOW})) > 0` };
}

/** The terms that must all hold; a text says why there are none. */
function conjunction(text: string): readonly FilterNode[] | string {
  const parsed = parseFilter(text);
  if (!parsed.ok) return `the search can't be read: ${parsed.error.message}`;
  if (parsed.filter === undefined) return [];
  return parsed.filter.kind === 'and' ? parsed.filter.items : [parsed.filter];
}

type Written = { readonly text: string; readonly isLabel: boolean } | { readonly reason: string };

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const quoted = (text: string): string => JSON.stringify(text);

function lineCondition(node: FilterNode): Written {
  if (node.kind === 'text') return { text: `|~ ${quoted(`(?i)${escaped(node.text)}`)}`, isLabel: false };
  if (node.kind !== 'compare') return { reason: `a rule has no words for ${WORDS[node.kind] ?? node.kind}` };
  const value = valueText(node);
  const key = node.key.text;
  const isService = key === 'service' || key === 'service.name' || key === 'resource.service.name';
  if (isService && (node.operator === '=' || node.operator === '!='))
    return { text: `service_name${node.operator}${quoted(value)}`, isLabel: true };
  const label = logqlLabel(key);
  if (key === 'severity') return level(node.operator, value, label);
  if (node.operator === '~' || node.operator === '!~') {
    const regex = quoted(`.*(?:${value}).*`);
    return { text: `| ${label}${node.operator === '~' ? '=~' : '!~'}${regex}`, isLabel: false };
  }
  if (node.operator === '=' || node.operator === '!=')
    return { text: `| ${label}${node.operator}${quoted(value)}`, isLabel: false };
  return { text: `| ${label} ${node.operator} ${value}`, isLabel: false };
}

function level(operator: string, value: string, label: string): Written {
  const at = LEVELS.indexOf(value);
  if (at < 0 || operator === '~' || operator === '!~')
    return { reason: `a rule has no words for severity${operator}${value}` };
  const kept = LEVELS.filter((_, i) => compares(i, operator, at));
  return { text: `| ${label}=~${quoted(kept.join('|'))}`, isLabel: false };
}

function compares(one: number, operator: string, other: number): boolean {
  switch (operator) {
    case '=':
      return one === other;
    case '!=':
      return one !== other;
    case '>':
      return one > other;
    case '>=':
      return one >= other;
    case '<':
      return one < other;
    default:
      return one <= other;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  or: 'OR',
  not: 'NOT',
  exists: 'that a key is there',
  and: 'brackets',
};

const CALLS = 'traces_span_metrics_calls_total';
const DURATION = 'traces_span_metrics_duration_seconds_bucket';

/** What the connector `span_metrics` has labels for. */
const SPAN_LABELS: Readonly<Record<string, { readonly label: string; readonly value: (text: string) => string }>> = {
  service: { label: 'service_name', value: (text) => text },
  'service.name': { label: 'service_name', value: (text) => text },
  'resource.service.name': { label: 'service_name', value: (text) => text },
  name: { label: 'span_name', value: (text) => text },
  kind: { label: 'span_kind', value: (text) => `SPAN_KIND_${text.toUpperCase()}` },
  status: { label: 'status_code', value: (text) => `STATUS_CODE_${text.toUpperCase()}` },
};

function ofTraces(q: string): RuleOfSearch {
  if (queryLanguage(q, 'traces') === 'traceql') return { reason: NO_TRACEQL };
  const nodes = conjunction(q.trim());
  if (typeof nodes === 'string') return { reason: nodes };
  const matchers: string[] = [];
  let leastNs: number | undefined;
  for (const node of nodes) {
    if (node.kind !== 'compare')
      return { reason: `a rule on the metrics of spans has no words for ${WORDS[node.kind] ?? 'a text'}` };
    const { operator, key } = node;
    const value = valueText(node);
    if (key.text === 'duration' && (operator === '>' || operator === '>=')) {
      leastNs = node.value.kind === 'duration' ? node.value.ns : parseDuration(value);
      continue;
    }
    const known = SPAN_LABELS[key.text];
    if (known === undefined)
      return {
        reason: `the metrics of spans have no label for ${key.text}: only for service, name, kind and status; and they know duration>`,
      };
    if (operator !== '=' && operator !== '!=')
      return { reason: `the metrics of spans know no ${key.text}${operator}: only = and !=` };
    matchers.push(`${known.label}${operator}${quoted(known.value(value))}`);
  }
  const selector = `{${matchers.join(', ')}}${WINDOW}`;
  const expr =
    leastNs === undefined
      ? `sum by (service_name, span_name) (rate(${CALLS}${selector})) > 0`
      : `histogram_quantile(0.95, sum by (service_name, span_name, le) (rate(${DURATION}${selector}))) > ${leastNs / 1e9}`;
  return { language: 'promql', expr };
}

function valueText({ value }: FilterCompare): string {
  return value.kind === 'number' || value.kind === 'boolean' ? String(value.value) : value.text;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
