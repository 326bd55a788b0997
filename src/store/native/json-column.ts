import { assert } from '#base';
import { readVarint64Into, VALUE_STRING } from '#pdata';
import { type ByteSink, copyBytes, varintSize, writeString } from './byte-sink.ts';
import { type OwnerGroup, PathChooser } from './json-paths.ts';
import { isTrue, SharedData } from './json-shared.ts';
import {
  ARRAY_KINDS,
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
  simpleKindOf,
} from './value-kinds.ts';

/**
 * A JSON column of a Native block, written straight from attribute tables: one path per attribute key, dots and all.
 *
 *   version     UInt64 0: paths and shared data apart (ClickHouse's object serialization "V1")
 *   paths       varint limit · varint count · String per path
 *   per path    UInt64 1 · varint limit · varint count · String per type, in byte order (SharedVariant left out) · UInt64 0
 *   per path    a byte per row: rank of its type among the path's types and SharedVariant, 255 for none
 *               per type, in byte order, the values of the rows that have it:
 *                 Int64, Float64: 8 bytes · Bool: 1 byte · String: varint, bytes · Array: UInt64 end offset per row, then elements
 *   shared      json-shared.ts
 *
 * The *flattened* layout (version 3), which ClickHouse documents for clients, is the same but for the last part: it has no shared data,
 * so every key costs a byte per row, and 100,000 different keys in 100,000 rows would be 10 GB. Both were inserted at the same
 * speed (bench/results/store-attributes.txt). Source: ClickHouse src/DataTypes/Serializations/SerializationObject.cpp, and dumps
 * of `SELECT … FORMAT Native`.
 *
 * Two passes over the attributes: the first counts, so that every path's place in the block is known; the second writes each value to
 * its final place. Nothing is allocated per row, except for values that are arrays or maps.
 */
export class JsonColumnEncoder {
  readonly #pathLimit: number;
  readonly #chooser = new PathChooser();
  readonly #shared = new SharedData();
  /** Per path and kind: how many rows have it, and the bytes of their values (of arrays: of their elements). */
  readonly #counts: Uint32Array;
  readonly #bytes: Uint32Array;
  readonly #rank: Uint8Array;
  /** Per path: where its bytes per row begin. Per path and kind: where the next value, element or offset goes. */
  readonly #ranksAt: Uint32Array;
  readonly #valueAt: Uint32Array;
  readonly #offsetAt: Uint32Array;
  readonly #elementCounts: Uint32Array;
  /** Arrays and maps in the order in which both passes meet them. */
  readonly #prepared: PreparedArray[] = [];
  #nextPrepared = 0;

  constructor(pathLimit: number) {
    this.#pathLimit = pathLimit;
    const size = pathLimit * KIND_COUNT;
    this.#counts = new Uint32Array(size);
    this.#bytes = new Uint32Array(size);
    this.#rank = new Uint8Array(size);
    this.#ranksAt = new Uint32Array(pathLimit);
    this.#valueAt = new Uint32Array(size);
    this.#offsetAt = new Uint32Array(size);
    this.#elementCounts = new Uint32Array(size);
  }

  /** Writes prefix and data. The repeats of all groups add up to `rowCount`. */
  write(sink: ByteSink, groups: readonly OwnerGroup[], rowCount: number): void {
    this.#chooser.choose(groups, this.#pathLimit, rowCount);
    this.#shared.reset();
    this.#prepared.length = 0;
    this.#nextPrepared = 0;
    this.#counts.fill(0);
    this.#bytes.fill(0);
    this.#elementCounts.fill(0);
    let serial = 0;
    for (const group of groups) {
      this.#measure(group, serial);
      serial += group.count;
    }
    this.#writePrefix(sink);
    const end = this.#layOut(sink, rowCount);
    let row = 0;
    serial = 0;
    for (const group of groups) {
      row = this.#fill(sink, group, serial, row);
      serial += group.count;
    }
    assert(row === rowCount, `JSON column: ${row} rows of attributes for a block of ${rowCount}`);
    assert(end === sink.length, 'JSON column: the space that was measured is not the space that was laid out');
    this.#shared.write(sink, rowCount, groups);
  }

