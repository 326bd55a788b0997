/**
 * Reads ClickHouse's Native format: blocks of whole columns, which become typed arrays without a step per row. For answers with many rows
 * of few, simple types, such as the spans of a trace; everything else is read as RowBinary (row-binary.ts).
 * Source: ClickHouse docs, format Native; src/Formats/NativeWriter.cpp and SerializationLowCardinality.cpp.
 *
 *   a block:  varint columns · varint rows · then per column: String name · String type · data of all rows
 */
import { DecodeError } from '#base';

/** A LowCardinality(String) column: each different text once, and an index into `values` per row. */
export interface TextColumn {
  readonly values: readonly string[];
  readonly indices: Uint32Array;
}

/** The columns of an answer. One without rows does not say what its columns are: all are empty then. */
export class Columns {
  readonly rowCount: number;
  readonly #columns: ReadonlyMap<string, Collector>;
  constructor(rowCount: number, columns: ReadonlyMap<string, Collector>) {
    this.rowCount = rowCount;
    this.#columns = columns;
  }

  /** UInt8, UInt32, UInt64 (rounded beyond 2^53) and Float64; one entry per row. */
  numbers(name: string): ArrayLike<number> {
    if (this.rowCount === 0) return [];
    const column = this.#find(name);
    if (!(column instanceof FixedCollector)) throw new Error(`bug: column ${name} holds no numbers`);
    return column.numbers();
  }

  /** Int64, exact; one entry per row. */
  bigints(name: string): BigInt64Array {
    if (this.rowCount === 0) return new BigInt64Array(0);
    const column = this.#find(name);
    if (!(column instanceof FixedCollector)) throw new Error(`bug: column ${name} holds no numbers`);
    return new BigInt64Array(column.bytes().buffer);
  }

  /** The bytes of a FixedString column, one row after the other, at the start of a buffer of their own. */
  fixed(name: string): Uint8Array<ArrayBuffer> {
    if (this.rowCount === 0) return new Uint8Array(0);
    const column = this.#find(name);
    if (!(column instanceof FixedCollector)) throw new Error(`bug: column ${name} is no FixedString`);
    return column.bytes();
  }

  texts(name: string): TextColumn {
    if (this.rowCount === 0) return { values: [], indices: new Uint32Array(0) };
    const column = this.#find(name);
    if (!(column instanceof TextCollector)) throw new Error(`bug: column ${name} is no LowCardinality(String)`);
    return column.finish();
  }

  #find(name: string): Collector {
    const column = this.#columns.get(name);
    if (column === undefined) throw new Error(`bug: no column ${name} in the answer`);
    return column;
  }
}

/** Decodes a whole answer. Throws DecodeError for a cut-off body or a type that this reader does not know. */
export function decodeNative(bytes: Buffer): Columns {
  const input = new Input(bytes);
  const columns = new Map<string, Collector>();
  let rowCount = 0;
  while (input.at < bytes.length) {
    const columnCount = input.varint();
    const blockRows = input.varint();
    for (let i = 0; i < columnCount; i++) {
      const name = input.text();
      const type = input.text();
      const column = columns.get(name) ?? collectorOf(type);
      columns.set(name, column);
      column.read(input, blockRows);
    }
    rowCount += blockRows;
  }
  return new Columns(rowCount, columns);
}

/** Takes the rows of one column from each block. */
interface Collector {
  read(input: Input, rowCount: number): void;
}

type NumberType = 'UInt8' | 'UInt32' | 'UInt64' | 'Int64' | 'Float64' | 'FixedString';

const WIDTH_BYTES: { readonly [type: string]: number } = { UInt8: 1, UInt32: 4, UInt64: 8, Int64: 8, Float64: 8 };

function collectorOf(type: string): Collector {
  if (type === 'LowCardinality(String)') return new TextCollector();
  const fixedLength = /^FixedString\((\d+)\)$/.exec(type)?.[1];
  if (fixedLength !== undefined) return new FixedCollector('FixedString', Number(fixedLength));
  const widthBytes = WIDTH_BYTES[type];
  if (widthBytes === undefined) throw new DecodeError(`column type ${type} of the store's answer is not known here`);
  return new FixedCollector(type as NumberType, widthBytes);
}

