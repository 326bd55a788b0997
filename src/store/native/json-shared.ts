import { readVarint64Into } from '#pdata';
import { ByteSink } from './byte-sink.ts';
import {
  ARRAY_KINDS,
  isTrue,
  KIND_BOOL,
  KIND_CODES,
  KIND_DOUBLE,
  KIND_STRING,
  type PlacedValue,
  type PreparedArray,
  prepareArray,
  prepareTexts,
  simpleKindOf,
} from './value-kinds.ts';

/** An attribute of the current row. */
interface PendingEntry {
  readonly keyAt: number;
  readonly keyLength: number;
  readonly value: PlacedValue;
}

const words = new Uint32Array(2);

/**
 * The attributes of a block that have no path of their own. Per row a list of (path, value), sorted by path as ClickHouse's binary search
 * needs it; a value is its type's code, then the value in ClickHouse's binary form. This is what keeps a flood of different keys cheap:
 * the cost follows the number of attributes, not keys times rows.
 *
 *   offsets: 8 bytes per row · paths: String per entry · values: String per entry
 */
export class SharedData {
  readonly #paths = new ByteSink();
  readonly #values = new ByteSink();
  readonly #value = new ByteSink();
  /** The rows with entries, and how many each has. */
  readonly #rows: number[] = [];
  readonly #entryCounts: number[] = [];
  #pending: PendingEntry[] = [];

  reset(): void {
    this.#paths.reset();
    this.#values.reset();
    this.#rows.length = 0;
    this.#entryCounts.length = 0;
    this.#pending = [];
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Adds an attribute of the current row. */
  push(keyAt: number, keyLength: number, value: PlacedValue): void {
    this.#pending.push({ keyAt, keyLength, value });
  }

  /** Closes the current row, which is row `row`: sorts its entries and puts those with the same key together. */
  endRow(arena: Uint8Array, row: number): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending.sort((a, b) => comparePaths(arena, a, b));
    let entryCount = 0;
    for (let i = 0; i < pending.length; entryCount++) {
      let next = i + 1;
      while (next < pending.length && comparePaths(arena, pending[i]!, pending[next]!) === 0) next++;
      this.#write(arena, pending.slice(i, next));
      i = next;
    }
    this.#rows.push(row);
    this.#entryCounts.push(entryCount);
    this.#pending = [];
  }

  /** One entry of all that have the same key. */
  #write(arena: Uint8Array, same: readonly PendingEntry[]): void {
    const { keyAt, keyLength, value } = same[0]!;
    this.#paths.varint(keyLength);
    this.#paths.copy(arena, keyAt, keyLength);
    const out = this.#value;
    out.reset();
    const values = same.map((entry) => entry.value);
    if (values.length > 1) writeArray(out, prepareTexts(arena, values));
    else if (simpleKindOf(value.type) < 0) writeArray(out, prepareArray(arena, value.type, value.at, value.length));
    else writeSimple(out, arena, value);
    this.#values.varint(out.length);
    this.#values.append(out);
  }

  /** Writes the three parts for the block's `rowCount` rows. */
  write(sink: ByteSink, rowCount: number): void {
    const offsetsAt = sink.take(rowCount * 8);
    sink.bytes.fill(0, offsetsAt, offsetsAt + rowCount * 8);
    let total = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      total += this.#entryCounts[i]!;
      const next = this.#rows[i + 1] ?? rowCount;
      for (let row = this.#rows[i]!; row < next; row++) sink.view.setUint32(offsetsAt + row * 8, total, true);
    }
    sink.append(this.#paths);
    sink.append(this.#values);
  }
}

function comparePaths(arena: Uint8Array, a: PendingEntry, b: PendingEntry): number {
  const common = Math.min(a.keyLength, b.keyLength);
  for (let i = 0; i < common; i++) {
    const difference = arena[a.keyAt + i]! - arena[b.keyAt + i]!;
    if (difference !== 0) return difference;
  }
  return a.keyLength - b.keyLength;
}

function writeCode(out: ByteSink, kind: number): void {
  for (const code of KIND_CODES[kind]!) out.byte(code);
}

function writeArray(out: ByteSink, array: PreparedArray): void {
  writeCode(out, array.kind);
  if (array.kind < ARRAY_KINDS) out.varint(array.elementCount);
  out.copy(array.bytes, 0, array.bytes.length);
}

function writeSimple(out: ByteSink, arena: Uint8Array, { type, at, length }: PlacedValue): void {
  const kind = simpleKindOf(type);
  writeCode(out, kind);
  if (kind === KIND_STRING) {
    out.varint(length);
    out.copy(arena, at, length);
  } else if (kind === KIND_BOOL) out.byte(isTrue(arena, at, length));
  else if (kind === KIND_DOUBLE) out.copy(arena, at, 8);
  else {
    readVarint64Into(arena, at, words, 0);
    out.uint64(words[0]!, words[1]!);
  }
}
