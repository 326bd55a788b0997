/** Summaries of traces: what a list of search results shows of each. */

import type { TraceFacts } from '../answers/index.ts';
import { cutText } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { ofPlaces, spans, type TracePlace } from '../source/index.ts';
import { noId, raw, sql } from '../sql/index.ts';
import { findPlaces, findTraces, type TraceNote } from './trace-place.ts';

export interface TraceSummary extends TraceFacts {
  readonly startNs: bigint;
  readonly endNs: bigint;
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
  return summariesOf(reader, await findTraces(reader, traceIds, options), options);
}

export async function summariesOf(
  reader: StoreReader,
  notes: readonly TraceNote[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, TraceSummary>> {
  const earliest = await readEarliest(
    reader,
    notes.filter(({ root }) => root === undefined),
    options,
  );
  return new Map(
    notes.map((note) => {
      const { service, name } = note.root ?? earliest.get(note.traceId) ?? { service: '', name: '' };
      return [note.traceId, summaryOf(note, shortened(service), shortened(name))];
    }),
  );
}

function summaryOf(note: TraceNote, rootService: string, rootOperation: string): TraceSummary {
  return {
    traceId: note.traceId,
    rootService,
    rootOperation,
    rootMissing: note.root === undefined,
    startNs: note.firstNs,
    endNs: note.endNs,
    spanCount: note.spanCount,
    errorCount: note.errorCount,
    serviceCount: note.knownServices.length,
    services: note.knownServices.slice(0, MAX_LISTED_SERVICES).map(shortened),
  };
}

function shortened(name: string): string {
  return name.length > NAME_CHARS ? `${name.slice(0, NAME_CHARS)}…` : name;
}

/** Service and name of the earliest span of each trace. */
async function readEarliest(
  reader: StoreReader,
  places: readonly TracePlace[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, { readonly service: string; readonly name: string }>> {
  if (places.length === 0) return new Map();
  const table = await reader.read(
    sql`SELECT trace_id, argMin((service_name, stored.name), time) AS earliest ${ofPlaces(spans, places)} GROUP BY trace_id`,
    options,
  );
  const earliest = table.column<readonly [string, string]>('earliest');
  return new Map(
    table.strings('trace_id').map((traceId, row) => [traceId, { service: earliest[row]![0], name: earliest[row]![1] }]),
  );
}

export interface ServiceCount {
  readonly name: string;
  readonly spanCount: number;
  readonly errorCount: number;
}

/** How many spans of each service a trace has, those with the most first, at most 50. */
export async function countServices(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, readonly ServiceCount[]>> {
  const places = await findPlaces(reader, traceIds, options);
  if (places.length === 0) return new Map();
  const table = await reader.read(
    sql`SELECT trace_id, groupArraySorted(${raw(String(MAX_LISTED_SERVICES))})((-toInt64(span_n), service, errors)) AS listed
      FROM (SELECT trace_id, ${cutText(raw('service_name'), NAME_CHARS)} AS service, count() AS span_n, countIf(status_code = 2) AS errors
        ${ofPlaces(spans, places)} GROUP BY trace_id, service)
      GROUP BY trace_id`,
    options,
  );
  const listed = table.column<readonly [number, string, number][]>('listed');
  return new Map(
    table
      .strings('trace_id')
      .map((traceId, row) => [
        traceId,
        listed[row]!.map(([spanCount, name, errorCount]) => ({ name, spanCount: -spanCount, errorCount })),
      ]),
  );
}

/** How many spans of each trace name a parent that is not in the store. Traces without such spans are left out. */
export async function countOrphans(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, number>> {
  const places = await findPlaces(reader, traceIds, options);
  if (places.length === 0) return new Map();
  const rows = ofPlaces(spans, places);
  const table = await reader.read(
    sql`SELECT trace_id, count() AS n ${rows} AND NOT (${IS_ROOT})
        AND (trace_id, parent_span_id) NOT IN (SELECT trace_id, span_id ${rows})
      GROUP BY trace_id`,
    options,
  );
  const counts = table.numbers('n');
  return new Map(table.strings('trace_id').map((traceId, row) => [traceId, counts[row]!]));
}
