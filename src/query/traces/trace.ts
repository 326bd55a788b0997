/** One trace by its id, as columns: made for traces of 100,000 spans. */

import { cutText } from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoreReader, type Table, type TextColumn } from '../reader/index.ts';
import { logsOfTrace, spans, spansAt, spansOfTrace, type TracePlace } from '../source/index.ts';
import { Bound, id, raw, type Sql, sql } from '../sql/index.ts';
import { SpanIndex, wordsOf } from './span-index.ts';
import { findTraces } from './trace-place.ts';
import { orderSpans } from './tree-order.ts';

/** Columns with one entry per span; see the console API's TraceSpanColumns. */
export interface TraceColumns {
  /** 16 hex digits a span, one after the other. */
  readonly ids: string;
  /** Row of the parent, -1 for a root, -2 for a span whose parent is not in the store. */
  readonly parent: Int32Array;
  /** Indices into the trace's `services`, `names` and `hints`. */
  readonly service: Uint32Array;
  readonly name: Uint32Array;
  readonly hint: Uint32Array;
  /** From the trace's start. */
  readonly startNs: Float64Array;
  readonly durationNs: Float64Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
}

/** One entry per event of any span: the span's row, ns from the trace's start, index into `names`. */
export interface TraceEvents {
  readonly row: readonly number[];
  readonly timeNs: readonly number[];
  readonly name: readonly number[];
  readonly names: readonly string[];
}

export interface Trace {
  readonly traceId: string;
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly hints: readonly string[];
  readonly spans: TraceColumns;
  readonly events: TraceEvents;
  readonly logCount: number;
  readonly truncated: boolean;
  readonly totalSpanCount: number;
}

/** A console can show these many; the rest is counted. */
const MAX_TRACE_SPANS = 100_000;
const MAX_EVENTS = 20_000;
const HINT_LENGTH = 160;
/** Of services, spans and events in a picture of many. */
const NAME_CHARS = 300;

function shortName(column: string): Sql {
  return sql`toLowCardinality(${cutText(raw(`toString(${column})`), NAME_CHARS)}) AS shown_${raw(column)}`;
}

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
  `toLowCardinality(substringUTF8(coalesce(${HINT_KEYS.map((key) => `attributes.${key}.:String`).join(', ')}, ''), 1, ${HINT_LENGTH}))`,
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

/** A trace is a few blocks of rows: more threads read it no faster, and take time from whoever waits for it. */
const ONE_THREAD = { max_threads: 1 };
const CHEAP = { cost: 'cheap' } as const;

/** The whole trace, parents before children. Throws QueryError `not_found`. */
export async function readTrace(
  reader: StoreReader,
  traceId: string,
  options?: ReadOptions & { readonly maxSpans?: number },
): Promise<Trace> {
  const limit = options?.maxSpans ?? MAX_TRACE_SPANS;
  const [table, logCount] = await Promise.all([
    reader.read(
      sql`SELECT span_id, parent_span_id, ${shortName('service_name')}, ${shortName('name')},
          toUnixTimestamp64Nano(time) AS time_ns, duration_ns, kind, status_code,
          notEmpty(event_time) AS has_events, ${HINT} AS hint
        ${spansOfTrace(traceId)}
        ORDER BY time LIMIT ${new Bound('UInt32', limit)}`,
      { ...options, ...CHEAP, settings: ONE_THREAD },
    ),
    countLogs(reader, traceId, options),
  ]);
  if (table.rowCount === 0) {
    await placeOf(reader, traceId, options);
    throw new QueryError('not_found', `the spans of trace ${traceId} have expired`);
  }
  const times = table.integers('time_ns');
  // Sorted by time: the spans that are shown lie between the first and the last of them.
  const shown = { traceId, firstNs: times[0]!, lastNs: times.at(-1)! };
  const [events, totalSpanCount] = await Promise.all([
    readEvents(reader, shown, table, options),
    table.rowCount < limit ? table.rowCount : countSpans(reader, traceId, options),
  ]);
  return {
    traceId: traceId.toLowerCase().padStart(32, '0'),
    ...columnsOf(table, offsetsOf(times), events, shown.firstNs),
    logCount,
    totalSpanCount,
    truncated: totalSpanCount > limit,
  };
}

/** Nanoseconds since the first. The spans of a trace lie within 104 days, where numbers are exact. */
function offsetsOf(times: BigInt64Array): Float64Array {
  const words = new Uint32Array(times.buffer);
  const highs = new Int32Array(times.buffer);
  const offsets = new Float64Array(times.length);
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = (highs[2 * i + 1]! - highs[1]!) * 4294967296 + (words[2 * i]! - words[0]!);
  }
  return offsets;
}

async function countSpans(reader: StoreReader, traceId: string, options?: ReadOptions): Promise<number> {
  const place = await placeOf(reader, traceId, options);
  const table = await reader.read(sql`SELECT count() AS n ${spansAt(place)}`, {
    ...options,
    ...CHEAP,
  });
  return table.numbers('n')[0]!;
}

/** When an event happened: an event without a time of its own counts from its span's start, or it would stand in 1970, where nobody looks. */
export function eventTime(of: string): Sql {
  return sql`if(toUnixTimestamp64Nano(${raw(of)}) = 0, time, ${raw(of)})`;
}

