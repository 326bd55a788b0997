/** Where the spans of traces lie, and what is noted of a trace as a whole. */
import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import { type TracePlace, traceNotes } from '../source/index.ts';
import { sql } from '../sql/index.ts';

/** What the store notes of a trace when it takes its spans. */
export interface TraceNote extends TracePlace {
  readonly endNs: bigint;
  readonly spanCount: number;
  readonly errorCount: number;
  /** Undefined where no span of the trace is a root. */
  readonly root: { readonly service: string; readonly name: string } | undefined;
  /** Whether some span may have any. */
  readonly hasEvents: boolean;
  readonly hasLinks: boolean;
  /** Those that are known, sorted. */
  readonly knownServices: readonly string[];
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

function notesOf(table: Table): readonly TraceNote[] {
  const [first, last, end] = [table.bigints('first'), table.bigints('last'), table.bigints('end_ns')];
  const [spanCounts, errorCounts] = [table.numbers('span_count'), table.numbers('error_count')];
  const hasMore = table.column<number>('has_more_services');
  const hasRoot = table.column<number>('has_root');
  const [hasEvents, hasLinks] = [table.column<number>('has_events'), table.column<number>('has_links')];
  const roots = table.column<readonly [string, string]>('root');
  return table.strings('trace_id').map((traceId, row): TraceNote => {
    const knownServices = table.column<readonly string[]>('service_names')[row]!.toSorted();
    const [service, name] = roots[row]!;
    return {
      traceId,
      firstNs: first[row]!,
      lastNs: last[row]!,
      endNs: end[row]!,
      spanCount: spanCounts[row]!,
      errorCount: errorCounts[row]!,
      root: hasRoot[row] === 1 ? { service, name } : undefined,
      hasEvents: hasEvents[row] === 1,
      hasLinks: hasLinks[row] === 1,
      knownServices,
      services: hasMore[row] === 1 || knownServices.some(isInexact) ? undefined : knownServices,
    };
  });
}
