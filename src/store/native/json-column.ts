import { type AttributeTable, readKeyValue } from '#pdata';
import type { TypedPath } from '../schema/index.ts';
import type { AttributeHashes } from './attribute-hashes.ts';
import type { BlockSink } from './columns.ts';
import { JsonPath } from './json-path.ts';
import { JsonPaths } from './json-paths.ts';
import { SharedData } from './json-shared.ts';
import { FIRST_TABLE_PLACE, isPlainValue, MOVED, PlacedRows, SLICE_BITS, SLICE_ROWS } from './placed-rows.ts';

const NO_BYTES = new Uint8Array(0);
/** KeyValue: key = 1, value = 2. */
const KEY_TAG = 0x0a;
const VALUE_TAG = 0x12;

/**
 * A JSON column of a Native block, built row by row straight from attributes in protobuf: one path per attribute key, dots and all.
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
 * Two steps for each slice of rows: the walk over the rows' messages notes where their attributes stand, by path; then each path copies its
 * values. Both are short loops, and a body is read while the processor's caches still have it.
 */
export class JsonColumn {
  readonly #pathLimit: number;
  readonly #paths: JsonPaths;
  readonly #shared = new SharedData();
  /** Values under typed paths that are not of the path's type. */
  readonly #misfits = new SharedData();
  readonly #typedCount: number;
  /** Per typed path: the VALUE_* that it takes. */
  readonly #typedValues: Uint8Array;
  readonly #rows: PlacedRows;
  /** Per path: whether some row of the slice has it. */
  readonly #isTouched: Uint8Array;
  readonly #hashes: AttributeHashes | undefined;
  /** The block's row that the slice begins with, and how many rows the slice has. */
  #firstRow = 0;
  #count = 0;

  /** `typedPaths` in the order of their bytes. `hashes` gets those of attributes without a type of their own. */
  constructor(pathLimit: number, typedPaths: readonly TypedPath[] = [], hashes?: AttributeHashes) {
    this.#hashes = hashes;
    this.#pathLimit = pathLimit;
    this.#typedCount = typedPaths.length;
    this.#paths = new JsonPaths(pathLimit, typedPaths);
    this.#typedValues = Uint8Array.from(this.#paths.typed, ({ valueType }) => valueType);
    this.#rows = new PlacedRows(pathLimit + typedPaths.length);
    this.#isTouched = new Uint8Array(pathLimit + typedPaths.length);
  }

  reset(): void {
    this.#paths.reset(this.#firstRow);
    this.#shared.reset();
    this.#hashes?.reset();
    this.#misfits.reset();
    this.#firstRow = 0;
    this.#count = 0;
    this.#rows.setArena(NO_BYTES);
  }

  /** The rows to come have their attributes in `arena`: in messages, or in `table`, of which they are owners. Call `endRows` behind them. */
  beginRows(arena: Uint8Array, table?: AttributeTable): void {
    this.#rows.setArena(arena, table);
  }

