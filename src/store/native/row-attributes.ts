import { AttributeTable, type Chunk, readAnyValue, readKeyValue, VALUE_STRING, value } from '#pdata';
import type { OwnerGroup } from './json-paths.ts';

/**
 * The attributes of a block's rows. Those of chunks that nobody changed are read from their bytes into one table that is used for every
 * block, by the walk over each item's fields that is made anyway: no table is allocated per chunk. Owners are the rows of the block.
 */
export class RowAttributes {
  /** Where `add` puts attributes. */
  #table: AttributeTable = new AttributeTable(1024, 8192);
  groups: OwnerGroup[] = [];
  #arena: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** The table rows of the previous owner that are left as guesses of keys. */
  #guess = -1;
  #guessEnd = -1;
  #owner = 0;
  #hasPrevious = false;

  reset(rowCount: number): void {
    if (this.#table.ownerCount < rowCount)
      this.#table = new AttributeTable(Math.ceil(rowCount * 1.25), this.#table.keyId.length);
    this.#table.count = 0;
    this.groups = [];
  }

  /** Opens the group of a chunk whose first selected row is `blockRow`. False where the chunk has attributes of its own making. */
  beginChunk(chunk: Chunk, blockRow: number): boolean {
    const isRead = chunk.modifiedRows === undefined;
    this.groups.push({
      arena: chunk.arena,
      table: isRead ? this.#table : chunk.rowAttributes.table,
      count: chunk.count,
      firstOwner: isRead ? blockRow : 0,
      owners: isRead ? undefined : chunk.rows,
      repeats: undefined,
    });
    this.#arena = chunk.arena;
    this.#view = new DataView(chunk.arena.buffer, chunk.arena.byteOffset, chunk.arena.byteLength);
    this.#hasPrevious = false;
    return isRead;
  }

  beginRow(blockRow: number): void {
    const table = this.#table;
    this.#guess = this.#hasPrevious ? table.from[blockRow - 1]! : -1;
    this.#guessEnd = this.#hasPrevious ? table.to[blockRow - 1]! : -1;
    this.#hasPrevious = true;
    this.#owner = blockRow;
    table.from[blockRow] = table.count;
    table.to[blockRow] = table.count;
  }

  /** Reads the KeyValue message in [at, end) as the next attribute of the row. */
  add(at: number, end: number): void {
    const table = this.#table;
    table.reserve();
    const guess = this.#guess < this.#guessEnd ? this.#guess : -1;
    if (guess < 0 || !this.#addGuessed(at, end, guess)) readKeyValue(table, this.#arena, table.count, at, end, guess);
    table.to[this.#owner] = ++table.count;
    this.#guess++;
  }

  /**
   * The common case, written out because it is most of the work: key and value as every SDK writes them, and the key is that of the row
   * before. False where it is not; then nothing is done.
   */
  #addGuessed(at: number, end: number, guess: number): boolean {
    const table = this.#table;
    const arena = this.#arena;
    const keyLength = arena[at + 1]!;
    const keyAt = at + 2;
    const valueAt = keyAt + keyLength;
    const valueLength = end - valueAt - 2;
    if (arena[at] !== 0x0a || keyLength >= 0x80 || valueLength < 2 || valueLength >= 0x80) return false;
    if (arena[valueAt] !== 0x12 || arena[valueAt + 1] !== valueLength) return false;
    if (table.keyLength[guess] !== keyLength || !isSame(this.#view, table.keyAt[guess]!, keyAt, keyLength))
      return false;
    const row = table.count;
    if (arena[valueAt + 2] === 0x0a && arena[valueAt + 3] === valueLength - 2) {
      table.type[row] = VALUE_STRING;
      table.at[row] = valueAt + 4;
      table.length[row] = valueLength - 2;
    } else {
      readAnyValue(arena, valueAt + 2, end);
      table.type[row] = value.type;
      table.at[row] = value.at;
      table.length[row] = value.length;
    }
    table.keyAt[row] = keyAt;
    table.keyLength[row] = keyLength;
    table.keyId[row] = table.keyId[guess]!;
    return true;
  }
}

/** Whether two ranges of the same bytes are equal, four bytes at a step. */
function isSame(view: DataView, a: number, b: number, length: number): boolean {
  let i = 0;
  for (const wordsEnd = length - 3; i < wordsEnd; i += 4)
    if (view.getUint32(a + i) !== view.getUint32(b + i)) return false;
  for (; i < length; i++) if (view.getUint8(a + i) !== view.getUint8(b + i)) return false;
  return true;
}
