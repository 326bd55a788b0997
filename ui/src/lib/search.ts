/**
 * The URL is the state. Each page's search parameters are plain text (`?range=6h&q=status=error`), read here into a
 * typed object that drops whatever it does not understand, and written back without the defaults.
 */
import type { SeverityGroup } from '#api/types.ts';

type Raw = Record<string, unknown>;

/** What applies to every page. `live: false` stops the automatic refresh; absent means on. */
export interface ScopeSearch {
  range?: string;
  from?: number;
  to?: number;
  env?: string;
  live?: false;
}

export interface ServicesSearch extends ScopeSearch {
  filter?: string;
  sort?: string;
}

export interface ServiceSearch extends ScopeSearch {
  operation?: string;
  sort?: string;
}

export type TraceSort = 'newest' | 'slowest' | 'spans' | 'errors';
export const TRACE_SORTS: readonly TraceSort[] = ['newest', 'slowest', 'spans', 'errors'];

/** `min` and `max` are durations in ns. */
export interface TracesSearch extends ScopeSearch {
  q?: string;
  service?: string;
  operation?: string;
  status?: 'ok' | 'error';
  min?: number;
  max?: number;
  sort?: TraceSort;
}

/** `zoom` is the visible part of the trace in ns from its start. */
export interface TraceSearch extends ScopeSearch {
  span?: string;
  find?: string;
  zoom?: readonly [number, number];
  logs?: true;
}

export const SEVERITIES: readonly SeverityGroup[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'unset'];

export interface LogsSearch extends ScopeSearch {
  q?: string;
  service?: string;
  severity?: readonly SeverityGroup[];
  trace?: string;
  log?: string;
  wrap?: true;
}

export interface MetricsSearch extends ScopeSearch {
  metric?: string;
  find?: string;
  group?: readonly string[];
  agg?: string;
  q?: string;
}

export function readScope(raw: Raw): ScopeSearch {
  return dropAbsent({
    range: text(raw.range),
    from: number(raw.from),
    to: number(raw.to),
    env: text(raw.env),
    live: raw.live === '0' || raw.live === false ? (false as const) : undefined,
  });
}

export function readServicesSearch(raw: Raw): ServicesSearch {
  return dropAbsent({ ...readScope(raw), filter: text(raw.filter), sort: text(raw.sort) });
}

export function readServiceSearch(raw: Raw): ServiceSearch {
  return dropAbsent({ ...readScope(raw), operation: text(raw.operation), sort: text(raw.sort) });
}

export function readTracesSearch(raw: Raw): TracesSearch {
  return dropAbsent({
    ...readScope(raw),
    q: text(raw.q),
    service: text(raw.service),
    operation: text(raw.operation),
    status: oneOf(raw.status, ['ok', 'error'] as const),
    min: number(raw.min),
    max: number(raw.max),
    sort: oneOf(raw.sort, TRACE_SORTS),
  });
}

export function readTraceSearch(raw: Raw): TraceSearch {
  const zoom = list(raw.zoom)?.map(Number);
  const zoomValid = zoom?.length === 2 && zoom.every(Number.isFinite) && zoom[1]! > zoom[0]!;
  return dropAbsent({
    ...readScope(raw),
    span: text(raw.span),
    find: text(raw.find),
    zoom: zoomValid ? ([zoom[0]!, zoom[1]!] as const) : undefined,
    logs: flag(raw.logs),
  });
}

export function readLogsSearch(raw: Raw): LogsSearch {
  const severity = list(raw.severity)?.filter((word): word is SeverityGroup =>
    SEVERITIES.includes(word as SeverityGroup),
  );
  return dropAbsent({
    ...readScope(raw),
    q: text(raw.q),
    service: text(raw.service),
    severity: severity && severity.length > 0 ? severity : undefined,
    trace: text(raw.trace),
    log: text(raw.log),
    wrap: flag(raw.wrap),
  });
}

export function readMetricsSearch(raw: Raw): MetricsSearch {
  return dropAbsent({
    ...readScope(raw),
    metric: text(raw.metric),
    find: text(raw.find),
    group: list(raw.group),
    agg: text(raw.agg),
    q: text(raw.q),
  });
}

/** The part of a page's search that goes along to another page. */
export function keepScope(search: ScopeSearch): ScopeSearch {
  return readScope(search as Raw);
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
  return Object.fromEntries(new URLSearchParams(searchText));
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

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function dropAbsent<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Present<T>;
}
