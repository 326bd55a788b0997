/** Log records, and those of a trace. */

import { LOG_BUCKET_SECONDS } from '#store/schema.ts';
import { id, raw, type Sql, sql, text } from '../sql/index.ts';
import { rowsOf, TimedRows } from './rows.ts';
import type { TracePlace } from './traces.ts';

export const logs: TimedRows = new TimedRows('logs', LOG_BUCKET_SECONDS);

/** The sets of labels that records have; until the store has merged them a stream may stand in several rows. */
export const logStreams: Sql = rowsOf('log_streams', []);

/** Records of a service. Within a bucket of time records are sorted by their stream, so it is the streams that narrow the search. */
export function ofService(name: string): Sql {
  const service = sql`service_name = ${text(name)}`;
  return sql`${service} AND stream_id IN (SELECT stream_id ${rowsOf('log_streams', [service])})`;
}

/** Logs are looked for around the trace: clocks differ, and log lines may be written late. */
const LOG_PADDING_NS = 3_600_000_000_000n;

/** The logs of a trace, or of one of its spans. */
export function logsAt(place: TracePlace, spanId?: string): Sql {
  const span = spanId ? sql` AND span_id = ${id(spanId, 8)}` : raw('');
  const fromNs = place.firstNs > LOG_PADDING_NS ? place.firstNs - LOG_PADDING_NS : 0n;
  return logs.when(
    sql`${logs.fewBetween(fromNs, place.lastNs + LOG_PADDING_NS)} AND trace_id = ${id(place.traceId, 16)}${span}`,
  );
}
