/** Addresses of the pages of Prometheus and Alertmanager, as alerts and messages carry them, and what the console has there. */
import { type ConsoleSearch, QUERY_LETTERS } from './search.ts';
import { parseSpan } from './time-range.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
  d: 8.64e7,
  w: 6.048e8,
  y: 3.1536e10,
};

/**
 * The search of `/graph?g0.expr=up&g0.tab=1` as that of the page of metrics: `g0` is query A, `g1` query B … The range is the first panel's, and
 * its tab says whether a chart or a table is shown; a table where it says nothing, as there.
 */
export function readGraphLink(searchText: string): ConsoleSearch {
  const given = new URLSearchParams(searchText);
  const queries = QUERY_LETTERS.map((letter, i) => [letter, given.get(`g${i}.expr`) || undefined] as const);
  const isChart = ['0', 'graph'].includes(given.get('g0.tab') ?? '');
  return {
    ...Object.fromEntries(queries.filter(([, text]) => text !== undefined)),
    promql: true,
    ...(isChart ? {} : { view: 'table' }),
    ...rangeOf(given, isChart),
  };
}

function rangeOf(given: URLSearchParams, isChart: boolean): ConsoleSearch {
  const written = given.get('g0.range_input') ?? '1h';
  const spanMs = spanOf(written);
  // Where no time is given, now is meant.
  const endMs = momentOf(given.get('g0.end_input') ?? (isChart ? null : given.get('g0.moment_input')));
  if (spanMs === undefined) return {};
  if (endMs !== undefined && endMs > spanMs) return { from: endMs - spanMs, to: endMs };
  return { range: parseSpan(written) === undefined ? `${spanMs / 1000}s` : written };
}

/** `1h30m` to ms. */
function spanOf(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0);
}

/** `2026-01-02 03:04`, with seconds or without, in UTC. */
function momentOf(text: string | null): number | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?$/.test(text)) return undefined;
  const ms = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isFinite(ms) ? ms : undefined;
}

/** Behind the `#` of Alertmanager's address: its pages of alerts and silences. */
export function isAlertmanagerPage(hash: string): boolean {
  return /^#?\/(?:alerts|silences)\b/.test(hash);
}
