/**
 * Reads ClickHouse's RowBinaryWithNamesAndTypes: the names and types of the columns, then the rows. It keeps what JSON
 * loses: 64-bit integers, integers apart from floating-point numbers, and attribute keys with dots as they are.
 * Source: ClickHouse docs, formats RowBinary and "Binary encoding of data types".
 */
import { DecodeError } from '#base';

/** A dynamic value: of the variants only the types that attributes have are told apart. */
export interface DynamicValue {
  readonly type: 'none' | 'text' | 'int' | 'double' | 'bool' | 'bytes' | 'array' | 'tuple' | 'json';
  /** none: null; int: number, or bigint beyond 2^53; bytes: Buffer; array, tuple: DynamicValue[]; json: JsonPath[]. */
  readonly value: unknown;
}

/** One path of a JSON column with its value. */
export interface JsonPath {
  readonly path: string;
  readonly value: DynamicValue;
}

/** The columns of an answer. */
export class Table {
  readonly rowCount: number;
  readonly names: readonly string[];
  readonly #columns: Map<string, readonly unknown[]>;
  constructor(names: readonly string[], columns: readonly (readonly unknown[])[]) {
    this.names = names;
    this.rowCount = columns[0]?.length ?? 0;
    this.#columns = new Map(names.map((name, i) => [name, columns[i]!]));
  }

  /** A column as it was decoded. 64-bit integers are numbers where they fit exactly, else bigints. */
  column<T>(name: string): readonly T[] {
    const column = this.#columns.get(name);
    if (column === undefined) throw new Error(`bug: no column ${name} in the answer`);
    return column as readonly T[];
  }

  /** 64-bit integers as numbers, rounded beyond 2^53. */
  numbers(name: string): readonly number[] {
    return this.column<number | bigint>(name).map(Number);
  }

  bigints(name: string): readonly bigint[] {
    return this.column<number | bigint>(name).map(BigInt);
  }

  strings(name: string): readonly string[] {
    return this.column<string>(name);
  }
}

type Reader = (input: Input) => unknown;

class Input {
  readonly bytes: Buffer;
  readonly view: DataView;
  at = 0;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.bytes.readUInt8(this.advance(1));
  }

  /** LEB128; lengths stay far below 2^53. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  text(): string {
    const length = this.varint();
    const start = this.advance(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /** The position before moving on by `length` bytes. Throws DecodeError past the end. */
  advance(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) throw new DecodeError('the answer of the store ends in the middle', start);
    this.at = start + length;
    return start;
  }
}

/** Decodes a whole answer. Throws DecodeError for a cut-off body or a type that this reader does not know. */
export function decodeRowBinary(bytes: Buffer): Table {
  const input = new Input(bytes);
  if (bytes.length === 0) return new Table([], []);
  const columnCount = input.varint();
  const names = Array.from({ length: columnCount }, () => input.text());
  const readers = Array.from({ length: columnCount }, () => readerOf(input.text()));
  const columns: unknown[][] = readers.map(() => []);
  while (input.at < bytes.length) {
    for (let i = 0; i < columnCount; i++) columns[i]!.push(readers[i]!(input));
  }
  return new Table(names, columns);
}

function exact(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

const readInt64: Reader = (input) => {
  const at = input.advance(8);
  const high = input.bytes.readInt32LE(at + 4);
  // |high| < 2^20 keeps the number below 2^52: no bigint is made for counts and durations.
  if (high >= -1048576 && high < 1048576) return high * 4294967296 + input.bytes.readUInt32LE(at);
  return exact(input.bytes.readBigInt64LE(at));
};
const readUint64: Reader = (input) => {
  const at = input.advance(8);
  const high = input.bytes.readUInt32LE(at + 4);
  if (high < 1048576) return high * 4294967296 + input.bytes.readUInt32LE(at);
  return exact(input.bytes.readBigUInt64LE(at));
};

const SIMPLE: { readonly [type: string]: Reader } = {
  Nothing: () => null,
  Bool: (input) => input.u8() !== 0,
  UInt8: (input) => input.u8(),
  Int8: (input) => input.bytes.readInt8(input.advance(1)),
  UInt16: (input) => input.bytes.readUInt16LE(input.advance(2)),
  Int16: (input) => input.bytes.readInt16LE(input.advance(2)),
  UInt32: (input) => input.bytes.readUInt32LE(input.advance(4)),
  Int32: (input) => input.bytes.readInt32LE(input.advance(4)),
  UInt64: readUint64,
  Int64: readInt64,
  Float32: (input) => input.view.getFloat32(input.advance(4), true),
  Float64: (input) => input.view.getFloat64(input.advance(8), true),
  String: (input) => input.text(),
  Date: (input) => input.bytes.readUInt16LE(input.advance(2)),
  DateTime: (input) => input.bytes.readUInt32LE(input.advance(4)),
  Dynamic: (input) => readDynamic(input),
};

/** The reader of a type by its name. FixedString gives hex; DateTime64 its ticks. */
function readerOf(type: string): Reader {
  const simple = SIMPLE[type];
  if (simple !== undefined) return simple;
  const open = type.indexOf('(');
  const name = open < 0 ? type : type.slice(0, open);
  const inner = open < 0 ? '' : type.slice(open + 1, -1);
  switch (name) {
    case 'FixedString': {
      const length = Number(inner);
      return (input) => {
        const at = input.advance(length);
        return input.bytes.toString('hex', at, at + length);
      };
    }
    case 'DateTime64':
      return readInt64;
    case 'DateTime':
      return SIMPLE.DateTime!;
    case 'LowCardinality':
      return readerOf(inner);
    case 'Nullable':
      return nullable(readerOf(inner));
    case 'Array':
      return arrayOf(readerOf(inner));
    case 'Tuple':
      return tupleOf(splitTypes(inner).map(readerOf));
    case 'Map':
      return mapOf(splitTypes(inner).map(readerOf));
    case 'JSON':
      return readJson;
    case 'Dynamic':
      return SIMPLE.Dynamic!;
    case 'SimpleAggregateFunction':
      return readerOf(splitTypes(inner)[1]!);
    default:
      throw new DecodeError(`column type ${type} of the store's answer is not known here`);
  }
}

/** `a, Tuple(b, c)` to its two types. Names of tuple elements are dropped. */
function splitTypes(inner: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= inner.length; i++) {
    const char = inner[i];
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if ((char === ',' && depth === 0) || char === undefined) {
      parts.push(inner.slice(from, i).trim());
      from = i + 1;
    }
  }
  return parts.map((part) => /^\w+ (?=[A-Z])/.exec(part)?.[0] ?? '').map((name, i) => parts[i]!.slice(name.length));
}

