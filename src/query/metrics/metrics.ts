/** Which metrics there are, and their labels. */
import type { MetricLabel, MetricSummary, MetricType, Temporality } from '../answers/index.ts';
import { cutText, LIST_ITEM, readResources } from '../plan/index.ts';
import { plainValue, QueryError, type ReadOptions, type StoredAttribute, type StoreReader } from '../reader/index.ts';
import { ALL_POINTS, METRIC_TYPES, metricSeries, type Owner, type TimeRange } from '../source/index.ts';
import { Bound, joinSql, raw, type Sql, sql, text } from '../sql/index.ts';
import { type Reading, readingsOf, type SeriesKind } from './reading.ts';

const TYPE_NAMES = new Map(Object.entries(METRIC_TYPES).map(([name, { number }]) => [number, name as MetricType]));
const TEMPORALITIES: readonly Temporality[] = ['unspecified', 'delta', 'cumulative'];
const MAX_METRICS = 5_000;

interface Definition {
  /** As most of its series have it. */
  readonly summary: Omit<MetricSummary, 'newestMs'>;
  readonly kinds: SeriesKind[];
}

/** The definitions of metrics with series in the range, by name. */
async function readDefinitions(
  reader: StoreReader,
  series: Sql,
  options?: ReadOptions,
): Promise<ReadonlyMap<string, Definition>> {
  const table = await reader.read(
    sql`SELECT name, type, unit, temporality, monotonic, uniqExact(series_id) AS series,
        ${cutText(raw('toString(argMax(stored.description, last_seen))'))} AS about,
        arraySort(groupUniqArray(100)(${cutText(raw('toString(service_name)'))})) AS services
      ${series}
      GROUP BY name, type, unit, temporality, monotonic ORDER BY name, series DESC, unit LIMIT ${new Bound('UInt32', 4 * MAX_METRICS)}`,
    options,
  );
  const definitions = new Map<string, Definition>();
  const seriesCounts = table.numbers('series');
  table.strings('name').forEach((name, row) => {
    const services = table.column<string[]>('services')[row]!;
    const kind: SeriesKind = {
      type: TYPE_NAMES.get(table.column<number>('type')[row]!) ?? 'gauge',
      unit: table.strings('unit')[row]!,
      monotonic: table.column<number>('monotonic')[row] === 1,
      temporality: TEMPORALITIES[table.column<number>('temporality')[row]!] ?? 'unspecified',
      seriesCount: seriesCounts[row]!,
    };
    const first = definitions.get(name);
    if (first === undefined) {
      const summary = { name, description: table.strings('about')[row]!, ...kind, services };
      definitions.set(name, { summary, kinds: [kind] });
      return;
    }
    first.kinds.push(kind);
    const { summary } = first;
    const all = [...new Set([...summary.services, ...services])].sort();
    const seriesCount = summary.seriesCount + kind.seriesCount;
    definitions.set(name, { kinds: first.kinds, summary: { ...summary, seriesCount, services: all } });
  });
  return definitions;
}

/** The newest point of each metric in the range. */
async function readNewest(
  reader: StoreReader,
  range: TimeRange,
  condition: Sql,
  options?: ReadOptions,
): Promise<ReadonlyMap<string, number>> {
  const union = ALL_POINTS.map(
    (points) => sql`SELECT name, max(time) AS newest ${points.in(range)} AND ${condition} GROUP BY name`,
  );
  const result = await reader.read(
    sql`SELECT name, toUnixTimestamp64Milli(max(newest)) AS at FROM (${joinSql(union, ' UNION ALL ')})
      GROUP BY name ORDER BY name LIMIT ${new Bound('UInt32', MAX_METRICS)}`,
    options,
  );
  const times = result.numbers('at');
  return new Map(result.strings('name').map((name, row) => [name, times[row]!]));
}

