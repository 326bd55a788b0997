import { readVarint64Into, VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_STRING, value } from '#pdata';
import { hashKey } from '../schema/index.ts';
import { ByteSink } from './byte-sink.ts';
import type { BlockSink } from './columns.ts';
import { FIRST_TABLE_PLACE, type PlacedRows, STRING_TAG } from './placed-rows.ts';
import {
  ARRAY_KINDS,
  isTrue,
  KIND_BOOL,
  KIND_COUNT,
  KIND_DOUBLE,
  KIND_INT,
  KIND_NAMES,
  KIND_SHARED,
  KIND_STRING,
  type PreparedArray,
  prepareArray,
  prepareTexts,
} from './value-kinds.ts';

/** The rank of a row that has no value. */
const NO_RANK = 255;
const FIRST_ROWS = 1024;
const FIRST_VALUE_BYTES = 1024;
/** No common message is longer, nor is its string in ClickHouse's form, even when it is read or written four bytes at a step. */
const MESSAGE_LIMIT_BYTES = 132;

/** Turns the kinds of a path's rows into their ranks among the kinds that the path has. */
const rankOf = new Uint8Array(256).fill(NO_RANK);
const words = new Uint32Array(2);

/**
 * An attribute key with a path of its own in a JSON column, and the values that the rows of a block have under it. Rows come in order.
 *
 *   kinds     a byte per row below `end`: the kind of its value, NO_RANK for none
 *   values    per kind: the values of the rows that have it, one behind the other, as ClickHouse wants them; of arrays, the elements
 *   offsets   per kind of array: UInt64 per row that has it, where its elements end
 */
export class JsonPath {
  /** Of the process's dictionary of keys. */
  readonly id: number;
  readonly key: Uint8Array;
  readonly keyHash: number;
  /** Behind the last row that was added. */
  end = 0;
  #kinds: Uint8Array = new Uint8Array(FIRST_ROWS);
  readonly #strings = new ByteSink(FIRST_VALUE_BYTES);
  readonly #values: (ByteSink | undefined)[] = new Array<ByteSink | undefined>(KIND_COUNT).fill(undefined);
  readonly #offsets: (ByteSink | undefined)[] = new Array<ByteSink | undefined>(ARRAY_KINDS).fill(undefined);

  constructor(id: number, key: Uint8Array) {
    this.id = id;
    this.key = key;
    this.keyHash = hashKey(key, 0, key.length);
    this.#values[KIND_STRING] = this.#strings;
  }

