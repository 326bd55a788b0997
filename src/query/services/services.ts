/** Rates, errors and durations of services and their operations, over entry spans. */

import type {
  OperationSummary,
  RedSeries,
  RedSummary,
  Series,
  ServiceDetail,
  ServiceSummary,
  SpanKind,
  TimeGrid,
} from '../answers/index.ts';
import { chooseGrid, cutText, LIST_ITEM, readResources, shortName } from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import { spans, type TimeRange } from '../source/index.ts';
import { allOf, Bound, noId, raw, type Sql, sql, text } from '../sql/index.ts';
import { ENTRY_SPAN, inEnvironment, spanKind } from '../traces/index.ts';
import { type RedRow, readDataTime, readRed } from './red.ts';

export interface ServiceFilter extends TimeRange {
  readonly environment?: string | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
}

const SPARK_BUCKETS = 40;
const CHART_BUCKETS = 120;
/** Operations and services beyond these many are left out, the rarest first. */
const MAX_OPERATIONS = 500;
export const MAX_SERVICES = 1000;

/** The spans that a filter names, but for its operation. */
function spansUnder(filter: ServiceFilter): Sql {
  const conditions: Sql[] = [];
  if (filter.service !== undefined) conditions.push(sql`service_name = ${text(filter.service)}`);
  if (filter.environment) conditions.push(inEnvironment(filter.environment));
  return sql`${spans.in(filter)} AND ${allOf(conditions)}`;
}

const SERVES: Sql = raw('kind IN (2, 5)');
const NO_PARENT: Sql = sql`parent_span_id = ${noId(8)}`;
/** A client's or producer's span without a parent: the service calls somebody, perhaps itself. */
const ROOT_CALL: Sql = sql`(kind IN (3, 4) AND ${NO_PARENT})`;

/** The services of a range, the busiest first, and how many there are. */
interface Census {
  readonly total: number;
  /** `resourceId`: of the newest request, or of the newest span where there is none. */
  readonly services: readonly {
    readonly name: string;
    readonly newestNs: bigint;
    readonly resourceId: number | bigint;
  }[];
  /** Some service has both calls without a parent and requests from somebody: some of them may be one call. */
  readonly callsItself: boolean;
}

async function readCensus(reader: StoreReader, filter: ServiceFilter, options?: ReadOptions): Promise<Census> {
  const table = await reader.read(
    sql`SELECT service_name, toUnixTimestamp64Nano(max(time)) AS newest, countIf(${ENTRY_SPAN}) AS requests,
        countIf(${ROOT_CALL}) > 0 AND countIf(${SERVES} AND NOT ${NO_PARENT}) > 0 AS calls_itself,
        argMax(resource_id, (${ENTRY_SPAN}, time)) AS newest_resource,
        count() OVER () AS total, max(calls_itself) OVER () AS any_calls_itself
      ${spansUnder(filter)} GROUP BY service_name
      ORDER BY requests DESC, service_name LIMIT ${new Bound('UInt32', MAX_SERVICES)}`,
    options,
  );
  const newest = table.bigints('newest');
  const resourceIds = table.column<number | bigint>('newest_resource');
  return {
    total: table.numbers('total')[0] ?? 0,
    services: table.strings('service_name').map((name, row) => {
      return { name, newestNs: newest[row]!, resourceId: resourceIds[row]! };
    }),
    callsItself: table.column<number>('any_calls_itself')[0] === 1,
  };
}

/**
 * The requests of services: their entry spans. Where the client's span that begins a trace and the server's span that it calls are of one
 * service, they are one call, and the server's counts.
 */
function entrySpans(filter: ServiceFilter, census: Census): Sql {
  const conditions = [ENTRY_SPAN];
  if (filter.operation) conditions.push(sql`name = ${text(filter.operation)}`);
  if (census.callsItself) {
    conditions.push(sql`NOT (${ROOT_CALL} AND (service_name, trace_id, span_id) IN (
      SELECT service_name, trace_id, parent_span_id ${spansUnder(filter)} AND ${SERVES} AND NOT ${NO_PARENT}))`);
  }
  if (census.total > census.services.length) {
    conditions.push(sql`service_name IN (SELECT service_name ${spansUnder(filter)}
      GROUP BY service_name ORDER BY countIf(${ENTRY_SPAN}) DESC, service_name LIMIT ${new Bound('UInt32', MAX_SERVICES)})`);
  }
  return sql`${spansUnder(filter)} AND ${allOf(conditions)}`;
}

export interface ServiceList {
  readonly grid: TimeGrid;
  /** The busiest first. */
  readonly services: readonly ServiceSummary[];
  readonly total: number;
}

/** The services with spans in the range; those without entry spans have no requests. */
export async function listServices(
  reader: StoreReader,
  filter: ServiceFilter,
  options?: ReadOptions,
): Promise<ServiceList> {
  const grid = chooseGrid(filter, SPARK_BUCKETS);
  const [census, data] = await Promise.all([
    readCensus(reader, filter, options),
    readDataTime(reader, filter, grid, options),
  ]);
  const entries = entrySpans(filter, census);
  const query = { key: raw('service_name'), kind: raw('toUInt8(0)'), rows: entries, grid, data, limit: MAX_SERVICES };
  const rows = await readRed(reader, query, options);
  const identities = await readIdentities(reader, rows, census, options);
  const byName = new Map(rows.map((row) => [row.key, row]));
  const services = identities.map((identity) => serviceSummary(identity, byName.get(identity.name), grid));
  services.sort((a, b) => b.requestCount - a.requestCount || (a.name < b.name ? -1 : 1));
  return { grid, services, total: census.total };
}