  endRows(): void {
    if (this.#count > 0) this.#writeSlice();
  }

  beginRow(): void {
    if (this.#count === SLICE_ROWS) this.#writeSlice();
    this.#count++;
    this.#paths.beginRow();
  }

  endRow(): void {
    const row = this.#firstRow + this.#count - 1;
    this.#shared.endRow(this.#rows.arena, row);
    this.#misfits.endRow(this.#rows.arena, row);
  }

  /** Adds the attribute in the KeyValue message in [at, end) to the row. */
  addMessage(at: number, end: number): void {
    const { arena, view, places } = this.#rows;
    const keyLength = arena[at + 1]!;
    const valueAt = at + keyLength + 4;
    // What every SDK writes: key, then value, both shorter than 128 bytes.
    if (
      arena[at] !== KEY_TAG ||
      keyLength >= 0x80 ||
      valueAt >= end ||
      arena[valueAt - 2] !== VALUE_TAG ||
      arena[valueAt - 1] !== end - valueAt ||
      end - valueAt >= 0x80
    ) {
      this.#addUncommon(at, end);
      return;
    }
    const slot = this.#paths.find(arena, view, at + 2, keyLength);
    const index = (slot << SLICE_BITS) + this.#count - 1;
    if (slot < 0 || places[index] !== 0) this.#add(slot, valueAt, at + 2, keyLength);
    else if (slot < this.#typedCount && !isPlainValue(arena, valueAt, end, this.#typedValues[slot]!))
      this.#addTyped(slot, valueAt, at + 2, keyLength);
    else {
      places[index] = valueAt;
      this.#isTouched[slot] = 1;
    }
  }

  /** A message of another shape: long, or with fields in another order, missing, or more than once. */
  #addUncommon(at: number, end: number): void {
    const { table, arena } = this.#rows;
    const row = table.push();
    readKeyValue(table, arena, row, at, end, -1);
    const slot = this.#paths.findById(table.keyId[row]!);
    this.#add(slot, FIRST_TABLE_PLACE + row, table.keyAt[row]!, table.keyLength[row]!);
  }

  /** Adds the attributes that an owner has in the table. */
  addOwner(owner: number): void {
    const { table } = this.#rows;
    const end = table.to[owner]!;
    for (let row = table.from[owner]!; row < end; row++) {
      const slot = this.#paths.findById(table.keyId[row]!);
      this.#add(slot, FIRST_TABLE_PLACE + row, table.keyAt[row]!, table.keyLength[row]!);
    }
  }

  #add(slot: number, place: number, keyAt: number, keyLength: number): void {
    if (slot < 0) this.#addShared(place, keyAt, keyLength);
    else if (slot < this.#typedCount) this.#addTyped(slot, place, keyAt, keyLength);
    else {
      this.#rows.add((slot << SLICE_BITS) + this.#count - 1, place);
      this.#isTouched[slot] = 1;
    }
  }

  #addShared(place: number, keyAt: number, keyLength: number): void {
    const placed = this.#rows.placed(place);
    this.#shared.push(keyAt, keyLength, placed);
    this.#hashes?.addOther(this.#firstRow + this.#count - 1, this.#rows.arena, keyAt, keyLength, placed);
  }

  /** A value goes to its typed path if it has the type and is the only one of its key; else all of them are kept apart. */
  #addTyped(slot: number, place: number, keyAt: number, keyLength: number): void {
    const rows = this.#rows;
    const index = (slot << SLICE_BITS) + this.#count - 1;
    const before = rows.places[index]!;
    const placed = rows.placed(place);
    this.#isTouched[slot] = 1;
    if (before === 0 && placed.type === this.#typedValues[slot]) {
      rows.places[index] = place;
      return;
    }
    if (before > MOVED) this.#misfits.push(keyAt, keyLength, rows.placed(before));
    this.#misfits.push(keyAt, keyLength, placed);
    rows.places[index] = MOVED;
  }

  /** Gives the slice's values to their paths. */
  #writeSlice(): void {
    const rows = this.#rows;
    const paths = this.#paths.all;
    for (let slot = 0; slot < paths.length; slot++) {
      if (this.#isTouched[slot] === 0) continue;
      this.#isTouched[slot] = 0;
      const first = slot << SLICE_BITS;
      const path = paths[slot]!;
      path.add(this.#firstRow, rows, first, this.#count);
      if (path instanceof JsonPath) this.#hashes?.addPath(path.keyHash, this.#firstRow, rows, first, this.#count);
      rows.places.fill(0, first, first + this.#count);
    }
    rows.clear();
    this.#firstRow += this.#count;
    this.#count = 0;
  }

  /** Writes prefix and data of all rows since `reset`. The sink refers to the column's bytes, which stay as they are until `reset`. */
  write(sink: BlockSink): void {
    const paths = this.#paths.used();
    sink.uint64(0);
    sink.varint(this.#pathLimit);
    sink.varint(paths.length);
    for (const { key } of paths) {
      sink.varint(key.length);
      sink.copy(key, 0, key.length);
    }
    const { typed } = this.#paths;
    for (const column of typed) column.writePrefix(sink);
    for (const path of paths) path.writeTypes(sink);
    for (const column of typed) column.write(sink, this.#firstRow);
    for (const path of paths) path.writeData(sink, this.#firstRow);
    this.#shared.write(sink, this.#firstRow);
  }

  /** Whether some value under a typed path is not of its type: then `writeMisfits` has them. */
  get hasMisfits(): boolean {
    return !this.#misfits.isEmpty;
  }

  /** Writes a JSON column without any paths of its own, for what the typed paths could not take. */
  writeMisfits(sink: BlockSink): void {
    sink.uint64(0);
    sink.varint(0);
    sink.varint(0);
    this.#misfits.write(sink, this.#firstRow);
  }
}
