import { cursor, findField, readVarint32, SPAN, type SpanChunk, skipValue, WIRE_BYTES } from '#pdata';
import { RowCounts, StringList } from './columns.ts';
import type { JsonColumn } from './json-column.ts';
import { EventRows, LinkRows } from './span-parts.ts';

/** The attributes are most of a span. */
const ATTRIBUTE_TAG = (SPAN.attributes << 3) | WIRE_BYTES;
/** By field number: 1 for those that a SpanChunk has no column for. */
const HAS_NO_COLUMN = new Uint8Array(32);
for (const field of [
  SPAN.traceState,
  SPAN.droppedAttributesCount,
  SPAN.events,
  SPAN.droppedEventsCount,
  SPAN.links,
  SPAN.droppedLinksCount,
  SPAN.status,
])
  HAS_NO_COLUMN[field] = 1;

/**
 * The parts of spans that have no column in a SpanChunk, gathered by one walk over each span's fields: trace state, status message,
 * dropped counts, events, links, and on the way the attributes. Columns with one entry per row are indexed by the row of the block.
 */
export class SpanDetails {
  readonly droppedAttributes: RowCounts = new RowCounts();
  readonly droppedEvents: RowCounts = new RowCounts();
  readonly droppedLinks: RowCounts = new RowCounts();
  readonly traceStates: StringList = new StringList();
  readonly statusMessages: StringList = new StringList();

  readonly events: EventRows = new EventRows();
  readonly links: LinkRows = new LinkRows();

  #traceStateAt = 0;
  #traceStateLength = 0;
  #messageAt = 0;
  #messageLength = 0;

  /** Reads the selected rows of a chunk as the rows from `firstRow` on, and their attributes into `attributes`. */
  add(chunk: SpanChunk, firstRow: number, attributes: JsonColumn): void {
    const { rows, arena, count } = chunk;
    const { rowStart, rowEnd } = chunk.layout;
    // Those of a chunk that somebody changed stand in its table.
    const table = chunk.hasChangedAttributes ? chunk.rowAttributes.table : undefined;
    const reader = table === undefined ? attributes : undefined;
    attributes.beginRows(arena, table);
    this.events.attributes.beginRows(arena);
    this.links.attributes.beginRows(arena);
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!;
      this.#traceStateLength = 0;
      this.#messageLength = 0;
      attributes.beginRow();
      this.#walk(arena, rowStart[row]!, rowEnd[row]!, firstRow + i, reader);
      if (table !== undefined) attributes.addOwner(row);
      attributes.endRow();
      this.traceStates.add(arena, this.#traceStateAt, this.#traceStateLength);
      this.statusMessages.add(arena, this.#messageAt, this.#messageLength);
    }
    attributes.endRows();
    this.events.attributes.endRows();
    this.links.attributes.endRows();
  }

  reset(): void {
    this.events.reset();
    this.links.reset();
    for (const list of [
      this.droppedAttributes,
      this.droppedEvents,
      this.droppedLinks,
      this.traceStates,
      this.statusMessages,
    ])
      list.reset();
  }

  /** Walks the fields in `arena[at, end)`. Attributes go to `reader`. */
  #walk(arena: Uint8Array, at: number, end: number, blockRow: number, reader: JsonColumn | undefined): void {
    while (at < end) {
      let tag = arena[at++]!;
      if (tag >= 0x80) {
        tag = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      if (tag === ATTRIBUTE_TAG) {
        let length = arena[at++]!;
        if (length >= 0x80) {
          length = readVarint32(arena, at - 1);
          at = cursor.at;
        }
        reader?.addMessage(at, at + length);
        at += length;
        continue;
      }
      const isShort = (tag & 7) === WIRE_BYTES && arena[at]! < 0x80;
      const next = isShort ? at + 1 + arena[at]! : skipValue(arena, at, tag & 7);
      if (HAS_NO_COLUMN[tag >>> 3] === 1) this.#take(arena, tag >>> 3, at, next, blockRow);
      at = next;
    }
  }

  #take(arena: Uint8Array, field: number, at: number, end: number, blockRow: number): void {
    const number = readVarint32(arena, at);
    const content = cursor.at;
    if (field === SPAN.traceState) {
      this.#traceStateAt = content;
      this.#traceStateLength = number;
    } else if (field === SPAN.droppedAttributesCount) this.droppedAttributes.set(blockRow, number);
    else if (field === SPAN.droppedEventsCount) this.droppedEvents.set(blockRow, number);
    else if (field === SPAN.droppedLinksCount) this.droppedLinks.set(blockRow, number);
    else if (field === SPAN.status) {
      const message = findField(arena, content, end, 2);
      this.#messageAt = message?.at ?? content;
      this.#messageLength = message?.length ?? 0;
    } else if (field === SPAN.events) this.events.add(arena, content, end, blockRow);
    else if (field === SPAN.links) this.links.add(arena, content, end, blockRow);
  }
}
