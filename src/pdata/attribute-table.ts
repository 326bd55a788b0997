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
  from: Uint32Array;
  to: Uint32Array;
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
