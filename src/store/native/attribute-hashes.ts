import { readVarint64Into, VALUE_ARRAY, VALUE_DOUBLE, VALUE_INT, VALUE_STRING, value } from '#pdata';
import { hashKey, hashKind, hashNumber, hashText } from '../schema/index.ts';
import { MOVED, type PlacedRows } from './placed-rows.ts';
import {
  KIND_ARRAY_INT,
  KIND_ARRAY_STRING,
  type PlacedValue,
  type PreparedArray,
  prepareArray,
} from './value-kinds.ts';

const words = new Uint32Array(2);

/** Hashes of the attributes of a block's rows, for filters: of those without a type of their own. A row's hashes need not stand together. */
export class AttributeHashes {
  /** Per hash: the row of the block. */
  rows: Uint32Array = new Uint32Array(4096);
  hashes: Uint32Array = new Uint32Array(4096);
  count = 0;

  reset(): void {
    this.count = 0;
  }

  /** The values of a path in the `count` rows from `firstRow` on, of which `rows.places[first]` and those behind it say where they stand. */
  addPath(keyHash: number, firstRow: number, rows: PlacedRows, first: number, count: number): void {
    const { arena, places } = rows;
    for (let i = 0; i < count; i++) {
      const place = places[first + i]!;
      // What a row has several times equals nothing.
      if (place <= MOVED || rows.severalAt(first + i) !== undefined) continue;
      rows.read(place);
      this.#addValue(firstRow + i, keyHash, arena, value);
    }
  }

  /** An attribute whose key has no path. */
  addOther(row: number, arena: Uint8Array, keyAt: number, keyLength: number, placed: PlacedValue): void {
    this.#addValue(row, hashKey(arena, keyAt, keyLength), arena, placed);
  }

  #addValue(row: number, keyHash: number, arena: Uint8Array, { type, at, length }: PlacedValue): void {
    if (type === VALUE_STRING) this.#push(row, hashText(keyHash, arena, at, length));
    else if (type === VALUE_INT) {
      this.#push(row, hashKind(keyHash, 'int'));
      readVarint64Into(arena, at, words, 0);
      this.#push(row, hashNumber(keyHash, signed(words[0]!, words[1]!)));
    } else if (type === VALUE_DOUBLE) {
      this.#push(row, hashKind(keyHash, 'double'));
      const number = new DataView(arena.buffer, arena.byteOffset + at, 8).getFloat64(0, true);
      if (Number.isInteger(number)) this.#push(row, hashNumber(keyHash, number));
    } else if (type === VALUE_ARRAY) this.#addElements(row, keyHash, prepareArray(arena, type, at, length));
  }

  #addElements(row: number, keyHash: number, { kind, bytes, elementCount }: PreparedArray): void {
    if (kind === KIND_ARRAY_INT || kind === KIND_ARRAY_STRING) this.#push(row, hashKind(keyHash, 'list'));
    if (kind === KIND_ARRAY_INT) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let i = 0; i < elementCount; i++)
        this.#push(row, hashNumber(keyHash, signed(view.getUint32(i * 8, true), view.getUint32(i * 8 + 4, true))));
    } else if (kind === KIND_ARRAY_STRING) {
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
    }
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
