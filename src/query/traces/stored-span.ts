/** Spans with everything that the store has of them: for details and for the Jaeger APIs. */

import {
  CUT_EARLY,
  cutAttributes,
  cutAttributesSize,
  cutAttributesText,
  cutAttributesTexts,
  cutSize,
  cutText,
  type ItemLimits,
  MAX_UNCUT_BYTES,
  shownAttributes,
  UNCUT_ITEM,
  WHOLE_ITEM,
  withinBudget,
} from '../plan/index.ts';
import {
  parseAttributesText,
  QueryError,
  type ReadOptions,
  type StoredAttribute,
  type StoreReader,
  type Table,
} from '../reader/index.ts';
import { spansAt, spansOfTraces, type TracePlace } from '../source/index.ts';
import { Bound, id, raw, type Sql, sql } from '../sql/index.ts';
import { eventTime, placeOf } from './trace.ts';

export interface StoredEvent {
  readonly timeNs: bigint;
  readonly name: string;
  readonly attributes: readonly StoredAttribute[];
  readonly droppedAttributesCount: number;
}

export interface StoredLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly attributes: readonly StoredAttribute[];
  readonly droppedAttributesCount: number;
}

/** Ids in hex; an absent parent is the empty string. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  readonly traceState: string;
  readonly flags: number;
  readonly attributes: readonly StoredAttribute[];
  readonly resource: readonly StoredAttribute[];
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly scopeAttributes: readonly StoredAttribute[];
  readonly resourceSchemaUrl: string;
  readonly scopeSchemaUrl: string;
  readonly events: readonly StoredEvent[];
  readonly links: readonly StoredLink[];
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  /** What is not whole here: sizes in bytes of attributes, how many events and links there are, and whether other texts were cut. */
  readonly cut?: {
    readonly attributes?: number;
    readonly resource?: number;
    readonly events?: number;
    readonly links?: number;
    readonly texts?: true;
  };
}

/** More spans than these are not read at once, whatever they hold. */
export const MAX_WHOLE_SPANS = 100_000;
/** What the spans of one answer may hold. As objects, and as the JSON that they become, they take some thirty times as much memory. */
const SPANS_BYTES = 8 * 1024 * 1024;
/** More events, or links, of one span are counted and left out. */
export const MAX_LISTED = 1000;

/** Spans as far as an answer can hold them. */
export interface ReadSpans {
  readonly spans: readonly StoredSpan[];
  /** How many there are: more than `spans` where those would have been too much. At most `MAX_WHOLE_SPANS`. */
  readonly foundCount: number;
}

/** The spans of a trace by start. Throws QueryError `not_found`. */
export async function readWholeTrace(reader: StoreReader, traceId: string, options?: ReadOptions): Promise<ReadSpans> {
  const place = await placeOf(reader, traceId, options);
  const found = await readSpans(reader, [place], { ...options, cost: 'cheap' });
  if (found.spans.length === 0) throw new QueryError('not_found', `the spans of trace ${traceId} have expired`);
  return found;
}

/** The spans of several traces. */
export async function readSpans(
  reader: StoreReader,
  places: readonly TracePlace[],
  options?: ReadOptions,
): Promise<ReadSpans> {
  const order = raw('time, span_id');
  const rows = sql`SELECT ${spanColumns(WHOLE_ITEM)} ${spansOfTraces(places)}
    ORDER BY ${order} LIMIT ${new Bound('UInt32', MAX_WHOLE_SPANS)}`;
  const table = await reader.read(withinBudget(rows, order, ROW_BYTES, SPANS_BYTES), {
    ...options,
    settings: CUT_EARLY,
  });
  return { spans: storedSpans(table), foundCount: table.numbers('found_rows')[0] ?? 0 };
}

