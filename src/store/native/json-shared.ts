import { readVarint64Into, VALUE_STRING } from '#pdata';
import { type ByteSink, copyBytes, varintSize, writeString, writeVarint } from './byte-sink.ts';
import type { OwnerGroup } from './json-paths.ts';
import {
  ARRAY_KINDS,
  KIND_BOOL,
  KIND_CODES,
  KIND_DOUBLE,
  KIND_INT,
  KIND_STRING,
  type PreparedArray,
  prepareArray,
  prepareTexts,
  simpleKindOf,
} from './value-kinds.ts';

/** One attribute that has no path of its own. */
interface SharedEntry {
  readonly group: OwnerGroup;
  /** Row of the group's table. */
  readonly row: number;
  /** For arrays, and for keys that stand more than once. */
  readonly prepared: PreparedArray | undefined;
}

const words = new Uint32Array(2);

/**
 * The attributes of a block beyond the limit of paths. Per row a list of (path, value), sorted by path as ClickHouse's binary search
 * needs it; a value is its type's code, then the value in ClickHouse's binary form. This is what keeps a flood of different keys cheap:
 * the cost follows the number of attributes, not keys times rows.
 *
 *   offsets: 8 bytes per row · paths: String per entry · values: String per entry
 */
export class SharedData {
  readonly #entries: SharedEntry[] = [];
  /** Per owner with entries: its serial number, the end of its entries, how many rows it makes. */
  readonly #owners: number[] = [];
  readonly #ends: number[] = [];
  readonly #repeats: number[] = [];
  #pending: SharedEntry[] = [];
  #entryCount = 0;
  #pathBytes = 0;
  #valueBytes = 0;

  reset(): void {
    this.#entries.length = 0;
    this.#owners.length = 0;
    this.#ends.length = 0;
    this.#repeats.length = 0;
    this.#pending.length = 0;
    this.#entryCount = 0;
    this.#pathBytes = 0;
    this.#valueBytes = 0;
  }

  /** Adds an attribute of the current owner. */
  push(group: OwnerGroup, row: number): void {
    this.#pending.push({ group, row, prepared: undefined });
  }

  /** Closes the current owner: sorts its entries and puts those with the same key together. */
  endOwner(serial: number, repeat: number): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending.sort(comparePaths);
    for (let i = 0; i < pending.length; ) {
      let next = i + 1;
      while (next < pending.length && comparePaths(pending[i]!, pending[next]!) === 0) next++;
      this.#add(prepareEntry(pending.slice(i, next)), repeat);
      i = next;
    }
    this.#owners.push(serial);
    this.#ends.push(this.#entries.length);
    this.#repeats.push(repeat);
    this.#pending = [];
  }

  #add(entry: SharedEntry, repeat: number): void {
    const keyLength = entry.group.table.keyLength[entry.row]!;
    const valueLength = valueSize(entry);
    this.#entries.push(entry);
    this.#entryCount += repeat;
    this.#pathBytes += repeat * (varintSize(keyLength) + keyLength);
    this.#valueBytes += repeat * (varintSize(valueLength) + valueLength);
  }

  /** Writes the three parts. `repeatsOf` gives the rows of every owner in order, by serial number. */
  write(sink: ByteSink, rowCount: number, groups: readonly OwnerGroup[]): void {
    const offsetsAt = sink.take(rowCount * 8);
    if (this.#entryCount === 0) {
      sink.bytes.fill(0, offsetsAt, offsetsAt + rowCount * 8);
      return;
    }
    const pathsAt = sink.take(this.#pathBytes);
    const valuesAt = sink.take(this.#valueBytes);
    this.#writeOffsets(sink, offsetsAt, groups);
    let pathAt = pathsAt;
    let valueAt = valuesAt;
    let from = 0;
    for (let owner = 0; owner < this.#owners.length; owner++) {
      for (let repeat = 0; repeat < this.#repeats[owner]!; repeat++) {
        for (let i = from; i < this.#ends[owner]!; i++) {
          const entry = this.#entries[i]!;
          const { arena, table } = entry.group;
          pathAt = writeString(arena, table.keyAt[entry.row]!, table.keyLength[entry.row]!, sink.bytes, pathAt);
          valueAt = writeValue(entry, sink, valueAt);
        }
      }
      from = this.#ends[owner]!;
    }
  }

  #writeOffsets(sink: ByteSink, offsetsAt: number, groups: readonly OwnerGroup[]): void {
    let at = offsetsAt;
    let total = 0;
    let serial = 0;
    let next = 0;
    let from = 0;
    for (const group of groups) {
      for (let i = 0; i < group.count; i++, serial++) {
        let entryCount = 0;
        if (this.#owners[next] === serial) {
          entryCount = this.#ends[next]! - from;
          from = this.#ends[next++]!;
        }
        const repeat = group.repeats === undefined ? 1 : group.repeats[i]!;
        for (let row = 0; row < repeat; row++, at += 8) {
          total += entryCount;
          sink.view.setUint32(at, total, true);
          sink.view.setUint32(at + 4, 0, true);
        }
      }
    }
  }
}

