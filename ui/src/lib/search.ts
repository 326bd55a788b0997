/**
 * The URL is the state. Its search parameters are plain text (`?range=6h&q=status=error`), read here, at the root of all
 * pages, into typed values without whatever was not understood, and written back without the defaults.
 */
import type { SeverityGroup } from '#api/types.ts';
import { calendarRange, type RangeSearch, rangeKey, readRange } from './time-range.ts';

type Raw = Record<string, unknown>;

export type TraceSort = 'newest' | 'slowest' | 'spans' | 'errors';
export const TRACE_SORTS: readonly TraceSort[] = ['newest', 'slowest', 'spans', 'errors'];
export const SEVERITIES: readonly SeverityGroup[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'unset'];

/** What applies to every page. `live: false` stops the automatic refresh; absent means on. */
export interface ScopeSearch extends RangeSearch {
  readonly env?: string | undefined;
  readonly live?: false | undefined;
  /** Signalbox's own telemetry instead of the user's. */
  readonly own?: true | undefined;
}

/** The queries in PromQL of a page have these letters, and so have their parameters. */
export const QUERY_LETTERS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
export type QueryLetter = (typeof QUERY_LETTERS)[number];

/** `a` is the expression of query A, `a.legend` how its lines are called. */
type QuerySearch = { readonly [Key in QueryLetter | `${QueryLetter}.legend`]?: string | undefined };

export type MetricsView = 'table' | 'explain';
const METRICS_VIEWS: readonly MetricsView[] = ['table', 'explain'];

/** How much earlier the map is that the present one is compared with. */
export type Against = '1h' | '1d';
const AGAINST: readonly Against[] = ['1h', '1d'];

/** What a side of a page with two searches shows. */
export type PaneKind = 'traces' | 'logs' | 'metrics' | 'sql';
const PANE_KINDS: readonly PaneKind[] = ['traces', 'logs', 'metrics', 'sql'];

/** The parameters of all pages; a name means the same wherever it is read. */
export interface ConsoleSearch extends ScopeSearch, QuerySearch {
  readonly filter?: string | undefined;
  /** A column, `-` in front for descending; on the page of traces a `TraceSort`. */
  readonly sort?: string | undefined;
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly status?: 'ok' | 'error' | undefined;
  /** Durations in ns. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly span?: string | undefined;
  readonly find?: string | undefined;
  /** The visible part of a trace in ns from its start. */
  readonly zoom?: readonly [number, number] | undefined;
  /** The logs of a trace are shown. */
  readonly logs?: true | undefined;
  readonly severity?: readonly SeverityGroup[] | undefined;
  readonly trace?: string | undefined;
  readonly log?: string | undefined;
  /** Keys that a list has a column for. */
  readonly columns?: readonly string[] | undefined;
  readonly wrap?: true | undefined;
  /** The list of fields is beside the logs. */
  readonly fields?: true | undefined;
  readonly metric?: string | undefined;
  readonly group?: readonly string[] | undefined;
  readonly agg?: string | undefined;
  /** Metrics are asked for in PromQL, or not; absent: where there is an expression. */
  readonly promql?: boolean | undefined;
  /** The letters of queries that are not drawn. */
  readonly hide?: readonly string[] | undefined;
  /** What is shown of an answer; a chart where absent. Of the map a drawing, or on a narrow screen a table. */
  readonly view?: MetricsView | undefined;
  /** Exemplars are drawn or not; absent: where they lie on the chart's scale. */
  readonly exemplars?: boolean | undefined;
  readonly against?: Against | undefined;
  /** Two searches side by side, or one above the other. */
  readonly one?: PaneKind | undefined;
  readonly two?: PaneKind | undefined;
  readonly 'one.q'?: string | undefined;
  readonly 'two.q'?: string | undefined;
  readonly stacked?: true | undefined;
  /** What a new rule asks in, PromQL where absent. */
  readonly language?: 'logql' | undefined;
  /** The component that a live tap looks at; a node or line of the map. */
  readonly at?: string | undefined;
  /** What is chosen of a dashboard's variables: `job=a&job=b`. */
  readonly vars?: string | undefined;
  /** How traces are drawn, as points where absent; or one trace, as a waterfall; the map on a narrow screen. */
  readonly plot?: Plot | undefined;
  /** A box on the plot of spans: times in ms, durations in ns. */
  readonly box?: readonly [fromMs: number, toMs: number, minNs: number, maxNs: number] | undefined;
  /** Which spans are compared with the rest, in the filter language. */
  readonly sel?: string | undefined;
  /** Whether spans are compared, or all that is in their traces. */
  readonly unit?: 'spans' | 'traces' | undefined;
  /** What statements run on. */
  readonly context?: string | undefined;
  /** A rule by its name, and the group that it is in. */
  readonly rule?: string | undefined;
  readonly in?: string | undefined;
}

