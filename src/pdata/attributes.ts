import { equalAt } from '#base';
import type { Chunk } from './chunk.ts';
import { type AttributeKey, attributeKeys, UNKNOWN_KEY } from './keys.ts';
import { cursor, readDouble, readInt64, readInt64AsNumber, readVarint32, skipValue, WIRE_BYTES } from './protobuf.ts';
import { textAt } from './text.ts';
import {
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DEPTH_LIMIT,
  VALUE_DOUBLE,
  VALUE_EMPTY,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
} from './value-types.ts';

/** For writing a double that is a whole number, which as a JavaScript number would become an int. Reading gives plain numbers. */
export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  toString(): string {
    return String(this.value);
  }
}

/** A value as JavaScript sees it. int64 beyond 2^53 is a bigint, bytes are a Uint8Array. */
export type AnyValue =
  | Double
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | AnyValue[]
  | { [key: string]: AnyValue };

/**
 * The attributes of all owners of one kind in a chunk (its resources, or its spans, …): one row per attribute, and
 * `from[owner] .. to[owner]` for each owner. Keys and values are ranges of the chunk's arena.
 *
 *   owner     0      1        2            from = 0 2 2   to = 2 2 5
 *   rows   [a b] [        ] [c d e]        adding to owner 0 moves its range to the end: from[0] = 5, to[0] = 8
 *
 * Built from the arena's bytes when something first asks for it (Chunk.rowAttributes and the like).
 */
export class AttributeTable {
  count = 0;
  /** An id of `attributeKeys`, or UNKNOWN_KEY where the dictionary was full. */
  keyId: Int32Array;
  keyAt: Uint32Array;
  keyLength: Uint32Array;
  /** VALUE_*. */
  type: Uint8Array;
  /** Strings, bytes, arrays and maps: the content. Ints: the varint. Doubles: 8 bytes. Bools: one byte. */
  at: Uint32Array;
  length: Uint32Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** Another chunk reads this table too, so its columns must not go back to the pool. */
  isShared = false;

  constructor(ownerCount: number, capacity: number) {
    const columns = takeColumns(capacity);
    this.from = new Uint32Array(ownerCount);
    this.to = new Uint32Array(ownerCount);
    this.keyId = columns.keyId;
    this.keyAt = columns.keyAt;
    this.keyLength = columns.keyLength;
    this.type = columns.type;
    this.at = columns.at;
    this.length = columns.length;
  }

  /** Gives the columns back for the next table. The table must not be used afterwards. */
  release(): void {
    if (!this.isShared) giveColumns(this);
  }

  get ownerCount(): number {
    return this.from.length;
  }

  /** Appends an empty row and returns its index. The caller fills all columns. */
  push(): number {
    if (this.count === this.keyId.length) this.#grow();
    return this.count++;
  }

  /** Makes room for one more row, without adding it. */
  reserve(): void {
    if (this.count === this.keyId.length) this.#grow();
  }

  /** The row of `key` among the attributes of `owner`, or -1. */
  find(arena: Uint8Array, owner: number, key: AttributeKey): number {
    const keyId = this.keyId;
    const to = this.to[owner]!;
    for (let row = this.from[owner]!; row < to; row++) {
      const id = keyId[row]!;
      if (
        id === key.id
          ? id !== UNKNOWN_KEY || this.#hasKey(arena, row, key)
          : (id === UNKNOWN_KEY || key.id === UNKNOWN_KEY) && this.#hasKey(arena, row, key)
      )
        return row;
    }
    return -1;
  }

