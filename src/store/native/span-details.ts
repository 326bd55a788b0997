import {
  AttributeTable,
  cursor,
  findField,
  readAttributes,
  readVarint32,
  SPAN,
  type SpanChunk,
  skipValue,
  WIRE_BYTES,
} from '#pdata';
import { ByteSink } from './byte-sink.ts';
import { clampTimes, RowCounts, StringList } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import type { JsonColumn } from './json-column.ts';
import { writeAttributesJson } from './value-json.ts';

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

const EVENT = { time: 1, name: 2, attributes: 3, droppedAttributesCount: 4 } as const;
const LINK = { traceId: 1, spanId: 2, traceState: 3, attributes: 4, droppedAttributesCount: 5, flags: 6 } as const;

const scratch = new AttributeTable(1, 16);
const NO_ID = new Uint8Array(16);

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

  readonly eventCounts: RowCounts = new RowCounts();
  eventCount = 0;
  readonly eventTimes: ByteSink = new ByteSink();
  readonly eventNames: DictionaryColumn = new DictionaryColumn();
  readonly eventAttributes: StringList = new StringList();
  readonly eventDropped: ByteSink = new ByteSink();

  readonly linkCounts: RowCounts = new RowCounts();
  readonly linkTraceIds: ByteSink = new ByteSink();
  readonly linkSpanIds: ByteSink = new ByteSink();
  readonly linkTraceStates: StringList = new StringList();
  readonly linkAttributes: StringList = new StringList();
  readonly linkFlags: ByteSink = new ByteSink();
  readonly linkDropped: ByteSink = new ByteSink();

  readonly #text = new ByteSink();
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
  }

  reset(): void {
    this.eventCount = 0;
    this.eventNames.reset(0);
    for (const list of [
      this.droppedAttributes,
      this.droppedEvents,
      this.droppedLinks,
      this.traceStates,
      this.statusMessages,
      this.eventCounts,
      this.eventTimes,
      this.eventAttributes,
      this.eventDropped,
      this.linkCounts,
      this.linkTraceIds,
      this.linkSpanIds,
      this.linkTraceStates,
      this.linkAttributes,
      this.linkFlags,
      this.linkDropped,
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
    } else if (field === SPAN.events) {
      this.eventCounts.increment(blockRow);
      this.#takeEvent(arena, content, end);
    } else if (field === SPAN.links) {
      this.linkCounts.increment(blockRow);
      this.#takeLink(arena, content, end);
    }
  }

  #takeEvent(arena: Uint8Array, from: number, to: number): void {
    const time = findField(arena, from, to, EVENT.time);
    const name = findField(arena, from, to, EVENT.name);
    const dropped = findField(arena, from, to, EVENT.droppedAttributesCount);
    if (time === undefined) this.eventTimes.uint64(0);
    else this.eventTimes.copy(arena, time.at, 8);
    clampTimes(this.eventTimes, this.eventTimes.length - 8, 1);
    this.eventNames.reserveRows(this.eventCount + 1);
    this.eventNames.indices[this.eventCount++] =
      name === undefined ? 0 : this.eventNames.indexOf(arena, name.at, name.length);
    this.#addAttributes(this.eventAttributes, arena, from, to, EVENT.attributes);
    addUint32(this.eventDropped, dropped === undefined ? 0 : readVarint32(arena, dropped.at));
  }

  #takeLink(arena: Uint8Array, from: number, to: number): void {
    const traceId = findField(arena, from, to, LINK.traceId);
    const spanId = findField(arena, from, to, LINK.spanId);
    const state = findField(arena, from, to, LINK.traceState);
    const flags = findField(arena, from, to, LINK.flags);
    const dropped = findField(arena, from, to, LINK.droppedAttributesCount);
    if (traceId?.length === 16) this.linkTraceIds.copy(arena, traceId.at, 16);
    else this.linkTraceIds.copy(NO_ID, 0, 16);
    if (spanId?.length === 8) this.linkSpanIds.copy(arena, spanId.at, 8);
    else this.linkSpanIds.copy(NO_ID, 0, 8);
    this.linkTraceStates.add(arena, state?.at ?? from, state?.length ?? 0);
    this.#addAttributes(this.linkAttributes, arena, from, to, LINK.attributes);
    addUint32(this.linkFlags, flags === undefined ? 0 : readFixed32(arena, flags.at));
    addUint32(this.linkDropped, dropped === undefined ? 0 : readVarint32(arena, dropped.at));
  }

  #addAttributes(list: StringList, arena: Uint8Array, from: number, to: number, field: number): void {
    scratch.count = 0;
    readAttributes(scratch, arena, 0, from, to, field, -1);
    this.#text.reset();
    writeAttributesJson(this.#text, arena, scratch, 0);
    list.add(this.#text.bytes, 0, this.#text.length);
  }
}

function addUint32(sink: ByteSink, value: number): void {
  const at = sink.take(4);
  sink.view.setUint32(at, value, true);
}

function readFixed32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
