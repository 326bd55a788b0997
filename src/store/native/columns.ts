import { assert } from '#base';
import { ByteSink } from './byte-sink.ts';

/**
 * Columns of a Native block. A block is: varint count of columns, varint count of rows, and per column its name, its type (both as
 * String) and its data. Kernels here write the selected rows of one chunk behind each other.
 */

/** What is shorter is copied: a part of its own costs more. */
const LEAST_PART_BYTES = 4096;

/** A block in the making: bytes of its own, and between them those of other sinks, which are sent from where they are. */
export class BlockSink extends ByteSink {
  /** The names of the columns so far. */
  columnNames: string[] = [];
  /** Other sinks, and how many bytes of this one stand before each. */
  #others: ByteSink[] = [];
  #places: number[] = [];
  #rowCount = 0;

  begin(rowCount: number): void {
    this.reset();
    this.columnNames = [];
    this.#others = [];
    this.#places = [];
    // The count of columns: one byte, set by `finish`.
    this.byte(0);
    this.varint(rowCount);
    this.#rowCount = rowCount;
  }

  column(name: string, type: string): void {
    this.columnNames.push(name);
    this.asciiString(name);
    this.asciiString(type);
  }

  /** Puts what another sink has here. It must not change before the block is sent. */
  refer(other: ByteSink): void {
    if (other.length < LEAST_PART_BYTES) {
      this.append(other);
      return;
    }
    this.#others.push(other);
    this.#places.push(this.length);
  }

  /** The whole block: valid until the next one is begun. */
  finish(table: string): TableBlock {
    assert(this.columnNames.length < 0x80, 'a block with more columns than fit one byte');
    this.bytes[0] = this.columnNames.length;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let from = 0;
    for (const [i, other] of this.#others.entries()) {
      const to = this.#places[i]!;
      if (to > from) parts.push(this.bytes.subarray(from, to));
      parts.push(other.written());
      from = to;
    }
    if (this.length > from) parts.push(this.bytes.subarray(from, this.length));
    const byteLength = parts.reduce((sum, part) => sum + part.length, 0);
    return { table, columns: this.columnNames, rowCount: this.#rowCount, parts, byteLength };
  }
}

/** One block in ClickHouse's Native format, to be inserted as a whole. Columns that are left out get their defaults. */
export interface TableBlock {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** The block's bytes in order. They belong to the encoder: valid until it makes the next block for the same table. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
  readonly byteLength: number;
}

/** The words of a column of 64-bit integers, low word first. */
export function wordsOf(column: BigUint64Array | BigInt64Array | Float64Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, column.length * 2);
}

/** 64-bit values as they are. */
function writeWords(sink: ByteSink, words: Uint32Array, rows: Uint32Array | undefined, count: number): void {
  const at = sink.take(count * 8);
  if (rows === undefined) {
    sink.bytes.set(new Uint8Array(words.buffer, words.byteOffset, count * 8), at);
    return;
  }
  const { view } = sink;
  for (let i = 0; i < count; i++) {
    const word = rows[i]! * 2;
    view.setUint32(at + i * 8, words[word]!, true);
    view.setUint32(at + i * 8 + 4, words[word + 1]!, true);
  }
}

/** Times in nanoseconds as DateTime64(9): beyond 2262-04-11 they become that day. */
export function writeTimes(sink: ByteSink, words: Uint32Array, rows: Uint32Array | undefined, count: number): void {
  const at = sink.length;
  writeWords(sink, words, rows, count);
  clampTimes(sink, at, count);
}

/** Clamps the unsigned 64-bit values at `at` to the largest signed one. */
export function clampTimes(sink: ByteSink, at: number, count: number): void {
  const { bytes, view } = sink;
  for (let i = 0; i < count; i++) {
    const place = at + i * 8;
    if (bytes[place + 7]! < 0x80) continue;
    view.setUint32(place, 0xffff_ffff, true);
    view.setUint32(place + 4, 0x7fff_ffff, true);
  }
}

/** Items without a time of their own count from when they arrived: `arrivalNs` for each zero among the `count` times at `at`. */
export function fillTimes(sink: ByteSink, at: number, count: number, arrivalNs: bigint): void {
  const { view } = sink;
  const end = at + count * 8;
  for (let place = at; place < end; place += 8) {
    if (view.getUint32(place, true) === 0 && view.getUint32(place + 4, true) === 0)
      view.setBigUint64(place, arrivalNs, true);
  }
}

/** Ids of 8 or 16 bytes from their offsets in the arena; offset 0 is no id: zeros. */
export function writeIds(
  sink: ByteSink,
  arena: Uint8Array,
  offsets: Uint32Array,
  size: 8 | 16,
  rows: Uint32Array | undefined,
  count: number,
): void {
  let at = sink.take(count * size);
  const { bytes, view } = sink;
  const source = new DataView(arena.buffer, arena.byteOffset, arena.byteLength);
  for (let i = 0; i < count; i++, at += size) {
    const from = offsets[rows === undefined ? i : rows[i]!]!;
    if (from === 0) {
      bytes.fill(0, at, at + size);
      continue;
    }
    view.setUint32(at, source.getUint32(from));
    view.setUint32(at + 4, source.getUint32(from + 4));
    if (size === 8) continue;
    view.setUint32(at + 8, source.getUint32(from + 8));
    view.setUint32(at + 12, source.getUint32(from + 12));
  }
}

