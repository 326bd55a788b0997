/** Where in time the spans of a trace lie: what the index of traces is for. */

import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { anyOf, isOneOf, type Sql, sql, timeNs } from '../sql/index.ts';

/** Start times of a trace's first and last span, ns since the epoch, both inclusive. */
export interface TracePlace {
  readonly traceId: string;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/** The places of those traces that are in the store. `traceIds`: hex. */
export async function findTraces(
  reader: StoreReader,
  traceIds: readonly string[],
  options?: ReadOptions,
): Promise<readonly TracePlace[]> {
  if (traceIds.length === 0) return [];
  const table = await reader.read(
    sql`SELECT trace_id, toUnixTimestamp64Nano(min(time_min)) AS first, toUnixTimestamp64Nano(max(time_max)) AS last
      FROM trace_index WHERE ${isOneOf('trace_id', traceIds, 16)} GROUP BY trace_id`,
    { ...options, cost: 'cheap' },
  );
  const first = table.bigints('first');
  const last = table.bigints('last');
  return table.strings('trace_id').map((traceId, row) => ({ traceId, firstNs: first[row]!, lastNs: last[row]! }));
}

/** More ranges than this are joined where the gaps between them are smallest. */
const maxRanges = 16;

/**
 * A condition on `time` that all spans of these traces fulfil and few others do. One trace that lasts for days must not
 * make a search read everything in between, so the ranges stay apart where they can.
 */
export function placesCondition(places: readonly TracePlace[]): Sql {
  return anyOf(joinRanges(places).map(([from, to]) => sql`time >= ${timeNs(from)} AND time <= ${timeNs(to)}`));
}

/** The spans of these traces. */
export function spansInTraces(places: readonly TracePlace[]): Sql {
  const ids = places.map(({ traceId }) => traceId);
  return sql`${placesCondition(places)} AND ${isOneOf('trace_id', ids, 16)}`;
}

/** At most `limit` ranges that cover all places, sorted. */
export function joinRanges(
  places: readonly TracePlace[],
  limit: number = maxRanges,
): readonly (readonly [bigint, bigint])[] {
  const sorted = places
    .map(({ firstNs, lastNs }): [bigint, bigint] => [firstNs, lastNs])
    .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const merged: [bigint, bigint][] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || range[0] > last[1]) merged.push([...range]);
    else if (range[1] > last[1]) last[1] = range[1];
  }
  const gaps = merged.slice(1).map((range, i) => ({ index: i + 1, size: range[0] - merged[i]![1] }));
  gaps.sort((a, b) => (a.size > b.size ? -1 : a.size < b.size ? 1 : 0));
  const cuts = gaps
    .slice(0, limit - 1)
    .map((gap) => gap.index)
    .sort((a, b) => a - b);
  return [0, ...cuts].map((start, i, starts) => {
    const end = (starts[i + 1] ?? merged.length) - 1;
    return [merged[start]?.[0] ?? 0n, merged[end]?.[1] ?? 0n];
  });
}
