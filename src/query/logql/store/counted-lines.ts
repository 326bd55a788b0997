import type { Labels } from '../../promql/labels.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { logs } from '../../source/index.ts';
import { allOf, Bound, integer, raw, type Sql, sql } from '../../sql/index.ts';
import type { Counted, CountedBy, LineSelection } from '../line-source.ts';
import { namesOf, type ParsedFilters } from '../parsed-filters.ts';
import { BY_SEVERITY } from './level.ts';
import { lineCondition } from './line-condition.ts';
import { hasOtherBodies } from './line-times.ts';
import { areOfLines, namingPaths } from './metadata-paths.ts';
import { type PlainLines, plainLines } from './plain-lines.ts';
import { findStreams, ofStreams } from './streams.ts';
import { wantedCondition } from './wanted-labels.ts';

/** Streams, levels and buckets of an answer; beyond, lines are read. */
const MOST_ROWS = 1_000_000;
const LEVEL = 'detected_level';

/** Counts in the store; undefined where only who reads the lines can tell. */
export async function countStoredLines(
  reader: StoreReader,
  selection: LineSelection,
  by: CountedBy,
  options?: ReadOptions,
): Promise<Counted | undefined> {
  const { labels: names, of, bucketMs } = by;
  const { matchers, lineFilters, firstNs, lastNs } = selection;
  const also = selection.also === undefined ? [] : [selection.also];
  const conditions = lineFilters.map(lineCondition);
  if (conditions.some((condition) => condition === undefined)) return undefined;
  const streams = await findStreams(reader, matchers, options);
  if (streams.size === 0 || lastNs < firstNs) return NONE;
  const hasLevel = names.includes(LEVEL);
  // Another label may be in what records say besides, which is read with the lines.
  if (!names.every((name) => name === LEVEL || isOfStream(streams, name))) return undefined;
  const looksAtText = conditions.length > 0 || of === 'bytes' || by.parsed !== undefined;
  if (looksAtText && (await hasOtherBodies(reader, selection, options))) return undefined;
  const where = [ofStreams(matchers), ...also, ...(conditions as Sql[])];
  const plain = by.parsed && (await plainOf(reader, by.parsed, { selection, streams, where }, options));
  if (by.parsed !== undefined && plain === undefined) return undefined;
  const level = raw(hasLevel ? 'if(severity_number > 24, 0, severity_number)' : '1');
  const [isSure, passes] = plain === undefined ? [raw('1'), raw('1')] : [plain.isPlain, plain.passes];
  const value = raw(of === 'bytes' ? 'sumIf(size, is_sure AND passes)' : 'countIf(is_sure AND passes)');
  const table = await reader.read(
    // What is asked of a text is found once.
    sql`SELECT toString(stream_id) AS id, level, bucket, toFloat64(${value}) AS value, countIf(is_sure AND passes) AS sure, countIf(NOT is_sure) AS unsure
      FROM (SELECT stream_id, ${level} AS level, ${bucketOf(selection, bucketMs)} AS bucket, length(body) AS size, ${isSure} AS is_sure, ${passes} AS passes
        ${logs.when(logs.between(firstNs, lastNs))} AND ${allOf([...where, ...(plain?.where ?? [])])})
      GROUP BY id, level, bucket ORDER BY bucket DESC LIMIT ${integer(MOST_ROWS + 1)}`,
    options,
  );
  const [levels, buckets, values] = [table.numbers('level'), table.numbers('bucket'), table.numbers('value')];
  // Without a severity it is the line that says its level.
  if (table.rowCount > MOST_ROWS || levels.some((number) => number === 0)) return undefined;
  const lastMs = Number(lastNs / 1_000_000n);
  const sure = table.numbers('sure');
  const counts = table.strings('id').flatMap((id, row) => {
    const stream = streams.get(id);
    if (stream === undefined || sure[row] === 0) return [];
    const kept = stream.keep((name) => names.includes(name));
    const labels = hasLevel ? kept.with(LEVEL, BY_SEVERITY[(levels[row]! - 1) >> 2]!) : kept;
    return [{ labels, timeMs: lastMs - buckets[row]! * bucketMs, value: values[row]! }];
  });
  const hasUnsure = table.numbers('unsure').some((lines) => lines > 0);
  return { counts, unsure: hasUnsure && plain !== undefined ? allOf([...plain.where, sql`NOT ${isSure}`]) : undefined };
}

const NONE: Counted = { counts: [], unsure: undefined };
/** Numbers of half the width are grouped faster. */
const MOST_SMALL = 2n ** 31n - 1n;

/** Which bucket a line is in, counted from the last. */
function bucketOf({ firstNs, lastNs }: LineSelection, bucketMs: number): Sql {
  const bucketNs = BigInt(bucketMs) * 1_000_000n;
  const fromEnd = sql`intDiv(${new Bound('Int64', String(lastNs))} - toUnixTimestamp64Nano(time), ${new Bound('Int64', String(bucketNs))})`;
  return (lastNs - firstNs) / bucketNs > MOST_SMALL ? fromEnd : sql`toInt32(${fromEnd})`;
}

/** What the lines are asked for behind a parser, where nothing but the line can say it; else undefined. */
async function plainOf(
  reader: StoreReader,
  parsed: ParsedFilters,
  found: {
    readonly selection: LineSelection;
    readonly streams: ReadonlyMap<string, Labels>;
    readonly where: readonly Sql[];
  },
  options?: ReadOptions,
): Promise<(PlainLines & { readonly where: readonly Sql[] }) | undefined> {
  const plain = plainLines(parsed);
  const names = parsed.filters.flatMap(namesOf);
  const { selection, streams, where } = found;
  if (plain === undefined || names.some((name) => isOfStream(streams, name))) return undefined;
  const { firstNs, lastNs, wanted = [] } = selection;
  const rows = logs.when(sql`${logs.between(firstNs, lastNs)} AND ${allOf(where)}`);
  const paths = await namingPaths(reader, names, rows, options);
  if (!areOfLines(names, paths)) return undefined;
  const possible = await wantedCondition(wanted, streams, () => Promise.resolve(paths));
  return { ...plain, where: [...(possible === undefined ? [] : [possible]), plain.isAny] };
}

function isOfStream(streams: ReadonlyMap<string, Labels>, name: string): boolean {
  return [...streams.values()].some((labels) => labels.get(name) !== '');
}