function comparePaths(a: SharedEntry, b: SharedEntry): number {
  const left = a.group.table;
  const right = b.group.table;
  const leftAt = left.keyAt[a.row]!;
  const rightAt = right.keyAt[b.row]!;
  const leftLength = left.keyLength[a.row]!;
  const rightLength = right.keyLength[b.row]!;
  const common = Math.min(leftLength, rightLength);
  for (let i = 0; i < common; i++) {
    const difference = a.group.arena[leftAt + i]! - b.group.arena[rightAt + i]!;
    if (difference !== 0) return difference;
  }
  return leftLength - rightLength;
}

/** One entry of all that have the same key. */
function prepareEntry(same: readonly SharedEntry[]): SharedEntry {
  const { group, row } = same[0]!;
  const { type, at, length } = group.table;
  if (same.length > 1) {
    const values = same.map((item) => ({ type: type[item.row]!, at: at[item.row]!, length: length[item.row]! }));
    return { group, row, prepared: prepareTexts(group.arena, values) };
  }
  if (simpleKindOf(type[row]!) >= 0) return same[0]!;
  return { group, row, prepared: prepareArray(group.arena, type[row]!, at[row]!, length[row]!) };
}

function valueSize(entry: SharedEntry): number {
  const { prepared, group, row } = entry;
  if (prepared !== undefined) {
    return KIND_CODES[prepared.kind]!.length + varintSize(prepared.elementCount) + prepared.bytes.length;
  }
  const type = group.table.type[row]!;
  if (type === VALUE_STRING) {
    const length = group.table.length[row]!;
    return 1 + varintSize(length) + length;
  }
  return simpleKindOf(type) === KIND_BOOL ? 2 : 9;
}

/** Writes the value as a String: its size, its type's code and its content. Returns the offset behind it. */
function writeValue(entry: SharedEntry, sink: ByteSink, at: number): number {
  const { prepared, group, row } = entry;
  const { arena, table } = group;
  const { bytes, view } = sink;
  let to = writeVarint(bytes, at, valueSize(entry));
  const kind = prepared === undefined ? simpleKindOf(table.type[row]!) : prepared.kind;
  for (const code of KIND_CODES[kind]!) bytes[to++] = code;
  if (prepared !== undefined && kind < ARRAY_KINDS) {
    to = writeVarint(bytes, to, prepared.elementCount);
    bytes.set(prepared.bytes, to);
    return to + prepared.bytes.length;
  }
  const valueAt = table.at[row]!;
  if (kind === KIND_STRING) return writeString(arena, valueAt, table.length[row]!, bytes, to);
  if (kind === KIND_BOOL) {
    bytes[to] = isTrue(arena, valueAt, table.length[row]!);
    return to + 1;
  }
  if (kind === KIND_DOUBLE) copyBytes(arena, valueAt, bytes, to, 8);
  else if (kind === KIND_INT) {
    readVarint64Into(arena, valueAt, words, 0);
    view.setUint32(to, words[0]!, true);
    view.setUint32(to + 4, words[1]!, true);
  }
  return to + 8;
}

/** 1 for a varint that is not zero, 0 otherwise. A bool may be written with more bytes than one. */
export function isTrue(arena: Uint8Array, at: number, length: number): number {
  for (let i = 0; i < length; i++) if ((arena[at + i]! & 0x7f) !== 0) return 1;
  return 0;
}
