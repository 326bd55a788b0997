/** Spans with everything that the store has of them: for details and for the Jaeger APIs. */

import type { SpanCut } from '../answers/index.ts';
import {
  areAttributesWithin,
  areTextsWithin,
  cutAttributes,
  cutAttributesSize,
  cutText,
  type ItemLimits,
  MAX_UNCUT_BYTES,
  type Owners,
  readPlainOrCut,
  readResources,
  readScopes,
  type StoredResource,
  type StoredScope,
  UNCUT_ITEM,
  uncutAttributes,
  WHOLE_ITEM,
  withinBudget,
} from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoredAttribute, type StoreReader, type Table } from '../reader/index.ts';
import { ofPlace, ofPlaces, spanEvents, spanLinks, spans, type TracePlace } from '../source/index.ts';
import { Bound, id, raw, type Sql, sql } from '../sql/index.ts';
import { type EventLogs, readEventLogs, withEventLogs } from './event-logs.ts';
import {
  allAttributes,
  attributesCut,
  NO_PARTS,
  readEvents,
  readLinks,
  type SpanParts,
  type StoredEvent,
  type StoredLink,
  spanKey,
} from './span-parts.ts';
import { placeOf } from './trace.ts';
import type { NotedPlace } from './trace-place.ts';

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
  readonly cut?: SpanCut;
}

/** More spans than these are not read at once, whatever they hold. */
export const MAX_WHOLE_SPANS = 100_000;
/** What the spans of one answer may hold. As objects, and as the JSON that they become, they take some thirty times as much memory. */
const SPANS_BYTES = 8 * 1024 * 1024;
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
  places: readonly NotedPlace[],
  options?: ReadOptions,
): Promise<ReadSpans> {
  if (places.length === 0) return { spans: [], foundCount: 0 };
  const order = raw('time, span_id');
  const [withEvents, withLinks] = [places.filter((one) => one.hasEvents), places.filter((one) => one.hasLinks)];
  const rows = sql`${ofPlaces(spans, places)} ORDER BY ${order} LIMIT ${new Bound('UInt32', MAX_WHOLE_SPANS)}`;
  const [table, events, links, eventLogs] = await Promise.all([
    readSpanRows(reader, rows, order, WHOLE_ITEM, SPANS_BYTES, options),
    withEvents.length === 0
      ? NO_PARTS
      : readEvents(reader, ofPlaces(spanEvents, withEvents), WHOLE_ITEM, SPANS_BYTES, options),
    withLinks.length === 0
      ? NO_PARTS
      : readLinks(reader, ofPlaces(spanLinks, withLinks), WHOLE_ITEM, SPANS_BYTES, options),
    readEventLogs(reader, places, undefined, WHOLE_ITEM, SPANS_BYTES, options),
  ]);
  const owners = await readOwnersOf(reader, table, WHOLE_ITEM, options);
  return {
    spans: storedSpans(table, owners, { events, eventLogs, links }),
    foundCount: table.has('found_rows') ? table.numbers('found_rows')[0]! : table.rowCount,
  };
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
  const budgetBytes = options?.full === true ? MAX_UNCUT_BYTES : SPANS_BYTES;
  const cheap = { ...options, cost: 'cheap', maxBytes: MAX_UNCUT_BYTES } as const;
  const own = sql` AND span_id = ${id(spanId, 8)}`;
  const [table, events, links, eventLogs] = await Promise.all([
    readSpanRows(
      reader,
      sql`${ofPlace(spans, place)}${own} ORDER BY time LIMIT 1`,
      raw('start_ns'),
      limits,
      budgetBytes,
      cheap,
    ),
    place.hasEvents
      ? readEvents(reader, sql`${ofPlace(spanEvents, place)}${own}`, limits, budgetBytes, cheap)
      : NO_PARTS,
    place.hasLinks ? readLinks(reader, sql`${ofPlace(spanLinks, place)}${own}`, limits, budgetBytes, cheap) : NO_PARTS,
    readEventLogs(reader, [place], spanId, limits, budgetBytes, cheap),
  ]);
  const owners = await readOwnersOf(reader, table, limits, cheap);
  const [span] = storedSpans(table, owners, { events, eventLogs, links });
  if (span === undefined) throw new QueryError('not_found', `no span ${spanId} in trace ${traceId}`);
  return { span, place };
}

interface SpanOwners {
  readonly resources: Owners<StoredResource>;
  readonly scopes: Owners<StoredScope>;
}

async function readOwnersOf(
  reader: StoreReader,
  table: Table,
  { attributeBytes }: ItemLimits,
  options?: ReadOptions,
): Promise<SpanOwners> {
  const [resources, scopes] = await Promise.all([
    readResources(reader, table.column<number | bigint>('resource_id'), attributeBytes, options),
    readScopes(reader, table.column<number | bigint>('scope_id'), attributeBytes, options),
  ]);
  return { resources, scopes };
}

const COLUMNS =
  raw(`trace_id, span_id, parent_span_id, time, toUnixTimestamp64Nano(time) AS start_ns, duration_ns, kind, status_code, flags,
  resource_id, scope_id, dropped_attributes_count, dropped_events_count, dropped_links_count`);
const NAMES = ['service_name', 'name', 'trace_state'];