/** Values of one width. The parts of all blocks are put together once, so that numbers are aligned. */
class FixedCollector implements Collector {
  readonly #type: NumberType;
  readonly #widthBytes: number;
  readonly #parts: Uint8Array[] = [];
  constructor(type: NumberType, widthBytes: number) {
    this.#type = type;
    this.#widthBytes = widthBytes;
  }

  read(input: Input, rowCount: number): void {
    this.#parts.push(input.take(rowCount * this.#widthBytes));
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  numbers(): ArrayLike<number> {
    const bytes = this.bytes();
    switch (this.#type) {
      case 'Float64':
        return new Float64Array(bytes.buffer);
      case 'UInt32':
        return new Uint32Array(bytes.buffer);
      case 'UInt64':
        return numbersOfWords(new Uint32Array(bytes.buffer));
      default:
        return bytes;
    }
  }
}

function numbersOfWords(words: Uint32Array): Float64Array {
  const numbers = new Float64Array(words.length / 2);
  for (let i = 0; i < numbers.length; i++) numbers[i] = words[2 * i + 1]! * 4294967296 + words[2 * i]!;
  return numbers;
}

/** "The dictionary stands in the block itself", which is the only way over HTTP. */
const HAS_OWN_KEYS = 0x200;

/**
 * LowCardinality(String). Each block brings a dictionary of its own; they are merged into one.
 *
 *   UInt64 1 (version) · UInt64 flags | width of an index (0, 1, 2, 3: 1, 2, 4, 8 bytes) · UInt64 count of texts · String each ·
 *   UInt64 count of rows · an index per row                                         (nothing at all in a block without rows)
 */
class TextCollector implements Collector {
  readonly #values: string[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #parts: Uint32Array[] = [];

  read(input: Input, rowCount: number): void {
    if (rowCount === 0) return;
    input.uint64();
    const flags = input.uint64();
    if ((flags & HAS_OWN_KEYS) === 0) throw new DecodeError('a dictionary outside of its block', input.at);
    const keyCount = input.uint64();
    const indexOfKey = new Uint32Array(keyCount);
    for (let key = 0; key < keyCount; key++) indexOfKey[key] = this.#add(input.text());
    const indexCount = input.uint64();
    if (indexCount !== rowCount) throw new DecodeError('a dictionary column with a wrong number of rows', input.at);
    const keys = readIndices(input, rowCount, flags & 0xff);
    const indices = new Uint32Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      if (keys[row]! >= keyCount) throw new DecodeError('an index beyond its dictionary', input.at);
      indices[row] = indexOfKey[keys[row]!]!;
    }
    this.#parts.push(indices);
  }

  #add(text: string): number {
    let index = this.#indexOf.get(text);
    if (index === undefined) {
      index = this.#values.push(text) - 1;
      this.#indexOf.set(text, index);
    }
    return index;
  }

  finish(): TextColumn {
    const indices = new Uint32Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      indices.set(part, at);
      at += part.length;
    }
    return { values: this.#values, indices };
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

class Input {
  readonly bytes: Buffer;
  at = 0;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** LEB128; lengths stay far below 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.take(1)[0]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** A count or flags: below 2^53. */
  uint64(): number {
    const at = this.at;
    this.take(8);
    return this.bytes.readUInt32LE(at) + this.bytes.readUInt32LE(at + 4) * 4294967296;
  }

  text(): string {
    const length = this.varint();
    const at = this.at;
    this.take(length);
    return this.bytes.toString('utf8', at, at + length);
  }

  /** The next bytes, not copied. Throws DecodeError past the end. */
  take(length: number): Uint8Array {
    const start = this.at;
    if (start + length > this.bytes.length) throw new DecodeError('the answer of the store ends in the middle', start);
    this.at = start + length;
    return this.bytes.subarray(start, start + length);
  }
}
