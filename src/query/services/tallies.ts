/**
 * What services did in a range: from the slots that the writer counted, and from spans where no slot fits. That is at the edges of the range, for
 * steps of time finer than slots and for one operation; and for services that call themselves, because only the spans say which calls are one.
 */
import type { TimeGrid } from '../answers/index.ts';
import { REQUEST_SLOT_MS, requestsIn, spans, type TimeRange } from '../source/index.ts';
import { allOf, anyOf, Bound, integer, noId, raw, type Sql, sql, text, texts, timeMs } from '../sql/index.ts';
import { ENTRY_SPAN, inEnvironment } from '../traces/index.ts';

export interface ServiceFilter extends TimeRange {
  readonly environment?: string | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
}

/** The spans that a filter names, but for its operation. */
export function spansUnder(filter: ServiceFilter, ranges: readonly TimeRange[] = [filter]): Sql {
  const conditions: Sql[] = [];
  if (filter.service !== undefined) conditions.push(sql`service_name = ${text(filter.service)}`);
  if (filter.environment) conditions.push(inEnvironment(filter.environment));
  const [only] = ranges;
  const rows = ranges.length === 1 ? spans.in(only!) : spans.when(anyOf(ranges.map((range) => spans.within(range))));
  return sql`${rows} AND ${allOf(conditions)}`;
}

function slotsUnder(filter: ServiceFilter, range: TimeRange): Sql {
  // Of slots at the ends of the filter's range those count that lie within it.
  const conditions = [sql`last_time >= ${timeMs(filter.fromMs)} AND first_time < ${timeMs(filter.toMs)}`];
  if (filter.service !== undefined) conditions.push(sql`service_name = ${text(filter.service)}`);
  if (filter.environment) conditions.push(sql`environment = ${text(filter.environment)}`);
  return sql`${requestsIn(range)} AND ${allOf(conditions)}`;
}

const SERVES: Sql = raw('kind IN (2, 5)');
const NO_PARENT: Sql = sql`parent_span_id = ${noId(8)}`;
/** A client's or producer's span without a parent: the service calls somebody, perhaps itself. */
const ROOT_CALL: Sql = sql`(kind IN (3, 4) AND ${NO_PARENT})`;

