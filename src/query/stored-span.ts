/** Spans with everything that the store has of them: for details and for the Jaeger APIs. */
import { QueryError } from './errors.ts';
import type { JsonPath, Table } from './row-binary.ts';
import { Bound, id, type Sql, sql } from './sql.ts';
import type { ReadOptions, StoreReader } from './store-reader.ts';
import { placeOf, spansOf } from './trace.ts';
import type { TracePlace } from './trace-place.ts';
import { parseAttributesText, type StoredAttribute, storedAttributes } from './value.ts';

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
}

/** Whole traces are held in memory while they are written as JSON. */
export const maxWholeSpans = 100_000;

/** All spans of a trace by start. Throws QueryError `not_found`. */
export async function readWholeTrace(
  reader: StoreReader,
  traceId: string,
  options?: ReadOptions,
): Promise<readonly StoredSpan[]> {
  const place = await placeOf(reader, traceId, options);
  const spans = await readSpans(reader, spansOf(place), options);
  if (spans.length === 0) throw new QueryError('not_found', `the spans of trace ${traceId} have expired`);
  return spans;
}

/** Several traces; ids that the store does not have are left out. `condition` covers their places. */
export async function readSpans(
  reader: StoreReader,
  condition: Sql,
  options?: ReadOptions,
): Promise<readonly StoredSpan[]> {
  const table = await reader.read(
    sql`SELECT *, toUnixTimestamp64Nano(time) AS start_ns, arrayMap(t -> toUnixTimestamp64Nano(t), event_time) AS event_ns
      FROM spans WHERE ${condition} ORDER BY time, span_id LIMIT ${new Bound('UInt32', maxWholeSpans)}`,
    options,
  );
  return storedSpans(table);
}

/** One span of a trace. Throws QueryError `not_found`. */
export async function readSpan(
  reader: StoreReader,
  traceId: string,
  spanId: string,
  options?: ReadOptions,
): Promise<{ readonly span: StoredSpan; readonly place: TracePlace }> {
  const place = await placeOf(reader, traceId, options);
  const [span] = await readSpans(reader, sql`${spansOf(place)} AND span_id = ${id(spanId, 8)}`, options);
  if (span === undefined) throw new QueryError('not_found', `no span ${spanId} in trace ${traceId}`);
  return { span, place };
}

const noId = '0000000000000000';

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
      parentSpanId: parent === noId ? '' : parent,
      service: read<string>('service_name')[row]!,
      name: read<string>('name')[row]!,
      kind: read<number>('kind')[row]!,
      statusCode: read<number>('status_code')[row]!,
      statusMessage: read<string>('status_message')[row]!,
      startNs: startNs[row]!,
      durationNs: durationNs[row]!,
      traceState: read<string>('trace_state')[row]!,
      flags: read<number>('flags')[row]!,
      attributes: storedAttributes(read<readonly JsonPath[]>('attributes')[row]!),
      resource: resources.attributes(read<readonly JsonPath[]>('resource')[row]!),
      scopeName: read<string>('scope_name')[row]!,
      scopeVersion: read<string>('scope_version')[row]!,
      scopeAttributes: scopeOf(read<string>('scope_attributes')[row]!),
      resourceSchemaUrl: read<string>('resource_schema_url')[row]!,
      scopeSchemaUrl: read<string>('scope_schema_url')[row]!,
      events: eventsOf(table, row),
      links: linksOf(table, row),
      droppedAttributesCount: read<number>('dropped_attributes_count')[row]!,
      droppedEventsCount: read<number>('dropped_events_count')[row]!,
      droppedLinksCount: read<number>('dropped_links_count')[row]!,
    };
  });
}

/** Spans of one service share their resource, so equal ones become one object: callers compare them by identity. */
class ResourceCache {
  readonly #known = new Map<string, readonly StoredAttribute[]>();

  attributes(paths: readonly JsonPath[]): readonly StoredAttribute[] {
    const attributes = storedAttributes(paths);
    const key = JSON.stringify(attributes, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, attributes);
    return attributes;
  }
}

function eventsOf(table: Table, row: number): readonly StoredEvent[] {
  const names = table.column<string[]>('event_name')[row]!;
  if (names.length === 0) return [];
  const times = table.column<(number | bigint)[]>('event_ns')[row]!;
  const attributes = table.column<string[]>('event_attributes')[row]!;
  const dropped = table.column<number[]>('event_dropped_attributes_count')[row]!;
  return names.map((name, i) => ({
    timeNs: BigInt(times[i] ?? 0),
    name,
    attributes: parseAttributesText(attributes[i] ?? ''),
    droppedAttributesCount: dropped[i] ?? 0,
  }));
}

function linksOf(table: Table, row: number): readonly StoredLink[] {
  const traceIds = table.column<string[]>('link_trace_id')[row]!;
  if (traceIds.length === 0) return [];
  const spanIds = table.column<string[]>('link_span_id')[row]!;
  const states = table.column<string[]>('link_trace_state')[row]!;
  const flags = table.column<number[]>('link_flags')[row]!;
  const attributes = table.column<string[]>('link_attributes')[row]!;
  const dropped = table.column<number[]>('link_dropped_attributes_count')[row]!;
  return traceIds.map((traceId, i) => ({
    traceId,
    spanId: spanIds[i] ?? '',
    traceState: states[i] ?? '',
    flags: flags[i] ?? 0,
    attributes: parseAttributesText(attributes[i] ?? ''),
    droppedAttributesCount: dropped[i] ?? 0,
  }));
}
