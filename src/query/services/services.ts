/** Rates, errors and durations of services and their operations, over entry spans. */

import type { OperationSummary, ServiceDetail, ServiceSummary, SpanKind, TimeGrid } from '../answers/index.ts';
import { bucketOf, chooseGrid, cutText, LIST_ITEM, readResources, shortName } from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import type { TimeRange } from '../source/index.ts';
import { Bound, raw, sql } from '../sql/index.ts';
import { spanKind } from '../traces/index.ts';
import {
  ALL_QUANTILES,
  type DataTime,
  type QuantileName,
  type RedQuery,
  type RedRow,
  readDataTime,
  readRed,
} from './red.ts';
import {
  type CountedServices,
  entrySpans,
  type Places,
  placesOf,
  type ServiceFilter,
  spansUnder,
  talliedRequests,
  tallies,
} from './tallies.ts';

const SPARK_BUCKETS = 40;
/** Those that a list draws over time. */
const SPARK_QUANTILES: readonly QuantileName[] = ['p95Ns'];
const CHART_BUCKETS = 120;
/** Operations and services beyond these many are left out, the rarest first. */
const MAX_OPERATIONS = 500;
export const MAX_SERVICES = 1000;

/** The services of a range, the busiest first, and how many there are. */
interface Census {
  readonly total: number;
  /** `resourceId`: of the newest request, or of the newest span where there is none. */
  readonly services: readonly {
    readonly name: string;
    readonly newestNs: bigint;
    readonly resourceId: number | bigint;
  }[];
  readonly counted: CountedServices;
}

async function readCensus(reader: StoreReader, places: Places, options?: ReadOptions): Promise<Census> {
  // Of a service that has both calls without a parent and requests from somebody, some may be one call.
  const table = await reader.read(
    sql`SELECT service_name, toUnixTimestamp64Nano(max(newest)) AS newest_ns, sum(requests) AS request_sum,
        sum(root_calls) > 0 AND sum(served) > 0 AS calls_itself,
        argMax(resource_id, (requests > 0, if(requests > 0, newest_request, newest))) AS newest_resource, count() OVER () AS total
      FROM (${tallies(places)}) GROUP BY service_name
      ORDER BY request_sum DESC, service_name LIMIT ${new Bound('UInt32', MAX_SERVICES)}`,
    options,
  );
  const names = table.strings('service_name');
  const newest = table.bigints('newest_ns');
  const resourceIds = table.column<number | bigint>('newest_resource');
  const callsItself = table.column<number>('calls_itself');
  const total = table.numbers('total')[0] ?? 0;
  return {
    total,
    services: names.map((name, row) => ({ name, newestNs: newest[row]!, resourceId: resourceIds[row]! })),
    counted: {
      limit: total > names.length ? MAX_SERVICES : undefined,
      selfCalling: names.filter((_, row) => callsItself[row] === 1),
    },
  };
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
  const { data, cut } = await readDataTime(reader, filter, grid, options);
  const places = placesOf(filter, grid, cut);
  const census = await readCensus(reader, places, options);
  const [rows, resources] = await Promise.all([
    readRed(reader, requestsOfServices(places, census, grid, data, SPARK_QUANTILES), options),
    newestResources(reader, census, options),
  ]);
  const identities = identitiesOf(rows, census, resources);
  const byName = new Map(rows.map((row) => [row.key, row]));
  const services = identities.map((identity) => serviceSummary(identity, byName.get(identity.name), grid));
  services.sort((a, b) => b.requestCount - a.requestCount || (a.name < b.name ? -1 : 1));
  return { grid, services, total: census.total };
}

/** The requests of each service. */
function requestsOfServices(
  places: Places,
  { counted }: Census,
  grid: TimeGrid,
  data: DataTime,
  perBucket: readonly QuantileName[],
): RedQuery {
  const tallied = talliedRequests(places, counted, grid, bucketOf(grid));
  const rows = entrySpans(places, counted);
  const query = { key: raw('service_name'), kind: raw('toUInt8(0)'), rows, grid, data, perBucket, limit: MAX_SERVICES };
  return tallied === undefined ? query : { ...query, tallied };
}

interface ServiceIdentity {
  readonly name: string;
  readonly newestMs: number;
  readonly language: string;
  readonly version: string;
}

/** Resources that no SDK of OpenTelemetry described may still say what runs them. */
const LANGUAGE_KEYS = ['telemetry.sdk.language', 'process.runtime.name'];

type Resources = Awaited<ReturnType<typeof readResources>>;

/** Of `MAX_SERVICES` services. */
function newestResources(reader: StoreReader, census: Census, options?: ReadOptions): Promise<Resources> {
  const ids = census.services.map(({ resourceId }) => resourceId);
  return readResources(reader, ids, LIST_ITEM.attributeBytes, options);
}

/** Attributes of a service are those of its newest request. */
function identitiesOf(rows: readonly RedRow[], census: Census, resources: Resources): readonly ServiceIdentity[] {
  const newest = new Map(rows.map((row) => [row.key, row.newestNs]));
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
  const { data, cut } = await readDataTime(reader, filter, grid, options);
  const places = placesOf(filter, grid, cut);
  const census = await readCensus(reader, places, options);
  const rows = entrySpans(places, census.counted);
  const byName = {
    key: cutText(raw('name')),
    kind: raw('kind'),
    rows,
    grid,
    data,
    perBucket: [],
    limit: MAX_OPERATIONS,
  };
  const [totals, operations, resources] = await Promise.all([
    readRed(reader, requestsOfServices(places, census, grid, data, ALL_QUANTILES), options),
    readRed(reader, byName, options),
    newestResources(reader, census, options),
  ]);
  const identities = identitiesOf(totals, census, resources);
  const identity = identities[0];
  if (identity === undefined) {
    throw new QueryError('not_found', `no spans of the service ${filter.service} in this time range`, {
      hint: 'choose a longer range, or another environment',
    });
  }
  const empty = new Array<null>(grid.count).fill(null);
  const none = { requestRate: empty, errorRate: empty, errorRatio: empty, p50Ns: empty, p95Ns: empty, p99Ns: empty };
  const { errorRatio: _, ...series } = { ...none, ...totals[0]?.series };
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
