/** Requests of services, as the writer counted them in slots of a few seconds. */
import { FILTER_PROBES, probe, REQUEST_SLOT_SECONDS } from '#store/schema.ts';
import { allOf, anyOf, Bound, integer, joinSql, type Sql, sql } from '../sql/index.ts';
import type { TimeRange } from './range.ts';
import { rowsOf } from './rows.ts';

export const REQUEST_SLOT_MS: number = REQUEST_SLOT_SECONDS * 1000;

/** The slots that begin in a range. */
export function requestsIn({ fromMs, toMs }: TimeRange): Sql {
  const second = (ms: number): Sql => sql`${integer(Math.ceil(ms / 1000))}`;
  return rowsOf('request_slots', [sql`second >= ${second(fromMs)} AND second < ${second(toMs)}`]);
}

/**
 * Columns and rows of what the slots of a range know of attributes: `service_name`, `first` and `last` second of spans, `span_count`, `may_match`,
 * and whether each of `kinds` may be there. `wanted`: per attribute its hashes, of which one must be there.
 */
export function slotsWithAttributes(
  range: TimeRange,
  wanted: readonly (readonly number[])[],
  kinds: readonly number[],
): Sql {
  const may = (condition: Sql): Sql => sql`(empty(attribute_filter) OR ${condition})`;
  const mayMatch = may(allOf(wanted.map((hashes) => anyOf(hashes.map(isInFilter)))));
  return sql`service_name, toInt64(first_time) AS first, toInt64(last_time) AS last, span_count, ${mayMatch} AS may_match,
    [${joinSql(
      kinds.map((hash) => may(isInFilter(hash))),
      ', ',
    )}] AS kinds
    ${requestsIn({ ...range, fromMs: range.fromMs - REQUEST_SLOT_MS })}`;
}

function isInFilter(hash: number): Sql {
  const bits = Array.from({ length: FILTER_PROBES }, (_, index) => {
    const place = probe(hash, index);
    // The statement is the same for every value: the engine then knows it already.
    const byte = new Bound('UInt32', place >>> 3, { isAlone: true });
    const bit = new Bound('UInt8', place & 7, { isAlone: true });
    return sql`bitTest(ascii(substring(attribute_filter, 1 + ${byte} % length(attribute_filter), 1)), ${bit})`;
  });
  return allOf(bits);
}
