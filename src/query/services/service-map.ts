/** The map of services: who calls whom, and which databases, caches, queues and other hosts they use, with rate, errors and durations. */
import type { MapNode, ServiceMap } from '../answers/index.ts';
import { chooseGrid, cutText, innerJoin } from '../plan/index.ts';
import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import { padded, requestsIn, spans, type TimeRange } from '../source/index.ts';
import { allOf, Bound, raw, type Sql, sql } from '../sql/index.ts';
import { inEnvironment } from '../traces/index.ts';
import { readCountedCalls } from './counted-calls.ts';
import { CACHES, DATABASE, DATABASE_NAME, DESTINATION, HOST, MESSAGING, OPERATION } from './dependencies.ts';
import { type FoundCalls, MAX_EDGES, putTogether } from './map-parts.ts';
import { readDataTime } from './red.ts';
import { HAS_PARENT, joinLimits, PADDING_MS } from './service-edges.ts';
import { listServices } from './services.ts';

/** Spans are joined where the range has no more: it takes some seconds. Of more it is the newest. */
const MOST_SPANS = 1_500_000;
/** Of more spans than these the counts are taken, where there are any: the map stands within a second. */
const COUNTS_ABOVE = 200_000;
const DATA_BUCKETS = 40;

export interface MapFilter extends TimeRange {
  readonly environment?: string | undefined;
}

/** `mostSpans`: of more the counts are taken, or else the newest spans. */
export async function readServiceMap(
  reader: StoreReader,
  filter: MapFilter,
  options?: ReadOptions,
  mostSpans: number = MOST_SPANS,
): Promise<ServiceMap> {
  const [listed, { calls, from, edgesFromMs }, { data }] = await Promise.all([
    listServices(reader, filter, options),
    readFound(reader, filter, mostSpans, options),
    readDataTime(reader, filter, chooseGrid(filter, DATA_BUCKETS), options),
  ]);
  const seconds = Math.max(1, Math.min(data.seconds, (filter.toMs - edgesFromMs) / 1000));
  return putTogether(listed, calls, { from, edgesFromMs, seconds });
}

type Found = Pick<ServiceMap, 'from' | 'edgesFromMs'> & { readonly calls: readonly FoundCalls[] };

async function readFound(
  reader: StoreReader,
  filter: MapFilter,
  mostSpans: number,
  options?: ReadOptions,
): Promise<Found> {
  const { fromMs, spanCount } = await readExtent(reader, filter, mostSpans, options);
  const isMuch = spanCount > Math.min(COUNTS_ABOVE, mostSpans);
  const counted = isMuch && !filter.environment ? await readCountedCalls(reader, filter, options) : undefined;
  if (counted !== undefined && counted.calls.length > 0)
    return { calls: counted.calls, from: 'counts', edgesFromMs: filter.fromMs };
  return { calls: await readCalls(reader, { ...filter, fromMs }, options), from: 'spans', edgesFromMs: fromMs };
}

/** From where on the range holds no more spans than are joined, by what the writer counted. */
async function readExtent(
  reader: StoreReader,
  range: TimeRange,
  mostSpans: number,
  options?: ReadOptions,
): Promise<{ readonly fromMs: number; readonly spanCount: number }> {
  const most = new Bound('UInt64', mostSpans);
  const table = await reader.read(
    sql`SELECT sum(n) AS total, minIf(second, newer <= ${most}) AS first FROM (
      SELECT second, sum(span_count) AS n, sum(n) OVER (ORDER BY second DESC) AS newer ${requestsIn(range)} GROUP BY second)`,
    { ...options, cost: 'bounded' },
  );
  const spanCount = table.numbers('total')[0]!;
  if (spanCount <= mostSpans) return { fromMs: range.fromMs, spanCount };
  const firstMs = table.numbers('first')[0]! * 1000;
  // A single moment with more than can be joined: its last second, as far as the limits go.
  return { fromMs: firstMs > range.fromMs ? firstMs : range.toMs - 1000, spanCount };
}

async function readCalls(
  reader: StoreReader,
  filter: MapFilter,
  options?: ReadOptions,
): Promise<readonly FoundCalls[]> {
  const [between, backing] = await Promise.all([
    reader.read(betweenServices(filter), { ...options, settings: joinLimits }),
    reader.read(toBacking(filter), {
      ...options,
      settings: { max_rows_in_set: '5000000', set_overflow_mode: 'break' },
    }),
  ]);
  return [...callsOf(between), ...callsOf(backing)];
}

function environmentOf({ environment }: MapFilter): readonly Sql[] {
  return environment ? [inEnvironment(environment)] : [];
}

