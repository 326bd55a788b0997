/**
 * What a service depends on that sends no telemetry of its own: databases, caches, queues, other hosts. Told from the attributes of its
 * client's and producer's spans.
 */
import type { Dependency } from '../answers/index.ts';
import { stringOf, stringOfName } from '../filter/index.ts';
import { cutText } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { SPAN_ATTRIBUTES, spans, type TimeRange } from '../source/index.ts';
import { allOf, Bound, joinSql, raw, type Sql, sql, text } from '../sql/index.ts';
import { inEnvironment } from '../traces/index.ts';
import type { ServiceEdge } from './service-edges.ts';

const DEPENDENCY_KINDS: readonly Dependency['kind'][] = ['database', 'cache', 'queue', 'host'];
const MAX_DEPENDENCIES = 100;
/** Stores that hold what can be made again. */
export const CACHES: readonly string[] = [
  'redis',
  'valkey',
  'memcached',
  'hazelcast',
  'infinispan',
  'coherence',
  'ehcache',
];
/** A callee's span may begin so much later than its caller's. */
const PADDING_MS = 60_000;

/** The first of these texts that a span has; empty where it has none. */
function firstOf(...values: readonly Sql[]): Sql {
  return sql`coalesce(${joinSql(values, ', ')}, '')`;
}
const named = (key: string): Sql => stringOf(SPAN_ATTRIBUTES, key);

export const DATABASE: Sql = firstOf(named('db.system.name'));
export const MESSAGING: Sql = firstOf(named('messaging.system'));
const RPC: Sql = firstOf(named('rpc.system.name'));
export const DATABASE_NAME: Sql = firstOf(named('db.namespace'));
export const OPERATION: Sql = firstOf(named('messaging.operation.type'));
export const DESTINATION: Sql = firstOf(named('messaging.destination.name'), named('messaging.destination.template'));
/** By these names alone: another name of the server's address, `net.host.name`, is the client's own on its spans. */
const PEER: Sql = firstOf(
  named('service.peer.name'),
  stringOfName(SPAN_ATTRIBUTES, 'server.address'),
  stringOfName(SPAN_ATTRIBUTES, 'net.peer.name'),
  named('network.peer.address'),
);
const URL_TEXT: Sql = firstOf(named('url.full'));
const HTTP_HOST: Sql = firstOf(named('http.host'));

/** What a client calls, by any of the names that it may be known by; empty where there is none. */
export const HOST: Sql = sql`multiIf(${PEER} != '', ${PEER}, ${URL_TEXT} != '', domain(${URL_TEXT}), splitByChar(':', ${HTTP_HOST})[1])`;

const DATABASE_PEER: Sql = sql`multiIf(${DATABASE_NAME} != '', ${DATABASE_NAME}, ${PEER})`;
const MAX_EDGES = 1000;

/**
 * Calls of all services to what sends no telemetry of its own, and where it gets messages from: `{ parent: 'orders', child: 'postgresql/shop' }`,
 * `{ parent: 'kafka/sales', child: 'billing' }`. Of a queue the destination names it, of a database its name or else its address.
 */
export async function readBackingEdges(
  reader: StoreReader,
  range: TimeRange,
  options?: ReadOptions,
): Promise<readonly ServiceEdge[]> {
  const table = await reader.read(
    sql`SELECT service_name AS service, if(database_system != '', database_system, messaging_system) AS system,
        ${cutText(raw("if(database_system != '', database_peer, destination)"))} AS name, is_taken, count() AS n, countIf(status_code = 2) AS e
      FROM (
        SELECT service_name, status_code, kind = 5 AS is_taken, if(kind = 3, ${DATABASE}, '') AS database_system, ${MESSAGING} AS messaging_system,
          ${DATABASE_PEER} AS database_peer, ${DESTINATION} AS destination
        ${spans.in(range)} AND kind IN (3, 4, 5))
      WHERE database_system != '' OR messaging_system != ''
      GROUP BY service, system, name, is_taken ORDER BY n DESC, service, system, name LIMIT ${new Bound('UInt32', MAX_EDGES)}`,
    options,
  );
  const [systems, names] = [table.strings('system'), table.strings('name')];
  const [counts, errors] = [table.numbers('n'), table.numbers('e')];
  const taken = table.column<number>('is_taken');
  return table.strings('service').map((service, row): ServiceEdge => {
    const backing = names[row] === '' ? systems[row]! : `${systems[row]}/${names[row]}`;
    const [parent, child] = taken[row] === 1 ? [backing, service] : [service, backing];
    return { parent, child, callCount: counts[row]!, errorCount: errors[row]! };
  });
}

/** The dependencies of a service in a range, those that are called most first. */
export async function readDependencies(
  reader: StoreReader,
  filter: TimeRange & { readonly service: string; readonly environment?: string | undefined },
  options?: ReadOptions,
): Promise<readonly Dependency[]> {
  const conditions = [sql`service_name = ${text(filter.service)}`, raw('kind IN (3, 4)')];
  if (filter.environment) conditions.push(inEnvironment(filter.environment));
  const later = { fromMs: filter.fromMs, toMs: filter.toMs + PADDING_MS };
  const caches = new Bound('Array(String)', CACHES);
  const table = await reader.read(
    sql`SELECT dependency_kind, system, ${cutText(raw('peer'))} AS peer_name, ${cutText(raw('place'))} AS namespace, count() AS calls,
        countIf(status_code = 2) AS errors, quantiles(0.5, 0.95)(duration_ns) AS durations
      FROM (
        SELECT trace_id, span_id, status_code, duration_ns, ${DATABASE} AS database_system, ${MESSAGING} AS messaging_system,
          multiIf(database_system != '', if(has(${caches}, lower(database_system)), 'cache', 'database'), messaging_system != '', 'queue', 'host')
            AS dependency_kind,
          multiIf(database_system != '', database_system, messaging_system != '', messaging_system, ${RPC}) AS system,
          multiIf(database_system != '', ${DATABASE_NAME}, messaging_system != '', ${DESTINATION}, '') AS place,
          ${HOST} AS peer
        ${spans.in(filter)} AND ${allOf(conditions)})
      WHERE (dependency_kind != 'host' OR peer != '') AND (dependency_kind = 'database' OR dependency_kind = 'cache'
        OR (trace_id, span_id) NOT IN (
          SELECT trace_id, parent_span_id ${spans.in(later)}
          AND service_name != ${text(filter.service)} AND kind IN (2, 5)))
      GROUP BY dependency_kind, system, peer_name, namespace
      ORDER BY calls DESC, peer_name, namespace LIMIT ${new Bound('UInt32', MAX_DEPENDENCIES)}`,
    { ...options, settings: { max_rows_in_set: '5000000', set_overflow_mode: 'break' } },
  );
  const [calls, errors] = [table.numbers('calls'), table.numbers('errors')];
  return table.strings('dependency_kind').map((kind, row): Dependency => {
    const [p50Ns, p95Ns] = table.column<[number, number]>('durations')[row]!;
    return {
      kind: DEPENDENCY_KINDS.find((name) => name === kind) ?? 'host',
      system: table.strings('system')[row]!,
      name: table.strings('peer_name')[row]!,
      namespace: table.strings('namespace')[row]!,
      callCount: calls[row]!,
      errorCount: errors[row]!,
      p50Ns,
      p95Ns,
    };
  });
}
