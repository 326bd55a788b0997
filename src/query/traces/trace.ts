/** One trace by its id, as columns: made for traces of 100,000 spans. */

import type { LinkingSpan, TraceEventColumns, TraceSpanColumns } from '../answers/index.ts';
import { IS_EVENT, LOG_EVENT_NAME } from '../filter/index.ts';
import { areTextsWithin, cutText, readPlainOrCut } from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoreReader, type Table, type TextColumn } from '../reader/index.ts';
import { linksTo, logsAt, ofPlace, spanEvents, spans, spansByIds, type TracePlace } from '../source/index.ts';
import { Bound, raw, type Sql, sql } from '../sql/index.ts';
import { HINT, readPlainHints, TYPED_HINTS } from './span-hints.ts';
import { SpanIndex, wordsOf } from './span-index.ts';
import { EVENT_TIME } from './span-parts.ts';
import { findPlaces, type NotedPlace } from './trace-place.ts';
import { orderSpans } from './tree-order.ts';

export interface Trace {
  readonly traceId: string;
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly hints: readonly string[];
  readonly spans: TraceSpanColumns<ArrayLike<number>>;
  readonly events: TraceEventColumns;
  readonly logCount: number;
  readonly truncated: boolean;
  readonly totalSpanCount: number;
}

/** A console can show these many; the rest is counted. */
const MAX_TRACE_SPANS = 100_000;
const MAX_EVENTS = 20_000;
/** Of services, spans and events in a picture of many. */
const NAME_CHARS = 300;

function shortName(column: string): Sql {
  return sql`toLowCardinality(${cutText(raw(`toString(${column})`), NAME_CHARS)}) AS shown_${raw(column)}`;
}

/** Reads where a trace lies. Throws QueryError `not_found`. */
export async function placeOf(reader: StoreReader, traceId: string, options?: ReadOptions): Promise<NotedPlace> {
  const [place] = await findPlaces(reader, [traceId], options);
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
  const place = await placeOf(reader, traceId, { ...options, ...CHEAP });
  const [{ table, hints }, events, { logCount, eventTimes }] = await Promise.all([
    readTraceSpans(reader, place, limit, options),
    place.hasEvents ? readEventTimes(reader, place, options) : undefined,
    readLogFacts(reader, place, options),
  ]);
  if (table.rowCount === 0) throw new QueryError('not_found', `the spans of trace ${traceId} have expired`);
  const times = table.integers('time_ns');
  const totalSpanCount = table.rowCount < limit ? table.rowCount : await countSpans(reader, place, options);
  return {
    traceId: traceId.toLowerCase().padStart(32, '0'),
    ...columnsOf(table, hints, offsetsOf(times, times[0]!), [events, eventTimes], times[0]!),
    logCount,
    totalSpanCount,
    truncated: totalSpanCount > limit,
  };
}

/** Larger traces have few different texts in very many spans: those are cut and numbered in the store. */
const PLAIN_SPANS = 5_000;
const PLAIN_BYTES = 8 * 1024 * 1024;

/** The spans by start, and the hint of each. */
async function readTraceSpans(
  reader: StoreReader,
  place: NotedPlace,
  limit: number,
  options?: ReadOptions,
): Promise<{ readonly table: Table; readonly hints: TextColumn }> {
  const rows = sql`toUnixTimestamp64Nano(time) AS time_ns, duration_ns, kind, status_code, span_id, parent_span_id
    ${ofPlace(spans, place)} ORDER BY time LIMIT ${new Bound('UInt32', limit)}`;
  const cheap = { ...options, ...CHEAP, settings: ONE_THREAD };
  const cut = sql`SELECT ${shortName('service_name')}, ${shortName('name')}, ${HINT} AS hint, ${rows}`;
  const plain = sql`SELECT service_name AS shown_service_name, stored.name AS shown_name, ${TYPED_HINTS}, ${rows}`;
  const fits = (answer: Table): boolean => areTextsWithin(answer, ['shown_service_name', 'shown_name'], NAME_CHARS);
  const table =
    place.spanCount > PLAIN_SPANS
      ? await reader.read(cut, cheap)
      : await readPlainOrCut(reader, { plain, cut, budgetBytes: PLAIN_BYTES, fits }, cheap);
  return { table, hints: table.has('hint') ? table.texts('hint') : await readPlainHints(reader, place, table, cheap) };
}

/** Nanoseconds since a time. Within 104 days, as the spans of a trace lie, numbers are exact. */
function offsetsOf(times: BigInt64Array, startNs: bigint): Float64Array {
  const [low, high] = [Number(BigInt.asUintN(32, startNs)), Number(startNs >> 32n)];
  const words = new Uint32Array(times.buffer);
  const highs = new Int32Array(times.buffer);
  const offsets = new Float64Array(times.length);
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = (highs[2 * i + 1]! - high) * 4294967296 + (words[2 * i]! - low);
  }
  return offsets;
}

async function countSpans(reader: StoreReader, place: TracePlace, options?: ReadOptions): Promise<number> {
  const table = await reader.read(sql`SELECT count() AS n ${ofPlace(spans, place)}`, {
    ...options,
    ...CHEAP,
  });
  return table.numbers('n')[0]!;
}