/** Event times and names of the spans that have any: span id, ns from the trace's start, name. */
async function readEvents(
  reader: StoreReader,
  place: TracePlace,
  spans: Table,
  options?: ReadOptions,
): Promise<Table | undefined> {
  const hasEvents = spans.vector('has_events');
  if (!Array.prototype.includes.call(hasEvents, 1)) return undefined;
  return reader.read(
    sql`SELECT span_id, toFloat64(toUnixTimestamp64Nano(${eventTime('event.1')}) - ${new Bound('Int64', String(place.firstNs))}) AS at,
        toLowCardinality(${cutText(raw('toString(event.2)'), NAME_CHARS)}) AS name
      FROM (SELECT span_id, time, arrayJoin(arrayZip(event_time, event_name)) AS event ${spansAt(place)})
      ORDER BY time, at LIMIT ${new Bound('UInt32', MAX_EVENTS)}`,
    { ...options, ...CHEAP },
  );
}

async function countLogs(reader: StoreReader, traceId: string, options?: ReadOptions): Promise<number> {
  const table = await reader.read(sql`SELECT count() AS n ${logsOfTrace(traceId)}`, {
    ...options,
    ...CHEAP,
    settings: ONE_THREAD,
  });
  return table.numbers('n')[0]!;
}

type Shape = Omit<Trace, 'traceId' | 'logCount' | 'truncated' | 'totalSpanCount'>;

/** Puts the spans in order. Pure; `startNs` is the time that starts count from. */
function columnsOf(table: Table, start: Float64Array, events: Table | undefined, startNs: bigint): Shape {
  const ids = table.bytes('span_id');
  const duration = table.vector('duration_ns');
  const { rows, parent } = orderSpans(ids, table.bytes('parent_span_id'), start);
  const services = pickTexts(table.texts('shown_service_name'), rows);
  const names = pickTexts(table.texts('shown_name'), rows);
  const hints = pickTexts(table.texts('hint'), rows);
  let endNs = 0;
  for (let row = 0; row < start.length; row++) endNs = Math.max(endNs, start[row]! + duration[row]!);
  const orderedIds = pickIds(ids, rows);
  return {
    startNs,
    durationNs: endNs,
    services: services.values,
    names: names.values,
    hints: hints.values.map(oneLine),
    spans: {
      ids: Buffer.from(orderedIds.buffer).toString('hex'),
      parent,
      service: services.indices,
      name: names.indices,
      hint: hints.indices,
      startNs: pick(start, rows, new Float64Array(rows.length)),
      durationNs: pick(duration, rows, new Float64Array(rows.length)),
      kind: pick(table.vector('kind'), rows, new Uint8Array(rows.length)),
      status: pick(table.vector('status_code'), rows, new Uint8Array(rows.length)),
    },
    events: eventsOf(orderedIds, events),
  };
}

/** Of several spans with one id, events are drawn at the first. */
function eventsOf(orderedIds: Uint8Array, events: Table | undefined): TraceEvents {
  if (events === undefined) return { row: [], timeNs: [], name: [], names: [] };
  const spans = new SpanIndex(orderedIds);
  const words = wordsOf(events.bytes('span_id'));
  const rowOf = Int32Array.from({ length: events.rowCount }, (_, i) => spans.find(words[2 * i]!, words[2 * i + 1]!));
  const known = Int32Array.from(rowOf.keys()).filter((i) => rowOf[i]! >= 0);
  const times = events.vector('at');
  const { values, indices } = pickTexts(events.texts('name'), known);
  return {
    row: Array.from(known, (i) => rowOf[i]!),
    timeNs: Array.from(known, (i) => times[i]!),
    name: Array.from(indices),
    names: values,
  };
}

/** `to[i] = from[rows[i]]`. Returns `to`. */
function pick<T extends Float64Array | Uint8Array | Uint32Array>(from: ArrayLike<number>, rows: Int32Array, to: T): T {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!;
  return to;
}

function pickIds(ids: Uint8Array, rows: Int32Array): Uint8Array<ArrayBuffer> {
  const from = wordsOf(ids);
  const to = new Uint32Array(from.length);
  for (let i = 0; i < rows.length; i++) {
    to[2 * i] = from[2 * rows[i]!]!;
    to[2 * i + 1] = from[2 * rows[i]! + 1]!;
  }
  return new Uint8Array(to.buffer);
}

/** The texts that occur, numbered by their first row. */
function pickTexts({ values, indices }: TextColumn, rows: Int32Array): { values: string[]; indices: Uint32Array } {
  const newIndex = new Int32Array(values.length).fill(-1);
  const used: string[] = [];
  const picked = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const index = indices[rows[i]!]!;
    if (newIndex[index]! < 0) newIndex[index] = used.push(values[index]!) - 1;
    picked[i] = newIndex[index]!;
  }
  return { values: used, indices: picked };
}

function oneLine(hint: string): string {
  return /[\n\r\t]| {2}/.test(hint) ? hint.replace(/\s+/g, ' ').trim() : hint;
}

/** Spans of other traces, or of this one, that link to a span. */
export interface LinkingSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly name: string;
}

const HOUR_MS = 3_600_000;

/** Links point backwards in time, so spans from shortly before the linked one on are looked at, for a limited time. */
export async function readLinkingSpans(
  reader: StoreReader,
  target: { readonly traceId: string; readonly spanId: string; readonly timeNs: bigint },
  options?: ReadOptions,
): Promise<readonly LinkingSpan[]> {
  const fromMs = Math.max(0, Number(target.timeNs / 1_000_000n) - HOUR_MS);
  try {
    const table = await reader.read(
      sql`SELECT trace_id, span_id, service_name, name ${spans.in({ fromMs, toMs: fromMs + 25 * HOUR_MS })} AND notEmpty(link_span_id)
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