interface ServiceIdentity {
  readonly name: string;
  readonly newestMs: number;
  readonly language: string;
  readonly version: string;
}

/** Resources that no SDK of OpenTelemetry described may still say what runs them. */
const LANGUAGE_KEYS = ['telemetry.sdk.language', 'process.runtime.name'];

/** Attributes of a service are those of its newest request: of `MAX_SERVICES` resources. */
async function readIdentities(
  reader: StoreReader,
  rows: readonly RedRow[],
  census: Census,
  options?: ReadOptions,
): Promise<readonly ServiceIdentity[]> {
  const newest = new Map(rows.map((row) => [row.key, row.newestNs]));
  const ids = census.services.map(({ resourceId }) => resourceId);
  const resources = await readResources(reader, ids, LIST_ITEM.attributeBytes, options);
  return census.services.map(({ name, newestNs, resourceId }) => {
    const attributes = resources.get(resourceId)?.attributes ?? [];
    const text = (...keys: readonly string[]): string => {
      for (const wanted of keys) {
        const value = attributes.find(({ key }) => key === wanted)?.value;
        if (value?.type === 'string') return shortName(value.value);
      }
      return '';
    };
    return {
      name,
      newestMs: Number((newest.get(name) ?? newestNs) / 1_000_000n),
      language: text(...LANGUAGE_KEYS),
      version: text('service.version'),
    };
  });
}

function serviceSummary(identity: ServiceIdentity, red: RedRow | undefined, grid: TimeGrid): ServiceSummary {
  const empty = new Array<null>(grid.count).fill(null);
  const { name, newestMs, language, version } = identity;
  return {
    name,
    language,
    version,
    requestCount: red?.requestCount ?? 0,
    requestRate: red?.requestRate ?? 0,
    errorCount: red?.errorCount ?? 0,
    errorRatio: red?.errorRatio ?? null,
    p50Ns: red?.p50Ns ?? null,
    p95Ns: red?.p95Ns ?? null,
    p99Ns: red?.p99Ns ?? null,
    newestMs,
    sparkRate: red?.series.requestRate ?? empty,
    sparkErrorRatio: red?.series.errorRatio ?? empty,
    sparkP95Ns: red?.series.p95Ns ?? empty,
  };
}

/** One service over time, with its operations. Throws QueryError `not_found` where it has no spans in the range. */
export async function readService(
  reader: StoreReader,
  filter: ServiceFilter & { readonly service: string },
  options?: ReadOptions,
): Promise<ServiceDetail> {
  const grid = chooseGrid(filter, CHART_BUCKETS);
  const [census, data] = await Promise.all([
    readCensus(reader, filter, options),
    readDataTime(reader, filter, grid, options),
  ]);
  const common = { rows: entrySpans(filter, census), grid, data, limit: MAX_OPERATIONS };
  const [totals, operations] = await Promise.all([
    readRed(reader, { ...common, key: raw('service_name'), kind: raw('toUInt8(0)') }, options),
    readRed(reader, { ...common, key: cutText(raw('name')), kind: raw('kind') }, options),
  ]);
  const identities = await readIdentities(reader, totals, census, options);
  const identity = identities[0];
  if (identity === undefined) {
    throw new QueryError('not_found', `no spans of the service ${filter.service} in this time range`, {
      hint: 'choose a longer range, or another environment',
    });
  }
  const empty = new Array<null>(grid.count).fill(null);
  const none = { requestRate: empty, errorRate: empty, errorRatio: empty, p50Ns: empty, p95Ns: empty, p99Ns: empty };
  const { errorRatio: _, ...series } = totals[0]?.series ?? none;
  return {
    summary: serviceSummary(identity, totals[0], grid),
    grid,
    dataSeconds: data.seconds,
    series,
    operations: operations.map(operationSummary),
  };
}

function operationSummary(row: RedRow): OperationSummary {
  const { key, kind, newestNs: _, series, ...red } = row;
  return { name: key, kind: spanKind(kind), ...red, sparkRate: series.requestRate };
}

/** Names and kinds of all spans of a service (of all services where it is undefined), the most frequent first. */
export async function listOperations(
  reader: StoreReader,
  filter: TimeRange & { readonly service?: string | undefined },
  options?: ReadOptions,
): Promise<readonly { readonly name: string; readonly kind: SpanKind; readonly count: number }[]> {
  const table = await reader.read(
    sql`SELECT ${cutText(raw('stored.name'))} AS name, kind, count() AS n ${spansUnder(filter)}
      GROUP BY name, kind ORDER BY n DESC, name, kind LIMIT 1000`,
    options,
  );
  const counts = table.numbers('n');
  const kinds = table.column<number>('kind');
  return table.strings('name').map((name, row) => ({ name, kind: spanKind(kinds[row]!), count: counts[row]! }));
}
