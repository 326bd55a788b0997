/**
 * Calls as spans tell them: a span whose parent is of another service, and a client's, producer's or consumer's span for what sends no telemetry of
 * its own. The same statement counts the calls of minutes that are over, which are kept (`service_calls` of the store), and those of a range that is asked for.
 */
import { cutText, innerJoin, leftJoin } from '../plan/index.ts';
import { callSlotOf, ownerValues, resources, spans, type TimeRange } from '../source/index.ts';
import { allOf, anyOf, Bound, noId, raw, type Sql, sql } from '../sql/index.ts';
import { ENVIRONMENT, inEnvironment } from '../traces/index.ts';
import { CACHES, DATABASE, DATABASE_NAME, DESTINATION, HOST, MESSAGING, OPERATION, RPC, TODAY } from './backing-sql.ts';

/** A parent begins at most so long before the range of its children, unless it is a long one. */
export const PARENT_BEFORE_MS = 60_000;
/** By two machines' clocks a child may begin before its parent. */
export const PARENT_AFTER_MS = 10_000;
/** What calls longer than `PARENT_BEFORE_MS` after it began. Looked for no further back. */
export const LONG_PARENT_MS = 3_600_000;
/** More different calls of a slot are left out, those that are made least. */
const MOST_PER_SLOT = 2_000;
/** Buckets of durations are 2^(1/16) wide: quantiles are within 2.2 %. */
export const DURATION_SCALE = 4;

export interface AskedCalls {
  /** Of the called ones' spans. */
  readonly ranges: readonly TimeRange[];
  /** Whether each slot is counted for itself. */
  readonly isPerSlot: boolean;
  /** Where spans may begin that took long and called in the ranges. */
  readonly longParents?: TimeRange | undefined;
  readonly environment?: string | undefined;
  /** One of several parts of all traces, where one would be too much at a time. */
  readonly part?: { readonly index: number; readonly count: number } | undefined;
}

/** The columns of a row, in order. */
export const CALL_COLUMNS: readonly string[] = [
  'slot',
  'environment',
  'source',
  'kind',
  'system_name',
  'name',
  'namespace',
  'direction',
  'span_kind',
  'call_count',
  'error_count',
  'durations',
  'duration_counts',
];

export const HAS_PARENT: Sql = sql`parent_span_id != ${noId(8)}`;

const KEYS = raw('slot, environment, source, kind, system_name, name, namespace, direction, span_kind');
/** By 64 bits of both ids: a join on numbers takes half of what one on texts takes. */
const keyOf = (spanId: 'span_id' | 'parent_span_id'): Sql => raw(`cityHash64(trace_id, ${spanId})`);
const BUCKET: Sql = raw(`toUInt16(floor(log2(greatest(duration_ns, 1)) * ${2 ** DURATION_SCALE}))`);
/** Rows with the columns of `service_calls`. */
export function callsFromSpans(asked: AskedCalls): Sql {
  const environments = ownerValues(resources, sql`ifNull(${ENVIRONMENT}, '')`, 'environment');
  return sql`SELECT ${KEYS}, sum(n) AS call_count, sum(e) AS error_count, groupArray(bucket) AS durations, groupArray(n) AS duration_counts
    FROM (
      SELECT ${KEYS}, bucket, sum(found.calls) AS n, sum(found.errors) AS e
      FROM (${betweenServices(asked)} UNION ALL ${toNamed(asked)} UNION ALL ${toOthers(asked)}) AS found
      ${leftJoin({ rows: environments, as: 'known' }, ['resource_id'])}
      GROUP BY ${KEYS}, bucket)
    GROUP BY ${KEYS} ORDER BY slot, call_count DESC, source, kind, system_name, name, namespace, direction, span_kind
    LIMIT ${raw(String(MOST_PER_SLOT))} BY slot`;
}

function within(ranges: readonly TimeRange[], asked: AskedCalls): Sql {
  return spans.when(isWithin(ranges, asked));
}

