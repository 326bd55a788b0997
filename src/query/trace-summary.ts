/** Summaries of traces: what a list of search results shows of each. */
import { zeros } from './filter-sql.ts';
import { isOneOf, raw, sql } from './sql.ts';
import type { ReadOptions, StoreReader } from './store-reader.ts';
import { findTraces, placesCondition } from './trace-place.ts';

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
  /** Sorted by the number of spans. */
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorCount: number }[];
}

const IS_ROOT = raw(`parent_span_id = ${zeros(8)}`);

/** One row per trace and service; the trace is put together here. */
interface Part {
  readonly service: string;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Of the earliest root span of this service, or undefined. */
  readonly root: { readonly startNs: bigint; readonly name: string } | undefined;
  readonly firstName: string;
}

/** The summaries of traces by id, in no order. Ids that the store does not have are left out. */
export async function summarizeTraces(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, TraceSummary>> {
  const places = await findTraces(reader, traceIds, options);
  if (places.length === 0) return new Map();
  const table = await reader.read(
    sql`SELECT trace_id, service_name, count() AS spans, countIf(status_code = 2) AS errors,
        toUnixTimestamp64Nano(min(time)) AS start, max(toUnixTimestamp64Nano(time) + toInt64(duration_ns)) AS end,
        countIf(${IS_ROOT}) AS roots, toUnixTimestamp64Nano(minIf(time, ${IS_ROOT})) AS root_start,
        argMinIf(name, time, ${IS_ROOT}) AS root_name, argMin(name, time) AS first_name
      FROM spans WHERE (${placesCondition(places)}) AND ${isOneOf(
        'trace_id',
        places.map((place) => place.traceId),
        16,
      )}
      GROUP BY trace_id, service_name`,
    options,
  );
  const parts = new Map<string, Part[]>();
  const column = {
    service: table.strings('service_name'),
    spans: table.numbers('spans'),
    errors: table.numbers('errors'),
    start: table.bigints('start'),
    end: table.bigints('end'),
    roots: table.numbers('roots'),
    rootStart: table.bigints('root_start'),
    rootName: table.strings('root_name'),
    firstName: table.strings('first_name'),
  };
  table.strings('trace_id').forEach((traceId, row) => {
    const part: Part = {
      service: column.service[row]!,
      spanCount: column.spans[row]!,
      errorCount: column.errors[row]!,
      startNs: column.start[row]!,
      endNs: column.end[row]!,
      root: column.roots[row]! > 0 ? { startNs: column.rootStart[row]!, name: column.rootName[row]! } : undefined,
      firstName: column.firstName[row]!,
    };
    const list = parts.get(traceId);
    if (list === undefined) parts.set(traceId, [part]);
    else list.push(part);
  });
  return new Map([...parts].map(([traceId, list]) => [traceId, joinParts(traceId, list)]));
}

function joinParts(traceId: string, parts: readonly Part[]): TraceSummary {
  const least = (items: readonly Part[], key: (part: Part) => bigint): Part =>
    items.reduce((best, part) => (key(part) < key(best) ? part : best));
  const withRoot = parts.filter((part) => part.root !== undefined);
  const first = least(parts, (part) => part.startNs);
  const root = withRoot.length > 0 ? least(withRoot, (part) => part.root!.startNs) : undefined;
  const sum = (value: (part: Part) => number): number => parts.reduce((total, part) => total + value(part), 0);
  return {
    traceId,
    rootService: (root ?? first).service,
    rootOperation: root?.root?.name ?? first.firstName,
    rootMissing: root === undefined,
    startNs: first.startNs,
    endNs: least(parts, (part) => -part.endNs).endNs,
    spanCount: sum((part) => part.spanCount),
    errorCount: sum((part) => part.errorCount),
    services: parts
      .map(({ service, spanCount, errorCount }) => ({ name: service, spanCount, errorCount }))
      .sort((a, b) => b.spanCount - a.spanCount || (a.name < b.name ? -1 : 1)),
  };
}

/** How many spans of each trace name a parent that is not in the store. Traces without such spans are left out. */
export async function countOrphans(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, number>> {
  const places = await findTraces(reader, traceIds, options);
  if (places.length === 0) return new Map();
  const condition = sql`(${placesCondition(places)}) AND ${isOneOf('trace_id', traceIds, 16)}`;
  const table = await reader.read(
    sql`SELECT trace_id, count() AS n FROM spans WHERE ${condition} AND NOT (${IS_ROOT})
        AND (trace_id, parent_span_id) NOT IN (SELECT trace_id, span_id FROM spans WHERE ${condition})
      GROUP BY trace_id`,
    options,
  );
  const counts = table.numbers('n');
  return new Map(table.strings('trace_id').map((traceId, row) => [traceId, counts[row]!]));
}
