/** One trace by its id, as columns: made for traces of 100,000 spans. */
import { QueryError } from './errors.ts';
import type { Table } from './row-binary.ts';
import { Bound, id, raw, type Sql, sql, timeNs } from './sql.ts';
import type { ReadOptions, StoreReader } from './store-reader.ts';
import { findTraces, type TracePlace } from './trace-place.ts';
import { orderSpans } from './tree-order.ts';

/** Columns with one entry per span; see the console API's TraceSpanColumns. */
export interface TraceColumns {
  readonly spanId: readonly string[];
  /** Row of the parent, -1 for a root, -2 for a span whose parent is not in the store. */
  readonly parent: readonly number[];
  readonly service: readonly number[];
  readonly name: readonly number[];
  /** From the trace's start. */
  readonly startNs: readonly number[];
  readonly durationNs: readonly number[];
  readonly kind: readonly number[];
  readonly status: readonly number[];
  readonly eventCount: readonly number[];
  readonly linkCount: readonly number[];
  readonly hint: readonly string[];
  readonly eventRow: readonly number[];
  readonly eventNs: readonly number[];
  readonly eventName: readonly string[];
}

export interface Trace {
  readonly traceId: string;
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly spans: TraceColumns;
  readonly logCount: number;
  readonly truncated: boolean;
  readonly totalSpanCount: number;
}

/** A console can show these many; the rest is counted. */
export const maxTraceSpans = 100_000;
const maxEvents = 20_000;
const hintLength = 160;

/**
 * What a span did, from the attributes of OpenTelemetry's conventions, new names before old ones. The first that is
 * there is shown behind the span's name.
 */
const HINT_KEYS = [
  'db.query.text',
  'db.statement',
  'db.query.summary',
  'http.route',
  'url.full',
  'url.path',
  'http.target',
  'http.url',
  'messaging.destination.name',
  'rpc.method',
] as const;

const HINT: Sql = raw(
  `substringUTF8(coalesce(${HINT_KEYS.map((key) => `attributes.${key}.:String`).join(', ')}, ''), 1, ${hintLength})`,
);

/** Reads where a trace lies. Throws QueryError `not_found`. */
export async function placeOf(reader: StoreReader, traceId: string, options?: ReadOptions): Promise<TracePlace> {
  const [place] = await findTraces(reader, [traceId], options);
  if (place === undefined) {
    throw new QueryError('not_found', `no trace ${traceId} in the store`, {
      hint: 'it may be older than the retention, dropped by sampling, or not have arrived yet',
    });
  }
  return place;
}

/** The condition for the spans of one trace. */
export function spansOf({ traceId, firstNs, lastNs }: TracePlace): Sql {
  return sql`time >= ${timeNs(firstNs)} AND time <= ${timeNs(lastNs)} AND trace_id = ${id(traceId, 16)}`;
}

/** The whole trace, parents before children. Throws QueryError `not_found`. */
export async function readTrace(
  reader: StoreReader,
  traceId: string,
  options?: ReadOptions & { readonly maxSpans?: number },
): Promise<Trace> {
  const place = await placeOf(reader, traceId, options);
  const limit = options?.maxSpans ?? maxTraceSpans;
  const [table, total, logCount] = await Promise.all([
    reader.read(
      sql`SELECT span_id, parent_span_id, service_name, name, toFloat64(toUnixTimestamp64Nano(time) - ${new Bound('Int64', String(place.firstNs))})
            AS start, duration_ns, kind, status_code, toUInt32(length(event_time)) AS events,
          toUInt32(length(link_span_id)) AS links, ${HINT} AS hint
        FROM spans WHERE ${spansOf(place)} ORDER BY time LIMIT ${new Bound('UInt32', limit)}`,
      options,
    ),
    reader.read(sql`SELECT count() AS n FROM spans WHERE ${spansOf(place)}`, options),
    countLogs(reader, place, options),
  ]);
  if (table.rowCount === 0) throw new QueryError('not_found', `the spans of trace ${traceId} have expired`);
  const events = await readEvents(reader, place, table, options);
  const totalSpanCount = total.numbers('n')[0]!;
  return {
    traceId: place.traceId,
    ...columnsOf(table, events, place.firstNs),
    logCount,
    totalSpanCount,
    truncated: totalSpanCount > limit,
  };
}

/** Event times and names of the spans that have any: span id, ns from the trace's start, name. */
async function readEvents(
  reader: StoreReader,
  place: TracePlace,
  spans: Table,
  options?: ReadOptions,
): Promise<Table | undefined> {
  if (!spans.column<number>('events').some((count) => count > 0)) return undefined;
  return reader.read(
    sql`SELECT span_id, toFloat64(toUnixTimestamp64Nano(event.1) - ${new Bound('Int64', String(place.firstNs))}) AS at, event.2 AS name
      FROM spans ARRAY JOIN arrayZip(event_time, event_name) AS event
      WHERE ${spansOf(place)} ORDER BY time, at LIMIT ${new Bound('UInt32', maxEvents)}`,
    options,
  );
}

/** Logs are looked for around the trace: clocks differ, and log lines may be written late. */
const logPaddingNs = 3_600_000_000_000n;