  #measure(group: OwnerGroup, firstSerial: number): void {
    const { keyId, type, length, from, to } = group.table;
    const { firstOwner, owners, repeats, count } = group;
    const { slotOf, duplicateOwners } = this.#chooser;
    const counts = this.#counts;
    const bytes = this.#bytes;
    for (let i = 0; i < count; i++) {
      const owner = firstOwner + (owners === undefined ? i : owners[i]!);
      const repeat = repeats === undefined ? 1 : repeats[i]!;
      const end = to[owner]!;
      if (duplicateOwners.size > 0 && duplicateOwners.has(firstSerial + i)) {
        this.#measureDuplicates(group, owner, repeat);
        this.#shared.endOwner(firstSerial + i, repeat);
        continue;
      }
      for (let row = from[owner]!; row < end; row++) {
        const id = keyId[row]!;
        const slot = id < 0 ? -1 : slotOf[id]!;
        if (slot < 0) {
          this.#shared.push(group, row);
        } else if (type[row] === VALUE_STRING) {
          const index = slot * KIND_COUNT + KIND_STRING;
          const size = length[row]!;
          counts[index]! += repeat;
          bytes[index]! += repeat * (varintSize(size) + size);
        } else {
          this.#measureOther(group, row, slot, repeat);
        }
      }
      this.#shared.endOwner(firstSerial + i, repeat);
    }
  }

  #measureOther(group: OwnerGroup, row: number, slot: number, repeat: number): void {
    const { type, at, length } = group.table;
    const kind = simpleKindOf(type[row]!);
    const size = length[row]!;
    if (kind < 0) {
      this.#measurePrepared(prepareArray(group.arena, type[row]!, at[row]!, size), slot, repeat);
      return;
    }
    const index = slot * KIND_COUNT + kind;
    this.#counts[index]! += repeat;
    this.#bytes[index]! += repeat * (kind === KIND_STRING ? varintSize(size) + size : kind === KIND_BOOL ? 1 : 8);
  }

  #measurePrepared(prepared: PreparedArray, slot: number, repeat: number): void {
    const index = slot * KIND_COUNT + prepared.kind;
    this.#counts[index]! += repeat;
    this.#bytes[index]! += repeat * prepared.bytes.length;
    this.#prepared.push(prepared);
  }

  /** An owner that has some key more than once: all values of such a key become one array of texts. */
  #measureDuplicates(group: OwnerGroup, owner: number, repeat: number): void {
    const { keyId, type, at, length, from } = group.table;
    for (let row = from[owner]!; row < group.table.to[owner]!; row++) {
      const id = keyId[row]!;
      if (id < 0 || this.#chooser.slotOf[id]! < 0) this.#shared.push(group, row);
    }
    for (const rows of this.#rowsByKey(group, owner)) {
      const slot = this.#chooser.slotOf[keyId[rows[0]!]!]!;
      if (rows.length > 1) {
        const values = rows.map((row) => ({ type: type[row]!, at: at[row]!, length: length[row]! }));
        this.#measurePrepared(prepareTexts(group.arena, values), slot, repeat);
      } else this.#measureOther(group, rows[0]!, slot, repeat);
    }
  }

  /** The owner's table rows that belong to paths, grouped by key in the order in which the keys first occur. */
  #rowsByKey(group: OwnerGroup, owner: number): Iterable<number[]> {
    const { keyId, from, to } = group.table;
    const byKey = new Map<number, number[]>();
    for (let row = from[owner]!; row < to[owner]!; row++) {
      const id = keyId[row]!;
      if (id < 0 || this.#chooser.slotOf[id]! < 0) continue;
      const rows = byKey.get(id);
      if (rows === undefined) byKey.set(id, [row]);
      else rows.push(row);
    }
    return byKey.values();
  }

  #writePrefix(sink: ByteSink): void {
    const { paths } = this.#chooser;
    sink.uint64(0);
    sink.varint(this.#pathLimit);
    sink.varint(paths.length);
    for (const path of paths) {
      sink.varint(path.length);
      sink.copy(path, 0, path.length);
    }
    for (let slot = 0; slot < paths.length; slot++) {
      const first = slot * KIND_COUNT;
      let typeCount = 0;
      for (let kind = 0; kind < KIND_COUNT; kind++) {
        this.#rank[first + kind] = typeCount;
        if (kind === KIND_SHARED || this.#counts[first + kind]! > 0) typeCount++;
      }
      sink.uint64(1);
      sink.varint(typeCount - 1);
      sink.varint(typeCount - 1);
      for (let kind = 0; kind < KIND_COUNT; kind++)
        if (kind !== KIND_SHARED && this.#counts[first + kind]! > 0) sink.asciiString(KIND_NAMES[kind]!);
      sink.uint64(0);
    }
  }

  /** Gives every path and kind its place behind the prefix and takes the space. Returns where it ends. */
  #layOut(sink: ByteSink, rowCount: number): number {
    let at = sink.length;
    for (let slot = 0; slot < this.#chooser.paths.length; slot++) {
      this.#ranksAt[slot] = at;
      at += rowCount;
      for (let index = slot * KIND_COUNT; index < (slot + 1) * KIND_COUNT; index++) {
        this.#offsetAt[index] = at;
        if (index - slot * KIND_COUNT < ARRAY_KINDS) at += this.#counts[index]! * 8;
        this.#valueAt[index] = at;
        at += this.#bytes[index]!;
      }
    }
    sink.take(at - sink.length);
    for (let slot = 0; slot < this.#chooser.paths.length; slot++)
      sink.bytes.fill(255, this.#ranksAt[slot]!, this.#ranksAt[slot]! + rowCount);
    return at;
  }

  /** Writes the group's values from block row `firstRow` on; returns the row behind its last. */
  #fill(sink: ByteSink, group: OwnerGroup, firstSerial: number, firstRow: number): number {
    const { arena, firstOwner, owners, repeats, count } = group;
    const { keyId, type, at, length, from, to } = group.table;
    const { slotOf, duplicateOwners } = this.#chooser;
    const { bytes } = sink;
    const ranksAt = this.#ranksAt;
    const valueAt = this.#valueAt;
    const rank = this.#rank;
    let blockRow = firstRow;
    for (let i = 0; i < count; i++) {
      const owner = firstOwner + (owners === undefined ? i : owners[i]!);
      const repeat = repeats === undefined ? 1 : repeats[i]!;
      const end = to[owner]!;
      if (duplicateOwners.size > 0 && duplicateOwners.has(firstSerial + i)) {
        this.#fillDuplicates(sink, group, owner, blockRow, repeat);
        blockRow += repeat;
        continue;
      }
      for (let row = from[owner]!; row < end; row++) {
        const id = keyId[row]!;
        const slot = id < 0 ? -1 : slotOf[id]!;
        if (slot < 0) continue;
        if (type[row] !== VALUE_STRING) {
          this.#fillOther(sink, group, row, slot, blockRow, repeat);
          continue;
        }
        const index = slot * KIND_COUNT + KIND_STRING;
        const start = valueAt[index]!;
        valueAt[index] = writeString(arena, at[row]!, length[row]!, bytes, start);
        bytes[ranksAt[slot]! + blockRow] = rank[index]!;
        if (repeat > 1) this.#repeat(bytes, slot, index, blockRow, start, repeat);
      }
      blockRow += repeat;
    }
    return blockRow;
  }

  #fillDuplicates(sink: ByteSink, group: OwnerGroup, owner: number, blockRow: number, repeat: number): void {
    for (const rows of this.#rowsByKey(group, owner)) {
      const slot = this.#chooser.slotOf[group.table.keyId[rows[0]!]!]!;
      if (rows.length > 1) this.#fillPrepared(sink, slot, blockRow, repeat);
      else this.#fillOther(sink, group, rows[0]!, slot, blockRow, repeat);
    }
  }

  /** One value of any kind. */
  #fillOther(sink: ByteSink, group: OwnerGroup, row: number, slot: number, blockRow: number, repeat: number): void {
    const { arena, table } = group;
    const at = table.at[row]!;
    const kind = simpleKindOf(table.type[row]!);
    if (kind < 0) {
      this.#fillPrepared(sink, slot, blockRow, repeat);
      return;
    }
    const index = slot * KIND_COUNT + kind;
    const start = this.#valueAt[index]!;
    let end = start + 8;
    if (kind === KIND_INT) {
      readVarint64Into(arena, at, words, 0);
      sink.view.setUint32(start, words[0]!, true);
      sink.view.setUint32(start + 4, words[1]!, true);
    } else if (kind === KIND_DOUBLE) copyBytes(arena, at, sink.bytes, start, 8);
    else if (kind === KIND_STRING) end = writeString(arena, at, table.length[row]!, sink.bytes, start);
    else {
      sink.bytes[start] = isTrue(arena, at, table.length[row]!);
      end = start + 1;
    }
    sink.bytes[this.#ranksAt[slot]! + blockRow] = this.#rank[index]!;
    this.#valueAt[index] = end;
    if (repeat > 1) this.#repeat(sink.bytes, slot, index, blockRow, start, repeat);
  }

  #fillPrepared(sink: ByteSink, slot: number, blockRow: number, repeat: number): void {
    const prepared = this.#prepared[this.#nextPrepared++]!;
    const index = slot * KIND_COUNT + prepared.kind;
    const start = this.#valueAt[index]!;
    sink.bytes.set(prepared.bytes, start);
    sink.bytes[this.#ranksAt[slot]! + blockRow] = this.#rank[index]!;
    this.#valueAt[index] = start + prepared.bytes.length;
    if (repeat > 1) this.#repeat(sink.bytes, slot, index, blockRow, start, repeat);
    for (let i = 0; i < repeat; i++) {
      this.#elementCounts[index]! += prepared.elementCount;
      sink.view.setUint32(this.#offsetAt[index]!, this.#elementCounts[index]!, true);
      sink.view.setUint32(this.#offsetAt[index]! + 4, 0, true);
      this.#offsetAt[index]! += 8;
    }
  }

  /** The value at [start, valueAt) belongs to `repeat` rows: copies it behind itself, twice as much each time. */
  #repeat(bytes: Uint8Array, slot: number, index: number, row: number, start: number, repeat: number): void {
    const ranksAt = this.#ranksAt[slot]! + row;
    bytes.fill(bytes[ranksAt]!, ranksAt, ranksAt + repeat);
    const size = this.#valueAt[index]! - start;
    repeatBytes(bytes, start, size, repeat);
    this.#valueAt[index] = start + size * repeat;
  }
}

const words = new Uint32Array(2);

/** Fills `bytes[start, start + size * times)` with copies of its first `size` bytes. */
export function repeatBytes(bytes: Uint8Array, start: number, size: number, times: number): void {
  const total = size * times;
  for (let done = size; done < total; ) {
    const count = Math.min(done, total - done);
    bytes.copyWithin(start + done, start, start + count);
    done += count;
  }
}
