import { assert, parseHexInto } from '#base';
import type { AnyValue } from './any-value.ts';
import { ArenaWriter } from './arena-writer.ts';
import { AttributeTable } from './attribute-table.ts';
import { AttributeCursor, type AttributeHolder, type AttributeOwner } from './attributes.ts';
import type { Chunk } from './chunk.ts';
import type { AttributeKey } from './keys.ts';
import { cursor, type FieldRange, findField, readVarint32, readVarint64Into, skipValue } from './protobuf.ts';
import { readAttributes } from './read-values.ts';
import { textAt } from './text.ts';
import type { PreparedValue } from './value-types.ts';
import type { PendingEdit } from './writable-columns.ts';

const scratch = new ArenaWriter(1024);
const NO_BYTES = new Uint8Array(0);

/**
 * The messages of a repeated field of one row: the events or links of a span, the exemplars of a point. A change gives the item a new
 * message behind the arena; the row's own message follows when somebody looks at it (Chunk.settle), however many items were changed.
 */
export class ItemList implements AttributeHolder, PendingEdit {
  readonly #chunk: Chunk;
  readonly #attributesField: number;
  #row = -1;
  #rowMessageAt = -1;
  #field = 0;
  /** Where the items' messages are. */
  readonly #start: number[] = [];
  readonly #end: number[] = [];
  /** Items whose attributes are newer than their message. */
  readonly #changed: boolean[] = [];
  #attributes: AttributeCursor | undefined = undefined;

  constructor(chunk: Chunk, attributesField: number) {
    this.#chunk = chunk;
    this.#attributesField = attributesField;
  }

  /** Moves to a row, whose message has the items in field `field`. */
  of(row: number, field: number): this {
    if (row === this.#row && this.#rowMessageAt === this.#chunk.messageStart(row)) return this;
    const { layout, arena } = this.#chunk;
    this.#row = row;
    this.#rowMessageAt = layout.rowStart[row]!;
    this.#field = field;
    this.#start.length = 0;
    this.#end.length = 0;
    this.#changed.length = 0;
    this.#attributes = undefined;
    const wanted = field * 8 + 2;
    const to = layout.rowEnd[row]!;
    for (let at = layout.rowStart[row]!; at < to; ) {
      const tag = readVarint32(arena, at);
      const start = cursor.at;
      at = skipValue(arena, start, tag & 7);
      if (tag !== wanted) continue;
      readVarint32(arena, start);
      this.#start.push(cursor.at);
      this.#end.push(at);
      this.#changed.push(false);
    }
    return this;
  }

  get count(): number {
    return this.#start.length;
  }

  get row(): number {
    return this.#row;
  }

  /** Adds an empty item at the end; returns its index. */
  add(): number {
    this.#chunk.setPending(this);
    const item = this.#start.push(this.#chunk.arenaEnd) - 1;
    this.#end.push(this.#chunk.arenaEnd);
    this.#changed.push(false);
    this.#attributes?.table.reserveOwners(this.#start.length);
    return item;
  }

  remove(item: number): void {
    this.#chunk.setPending(this);
    this.#write();
    this.#start.splice(item, 1);
    this.#end.splice(item, 1);
    this.#changed.splice(item, 1);
    this.#attributes = undefined;
  }

  /** Attributes of the items; owner = item. */
  get attributes(): AttributeCursor {
    if (this.#attributes === undefined) {
      const table = new AttributeTable(this.#start.length, this.#start.length * 8);
      for (let item = 0; item < this.#start.length; item++) {
        const from = this.#start[item]!;
        readAttributes(table, this.arena, item, from, this.#end[item]!, this.#attributesField, item - 1);
      }
      this.#attributes = new AttributeCursor(this, 'item', table);
    }
    return this.#attributes;
  }

  find(item: number, field: number): FieldRange | undefined {
    return findField(this.arena, this.#start[item]!, this.#end[item]!, field);
  }

  text(item: number, field: number): string {
    const range = this.find(item, field);
    return range === undefined ? '' : textAt(this.arena, range.at, range.length);
  }

  number(item: number, field: number): number {
    const range = this.find(item, field);
    return range === undefined ? 0 : readVarint32(this.arena, range.at);
  }

  /** A fixed64 field. */
  fixed64(item: number, field: number): bigint {
    const range = this.find(item, field);
    if (range === undefined) return 0n;
    return new DataView(this.arena.buffer, this.arena.byteOffset + range.at, 8).getBigUint64(0, true);
  }

  /** A field with a varint of 64 bits. */
  varint64(item: number, field: number): bigint {
    const range = this.find(item, field);
    if (range === undefined) return 0n;
    const words = new Uint32Array(2);
    readVarint64Into(this.arena, range.at, words, 0);
    return new BigUint64Array(words.buffer)[0]!;
  }

  /** An id in hexadecimal; '' where there is none of `size` bytes. */
  id(item: number, field: number, size: number): string {
    const range = this.find(item, field);
    if (range?.length !== size) return '';
    return Buffer.from(this.arena.buffer, this.arena.byteOffset + range.at, size).toString('hex');
  }

  setText(item: number, field: number, text: string): void {
    this.setFields(item, 1 << field, (out) => out.textField(field, text));
  }

  setId(item: number, field: number, size: number, hex: string): void {
    const bytes = new Uint8Array(size);
    const isId = hex === '' || (hex.length === size * 2 && parseHexInto(hex, bytes, 0) === size);
    assert(isId, `an id of ${size} bytes is ${size * 2} hexadecimal digits`);
    this.setFields(item, 1 << field, (out) => {
      if (hex !== '') out.bytesField(field, bytes);
    });
  }

  /** Replaces the fields in `mask` by what `write` writes. */
  setFields(item: number, mask: number, write: (out: ArenaWriter) => void): void {
    scratch.reset();
    write(scratch);
    this.#place(item, this.#chunk.appendMessage(this.#start[item]!, this.#end[item]!, mask, scratch.view()));
    this.#chunk.setPending(this);
  }

  get arena(): Uint8Array {
    return this.#chunk.arena;
  }
  appendValue(next: AnyValue): PreparedValue {
    return this.#chunk.appendValue(next);
  }
  appendKey(key: AttributeKey): number {
    return this.#chunk.appendKey(key);
  }
  markModified(_kind: AttributeOwner, item: number): void {
    this.#chunk.setPending(this);
    this.#changed[item] = true;
  }

  #place(item: number, at: number): void {
    this.#start[item] = at;
    this.#end[item] = this.#chunk.arenaEnd;
  }

  /** Writes changed attributes into their items' messages. */
  #write(): void {
    const field = this.#attributesField;
    for (let item = 0; item < this.#start.length; item++) {
      if (!this.#changed[item]) continue;
      scratch.reset();
      scratch.placedAttributes(field, this.arena, this.attributes.table, item);
      this.#changed[item] = false;
      this.#place(item, this.#chunk.appendMessage(this.#start[item]!, this.#end[item]!, 1 << field, scratch.view()));
    }
  }

  flush(): void {
    this.#write();
    scratch.reset();
    for (let item = 0; item < this.#start.length; item++) {
      scratch.rangeField(this.#field, this.arena, this.#start[item]!, this.#end[item]! - this.#start[item]!);
    }
    this.#chunk.rewriteRow(this.#row, 1 << this.#field, this.#start.length === 0 ? NO_BYTES : scratch.view());
    this.#rowMessageAt = this.#chunk.messageStart(this.#row);
  }
}
