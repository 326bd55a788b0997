import { HASH_KEY, type HashKey, keyedHashIn, PROBE_LIMIT } from '#base';
import { ByteSink } from './byte-sink.ts';

/** Version of the dictionary layout, and the flags "has keys of its own" and "read them anew". */
const SHARED_DICTIONARIES = 1;
const DICTIONARY_FLAGS = 0x600;
const NO_SLOT = -1;
const RECENT_PLACES = 256;

/**
 * A LowCardinality(String) column of one block: the different strings once, and an index per row. Strings are found by their bytes, no
 * JavaScript string is made. Index 0 is the empty string, as ClickHouse wants it. A string that finds no place near its own in the hash table
 * stands there once for each of its rows, so that no lookup takes long; ClickHouse makes one of them.
 *
 *   UInt64 1 (version) · UInt64 flags | index width (0, 1, 2: one, two, four bytes) · UInt64 count of strings · String each ·
 *   UInt64 count of rows · an index per row
 */
export class DictionaryColumn {
  /** One entry per row, filled by the caller up to the count it passes to `writeData`. */
  indices: Uint32Array = new Uint32Array(0);
  #slots = new Int32Array(256);
  #hashes = new Int32Array(128);
  #starts = new Uint32Array(128);
  #lengths = new Uint32Array(128);
  #count = 0;
  /** By a few bits of a string: the index of the last one with these bits. Most often it comes again, and comparing is cheaper than hashing. */
  readonly #recent = new Uint32Array(RECENT_PLACES);
  /** The strings in ClickHouse's form. */
  readonly #strings = new ByteSink(4096);

  readonly #hashKey: HashKey;

  constructor(hashKey: HashKey = HASH_KEY) {
    this.#hashKey = hashKey;
    this.reset(0);
  }

  /** Empties the column and makes room for the indices of `rowCount` rows. Their old content stays. */
  reset(rowCount: number): void {
    this.#slots.fill(0);
    this.#recent.fill(0);
    this.#strings.reset();
    this.#strings.byte(0);
    this.#hashes[0] = 0;
    this.#starts[0] = 1;
    this.#lengths[0] = 0;
    this.#count = 1;
    this.reserveRows(rowCount);
  }

  reserveRows(rowCount: number): void {
    if (this.indices.length >= rowCount) return;
    const indices = new Uint32Array(Math.max(rowCount, this.indices.length * 2));
    indices.set(this.indices);
    this.indices = indices;
  }

  /** The index of the string in `bytes[at, at + length)`, which is added if it is new. */
  indexOf(bytes: Uint8Array, at: number, length: number): number {
    return this.indexIn(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at, length);
  }

