/** Spans, and where in time those of a trace lie. */

import { anyOf, id, isOneOf, type Sql, sql, timeNs } from '../sql/index.ts';
import { rowsOf, TimedRows } from './rows.ts';

export const spans: TimedRows = new TimedRows('spans', 300);

const INDEX = 'trace_index';

/** Start times of a trace's first and last span, ns since the epoch, both inclusive. */
export interface TracePlace {
  readonly traceId: string;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/** Columns and rows of the places of traces by id: `trace_id`, `first`, `last`. */
export function tracePlaces(traceIds: readonly string[]): Sql {
  return sql`trace_id, toUnixTimestamp64Nano(min(time_min)) AS first, toUnixTimestamp64Nano(max(time_max)) AS last
    ${rowsOf(INDEX, [isOneOf('trace_id', traceIds, 16)])} GROUP BY trace_id`;
}

/** Where a trace lies, found within the statement. A trace that is not there lies in 1970. */
export function placeWithin(traceId: string): { readonly first: Sql; readonly last: Sql } {
  const place = sql`(SELECT (min(time_min), max(time_max)) ${rowsOf(INDEX, [sql`trace_id = ${id(traceId, 16)}`])})`;
  return { first: sql`tupleElement(${place}, 1)`, last: sql`tupleElement(${place}, 2)` };
}

/** The spans of a trace by its id alone. */
export function spansOfTrace(traceId: string): Sql {
  const { first, last } = placeWithin(traceId);
  return spans.when(sql`time >= ${first} AND time <= ${last} AND trace_id = ${id(traceId, 16)}`);
}

/** Spans of a trace between the two times of its place. */
export function spansAt({ traceId, firstNs, lastNs }: TracePlace): Sql {
  return spans.when(sql`time >= ${timeNs(firstNs)} AND time <= ${timeNs(lastNs)} AND trace_id = ${id(traceId, 16)}`);
}

/**
 * The spans of these traces. One trace that lasts for days must not make a search read everything in between, so ranges of time stay apart
 * where they can.
 */
export function spansOfTraces(places: readonly TracePlace[]): Sql {
  const ranges = joinRanges(places).map(([from, to]) => sql`time >= ${timeNs(from)} AND time <= ${timeNs(to)}`);
  const ids = places.map(({ traceId }) => traceId);
  return spans.when(sql`${anyOf(ranges)} AND ${isOneOf('trace_id', ids, 16)}`);
}

/** More ranges than this are joined where the gaps between them are smallest. */
const MAX_RANGES = 16;

/** At most `limit` ranges that cover all places, sorted. */
export function joinRanges(
  places: readonly TracePlace[],
  limit: number = MAX_RANGES,
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
