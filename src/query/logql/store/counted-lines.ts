import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { logs } from '../../source/index.ts';
import { allOf, Bound, integer, raw, type Sql, sql } from '../../sql/index.ts';
import type { CountedBy, LineCount, LineSelection } from '../line-source.ts';
import { BY_SEVERITY } from './level.ts';
import { lineCondition } from './line-condition.ts';
import { timesOfLines } from './line-times.ts';
import { findStreams, ofStreams } from './streams.ts';

/** Streams, levels and buckets of an answer; beyond, lines are read. */
const MOST_ROWS = 1_000_000;
const LEVEL = 'detected_level';

/** Counts in the store; undefined where only who reads the lines can tell. */
export async function countStoredLines(
  reader: StoreReader,
  selection: LineSelection,
  { labels: names, of, bucketMs }: CountedBy,
  options?: ReadOptions,
): Promise<readonly LineCount[] | undefined> {
  const { matchers, lineFilters, firstNs, lastNs } = selection;
  const also = selection.also === undefined ? [] : [selection.also];
  const conditions = lineFilters.map(lineCondition);
  if (conditions.some((condition) => condition === undefined)) return undefined;
  const streams = await findStreams(reader, matchers, options);
  const times = streams.size === 0 ? undefined : await timesOfLines(reader, selection, options);
  if (times === undefined) return [];
  if (times.hasOtherBodies) return undefined;
  const isOfStreams = (name: string): boolean => [...streams.values()].some((labels) => labels.get(name) !== '');
  const hasLevel = names.includes(LEVEL);
  // Another label may be in what records say besides, which is read with the lines.
  if (!names.every((name) => name === LEVEL || isOfStreams(name))) return undefined;
  const bucketNs = new Bound('Int64', String(BigInt(bucketMs) * 1_000_000n));
  const fromEnd = sql`intDiv(${new Bound('Int64', String(lastNs))} - toUnixTimestamp64Nano(time), ${bucketNs})`;
  const value = raw(of === 'bytes' ? 'sum(length(body))' : 'count()');
  const level: Sql = raw(hasLevel ? 'if(severity_number > 24, 0, severity_number)' : '1');
  const table = await reader.read(
    sql`SELECT toString(stream_id) AS id, ${level} AS level, ${fromEnd} AS bucket, toFloat64(${value}) AS value
      ${logs.when(logs.between(firstNs, lastNs))} AND ${allOf([ofStreams(matchers), ...also, ...(conditions as Sql[])])}
      GROUP BY id, level, bucket ORDER BY bucket DESC LIMIT ${integer(MOST_ROWS + 1)}`,
    options,
  );
  const [levels, buckets, values] = [table.numbers('level'), table.numbers('bucket'), table.numbers('value')];
  // Without a severity it is the line that says its level.
  if (table.rowCount > MOST_ROWS || levels.some((number) => number === 0)) return undefined;
  const lastMs = Number(lastNs / 1_000_000n);
  return table.strings('id').flatMap((id, row) => {
    const stream = streams.get(id);
    if (stream === undefined) return [];
    const kept = stream.keep((name) => names.includes(name));
    const labels = hasLevel ? kept.with(LEVEL, BY_SEVERITY[(levels[row]! - 1) >> 2]!) : kept;
    return [{ labels, timeMs: lastMs - buckets[row]! * bucketMs, value: values[row]! }];
  });
}