  #hasKey(arena: Uint8Array, row: number, key: AttributeKey): boolean {
    return this.keyLength[row] === key.bytes.length && equalAt(arena, this.keyAt[row]!, key.bytes, 0, key.bytes.length);
  }

  /** Makes the owner's range the last one, so that a row can be pushed onto it. */
  relocate(owner: number): void {
    const from = this.from[owner]!;
    const to = this.to[owner]!;
    if (to === this.count) return;
    const start = this.count;
    for (let row = from; row < to; row++) this.copyRow(row, this.push());
    this.from[owner] = start;
    this.to[owner] = this.count;
  }

  copyRow(source: number, target: number): void {
    this.keyId[target] = this.keyId[source]!;
    this.keyAt[target] = this.keyAt[source]!;
    this.keyLength[target] = this.keyLength[source]!;
    this.type[target] = this.type[source]!;
    this.at[target] = this.at[source]!;
    this.length[target] = this.length[source]!;
  }

  clone(): AttributeTable {
    const copy = new AttributeTable(this.ownerCount, this.count);
    copy.count = this.count;
    copy.keyId.set(this.keyId.subarray(0, this.count));
    copy.keyAt.set(this.keyAt.subarray(0, this.count));
    copy.keyLength.set(this.keyLength.subarray(0, this.count));
    copy.type.set(this.type.subarray(0, this.count));
    copy.at.set(this.at.subarray(0, this.count));
    copy.length.set(this.length.subarray(0, this.count));
    copy.from.set(this.from);
    copy.to.set(this.to);
    return copy;
  }

  #grow(): void {
    const capacity = Math.max(16, this.keyId.length * 2);
    this.keyId = enlarge(this.keyId, new Int32Array(capacity));
    this.keyAt = enlarge(this.keyAt, new Uint32Array(capacity));
    this.keyLength = enlarge(this.keyLength, new Uint32Array(capacity));
    this.type = enlarge(this.type, new Uint8Array(capacity));
    this.at = enlarge(this.at, new Uint32Array(capacity));
    this.length = enlarge(this.length, new Uint32Array(capacity));
  }
}

/** The columns of a table: what is pooled. */
type TableColumns = Pick<AttributeTable, 'keyId' | 'keyAt' | 'keyLength' | 'type' | 'at' | 'length'>;

/**
 * Columns of released tables, by capacity (a power of two). Fresh ones cost more than filling them: they must be zeroed and collected.
 * At most POOL_LIMIT_ROWS rows (21 bytes each) are kept.
 */
const pool = new Map<number, TableColumns[]>();
let pooledRows = 0;
const POOL_MIN_ROWS = 1024;
const POOL_LIMIT_ROWS = 512 * 1024;

function takeColumns(capacity: number): TableColumns {
  const rows = capacity < POOL_MIN_ROWS ? capacity : 2 ** Math.ceil(Math.log2(capacity));
  const pooled = rows < POOL_MIN_ROWS ? undefined : pool.get(rows)?.pop();
  if (pooled !== undefined) {
    pooledRows -= rows;
    return pooled;
  }
  return {
    keyId: new Int32Array(rows),
    keyAt: new Uint32Array(rows),
    keyLength: new Uint32Array(rows),
    type: new Uint8Array(rows),
    at: new Uint32Array(rows),
    length: new Uint32Array(rows),
  };
}

function giveColumns(columns: TableColumns): void {
  const rows = columns.keyId.length;
  if (rows < POOL_MIN_ROWS || pooledRows + rows > POOL_LIMIT_ROWS || (rows & (rows - 1)) !== 0) return;
  const { keyId, keyAt, keyLength, type, at, length } = columns;
  const list = pool.get(rows) ?? [];
  list.push({ keyId, keyAt, keyLength, type, at, length });
  pool.set(rows, list);
  pooledRows += rows;
}

function enlarge<T extends Int32Array | Uint32Array | Uint8Array>(source: T, target: T): T {
  target.set(source);
  return target;
}

/**
 * Reads the KeyValue message in `arena[at, end)` into row `row` of `table`, which must have room. `guess` is the table row of the
 * attribute that stood at the same position of the previous owner: its key is most often the same, and comparing is cheaper than
 * hashing. -1 for no guess.
 */