export function writeBytes(sink: ByteSink, column: Uint8Array, rows: Uint32Array | undefined, count: number): void {
  const at = sink.take(count);
  const { bytes } = sink;
  if (rows === undefined) bytes.set(column.subarray(0, count), at);
  else for (let i = 0; i < count; i++) bytes[at + i] = column[rows[i]!]!;
}

export function writeUint32s(sink: ByteSink, column: Uint32Array, rows: Uint32Array | undefined, count: number): void {
  const at = sink.take(count * 4);
  if (rows === undefined) {
    sink.bytes.set(new Uint8Array(column.buffer, column.byteOffset, count * 4), at);
    return;
  }
  const { view } = sink;
  for (let i = 0; i < count; i++) view.setUint32(at + i * 4, column[rows[i]!]!, true);
}

/** The same 32-bit number in all rows. */
export function writeConstant32(sink: ByteSink, value: number, count: number): void {
  const at = sink.take(count * 4);
  for (let i = 0; i < count; i++) sink.view.setUint32(at + i * 4, value, true);
}

/** The same 64-bit number in all rows. */
export function writeConstant64(sink: ByteSink, value: bigint, count: number): void {
  const at = sink.take(count * 8);
  const low = Number(value & 0xffff_ffffn);
  const high = Number(value >> 32n);
  for (let i = 0; i < count; i++) {
    sink.view.setUint32(at + i * 8, low, true);
    sink.view.setUint32(at + i * 8 + 4, high, true);
  }
}

/** The end offsets of an array column: a running sum of `counts[0, count)`, continued from `start`. Returns the sum. */
export function writeOffsets(sink: ByteSink, counts: Uint32Array, count: number, start: number): number {
  const at = sink.take(count * 8);
  const { view } = sink;
  let total = start;
  if (start === 0 && isZero(counts, count)) {
    sink.bytes.fill(0, at, at + count * 8);
    return 0;
  }
  for (let i = 0; i < count; i++) {
    total += counts[i]!;
    view.setUint32(at + i * 8, total, true);
    view.setUint32(at + i * 8 + 4, 0, true);
  }
  return total;
}

export function isZero(counts: Uint32Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (counts[i] !== 0) return false;
  return true;
}

/** A count per row, most often 0. Rows come in any order; those that are not set are 0. */
export class RowCounts {
  #values = new Uint32Array(0);
  /** Behind the last row that was set. */
  #end = 0;

  reset(): void {
    this.#end = 0;
  }

  /** Whether all rows have 0. */
  get isZero(): boolean {
    return this.#end === 0;
  }

  set(row: number, count: number): void {
    if (row >= this.#end) {
      if (count === 0) return;
      this.#extend(row + 1);
    }
    this.#values[row] = count;
  }

  increment(row: number): void {
    this.#extend(row + 1);
    this.#values[row]!++;
  }

  #extend(rowCount: number): void {
    if (rowCount <= this.#end) return;
    if (rowCount > this.#values.length) {
      const values = new Uint32Array(Math.max(rowCount, this.#values.length * 2));
      values.set(this.#values.subarray(0, this.#end));
      this.#values = values;
    }
    this.#values.fill(0, this.#end, rowCount);
    this.#end = rowCount;
  }

  /** The counts of the first `rowCount` rows as UInt32. */
  write(sink: ByteSink, rowCount: number): void {
    this.#extend(rowCount);
    writeUint32s(sink, this.#values, undefined, rowCount);
  }

  /** Their running sum, as the offsets of an array column. */
  writeOffsets(sink: ByteSink, rowCount: number): void {
    this.#extend(rowCount);
    writeOffsets(sink, this.#values, rowCount, 0);
  }
}

/** Strings that are made one by one for a column. Empty ones, the most of them, are only counted until another follows. */
export class StringList {
  readonly #content = new ByteSink();
  #emptyCount = 0;

  reset(): void {
    this.#content.reset();
    this.#emptyCount = 0;
  }

  add(bytes: Uint8Array, at: number, length: number): void {
    if (length === 0) {
      this.#emptyCount++;
      return;
    }
    this.#flush();
    this.#content.varint(length);
    this.#content.copy(bytes, at, length);
  }

  #flush(): void {
    if (this.#emptyCount === 0) return;
    const at = this.#content.take(this.#emptyCount);
    this.#content.bytes.fill(0, at, at + this.#emptyCount);
    this.#emptyCount = 0;
  }

  /** Whether all strings are empty. */
  get isEmpty(): boolean {
    return this.#content.length === 0;
  }

  /** All strings in ClickHouse's form. */
  write(sink: BlockSink): void {
    this.#flush();
    sink.refer(this.#content);
  }
}
