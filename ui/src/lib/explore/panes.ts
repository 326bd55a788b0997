/** Two searches side by side: what an address holds of them, what a page's search is as one, and the page that a search has to itself. */
import { queryLanguage } from '#lang/filter';
import { printTerm } from '../filter-text.ts';
import { printDuration } from '../format.ts';
import type { Links, Target } from '../links.ts';
import { withFilter } from '../query-text.ts';
import type { ConsoleSearch, PaneKind } from '../search.ts';

export const PANE_KINDS: readonly PaneKind[] = ['traces', 'logs', 'metrics', 'sql'];
export const SIDES = ['one', 'two'] as const;
export type Side = (typeof SIDES)[number];

export interface Pane {
  readonly kind: PaneKind;
  /** In the filter language or the language of the kind's own. */
  readonly q: string;
}

export const PANE_TITLES: Readonly<Record<PaneKind, string>> = {
  traces: 'Traces',
  logs: 'Logs',
  metrics: 'Metrics',
  sql: 'SQL',
};

const KINDS: Readonly<Record<Side, PaneKind>> = { one: 'traces', two: 'logs' };

export function readPane(search: ConsoleSearch, side: Side): Pane {
  return { kind: search[side] ?? KINDS[side], q: search[`${side}.q`] ?? '' };
}

export function writePane(side: Side, { kind, q }: Pane): ConsoleSearch {
  return { [side]: kind, [`${side}.q`]: q || undefined };
}

/** The search of a page; undefined where it has none. `promql` is the builder's, where the page of metrics shows that. */
export function paneOfPage(pathname: string, search: ConsoleSearch, promql?: string): Pane | undefined {
  const [, section, part, ...more] = pathname.split('/');
  if (more.length > 0) return undefined;
  const named = part === undefined ? undefined : decodeURIComponent(part);
  switch (section) {
    case 'services':
    case 'map':
      return { kind: 'traces', q: named === undefined ? '' : terms([['service', '=', named]]) };
    case 'traces':
      return named === undefined
        ? { kind: 'traces', q: withTerms('traces', search.q ?? '', traceTerms(search)) }
        : { kind: 'logs', q: terms([['trace', '=', named]]) };
    case 'logs':
      return { kind: 'logs', q: withTerms('logs', search.q ?? '', logTerms(search)) };
    case 'metrics':
      return { kind: 'metrics', q: search.a ?? promql ?? '' };
    case 'sql':
      return { kind: 'sql', q: search.q ?? '' };
    default:
      return undefined;
  }
}

type Term = readonly [key: string, operator: string, value: string];

const terms = (list: readonly Term[]): string =>
  list.map(([key, operator, value]) => printTerm(key, operator, value)).join(' ');

function traceTerms({ service, operation, status, min, max }: ConsoleSearch): string {
  const texts = terms([
    ...(service === undefined ? [] : [['service', '=', service] as const]),
    ...(operation === undefined ? [] : [['name', '=', operation] as const]),
    ...(status === undefined ? [] : [['status', status === 'error' ? '=' : '!=', 'error'] as const]),
  ]);
  const longest = [
    ...(min === undefined ? [] : [`duration>=${printDuration(min)}`]),
    ...(max === undefined ? [] : [`duration<=${printDuration(max)}`]),
  ];
  return [texts, ...longest].filter(Boolean).join(' ');
}

function logTerms({ service, severity, trace }: ConsoleSearch): string {
  const levels = (severity ?? []).map((level) => printTerm('severity', '=', level)).join(' OR ');
  const texts = terms([
    ...(service === undefined ? [] : [['service', '=', service] as const]),
    ...(trace === undefined ? [] : [['trace', '=', trace] as const]),
  ]);
  return [texts, levels].filter(Boolean).join(' ');
}

/** A query whose language has no words for the page's menus stays as it is. */
function withTerms(signal: 'traces' | 'logs', q: string, more: string): string {
  if (more === '') return q;
  return withFilter(signal, q, more) ?? q;
}

/** The page that shows a pane alone. */
export function targetOfPane(links: Links, { kind, q }: Pane): Target {
  switch (kind) {
    case 'traces':
      return links.traces({ q: q || undefined });
    case 'logs':
      return links.logs({ q: q || undefined });
    case 'metrics':
      return links.metrics({ a: q || undefined, promql: true });
    case 'sql':
      return links.sql({ q: q || undefined });
  }
}

/** What a new pane of a kind asks beside another: the same service, where the other names one. */
export function besidePane(kind: PaneKind, other: Pane): Pane {
  if (kind === other.kind) return { kind, q: other.q };
  if (kind === 'sql') return { kind, q: SQL_EXAMPLE };
  const service = serviceOf(other);
  if (service === undefined) return { kind, q: kind === 'metrics' ? METRIC_EXAMPLE : '' };
  if (kind === 'metrics')
    return {
      kind,
      q: `sum by (span_name) (rate(traces_span_metrics_calls_total{service_name=${JSON.stringify(service)}}[5m]))`,
    };
  return { kind, q: terms([['service', '=', service]]) };
}

const METRIC_EXAMPLE = 'sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))';
const SQL_EXAMPLE = `SELECT toStartOfInterval(time, INTERVAL 10 SECOND) AS at, service, count() AS spans
FROM spans
WHERE $__timeFilter(time)
GROUP BY at, service`;

const SERVICE_EQUALS = /(?:^|[\s({,.])service(?:[._]name)?\s*=\s*("(?:[^"\\]|\\.)*"|[^\s(){},"|]+)/;

/** The service that a query asks for by `=`, in any of the languages. */
export function serviceOf({ kind, q }: Pane): string | undefined {
  if (kind === 'sql') return /\bservice\s*=\s*'([^'\\]+)'/.exec(q)?.[1];
  if (kind !== 'metrics' && queryLanguage(q, kind) === 'filter' && /\bOR\b/.test(q)) return undefined;
  const written = SERVICE_EQUALS.exec(q)?.[1];
  if (written === undefined) return undefined;
  return written.startsWith('"') ? written.slice(1, -1).replaceAll(/\\(.)/g, '$1') : written;
}

/** A statement with the page's range put in: `$__timeFilter(column)`, `$__fromTime`, `$__toTime`, as Grafana's source for ClickHouse names them. */
export function sqlOfRange(text: string, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string {
  const time = (ms: number): string => `fromUnixTimestamp64Milli(${Math.round(ms)})`;
  return text
    .replaceAll(
      /\$__timeFilter\(\s*([\w.`"]+)\s*\)/g,
      (_, column: string) => `(${column} >= ${time(fromMs)} AND ${column} < ${time(toMs)})`,
    )
    .replaceAll('$__fromTime', time(fromMs))
    .replaceAll('$__toTime', time(toMs));
}

/** What stands above and below the chart of a pane: its head, its editor, the chart's title and times. */
const AROUND_CHART_PX = 236;
const LOWEST_CHART_PX = 130;

/** One above the other, each has half of the window: its chart then leaves room for what is around it. */
export function chartHeight(wanted: number, { stacked }: ConsoleSearch, windowHeight: number): number {
  if (!stacked) return wanted;
  return Math.min(wanted, Math.max(LOWEST_CHART_PX, Math.round(windowHeight / 2) - AROUND_CHART_PX));
}