/** Times and names of events: span id, time, name. */
async function readEventTimes(reader: StoreReader, place: TracePlace, options?: ReadOptions): Promise<Table> {
  return reader.read(
    sql`SELECT span_id, toUnixTimestamp64Nano(${EVENT_TIME}) AS at, toLowCardinality(${cutText(raw('toString(stored.name)'), NAME_CHARS)}) AS shown_name
      ${ofPlace(spanEvents, place)} ORDER BY span_time, at LIMIT ${new Bound('UInt32', MAX_EVENTS)}`,
    { ...options, ...CHEAP, settings: ONE_THREAD },
  );
}

/** How many log records the trace has, and the times and names of those that are events of spans. */
async function readLogFacts(
  reader: StoreReader,
  place: TracePlace,
  options?: ReadOptions,
): Promise<{ readonly logCount: number; readonly eventTimes: Table | undefined }> {
  const one = { ...options, ...CHEAP, settings: ONE_THREAD };
  const counts = await reader.read(sql`SELECT count() AS n, countIf(${IS_EVENT}) AS event_count ${logsAt(place)}`, one);
  const logCount = counts.numbers('n')[0]!;
  if (counts.numbers('event_count')[0] === 0) return { logCount, eventTimes: undefined };
  const eventTimes = await reader.read(
    sql`SELECT span_id, toUnixTimestamp64Nano(time) AS at, toLowCardinality(${cutText(LOG_EVENT_NAME, NAME_CHARS)}) AS shown_name
      ${logsAt(place)} AND ${IS_EVENT} ORDER BY at LIMIT ${new Bound('UInt32', MAX_EVENTS)}`,
    one,
  );
  return { logCount, eventTimes };
}

type Shape = Omit<Trace, 'traceId' | 'logCount' | 'truncated' | 'totalSpanCount'>;

/** Puts the spans in order. Pure; `startNs` is the time that starts count from. */
function columnsOf(
  table: Table,
  hintTexts: TextColumn,
  start: Float64Array,
  events: readonly (Table | undefined)[],
  startNs: bigint,
): Shape {
  const ids = table.bytes('span_id');
  const duration = table.vector('duration_ns');
  const { rows, parent } = orderSpans(ids, table.bytes('parent_span_id'), start);
  const services = pickTexts(table.texts('shown_service_name'), rows);
  const names = pickTexts(table.texts('shown_name'), rows);
  const hints = pickTexts(hintTexts, rows);
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
    events: eventsOf(orderedIds, events, startNs),
  };
}

/** Of several spans with one id, events are drawn at the first. */
function eventsOf(orderedIds: Uint8Array, tables: readonly (Table | undefined)[], startNs: bigint): TraceEventColumns {
  const all = { row: [] as number[], timeNs: [] as number[], name: [] as number[], names: [] as string[] };
  const index = new SpanIndex(orderedIds);
  for (const events of tables) {
    if (events === undefined || events.rowCount === 0) continue;
    const words = wordsOf(events.bytes('span_id'));
    const rowOf = Int32Array.from({ length: events.rowCount }, (_, i) => index.find(words[2 * i]!, words[2 * i + 1]!));
    const known = Int32Array.from(rowOf.keys()).filter((i) => rowOf[i]! >= 0);
    const times = offsetsOf(events.integers('at'), startNs);
    const { values, indices } = pickTexts(events.texts('shown_name'), known);
    const firstName = all.names.length;
    all.names.push(...values);
    for (const [at, i] of known.entries()) {
      all.row.push(rowOf[i]!);
      all.timeNs.push(times[i]!);
      all.name.push(firstName + indices[at]!);
    }
  }
  return all;
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

const HOUR_MS = 3_600_000;

/** Links point backwards in time, so spans from shortly before the linked one on are looked at, for a limited time. */
export async function readLinkingSpans(
  reader: StoreReader,
  target: { readonly traceId: string; readonly spanId: string; readonly timeNs: bigint },
  options?: ReadOptions,
): Promise<readonly LinkingSpan[]> {
  const fromMs = Math.max(0, Number(target.timeNs / 1_000_000n) - HOUR_MS);
  const range = { fromMs, toMs: fromMs + 25 * HOUR_MS };
  const limited = { ...options, timeoutMs: 3_000 };
  try {
    const links = await reader.read(
      sql`SELECT trace_id, span_id, service_name, toUnixTimestamp64Nano(span_time) AS at ${linksTo(target.traceId, target.spanId, range)}
        LIMIT 1 BY trace_id, span_id LIMIT 100`,
      limited,
    );
    if (links.rowCount === 0) return [];
    const [times, services] = [links.bigints('at'), links.strings('service_name')];
    const linking = links.strings('trace_id').map((traceId, row) => {
      return { traceId, spanId: links.strings('span_id')[row]!, service: services[row]! };
    });
    const table = await reader.read(
      sql`SELECT trace_id, span_id, any(stored.name) AS shown_name ${spansByIds(linking, times)} GROUP BY trace_id, span_id`,
      limited,
    );
    const names = new Map(
      table
        .strings('trace_id')
        .map((traceId, row) => [`${traceId} ${table.strings('span_id')[row]}`, table.strings('shown_name')[row]!]),
    );
    return linking.map((one) => ({ ...one, name: names.get(`${one.traceId} ${one.spanId}`) ?? '' }));
  } catch (error) {
    // Finding them may take too long on a large store; the span itself is worth showing without them.
    if (error instanceof QueryError && error.code === 'timeout') return [];
    throw error;
  }
}
