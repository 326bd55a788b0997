/** Where the nearest data lie when a range has none. */

import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { raw, type Sql, sql, timeMs } from '../sql/index.ts';
import type { TimeRange } from './time-grid.ts';

/** The tables and the width of the time bucket in front of their sort key: reading in its order stops at the first match. */
const BUCKET_SECONDS = { spans: 300, logs: 300 } as const;

const timeoutMs = 3_000;

/**
 * The time in ms of the match nearest to the range, before or behind it. Undefined where there is none, or where finding
 * it takes too long: the answer is help, not truth.
 */
export async function nearestTime(
  reader: StoreReader,
  table: keyof typeof BUCKET_SECONDS,
  condition: Sql,
  range: TimeRange,
  options?: ReadOptions,
): Promise<number | undefined> {
  const bucket = raw(`intDiv(toInt64(time), ${BUCKET_SECONDS[table]})`);
  const probe = (side: Sql, direction: Sql): Sql =>
    sql`SELECT toUnixTimestamp64Nano(time) AS at FROM ${raw(table)} WHERE ${side} AND ${condition}
      ORDER BY ${bucket} ${direction}, time ${direction} LIMIT 1`;
  const read = async (statement: Sql): Promise<number | undefined> => {
    try {
      const found = await reader.read(statement, { ...options, timeoutMs });
      return found.rowCount === 0 ? undefined : Number(found.bigints('at')[0]!) / 1e6;
    } catch (error) {
      if (options?.signal?.aborted) throw error;
      return undefined;
    }
  };
  const [before, behind] = await Promise.all([
    read(probe(sql`time < ${timeMs(range.fromMs)}`, raw('DESC'))),
    read(probe(sql`time >= ${timeMs(range.toMs)}`, raw('ASC'))),
  ]);
  if (before === undefined || behind === undefined) return before ?? behind;
  return range.fromMs - before <= behind - range.toMs ? before : behind;
}