/** Messages that are taken from a queue with a name are calls of that queue. */
const FROM_QUEUE: Sql = sql`(kind = 5 AND ${MESSAGING} != '')`;

function betweenServices(filter: MapFilter): Sql {
  const taken = allOf([HAS_PARENT, raw('kind NOT IN (3, 4)'), sql`NOT ${FROM_QUEUE}`, ...environmentOf(filter)]);
  const callees = sql`SELECT trace_id, parent_span_id, service_name, status_code, duration_ns ${spans.in(filter)} AND ${taken}`;
  return sql`SELECT up.service_name AS source, 'service' AS node_kind, '' AS system, down.service_name AS name, 'sent' AS direction,
      count() AS n, countIf(down.status_code = 2) AS e, quantiles(0.5, 0.95)(down.duration_ns) AS durations
    FROM (SELECT trace_id, span_id, service_name ${spans.in(padded(filter, PADDING_MS))}) AS up
    ${innerJoin({ rows: callees, as: 'down' }, { 'up.trace_id': 'down.trace_id', 'up.span_id': 'down.parent_span_id' })}
    WHERE up.service_name != down.service_name
    GROUP BY source, name ORDER BY n DESC, source, name LIMIT ${new Bound('UInt32', MAX_EDGES)}`;
}

/** A client's span of messages says what it does: to settle one, when it was worked on, is no call. */
const DIRECTION: Sql = sql`multiIf(kind = 5, 'taken', kind != 3 OR ${MESSAGING} = '', 'sent', ${OPERATION} = 'settle', 'settled',
  ${OPERATION} IN ('receive', 'process'), 'fetched', 'sent')`;
const DIRECTIONS: readonly FoundCalls['direction'][] = ['sent', 'taken', 'fetched'];

function toBacking(filter: MapFilter): Sql {
  const later = { fromMs: filter.fromMs, toMs: filter.toMs + PADDING_MS };
  const caches = new Bound('Array(String)', CACHES);
  return sql`SELECT source, node_kind, system, ${cutText(raw('node_name'))} AS name, direction,
      count() AS n, countIf(status_code = 2) AS e, quantiles(0.5, 0.95)(duration_ns) AS durations
    FROM (
      SELECT service_name AS source, trace_id, span_id, status_code, duration_ns, ${DIRECTION} AS direction,
        if(kind = 3, ${DATABASE}, '') AS database_system, ${MESSAGING} AS messaging_system, ${HOST} AS host, ${DATABASE_NAME} AS database_name,
        ${DESTINATION} AS destination,
        multiIf(database_system != '', if(has(${caches}, lower(database_system)), 'cache', 'database'), messaging_system != '', 'queue', 'host') AS node_kind,
        multiIf(database_system != '', database_system, messaging_system) AS system,
        database_system != '' AND database_name != '' AND (host = '' OR NOT match(database_name, '^[0-9]+$')) AS is_named,
        multiIf(is_named, database_name, database_system = '' AND destination != '', destination, host) AS node_name
      ${spans.in(filter)} AND ${allOf([raw('kind IN (3, 4, 5)'), ...environmentOf(filter)])})
    WHERE direction != 'settled' AND (node_kind != 'host' OR (direction = 'sent' AND node_name != '' AND (trace_id, span_id) NOT IN (
      SELECT trace_id, parent_span_id ${spans.in(later)} AND ${HAS_PARENT} AND kind IN (2, 5))))
    GROUP BY source, node_kind, system, name, direction ORDER BY n DESC, source, system, name LIMIT ${new Bound('UInt32', MAX_EDGES)}`;
}

const KINDS: readonly MapNode['kind'][] = ['service', 'database', 'cache', 'queue', 'host'];

function callsOf(table: Table): readonly FoundCalls[] {
  const [systems, names] = [table.strings('system'), table.strings('name')];
  const [counts, errors] = [table.numbers('n'), table.numbers('e')];
  const kinds = table.strings('node_kind');
  const directions = table.strings('direction');
  return table.strings('source').map((source, row): FoundCalls => {
    const [p50Ns, p95Ns] = table.column<[number, number]>('durations')[row]!;
    return {
      source,
      kind: KINDS.find((kind) => kind === kinds[row]) ?? 'host',
      system: systems[row]!,
      name: names[row]!,
      direction: DIRECTIONS.find((direction) => direction === directions[row]) ?? 'sent',
      callCount: counts[row]!,
      errorCount: errors[row]!,
      p50Ns,
      p95Ns,
    };
  });
}
