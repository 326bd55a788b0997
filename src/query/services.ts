/** Rates, errors and durations of services and their operations, over entry spans. */
import { QueryError } from './errors.ts';
import type { Table } from './row-binary.ts';
import { ENTRY_SPAN, inEnvironment, type SpanKind, spanKind } from './spans.ts';
import { allOf, Bound, raw, type Sql, sql, text, texts } from './sql.ts';
import type { ReadOptions, StoreReader } from './store-reader.ts';
import {
  bucketOf,
  chooseGrid,
  coveredSeconds,
  inRange,
  type Series,
  spread,
  type TimeGrid,
  type TimeRange,
} from './time-grid.ts';

/** Rate, errors and durations over a range. Rates are per second, quantiles in ns. */
export interface RedSummary {
  readonly requestCount: number;
  readonly requestRate: number;
  readonly errorCount: number;
  /** 0 to 1 */
  readonly errorRatio: number;
  readonly p50Ns: number;
  readonly p95Ns: number;
  readonly p99Ns: number;
}

export interface ServiceSummary extends RedSummary {
  readonly name: string;
  readonly language: string;
  readonly version: string;
  readonly newestMs: number;
  readonly sparkRate: Series;
  readonly sparkErrorRatio: Series;
  readonly sparkP95Ns: Series;
}

export interface OperationSummary extends RedSummary {
  readonly name: string;
  readonly kind: SpanKind;
  readonly sparkRate: Series;
}

export interface RedSeries {
  readonly requestRate: Series;
  readonly errorRate: Series;
  readonly p50Ns: Series;
  readonly p95Ns: Series;
  readonly p99Ns: Series;
}

export interface ServiceFilter extends TimeRange {
  readonly environment?: string | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
}

const sparkBuckets = 40;
const chartBuckets = 120;
/** Operations beyond these many are left out, the rarest first. */
const maxOperations = 500;

/** RED of one group: totals and per bucket. */
interface RedRow extends RedSummary {
  readonly key: string;
  readonly kind: number;
  /** The start of the newest request. */
  readonly newestNs: bigint;
  readonly series: RedSeries & { readonly errorRatio: Series };
}

/**
 * Exact quantiles take 8 bytes for each span of the range; where that is more than a query may hold, an approximation of
 * at most 0.5 % error answers.
 */
const EXACT = {
  state: raw('quantilesExactState(0.5, 0.95, 0.99)'),
  merge: raw('quantilesExactMerge(0.5, 0.95, 0.99)'),
};
const APPROXIMATE = {
  state: raw('quantilesDDState(0.005, 0.5, 0.95, 0.99)'),
  merge: raw('quantilesDDMerge(0.005, 0.5, 0.95, 0.99)'),
};

interface RedQuery {
  /** `service_name`, or `name` and `kind` of operations. */
  readonly key: Sql;
  readonly kind: Sql;
  readonly condition: Sql;
  readonly grid: TimeGrid;
  readonly range: TimeRange;
}

async function readRed(reader: StoreReader, query: RedQuery, options?: ReadOptions): Promise<readonly RedRow[]> {
  try {
    return redRows(await reader.read(redStatement(query, EXACT), options), query);
  } catch (error) {
    if (!(error instanceof QueryError) || error.code !== 'too_large') throw error;
    return redRows(await reader.read(redStatement(query, APPROXIMATE), options), query);
  }
}

function redStatement(query: RedQuery, quantiles: typeof EXACT): Sql {
  return sql`SELECT red_key, red_kind, sum(n) AS requests, sum(e) AS errors, ${quantiles.merge}(q) AS total_quantiles,
      groupArray(bucket) AS buckets, groupArray(n) AS counts, groupArray(e) AS error_counts,
      groupArray(bucket_quantiles) AS quantiles, toUnixTimestamp64Nano(max(newest)) AS newest_ns
    FROM (
      SELECT ${query.key} AS red_key, ${query.kind} AS red_kind, ${bucketOf(query.grid)} AS bucket,
        count() AS n, countIf(status_code = 2) AS e, max(time) AS newest, ${quantiles.state}(duration_ns) AS q,
        finalizeAggregation(q) AS bucket_quantiles
      FROM spans WHERE ${query.condition} GROUP BY red_key, red_kind, bucket)
    GROUP BY red_key, red_kind ORDER BY requests DESC, red_key, red_kind LIMIT ${new Bound('UInt32', maxOperations * 4)}`;
}

