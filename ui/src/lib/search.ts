/**
 * The URL is the state. Its search parameters are plain text (`?range=6h&q=status=error`), read here, at the root of all
 * pages, into typed values without whatever was not understood, and written back without the defaults.
 */
import type { SeverityGroup } from '#api/types.ts';
import { parseSpan, type RangeSearch } from './time-range.ts';

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

/** The parameters of all pages; a name means the same wherever it is read. */
export interface ConsoleSearch extends ScopeSearch {
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
  readonly wrap?: true | undefined;
  readonly metric?: string | undefined;
  readonly group?: readonly string[] | undefined;
  readonly agg?: string | undefined;
  /** The component that a live tap looks at. */
  readonly at?: string | undefined;
  /** What statements run on. */
  readonly context?: string | undefined;
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
    wrap: flag(raw.wrap),
    metric: text(raw.metric),
    group: list(raw.group),
    agg: text(raw.agg),
    at: text(raw.at),
    context: text(raw.context),
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

const STATUSES = ['ok', 'error'] as const;
/** The last time that a Date can hold. */
const MAX_TIME_MS = 8.64e15;

function scopeOf(raw: Raw): ScopeSearch {
  const [from, to] = [number(raw.from), number(raw.to)];
  const isRange = from !== undefined && to !== undefined && from < to && to <= MAX_TIME_MS;
  const span = text(raw.range);
  return {
    range: span !== undefined && parseSpan(span) !== undefined ? span : undefined,
    from: isRange ? from : undefined,
    to: isRange ? to : undefined,
    env: text(raw.env),
    live: raw.live === '0' || raw.live === false ? false : undefined,
    own: flag(raw.own),
  };
}

function zoomOf(value: unknown): readonly [number, number] | undefined {
  const [from, to, ...more] = list(value)?.map(Number) ?? [];
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  return Number.isFinite(from) && Number.isFinite(to) && to > from ? [from, to] : undefined;
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

/** The same without the entries that are undefined: they would stand in the way when two are merged. */
function dropAbsent<T extends object>(value: T): T {
  for (const key of Object.keys(value) as (keyof T)[]) if (value[key] === undefined) delete value[key];
  return value;
}
