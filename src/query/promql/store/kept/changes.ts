import type { ReadOptions, StoreReader } from '../../../reader/index.ts';
import type { TimedRows } from '../../../source/index.ts';
import { raw, type Sql, sql, text, timeMs } from '../../../sql/index.ts';
import { BLOCK_MS } from './kept-block.ts';

/**
 * To which blocks of a metric rows have come. The store never changes a row, and drops rows only by the day of their ingestion: so it is enough to
 * count. Two figures say it, and neither takes a look at most rows: how many the metric has, which the index of the sort key tells, and those
 * since some time ago, by when they were ingested, which has an index too. Where the one has grown by another number than the other, as by what
 * came late or went with its day, nobody can tell where.
 */

/** So long after its ingestion a row may come and is still noticed for its block alone. */
const LATE_MS = 60_000;

/** How it was. */
export interface Known {
  readonly rows: number;
  /** Rows that were ingested later are counted below. */
  readonly sinceMs: number;
  /** By the block's begin, in ms. */
  readonly recent: ReadonlyMap<number, number>;
}

export interface Changes {
  readonly known: Known;
  /** Begins of blocks. */
  readonly changed: readonly number[] | 'any';
}

export async function readChanges(
  reader: StoreReader,
  points: TimedRows,
  metric: string,
  before: Known | undefined,
  options: ReadOptions,
): Promise<Changes> {
  const nowMs = Date.now();
  // A clock that was ahead would have all that comes until then be late.
  const known = before !== undefined && before.sinceMs > nowMs ? undefined : before;
  const nextSinceMs = Math.max(nowMs - LATE_MS, known?.sinceMs ?? 0);
  const sinceMs = known?.sinceMs ?? nextSinceMs;
  const table = await reader.read(statementOf(points, metric, sinceMs, nextSinceMs), { ...options, cost: 'bounded' });
  const [blocks, counts, recents] = [table.numbers('block'), table.numbers('samples'), table.numbers('recent')];
  const since = new Map<number, number>();
  const recent = new Map<number, number>();
  let rows = 0;
  blocks.forEach((block, place) => {
    if (block === ALL_BLOCKS) {
      rows = counts[place]!;
      return;
    }
    since.set(block * BLOCK_MS, counts[place]!);
    if (recents[place]! > 0) recent.set(block * BLOCK_MS, recents[place]!);
  });
  const next = { rows, sinceMs: nextSinceMs, recent };
  if (known === undefined) return { known: next, changed: 'any' };
  const changed: number[] = [];
  let more = 0;
  for (const block of new Set([...since.keys(), ...known.recent.keys()])) {
    const change = (since.get(block) ?? 0) - (known.recent.get(block) ?? 0);
    more += change;
    if (change !== 0) changed.push(block);
  }
  return { known: next, changed: rows === known.rows + more ? changed : 'any' };
}

const ALL_BLOCKS = -1;

function statementOf(points: TimedRows, metric: string, sinceMs: number, nextSinceMs: number): Sql {
  const rows = sql`${points.ever()} AND name = ${text(metric)}`;
  const block = raw(`intDiv(toUnixTimestamp64Milli(stored.time), ${BLOCK_MS})`);
  return sql`SELECT toInt64(${raw(String(ALL_BLOCKS))}) AS block, count() AS samples, toUInt64(0) AS recent ${rows}
    UNION ALL
    SELECT toInt64(${block}) AS block, count() AS samples, countIf(stored.ingested_at >= ${timeMs(nextSinceMs)}) AS recent
    ${rows} AND stored.ingested_at >= ${timeMs(sinceMs)} GROUP BY block`;
}