  /** The same for bytes that a view has. */
  indexIn(view: DataView, at: number, length: number): number {
    if (length === 0) return 0;
    const place = length < 4 ? 0 : recentPlace(view.getUint32(at), view.getUint32(at + length - 4), length);
    const recent = this.#recent[place]!;
    if (recent !== 0 && this.#equals(recent, view, at, length)) return recent;
    const index = this.#find(view, at, length);
    this.#recent[place] = index;
    return index;
  }

  #find(view: DataView, at: number, length: number): number {
    const hash = keyedHashIn(view, at, length, this.#hashKey);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let distance = 0; distance <= PROBE_LIMIT; distance++) {
      const slot = (hash + distance) & mask;
      const index = slots[slot]!;
      if (index === 0) return this.#add(view, at, length, hash, slot);
      if (this.#hashes[index] === hash && this.#equals(index, view, at, length)) return index;
    }
    return this.#add(view, at, length, hash, NO_SLOT);
  }

  #equals(index: number, view: DataView, at: number, length: number): boolean {
    if (this.#lengths[index] !== length) return false;
    const start = this.#starts[index]!;
    const strings = this.#strings.view;
    const last = length - 4;
    if (last < 0) {
      for (let i = 0; i < length; i++) if (strings.getUint8(start + i) !== view.getUint8(at + i)) return false;
      return true;
    }
    for (let i = 0; i < last; i += 4) if (strings.getUint32(start + i) !== view.getUint32(at + i)) return false;
    return strings.getUint32(start + last) === view.getUint32(at + last);
  }

  #add(view: DataView, at: number, length: number, hash: number, slot: number): number {
    const index = this.#count++;
    if (index === this.#hashes.length) this.#growEntries();
    this.#strings.varint(length);
    this.#starts[index] = this.#strings.length;
    this.#strings.copy(new Uint8Array(view.buffer, view.byteOffset + at, length), 0, length);
    this.#lengths[index] = length;
    this.#hashes[index] = hash;
    if (slot !== NO_SLOT) this.#slots[slot] = index;
    if (this.#count * 2 > this.#slots.length) this.#growSlots();
    return index;
  }

  #growEntries(): void {
    this.#hashes = doubled(this.#hashes);
    this.#starts = doubled(this.#starts);
    this.#lengths = doubled(this.#lengths);
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let index = 1; index < this.#count; index++) {
      let distance = 0;
      while (distance <= PROBE_LIMIT && slots[(this.#hashes[index]! + distance) & mask] !== 0) distance++;
      if (distance <= PROBE_LIMIT) slots[(this.#hashes[index]! + distance) & mask] = index;
    }
    this.#slots = slots;
  }

  /** The data of LowCardinality(Nullable(String)), where an index of 0 is NULL, and each string's index is one higher. */
  writeNullable(sink: ByteSink, rowCount: number): void {
    if (rowCount === 0) return;
    const width = this.#beginData(sink, this.#count + 1);
    sink.byte(0);
    sink.copy(this.#strings.bytes, 0, this.#strings.length);
    this.#writeIndices(sink, rowCount, width);
  }

  /** The data of LowCardinality(Nullable(Int64)), where each string is the eight bytes of a number. */
  writeNullableCodes(sink: ByteSink, rowCount: number): void {
    if (rowCount === 0) return;
    const width = this.#beginData(sink, this.#count + 1);
    // NULL and 0, which stand first, whether or not a row has them.
    sink.uint64(0);
    sink.uint64(0);
    for (let index = 1; index < this.#count; index++) sink.copy(this.#strings.bytes, this.#starts[index]!, 8);
    this.#writeIndices(sink, rowCount, width);
  }

  /** Version, dictionary and the indices of the first `rowCount` rows. */
  write(sink: ByteSink, rowCount: number): void {
    sink.uint64(SHARED_DICTIONARIES);
    this.writeData(sink, rowCount);
  }

  /** Without the version, which stands before the offsets of an array. Nothing at all where there are no rows. */
  writeData(sink: ByteSink, rowCount: number): void {
    if (rowCount === 0) return;
    const width = this.#beginData(sink, this.#count);
    sink.copy(this.#strings.bytes, 0, this.#strings.length);
    this.#writeIndices(sink, rowCount, width);
  }

  /** Writes what stands in front of the strings. Returns the width of an index as a power of two. */
  #beginData(sink: ByteSink, count: number): number {
    const width = count <= 0x100 ? 0 : count <= 0x1_0000 ? 1 : 2;
    sink.uint64(DICTIONARY_FLAGS | width);
    sink.uint64(count);
    return width;
  }

  #writeIndices(sink: ByteSink, rowCount: number, width: number): void {
    sink.uint64(rowCount);
    const at = sink.take(rowCount << width);
    const { bytes, view } = sink;
    const { indices } = this;
    if (width === 0) for (let row = 0; row < rowCount; row++) bytes[at + row] = indices[row]!;
    else if (width === 1) for (let row = 0; row < rowCount; row++) view.setUint16(at + row * 2, indices[row]!, true);
    else for (let row = 0; row < rowCount; row++) view.setUint32(at + row * 4, indices[row]!, true);
  }

  /** Like `write`, for rows that `rows[0, count)` name; the empty string where one is negative. */
  writeSelected(sink: ByteSink, rows: Uint32Array | Int32Array, count: number): void {
    this.writeVersion(sink);
    const { indices } = this;
    const at = this.#beginIndices(sink, count);
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      sink.view.setUint32(at + i * 4, row < 0 ? 0 : indices[row]!, true);
    }
  }

  /** Like `writeData`, for `count` other indices into the same strings. */
  writeIndices(sink: ByteSink, indices: Int32Array, count: number): void {
    if (count === 0) return;
    const at = this.#beginIndices(sink, count);
    for (let i = 0; i < count; i++) sink.view.setUint32(at + i * 4, indices[i]!, true);
  }

  #beginIndices(sink: ByteSink, count: number): number {
    sink.uint64(DICTIONARY_FLAGS | 2);
    sink.uint64(this.#count);
    sink.copy(this.#strings.bytes, 0, this.#strings.length);
    sink.uint64(count);
    return sink.take(count * 4);
  }

  writeVersion(sink: ByteSink): void {
    sink.uint64(SHARED_DICTIONARIES);
  }
}

function recentPlace(first: number, last: number, length: number): number {
  return (Math.imul(first, 31) ^ Math.imul(last ^ length, 0x9e3779b1) ^ (last >>> 7)) & (RECENT_PLACES - 1);
}

function doubled<T extends Int32Array | Uint32Array>(array: T): T {
  const next = new (array.constructor as new (length: number) => T)(array.length * 2);
  next.set(array);
  return next;
}
