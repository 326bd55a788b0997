import { DecodeError } from '#base';
import type { Column } from './column.ts';
import type { Input } from './input.ts';

/** Each different text once, and an index into `values` per row. */
export interface TextColumn {
  readonly values: readonly string[];
  readonly indices: Uint32Array;
}

/** "The dictionary stands in the block itself", which is the only way over HTTP. */
const HAS_OWN_KEYS = 0x200;

/**
 * LowCardinality. Each block brings a dictionary of its own; they are merged into one.
 *
 *   head: UInt64 1 (version)
 *   rows: UInt64 flags | width of an index (0, 1, 2, 3: 1, 2, 4, 8 bytes) · UInt64 count of keys · the keys · UInt64 count of rows ·
 *         an index per row                                                  (nothing at all without rows)
 *
 * Where values may be NULL the first key stands for it.
 */
export class DictionaryColumn implements Column {
  readonly #makeKeys: () => Column;
  readonly #isNullable: boolean;
  readonly #values: unknown[] = [];
  readonly #indexOf = new Map<unknown, number>();
  readonly #parts: Uint32Array[] = [];

  constructor(makeKeys: () => Column, isNullable: boolean) {
    this.#makeKeys = makeKeys;
    this.#isNullable = isNullable;
  }

  readHead(input: Input): void {
    input.uint64();
  }

  readRows(input: Input, rowCount: number): void {
    if (rowCount === 0) return;
    const flags = input.uint64();
    if ((flags & HAS_OWN_KEYS) === 0) throw new DecodeError('a dictionary outside of its block', input.at);
    const keyCount = input.uint64();
    const keys = this.#makeKeys();
    keys.readRows(input, keyCount);
    const indexOfKey = Uint32Array.from(keys.values(), (key, i) => this.#add(this.#isNullable && i === 0 ? null : key));
    if (input.uint64() !== rowCount) throw new DecodeError('a dictionary column with a wrong number of rows', input.at);
    const places = readIndices(input, rowCount, flags & 0xff);
    const indices = new Uint32Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      if (places[row]! >= keyCount) throw new DecodeError('an index beyond its dictionary', input.at);
      indices[row] = indexOfKey[places[row]!]!;
    }
    this.#parts.push(indices);
  }

  #add(key: unknown): number {
    let index = this.#indexOf.get(key);
    if (index === undefined) {
      index = this.#values.push(key) - 1;
      this.#indexOf.set(key, index);
    }
    return index;
  }

  #indices(): Uint32Array {
    if (this.#parts.length === 1) return this.#parts[0]!;
    const indices = new Uint32Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      indices.set(part, at);
      at += part.length;
    }
    return indices;
  }

  values(): readonly unknown[] {
    return Array.from(this.#indices(), (index) => this.#values[index]);
  }

  /** For a dictionary of texts. */
  texts(): TextColumn {
    return { values: this.#values as readonly string[], indices: this.#indices() };
  }
}

function readIndices(input: Input, rowCount: number, width: number): ArrayLike<number> {
  // A copy: the place in the answer may not be aligned.
  const bytes = new Uint8Array(input.take(rowCount << width));
  if (width === 0) return bytes;
  if (width === 1) return new Uint16Array(bytes.buffer);
  if (width === 2) return new Uint32Array(bytes.buffer);
  throw new DecodeError(`indices of ${1 << width} bytes are not known here`, input.at);
}