export function readKeyValue(
  table: AttributeTable,
  arena: Uint8Array,
  row: number,
  at: number,
  end: number,
  guess: number,
): void {
  let keyAt = at + 2;
  let keyLength = arena[at + 1]!;
  const valueAt = keyAt + keyLength;
  const rest = end - valueAt - 2;
  // What every SDK writes: key, then value, both shorter than 128 bytes.
  if (
    arena[at] === 0x0a &&
    keyLength < 0x80 &&
    rest > 0 &&
    arena[valueAt] === 0x12 &&
    arena[valueAt + 1] === rest &&
    rest < 0x80
  ) {
    const tag = arena[valueAt + 2]!;
    if (tag === 0x0a && rest > 1 && arena[valueAt + 3] === rest - 2) {
      table.type[row] = VALUE_STRING;
      table.at[row] = valueAt + 4;
      table.length[row] = rest - 2;
    } else if (isScalar(arena, tag, valueAt + 3, end)) {
      table.type[row] = tag >>> 3;
      table.at[row] = valueAt + 3;
      table.length[row] = rest - 1;
    } else {
      readAnyValue(arena, valueAt + 2, end);
      table.type[row] = value.type;
      table.at[row] = value.at;
      table.length[row] = value.length;
    }
    table.keyAt[row] = keyAt;
    table.keyLength[row] = keyLength;
    table.keyId[row] = keyIdOf(table, arena, keyAt, keyLength, guess);
    return;
  }
  keyAt = at;
  keyLength = 0;
  value.type = VALUE_EMPTY;
  value.at = end;
  value.length = 0;
  while (at < end) {
    const tag = arena[at]!;
    if (tag === 0x0a) {
      keyLength = arena[at + 1]!;
      keyAt = at + 2;
      if (keyLength >= 0x80) {
        keyLength = readVarint32(arena, at + 1);
        keyAt = cursor.at;
      }
      at = keyAt + keyLength;
    } else if (tag === 0x12) {
      let length = arena[at + 1]!;
      let from = at + 2;
      if (length >= 0x80) {
        length = readVarint32(arena, at + 1);
        from = cursor.at;
      }
      at = from + length;
      readAnyValue(arena, from, at);
    } else {
      const unknown = readVarint32(arena, at);
      at = skipValue(arena, cursor.at, unknown & 7);
    }
  }
  table.keyAt[row] = keyAt;
  table.keyLength[row] = keyLength;
  table.type[row] = value.type;
  table.at[row] = value.at;
  table.length[row] = value.length;
  table.keyId[row] = keyIdOf(table, arena, keyAt, keyLength, guess);
}

/** Whether an AnyValue with this first tag is one bool, int or double whose payload is exactly arena[at, end). */
function isScalar(arena: Uint8Array, tag: number, at: number, end: number): boolean {
  if (tag === 0x21) return end - at === 8;
  if ((tag !== 0x18 && tag !== 0x10) || at >= end) return false;
  const last = end - 1;
  while (at < last && arena[at]! >= 0x80) at++;
  return at === last && arena[last]! < 0x80;
}

function keyIdOf(table: AttributeTable, arena: Uint8Array, keyAt: number, keyLength: number, guess: number): number {
  if (guess >= 0 && table.keyLength[guess] === keyLength) {
    const guessAt = table.keyAt[guess]!;
    let i = 0;
    while (i < keyLength && arena[guessAt + i] === arena[keyAt + i]) i++;
    if (i === keyLength) return table.keyId[guess]!;
  }
  return attributeKeys.intern(arena, keyAt, keyLength);
}

/** What readAnyValue found. */
export const value: { type: number; at: number; length: number } = { type: VALUE_EMPTY, at: 0, length: 0 };

/** Reads the AnyValue message in `arena[at, end)` into `value`: the type and where its payload lies. The last field wins. */
export function readAnyValue(arena: Uint8Array, at: number, end: number): void {
  const length = end - at;
  if (length > 1 && arena[at] === 0x0a && arena[at + 1] === length - 2) {
    value.type = VALUE_STRING;
    value.at = at + 2;
    value.length = length - 2;
    return;
  }
  readAnyValueFields(arena, at, end);
}

