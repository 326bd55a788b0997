/**
 * Columns of ClickHouse's Native format. A column takes its rows from each block of an answer; what it gives then are all of them.
 * Source: ClickHouse docs, format Native; src/DataTypes/Serializations, and dumps of answers.
 */
import type { ReusedMemory } from '../reused-memory.ts';
import type { Input } from './input.ts';

export interface Column {
  /** What stands in front of the rows of a block: also that of all columns inside comes before any rows. */
  readHead(input: Input): void;
  readRows(input: Input, rowCount: number): void;
  /** A JavaScript value per row. 64-bit integers are numbers where they fit exactly, else bigints. */
  values(): readonly unknown[];
}

type NumberKind = 'int' | 'uint' | 'float';

/** Types whose values are as long as each other. */
const WIDTHS: { readonly [type: string]: readonly [widthBytes: number, kind: NumberKind] } = {
  Bool: [1, 'uint'],
  UInt8: [1, 'uint'],
  UInt16: [2, 'uint'],
  UInt32: [4, 'uint'],
  UInt64: [8, 'uint'],
  Int8: [1, 'int'],
  Int16: [2, 'int'],
  Int32: [4, 'int'],
  Int64: [8, 'int'],
  Float32: [4, 'float'],
  Float64: [8, 'float'],
  Date: [2, 'uint'],
  DateTime: [4, 'uint'],
  // Ticks.
  DateTime64: [8, 'int'],
  Nothing: [1, 'uint'],
};

/** Numbers, times and truth values. */
export class NumberColumn implements Column {
  readonly #bytes: FixedBytes;
  readonly #type: string;

  static has(type: string): boolean {
    return Object.hasOwn(WIDTHS, type);
  }

  constructor(type: string) {
    this.#type = type;
    this.#bytes = new FixedBytes(WIDTHS[type]![0]);
  }

  readHead(): void {}

  readRows(input: Input, rowCount: number): void {
    this.#bytes.read(input, rowCount);
  }

