import { KeptById, type ReadOptions, type StoreReader, type Table } from '../reader/index.ts';
import { boundsOf } from '../source/index.ts';
import { sql } from '../sql/index.ts';

/** Ids travel in the URL, 20 bytes each. */
const BOUNDS_AT_ONCE = 500;

const KEPT = new KeptById<readonly number[]>(4 * 1024 * 1024, ({ length }) => length * 8);

/** The bounds of the histograms in an answer, by id. */
export function readBounds(
  reader: StoreReader,
  table: Table,
  options?: ReadOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  return boundsById(reader, table.column<number | bigint>('bounds_id').map(String), options);
}

/** Lists of bounds by their ids. */
export async function boundsById(
  reader: StoreReader,
  ids: Iterable<string>,
  options?: ReadOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { found, missing } = KEPT.find(reader, ids);
  for (let at = 0; at < missing.length; at += BOUNDS_AT_ONCE) {
    const table = await reader.read(sql`SELECT ${boundsOf(missing.slice(at, at + BOUNDS_AT_ONCE))}`, options);
    const lists = table.column<readonly number[]>('bounds');
    table.column<number | bigint>('bounds_id').forEach((id, row) => {
      const bounds = lists[row]!;
      found.set(String(id), bounds);
      KEPT.keep(reader, String(id), bounds);
    });
  }
  return found;
}
