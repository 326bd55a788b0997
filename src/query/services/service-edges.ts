/** Which services call which, from parent and child spans of different services. */

import type { CallCount } from '../answers/index.ts';
import { innerJoin } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { padded, spans, type TimeRange } from '../source/index.ts';
import { allOf, noId, type Sql, sql, text } from '../sql/index.ts';
import { ENTRY_SPAN, inEnvironment } from '../traces/index.ts';

export interface ServiceEdge {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
  readonly errorCount: number;
}

/** A parent may begin before the range that its children lie in, and end after it. */
export const PADDING_MS: number = 60_000;

export const HAS_PARENT: Sql = sql`parent_span_id != ${noId(8)}`;

/** The hash table of a join holds one side: more rows than this are left out rather than held. */
export const joinLimits: { readonly [setting: string]: string } = {
  max_rows_in_join: '5000000',
  join_overflow_mode: 'break',
};

/**
 * Services that called `service` in the range, and those that it called, the busiest first. Called is what enters it: the spans that its
 * requests are counted by.
 */
export async function readNeighbours(
  reader: StoreReader,
  filter: TimeRange & {
    readonly service: string;
    readonly environment?: string | undefined;
    readonly operation?: string | undefined;
  },
  options?: ReadOptions,
): Promise<{ readonly callers: readonly CallCount[]; readonly callees: readonly CallCount[] }> {
  const environment = filter.environment ? [inEnvironment(filter.environment)] : [];
  const own = allOf([sql`service_name = ${text(filter.service)}`, ...environment]);
  const operation = filter.operation ? [sql`name = ${text(filter.operation)}`] : [];
  const entries = allOf([own, ENTRY_SPAN, HAS_PARENT, ...operation]);
  const others = sql`${spans.in(padded(filter, PADDING_MS))} AND service_name != ${text(filter.service)}`;
  const requests = sql`SELECT trace_id, parent_span_id, status_code ${spans.in(filter)} AND ${entries}`;
  const calls = sql`SELECT trace_id, span_id ${spans.in(filter)} AND ${own}`;
  const callers = sql`SELECT other.service_name AS service, count() AS n, countIf(own.status_code = 2) AS e
    FROM (SELECT trace_id, span_id, service_name ${others}) AS other
    ${innerJoin({ rows: requests, as: 'own' }, { 'other.trace_id': 'own.trace_id', 'other.span_id': 'own.parent_span_id' })}
    GROUP BY service ORDER BY n DESC, service LIMIT 100`;
  const callees = sql`SELECT other.service_name AS service, count() AS n, countIf(other.status_code = 2) AS e
    FROM (SELECT trace_id, parent_span_id, service_name, status_code ${others} AND ${HAS_PARENT}) AS other
    ${innerJoin({ rows: calls, as: 'own' }, { 'other.trace_id': 'own.trace_id', 'other.parent_span_id': 'own.span_id' })}
    GROUP BY service ORDER BY n DESC, service LIMIT 100`;
  const limited = { ...options, settings: joinLimits };
  const [up, down] = await Promise.all([reader.read(callers, limited), reader.read(callees, limited)]);
  const counts = (table: typeof up): readonly CallCount[] => {
    const calls = table.numbers('n');
    const errors = table.numbers('e');
    return table.strings('service').map((service, row) => ({ service, count: calls[row]!, errorCount: errors[row]! }));
  };
  return { callers: counts(up), callees: counts(down) };
}

/** A slice of the range is joined at a time, so that the memory of a join does not grow with the range. */
const SPANS_PER_SLICE = 2_000_000;
const MAX_SLICES = 50;

/** All pairs of services in the range. Of very large ranges only the newest part is read. */
export async function readServiceEdges(
  reader: StoreReader,
  range: TimeRange,
  options?: ReadOptions,
): Promise<readonly ServiceEdge[]> {
  const extent = await reader.read(
    sql`SELECT count() AS n, toUnixTimestamp64Milli(min(time)) AS oldest, toUnixTimestamp64Milli(max(time)) AS newest
      ${spans.in(range)}`,
    { ...options, cost: 'bounded' },
  );
  const spanCount = extent.numbers('n')[0] ?? 0;
  if (spanCount === 0) return [];
  const fromMs = Math.max(range.fromMs, extent.numbers('oldest')[0]!);
  const toMs = Math.min(range.toMs, extent.numbers('newest')[0]! + 1);
  const sliceCount = Math.ceil(spanCount / SPANS_PER_SLICE);
  const stepMs = Math.max(1, Math.ceil((toMs - fromMs) / sliceCount));
  const calls = new Map<string, ServiceEdge>();
  for (let i = 0; i < Math.min(sliceCount, MAX_SLICES); i++) {
    const slice = { fromMs: Math.max(fromMs, toMs - (i + 1) * stepMs), toMs: toMs - i * stepMs };
    for (const edge of await readSlice(reader, slice, options)) {
      const key = JSON.stringify([edge.parent, edge.child]);
      const known = calls.get(key);
      calls.set(key, known === undefined ? edge : sumOf(known, edge));
    }
  }
  return [...calls.values()].sort((a, b) => b.callCount - a.callCount || (a.parent < b.parent ? -1 : 1));
}

function sumOf(one: ServiceEdge, other: ServiceEdge): ServiceEdge {
  const { callCount, errorCount } = other;
  return { ...one, callCount: one.callCount + callCount, errorCount: one.errorCount + errorCount };
}

async function readSlice(
  reader: StoreReader,
  slice: TimeRange,
  options?: ReadOptions,
): Promise<readonly ServiceEdge[]> {
  const callers = sql`SELECT trace_id, span_id, service_name ${spans.in(padded(slice, PADDING_MS))}`;
  const table = await reader.read(
    sql`SELECT up.service_name AS parent, down.service_name AS child, count() AS n, countIf(down.status_code = 2) AS e
      FROM (SELECT trace_id, parent_span_id, service_name, status_code ${spans.in(slice)} AND ${HAS_PARENT}) AS down
      ${innerJoin({ rows: callers, as: 'up' }, { 'down.trace_id': 'up.trace_id', 'down.parent_span_id': 'up.span_id' })}
      WHERE up.service_name != down.service_name GROUP BY parent, child`,
    { ...options, settings: joinLimits },
  );
  const [counts, errors] = [table.numbers('n'), table.numbers('e')];
  const children = table.strings('child');
  return table.strings('parent').map((parent, row) => {
    return { parent, child: children[row]!, callCount: counts[row]!, errorCount: errors[row]! };
  });
}