function isWithin(ranges: readonly TimeRange[], { part }: AskedCalls): Sql {
  const isInRange = anyOf(ranges.map((range) => spans.within(range)));
  if (part === undefined || part.count === 1) return isInRange;
  const number = (value: number): Bound => new Bound('UInt64', String(value));
  return sql`${isInRange} AND cityHash64(trace_id) % ${number(part.count)} = ${number(part.index)}`;
}

/** Ranges with what lies before and behind them, each moment once. */
export function widened(ranges: readonly TimeRange[], beforeMs: number, afterMs: number): readonly TimeRange[] {
  const wide: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of [...ranges].sort((a, b) => a.fromMs - b.fromMs)) {
    const range = { fromMs: Math.max(0, fromMs - beforeMs), toMs: toMs + afterMs };
    const last = wide.at(-1);
    if (last === undefined || last.toMs < range.fromMs) wide.push(range);
    else last.toMs = Math.max(last.toMs, range.toMs);
  }
  return wide;
}

function slotOf({ isPerSlot }: AskedCalls): Sql {
  return isPerSlot ? callSlotOf(raw('toInt64(time)')) : raw('toInt64(0)');
}

function ofEnvironment({ environment }: AskedCalls): readonly Sql[] {
  return environment ? [inEnvironment(environment)] : [];
}

function betweenServices(asked: AskedCalls): Sql {
  const { ranges, longParents } = asked;
  const conditions = allOf([HAS_PARENT, raw('stored.kind NOT IN (3, 4)'), ...ofEnvironment(asked)]);
  const callees = sql`SELECT ${keyOf('parent_span_id')} AS key, ${slotOf(asked)} AS slot, service_name, resource_id, stored.kind AS span_kind,
      status_code, ${BUCKET} AS bucket, stored.kind = 5 AND isNotNull(${TODAY.messaging}) AS is_taken
    ${within(ranges, asked)} AND ${conditions}`;
  const callers = (rows: Sql): Sql => sql`SELECT ${keyOf('span_id')} AS key, service_name ${rows}`;
  const near = callers(within(widened(ranges, PARENT_BEFORE_MS, PARENT_AFTER_MS), asked));
  const long = raw(String(PARENT_BEFORE_MS * 1e6));
  const far =
    longParents === undefined
      ? raw('')
      : sql` UNION ALL ${callers(within([longParents], asked))} AND duration_ns > ${long}
          AND NOT ${anyOf(widened(ranges, PARENT_BEFORE_MS, PARENT_AFTER_MS).map((range) => spans.within(range)))}`;
  return sql`SELECT slot, resource_id, toString(caller) AS source, 'service' AS kind, '' AS system_name, toString(callee) AS name, '' AS namespace,
      if(is_taken, 'taken', 'sent') AS direction, span_kind, bucket, calls, errors
    FROM (
      SELECT down.slot AS slot, down.resource_id AS resource_id, up.service_name AS caller, down.service_name AS callee, down.is_taken AS is_taken,
        down.span_kind AS span_kind, down.bucket AS bucket, count() AS calls, countIf(down.status_code = 2) AS errors
      FROM (${near}${far}) AS up ${innerJoin({ rows: callees, as: 'down' }, { 'up.key': 'down.key' })}
      WHERE up.service_name != down.service_name
      GROUP BY slot, resource_id, caller, callee, is_taken, span_kind, bucket)`;
}

const HAS_NAME: Sql = sql`((stored.kind = 3 AND isNotNull(${TODAY.database})) OR (isNotNull(${TODAY.messaging})
  AND isNotNull(${TODAY.destination}) AND (stored.kind != 3 OR isNotNull(${TODAY.operation}))))`;

/**
 * Databases and queues under the names that conventions have today, which have columns of their own. A name that is looked for and not there takes
 * as long as one that is, and there are a dozen that were given up.
 */
