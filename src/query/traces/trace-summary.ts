/** Summaries of traces: what a list of search results shows of each. */

import { cutText } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { spans, spansOfTraces } from '../source/index.ts';
import { noId, raw, sql } from '../sql/index.ts';
import { findTraces } from './trace-place.ts';

export interface TraceSummary {
  readonly traceId: string;
  /** The root span's; of the earliest span where the root is missing, and then `rootMissing`. */
  readonly rootService: string;
  readonly rootOperation: string;
  readonly rootMissing: boolean;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly spanCount: number;
  readonly errorCount: number;
  /** All services of the trace. */
  readonly serviceCount: number;
  /** Those with the most spans, at most 50. */
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorCount: number }[];
}

const IS_ROOT = sql`parent_span_id = ${noId(8)}`;

/** A list of traces names so many services of each; the others are counted. */
const MAX_LISTED_SERVICES = 50;
/** Of a name in a list. */
const NAME_CHARS = 300;

/** The summaries of traces by id, in no order. Ids that the store does not have are left out. */
export async function summarizeTraces(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, TraceSummary>> {
  const places = await findTraces(reader, traceIds, options);
  if (places.length === 0) return new Map();
  const table = await reader.read(
    sql`SELECT trace_id, sum(span_n) AS span_count, sum(errors) AS error_count, min(start) AS start_ns, max(end) AS end_ns,
        sum(roots) AS root_count, argMinIf((service, root_name), root_start, roots > 0) AS root, argMin((service, first_name), start) AS earliest,
        count() AS service_count,
        groupArraySorted(${raw(String(MAX_LISTED_SERVICES))})((-toInt64(span_n), service, errors)) AS listed
      FROM (SELECT trace_id, ${cutText(raw('service_name'), NAME_CHARS)} AS service, count() AS span_n, countIf(status_code = 2) AS errors,
          toUnixTimestamp64Nano(min(time)) AS start, max(toUnixTimestamp64Nano(time) + toInt64(duration_ns)) AS end,
          countIf(${IS_ROOT}) AS roots, toUnixTimestamp64Nano(minIf(time, ${IS_ROOT})) AS root_start,
          ${cutText(sql`argMinIf(name, time, ${IS_ROOT})`, NAME_CHARS)} AS root_name,
          ${cutText(raw('argMin(name, time)'), NAME_CHARS)} AS first_name
        ${spansOfTraces(places)} GROUP BY trace_id, service)
      GROUP BY trace_id`,
    options,
  );
  const [spanCounts, errorCounts] = [table.numbers('span_count'), table.numbers('error_count')];
  const [starts, ends] = [table.bigints('start_ns'), table.bigints('end_ns')];
  const serviceCounts = table.numbers('service_count');
  const summaries = table.strings('trace_id').map((traceId, row): TraceSummary => {
    const rootMissing = table.numbers('root_count')[row] === 0;
    const [rootService, rootOperation] = table.column<[string, string]>(rootMissing ? 'earliest' : 'root')[row]!;
    const services = table.column<[number, string, number][]>('listed')[row]!;
    return {
      traceId,
      rootService,
      rootOperation,
      rootMissing,
      startNs: starts[row]!,
      endNs: ends[row]!,
      spanCount: spanCounts[row]!,
      errorCount: errorCounts[row]!,
      serviceCount: serviceCounts[row]!,
      services: services.map(([spans, name, errors]) => ({
        name,
        spanCount: -Number(spans),
        errorCount: Number(errors),
      })),
    };
  });
  return new Map(summaries.map((summary) => [summary.traceId, summary]));
}

/** How many spans of each trace name a parent that is not in the store. Traces without such spans are left out. */
export async function countOrphans(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, number>> {
  const places = await findTraces(reader, traceIds, options);
  if (places.length === 0) return new Map();
  const rows = spansOfTraces(places);
  const table = await reader.read(
    sql`SELECT trace_id, count() AS n ${rows} AND NOT (${IS_ROOT})
        AND (trace_id, parent_span_id) NOT IN (SELECT trace_id, span_id ${rows})
      GROUP BY trace_id`,
    options,
  );
  const counts = table.numbers('n');
  return new Map(table.strings('trace_id').map((traceId, row) => [traceId, counts[row]!]));
}