function redRows(table: Table, { grid, range }: RedQuery): readonly RedRow[] {
  const requests = table.numbers('requests');
  const errors = table.numbers('errors');
  const seconds = (range.toMs - range.fromMs) / 1000;
  const newest = table.bigints('newest_ns');
  const perBucket = (buckets: readonly number[], values: readonly number[]): Series =>
    spread(
      grid,
      buckets,
      values.map((value, i) => value / coveredSeconds(grid, range, buckets[i]!)),
    );
  return table.strings('red_key').map((key, row) => {
    const buckets = table.column<number[]>('buckets')[row]!;
    const counts = table.column<number[]>('counts')[row]!;
    const errorCounts = table.column<number[]>('error_counts')[row]!;
    const quantiles = table.column<number[][]>('quantiles')[row]!;
    const total = table.column<number[]>('total_quantiles')[row]!;
    const quantile = (index: number): Series =>
      spread(
        grid,
        buckets,
        quantiles.map((values) => Number(values[index])),
      );
    return {
      key,
      kind: table.column<number>('red_kind')[row]!,
      newestNs: newest[row]!,
      requestCount: requests[row]!,
      requestRate: requests[row]! / seconds,
      errorCount: errors[row]!,
      errorRatio: errors[row]! / requests[row]!,
      p50Ns: Number(total[0]),
      p95Ns: Number(total[1]),
      p99Ns: Number(total[2]),
      series: {
        requestRate: perBucket(buckets, counts),
        errorRate: perBucket(buckets, errorCounts),
        errorRatio: spread(
          grid,
          buckets,
          errorCounts.map((count, i) => count / counts[i]!),
        ),
        p50Ns: quantile(0),
        p95Ns: quantile(1),
        p99Ns: quantile(2),
      },
    };
  });
}

function baseCondition(filter: ServiceFilter): Sql {
  const conditions = [inRange(filter)];
  if (filter.service !== undefined) conditions.push(sql`service_name = ${text(filter.service)}`);
  if (filter.environment) conditions.push(inEnvironment(filter.environment));
  return allOf(conditions);
}

function entryCondition(filter: ServiceFilter): Sql {
  const operation = filter.operation ? [sql`name = ${text(filter.operation)}`] : [];
  return allOf([baseCondition(filter), ENTRY_SPAN, ...operation]);
}

/** All services with spans in the range, the busiest first. Services without entry spans have counts of 0. */
export async function listServices(
  reader: StoreReader,
  filter: ServiceFilter,
  options?: ReadOptions,
): Promise<{ readonly grid: TimeGrid; readonly services: readonly ServiceSummary[] }> {
  const grid = chooseGrid(filter, sparkBuckets);
  const query: RedQuery = {
    key: raw('service_name'),
    kind: raw('toUInt8(0)'),
    condition: entryCondition(filter),
    grid,
    range: filter,
  };
  const [rows, names] = await Promise.all([readRed(reader, query, options), readAllNames(reader, filter, options)]);
  const identities = await readIdentities(reader, filter, rows, names, options);
  const byName = new Map(rows.map((row) => [row.key, row]));
  const services = identities.map((identity) => serviceSummary(identity, byName.get(identity.name), grid));
  return { grid, services: services.sort((a, b) => b.requestCount - a.requestCount || (a.name < b.name ? -1 : 1)) };
}

/** The services with spans of any kind. */
async function readAllNames(
  reader: StoreReader,
  filter: ServiceFilter,
  options?: ReadOptions,
): Promise<readonly string[]> {
  const table = await reader.read(
    sql`SELECT service_name FROM spans WHERE ${baseCondition(filter)} GROUP BY service_name`,
    options,
  );
  return table.strings('service_name');
}

interface ServiceIdentity {
  readonly name: string;
  readonly newestMs: number;
  readonly language: string;
  readonly version: string;
}

/** Resources that no SDK of OpenTelemetry described may still say what runs them. */
const LANGUAGE: Sql = raw('coalesce(resource.telemetry.sdk.language.:String, resource.process.runtime.name.:String)');

/**
 * Attributes of a service are those of its newest request (or span, where it has no requests): reading them of all spans
 * would cost more than all the rest.
 */
