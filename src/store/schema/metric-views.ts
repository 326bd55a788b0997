import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';
import type { View } from './common.ts';
import { attributeMap, idText } from './views.ts';

/**
 * Points with their series, named and shaped as otelcol's clickhouseexporter names its tables. Source: opentelemetry-collector-contrib,
 * exporter/clickhouseexporter/internal/sqltemplates, and internal/metrics for exemplars: in each point a list per field.
 */

/** What the views say of a series. */
const SERIES = `  ${attributeMap('resource.attributes')} AS ResourceAttributes,
  resource.schema_url AS ResourceSchemaUrl,
  toString(scope.name) AS ScopeName,
  scope.version AS ScopeVersion,
  ${attributeMap('scope.attributes')} AS ScopeAttributes,
  toUInt32(0) AS ScopeDroppedAttrCount,
  scope.schema_url AS ScopeSchemaUrl,
  series.service_name AS ServiceName,
  points.name AS MetricName,
  toString(series.description) AS MetricDescription,
  toString(series.unit) AS MetricUnit,
  ${attributeMap('series.attributes')} AS Attributes,
  points.start_time AS StartTimeUnix,
  points.time AS TimeUnix`;

/** Those of a point stand in one list, so that its fields stay together. */
const EXEMPLARS = ['FilteredAttributes', 'TimeUnix', 'Value', 'SpanId', 'TraceId']
  .map((field, i) => `exemplars.list.${i + 1} AS \`Exemplars.${field}\``)
  .join(',\n  ');
const EXEMPLAR_FIELDS = `CAST(JSONExtractKeysAndValues(attributes, 'String'), 'Map(LowCardinality(String), String)'),
    time, value, ${idText('span_id', 8)}, ${idText('trace_id', 16)}`;
const withExemplars = (database: string): string => `
LEFT JOIN (
  SELECT tenant, name, series_id, point_time, ingested_at, groupArray((${EXEMPLAR_FIELDS})) AS list
  FROM ${database}.metric_exemplars
  GROUP BY tenant, name, series_id, point_time, ingested_at) AS exemplars
  ON exemplars.tenant = points.tenant AND exemplars.name = points.name AND exemplars.series_id = points.series_id
    AND exemplars.point_time = points.time AND exemplars.ingested_at = points.ingested_at`;
const TEMPORALITY = 'toInt32(series.temporality) AS AggregationTemporality';
const STATISTICS = `points.count AS Count,
  points.sum AS Sum`;
const RANGE = `points.flags AS Flags,
  points.min AS Min,
  points.max AS Max`;

interface MetricView {
  readonly name: string;
  readonly type: number;
  readonly table: string;
  /** The columns behind those of the series. */
  readonly columns: string;
  /** Further joins. */
  readonly join?: (database: string) => string;
}

const VIEWS: readonly MetricView[] = [
  {
    name: 'otel_metrics_gauge',
    type: METRIC_GAUGE,
    table: 'metric_points',
    columns: `points.value AS Value,
  points.flags AS Flags,
  ${EXEMPLARS}`,
    join: withExemplars,
  },
  {
    name: 'otel_metrics_sum',
    type: METRIC_SUM,
    table: 'metric_points',
    columns: `points.value AS Value,
  points.flags AS Flags,
  ${EXEMPLARS},
  ${TEMPORALITY},
  CAST(series.monotonic, 'Bool') AS IsMonotonic`,
    join: withExemplars,
  },
  {
    name: 'otel_metrics_histogram',
    type: METRIC_HISTOGRAM,
    table: 'metric_histograms',
    columns: `${STATISTICS},
  points.bucket_counts AS BucketCounts,
  lists.bounds AS ExplicitBounds,
  ${EXEMPLARS},
  ${RANGE},
  ${TEMPORALITY}`,
    join: (database) => `${withExemplars(database)}
LEFT JOIN (SELECT tenant, bounds_id, any(bounds) AS bounds FROM ${database}.metric_bounds GROUP BY tenant, bounds_id) AS lists
  ON lists.tenant = points.tenant AND lists.bounds_id = points.bounds_id`,
  },
  {
    name: 'otel_metrics_exponential_histogram',
    type: METRIC_EXPONENTIAL_HISTOGRAM,
    table: 'metric_exponential_histograms',
    columns: `${STATISTICS},
  points.scale AS Scale,
  points.zero_count AS ZeroCount,
  points.positive_offset AS PositiveOffset,
  points.positive_counts AS PositiveBucketCounts,
  points.negative_offset AS NegativeOffset,
  points.negative_counts AS NegativeBucketCounts,
  ${EXEMPLARS},
  ${RANGE},
  ${TEMPORALITY}`,
    join: withExemplars,
  },
  {
    name: 'otel_metrics_summary',
    type: METRIC_SUMMARY,
    table: 'metric_summaries',
    columns: `${STATISTICS},
  points.quantiles AS \`ValueAtQuantiles.Quantile\`,
  points.values AS \`ValueAtQuantiles.Value\`,
  points.flags AS Flags`,
  },
];

export const METRIC_VIEWS: readonly View[] = VIEWS.map(({ name, type, table, columns, join }) => ({
  name,
  signal: 'metrics',
  select: (database) => `SELECT
${SERIES},
  ${columns}
FROM ${database}.${table} AS points
INNER JOIN (SELECT * FROM ${database}.metric_series WHERE type = ${type} LIMIT 1 BY tenant, series_id) AS series
  ON series.tenant = points.tenant AND series.series_id = points.series_id
LEFT ANY JOIN ${database}.resources AS resource
  ON resource.tenant = series.tenant AND resource.resource_id = series.resource_id
LEFT ANY JOIN ${database}.scopes AS scope
  ON scope.tenant = series.tenant AND scope.scope_id = series.scope_id${join?.(database) ?? ''}`,
}));
