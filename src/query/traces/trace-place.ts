/** Where the spans of traces lie, and what is noted of a trace as a whole. */
import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import { type TracePlace, traceNotes, tracePlaces } from '../source/index.ts';
import { sql } from '../sql/index.ts';

/** A trace's place, and what there is to be read. */
export interface NotedPlace extends TracePlace {
  readonly spanCount: number;
  /** Whether some span may have any. */
  readonly hasEvents: boolean;
  readonly hasLinks: boolean;
}

/** What the store notes of a trace when it takes its spans. */
export interface TraceNote extends NotedPlace {
  readonly endNs: bigint;
  readonly errorCount: number;
  /** Undefined where no span of the trace is a root. */
  readonly root: { readonly service: string; readonly name: string } | undefined;
  /** Those that are known, sorted. */
  readonly knownServices: readonly string[];
}

/** Where those traces lie that are in the store. `traceIds`: hex. */
export async function findPlaces(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<readonly NotedPlace[]> {
  if (traceIds.length === 0) return [];
  // Of one trace there are few rows, and threads would cost more than they read.
  const settings = traceIds.length === 1 ? { ...options?.settings, max_threads: 1 } : options?.settings;
  const table = await reader.read(sql`SELECT ${tracePlaces(traceIds)}`, {
    ...options,
    cost: 'cheap',
    ...(settings && { settings }),
  });
  return placesOf(table);
}

/** The notes on those traces that are in the store. `traceIds`: hex. */
export async function findTraces(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<readonly TraceNote[]> {
  if (traceIds.length === 0) return [];
  return notesOf(await reader.read(sql`SELECT ${traceNotes(traceIds)}`, { ...options, cost: 'cheap' }));
}

/** A name that is no UTF-8 is read with this in the place of its bytes: it can't be asked for by its text. */
function isInexact(name: string): boolean {
  return name.includes('\ufffd');
}

function placesOf(table: Table): readonly (NotedPlace & Pick<TraceNote, 'knownServices'>)[] {
  const [first, last, spanCounts] = [table.bigints('first'), table.bigints('last'), table.numbers('span_count')];
  const hasMore = table.column<number>('has_more_services');
  const [hasEvents, hasLinks] = [table.column<number>('has_events'), table.column<number>('has_links')];
  return table.strings('trace_id').map((traceId, row) => {
    const knownServices = table.column<readonly string[]>('service_names')[row]!.toSorted();
    return {
      traceId,
      firstNs: first[row]!,
      lastNs: last[row]!,
      spanCount: spanCounts[row]!,
      hasEvents: hasEvents[row] === 1,
      hasLinks: hasLinks[row] === 1,
      knownServices,
      services: hasMore[row] === 1 || knownServices.some(isInexact) ? undefined : knownServices,
    };
  });
}

function notesOf(table: Table): readonly TraceNote[] {
  const [end, errorCounts] = [table.bigints('end_ns'), table.numbers('error_count')];
  const hasRoot = table.column<number>('has_root');
  const roots = table.column<readonly [string, string]>('root');
  return placesOf(table).map((place, row): TraceNote => {
    const [service, name] = roots[row]!;
    return {
      ...place,
      endNs: end[row]!,
      errorCount: errorCounts[row]!,
      root: hasRoot[row] === 1 ? { service, name } : undefined,
    };
  });
}
