/** Reads what a query looks at of some traces. */
import { namesOf } from '#lang';
import { eventLogsOf, LOG_EVENT_NAME, pathOf } from '../filter/index.ts';
import { readResources, readScopes } from '../plan/index.ts';
import type { ReadOptions, StoredAttribute, StoredValue, StoreReader, Table } from '../reader/index.ts';
import {
  type AttributeColumn,
  EVENT_ATTRIBUTES,
  ITEM_ATTRIBUTES,
  LINK_ATTRIBUTES,
  ofPlaces,
  SPAN_ATTRIBUTES,
  spanEvents,
  spanLinks,
  spans,
  type ValueType,
} from '../source/index.ts';
import { Bound, joinSql, raw, type Sql, sql } from '../sql/index.ts';
import { EVENT_TIME } from '../traces/span-parts.ts';
import type { TraceNote } from '../traces/trace-place.ts';
import type { Needs } from './needs.ts';
import { type EventFacts, type LinkFacts, type OwnerFacts, type SpanRows, TraceSpans } from './trace-spans.ts';

/** Of a resource or scope. */
const OWNER_BYTES = 64 * 1024;
/** Events, or links, of the traces that are read at once. */
const MAX_PARTS = 200_000;

/** The traces with their spans; those that have expired are left out. At most `maxSpans` are read in all. */
export async function readTraces(
  reader: StoreReader,
  notes: readonly TraceNote[],
  needs: Needs,
  maxSpans: number,
  options?: ReadOptions,
): Promise<readonly TraceSpans[]> {
  if (notes.length === 0) return [];
  const bounded = { ...options, cost: 'bounded' } as const;
  const keys = [...needs.spanKeys].flatMap(namesOf);
  const columns = sql`SELECT trace_id, span_id, parent_span_id, toUnixTimestamp64Nano(time) AS at, duration_ns, kind, status_code,
    service_name, stored.name AS shown_name, resource_id, scope_id
    ${raw(needs.hasMessages ? ', status_message' : '')}${raw(needs.hasAll ? ', attributes, attributes_other' : '')}
    ${keyColumns(SPAN_ATTRIBUTES, keys)}`;
  const [table, events, links] = await Promise.all([
    reader.read(
      sql`${columns} ${ofPlaces(spans, notes)} ORDER BY trace_id, at, span_id LIMIT ${new Bound('UInt32', maxSpans)}`,
      bounded,
    ),
    needs.hasEvents ? readEvents(reader, notes, needs, bounded) : NO_PARTS,
    needs.hasLinks ? readLinks(reader, notes, needs, bounded) : NO_PARTS,
  ]);
  if (table.rowCount === 0) return [];
  const rows = await rowsOf(reader, table, keys, needs, { events, links }, options);
  return tracesOf(table, rows, notes);
}

type PartsBySpan<T> = ReadonlyMap<string, readonly T[]>;
const NO_PARTS: PartsBySpan<never> = new Map();

