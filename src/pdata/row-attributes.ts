import { AttributeTable } from './attribute-table.ts';
import { readAttributes } from './read-values.ts';

/** So many attributes are kept until the table begins anew. */
const KEPT = 256;
const NONE = -1;
const NO_ARENA = new Uint8Array(0);

/**
 * All attributes of one row at a time, by `Chunk.readRowAttributes`: for components that look at few of a chunk's rows. `table` and `owner` say where
 * they are, until the next row is read.
 */
export class RowAttributes {
  table: AttributeTable;
  owner = 0;
  /** Two owners in turns: keys are guessed from those of the row before. */
  readonly #own = new AttributeTable(2, KEPT);
  #previous = NONE;
  #arena: Uint8Array = NO_ARENA;

  constructor() {
    this.table = this.#own;
  }

  /** For Chunk: they are in its table. */
  pointTo(table: AttributeTable, owner: number): void {
    this.table = table;
    this.owner = owner;
  }

  /** For Chunk: from the message in `arena[from, to)`, whose attributes are in field `field`. */
  read(arena: Uint8Array, from: number, to: number, field: number): void {
    const table = this.#own;
    if (arena !== this.#arena || table.count > KEPT) {
      this.#arena = arena;
      this.#previous = NONE;
      table.count = 0;
    }
    const owner = this.#previous === 0 ? 1 : 0;
    readAttributes(table, arena, owner, from, to, field, this.#previous);
    this.#previous = owner;
    this.pointTo(table, owner);
  }

  /** Lets the bytes go that were read last. */
  leave(): void {
    this.#arena = NO_ARENA;
    this.#previous = NONE;
    this.#own.count = 0;
    this.table = this.#own;
  }
}
