/** Where the nearest data lie when a range has none. */
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import type { TimedRows, TimeRange } from '../source/index.ts';
import { raw, type Sql, sql } from '../sql/index.ts';

const TIMEOUT_MS = 3_000;

/**
 * The time in ms of the match nearest to the range, before or behind it. Undefined where there is none, or where finding
 * it takes too long: the answer is help, not truth.
 */
export async function nearestTime(
  reader: StoreReader,
  rows: TimedRows,
  condition: Sql,
  range: TimeRange,
  options?: ReadOptions,
): Promise<number | undefined> {
  const probe = (side: Sql, direction: Sql): Sql =>
    sql`SELECT toUnixTimestamp64Nano(time) AS at ${side} AND ${condition}
      ORDER BY ${rows.bucket} ${direction}, time ${direction} LIMIT 1`;
  const read = async (statement: Sql): Promise<number | undefined> => {
    try {
      const found = await reader.read(statement, { ...options, cost: 'bounded', timeoutMs: TIMEOUT_MS });
      return found.rowCount === 0 ? undefined : Number(found.bigints('at')[0]!) / 1e6;
    } catch (error) {
      if (options?.signal?.aborted) throw error;
      return undefined;
    }
  };
  const [before, behind] = await Promise.all([
    read(probe(rows.before(range.fromMs), raw('DESC'))),
    read(probe(rows.from(range.toMs), raw('ASC'))),
  ]);
  if (before === undefined || behind === undefined) return before ?? behind;
  return range.fromMs - before <= behind - range.toMs ? before : behind;
}
