import { readVarint64Into, VALUE_ARRAY, VALUE_DOUBLE, VALUE_INT, VALUE_STRING, value } from '#pdata';
import { type FilterKind, hashKey, hashKind, hashNumber, hashText } from '../schema/index.ts';
import { MOVED, type PlacedRows } from './placed-rows.ts';
import {
  KIND_ARRAY_INT,
  KIND_ARRAY_STRING,
  type PlacedValue,
  type PreparedArray,
  prepareArray,
} from './value-kinds.ts';

const words = new Uint32Array(2);
const KINDS: readonly FilterKind[] = ['int', 'double', 'list'];
/** Bits of the kinds, in their order. */
const [INT, DOUBLE, LIST] = [1, 2, 4];

/** That some of the rows [from, to) have a value of a kind under a key. */
export interface KindHash {
  readonly hash: number;
  readonly from: number;
  readonly to: number;
}

/** Hashes of the attributes of a block's rows, for filters: of those without a type of their own. A row's hashes need not stand together. */
export class AttributeHashes {
  /** Per hash: the row of the block. */
  rows: Uint32Array = new Uint32Array(4096);
  hashes: Uint32Array = new Uint32Array(4096);
  count = 0;
  readonly kinds: KindHash[] = [];

  reset(): void {
    this.count = 0;
    this.kinds.length = 0;
  }

  /** The values of a path in the `count` rows from `firstRow` on, of which `rows.places[first]` and those behind it say where they stand. */
  addPath(keyHash: number, firstRow: number, rows: PlacedRows, first: number, count: number): void {
    const { arena, view, places } = rows;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const place = places[first + i]!;
      // What a row has several times equals nothing.
      if (place <= MOVED || rows.severalAt(first + i) !== undefined) continue;
      rows.read(place);
      found |= this.#addValue(firstRow + i, keyHash, arena, view, value);
    }
    if (found !== 0) this.#addKinds(keyHash, found, firstRow, firstRow + count);
  }

  /** An attribute whose key has no path. */
  addOther(row: number, arena: Uint8Array, keyAt: number, keyLength: number, placed: PlacedValue): void {
    const keyHash = hashKey(arena, keyAt, keyLength);
    const view = new DataView(arena.buffer, arena.byteOffset, arena.byteLength);
    const kind = this.#addValue(row, keyHash, arena, view, placed);
    if (kind !== 0) this.#addKinds(keyHash, kind, row, row + 1);
  }

  #addKinds(keyHash: number, found: number, from: number, to: number): void {
    for (const [i, kind] of KINDS.entries())
      if ((found & (1 << i)) !== 0) this.kinds.push({ hash: hashKind(keyHash, kind), from, to });
  }

  /** Gives the bit of the value's kind; 0 for a text, and for what no comparison finds. */
  #addValue(
    row: number,
    keyHash: number,
    arena: Uint8Array,
    view: DataView,
    { type, at, length }: PlacedValue,
  ): number {
    if (type === VALUE_STRING) {
      this.#push(row, hashText(keyHash, arena, at, length));
      return 0;
    }
    if (type === VALUE_INT) {
      readVarint64Into(arena, at, words, 0);
      this.#push(row, hashNumber(keyHash, signed(words[0]!, words[1]!)));
      return INT!;
    }
    if (type === VALUE_DOUBLE) {
      const number = view.getFloat64(at, true);
      if (Number.isInteger(number)) this.#push(row, hashNumber(keyHash, number));
      return DOUBLE!;
    }
    return type === VALUE_ARRAY ? this.#addElements(row, keyHash, prepareArray(arena, type, at, length)) : 0;
  }

  #addElements(row: number, keyHash: number, { kind, bytes, elementCount }: PreparedArray): number {
    if (kind === KIND_ARRAY_INT) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let i = 0; i < elementCount; i++)
        this.#push(row, hashNumber(keyHash, signed(view.getUint32(i * 8, true), view.getUint32(i * 8 + 4, true))));
      return LIST!;
    }
    if (kind !== KIND_ARRAY_STRING) return 0;
    for (let at = 0; at < bytes.length; ) {
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++]!;
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      this.#push(row, hashText(keyHash, bytes, at, length));
      at += length;
    }
    return LIST!;
  }

  #push(row: number, hash: number): void {
    const place = this.count++;
    if (place === this.hashes.length) {
      this.rows = doubled(this.rows);
      this.hashes = doubled(this.hashes);
    }
    this.rows[place] = row;
    this.hashes[place] = hash;
  }
}

function signed(low: number, high: number): number {
  return (high | 0) * 0x1_0000_0000 + low;
}

function doubled(from: Uint32Array): Uint32Array {
  const to = new Uint32Array(from.length * 2);
  to.set(from);
  return to;
}