  values(): readonly unknown[] {
    if (this.#type === 'Nothing') return Array.from(this.#bytes.joined(), () => null);
    if (this.#type === 'Bool') return Array.from(this.#bytes.joined(), (byte) => byte !== 0);
    const words = this.#words();
    if (!(words instanceof BigInt64Array || words instanceof BigUint64Array)) return Array.from(words);
    const values = new Array<number | bigint>(words.length);
    const [numbers, isExact] = [this.vector(), (value: number): boolean => Math.abs(value) <= Number.MAX_SAFE_INTEGER];
    for (let row = 0; row < values.length; row++) values[row] = isExact(numbers[row]!) ? numbers[row]! : words[row]!;
    return values;
  }

  /** As numbers without an object each; 64-bit integers are rounded beyond 2^53. With `memory` they may lie in it. */
  vector(memory?: ReusedMemory): ArrayLike<number> {
    const words = this.#words(memory);
    if (words instanceof BigInt64Array) return roundedIntegers(words, true);
    return words instanceof BigUint64Array ? roundedIntegers(words, false) : words;
  }

  /** Of a type of 64 bits, exactly. With `memory` they lie in it. */
  bigints(memory?: ReusedMemory): BigInt64Array {
    if (WIDTHS[this.#type]![0] !== 8) throw new Error(`bug: ${this.#type} is no type of 64 bits`);
    const { buffer, byteOffset, byteLength } = this.#bytes.joined(memory);
    return new BigInt64Array(buffer, byteOffset, byteLength / 8);
  }

  #words(memory?: ReusedMemory) {
    const { buffer, byteOffset, byteLength } = this.#bytes.joined(memory);
    const [widthBytes, kind] = WIDTHS[this.#type]!;
    const place = [buffer, byteOffset, byteLength / widthBytes] as const;
    if (kind === 'float') return widthBytes === 4 ? new Float32Array(...place) : new Float64Array(...place);
    const isSigned = kind === 'int';
    if (widthBytes === 1) return isSigned ? new Int8Array(...place) : new Uint8Array(...place);
    if (widthBytes === 2) return isSigned ? new Int16Array(...place) : new Uint16Array(...place);
    if (widthBytes === 4) return isSigned ? new Int32Array(...place) : new Uint32Array(...place);
    return isSigned ? new BigInt64Array(...place) : new BigUint64Array(...place);
  }
}

function roundedIntegers(integers: BigInt64Array | BigUint64Array, isSigned: boolean): Float64Array {
  const place = [integers.buffer, integers.byteOffset, integers.length * 2] as const;
  const low = new Uint32Array(...place);
  const high = isSigned ? new Int32Array(...place) : low;
  const numbers = new Float64Array(integers.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = high[2 * i + 1]! * 4294967296 + low[2 * i]!;
  return numbers;
}

/** Bytes of one length a row. */
class FixedBytes {
  readonly #widthBytes: number;
  #parts: Uint8Array[] = [];
  #whole: Uint8Array<ArrayBuffer> | undefined;
  constructor(widthBytes: number) {
    this.#widthBytes = widthBytes;
  }

  read(input: Input, rowCount: number): void {
    this.#parts.push(input.take(rowCount * this.#widthBytes));
    this.#whole = undefined;
  }

  /** Those of all rows at the start of a buffer of their own, or in `memory`, so that numbers are aligned. */
  joined(memory?: ReusedMemory): Uint8Array<ArrayBuffer> {
    if (this.#whole !== undefined) return this.#whole;
    const byteLength = this.#parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = memory?.take(byteLength) ?? new Uint8Array(byteLength);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    this.#parts = [bytes];
    this.#whole = bytes;
    return bytes;
  }
}

/** FixedString: ids. Its values are hex. */
export class FixedColumn implements Column {
  readonly #bytes: FixedBytes;
  readonly #lengthBytes: number;
  constructor(lengthBytes: number) {
    this.#lengthBytes = lengthBytes;
    this.#bytes = new FixedBytes(lengthBytes);
  }

  readHead(): void {}

  readRows(input: Input, rowCount: number): void {
    this.#bytes.read(input, rowCount);
  }

  values(): readonly string[] {
    const hex = Buffer.from(this.bytes().buffer).toString('hex');
    const digits = 2 * this.#lengthBytes;
    return Array.from({ length: hex.length / digits }, (_, row) => hex.slice(row * digits, (row + 1) * digits));
  }

  /** One row after the other. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.joined();
  }
}

export class StringColumn implements Column {
  readonly #values: string[] = [];

  readHead(): void {}

  readRows(input: Input, rowCount: number): void {
    for (let row = 0; row < rowCount; row++) this.#values.push(input.text());
  }

  values(): readonly string[] {
    return this.#values;
  }
}

/** String, as the bytes that it is: for what is no text. */
export class BytesColumn implements Column {
  readonly #values: Buffer[] = [];

  readHead(): void {}

  readRows(input: Input, rowCount: number): void {
    for (let row = 0; row < rowCount; row++) this.#values.push(input.take(input.varint()));
  }

  values(): readonly Buffer[] {
    return this.#values;
  }
}

/** A byte per row that says whether it is NULL, then a value for all rows. */
export class NullableColumn implements Column {
  readonly #inner: Column;
  readonly #nulls = new FixedBytes(1);
  constructor(inner: Column) {
    this.#inner = inner;
  }

  readHead(input: Input): void {
    this.#inner.readHead(input);
  }

  readRows(input: Input, rowCount: number): void {
    this.#nulls.read(input, rowCount);
    this.#inner.readRows(input, rowCount);
  }

  values(): readonly unknown[] {
    const nulls = this.#nulls.joined();
    return this.#inner.values().map((value, row) => (nulls[row] === 0 ? value : null));
  }

  /** Of numbers: what stands for a NULL has no meaning. */
  vector(): { readonly values: ArrayLike<number>; readonly isNull: Uint8Array } {
    if (!(this.#inner instanceof NumberColumn)) throw new Error('bug: a column of values that are no numbers');
    return { values: this.#inner.vector(), isNull: this.#nulls.joined() };
  }
}

/** The elements of arrays of numbers, one row behind the other. */
export interface NumberLists {
  /** Of each row: where its elements end. */
  readonly ends: readonly number[];
  readonly values: ArrayLike<number>;
  /** 1 for each element that is NULL; undefined where none can be. */
  readonly isNull: Uint8Array | undefined;
}

/** Where each row's elements end, then the elements of all rows. */
export class ArrayColumn implements Column {
  readonly #inner: Column;
  readonly #ends: number[] = [];
  constructor(inner: Column) {
    this.#inner = inner;
  }

  readHead(input: Input): void {
    this.#inner.readHead(input);
  }

  readRows(input: Input, rowCount: number): void {
    const before = this.#ends.at(-1) ?? 0;
    for (let row = 0; row < rowCount; row++) this.#ends.push(before + input.uint64());
    this.#inner.readRows(input, (this.#ends.at(-1) ?? 0) - before);
  }

  lists(): NumberLists {
    const inner = this.#inner;
    if (inner instanceof NullableColumn) return { ends: this.#ends, ...inner.vector() };
    if (!(inner instanceof NumberColumn)) throw new Error('bug: a column of arrays of what is no number');
    return { ends: this.#ends, values: inner.vector(), isNull: undefined };
  }

  values(): readonly (readonly unknown[])[] {
    const elements = this.#inner.values();
    return this.#ends.map((end, row) => elements.slice(row === 0 ? 0 : this.#ends[row - 1], end));
  }
}

export class TupleColumn implements Column {
  readonly #inner: readonly Column[];
  #rowCount = 0;
  constructor(inner: readonly Column[]) {
    this.#inner = inner;
  }

  readHead(input: Input): void {
    for (const column of this.#inner) column.readHead(input);
  }

  readRows(input: Input, rowCount: number): void {
    for (const column of this.#inner) column.readRows(input, rowCount);
    this.#rowCount += rowCount;
  }

  values(): readonly (readonly unknown[])[] {
    const columns = this.#inner.map((column) => column.values());
    return Array.from({ length: this.#rowCount }, (_, row) => columns.map((values) => values[row]));
  }
}

/** As an array of pairs. */
export class MapColumn implements Column {
  readonly #pairs: ArrayColumn;
  constructor(key: Column, value: Column) {
    this.#pairs = new ArrayColumn(new TupleColumn([key, value]));
  }

  readHead(input: Input): void {
    this.#pairs.readHead(input);
  }

  readRows(input: Input, rowCount: number): void {
    this.#pairs.readRows(input, rowCount);
  }

  values(): readonly ReadonlyMap<unknown, unknown>[] {
    return this.#pairs.values().map((pairs) => new Map(pairs as readonly [unknown, unknown][]));
  }
}