function readAnyValueFields(arena: Uint8Array, at: number, end: number): void {
  value.type = VALUE_EMPTY;
  value.at = end;
  value.length = 0;
  while (at < end) {
    const tag = readVarint32(arena, at);
    at = cursor.at;
    const field = tag >>> 3;
    const next = skipValue(arena, at, tag & 7);
    if (field >= VALUE_STRING && field <= VALUE_BYTES) {
      value.type = field;
      if ((tag & 7) === WIRE_BYTES) {
        value.length = readVarint32(arena, at);
        value.at = cursor.at;
      } else {
        value.at = at;
        value.length = next - at;
      }
    }
    at = next;
  }
}

/** The value of the given type and payload as a JavaScript value. `depth` guards the recursion. */
export function anyValueAt(arena: Uint8Array, type: number, at: number, length: number, depth = 0): AnyValue {
  switch (type) {
    case VALUE_STRING:
      return textAt(arena, at, length);
    case VALUE_BOOL:
      return readVarint32(arena, at) !== 0;
    case VALUE_INT: {
      const number = readInt64AsNumber(arena, at);
      return Number.isSafeInteger(number) ? number : readInt64(arena, at);
    }
    case VALUE_DOUBLE:
      return readDouble(arena, at);
    case VALUE_BYTES:
      return arena.slice(at, at + length);
    case VALUE_ARRAY:
      return depth < VALUE_DEPTH_LIMIT ? arrayAt(arena, at, at + length, depth) : null;
    case VALUE_KVLIST:
      return depth < VALUE_DEPTH_LIMIT ? mapAt(arena, at, at + length, depth) : null;
    default:
      return null;
  }
}

function arrayAt(arena: Uint8Array, from: number, end: number, depth: number): AnyValue[] {
  const items: AnyValue[] = [];
  for (let at = from; at < end; ) {
    const tag = readVarint32(arena, at);
    const start = cursor.at;
    at = skipValue(arena, start, tag & 7);
    if (tag !== 0x0a) continue;
    readVarint32(arena, start);
    readAnyValue(arena, cursor.at, at);
    items.push(anyValueAt(arena, value.type, value.at, value.length, depth + 1));
  }
  return items;
}

function mapAt(arena: Uint8Array, from: number, end: number, depth: number): { [key: string]: AnyValue } {
  const map: { [key: string]: AnyValue } = Object.create(null) as { [key: string]: AnyValue };
  const scratch = new AttributeTable(1, 1);
  for (let at = from; at < end; ) {
    const tag = readVarint32(arena, at);
    const start = cursor.at;
    at = skipValue(arena, start, tag & 7);
    if (tag !== 0x0a) continue;
    readVarint32(arena, start);
    readKeyValue(scratch, arena, 0, cursor.at, at, -1);
    const key = textAt(arena, scratch.keyAt[0]!, scratch.keyLength[0]!);
    map[key] = anyValueAt(arena, scratch.type[0]!, scratch.at[0]!, scratch.length[0]!, depth + 1);
  }
  return map;
}

/** Which owners a table belongs to; says what is marked as modified when an attribute changes. */
export type AttributeOwner = 'resource' | 'scope' | 'row';

/**
 * A cursor over the attributes of one owner: set `owner`, then read or change. One object serves a whole loop.
 * Changing needs a batch that the caller may change (Consumer.mutatesData); it marks the owner, so that exporters write it anew.
 */
export class AttributeCursor {
  readonly #chunk: Chunk;
  readonly #kind: AttributeOwner;
  readonly table: AttributeTable;
  owner = 0;

  constructor(chunk: Chunk, kind: AttributeOwner, table: AttributeTable) {
    this.#chunk = chunk;
    this.#kind = kind;
    this.table = table;
  }

  /** Moves to an owner (a resource, a scope or a row) and returns the cursor. */
  of(owner: number): this {
    this.owner = owner;
    return this;
  }

  get count(): number {
    return this.table.to[this.owner]! - this.table.from[this.owner]!;
  }

