/** Log records that are events of spans: what SDKs write since events left the spans, exceptions above all. */
import { ITEM_ATTRIBUTES, logs, ofPlaces, padded, type TimeRange, type TracePlace } from '../source/index.ts';
import { anyOf, noId, raw, type Sql, sql } from '../sql/index.ts';
import { hasKey } from './attribute-sql.ts';

/** A record may be written later than its span began, and clocks differ. */
const LOG_PADDING_MS = 3_600_000;
const LOG_PADDING_NS = BigInt(LOG_PADDING_MS) * 1_000_000n;

/** Whether a record is an event of a span. */
export const IS_EVENT: Sql = sql`(span_id != ${noId(8)} AND ${anyOf([
  raw("event_name != ''"),
  hasKey(ITEM_ATTRIBUTES.logs, 'exception.type'),
  hasKey(ITEM_ATTRIBUTES.logs, 'exception.message'),
])})`;

/** An exception need not say that it is one by its name. */
export const LOG_EVENT_NAME: Sql = raw("if(event_name = '', 'exception', toString(event_name))");

/** Records that are events of spans of a range. */
export function eventLogs(range: TimeRange): Sql {
  return sql`${logs.in(padded(range, LOG_PADDING_MS))} AND ${IS_EVENT}`;
}

/** Records that are events of these traces. */
export function eventLogsOf(places: readonly TracePlace[]): Sql {
  const around = places.map((place) => ({
    ...place,
    firstNs: place.firstNs > LOG_PADDING_NS ? place.firstNs - LOG_PADDING_NS : 0n,
    lastNs: place.lastNs + LOG_PADDING_NS,
  }));
  return sql`${ofPlaces(logs, around)} AND ${IS_EVENT}`;
}
