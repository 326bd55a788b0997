import { readVarint64Into, VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_STRING } from '#pdata';
import { ByteSink, COPY_SLACK_BYTES, copyShort, writeVarint } from './byte-sink.ts';
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
  type PlacedValue,
  type PreparedArray,
  prepareArray,
} from './value-kinds.ts';

/** The rank of a row that has no value. */
const NO_RANK = 255;
const FIRST_ROWS = 1024;
const FIRST_VALUE_BYTES = 1024;
/** A varint of up to 32 bits, and what copyShort writes behind. */
const STRING_MARGIN_BYTES = 5 + COPY_SLACK_BYTES;

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
  /** The path that followed this one in the row before: most often it follows again. */
  next: JsonPath | undefined = undefined;
  /** Behind the last row that has a value. */
  end = 0;
  readonly #keyView: DataView;
  #kinds: Uint8Array = new Uint8Array(FIRST_ROWS);
  readonly #strings = new ByteSink(FIRST_VALUE_BYTES);
  readonly #values: (ByteSink | undefined)[] = new Array<ByteSink | undefined>(KIND_COUNT).fill(undefined);
  readonly #offsets: (ByteSink | undefined)[] = new Array<ByteSink | undefined>(ARRAY_KINDS).fill(undefined);
  /** Where the newest value begins among the values of its kind, and where it stood in its arena. */
  #newestAt = 0;
  #type = VALUE_STRING;
  #at = 0;
  #length = 0;

  constructor(id: number, key: Uint8Array) {
    this.id = id;
    this.key = key;
    this.#keyView = new DataView(key.buffer, key.byteOffset, key.byteLength);
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

  /** Whether the path's key is these bytes. Four bytes at a step, the last step overlaps the one before. */
  isKey(arena: DataView, at: number, length: number): boolean {
    const key = this.#keyView;
    if (key.byteLength !== length) return false;
    const last = length - 4;
    if (last < 0) {
      for (let i = 0; i < length; i++) if (arena.getUint8(at + i) !== key.getUint8(i)) return false;
      return true;
    }
    for (let i = 0; i < last; i += 4) if (arena.getUint32(at + i) !== key.getUint32(i)) return false;
    return arena.getUint32(at + last) === key.getUint32(last);
  }

  /** Adds the value of a row: its VALUE_* and where its payload stands in `arena`, of which `view` is a view. */
  add(row: number, arena: Uint8Array, view: DataView, type: number, at: number, length: number): void {
    this.#type = type;
    this.#at = at;
    this.#length = length;
    if (type === VALUE_STRING) this.#addString(row, view, at, length);
    else if (type === VALUE_INT) this.#addInt(row, arena, at);
    else if (type === VALUE_DOUBLE)
      this.#begin(row, KIND_DOUBLE).uint64(view.getUint32(at, true), view.getUint32(at + 4, true));
    else if (type === VALUE_BOOL) this.#begin(row, KIND_BOOL).byte(isTrue(arena, at, length));
    else this.addArray(row, prepareArray(arena, type, at, length));
  }

  #addString(row: number, view: DataView, at: number, length: number): void {
    this.#setKind(row, KIND_STRING);
    const sink = this.#strings;
    sink.reserve(length + STRING_MARGIN_BYTES);
    this.#newestAt = sink.length;
    const content = writeVarint(sink.bytes, sink.length, length);
    copyShort(view, at, sink, content, length);
    sink.length = content + length;
  }

  #addInt(row: number, arena: Uint8Array, at: number): void {
    readVarint64Into(arena, at, words, 0);
    this.#begin(row, KIND_INT).uint64(words[0]!, words[1]!);
  }

  addArray(row: number, array: PreparedArray): void {
    this.#begin(row, array.kind).copy(array.bytes, 0, array.bytes.length);
    const offsets = this.#offsets[array.kind] ?? new ByteSink();
    this.#offsets[array.kind] = offsets;
    offsets.uint64(lastOffset(offsets) + array.elementCount);
  }

  /** Where the newest value stands in its arena. */
  newest(): PlacedValue {
    return { type: this.#type, at: this.#at, length: this.#length };
  }

  /** The values of a kind, where the next one goes. */
  #begin(row: number, kind: number): ByteSink {
    this.#setKind(row, kind);
    const sink = this.#values[kind] ?? new ByteSink(FIRST_VALUE_BYTES);
    this.#values[kind] = sink;
    this.#newestAt = sink.length;
    return sink;
  }

  #setKind(row: number, kind: number): void {
    if (row >= this.#kinds.length) this.#growKinds(row + 1);
    if (this.end < row) this.#kinds.fill(NO_RANK, this.end, row);
    this.#kinds[row] = kind;
    this.end = row + 1;
  }

  #growKinds(rowCount: number): void {
    const kinds = new Uint8Array(Math.max(rowCount, this.#kinds.length * 2));
    kinds.set(this.#kinds.subarray(0, this.end));
    this.#kinds = kinds;
  }

  /** Takes back what row `row` and those behind it have: one value, or that value repeated. */
  dropNewest(row: number): void {
    const kind = this.#kinds[row]!;
    this.#values[kind]!.length = this.#newestAt;
    if (kind < ARRAY_KINDS) this.#offsets[kind]!.length -= (this.end - row) * 8;
    this.end = row;
  }

  /** Gives the value of the newest row to the `count` rows behind it too. */
  repeatNewest(count: number): void {
    const row = this.end - 1;
    const kind = this.#kinds[row]!;
    if (row + 1 + count > this.#kinds.length) this.#growKinds(row + 1 + count);
    this.#kinds.fill(kind, row, row + 1 + count);
    this.end += count;
    this.#values[kind]!.repeat(this.#newestAt, count + 1);
    if (kind >= ARRAY_KINDS) return;
    const offsets = this.#offsets[kind]!;
    const total = lastOffset(offsets);
    const elementCount = total - (offsets.length > 8 ? offsets.view.getUint32(offsets.length - 16, true) : 0);
    for (let i = 1; i <= count; i++) offsets.uint64(total + i * elementCount);
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
  writeData(sink: ByteSink, rowCount: number): void {
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
      if (kind < ARRAY_KINDS) sink.append(this.#offsets[kind]!);
      sink.append(this.#values[kind]!);
    }
  }
}

/** How many elements all rows so far have. */
function lastOffset(offsets: ByteSink): number {
  return offsets.length === 0 ? 0 : offsets.view.getUint32(offsets.length - 8, true);
}
