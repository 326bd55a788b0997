import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import { boundsOf } from '../source/index.ts';
import { sql } from '../sql/index.ts';

/** Ids travel in the URL, 20 bytes each. */
const BOUNDS_AT_ONCE = 500;

/** The bounds of the histograms in an answer, by id. */
export async function readBounds(
  reader: StoreReader,
  table: Table,
  options?: ReadOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const ids = [...new Set(table.column<number | bigint>('bounds_id').map(String))];
  const bounds = new Map<string, readonly number[]>();
  for (let at = 0; at < ids.length; at += BOUNDS_AT_ONCE) {
    const found = await reader.read(sql`SELECT ${boundsOf(ids.slice(at, at + BOUNDS_AT_ONCE))}`, options);
    const lists = found.column<readonly number[]>('bounds');
    found.column<number | bigint>('bounds_id').forEach((id, row) => void bounds.set(String(id), lists[row]!));
  }
  return bounds;
}