/** The one place where the text of an address becomes values. */
export function readSearch(raw: Raw): ConsoleSearch {
  return dropAbsent({
    ...scopeOf(raw),
    filter: text(raw.filter),
    sort: text(raw.sort),
    q: text(raw.q),
    service: text(raw.service),
    operation: text(raw.operation),
    status: oneOf(raw.status, STATUSES),
    min: number(raw.min),
    max: number(raw.max),
    span: text(raw.span),
    find: text(raw.find),
    zoom: zoomOf(raw.zoom),
    logs: flag(raw.logs),
    severity: severitiesOf(raw.severity),
    trace: text(raw.trace),
    log: text(raw.log),
    columns: list(raw.columns)?.slice(0, MAX_COLUMNS),
    wrap: flag(raw.wrap),
    fields: flag(raw.fields),
    metric: text(raw.metric),
    group: list(raw.group),
    agg: text(raw.agg),
    promql: choice(raw.promql),
    ...queriesOf(raw),
    hide: list(raw.hide),
    view: oneOf(raw.view, METRICS_VIEWS),
    exemplars: choice(raw.exemplars),
    against: oneOf(raw.against, AGAINST),
    one: oneOf(raw.one, PANE_KINDS),
    two: oneOf(raw.two, PANE_KINDS),
    'one.q': text(raw['one.q']),
    'two.q': text(raw['two.q']),
    stacked: flag(raw.stacked),
    language: oneOf(raw.language, ['logql'] as const),
    at: text(raw.at),
    vars: text(raw.vars),
    plot: oneOf(raw.plot, PLOTS),
    box: boxOf(raw.box),
    sel: text(raw.sel),
    unit: oneOf(raw.unit, UNITS),
    context: text(raw.context),
    rule: text(raw.rule),
    in: text(raw.in),
  });
}

/**
 * For the root route. The router lays what this returns over the raw text, so what was not understood is named with
 * `undefined`: otherwise the text of an address would reach a page as it stands.
 */
export function validateSearch(raw: Raw): ConsoleSearch {
  const unread = Object.fromEntries(Object.keys(raw).map((key) => [key, undefined]));
  return { ...unread, ...readSearch(raw) };
}

/** The scope's parameters: what goes along to another page. */
export function readScope(raw: Raw): ScopeSearch {
  return dropAbsent(scopeOf(raw));
}

export function traceSort(search: ConsoleSearch): TraceSort {
  return oneOf(search.sort, TRACE_SORTS) ?? 'newest';
}

/** Whether the page of metrics shows expressions, or the builder. */
export function asksInPromql(search: ConsoleSearch): boolean {
  return search.promql ?? QUERY_LETTERS.some((letter) => search[letter] !== undefined);
}

/** The first letter without an expression. */
export function freeLetter(search: ConsoleSearch): QueryLetter | undefined {
  return QUERY_LETTERS.find((letter) => search[letter] === undefined);
}

/** As the server allows. */
export const MAX_COLUMNS = 12;
const STATUSES = ['ok', 'error'] as const;
const PLOTS = ['heatmap', 'flame', 'operations', 'patterns', 'graph'] as const;
export type Plot = (typeof PLOTS)[number];
const UNITS = ['spans', 'traces'] as const;
/** The last time that a Date can hold. */
const MAX_TIME_MS = 8.64e15;

