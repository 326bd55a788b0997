/** Where in time the spans of a trace lie: what the index of traces is for. */
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { type TracePlace, tracePlaces } from '../source/index.ts';
import { sql } from '../sql/index.ts';

/** The places of those traces that are in the store. `traceIds`: hex. */
export async function findTraces(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<readonly TracePlace[]> {
  if (traceIds.length === 0) return [];
  const table = await reader.read(sql`SELECT ${tracePlaces(traceIds)}`, { ...options, cost: 'cheap' });
  const first = table.bigints('first');
  const last = table.bigints('last');
  return table.strings('trace_id').map((traceId, row) => ({ traceId, firstNs: first[row]!, lastNs: last[row]! }));
}