/** Every metric of the owner, by default the user, with points in the range whose name contains `search`. */
export async function listMetrics(
  reader: StoreReader,
  query: TimeRange & { readonly search?: string | undefined; readonly owner?: Owner },
  options?: ReadOptions,
): Promise<readonly MetricSummary[]> {
  const named = query.search ? sql`positionCaseInsensitiveUTF8(name, ${text(query.search)}) > 0` : raw('1');
  const [definitions, newest] = await Promise.all([
    readDefinitions(reader, sql`${metricSeries.in(query, query.owner ?? 'user')} AND ${named}`, options),
    readNewest(reader, query, named, options),
  ]);
  return [...newest].flatMap(([name, newestMs]) => {
    const definition = definitions.get(name);
    return definition === undefined ? [] : [{ ...definition.summary, newestMs }];
  });
}

/** One metric, and how its points are read. Throws QueryError `not_found` where it has no points in the range. */
export async function readMetric(
  reader: StoreReader,
  query: TimeRange & { readonly name: string; readonly owner?: Owner },
  options?: ReadOptions,
): Promise<{ readonly metric: MetricSummary; readonly readings: readonly Reading[] }> {
  const named = sql`name = ${text(query.name)}`;
  const [definitions, newest] = await Promise.all([
    readDefinitions(reader, sql`${metricSeries.in(query, query.owner ?? 'user')} AND ${named}`, options),
    readNewest(reader, query, named, options),
  ]);
  const definition = definitions.get(query.name);
  const newestMs = newest.get(query.name);
  if (definition === undefined || newestMs === undefined) {
    throw new QueryError('not_found', `no points of the metric ${query.name} in this time range`, {
      hint: 'choose a longer range, or look for another name',
    });
  }
  return { metric: { ...definition.summary, newestMs }, readings: readingsOf(definition.kinds) };
}

const MAX_LABEL_SERIES = 20_000;
const MAX_LABEL_VALUES = 50;
const MAX_VALUE_CHARS = 500;

/** The labels of a metric's series: attributes of the points and of the resource. */
export async function listMetricLabels(
  reader: StoreReader,
  query: TimeRange & { readonly name: string; readonly owner?: Owner },
  options?: ReadOptions,
): Promise<readonly MetricLabel[]> {
  const table = await reader.read(
    sql`SELECT attributes, resource_id ${metricSeries.in(query, query.owner ?? 'user')} AND name = ${text(query.name)}
      LIMIT 1 BY series_id LIMIT ${new Bound('UInt32', MAX_LABEL_SERIES)}`,
    options,
  );
  const resourceIds = table.column<number | bigint>('resource_id');
  const resources = await readResources(reader, resourceIds, LIST_ITEM.attributeBytes, options);
  const attributes = {
    item: table.column<readonly StoredAttribute[]>('attributes'),
    resource: resourceIds.map((id) => resources.get(id)?.attributes ?? []),
  };
  return (['item', 'resource'] as const).flatMap((scope) => {
    const counts = new Map<string, Map<string, number>>();
    for (const paths of attributes[scope]) countValues(counts, paths);
    return [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([key, values]) => labelOf(key, scope, values));
  });
}

function countValues(counts: Map<string, Map<string, number>>, attributes: readonly StoredAttribute[]): void {
  for (const { key, value } of attributes) {
    const values = counts.get(key) ?? new Map<string, number>();
    counts.set(key, values);
    const plain = plainValue(value);
    const name = typeof plain === 'string' ? plain : JSON.stringify(plain);
    values.set(name, (values.get(name) ?? 0) + 1);
  }
}

function labelOf(key: string, scope: MetricLabel['scope'], counts: ReadonlyMap<string, number>): MetricLabel {
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    key,
    scope,
    valueCount: sorted.length,
    values: sorted.slice(0, MAX_LABEL_VALUES).map(([value]) => shortened(value)),
  };
}

function shortened(value: string): string {
  return value.length > MAX_VALUE_CHARS ? `${value.slice(0, MAX_VALUE_CHARS)}…` : value;
}