function scopeOf(raw: Raw): ScopeSearch {
  const [from, to] = [number(raw.from), number(raw.to)];
  const isRange = from !== undefined && to !== undefined && from < to && to <= MAX_TIME_MS;
  const span = text(raw.range);
  return {
    range: span !== undefined && readRange(span, Date.now()) !== undefined ? span : undefined,
    from: isRange ? from : undefined,
    to: isRange ? to : undefined,
    env: text(raw.env),
    live: choice(raw.live) === false ? false : undefined,
    own: flag(raw.own),
  };
}

function zoomOf(value: unknown): readonly [number, number] | undefined {
  const [from, to, ...more] = list(value)?.map(Number) ?? [];
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  return Number.isFinite(from) && Number.isFinite(to) && to > from ? [from, to] : undefined;
}

function boxOf(value: unknown): readonly [number, number, number, number] | undefined {
  const [fromMs, toMs, minNs, maxNs, ...more] = list(value)?.map(Number) ?? [];
  if (fromMs === undefined || toMs === undefined || minNs === undefined || maxNs === undefined) return undefined;
  const isBox =
    toMs > fromMs && maxNs > minNs && more.length === 0 && [fromMs, toMs, minNs, maxNs].every(Number.isFinite);
  return isBox ? [fromMs, toMs, minNs, maxNs] : undefined;
}

function severitiesOf(value: unknown): readonly SeverityGroup[] | undefined {
  const chosen = list(value)?.flatMap((word) => oneOf(word, SEVERITIES) ?? []);
  return chosen === undefined || chosen.length === 0 ? undefined : chosen;
}

/** The part of a page's search that goes along to another page. */
export function keepScope(search: ConsoleSearch): ScopeSearch {
  return readScope({ ...search });
}

/** The router's serialiser: `?a=1&b=x,y`, no JSON, absent values left out, `live: false` as `live=0`. */
export function stringifySearch(search: Raw): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === '') continue;
    const written =
      value === true ? '1' : value === false ? '0' : Array.isArray(value) ? value.join(',') : String(value);
    if (written === '') continue;
    // Keeps the marks of the filter language readable; only what would end or split the parameter is escaped.
    parts.push(`${key}=${encodeURIComponent(written).replace(/%(3D|3A|2C|2F|22|3E|3C|40|7E)/g, decodeURIComponent)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** The router's parser: every value stays text; the page's reader gives it its type. */
export function parseSearch(searchText: string): Record<string, string> {
  const params = new URLSearchParams(searchText);
  const raw: Record<string, string> = Object.fromEntries(params);
  // Addresses of Grafana: `var-job=a&var-job=b`, `from=now-6h&to=now`, `from=now/d&to=now/d`.
  const chosen = [...params].flatMap(([name, value]) => (name.startsWith('var-') ? [[name.slice(4), value]] : []));
  if (chosen.length > 0) raw.vars ??= new URLSearchParams(chosen).toString();
  const range = calendarRange(`${raw.from}..${raw.to}`, Date.now());
  if (range !== undefined) raw.range ??= rangeKey(range);
  return raw;
}

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const parsed = Number(value);
  return value !== '' && Number.isFinite(parsed) && parsed >= 0 ? parsed : undefined;
}

function queriesOf(raw: Raw): QuerySearch {
  const keys = QUERY_LETTERS.flatMap((letter) => [letter, `${letter}.legend`] as const);
  return Object.fromEntries(keys.map((key) => [key, text(raw[key])]));
}

/** Yes or no, where it was said. */
function choice(value: unknown): boolean | undefined {
  return value === '0' || value === false ? false : flag(value);
}

function flag(value: unknown): true | undefined {
  return value === '1' || value === true ? true : undefined;
}

function list(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' && value !== '' ? value.split(',') : undefined;
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((word) => word === value);
}

/** The same without the entries that are undefined: they would stand in the way when two are merged. */
function dropAbsent<T extends object>(value: T): T {
  for (const key of Object.keys(value) as (keyof T)[]) if (value[key] === undefined) delete value[key];
  return value;
}
