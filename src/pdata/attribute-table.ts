import { equalAt } from '#base';
import { type AttributeKey, UNKNOWN_KEY } from './keys.ts';

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
  /** Where the KeyValue message that says the same lies in the arena; 0 where none does, because the attribute is new or was changed. */
  entryAt: Uint32Array;
  from: Uint32Array;
  to: Uint32Array;

  constructor(ownerCount: number, capacity: number) {
    const columns = columnsFor(capacity);
    this.from = new Uint32Array(ownerCount);
    this.to = new Uint32Array(ownerCount);
    this.keyId = columns.keyId;
    this.keyAt = columns.keyAt;
    this.keyLength = columns.keyLength;
    this.type = columns.type;
    this.at = columns.at;
    this.length = columns.length;
    this.entryAt = columns.entryAt;
  }

  get ownerCount(): number {
    return this.from.length;
  }

  /** Makes room for owners up to `count`; new ones have no attributes. */
  reserveOwners(count: number): void {
    if (count <= this.from.length) return;
    const capacity = Math.max(count, this.from.length * 2);
    this.from = enlarge(this.from, new Uint32Array(capacity));
    this.to = enlarge(this.to, new Uint32Array(capacity));
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
    const to = this.to[owner]!;
    for (let row = this.from[owner]!; row < to; row++) if (this.isKey(arena, row, key)) return row;
    return -1;
  }

  /** Whether the attribute in `row` has this key. */
  isKey(arena: Uint8Array, row: number, key: AttributeKey): boolean {
    const id = this.keyId[row]!;
    if (id === key.id) return id !== UNKNOWN_KEY || this.#hasKey(arena, row, key);
    return (id === UNKNOWN_KEY || key.id === UNKNOWN_KEY) && this.#hasKey(arena, row, key);
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

  /** Takes the attribute in `row` from its owner. */
  remove(owner: number, row: number): void {
    const last = this.to[owner]! - 1;
    for (let target = row; target < last; target++) this.copyRow(target + 1, target);
    this.to[owner] = last;
  }

  copyRow(source: number, target: number): void {
    this.keyId[target] = this.keyId[source]!;
    this.keyAt[target] = this.keyAt[source]!;
    this.keyLength[target] = this.keyLength[source]!;
    this.type[target] = this.type[source]!;
    this.at[target] = this.at[source]!;
    this.length[target] = this.length[source]!;
    this.entryAt[target] = this.entryAt[source]!;
  }

  /** Gives the attribute in `row` another value. */
  setValue(row: number, type: number, at: number, length: number): void {
    this.type[row] = type;
    this.at[row] = at;
    this.length[row] = length;
    this.entryAt[row] = 0;
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
    copy.entryAt.set(this.entryAt.subarray(0, this.count));
    copy.from.set(this.from);
    copy.to.set(this.to);
    return copy;
  }

  #grow(): void {
    const { keyId, keyAt, keyLength, type, at, length, entryAt } = this;
    // A chunk has room for 16 at first, and often needs one or two for each of its thousand rows.
    const larger = columnsFor(Math.max(16, keyId.length * (keyId.length < QUICK_ROWS ? 4 : 2)));
    this.keyId = enlarge(keyId, larger.keyId);
    this.keyAt = enlarge(keyAt, larger.keyAt);
    this.keyLength = enlarge(keyLength, larger.keyLength);
    this.type = enlarge(type, larger.type);
    this.at = enlarge(at, larger.at);
    this.length = enlarge(length, larger.length);
    this.entryAt = enlarge(entryAt, larger.entryAt);
  }
}

/** Up to here a table grows in large steps. */
const QUICK_ROWS = 1024;

/** The columns of a table. */
type TableColumns = Pick<AttributeTable, 'keyId' | 'keyAt' | 'keyLength' | 'type' | 'at' | 'length' | 'entryAt'>;

const WORD_COLUMNS = 6;

/** In one piece of memory: seven would cost more than what is in them. */
function columnsFor(rows: number): TableColumns {
  const bytes = rows * 4;
  const buffer = new ArrayBuffer(WORD_COLUMNS * bytes + rows);
  return {
    keyId: new Int32Array(buffer, 0, rows),
    keyAt: new Uint32Array(buffer, bytes, rows),
    keyLength: new Uint32Array(buffer, 2 * bytes, rows),
    at: new Uint32Array(buffer, 3 * bytes, rows),
    length: new Uint32Array(buffer, 4 * bytes, rows),
    entryAt: new Uint32Array(buffer, 5 * bytes, rows),
    type: new Uint8Array(buffer, WORD_COLUMNS * bytes, rows),
  };
}

function enlarge<T extends Int32Array | Uint32Array | Uint8Array>(source: T, target: T): T {
  target.set(source);
  return target;
}