/** One span of a trace; `full` leaves nothing out. Throws QueryError `not_found`; `too_large` for what no answer can hold. */
export async function readSpan(
  reader: StoreReader,
  traceId: string,
  spanId: string,
  options?: ReadOptions & { readonly full?: boolean },
): Promise<{ readonly span: StoredSpan; readonly place: TracePlace }> {
  const place = await placeOf(reader, traceId, options);
  const limits = options?.full === true ? UNCUT_ITEM : WHOLE_ITEM;
  const table = await reader.read(
    sql`SELECT ${spanColumns(limits)} ${spansAt(place)} AND span_id = ${id(spanId, 8)} ORDER BY time LIMIT 1`,
    { ...options, cost: 'cheap', maxBytes: MAX_UNCUT_BYTES },
  );
  const [span] = storedSpans(table);
  if (span === undefined) throw new QueryError('not_found', `no span ${spanId} in trace ${traceId}`);
  return { span, place };
}

/** What a span is made of, with long values cut. Names differ from the table's: see `cutAttributes`. */
function spanColumns(limits: ItemLimits): Sql {
  const list = (column: string): Sql =>
    limits === UNCUT_ITEM ? raw(column) : raw(`arraySlice(${column}, 1, ${MAX_LISTED})`);
  const texts = (column: string): Sql =>
    sql`${cutAttributesTexts(list(column), limits.attributeBytes / 4)} AS shown_${raw(column)}`;
  const name = (column: string): Sql => sql`${cutText(raw(column))} AS shown_${raw(column)}`;
  return sql`trace_id, span_id, parent_span_id, time, toUnixTimestamp64Nano(time) AS start_ns, duration_ns, kind, status_code, flags,
    ${name('service_name')}, ${name('name')}, ${name('trace_state')}, ${name('scope_name')}, ${name('scope_version')},
    ${name('resource_schema_url')}, ${name('scope_schema_url')},
    ${cutText(raw('status_message'), limits.textChars)} AS shown_status_message,
    length(status_message) > ${raw(String(limits.textChars))} AS is_message_cut,
    ${cutAttributes('attributes', limits.attributeBytes)}, ${cutAttributes('resource', limits.attributeBytes)},
    ${cutAttributesText(raw('toString(scope_attributes)'), limits.attributeBytes)} AS shown_scope_attributes,
    length(event_time) AS event_count, length(link_span_id) AS link_count,
    arrayMap(t -> toUnixTimestamp64Nano(${eventTime('t')}), ${list('event_time')}) AS shown_event_ns,
    arrayMap(n -> ${cutText(raw('toString(n)'))}, ${list('event_name')}) AS shown_event_name,
    ${texts('event_attributes')}, ${list('event_dropped_attributes_count')} AS shown_event_dropped,
    arrayExists(json -> length(json) > ${raw(String(limits.attributeBytes / 4))}, event_attributes) AS is_event_cut,
    ${list('link_trace_id')} AS shown_link_trace_id, ${list('link_span_id')} AS shown_link_span_id,
    arrayMap(n -> ${cutText(raw('n'))}, ${list('link_trace_state')}) AS shown_link_trace_state, ${texts('link_attributes')},
    ${list('link_flags')} AS shown_link_flags, ${list('link_dropped_attributes_count')} AS shown_link_dropped,
    dropped_attributes_count, dropped_events_count, dropped_links_count`;
}

const ROW_BYTES: Sql = sql`300 + length(shown_name) + length(shown_status_message) + ${cutAttributesSize('attributes')}
  + ${cutAttributesSize('resource')} + length(shown_scope_attributes) + byteSize(shown_event_name) + byteSize(shown_event_attributes)
  + 40 * length(shown_event_ns) + byteSize(shown_link_trace_state) + byteSize(shown_link_attributes) + 60 * length(shown_link_span_id)`;

const NO_ID = '0000000000000000';

