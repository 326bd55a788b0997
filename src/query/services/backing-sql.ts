/** What a client's, producer's or consumer's span says of whom it calls that sends no telemetry of its own. */
import { stringOf, stringOfName } from '../filter/index.ts';
import { SPAN_ATTRIBUTES } from '../source/index.ts';
import { joinSql, type Sql, sql } from '../sql/index.ts';

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

/** The first of these texts that a span has; empty where it has none. */
function firstOf(...values: readonly Sql[]): Sql {
  return sql`coalesce(${joinSql(values, ', ')}, '')`;
}
const named = (key: string): Sql => stringOf(SPAN_ATTRIBUTES, key);

export const DATABASE: Sql = firstOf(named('db.system.name'));
export const MESSAGING: Sql = firstOf(named('messaging.system'));
export const RPC: Sql = firstOf(named('rpc.system.name'));
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

const ofToday = (key: string): Sql => stringOfName(SPAN_ATTRIBUTES, key);
/** The same under the names of today alone: columns, with NULL where a row has no text under the name. */
export const TODAY: Readonly<
  Record<'database' | 'databaseName' | 'messaging' | 'destination' | 'operation' | 'address' | 'peerAddress', Sql>
> = {
  database: ofToday('db.system.name'),
  databaseName: ofToday('db.namespace'),
  messaging: ofToday('messaging.system'),
  destination: ofToday('messaging.destination.name'),
  operation: ofToday('messaging.operation.type'),
  address: ofToday('server.address'),
  peerAddress: ofToday('network.peer.address'),
};
