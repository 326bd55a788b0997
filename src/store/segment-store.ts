import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FreeSpace } from './free-space.ts';
import { InsertError, type Inserter, insertErrorOf } from './inserter.ts';
import type { TableBlock } from './native/columns.ts';
import type { KnownIds } from './native/known-ids.ts';
import type { SegmentEncoder } from './native/segment-encoder.ts';
import { TABLES } from './schema/index.ts';
import type { Delivery } from './spool/delivery-queue.ts';

/** By table, what other rows name. Rows that are stored twice become one there, so how many there are says nothing: we look for their ids. */
const MERGING_TABLES: Readonly<Record<string, string>> = {
  resources: 'resource_id',
  scopes: 'scope_id',
  metric_series: 'series_id',
  metric_bounds: 'bounds_id',
  log_streams: 'stream_id',
};
const NOT_ENOUGH_SPACE = 243;
/** Tokens that are tried for a block in one attempt. */
const TOKENS = 4;

function hasColumn(name: string, column: string): boolean {
  const table = TABLES.find((one) => one.name === name);
  return table !== undefined && new RegExp(`(?:^|\\s)${column} `).test(table.columns);
}

interface KeySource {
  readonly source: string;
  readonly through?: { readonly key: string; readonly items: string };
}

/** Where the rows of a segment that went to `tables` name rows of `table`: items themselves, or what items name, as points do their series. */
function sourcesOf(key: string, table: string, tables: readonly string[]): readonly KeySource[] {
  const isItems = (name: string): boolean => MERGING_TABLES[name] === undefined;
  return Object.keys(MERGING_TABLES)
    .concat(tables.filter(isItems))
    .filter((source) => source !== table && hasColumn(source, key))
    .flatMap((source): readonly KeySource[] => {
      const own = MERGING_TABLES[source];
      if (own === undefined) return [{ source }];
      const items = tables.filter((name) => isItems(name) && hasColumn(name, own));
      return items.map((name) => ({ source, through: { key: own, items: name } }));
    });
}

/** Brings segments into the tables, and in doubt reads back what was brought. */
export class SegmentStore {
  readonly #inserter: Inserter;
  readonly #space: FreeSpace;
  readonly #mend: (message: string) => Promise<number>;

  /** `mend` sets aside the damaged parts that an error's text names, and gives how many. */
  constructor(inserter: Inserter, space: FreeSpace, mend: (message: string) => Promise<number>) {
    this.#inserter = inserter;
    this.#space = space;
    this.#mend = mend;
  }

  /**
   * Inserts the segment's blocks where they are not stored yet. Resolves when they are; where the delivery is doubtful, when all of
   * them were read back. Throws InsertError.
   */
  async store(delivery: Delivery<SegmentEncoder>, encoder: SegmentEncoder, known: KnownIds): Promise<void> {
    const { segment, isDoubtful } = delivery;
    delivery.items = encoder.items;
    const tables: string[] = [];
    while (encoder.step()) await nextTurn();
    // The time of the segment's making, so that a segment gives the same rows whenever it is delivered.
    for (const block of encoder.blocks(segment.ingestedAtNs, known)) {
      tables.push(block.table);
      if (!isDoubtful && delivery.doneTables.has(block.table)) continue;
      if (isDoubtful && MERGING_TABLES[block.table] === undefined) await this.#insertVerified(delivery, block);
      else await this.#insert(delivery, block);
      delivery.doneTables.add(block.table);
    }
    if (!isDoubtful) return;
    for (const table of tables)
      if (MERGING_TABLES[table] !== undefined) await this.#verifyKeys(delivery, table, tables);
  }

  async #insert(delivery: Delivery<SegmentEncoder>, block: TableBlock): Promise<void> {
    const obstacle = await this.#space.obstacle(block.byteLength);
    if (obstacle !== undefined) throw new InsertError(obstacle, 'full');
    const { table } = block;
    const again = delivery.again.get(table) ?? 0;
    const token = `${delivery.segment.id}-${table}${again === 0 ? '' : `-again-${again}`}`;
    try {
      await this.#inserter.insert(block, token, MERGING_TABLES[table] === undefined);
    } catch (error) {
      if (error instanceof InsertError && error.code === NOT_ENOUGH_SPACE) this.#space.doubt();
      throw error;
    }
  }

  /**
   * One block, once. The token alone is not enough: an engine that was killed, or whose disk was full, may have noted the token without the
   * part, or the part without the token, or a part that can't be read. So we read the segment's rows: they are one part, all there
   * or none.
   */
  async #insertVerified(delivery: Delivery<SegmentEncoder>, block: TableBlock): Promise<void> {
    const { table, rowCount } = block;
    const { id, ingestedAtNs } = delivery.segment;
    for (let attempt = 0; attempt <= TOKENS; attempt++) {
      const found = await this.#read(() => this.#inserter.countRows(table, ingestedAtNs));
      // More than that where the segment was stored before its file was damaged.
      if (found >= rowCount) return;
      if (found > 0) throw new InsertError(`segment ${id}: ${found} of ${rowCount} rows are in ${table}`, 'content');
      if (attempt === TOKENS) break;
      await this.#insert(delivery, block);
      // Should that have changed nothing, its token is spent.
      delivery.again.set(table, (delivery.again.get(table) ?? 0) + 1);
    }
    throw new InsertError(`segment ${id}: its rows are not in ${table} after ${TOKENS} inserts`, 'refused');
  }

  /** That all that the segment's rows name is known: resources, scopes, series. */
  async #verifyKeys(delivery: Delivery<SegmentEncoder>, table: string, tables: readonly string[]): Promise<void> {
    const { ingestedAtNs, id } = delivery.segment;
    const key = MERGING_TABLES[table]!;
    for (const { source, through } of sourcesOf(key, table, tables)) {
      const asked = { table, key, source, ...(through === undefined ? {} : { through }), ingestedAtNs };
      const missing = await this.#read(() => this.#inserter.countMissingKeys(asked));
      if (missing === 0) continue;
      delivery.again.set(table, (delivery.again.get(table) ?? 0) + 1);
      throw new InsertError(`segment ${id}: ${missing} keys of ${source} are not in ${table}`, 'refused');
    }
  }

  /** Reads; where a damaged part is in the way, sets it aside and reads again. */
  async #read(read: () => Promise<number>): Promise<number> {
    for (;;) {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof InsertError) || error.code === 0) throw error;
        // Whatever the code, it speaks of what is stored and not of this segment.
        const mended = await this.#mend(error.message).catch((failure: unknown) => {
          throw insertErrorOf(failure);
        });
        if (mended === 0) throw new InsertError(error.message, 'refused', error.code, { cause: error });
      }
    }
  }
}