function storedSpans(table: Table): readonly StoredSpan[] {
  const read = <T>(name: string): readonly T[] => table.column<T>(name);
  const resources = new ResourceCache();
  const scopes = new Map<string, readonly StoredAttribute[]>();
  const scopeOf = (text: string): readonly StoredAttribute[] => {
    const known = scopes.get(text) ?? parseAttributesText(text);
    scopes.set(text, known);
    return known;
  };
  const startNs = table.bigints('start_ns');
  const durationNs = table.bigints('duration_ns');
  return read<string>('trace_id').map((traceId, row) => {
    const parent = read<string>('parent_span_id')[row]!;
    return {
      traceId,
      spanId: read<string>('span_id')[row]!,
      parentSpanId: parent === NO_ID ? '' : parent,
      service: read<string>('shown_service_name')[row]!,
      name: read<string>('shown_name')[row]!,
      kind: read<number>('kind')[row]!,
      statusCode: read<number>('status_code')[row]!,
      statusMessage: read<string>('shown_status_message')[row]!,
      startNs: startNs[row]!,
      durationNs: durationNs[row]!,
      traceState: read<string>('shown_trace_state')[row]!,
      flags: read<number>('flags')[row]!,
      attributes: shownAttributes(table, 'attributes', row),
      resource: resources.shared(shownAttributes(table, 'resource', row)),
      scopeName: read<string>('shown_scope_name')[row]!,
      scopeVersion: read<string>('shown_scope_version')[row]!,
      scopeAttributes: scopeOf(read<string>('shown_scope_attributes')[row]!),
      resourceSchemaUrl: read<string>('shown_resource_schema_url')[row]!,
      scopeSchemaUrl: read<string>('shown_scope_schema_url')[row]!,
      events: eventsOf(table, row),
      links: linksOf(table, row),
      droppedAttributesCount: read<number>('dropped_attributes_count')[row]!,
      droppedEventsCount: read<number>('dropped_events_count')[row]!,
      droppedLinksCount: read<number>('dropped_links_count')[row]!,
      ...cutParts(table, row),
    };
  });
}

/** Spans of one service share their resource, so equal ones become one object: callers compare them by identity. */
class ResourceCache {
  readonly #known = new Map<string, readonly StoredAttribute[]>();

  shared(attributes: readonly StoredAttribute[]): readonly StoredAttribute[] {
    const key = JSON.stringify(attributes, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, attributes);
    return attributes;
  }
}

function cutParts(table: Table, row: number): Pick<StoredSpan, 'cut'> {
  const [attributes, resource] = [cutSize(table, 'attributes', row), cutSize(table, 'resource', row)];
  const [events, links] = [table.numbers('event_count')[row]!, table.numbers('link_count')[row]!];
  const isTextCut = ['is_message_cut', 'is_event_cut'].some((name) => table.column<number>(name)[row] === 1);
  const cut = {
    ...(attributes !== undefined && { attributes }),
    ...(resource !== undefined && { resource }),
    ...(events > table.column<unknown[]>('shown_event_ns')[row]!.length && { events }),
    ...(links > table.column<unknown[]>('shown_link_span_id')[row]!.length && { links }),
    ...(isTextCut && { texts: true as const }),
  };
  return Object.keys(cut).length === 0 ? {} : { cut };
}

function eventsOf(table: Table, row: number): readonly StoredEvent[] {
  const names = table.column<string[]>('shown_event_name')[row]!;
  if (names.length === 0) return [];
  const times = table.column<(number | bigint)[]>('shown_event_ns')[row]!;
  const attributes = table.column<string[]>('shown_event_attributes')[row]!;
  const dropped = table.column<number[]>('shown_event_dropped')[row]!;
  return names.map((name, i) => ({
    timeNs: BigInt(times[i] ?? 0),
    name,
    attributes: parseAttributesText(attributes[i] ?? ''),
    droppedAttributesCount: dropped[i] ?? 0,
  }));
}

function linksOf(table: Table, row: number): readonly StoredLink[] {
  const traceIds = table.column<string[]>('shown_link_trace_id')[row]!;
  if (traceIds.length === 0) return [];
  const spanIds = table.column<string[]>('shown_link_span_id')[row]!;
  const states = table.column<string[]>('shown_link_trace_state')[row]!;
  const flags = table.column<number[]>('shown_link_flags')[row]!;
  const attributes = table.column<string[]>('shown_link_attributes')[row]!;
  const dropped = table.column<number[]>('shown_link_dropped')[row]!;
  return traceIds.map((traceId, i) => ({
    traceId,
    spanId: spanIds[i] ?? '',
    traceState: states[i] ?? '',
    flags: flags[i] ?? 0,
    attributes: parseAttributesText(attributes[i] ?? ''),
    droppedAttributesCount: dropped[i] ?? 0,
  }));
}
