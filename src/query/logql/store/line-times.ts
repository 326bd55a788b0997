import { VALUE_STRING } from '#pdata';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { logs } from '../../source/index.ts';
import { allOf, integer, joinSql, type Sql, sql, timeNs } from '../../sql/index.ts';
import type { LineSelection } from '../line-source.ts';
import { ofStreams } from './streams.ts';

/** When the lines of streams lie, whatever is in them. */
export interface LineTimes {
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** Some have a body that is no text: its JSON is stored, which is not the line. */
  readonly hasOtherBodies: boolean;
}

/** Undefined where there are none. */
export async function timesOfLines(
  reader: StoreReader,
  selection: LineSelection,
  options?: ReadOptions,
): Promise<LineTimes | undefined> {
  const { firstNs, lastNs, matchers, also } = selection;
  if (lastNs < firstNs) return undefined;
  const table = await reader.read(
    sql`SELECT count() AS n, toUnixTimestamp64Nano(min(time)) AS first, toUnixTimestamp64Nano(max(time)) AS last,
        countIf(body_type != ${integer(VALUE_STRING)}) AS others
      ${logs.when(logs.between(firstNs, lastNs))} AND ${allOf([ofStreams(matchers), ...arrivedAt(selection), ...(also === undefined ? [] : [also])])}`,
    options,
  );
  if (table.numbers('n')[0] === 0) return undefined;
  const hasOtherBodies = table.numbers('others')[0]! > 0;
  return { firstNs: table.bigints('first')[0]!, lastNs: table.bigints('last')[0]!, hasOtherBodies };
}

/** Whether some have a body that is no text. Costs little where all are texts. */
export async function hasOtherBodies(
  reader: StoreReader,
  { firstNs, lastNs, matchers, also }: LineSelection,
  options?: ReadOptions,
): Promise<boolean> {
  const conditions = [
    sql`body_type != ${integer(VALUE_STRING)}`,
    ofStreams(matchers),
    ...(also === undefined ? [] : [also]),
  ];
  const table = await reader.read(
    sql`SELECT 1 AS found ${logs.when(logs.between(firstNs, lastNs))} AND ${allOf(conditions)} LIMIT 1`,
    options,
  );
  return table.rowCount > 0;
}

export function arrivedAt({ arrivedNs }: LineSelection): readonly Sql[] {
  if (arrivedNs === undefined) return [];
  return [sql`ingested_at IN (${joinSql(arrivedNs.map(timeNs), ', ')})`];
}
