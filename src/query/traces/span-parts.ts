/** Events and links of spans, which stand in tables of their own. */
import {
  areAttributesWithin,
  areTextsWithin,
  cutAttributes,
  cutAttributesSize,
  cutSize,
  cutText,
  type ItemLimits,
  readPlainOrCut,
  shownAttributes,
  uncutAttributes,
  withinBudget,
} from '../plan/index.ts';
import type { ReadOptions, StoredAttribute, StoreReader, Table } from '../reader/index.ts';
import { raw, type Sql, sql } from '../sql/index.ts';

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

/** More events, or links, of one span are counted and left out. */
export const MAX_LISTED = 1000;

/** What the spans of an answer have of one kind. */
export interface SpanParts<T> {
  /** By `spanKey`. */
  readonly bySpan: ReadonlyMap<
    string,
    { readonly items: readonly T[]; readonly total: number; readonly isCut: boolean }
  >;
  /** Some spans lack what they have, because all together would be too much. */
  readonly isIncomplete: boolean;
}

/** Of spans that have none. */
export const NO_PARTS: SpanParts<never> = { bySpan: new Map(), isIncomplete: false };

/** Tells spans apart that share an id, as client and server do in Zipkin; copies of a span have the same key. */
export function spanKey(traceId: string, spanId: string, startNs: bigint, resourceId: number | bigint): string {
  return `${traceId} ${spanId} ${startNs} ${resourceId}`;
}

/** When an event happened: an event without a time of its own counts from its span's start, or it would stand in 1970, where nobody looks. */
export const EVENT_TIME: Sql = raw('if(toUnixTimestamp64Nano(time) = 0, span_time, time)');

/** `rows`: of the table of events. */
export async function readEvents(
  reader: StoreReader,
  rows: Sql,
  limits: ItemLimits,
  budgetBytes: number,
  options?: ReadOptions,
): Promise<SpanParts<StoredEvent>> {
  const own = {
    values: sql`toUnixTimestamp64Nano(${EVENT_TIME}) AS at`,
    text: 'stored.name',
    shown: 'shown_name',
    bytes: 100,
  };
  const table = await readParts(reader, rows, own, limits, budgetBytes, options);
  const [at, names] = [table.bigints('at'), table.strings('shown_name')];
  return partsOf(table, (row, attributes, droppedAttributesCount) => ({
    timeNs: at[row]!,
    name: names[row]!,
    attributes,
    droppedAttributesCount,
  }));
}

/** `rows`: of the table of links. */
export async function readLinks(
  reader: StoreReader,
  rows: Sql,
  limits: ItemLimits,
  budgetBytes: number,
  options?: ReadOptions,
): Promise<SpanParts<StoredLink>> {
  const values = raw('linked_trace_id, linked_span_id, flags');
  const own = { values, text: 'linked_trace_state', shown: 'shown_trace_state', bytes: 200 };
  const table = await readParts(reader, rows, own, limits, budgetBytes, options);
  const [traceIds, spanIds] = [table.strings('linked_trace_id'), table.strings('linked_span_id')];
  const [states, flags] = [table.strings('shown_trace_state'), table.numbers('flags')];
  return partsOf(table, (row, attributes, droppedAttributesCount) => ({
    traceId: traceIds[row]!,
    spanId: spanIds[row]!,
    traceState: states[row]!,
    flags: flags[row]!,
    attributes,
    droppedAttributesCount,
  }));
}

/** What one kind of part has: values, a text, and how many bytes an answer takes for them, the text aside. */
interface PartColumns {
  readonly values: Sql;
  readonly text: string;
  /** The text's name in the answer. */
  readonly shown: string;
  readonly bytes: number;
}

async function readParts(
  reader: StoreReader,
  rows: Sql,
  own: PartColumns,
  limits: ItemLimits,
  budgetBytes: number,
  options?: ReadOptions,
): Promise<Table> {
  const bytes = limits.attributeBytes / 4;
  const span = raw('trace_id, span_id, of_span_ns, resource_id');
  const order = sql`${span}, position`;
  const columns = sql`SELECT trace_id, span_id, toUnixTimestamp64Nano(span_time) AS of_span_ns, resource_id, position,
      dropped_attributes_count, ${own.values}`;
  // A copy of a span brings copies of its parts.
  const distinct = sql`${columns}, ${cutText(raw(own.text))} AS ${raw(own.shown)},
      ${cutAttributes('attributes', bytes)}, ${cutAttributes('attributes_other', bytes)}
    ${rows} LIMIT 1 BY ${span}, position`;
  const listed = sql`SELECT *, count() OVER (PARTITION BY ${span}) AS part_count FROM (${distinct})
    ORDER BY ${order} LIMIT ${raw(limits.attributeBytes >= 2 ** 31 ? '100000000' : String(MAX_LISTED))} BY ${span}`;
  const size = sql`${raw(`${own.bytes} + length(${own.shown})`)} + ${cutAttributesSize('attributes')} + ${cutAttributesSize('attributes_other')}`;
  const cut = withinBudget(listed, order, size, budgetBytes);
  const plain = sql`${columns}, ${raw(`${own.text} AS ${own.shown}`)}, ${uncutAttributes('attributes')}, ${uncutAttributes('attributes_other')}
    ${rows} ORDER BY ${order} LIMIT 1 BY ${span}, position LIMIT ${raw(String(MAX_LISTED + 1))}`;
  const fits = (table: Table): boolean =>
    table.rowCount <= MAX_LISTED &&
    areTextsWithin(table, [own.shown]) &&
    (['attributes', 'attributes_other'] as const).every((name) => areAttributesWithin(table, name, bytes));
  return readPlainOrCut(reader, { plain, cut, budgetBytes, fits }, options);
}

function partsOf<T>(
  table: Table,
  make: (row: number, attributes: readonly StoredAttribute[], droppedAttributesCount: number) => T,
): SpanParts<T> {
  const [traceIds, spanIds] = [table.strings('trace_id'), table.strings('span_id')];
  const [spanTimes, resourceIds] = [table.bigints('of_span_ns'), table.column<number | bigint>('resource_id')];
  const dropped = table.numbers('dropped_attributes_count');
  // Without them the answer has all parts.
  const totals = table.has('part_count') ? table.numbers('part_count') : undefined;
  const bySpan = new Map<string, { items: T[]; total: number; isCut: boolean }>();
  for (let row = 0; row < table.rowCount; row++) {
    const key = spanKey(traceIds[row]!, spanIds[row]!, spanTimes[row]!, resourceIds[row]!);
    const parts = bySpan.get(key) ?? { items: [], total: totals?.[row] ?? 0, isCut: false };
    bySpan.set(key, parts);
    parts.items.push(make(row, allAttributes(table, row), dropped[row]!));
    parts.isCut ||= attributesCut(table, row) !== undefined;
  }
  return { bySpan, isIncomplete: table.has('found_rows') && table.rowCount < table.numbers('found_rows')[0]! };
}

/** The attributes of a row of both columns, sorted by key. */
export function allAttributes(table: Table, row: number): readonly StoredAttribute[] {
  const own = shownAttributes(table, 'attributes', row);
  const others = shownAttributes(table, 'attributes_other', row);
  return others.length === 0 ? own : [...own, ...others].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** The full size of attributes that were cut. */
export function attributesCut(table: Table, row: number): number | undefined {
  const [own, others] = [cutSize(table, 'attributes', row), cutSize(table, 'attributes_other', row)];
  return own === undefined && others === undefined ? undefined : (own ?? 0) + (others ?? 0);
}