  has(key: AttributeKey): boolean {
    return this.table.find(this.#chunk.arena, this.owner, key) >= 0;
  }

  /** The value, or undefined where the owner doesn't have the key. */
  get(key: AttributeKey): AnyValue | undefined {
    const row = this.table.find(this.#chunk.arena, this.owner, key);
    return row < 0 ? undefined : this.#valueOf(row);
  }

  /** The value if it is a string. */
  getText(key: AttributeKey): string | undefined {
    const row = this.table.find(this.#chunk.arena, this.owner, key);
    if (row < 0 || this.table.type[row] !== VALUE_STRING) return undefined;
    return textAt(this.#chunk.arena, this.table.at[row]!, this.table.length[row]!);
  }

  /** Whether the value is the string with these UTF-8 bytes. Makes no string. */
  equalsText(key: AttributeKey, bytes: Uint8Array): boolean {
    const { arena } = this.#chunk;
    const row = this.table.find(arena, this.owner, key);
    return (
      row >= 0 &&
      this.table.type[row] === VALUE_STRING &&
      this.table.length[row] === bytes.length &&
      equalAt(arena, this.table.at[row]!, bytes, 0, bytes.length)
    );
  }

  /** Where the value lies, to be set under another key of this chunk without a copy; undefined where the owner doesn't have the key. */
  getPrepared(key: AttributeKey): PreparedValue | undefined {
    const { table } = this;
    const row = table.find(this.#chunk.arena, this.owner, key);
    return row < 0 ? undefined : { type: table.type[row]!, at: table.at[row]!, length: table.length[row]! };
  }

  /** Every key and value, in order. For humans and text protocols: it makes strings. */
  *entries(): Generator<[string, AnyValue]> {
    const { table } = this;
    const { arena } = this.#chunk;
    for (let row = table.from[this.owner]!; row < table.to[this.owner]!; row++) {
      yield [textAt(arena, table.keyAt[row]!, table.keyLength[row]!), this.#valueOf(row)];
    }
  }

  /** All attributes as a plain object without a prototype. */
  toObject(): { [key: string]: AnyValue } {
    const object = Object.create(null) as { [key: string]: AnyValue };
    for (const [key, item] of this.entries()) object[key] = item;
    return object;
  }

  /** Sets `key` to `next`, in place or as a new attribute. Strings, numbers, booleans, bigints, bytes, arrays and maps. */
  set(key: AttributeKey, next: AnyValue): void {
    this.setPrepared(key, this.#chunk.appendValue(next));
  }

  /** Sets `key` to a value that already lies in this chunk's arena (Chunk.appendValue): prepare once, set on many rows. */
  setPrepared(key: AttributeKey, next: PreparedValue): void {
    const { table } = this;
    let row = table.find(this.#chunk.arena, this.owner, key);
    if (row < 0) {
      table.relocate(this.owner);
      row = table.push();
      table.to[this.owner] = row + 1;
      table.keyId[row] = key.id;
      table.keyAt[row] = this.#chunk.appendKey(key);
      table.keyLength[row] = key.bytes.length;
    }
    table.type[row] = next.type;
    table.at[row] = next.at;
    table.length[row] = next.length;
    this.#chunk.markModified(this.#kind, this.owner);
  }

  /** Removes `key`. Returns whether it was there. */
  delete(key: AttributeKey): boolean {
    const { table } = this;
    const row = table.find(this.#chunk.arena, this.owner, key);
    if (row < 0) return false;
    const last = table.to[this.owner]! - 1;
    for (let target = row; target < last; target++) table.copyRow(target + 1, target);
    table.to[this.owner] = last;
    this.#chunk.markModified(this.#kind, this.owner);
    return true;
  }

  #valueOf(row: number): AnyValue {
    const { table } = this;
    return anyValueAt(this.#chunk.arena, table.type[row]!, table.at[row]!, table.length[row]!);
  }
}

/** A value whose bytes lie in a chunk's arena. */
export interface PreparedValue {
  readonly type: number;
  readonly at: number;
  readonly length: number;
}