function toNamed(asked: AskedCalls): Sql {
  const conditions = allOf([raw('stored.kind IN (3, 4, 5)'), HAS_NAME, ...ofEnvironment(asked)]);
  return toBacking(sql`SELECT slot, resource_id, service_name, span_kind, bucket, calls, errors, ifNull(toString(database), '') AS database_system,
      ifNull(toString(database_place), '') AS database_name, ifNull(toString(messaging), '') AS messaging_system,
      ifNull(toString(queue), '') AS destination, ifNull(toString(done), '') AS operation, ifNull(toString(address), '') AS host, '' AS rpc
    FROM (
      SELECT ${slotOf(asked)} AS slot, resource_id, service_name, stored.kind AS span_kind, ${BUCKET} AS bucket,
        if(stored.kind = 3, ${TODAY.database}, NULL) AS database, ${TODAY.databaseName} AS database_place, ${TODAY.messaging} AS messaging,
        ${TODAY.destination} AS queue, ${TODAY.operation} AS done, ifNull(${TODAY.address}, ${TODAY.peerAddress}) AS address,
        count() AS calls, countIf(status_code = 2) AS errors
      ${within(asked.ranges, asked)} AND ${conditions}
      GROUP BY slot, resource_id, service_name, span_kind, bucket, database, database_place, messaging, queue, done, address)`);
}

/** All else, under any name: calls that no server's span answers. Names are read only where there are such rows. */
function toOthers(asked: AskedCalls): Sql {
  const nearby = widened(asked.ranges, PARENT_AFTER_MS, PARENT_AFTER_MS);
  const answered = sql`SELECT ${keyOf('parent_span_id')} ${within(nearby, asked)} AND ${HAS_PARENT} AND stored.kind IN (2, 5)`;
  const isUnanswered = sql`NOT ${HAS_NAME} AND (stored.kind = 3 AND ${keyOf('span_id')} NOT IN (${answered})
    OR stored.kind IN (4, 5) AND isNotNull(${TODAY.messaging}))`;
  const conditions = allOf([isWithin(asked.ranges, asked), isUnanswered, ...ofEnvironment(asked)]);
  return toBacking(sql`SELECT ${slotOf(asked)} AS slot, resource_id, service_name, stored.kind AS span_kind, ${BUCKET} AS bucket,
      if(stored.kind = 3, ${DATABASE}, '') AS database_system, ${DATABASE_NAME} AS database_name, ${MESSAGING} AS messaging_system,
      ${DESTINATION} AS destination, ${OPERATION} AS operation, ${HOST} AS host, ${RPC} AS rpc, count() AS calls, countIf(status_code = 2) AS errors
    ${spans.first(conditions)}
    GROUP BY slot, resource_id, service_name, span_kind, bucket, database_system, database_name, messaging_system, destination, operation, host, rpc`);
}

/** A client's span of messages says what it does: to settle one, when it was worked on, is no call. */
const DIRECTION: Sql =
  raw(`multiIf(span_kind = 5, 'taken', span_kind != 3 OR messaging_system = '', 'sent', operation = 'settle', 'settled',
  operation IN ('receive', 'process'), 'fetched', 'sent')`);

/**
 * `rows`: with the names of what was called, each text empty where there is none. Which of them are calls is asked of what was counted: a condition on
 * names alone the store would ask of each span, since it may, and that is a tenth of all the work.
 */
function toBacking(rows: Sql): Sql {
  const caches = new Bound('Array(String)', CACHES);
  return sql`SELECT slot, resource_id, toString(service_name) AS source, backing AS kind, backing_system AS system_name, ${cutText(raw('host'))} AS name,
      ${cutText(raw('place'))} AS namespace, direction, span_kind, bucket, sum(named.calls) AS calls, sum(named.errors) AS errors
    FROM (
      SELECT slot, resource_id, service_name, span_kind, bucket, calls, errors, host, ${DIRECTION} AS direction,
        multiIf(database_system != '', if(has(${caches}, lower(database_system)), 'cache', 'database'), messaging_system != '', 'queue', 'host') AS backing,
        multiIf(database_system != '', database_system, messaging_system != '', messaging_system, rpc) AS backing_system,
        multiIf(database_system != '', database_name, messaging_system != '', destination, '') AS place
      FROM (${rows})) AS named
    WHERE if(direction != 'settled' AND (backing != 'host' OR (direction = 'sent' AND host != '')), named.calls, 0) > 0
    GROUP BY slot, resource_id, source, kind, system_name, name, namespace, direction, span_kind, bucket`;
}
