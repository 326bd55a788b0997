/** Line filters as conditions of the store. */
import type { LineFilter, LineOperator, LineTerm, LogExpr } from '#lang/logql';
import { bodyContains, bodyMatches } from '../../filter/index.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { allOf, anyOf, type Sql, sql, text } from '../../sql/index.ts';
import { timesOfLines } from './line-times.ts';
import { ofStreams } from './streams.ts';

/** Exactly the lines that a query finds in a range, as a condition; undefined where the store has no words for it. */
export async function storedLinesCondition(
  reader: StoreReader,
  { matchers, stages }: LogExpr,
  range: { readonly firstNs: bigint; readonly lastNs: bigint },
  options?: ReadOptions,
): Promise<Sql | undefined> {
  const filters = stages.filter((stage) => stage.kind === 'line');
  const conditions = filters.map(lineCondition);
  if (filters.length < stages.length || conditions.includes(undefined)) return undefined;
  if (conditions.length > 0) {
    const selection = { matchers, lineFilters: [], ...range, direction: 'forward', limit: undefined } as const;
    const times = await timesOfLines(reader, selection, options);
    if (times?.hasOtherBodies) return undefined;
  }
  return allOf([ofStreams(matchers), ...(conditions as Sql[])]);
}

/** What lines of text meet that pass the filter, and no others; undefined where the store has no words for it. */
export function lineCondition({ operator, terms }: LineFilter): Sql | undefined {
  const isWanted = operator.startsWith('|');
  const conditions = terms.map((term) => termCondition(operator, term, isWanted));
  if (conditions.some((condition) => condition === undefined)) return undefined;
  const any = anyOf(conditions as Sql[]);
  return isWanted ? any : sql`NOT ${any}`;
}

function termCondition(operator: LineOperator, { value, isIp }: LineTerm, isWanted: boolean): Sql | undefined {
  if (isIp || operator === '|>' || operator === '!>') return undefined;
  if (operator === '|~' || operator === '!~') {
    // The store's dot matches line breaks, as Loki's does.
    return isWanted ? bodyMatches(value) : sql`match(body, ${text(value)})`;
  }
  const exactly = sql`position(body, ${text(value)}) > 0`;
  // The index knows pieces of texts in small letters.
  return isWanted ? allOf([bodyContains(value), exactly]) : exactly;
}