/** What spans are made of; long values are cut only where there are any. */
function readSpanRows(
  reader: StoreReader,
  rows: Sql,
  order: Sql,
  limits: ItemLimits,
  budgetBytes: number,
  options?: ReadOptions,
): Promise<Table> {
  const plain = sql`SELECT ${COLUMNS}, ${raw([...NAMES, 'status_message'].map((name) => `stored.${name} AS shown_${name}`).join(', '))},
    ${uncutAttributes('attributes')}, ${uncutAttributes('attributes_other')} ${rows}`;
  const fits = (table: Table): boolean =>
    areTextsWithin(
      table,
      NAMES.map((name) => `shown_${name}`),
    ) &&
    areTextsWithin(table, ['shown_status_message'], limits.textChars) &&
    (['attributes', 'attributes_other'] as const).every((name) =>
      areAttributesWithin(table, name, limits.attributeBytes),
    );
  const cut = withinBudget(sql`SELECT ${cutColumns(limits)} ${rows}`, order, ROW_BYTES, budgetBytes);
  return readPlainOrCut(reader, { plain, cut, budgetBytes, fits }, options);
}

/** With long values cut. Names differ from the table's: see `cutAttributes`. */
function cutColumns(limits: ItemLimits): Sql {
  const name = (column: string): Sql => sql`${cutText(raw(column))} AS shown_${raw(column)}`;
  return sql`${COLUMNS}, ${name('service_name')}, ${name('name')}, ${name('trace_state')},
    ${cutText(raw('status_message'), limits.textChars)} AS shown_status_message,
    length(status_message) > ${raw(String(limits.textChars))} AS is_message_cut,
    ${cutAttributes('attributes', limits.attributeBytes)}, ${cutAttributes('attributes_other', limits.attributeBytes)}`;
}

const ROW_BYTES: Sql = sql`300 + length(shown_name) + length(shown_status_message) + ${cutAttributesSize('attributes')}
  + ${cutAttributesSize('attributes_other')}`;

const NO_ID = '0000000000000000';
const NO_RESOURCE: StoredResource = { attributes: [], schemaUrl: '', cut: undefined };
const NO_SCOPE: StoredScope = { ...NO_RESOURCE, name: '', version: '' };

interface PartsOfSpans {
  readonly events: SpanParts<StoredEvent>;
  readonly eventLogs: EventLogs;
  readonly links: SpanParts<StoredLink>;
}

function storedSpans(
  table: Table,
  owners: SpanOwners,
  { events, eventLogs, links }: PartsOfSpans,
): readonly StoredSpan[] {
  /** Of spans that share an id the first has what records say of it. */
  const told = new Set<string>();
  const read = <T>(name: string): readonly T[] => table.column<T>(name);
  const startNs = table.bigints('start_ns');
  const durationNs = table.bigints('duration_ns');
  const [resourceIds, scopeIds] = [read<number | bigint>('resource_id'), read<number | bigint>('scope_id')];
  return read<string>('trace_id').map((traceId, row) => {
    const parent = read<string>('parent_span_id')[row]!;
    const spanId = read<string>('span_id')[row]!;
    const key = spanKey(traceId, spanId, startNs[row]!, resourceIds[row]!);
    const resource = owners.resources.get(resourceIds[row]!) ?? NO_RESOURCE;
    const scope = owners.scopes.get(scopeIds[row]!) ?? NO_SCOPE;
    const [ownEvents, ownLinks] = [events.bySpan.get(key), links.bySpan.get(key)];
    const ids = `${traceId} ${spanId}`;
    const ofLogs = told.has(ids) ? undefined : eventLogs.bySpan.get(ids);
    told.add(ids);
    const cut = cutParts({
      attributes: attributesCut(table, row),
      resource: resource.cut,
      events: leftOut(ownEvents),
      links: leftOut(ownLinks),
      texts:
        (table.has('is_message_cut') && read<number>('is_message_cut')[row] === 1) ||
        [ownEvents, ownLinks, ofLogs].some((parts) => parts?.isCut === true) ||
        (eventLogs.isIncomplete && ofLogs !== undefined) ||
        (events.isIncomplete && ownEvents === undefined) ||
        (links.isIncomplete && ownLinks === undefined),
    });
    return {
      traceId,
      spanId,
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
      attributes: allAttributes(table, row),
      resource: resource.attributes,
      scopeName: scope.name,
      scopeVersion: scope.version,
      scopeAttributes: scope.attributes,
      resourceSchemaUrl: resource.schemaUrl,
      scopeSchemaUrl: scope.schemaUrl,
      events: withEventLogs(ownEvents?.items ?? [], ofLogs?.items),
      links: ownLinks?.items ?? [],
      droppedAttributesCount: read<number>('dropped_attributes_count')[row]!,
      droppedEventsCount: read<number>('dropped_events_count')[row]!,
      droppedLinksCount: read<number>('dropped_links_count')[row]!,
      ...(cut !== undefined && { cut }),
    };
  });
}

function leftOut(
  parts: { readonly items: readonly unknown[]; readonly total: number } | undefined,
): number | undefined {
  return parts !== undefined && parts.total > parts.items.length ? parts.total : undefined;
}

function cutParts({
  texts,
  ...sizes
}: {
  readonly [part in 'attributes' | 'resource' | 'events' | 'links']: number | undefined;
} & { readonly texts: boolean }): StoredSpan['cut'] {
  const known = Object.entries(sizes).filter(([, size]) => size !== undefined);
  if (known.length === 0 && !texts) return undefined;
  return { ...Object.fromEntries(known), ...(texts && { texts: true as const }) };
}
