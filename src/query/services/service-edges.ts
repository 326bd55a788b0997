/** Which services call which, and what they use. */

import type { CallCount } from '../answers/index.ts';
import { innerJoin } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { padded, spans } from '../source/index.ts';
import { allOf, sql, text } from '../sql/index.ts';
import { ENTRY_SPAN, inEnvironment } from '../traces/index.ts';
import { type CallFilter, type Calls, joinLimits, readCalls } from './calls.ts';
import { HAS_PARENT, PARENT_BEFORE_MS } from './found-calls.ts';
import { eachOnce, placeOfCalls } from './map-parts.ts';

export interface ServiceEdge {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
  readonly errorCount: number;
}

/** The calls of a range, the busiest ends first. */
export interface ServiceEdges {
  /** From service to service. */
  readonly services: readonly ServiceEdge[];
  /**
   * Calls of what sends no telemetry of its own, and where services get messages from: `{ parent: 'orders', child: 'postgresql/shop' }`,
   * `{ parent: 'kafka/sales', child: 'billing' }`. Other hosts are not among them.
   */
  readonly backing: readonly ServiceEdge[];
}

export async function readServiceEdges(
  reader: StoreReader,
  range: CallFilter,
  options?: ReadOptions,
): Promise<ServiceEdges> {
  const { calls } = await readCalls(reader, range, options);
  const between = calls.filter(({ kind }) => kind === 'service');
  const backing = calls
    .filter(({ kind }) => kind !== 'service' && kind !== 'host')
    .map((one) => ({ ...one, ...placeOfCalls(one) }));
  return {
    services: edgesOf(between, ({ source, name }) => [source, name]),
    backing: edgesOf(eachOnce(backing), ({ source, system, name, direction }) => {
      const place = name === '' ? system : `${system}/${name}`;
      return direction === 'sent' ? [source, place] : [place, source];
    }),
  };
}

function edgesOf(all: readonly Calls[], endsOf: (calls: Calls) => readonly [string, string]): readonly ServiceEdge[] {
  const edges = new Map<string, ServiceEdge>();
  for (const calls of all) {
    const [parent, child] = endsOf(calls);
    const key = JSON.stringify([parent, child]);
    const { callCount, errorCount } = edges.get(key) ?? { callCount: 0, errorCount: 0 };
    edges.set(key, {
      ...{ parent, child },
      callCount: callCount + calls.callCount,
      errorCount: errorCount + calls.errorCount,
    });
  }
  return [...edges.values()].sort((a, b) => b.callCount - a.callCount || (a.parent < b.parent ? -1 : 1));
}

/** Of one service. */
export interface Neighbours {
  readonly callers: readonly CallCount[];
  readonly callees: readonly CallCount[];
}

export interface NeighbourFilter extends CallFilter {
  readonly service: string;
  readonly operation?: string | undefined;
}

const MAX_NEIGHBOURS = 100;
/** OTLP's kinds of spans by which a request enters a service: server, consumer. */
const ENTERING: ReadonlySet<number> = new Set([2, 5]);

/**
 * Services that called `service` in the range, and those that it called, the busiest first. Called is what enters it: the spans that its
 * requests are counted by.
 */
export async function readNeighbours(
  reader: StoreReader,
  filter: NeighbourFilter,
  options?: ReadOptions,
): Promise<Neighbours> {
  if (filter.operation) return readNeighboursOfOperation(reader, filter, options);
  const { calls } = await readCalls(reader, filter, options);
  const between = calls.filter(({ kind, spanKind }) => kind === 'service' && ENTERING.has(spanKind));
  const called = (edges: readonly ServiceEdge[], end: 'parent' | 'child'): readonly CallCount[] =>
    edges
      .slice(0, MAX_NEIGHBOURS)
      .map(({ callCount: count, errorCount, [end]: service }) => ({ service, count, errorCount }));
  const ends = ({ source, name }: Calls): readonly [string, string] => [source, name];
  return {
    callers: called(
      edgesOf(
        between.filter(({ name }) => name === filter.service),
        ends,
      ),
      'parent',
    ),
    callees: called(
      edgesOf(
        between.filter(({ source }) => source === filter.service),
        ends,
      ),
      'child',
    ),
  };
}

/** Calls are not counted by operations: the spans say it. */
async function readNeighboursOfOperation(
  reader: StoreReader,
  filter: NeighbourFilter,
  options?: ReadOptions,
): Promise<Neighbours> {
  const environment = filter.environment ? [inEnvironment(filter.environment)] : [];
  const own = allOf([sql`service_name = ${text(filter.service)}`, ...environment]);
  const operation = filter.operation ? [sql`name = ${text(filter.operation)}`] : [];
  const entries = allOf([own, ENTRY_SPAN, HAS_PARENT, ...operation]);
  const others = sql`${spans.in(padded(filter, PARENT_BEFORE_MS))} AND service_name != ${text(filter.service)}`;
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