async function rowsOf(
  reader: StoreReader,
  table: Table,
  keys: readonly string[],
  needs: Needs,
  parts: { readonly events: PartsBySpan<EventFacts>; readonly links: PartsBySpan<LinkFacts> },
  options?: ReadOptions,
): Promise<SpanRows> {
  const ids = (name: string): readonly (number | bigint)[] => table.column<number | bigint>(name);
  const [resources, scopes] = await Promise.all([
    needs.hasResources ? readResources(reader, ids('resource_id'), OWNER_BYTES, options) : undefined,
    needs.hasScopes ? readScopes(reader, ids('scope_id'), OWNER_BYTES, options) : undefined,
  ]);
  const spanIds = table.strings('span_id');
  const traceIds = table.strings('trace_id');
  const ofRows = <T>(of: PartsBySpan<T>): Map<number, readonly T[]> => {
    const found = new Map<number, readonly T[]>();
    if (of.size === 0) return found;
    for (let row = 0; row < spanIds.length; row++) {
      const items = of.get(traceIds[row]! + spanIds[row]!);
      if (items !== undefined) found.set(row, items);
    }
    return found;
  };
  return {
    count: table.rowCount,
    spanIds,
    idBytes: table.bytes('span_id'),
    parentIds: table.strings('parent_span_id'),
    parentBytes: table.bytes('parent_span_id'),
    startNs: table.integers('at'),
    durationNs: table.vector('duration_ns'),
    services: table.strings('service_name'),
    names: table.strings('shown_name'),
    kinds: table.vector('kind'),
    statuses: table.vector('status_code'),
    messages: needs.hasMessages ? table.strings('status_message') : [],
    resources:
      resources === undefined
        ? []
        : ids('resource_id').map(
            (id): OwnerFacts => ({ name: '', version: '', attributes: resources.get(id)?.attributes ?? [] }),
          ),
    scopes: scopes === undefined ? [] : ids('scope_id').map((id) => scopes.get(id)),
    attributes: new Map(keys.map((key, i) => [key, keyValues(table, SPAN_ATTRIBUTES, key, i)])),
    allAttributes: needs.hasAll ? wholeAttributes(table) : [],
    events: ofRows(parts.events),
    links: ofRows(parts.links),
  };
}

function wholeAttributes(table: Table): readonly (readonly StoredAttribute[])[] {
  const others = table.column<readonly StoredAttribute[]>('attributes_other');
  return table
    .column<readonly StoredAttribute[]>('attributes')
    .map((own, row) => (others[row]!.length === 0 ? own : [...own, ...others[row]!]));
}

/** Rows come trace by trace; traces stay in the order of their notes. */
function tracesOf(table: Table, rows: SpanRows, notes: readonly TraceNote[]): readonly TraceSpans[] {
  const traceIds = table.strings('trace_id');
  const rowsOfTrace = new Map<string, Int32Array>();
  for (let from = 0, to = 0; from < rows.count; from = to) {
    while (to < rows.count && traceIds[to] === traceIds[from]) to++;
    rowsOfTrace.set(
      traceIds[from]!,
      Int32Array.from({ length: to - from }, (_, i) => from + i),
    );
  }
  return notes.flatMap((note) => {
    const own = rowsOfTrace.get(note.traceId);
    return own === undefined ? [] : [new TraceSpans(note, rows, own)];
  });
}

/** Columns for the values under these keys: `key<i>`, and `other<i>` for those under a key with a type of its own that are of another. */
function keyColumns(column: AttributeColumn, keys: readonly string[]): Sql {
  const columns = keys.map((key, i) => {
    const value = sql`, ${pathOf(column.name, key)} AS ${raw(`key${i}`)}`;
    return column.typed.has(key) ? sql`${value}, ${pathOf(column.other, key)} AS ${raw(`other${i}`)}` : value;
  });
  return joinSql(columns, '');
}

function keyValues(
  table: Table,
  column: AttributeColumn,
  key: string,
  index: number,
): readonly (StoredValue | undefined)[] {
  const type = column.typed.get(key);
  const own = table.column<unknown>(`key${index}`);
  // An attribute that stands twice has several values: the first counts.
  if (type === undefined) return (own as readonly ManyOrNone[]).map((values) => values?.[0]);
  const others = table.column<ManyOrNone>(`other${index}`);
  return own.map((value, row) => (value === null ? others[row]?.[0] : typed(type, value)));
}

type ManyOrNone = readonly StoredValue[] | undefined;

function typed(type: ValueType, value: unknown): StoredValue {
  return { type, value } as StoredValue;
}

