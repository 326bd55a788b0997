/** Spans, their events and links; where in time the spans of a trace lie, and what is noted of a trace as a whole. */

import { SPAN_BUCKET_SECONDS } from '#store/schema.ts';
import { anyOf, id, isOneOf, raw, type Sql, sql, texts } from '../sql/index.ts';
import type { TimeRange } from './range.ts';
import { rowsOf, TimedRows } from './rows.ts';

export const spans: TimedRows = new TimedRows('spans', SPAN_BUCKET_SECONDS, { endsWithSecond: true });
/** By their span's time, which is called `span_time`. */
export const spanEvents: TimedRows = new TimedRows('span_events', SPAN_BUCKET_SECONDS, { time: 'span_time' });
export const spanLinks: TimedRows = new TimedRows('span_links', SPAN_BUCKET_SECONDS, { time: 'span_time' });

/** A table of notes on traces: a row per trace and insert. */
const TRACES = 'traces';
/** The writer notes no more services of a trace in one row: where there are so many, there may be others. */
const NOTED_SERVICES = 128;
/** The longest time from a trace's first to its last span that a row can say. */
const LONGEST_RANGE_MS = 4_294_967_295;

/** Where the spans of a trace lie. Times are of starts of spans, ns since the epoch, both inclusive. */
export interface TracePlace {
  readonly traceId: string;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** Undefined where they are not known to the letter: too many, or no text. */
  readonly services: readonly string[] | undefined;
}

const FIRST = raw('min(start)');
const LAST: Sql = sql`max(if(range_ms = ${raw(String(LONGEST_RANGE_MS))}, fromUnixTimestamp64Nano(9223372036854775807, 'UTC'),
  addMilliseconds(start, range_ms)))`;
const SERVICES = raw('groupUniqArrayArray(services)');
const HAS_MORE_SERVICES = raw(`max(length(services)) >= ${NOTED_SERVICES}`);

const PLACE: Sql = sql`trace_id, toUnixTimestamp64Nano(${FIRST}) AS first, toUnixTimestamp64Nano(${LAST}) AS last,
    sum(stored.span_count) AS span_count, ${SERVICES} AS service_names, ${HAS_MORE_SERVICES} AS has_more_services,
    max(event_count) > 0 AS has_events, max(link_count) > 0 AS has_links`;
const NOTE: Sql = sql`max(toUnixTimestamp64Nano(start) + toInt64(duration_ns)) AS end_ns, sum(stored.error_count) AS error_count,
    max(root_offset_ns) >= 0 AS has_root,
    argMinIf((root_service, root_name), toUnixTimestamp64Nano(start) + root_offset_ns, root_offset_ns >= 0) AS root`;

function ofTraces(traceIds: readonly string[]): Sql {
  return sql`${rowsOf(TRACES, [isOneOf('trace_id', traceIds, 16)])} GROUP BY trace_id`;
}

/**
 * Columns and rows of where traces lie, by id: `trace_id`, `first` and `last` start of a span, `span_count`, `service_names`, `has_more_services`,
 * `has_events`, `has_links`.
 */
export function tracePlaces(traceIds: readonly string[]): Sql {
  return sql`${PLACE} ${ofTraces(traceIds)}`;
}

/** The same, and all else that is noted of them, for a fifth more: `end_ns`, `error_count`, `has_root`, `root` (service and name). */
export function traceNotes(traceIds: readonly string[]): Sql {
  return sql`${PLACE}, ${NOTE} ${ofTraces(traceIds)}`;
}

/** Traces of which some span failed, among those whose first noted span lies in a range: for a condition on `trace_id`. */
export function failedTraceIds(range: TimeRange): Sql {
  return sql`SELECT trace_id ${spans.in(range)} AND status_code = 2`;
}

/** Rows of a trace between the two times of its place. */
export function ofPlace(rows: TimedRows, place: TracePlace): Sql {
  const { traceId, firstNs, lastNs } = place;
  const services = rows === spans ? inServices([place]) : raw('');
  return rows.when(sql`${rows.fewBetween(firstNs, lastNs)}${services} AND trace_id = ${id(traceId, 16)}`);
}

/**
 * Rows of these traces. One trace that lasts for days must not make a search read everything in between, so ranges of time stay apart
 * where they can.
 */
export function ofPlaces(rows: TimedRows, places: readonly TracePlace[]): Sql {
  const ranges = joinRanges(places).map(([from, to]) => rows.fewBetween(from, to));
  const ids = places.map(({ traceId }) => traceId);
  const services = rows === spans ? inServices(places) : raw('');
  return rows.when(sql`${anyOf(ranges)}${services} AND ${isOneOf('trace_id', ids, 16)}`);
}

/** Names of services may be of any length; a condition of more than this is not worth its place. */
const NAMES_CHARS = 32_768;

function inServices(places: readonly TracePlace[]): Sql {
  const names = new Set<string>();
  let chars = 0;
  for (const { services } of places) {
    if (services === undefined) return raw('');
    for (const name of services) if (!names.has(name)) chars += name.length;
    for (const name of services) names.add(name);
  }
  // The trace's id says it: no row need be asked.
  return chars > NAMES_CHARS ? raw('') : sql` AND indexHint(has(${texts([...names])}, service_name))`;
}

/** More ranges than this are joined where the gaps between them are smallest. */
const MAX_RANGES = 16;

/** At most `limit` ranges that cover all places, sorted. */
export function joinRanges(
  places: readonly Pick<TracePlace, 'firstNs' | 'lastNs'>[],
  limit: number = MAX_RANGES,
): readonly (readonly [bigint, bigint])[] {
  const sorted = places
    .map(({ firstNs, lastNs }): [bigint, bigint] => [firstNs, lastNs])
    .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const merged: [bigint, bigint][] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || range[0] > last[1]) merged.push([...range]);
    else if (range[1] > last[1]) last[1] = range[1];
  }
  const gaps = merged.slice(1).map((range, i) => ({ index: i + 1, size: range[0] - merged[i]![1] }));
  gaps.sort((a, b) => (a.size > b.size ? -1 : a.size < b.size ? 1 : 0));
  const cuts = gaps
    .slice(0, limit - 1)
    .map((gap) => gap.index)
    .sort((a, b) => a - b);
  return [0, ...cuts].map((start, i, starts) => {
    const end = (starts[i + 1] ?? merged.length) - 1;
    return [merged[start]?.[0] ?? 0n, merged[end]?.[1] ?? 0n];
  });
}

/** Links to a span, from a time on. */
export function linksTo(traceId: string, spanId: string, range: TimeRange): Sql {
  return sql`${spanLinks.in(range)} AND linked_trace_id = ${id(traceId, 16)} AND linked_span_id = ${id(spanId, 8)}`;
}

/** Spans by both ids, which begin at these times. */
export function spansByIds(
  ids: readonly { readonly traceId: string; readonly spanId: string }[],
  startsNs: readonly bigint[],
): Sql {
  const hexes = ids.map(({ traceId, spanId }) => traceId + spanId);
  const times = sql`fromUnixTimestamp64Nano(toInt64(arrayJoin(${texts(startsNs.map(String))})), 'UTC')`;
  return spans.when(sql`time IN (SELECT ${times}) AND ${isOneOf('concat(trace_id, span_id)', hexes, 24)}`);
}