/** Whether an end of a range lies between two spans that one slot counts together. */
export interface CutSlots {
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/** Where what a filter names is read. */
export interface Places {
  readonly filter: ServiceFilter;
  /** Slots of which all spans lie in the filter's range, or none; undefined where none are of use. */
  readonly slots: TimeRange | undefined;
  /** Of spans. */
  readonly ranges: readonly TimeRange[];
}

/** `grid`: what is counted is told apart no finer. */
export function placesOf(filter: ServiceFilter, grid: TimeGrid, cut: CutSlots): Places {
  const { fromMs, toMs } = filter;
  const slotAt = (ms: number, round: (slots: number) => number): number =>
    round(ms / REQUEST_SLOT_MS) * REQUEST_SLOT_MS;
  const slots = {
    fromMs: slotAt(fromMs, cut.atStart ? Math.ceil : Math.floor),
    toMs: slotAt(toMs, cut.atEnd ? Math.floor : Math.ceil),
  };
  if (filter.operation || !fitsSlots(grid) || slots.toMs <= slots.fromMs) return ofSpans(filter);
  const edges = [
    { fromMs, toMs: slots.fromMs },
    { fromMs: slots.toMs, toMs },
  ];
  return { filter, slots, ranges: edges.filter((edge) => edge.fromMs < edge.toMs) };
}

/** Whether steps of time are made of whole slots. */
export function fitsSlots({ stepMs }: TimeGrid): boolean {
  return stepMs % REQUEST_SLOT_MS === 0;
}

function ofSpans(filter: ServiceFilter): Places {
  return { filter, slots: undefined, ranges: [filter] };
}

/** Rows with `service_name`, `resource_id`, `newest`, `newest_request`, `requests`, `root_calls`, `served`. */
export function tallies({ filter, slots, ranges }: Places): Sql {
  const never = raw("toDateTime64(0, 9, 'UTC')");
  const ofSlots = (
    range: TimeRange,
  ): Sql => sql`SELECT service_name, resource_id, last_time AS newest, last_request AS newest_request,
      toUInt64(request_count) AS requests, toUInt64(root_call_count) AS root_calls, toUInt64(served_count) AS served
    ${slotsUnder(filter, range)}`;
  const ofRanges = sql`SELECT service_name, resource_id, time AS newest, if(${ENTRY_SPAN}, time, ${never}) AS newest_request,
      toUInt64(${ENTRY_SPAN}) AS requests, toUInt64(${ROOT_CALL}) AS root_calls, toUInt64(${SERVES} AND NOT ${NO_PARENT}) AS served
    ${spansUnder(filter, ranges)}`;
  if (slots === undefined) return ofRanges;
  return ranges.length === 0 ? ofSlots(slots) : sql`${ofSlots(slots)} UNION ALL ${ofRanges}`;
}

/** The services of a range, as far as their requests are counted. */
export interface CountedServices {
  /** So many at most, the busiest; undefined for all. */
  readonly limit: number | undefined;
  /** Those that call themselves. */
  readonly selfCalling: readonly string[];
}

/**
 * The requests of services: their entry spans. Where the client's span that begins a trace and the server's span that it calls are of one
 * service, they are one call, and the server's counts.
 */
export function entrySpans(places: Places, { limit, selfCalling }: CountedServices): Sql {
  const { filter } = places;
  const conditions = [ENTRY_SPAN, ...amongBusiest(places, limit)];
  if (filter.operation) conditions.push(sql`name = ${text(filter.operation)}`);
  if (selfCalling.length > 0) {
    conditions.push(sql`NOT (${ROOT_CALL} AND (service_name, trace_id, span_id) IN (
      SELECT service_name, trace_id, parent_span_id ${spansUnder(filter)} AND ${SERVES} AND NOT ${NO_PARENT}))`);
  }
  return sql`${spansUnder(filter)} AND ${allOf(conditions)}`;
}

function amongBusiest(places: Places, limit: number | undefined): readonly Sql[] {
  if (limit === undefined) return [];
  return [
    sql`service_name IN (SELECT service_name FROM (${tallies(places)})
      GROUP BY service_name ORDER BY sum(requests) DESC, service_name LIMIT ${new Bound('UInt32', limit)})`,
  ];
}

/** Names of services that call themselves are bound in statements; where they are more, spans are read. */
const MOST_NAME_CHARS = 32_768;

/**
 * Rows with `red_key` (the service), `red_kind`, `bucket`, `request_n`, `error_n`, `newest_at`, `durations_ns` (Float32); undefined where the spans
 * themselves are to be read.
 */
export function talliedRequests(
  places: Places,
  counted: CountedServices,
  grid: TimeGrid,
  bucket: Sql,
): Sql | undefined {
  const { filter, slots, ranges } = places;
  const { limit, selfCalling } = counted;
  if (slots === undefined || selfCalling.join('').length > MOST_NAME_CHARS) return undefined;
  const conditions = [...amongBusiest(places, limit)];
  if (selfCalling.length > 0) conditions.push(sql`NOT has(${texts(selfCalling)}, service_name)`);
  const step = sql`intDiv(second * 1000 - ${integer(grid.startMs)}, ${integer(grid.stepMs)})`;
  const ofSpan = sql`service_name AS red_key, toUInt8(0) AS red_kind, ${bucket} AS bucket, toUInt32(1) AS request_n,
    toUInt32(status_code = 2) AS error_n, time AS newest_at, [toFloat32(duration_ns)] AS durations_ns`;
  const ofSlot = (
    durations: Sql,
    requestCount: Sql,
    errorCount: Sql,
  ): Sql => sql`SELECT service_name AS red_key, toUInt8(0) AS red_kind,
      toUInt32(${step}) AS bucket, ${requestCount} AS request_n, ${errorCount} AS error_n, last_request AS newest_at,
      CAST(${durations}, 'Array(Float32)') AS durations_ns
    ${slotsUnder(filter, slots)} AND ${allOf(conditions)}`;
  const parts = [
    sql`${ofSlot(raw('durations'), raw('request_count'), raw('error_count'))} AND request_count > 0`,
    // Put together as one list they would all be copied, for the few that are long.
    sql`${ofSlot(raw('long_durations'), raw('toUInt32(0)'), raw('toUInt32(0)'))} AND notEmpty(long_durations)`,
  ];
  if (ranges.length > 0)
    parts.push(sql`SELECT ${ofSpan} ${spansUnder(filter, ranges)} AND ${allOf([ENTRY_SPAN, ...conditions])}`);
  if (selfCalling.length > 0)
    parts.push(sql`SELECT ${ofSpan} ${entrySpans(places, counted)} AND has(${texts(selfCalling)}, service_name)`);
  return parts.reduce((all, part) => sql`${all} UNION ALL ${part}`);
}