async function readEvents(
  reader: StoreReader,
  notes: readonly TraceNote[],
  needs: Needs,
  options: ReadOptions,
): Promise<PartsBySpan<EventFacts>> {
  const withEvents = notes.filter(({ hasEvents }) => hasEvents);
  const keys = [...needs.eventKeys].flatMap(namesOf);
  const limit = new Bound('UInt32', MAX_PARTS);
  const ofSpans = sql`SELECT trace_id, span_id, toUnixTimestamp64Nano(${EVENT_TIME}) AS at, toString(stored.name) AS shown_name
    ${keyColumns(EVENT_ATTRIBUTES, keys)} ${ofPlaces(spanEvents, withEvents)} ORDER BY trace_id, span_id, at, position LIMIT ${limit}`;
  const ofLogs = sql`SELECT trace_id, span_id, toUnixTimestamp64Nano(time) AS at, ${LOG_EVENT_NAME} AS shown_name
    ${keyColumns(ITEM_ATTRIBUTES.logs, keys)} ${eventLogsOf(notes)} ORDER BY trace_id, span_id, at, record LIMIT ${limit}`;
  const found = await Promise.all([
    ...(withEvents.length === 0 ? [] : [partsOf(reader, ofSpans, EVENT_ATTRIBUTES, keys, options)]),
    partsOf(reader, ofLogs, ITEM_ATTRIBUTES.logs, keys, options),
  ]);
  const bySpan = new Map<string, EventFacts[]>();
  for (const { table, attributes } of found) {
    const times = table.integers('at');
    const [traceIds, spanIds, names] = ['trace_id', 'span_id', 'shown_name'].map((name) => table.strings(name));
    for (let row = 0; row < table.rowCount; row++)
      append(bySpan, traceIds![row]! + spanIds![row]!, {
        name: names![row]!,
        timeNs: times[row]!,
        attributes: attributes(row),
      });
  }
  return bySpan;
}

async function readLinks(
  reader: StoreReader,
  notes: readonly TraceNote[],
  needs: Needs,
  options: ReadOptions,
): Promise<PartsBySpan<LinkFacts>> {
  const withLinks = notes.filter(({ hasLinks }) => hasLinks);
  if (withLinks.length === 0) return NO_PARTS;
  const keys = [...needs.linkKeys].flatMap(namesOf);
  const statement = sql`SELECT trace_id, span_id, linked_trace_id, linked_span_id ${keyColumns(LINK_ATTRIBUTES, keys)}
    ${ofPlaces(spanLinks, withLinks)} ORDER BY trace_id, span_id, position LIMIT ${new Bound('UInt32', MAX_PARTS)}`;
  const { table, attributes } = await partsOf(reader, statement, LINK_ATTRIBUTES, keys, options);
  const [traceIds, spanIds] = [table.strings('trace_id'), table.strings('span_id')];
  const [linkedTraces, linkedSpans] = [table.strings('linked_trace_id'), table.strings('linked_span_id')];
  const bySpan = new Map<string, LinkFacts[]>();
  for (let row = 0; row < table.rowCount; row++)
    append(bySpan, traceIds[row]! + spanIds[row]!, {
      traceId: linkedTraces[row]!,
      spanId: linkedSpans[row]!,
      attributes: attributes(row),
    });
  return bySpan;
}

function append<T>(bySpan: Map<string, T[]>, span: string, part: T): void {
  const parts = bySpan.get(span);
  if (parts === undefined) bySpan.set(span, [part]);
  else parts.push(part);
}

async function partsOf(
  reader: StoreReader,
  statement: Sql,
  column: AttributeColumn,
  keys: readonly string[],
  options: ReadOptions,
): Promise<{ readonly table: Table; readonly attributes: (row: number) => ReadonlyMap<string, StoredValue> }> {
  const table = await reader.read(statement, options);
  const values = keys.map((key, i) => keyValues(table, column, key, i));
  const attributes = (row: number): ReadonlyMap<string, StoredValue> =>
    new Map(
      keys.flatMap((key, i) => {
        const value = values[i]![row];
        return value === undefined ? [] : [[key, value] as const];
      }),
    );
  return { table, attributes };
}
