import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';
import type { View } from './common.ts';

/**
 * Points with their series, named and shaped as otelcol's clickhouseexporter names its tables. Exemplars stand in a table of their own and
 * are not joined here: their columns are empty lists. Source: opentelemetry-collector-contrib, exporter/clickhouseexporter/internal/sqltemplates.
 */

const MAP = 'Map(LowCardinality(String), String)';
const mapOf = (json: string): string => `CAST(mapFromArrays(JSONAllPaths(${json}), JSONAllValues(${json})), '${MAP}')`;

/** What the views say of a series. */
const SERIES = `  ${mapOf('series.resource')} AS ResourceAttributes,
  toString(series.resource_schema_url) AS ResourceSchemaUrl,
  toString(series.scope_name) AS ScopeName,
  toString(series.scope_version) AS ScopeVersion,
  CAST(JSONExtractKeysAndValues(toString(series.scope_attributes), 'String'), '${MAP}') AS ScopeAttributes,
  toUInt32(0) AS ScopeDroppedAttrCount,
  toString(series.scope_schema_url) AS ScopeSchemaUrl,
  series.service_name AS ServiceName,
  points.name AS MetricName,
  toString(series.description) AS MetricDescription,
  toString(series.unit) AS MetricUnit,
  ${mapOf('series.attributes')} AS Attributes,
  points.start_time AS StartTimeUnix,
  points.time AS TimeUnix`;

const EXEMPLARS = `CAST([], 'Array(${MAP})') AS \`Exemplars.FilteredAttributes\`,
  CAST([], 'Array(DateTime64(9))') AS \`Exemplars.TimeUnix\`,
  CAST([], 'Array(Float64)') AS \`Exemplars.Value\`,
  CAST([], 'Array(String)') AS \`Exemplars.SpanId\`,
  CAST([], 'Array(String)') AS \`Exemplars.TraceId\``;
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
  /** A further join. */
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
    join: (database) => `
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
  ON series.tenant = points.tenant AND series.series_id = points.series_id${join?.(database) ?? ''}`,
}));
