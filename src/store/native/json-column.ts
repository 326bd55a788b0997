import {
  type AttributeTable,
  cursor,
  readAnyValue,
  readVarint32,
  skipValue,
  VALUE_BOOL,
  VALUE_DOUBLE,
  VALUE_INT,
  VALUE_STRING,
  value,
} from '#pdata';
import type { ByteSink } from './byte-sink.ts';
import type { JsonPath } from './json-path.ts';
import { JsonPaths } from './json-paths.ts';
import { SharedData } from './json-shared.ts';
import { type PlacedValue, prepareTexts } from './value-kinds.ts';

const NO_BYTES = new Uint8Array(0);

/** KeyValue: key = 1, value = 2. AnyValue: string = 1, bool = 2, int = 3, double = 4. */
const KEY_TAG = 0x0a;
const VALUE_TAG = 0x12;
const STRING_TAG = 0x0a;
const BOOL_TAG = 0x10;
const INT_TAG = 0x18;
const DOUBLE_TAG = 0x21;

/**
 * A JSON column of a Native block, built row by row straight from attributes in protobuf: one path per attribute key, dots and all. A value
 * goes to its path's bytes when its row is read, so that a body is looked at once.
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
 */
export class JsonColumn {
  readonly #pathLimit: number;
  readonly #paths: JsonPaths;
  readonly #shared = new SharedData();
  #arena: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #row = 0;
  #repeat = 1;
  /** Keys that the current row has more than once, and where their values stand. */
  readonly #doubles = new Map<JsonPath, PlacedValue[]>();

  constructor(pathLimit: number) {
    this.#pathLimit = pathLimit;
    this.#paths = new JsonPaths(pathLimit);
  }

  reset(): void {
    this.#paths.reset(this.#row);
    this.#shared.reset();
    this.#row = 0;
    this.setArena(NO_BYTES);
  }

  /** What is added from now on stands in `arena`. Between rows only. */
  setArena(arena: Uint8Array): void {
    this.#arena = arena;
    this.#view = new DataView(arena.buffer, arena.byteOffset, arena.byteLength);
  }

  /** Begins the next row, or `repeat` rows with the same attributes. */
  beginRow(repeat = 1): void {
    this.#repeat = repeat;
    this.#paths.beginRow();
  }

  endRow(): void {
    if (this.#doubles.size > 0) this.#foldDoubles();
    this.#shared.endRow(this.#arena, this.#row, this.#repeat);
    this.#row += this.#repeat;
  }

  /** Adds the attribute in the KeyValue message in [at, end). */
  addMessage(at: number, end: number): void {
    const arena = this.#arena;
    const keyLength = arena[at + 1]!;
    const keyAt = at + 2;
    const valueAt = keyAt + keyLength + 2;
    // What every SDK writes: key, then value, both shorter than 128 bytes.
    if (
      arena[at] === KEY_TAG &&
      keyLength < 0x80 &&
      valueAt < end &&
      arena[valueAt - 2] === VALUE_TAG &&
      arena[valueAt - 1] === end - valueAt &&
      end - valueAt < 0x80
    )
      this.#addPair(keyAt, keyLength, valueAt, end);
    else this.#addFields(at, end);
  }

  /** A key and the AnyValue in [at, end). */
  #addPair(keyAt: number, keyLength: number, at: number, end: number): void {
    const arena = this.#arena;
    const path = this.#paths.find(arena, this.#view, keyAt, keyLength);
    const tag = arena[at];
    // One string or scalar whose payload is all the rest; readAnyValue takes everything else.
    if (tag === STRING_TAG && arena[at + 1] === end - at - 2 && end - at < 0x80)
      this.#add(path, keyAt, keyLength, VALUE_STRING, at + 2, end - at - 2);
    else if (tag === INT_TAG && isVarint(arena, at + 1, end))
      this.#add(path, keyAt, keyLength, VALUE_INT, at + 1, end - at - 1);
    else if (tag === BOOL_TAG && end - at === 2 && isVarint(arena, at + 1, end))
      this.#add(path, keyAt, keyLength, VALUE_BOOL, at + 1, 1);
    else if (tag === DOUBLE_TAG && end - at === 9) this.#add(path, keyAt, keyLength, VALUE_DOUBLE, at + 1, 8);
    else {
      readAnyValue(arena, at, end);
      this.#add(path, keyAt, keyLength, value.type, value.at, value.length);
    }
  }

  /** A KeyValue message of any shape: fields in any order, missing or more than once. */
  #addFields(at: number, end: number): void {
    const arena = this.#arena;
    let keyAt = at;
    let keyLength = 0;
    let valueAt = end;
    let valueEnd = end;
    while (at < end) {
      const tag = readVarint32(arena, at);
      const start = cursor.at;
      at = skipValue(arena, start, tag & 7);
      if (tag !== KEY_TAG && tag !== VALUE_TAG) continue;
      const length = readVarint32(arena, start);
      if (tag === KEY_TAG) {
        keyAt = cursor.at;
        keyLength = length;
      } else {
        valueAt = cursor.at;
        valueEnd = at;
      }
    }
    this.#addPair(keyAt, keyLength, valueAt, valueEnd);
  }

  /** Adds all attributes that an owner has in a table over the arena. */
  addOwner(table: AttributeTable, owner: number): void {
    const { keyId, keyAt, keyLength, type, at, length } = table;
    const end = table.to[owner]!;
    for (let row = table.from[owner]!; row < end; row++)
      this.#add(this.#paths.findById(keyId[row]!), keyAt[row]!, keyLength[row]!, type[row]!, at[row]!, length[row]!);
  }

  /** A value of the current row. Without a path it goes to shared data. */
  #add(path: JsonPath | undefined, keyAt: number, keyLength: number, type: number, at: number, length: number): void {
    if (path === undefined) this.#shared.push(keyAt, keyLength, type, at, length);
    else if (path.end > this.#row) this.#addDouble(path, { type, at, length });
    else {
      path.add(this.#row, this.#arena, this.#view, type, at, length);
      if (this.#repeat > 1) path.repeatNewest(this.#repeat - 1);
    }
  }

  #addDouble(path: JsonPath, place: PlacedValue): void {
    const places = this.#doubles.get(path);
    if (places === undefined) this.#doubles.set(path, [path.newest(), place]);
    else places.push(place);
  }

  /** All values of a key that the row has more than once become one array of texts. */
  #foldDoubles(): void {
    for (const [path, places] of this.#doubles) {
      path.dropNewest(this.#row);
      path.addArray(this.#row, prepareTexts(this.#arena, places));
      if (this.#repeat > 1) path.repeatNewest(this.#repeat - 1);
    }
    this.#doubles.clear();
  }

  /** Writes prefix and data of all rows since `reset`. */
  write(sink: ByteSink): void {
    const paths = this.#paths.used();
    sink.uint64(0);
    sink.varint(this.#pathLimit);
    sink.varint(paths.length);
    for (const { key } of paths) {
      sink.varint(key.length);
      sink.copy(key, 0, key.length);
    }
    for (const path of paths) path.writeTypes(sink);
    for (const path of paths) path.writeData(sink, this.#row);
    this.#shared.write(sink, this.#row);
  }
}

/** Whether the bytes [at, end) are one varint. */
function isVarint(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return false;
  while (bytes[at]! >= 0x80 && at < end) at++;
  return at === end - 1;
}