  /** Forgets the block's rows and keeps the memory. */
  reset(): void {
    this.end = 0;
    for (const sink of this.#values) sink?.reset();
    for (const sink of this.#offsets) sink?.reset();
  }

  /** How many rows have a value. */
  countRows(): number {
    let count = 0;
    for (let row = 0; row < this.end; row++) if (this.#kinds[row] !== NO_RANK) count++;
    return count;
  }

  /** Adds the values of the `count` rows from `firstRow` on, of which `rows.places[first]` and those behind it say where they stand. */
  add(firstRow: number, rows: PlacedRows, first: number, count: number): void {
    const { arena, view, places } = rows;
    this.#extend(firstRow, count);
    const kinds = this.#kinds;
    const sink = this.#strings;
    let { bytes, view: target, length: to } = sink;
    // From here on a string that is read four bytes at a step could pass the end of the arena.
    const lastAt = Math.min(arena.length - MESSAGE_LIMIT_BYTES, FIRST_TABLE_PLACE);
    for (let i = 0; i < count; i++) {
      const at = places[first + i]!;
      if (at === 0) {
        kinds[firstRow + i] = NO_RANK;
        continue;
      }
      if (at < lastAt && arena[at] === STRING_TAG && arena[at + 1] === arena[at - 1]! - 2) {
        const length = arena[at + 1]!;
        if (to + MESSAGE_LIMIT_BYTES > bytes.length) {
          sink.length = to;
          sink.reserve(MESSAGE_LIMIT_BYTES);
          ({ bytes, view: target } = sink);
        }
        kinds[firstRow + i] = KIND_STRING;
        bytes[to++] = length;
        for (let k = 0; k < length; k += 4) target.setUint32(to + k, view.getUint32(at + 2 + k, true), true);
        to += length;
        continue;
      }
      sink.length = to;
      this.#addUncommon(firstRow + i, rows, first + i);
      ({ bytes, view: target, length: to } = sink);
    }
    sink.length = to;
  }

  /** Makes room for `count` rows from `firstRow` on. Rows that were left out before them have no value. */
  #extend(firstRow: number, count: number): void {
    const end = firstRow + count;
    if (end > this.#kinds.length) {
      const kinds = new Uint8Array(Math.max(end, this.#kinds.length * 2));
      kinds.set(this.#kinds.subarray(0, this.end));
      this.#kinds = kinds;
    }
    if (this.end < firstRow) this.#kinds.fill(NO_RANK, this.end, firstRow);
    this.end = end;
  }

  /** Any value but a short string. */
  #addUncommon(row: number, rows: PlacedRows, index: number): void {
    const { arena, view } = rows;
    const several = rows.severalAt(index);
    if (several !== undefined) {
      this.#addArray(row, prepareTexts(arena, several));
      return;
    }
    rows.read(rows.places[index]!);
    const { type, at, length } = value;
    if (type === VALUE_STRING) this.#addString(row, arena, at, length);
    else if (type === VALUE_INT) {
      readVarint64Into(arena, at, words, 0);
      this.#begin(row, KIND_INT).uint64(words[0]!, words[1]!);
    } else if (type === VALUE_DOUBLE) {
      this.#begin(row, KIND_DOUBLE).uint64(view.getUint32(at, true), view.getUint32(at + 4, true));
    } else if (type === VALUE_BOOL) this.#begin(row, KIND_BOOL).byte(isTrue(arena, at, length));
    else this.#addArray(row, prepareArray(arena, type, at, length));
  }

  #addString(row: number, arena: Uint8Array, at: number, length: number): void {
    const sink = this.#begin(row, KIND_STRING);
    sink.varint(length);
    sink.copy(arena, at, length);
  }

  #addArray(row: number, array: PreparedArray): void {
    this.#begin(row, array.kind).copy(array.bytes, 0, array.bytes.length);
    const offsets = this.#offsets[array.kind] ?? new ByteSink();
    this.#offsets[array.kind] = offsets;
    offsets.uint64(lastOffset(offsets) + array.elementCount);
  }

  /** Sets the kind of a row. Returns the values of that kind, where the row's goes. */
  #begin(row: number, kind: number): ByteSink {
    this.#kinds[row] = kind;
    const sink = this.#values[kind] ?? new ByteSink(FIRST_VALUE_BYTES);
    this.#values[kind] = sink;
    return sink;
  }

  #hasKind(kind: number): boolean {
    const sink = kind < ARRAY_KINDS ? this.#offsets[kind] : this.#values[kind];
    return sink !== undefined && sink.length > 0;
  }

  /** The path's part of the column's prefix: the types of its values. */
  writeTypes(sink: ByteSink): void {
    let typeCount = 0;
    for (let kind = 0; kind < KIND_COUNT; kind++) if (this.#hasKind(kind)) typeCount++;
    sink.uint64(1);
    sink.varint(typeCount);
    sink.varint(typeCount);
    for (let kind = 0; kind < KIND_COUNT; kind++) if (this.#hasKind(kind)) sink.asciiString(KIND_NAMES[kind]!);
    sink.uint64(0);
  }

  /** The ranks of the block's `rowCount` rows, then the values. */
  writeData(sink: BlockSink, rowCount: number): void {
    let typeCount = 0;
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      rankOf[kind] = typeCount;
      if (kind === KIND_SHARED || this.#hasKind(kind)) typeCount++;
    }
    const at = sink.take(rowCount);
    const { bytes } = sink;
    const kinds = this.#kinds;
    for (let row = 0; row < this.end; row++) bytes[at + row] = rankOf[kinds[row]!]!;
    bytes.fill(NO_RANK, at + this.end, at + rowCount);
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      if (!this.#hasKind(kind)) continue;
      if (kind < ARRAY_KINDS) sink.refer(this.#offsets[kind]!);
      sink.refer(this.#values[kind]!);
    }
  }
}

/** How many elements all rows so far have. */
function lastOffset(offsets: ByteSink): number {
  return offsets.length === 0 ? 0 : offsets.view.getUint32(offsets.length - 8, true);
}
