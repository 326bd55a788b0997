/** Calls between services, as they were counted by minutes, and what tells whether a minute's count still holds. */
import { CALL_SLOT_SECONDS } from '#store/schema.ts';
import { Bound, integer, raw, type Sql, sql, timeMs } from '../sql/index.ts';
import type { TimeRange } from './range.ts';
import { requestsIn } from './requests.ts';
import { rowsOf } from './rows.ts';

export const CALL_SLOT_MS: number = CALL_SLOT_SECONDS * 1000;

/** A slot's first second, of a column or expression with a second. */
export function callSlotOf(second: Sql): Sql {
  return sql`intDiv(${second}, ${raw(String(CALL_SLOT_SECONDS))}) * ${raw(String(CALL_SLOT_SECONDS))}`;
}

function slotsWithin({ fromMs, toMs }: TimeRange): Sql {
  return sql`slot >= ${integer(Math.ceil(fromMs / 1000))} AND slot < ${integer(Math.ceil(toMs / 1000))}`;
}

/** The slots of a range whose calls are counted: `slot`, `span_count` that they were counted from, `counted_ms`. The range begins and ends with slots. */
export function countedSlots(range: TimeRange): Sql {
  return sql`SELECT slot, argMax(stored.span_count, ingested_at) AS covered, toUnixTimestamp64Milli(max(ingested_at)) AS counted_ms
    ${rowsOf('call_slots', [slotsWithin(range)])} GROUP BY slot`;
}

/** Rows of the calls that hold, of the slots of a range without some. */
export function countedCalls(range: TimeRange, without: readonly number[]): Sql {
  const last = sql`SELECT slot, max(ingested_at) ${rowsOf('call_slots', [slotsWithin(range)])} GROUP BY slot`;
  return rowsOf('service_calls', [
    slotsWithin(range),
    sql`slot NOT IN (SELECT arrayJoin(${new Bound('Array(Int64)', without)}))`,
    sql`(slot, ingested_at) IN (${last})`,
  ]);
}

/**
 * How many spans begin in each slot, `head` of them in its first seconds, by what the writer counted: `slot`, `n`, `head`, when the first and the last of
 * them begin, `arrived_ms` of the last to come, and `long_ns` of requests that took longer than `longerNs`.
 */
export function spansPerSlot(range: TimeRange, headSeconds: number, longerNs: number): Sql {
  const head = raw(String(headSeconds));
  return sql`SELECT ${callSlotOf(raw('second'))} AS slot, sum(span_count) AS n, sumIf(span_count, second - slot < ${head}) AS head,
      toUnixTimestamp64Milli(min(first_time)) AS first_ms, toUnixTimestamp64Milli(max(last_time)) AS last_ms,
      toUnixTimestamp64Milli(max(ingested_at)) AS arrived_ms,
      groupArrayArray(100)(arrayFilter(one -> one > ${raw(String(longerNs))}, long_durations)) AS long_ns
    ${requestsIn(range)} GROUP BY slot ORDER BY slot`;
}

/** Slots in which spans begin that came since a time: `slot`. */
export function slotsTouchedSince(ms: number): Sql {
  return sql`SELECT ${callSlotOf(raw('second'))} AS slot ${rowsOf('request_slots', [sql`ingested_at >= ${timeMs(ms)}`])}
    GROUP BY slot ORDER BY slot DESC LIMIT 10000`;
}
