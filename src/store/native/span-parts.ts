import { cursor, findField, readVarint32, skipValue } from '#pdata';
import { EVENT_PATHS, LINK_PATHS, PART_ATTRIBUTE_PATHS } from '../schema/index.ts';
import { ByteSink } from './byte-sink.ts';
import { clampTimes, StringList } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { JsonColumn } from './json-column.ts';

const EVENT = { time: 1, name: 2, attributes: 3, droppedAttributesCount: 4 } as const;
const LINK = { traceId: 1, spanId: 2, traceState: 3, attributes: 4, droppedAttributesCount: 5, flags: 6 } as const;

const NO_ID = new Uint8Array(16);

/** What events and links have in common: the span that each belongs to, its place among the span's, its attributes. */
abstract class PartRows {
  count = 0;
  /** Per row: the row of its span in the block of spans. */
  spanRows: Uint32Array = new Uint32Array(64);
  /** UInt32 per row: how many stand before it in its span. */
  readonly positions: ByteSink = new ByteSink();
  readonly dropped: ByteSink = new ByteSink();
  abstract readonly attributes: JsonColumn;

  protected begin(spanRow: number): void {
    const row = this.count++;
    if (row === this.spanRows.length) {
      const rows = new Uint32Array(row * 2);
      rows.set(this.spanRows);
      this.spanRows = rows;
    }
    this.spanRows[row] = spanRow;
    const isNext = row > 0 && this.spanRows[row - 1] === spanRow;
    addUint32(this.positions, isNext ? this.positions.view.getUint32((row - 1) * 4, true) + 1 : 0);
  }

  protected addAttributes(arena: Uint8Array, from: number, to: number, field: number): void {
    const tag = (field << 3) | 2;
    this.attributes.beginRow();
    for (let at = from; at < to; ) {
      const found = readVarint32(arena, at);
      const start = cursor.at;
      at = skipValue(arena, start, found & 7);
      if (found !== tag) continue;
      readVarint32(arena, start);
      this.attributes.addMessage(cursor.at, at);
    }
    this.attributes.endRow();
  }

  reset(): void {
    this.count = 0;
    this.positions.reset();
    this.dropped.reset();
    this.attributes.reset();
  }
}

/** The events of a block's spans, in order. */
export class EventRows extends PartRows {
  readonly times: ByteSink = new ByteSink();
  readonly names: DictionaryColumn = new DictionaryColumn();
  readonly attributes: JsonColumn = new JsonColumn(PART_ATTRIBUTE_PATHS, EVENT_PATHS);

  add(arena: Uint8Array, from: number, to: number, spanRow: number): void {
    const time = findField(arena, from, to, EVENT.time);
    const name = findField(arena, from, to, EVENT.name);
    const dropped = findField(arena, from, to, EVENT.droppedAttributesCount);
    this.begin(spanRow);
    if (time === undefined) this.times.uint64(0);
    else this.times.copy(arena, time.at, 8);
    clampTimes(this.times, this.times.length - 8, 1);
    this.names.reserveRows(this.count);
    this.names.indices[this.count - 1] = name === undefined ? 0 : this.names.indexOf(arena, name.at, name.length);
    this.addAttributes(arena, from, to, EVENT.attributes);
    addUint32(this.dropped, dropped === undefined ? 0 : readVarint32(arena, dropped.at));
  }

  override reset(): void {
    super.reset();
    this.times.reset();
    this.names.reset(0);
  }
}

/** The links of a block's spans, in order. */
export class LinkRows extends PartRows {
  readonly traceIds: ByteSink = new ByteSink();
  readonly spanIds: ByteSink = new ByteSink();
  readonly traceStates: StringList = new StringList();
  readonly flags: ByteSink = new ByteSink();
  readonly attributes: JsonColumn = new JsonColumn(PART_ATTRIBUTE_PATHS, LINK_PATHS);

  add(arena: Uint8Array, from: number, to: number, spanRow: number): void {
    const traceId = findField(arena, from, to, LINK.traceId);
    const spanId = findField(arena, from, to, LINK.spanId);
    const state = findField(arena, from, to, LINK.traceState);
    const flags = findField(arena, from, to, LINK.flags);
    const dropped = findField(arena, from, to, LINK.droppedAttributesCount);
    this.begin(spanRow);
    if (traceId?.length === 16) this.traceIds.copy(arena, traceId.at, 16);
    else this.traceIds.copy(NO_ID, 0, 16);
    if (spanId?.length === 8) this.spanIds.copy(arena, spanId.at, 8);
    else this.spanIds.copy(NO_ID, 0, 8);
    this.traceStates.add(arena, state?.at ?? from, state?.length ?? 0);
    this.addAttributes(arena, from, to, LINK.attributes);
    addUint32(this.flags, flags === undefined ? 0 : readFixed32(arena, flags.at));
    addUint32(this.dropped, dropped === undefined ? 0 : readVarint32(arena, dropped.at));
  }

  override reset(): void {
    super.reset();
    for (const list of [this.traceIds, this.spanIds, this.traceStates, this.flags]) list.reset();
  }
}

function addUint32(sink: ByteSink, value: number): void {
  const at = sink.take(4);
  sink.view.setUint32(at, value, true);
}

function readFixed32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