/** The condition for the logs of a trace, or of one of its spans. */
export function logsOf(place: TracePlace, spanId?: string): Sql {
  const span = spanId ? sql` AND span_id = ${id(spanId, 8)}` : raw('');
  const fromNs = place.firstNs > logPaddingNs ? place.firstNs - logPaddingNs : 0n;
  return sql`time >= ${timeNs(fromNs)} AND time <= ${timeNs(place.lastNs + logPaddingNs)} AND trace_id = ${id(place.traceId, 16)}${span}`;
}

async function countLogs(reader: StoreReader, place: TracePlace, options?: ReadOptions): Promise<number> {
  const table = await reader.read(sql`SELECT count() AS n FROM logs WHERE ${logsOf(place)}`, options);
  return table.numbers('n')[0]!;
}

type Shape = Omit<Trace, 'traceId' | 'logCount' | 'truncated' | 'totalSpanCount'>;

/** Puts the spans in order and replaces repeated strings by numbers. Pure; `startNs` is the time that starts count from. */
export function columnsOf(table: Table, events: Table | undefined, startNs: bigint): Shape {
  const ids = table.strings('span_id');
  const start = table.column<number>('start');
  const duration = table.numbers('duration_ns');
  const { rows, parent } = orderSpans(ids, table.strings('parent_span_id'), start);
  const services = new Dictionary(table.strings('service_name'), rows);
  const names = new Dictionary(table.strings('name'), rows);
  const pick = <T>(column: readonly T[]): T[] => Array.from(rows, (row) => column[row]!);
  let endNs = 0;
  for (let row = 0; row < ids.length; row++) endNs = Math.max(endNs, start[row]! + duration[row]!);
  const spanId = pick(ids);
  return {
    startNs,
    durationNs: endNs,
    services: services.values,
    names: names.values,
    spans: {
      spanId,
      parent: Array.from(parent),
      service: services.indices,
      name: names.indices,
      startNs: pick(start),
      durationNs: pick(duration),
      kind: pick(table.column<number>('kind')),
      status: pick(table.column<number>('status_code')),
      eventCount: pick(table.column<number>('events')),
      linkCount: pick(table.column<number>('links')),
      hint: pick(table.strings('hint')).map(oneLine),
      ...eventColumns(spanId, events),
    },
  };
}

/** Of several spans with one id, events are drawn at the first. */
function eventColumns(
  spanId: readonly string[],
  events: Table | undefined,
): Pick<TraceColumns, 'eventRow' | 'eventNs' | 'eventName'> {
  if (events === undefined) return { eventRow: [], eventNs: [], eventName: [] };
  const rowOf = new Map<string, number>();
  for (let row = 0; row < spanId.length; row++) if (!rowOf.has(spanId[row]!)) rowOf.set(spanId[row]!, row);
  const rows = events.strings('span_id').map((one) => rowOf.get(one) ?? -1);
  const isKnown = (_: unknown, index: number): boolean => rows[index]! >= 0;
  return {
    eventRow: rows.filter(isKnown),
    eventNs: events.column<number>('at').filter(isKnown),
    eventName: events.strings('name').filter(isKnown),
  };
}

function oneLine(hint: string): string {
  return /[\n\r\t]| {2}/.test(hint) ? hint.replace(/\s+/g, ' ').trim() : hint;
}

/** Strings as indices into the list of distinct ones. */
class Dictionary {
  readonly values: string[] = [];
  readonly indices: number[] = [];
  constructor(column: readonly string[], rows: Int32Array) {
    const indexOf = new Map<string, number>();
    for (const row of rows) {
      const value = column[row]!;
      let index = indexOf.get(value);
      if (index === undefined) {
        index = this.values.length;
        indexOf.set(value, index);
        this.values.push(value);
      }
      this.indices.push(index);
    }
  }
}

/** Spans of other traces, or of this one, that link to a span. */
export interface LinkingSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly name: string;
}

/** Links point backwards in time, so spans from shortly before the linked one on are looked at, for a limited time. */
export async function readLinkingSpans(
  reader: StoreReader,
  target: { readonly traceId: string; readonly spanId: string; readonly timeNs: bigint },
  options?: ReadOptions,
): Promise<readonly LinkingSpan[]> {
  const hourNs = 3_600_000_000_000n;
  const from = target.timeNs > hourNs ? target.timeNs - hourNs : 0n;
  try {
    const table = await reader.read(
      sql`SELECT trace_id, span_id, service_name, name FROM spans
        WHERE time >= ${timeNs(from)} AND time <= ${timeNs(target.timeNs + 24n * hourNs)} AND notEmpty(link_span_id)
          AND arrayExists((t, s) -> t = ${id(target.traceId, 16)} AND s = ${id(target.spanId, 8)}, link_trace_id, link_span_id)
        LIMIT 100`,
      { ...options, timeoutMs: 3_000 },
    );
    return table.strings('trace_id').map((traceId, row) => ({
      traceId,
      spanId: table.strings('span_id')[row]!,
      service: table.strings('service_name')[row]!,
      name: table.strings('name')[row]!,
    }));
  } catch (error) {
    // Finding them may take too long on a large store; the span itself is worth showing without them.
    if (error instanceof QueryError && error.code === 'timeout') return [];
    throw error;
  }
}
