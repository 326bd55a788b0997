import { AttributeTable, type Chunk, readKeyValue } from '#pdata';
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
    readKeyValue(table, this.#arena, table.count, at, end, this.#guess < this.#guessEnd ? this.#guess : -1);
    table.to[this.#owner] = ++table.count;
    this.#guess++;
  }
}
