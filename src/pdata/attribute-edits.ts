import { AttributeTable } from './attribute-table.ts';
import type { AttributeKey } from './keys.ts';
import { cursor, readVarint32, skipValue } from './protobuf.ts';
import { readKeyValueAt } from './read-values.ts';
import { type PreparedValue, VALUE_ABSENT } from './value-types.ts';

/** Rows whose attributes are read one by one: a chunk. */
export interface RowMessages {
  readonly arena: Uint8Array;
  /** Where a row's message lies, without what is pending. */
  messageStart(row: number): number;
  messageEnd(row: number): number;
  /** The field number of the attributes. */
  attributesField(row: number): number;
  /** The selected rows, in order. */
  readonly count: number;
  rowAt(index: number): number;
  /** All attributes of the selected rows as their messages have them. */
  readAttributeTable(): AttributeTable;
  appendKey(key: AttributeKey): number;
}

/** From the lookup with this number on for one row, a table of all attributes costs less than going through its message again. */
const SCAN_LIMIT = 8;

/**
 * The attributes of rows while few of them matter: looked up in the messages, with what was changed beside them. Most components ask for
 * one to three keys, and a table of all attributes takes ten times as long to make.
 *
 *   message of a row     a b c            entries at 10, 20, 30
 *   edits of the row     b' (entryAt 20)  c ABSENT (entryAt 30)  d (entryAt 0)
 *   means                a b' d
 */
export class AttributeEdits {
  readonly #rows: RowMessages;
  /** `from` and `to` hold what was changed; behind the last row stands what `find` found in a message, until the next call. */
  readonly table: AttributeTable;
  #lastOwner = -1;
  #scanCount = 0;
  /** The last lookup in a message and what it found, as `find` says it: true until something is changed or the message is another one. */
  #soughtOwner = -1;
  #soughtKey: AttributeKey | undefined = undefined;
  #soughtStart = 0;
  #soughtRow = -1;

  constructor(rows: RowMessages, table: AttributeTable) {
    this.#rows = rows;
    this.table = table;
  }

  /** So many lookups were made for one row that a table of all is the better way. */
  get isBusy(): boolean {
    return this.#scanCount > SCAN_LIMIT;
  }

  /** The row of `table` that has the attribute, until the next call; -1 where the owner doesn't have the key. */
  find(owner: number, key: AttributeKey): number {
    const { table } = this;
    const { arena } = this.#rows;
    const from = table.from[owner]!;
    const to = table.to[owner]!;
    for (let row = from; row < to; row++) {
      if (table.type[row] !== VALUE_ABSENT && table.isKey(arena, row, key)) return row;
    }
    const start = this.#rows.messageStart(owner);
    if (owner !== this.#soughtOwner || key !== this.#soughtKey || start !== this.#soughtStart) {
      this.#soughtRow = this.#scan(arena, owner, key, from < to);
      this.#soughtOwner = owner;
      this.#soughtKey = key;
      this.#soughtStart = start;
    }
    return this.#soughtRow;
  }

  #scan(arena: Uint8Array, owner: number, key: AttributeKey, hasEdits: boolean): number {
    if (owner === this.#lastOwner) this.#scanCount++;
    else {
      this.#lastOwner = owner;
      this.#scanCount = 1;
    }
    const to = this.#rows.messageEnd(owner);
    const tag = (this.#rows.attributesField(owner) << 3) | 2;
    let at = this.#rows.messageStart(owner);
    for (;;) {
      at = nextEntry(arena, at, to, tag, key);
      if (at < 0) return -1;
      if (!hasEdits || this.#editOf(owner, at) < 0) break;
      at = entry.end;
    }
    const { table } = this;
    table.reserve();
    readKeyValueAt(table, arena, table.count, at, entry.end);
    table.keyId[table.count] = key.id;
    return table.count;
  }

  /** What was made of the entry whose KeyValue message begins at `entry`; -1 for nothing. */
  #editOf(owner: number, entry: number): number {
    const { entryAt, from, to } = this.table;
    for (let row = from[owner]!; row < to[owner]!; row++) if (entryAt[row] === entry) return row;
    return -1;
  }

  /** Whether anything of the owner was changed. */
  has(owner: number): boolean {
    return this.table.from[owner]! < this.table.to[owner]!;
  }

  set(owner: number, key: AttributeKey, next: PreparedValue): void {
    const { table } = this;
    let row = this.find(owner, key);
    this.#soughtOwner = -1;
    if (row === table.count) row = this.#keep(owner, row);
    else if (row < 0) {
      table.relocate(owner);
      row = table.push();
      table.to[owner] = row + 1;
      table.keyId[row] = key.id;
      table.keyAt[row] = this.#rows.appendKey(key);
      table.keyLength[row] = key.bytes.length;
      table.entryAt[row] = 0;
    }
    table.type[row] = next.type;
    table.at[row] = next.at;
    table.length[row] = next.length;
  }

  /** Whether the owner had the key. */
  delete(owner: number, key: AttributeKey): boolean {
    const { table } = this;
    let row = this.find(owner, key);
    if (row < 0) return false;
    this.#soughtOwner = -1;
    if (row === table.count) row = this.#keep(owner, row);
    if (table.entryAt[row] === 0) table.remove(owner, row);
    else table.type[row] = VALUE_ABSENT;
    return true;
  }

  /** Makes what was found in a message an edit. Returns its row. */
  #keep(owner: number, found: number): number {
    const { table } = this;
    const keyId = table.keyId[found]!;
    const keyAt = table.keyAt[found]!;
    const keyLength = table.keyLength[found]!;
    const entryAt = table.entryAt[found]!;
    table.relocate(owner);
    const row = table.push();
    table.to[owner] = row + 1;
    table.keyId[row] = keyId;
    table.keyAt[row] = keyAt;
    table.keyLength[row] = keyLength;
    table.entryAt[row] = entryAt;
    return row;
  }