function nullable(inner: Reader): Reader {
  return (input) => (input.u8() === 0 ? inner(input) : null);
}

function arrayOf(inner: Reader): Reader {
  return (input) => {
    const length = input.varint();
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.push(inner(input));
    return items;
  };
}

function tupleOf(inner: readonly Reader[]): Reader {
  return (input) => inner.map((reader) => reader(input));
}

function mapOf(inner: readonly Reader[]): Reader {
  const [key, value] = inner as [Reader, Reader];
  return (input) => {
    const length = input.varint();
    const entries: [unknown, unknown][] = [];
    for (let i = 0; i < length; i++) entries.push([key(input), value(input)]);
    return new Map(entries);
  };
}

/** A JSON value: the number of paths, then each path with its dynamic value. */
function readJson(input: Input): readonly JsonPath[] {
  const count = input.varint();
  const paths: JsonPath[] = [];
  for (let i = 0; i < count; i++) paths.push({ path: input.text(), value: readDynamic(input) });
  return paths;
}

const NONE: DynamicValue = { type: 'none', value: null };

function readDynamic(input: Input): DynamicValue {
  const reader = readBinaryType(input);
  return reader(input);
}

type DynamicReader = (input: Input) => DynamicValue;

function typed(type: DynamicValue['type'], reader: Reader): DynamicReader {
  return (input) => ({ type, value: reader(input) });
}

/** Type codes of the binary encoding, for the types that a Dynamic of ours can hold. */
const DYNAMIC_READERS: readonly (DynamicReader | undefined)[] = (() => {
  const readers: (DynamicReader | undefined)[] = [];
  readers[0x00] = () => NONE;
  readers[0x01] = typed('int', SIMPLE.UInt8!);
  readers[0x02] = typed('int', SIMPLE.UInt16!);
  readers[0x03] = typed('int', SIMPLE.UInt32!);
  readers[0x04] = typed('int', SIMPLE.UInt64!);
  readers[0x07] = typed('int', SIMPLE.Int8!);
  readers[0x08] = typed('int', SIMPLE.Int16!);
  readers[0x09] = typed('int', SIMPLE.Int32!);
  readers[0x0a] = typed('int', readInt64);
  readers[0x0d] = typed('double', SIMPLE.Float32!);
  readers[0x0e] = typed('double', SIMPLE.Float64!);
  readers[0x15] = typed('text', SIMPLE.String!);
  readers[0x2d] = typed('bool', SIMPLE.Bool!);
  return readers;
})();

function readBinaryType(input: Input): DynamicReader {
  const code = input.u8();
  const simple = DYNAMIC_READERS[code];
  if (simple !== undefined) return simple;
  switch (code) {
    case 0x1e:
      return readArrayType(input);
    case 0x1f:
      return readTupleType(input, false);
    case 0x20:
      return readTupleType(input, true);
    case 0x23: {
      const inner = readBinaryType(input);
      return (at) => (at.u8() === 0 ? inner(at) : NONE);
    }
    case 0x2b:
      input.u8(); // The maximum number of types.
      return readDynamic;
    case 0x30:
      skipJsonType(input);
      return typed('json', readJson);
    default:
      throw new DecodeError(`type code ${code} of the store's answer is not known here`, input.at - 1);
  }
}

/** Array(UInt8) is how attributes of bytes are stored. */
function readArrayType(input: Input): DynamicReader {
  if (input.bytes[input.at] === 0x01) {
    input.u8();
    return typed('bytes', (at) => {
      const length = at.varint();
      const start = at.advance(length);
      return at.bytes.subarray(start, start + length);
    });
  }
  return typed('array', arrayOf(readBinaryType(input)));
}

function readTupleType(input: Input, named: boolean): DynamicReader {
  const count = input.varint();
  const readers: DynamicReader[] = [];
  for (let i = 0; i < count; i++) {
    if (named) input.text();
    readers.push(readBinaryType(input));
  }
  return typed('tuple', tupleOf(readers));
}

/** JSON's own settings: version, maximum of paths and of types, then typed paths and paths to skip (both empty here). */
function skipJsonType(input: Input): void {
  input.u8();
  input.varint();
  input.u8();
  const lists = [input.varint(), input.varint(), input.varint()];
  if (lists.some((length) => length !== 0)) throw new DecodeError('JSON columns with typed paths are not known here');
}