async function readIdentities(
  reader: StoreReader,
  filter: ServiceFilter,
  rows: readonly RedRow[],
  names: readonly string[],
  options?: ReadOptions,
): Promise<readonly ServiceIdentity[]> {
  const newest = new Map(rows.map((row) => [row.key, row.newestNs]));
  const silent = names.filter((name) => !newest.has(name));
  if (silent.length > 0) {
    const table = await reader.read(
      sql`SELECT service_name, toUnixTimestamp64Nano(max(time)) AS newest FROM spans
        WHERE ${baseCondition(filter)} AND service_name IN (SELECT arrayJoin(${texts(silent)})) GROUP BY service_name`,
      options,
    );
    table.strings('service_name').forEach((name, row) => {
      newest.set(name, table.bigints('newest')[row]!);
    });
  }
  if (newest.size === 0) return [];
  const attributes = await reader.read(
    sql`SELECT service_name, anyIf(${LANGUAGE}, isNotNull(${LANGUAGE})) AS language,
        anyIf(resource.service.version.:String, isNotNull(resource.service.version)) AS version
      FROM spans WHERE ${baseCondition(filter)} AND time IN (
        SELECT fromUnixTimestamp64Nano(toInt64(arrayJoin(${texts([...newest.values()].map(String))})), 'UTC'))
      GROUP BY service_name`,
    options,
  );
  const rowOf = new Map(attributes.strings('service_name').map((name, row) => [name, row]));
  const text = (name: string, column: string): string =>
    attributes.column<string | null>(column)[rowOf.get(name) ?? -1] ?? '';
  return [...newest].map(([name, newestNs]) => ({
    name,
    newestMs: Number(newestNs / 1_000_000n),
    language: text(name, 'language'),
    version: text(name, 'version'),
  }));
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
    errorRatio: red?.errorRatio ?? 0,
    p50Ns: red?.p50Ns ?? 0,
    p95Ns: red?.p95Ns ?? 0,
    p99Ns: red?.p99Ns ?? 0,
    newestMs,
    sparkRate: red?.series.requestRate ?? empty,
    sparkErrorRatio: red?.series.errorRatio ?? empty,
    sparkP95Ns: red?.series.p95Ns ?? empty,
  };
}

export interface ServiceDetail {
  readonly summary: ServiceSummary;
  readonly grid: TimeGrid;
  readonly series: RedSeries;
  readonly operations: readonly OperationSummary[];
}

/** One service over time, with its operations. Throws QueryError `not_found` where it has no spans in the range. */
export async function readService(
  reader: StoreReader,
  filter: ServiceFilter & { readonly service: string },
  options?: ReadOptions,
): Promise<ServiceDetail> {
  const grid = chooseGrid(filter, chartBuckets);
  const condition = entryCondition(filter);
  const common = { condition, grid, range: filter };
  const [totals, operations, names] = await Promise.all([
    readRed(reader, { ...common, key: raw('service_name'), kind: raw('toUInt8(0)') }, options),
    readRed(reader, { ...common, key: raw('name'), kind: raw('kind') }, options),
    readAllNames(reader, filter, options),
  ]);
  const identities = await readIdentities(reader, filter, totals, names, options);
  const identity = identities[0];
  if (identity === undefined) {
    throw new QueryError('not_found', `no spans of the service ${filter.service} in this time range`, {
      hint: 'choose a longer range, or another environment',
    });
  }
  const summary = serviceSummary(identity, totals[0], grid);
  const empty = new Array<null>(grid.count).fill(null);
  const { errorRatio: _, ...series } = totals[0]?.series ?? {
    requestRate: empty,
    errorRate: empty,
    errorRatio: empty,
    p50Ns: empty,
    p95Ns: empty,
    p99Ns: empty,
  };
  return { summary, grid, series, operations: operations.slice(0, maxOperations).map(operationSummary) };
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
    sql`SELECT name, kind, count() AS n FROM spans WHERE ${baseCondition({ ...filter, service: filter.service || undefined })}
      GROUP BY name, kind ORDER BY n DESC, name, kind LIMIT 1000`,
    options,
  );
  const counts = table.numbers('n');
  const kinds = table.column<number>('kind');
  return table.strings('name').map((name, row) => ({ name, kind: spanKind(kinds[row]!), count: counts[row]! }));
}