  /** All attributes, with what was changed. Nothing of this object must be used afterwards. */
  complete(): AttributeTable {
    const rows = this.#rows;
    const all = rows.readAttributeTable();
    const { from, to } = this.table;
    for (let i = 0; i < rows.count; i++) {
      const owner = rows.rowAt(i);
      for (let row = from[owner]!; row < to[owner]!; row++) this.#apply(all, owner, row);
    }
    return all;
  }

  #apply(all: AttributeTable, owner: number, row: number): void {
    const { keyId, keyAt, keyLength, type, at, length, entryAt } = this.table;
    let target = -1;
    if (entryAt[row] === 0) {
      all.relocate(owner);
      target = all.push();
      all.to[owner] = target + 1;
      all.keyId[target] = keyId[row]!;
      all.keyAt[target] = keyAt[row]!;
      all.keyLength[target] = keyLength[row]!;
    } else {
      target = all.from[owner]!;
      while (all.entryAt[target] !== entryAt[row]) target++;
    }
    if (type[row] === VALUE_ABSENT) all.remove(owner, target);
    else all.setValue(target, type[row]!, at[row]!, length[row]!);
  }
}

/** What `nextEntry` found. */
const entry: { end: number } = { end: 0 };

/** Where the next KeyValue message with this key begins among the fields in arena[at, to), which begin with `tag`; -1 for none. Sets `entry.end`. */
function nextEntry(arena: Uint8Array, at: number, to: number, tag: number, key: AttributeKey): number {
  const { bytes } = key;
  const keyLength = bytes.length;
  while (at < to) {
    let found = arena[at++]!;
    if (found >= 0x80) {
      found = readVarint32(arena, at - 1);
      at = cursor.at;
    }
    if (found !== tag) {
      at = skipValue(arena, at, found & 7);
      continue;
    }
    let length = arena[at++]!;
    if (length >= 0x80) {
      length = readVarint32(arena, at - 1);
      at = cursor.at;
    }
    const end = at + length;
    if (isEntryOf(arena, at, end, bytes, keyLength)) {
      entry.end = end;
      return at;
    }
    at = end;
  }
  return -1;
}

function isEntryOf(arena: Uint8Array, at: number, end: number, key: Uint8Array, keyLength: number): boolean {
  // What every SDK writes: the key first and once, shorter than 128 bytes, then the value up to the end.
  const valueAt = at + 2 + arena[at + 1]!;
  if (arena[at] === 0x0a && arena[at + 1]! < 0x80 && arena[valueAt] === 0x12 && endsWith(arena, valueAt + 1, end)) {
    if (arena[at + 1] !== keyLength) return false;
    // Keys of one namespace begin alike.
    for (let i = keyLength - 1; i >= 0; i--) if (arena[at + 2 + i] !== key[i]) return false;
    return true;
  }
  return isOddEntryOf(arena, at, end, key);
}

/** Whether the content whose length stands at `at` ends at `end`. */
function endsWith(arena: Uint8Array, at: number, end: number): boolean {
  const length = arena[at]!;
  return length < 0x80 ? at + 1 + length === end : readVarint32(arena, at) === end - cursor.at;
}

const odd = new AttributeTable(1, 1);

function isOddEntryOf(arena: Uint8Array, at: number, end: number, key: Uint8Array): boolean {
  readKeyValueAt(odd, arena, 0, at, end);
  const keyAt = odd.keyAt[0]!;
  if (odd.keyLength[0] !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (arena[keyAt + i] !== key[i]) return false;
  return true;
}
