/** Metrics as the first version kept them. Frozen: see 0003-tables.ts. */
export const METRIC_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS {database}.metric_series{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  series_id UInt64,
  name LowCardinality(String),
  type UInt8,
  unit LowCardinality(String),
  description LowCardinality(String),
  temporality UInt8,
  monotonic UInt8,
  service_name LowCardinality(String),
  prometheus_name LowCardinality(String),
  labels Array(String) CODEC(ZSTD(1)),
  attributes JSON(max_dynamic_paths=128) CODEC(ZSTD(1)),
  resource JSON(max_dynamic_paths=64) CODEC(ZSTD(1)),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes LowCardinality(String),
  resource_schema_url LowCardinality(String),
  scope_schema_url LowCardinality(String),
  bounds_ids SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)),
  first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC')),
  INDEX label labels TYPE text(tokenizer = 'array')
)
ENGINE = {aggregatingMergeTree}
ORDER BY (tenant, name, series_id)
SETTINGS index_granularity = 1024,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map'{dependentColumns},
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_bounds{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  bounds_id UInt64,
  bounds Array(Float64),
  first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = {aggregatingMergeTree}
ORDER BY (tenant, bounds_id)
SETTINGS index_granularity = 1024,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728{dependentColumns},
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_points{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  name LowCardinality(String),
  series_id UInt64 CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(ZSTD(1)),
  value_form UInt8,
  value_int Int64 CODEC(Delta(8), T64, ZSTD(1)),
  value_double Float64 CODEC(ZSTD(1)),
  value Float64 ALIAS if(value_form = 0, value_double, value_int / intExp10(greatest(value_form, 2) - 2)),
  flags UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  min_parts_to_merge_at_once = 10,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_histograms{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  name LowCardinality(String),
  series_id UInt64 CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(ZSTD(1)),
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(ZSTD(1)),
  min Float64 CODEC(ZSTD(1)),
  max Float64 CODEC(ZSTD(1)),
  bounds_id UInt64 CODEC(ZSTD(1)),
  bucket_counts Array(UInt64) CODEC(T64, ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  min_parts_to_merge_at_once = 10,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_exponential_histograms{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  name LowCardinality(String),
  series_id UInt64 CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(ZSTD(1)),
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(ZSTD(1)),
  min Float64 CODEC(ZSTD(1)),
  max Float64 CODEC(ZSTD(1)),
  scale Int32 CODEC(ZSTD(1)),
  zero_count UInt64 CODEC(ZSTD(1)),
  zero_threshold Float64 CODEC(ZSTD(1)),
  positive_offset Int32 CODEC(ZSTD(1)),
  positive_counts Array(UInt64) CODEC(T64, ZSTD(1)),
  negative_offset Int32 CODEC(ZSTD(1)),
  negative_counts Array(UInt64) CODEC(T64, ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  min_parts_to_merge_at_once = 10,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_summaries{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  name LowCardinality(String),
  series_id UInt64 CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(ZSTD(1)),
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(ZSTD(1)),
  quantiles Array(Float64) CODEC(ZSTD(1)),
  values Array(Float64) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  min_parts_to_merge_at_once = 10,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_exemplars{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  name LowCardinality(String),
  series_id UInt64 CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  value Float64 CODEC(ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  attributes String CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1,
  INDEX trace_ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE VIEW IF NOT EXISTS {database}.otel_metrics_gauge{onCluster} AS
SELECT
  CAST(mapFromArrays(JSONAllPaths(series.resource), JSONAllValues(series.resource)), 'Map(LowCardinality(String), String)') AS ResourceAttributes,
  toString(series.resource_schema_url) AS ResourceSchemaUrl,
  toString(series.scope_name) AS ScopeName,
  toString(series.scope_version) AS ScopeVersion,
  CAST(JSONExtractKeysAndValues(toString(series.scope_attributes), 'String'), 'Map(LowCardinality(String), String)') AS ScopeAttributes,
  toUInt32(0) AS ScopeDroppedAttrCount,
  toString(series.scope_schema_url) AS ScopeSchemaUrl,
  series.service_name AS ServiceName,
  points.name AS MetricName,
  toString(series.description) AS MetricDescription,
  toString(series.unit) AS MetricUnit,
  CAST(mapFromArrays(JSONAllPaths(series.attributes), JSONAllValues(series.attributes)), 'Map(LowCardinality(String), String)') AS Attributes,
  points.start_time AS StartTimeUnix,
  points.time AS TimeUnix,
  points.value AS Value,
  points.flags AS Flags,
  CAST([], 'Array(Map(LowCardinality(String), String))') AS \`Exemplars.FilteredAttributes\`,
  CAST([], 'Array(DateTime64(9))') AS \`Exemplars.TimeUnix\`,
  CAST([], 'Array(Float64)') AS \`Exemplars.Value\`,
  CAST([], 'Array(String)') AS \`Exemplars.SpanId\`,
  CAST([], 'Array(String)') AS \`Exemplars.TraceId\`
FROM {database}.metric_points AS points
INNER JOIN (SELECT * FROM {database}.metric_series WHERE type = 5 LIMIT 1 BY tenant, series_id) AS series
  ON series.tenant = points.tenant AND series.series_id = points.series_id`,
  `CREATE VIEW IF NOT EXISTS {database}.otel_metrics_sum{onCluster} AS
SELECT
  CAST(mapFromArrays(JSONAllPaths(series.resource), JSONAllValues(series.resource)), 'Map(LowCardinality(String), String)') AS ResourceAttributes,
  toString(series.resource_schema_url) AS ResourceSchemaUrl,
  toString(series.scope_name) AS ScopeName,
  toString(series.scope_version) AS ScopeVersion,
  CAST(JSONExtractKeysAndValues(toString(series.scope_attributes), 'String'), 'Map(LowCardinality(String), String)') AS ScopeAttributes,
  toUInt32(0) AS ScopeDroppedAttrCount,
  toString(series.scope_schema_url) AS ScopeSchemaUrl,
  series.service_name AS ServiceName,
  points.name AS MetricName,
  toString(series.description) AS MetricDescription,
  toString(series.unit) AS MetricUnit,
  CAST(mapFromArrays(JSONAllPaths(series.attributes), JSONAllValues(series.attributes)), 'Map(LowCardinality(String), String)') AS Attributes,
  points.start_time AS StartTimeUnix,
  points.time AS TimeUnix,
  points.value AS Value,
  points.flags AS Flags,
  CAST([], 'Array(Map(LowCardinality(String), String))') AS \`Exemplars.FilteredAttributes\`,
  CAST([], 'Array(DateTime64(9))') AS \`Exemplars.TimeUnix\`,
  CAST([], 'Array(Float64)') AS \`Exemplars.Value\`,
  CAST([], 'Array(String)') AS \`Exemplars.SpanId\`,
  CAST([], 'Array(String)') AS \`Exemplars.TraceId\`,
  toInt32(series.temporality) AS AggregationTemporality,
  CAST(series.monotonic, 'Bool') AS IsMonotonic
FROM {database}.metric_points AS points
INNER JOIN (SELECT * FROM {database}.metric_series WHERE type = 7 LIMIT 1 BY tenant, series_id) AS series
  ON series.tenant = points.tenant AND series.series_id = points.series_id`,
  `CREATE VIEW IF NOT EXISTS {database}.otel_metrics_histogram{onCluster} AS
SELECT
  CAST(mapFromArrays(JSONAllPaths(series.resource), JSONAllValues(series.resource)), 'Map(LowCardinality(String), String)') AS ResourceAttributes,
  toString(series.resource_schema_url) AS ResourceSchemaUrl,
  toString(series.scope_name) AS ScopeName,
  toString(series.scope_version) AS ScopeVersion,
  CAST(JSONExtractKeysAndValues(toString(series.scope_attributes), 'String'), 'Map(LowCardinality(String), String)') AS ScopeAttributes,
  toUInt32(0) AS ScopeDroppedAttrCount,
  toString(series.scope_schema_url) AS ScopeSchemaUrl,
  series.service_name AS ServiceName,
  points.name AS MetricName,
  toString(series.description) AS MetricDescription,
  toString(series.unit) AS MetricUnit,
  CAST(mapFromArrays(JSONAllPaths(series.attributes), JSONAllValues(series.attributes)), 'Map(LowCardinality(String), String)') AS Attributes,
  points.start_time AS StartTimeUnix,
  points.time AS TimeUnix,
  points.count AS Count,
  points.sum AS Sum,
  points.bucket_counts AS BucketCounts,
  lists.bounds AS ExplicitBounds,
  CAST([], 'Array(Map(LowCardinality(String), String))') AS \`Exemplars.FilteredAttributes\`,
  CAST([], 'Array(DateTime64(9))') AS \`Exemplars.TimeUnix\`,
  CAST([], 'Array(Float64)') AS \`Exemplars.Value\`,
  CAST([], 'Array(String)') AS \`Exemplars.SpanId\`,
  CAST([], 'Array(String)') AS \`Exemplars.TraceId\`,
  points.flags AS Flags,
  points.min AS Min,
  points.max AS Max,
  toInt32(series.temporality) AS AggregationTemporality
FROM {database}.metric_histograms AS points
INNER JOIN (SELECT * FROM {database}.metric_series WHERE type = 9 LIMIT 1 BY tenant, series_id) AS series
  ON series.tenant = points.tenant AND series.series_id = points.series_id
LEFT JOIN (SELECT tenant, bounds_id, any(bounds) AS bounds FROM {database}.metric_bounds GROUP BY tenant, bounds_id) AS lists
  ON lists.tenant = points.tenant AND lists.bounds_id = points.bounds_id`,
  `CREATE VIEW IF NOT EXISTS {database}.otel_metrics_exponential_histogram{onCluster} AS
SELECT
  CAST(mapFromArrays(JSONAllPaths(series.resource), JSONAllValues(series.resource)), 'Map(LowCardinality(String), String)') AS ResourceAttributes,
  toString(series.resource_schema_url) AS ResourceSchemaUrl,
  toString(series.scope_name) AS ScopeName,
  toString(series.scope_version) AS ScopeVersion,
  CAST(JSONExtractKeysAndValues(toString(series.scope_attributes), 'String'), 'Map(LowCardinality(String), String)') AS ScopeAttributes,
  toUInt32(0) AS ScopeDroppedAttrCount,
  toString(series.scope_schema_url) AS ScopeSchemaUrl,
  series.service_name AS ServiceName,
  points.name AS MetricName,
  toString(series.description) AS MetricDescription,
  toString(series.unit) AS MetricUnit,
  CAST(mapFromArrays(JSONAllPaths(series.attributes), JSONAllValues(series.attributes)), 'Map(LowCardinality(String), String)') AS Attributes,
  points.start_time AS StartTimeUnix,
  points.time AS TimeUnix,
  points.count AS Count,
  points.sum AS Sum,
  points.scale AS Scale,
  points.zero_count AS ZeroCount,
  points.positive_offset AS PositiveOffset,
  points.positive_counts AS PositiveBucketCounts,
  points.negative_offset AS NegativeOffset,
  points.negative_counts AS NegativeBucketCounts,
  CAST([], 'Array(Map(LowCardinality(String), String))') AS \`Exemplars.FilteredAttributes\`,
  CAST([], 'Array(DateTime64(9))') AS \`Exemplars.TimeUnix\`,
  CAST([], 'Array(Float64)') AS \`Exemplars.Value\`,
  CAST([], 'Array(String)') AS \`Exemplars.SpanId\`,
  CAST([], 'Array(String)') AS \`Exemplars.TraceId\`,
  points.flags AS Flags,
  points.min AS Min,
  points.max AS Max,
  toInt32(series.temporality) AS AggregationTemporality
FROM {database}.metric_exponential_histograms AS points
INNER JOIN (SELECT * FROM {database}.metric_series WHERE type = 10 LIMIT 1 BY tenant, series_id) AS series
  ON series.tenant = points.tenant AND series.series_id = points.series_id`,
  `CREATE VIEW IF NOT EXISTS {database}.otel_metrics_summary{onCluster} AS
SELECT
  CAST(mapFromArrays(JSONAllPaths(series.resource), JSONAllValues(series.resource)), 'Map(LowCardinality(String), String)') AS ResourceAttributes,
  toString(series.resource_schema_url) AS ResourceSchemaUrl,
  toString(series.scope_name) AS ScopeName,
  toString(series.scope_version) AS ScopeVersion,
  CAST(JSONExtractKeysAndValues(toString(series.scope_attributes), 'String'), 'Map(LowCardinality(String), String)') AS ScopeAttributes,
  toUInt32(0) AS ScopeDroppedAttrCount,
  toString(series.scope_schema_url) AS ScopeSchemaUrl,
  series.service_name AS ServiceName,
  points.name AS MetricName,
  toString(series.description) AS MetricDescription,
  toString(series.unit) AS MetricUnit,
  CAST(mapFromArrays(JSONAllPaths(series.attributes), JSONAllValues(series.attributes)), 'Map(LowCardinality(String), String)') AS Attributes,
  points.start_time AS StartTimeUnix,
  points.time AS TimeUnix,
  points.count AS Count,
  points.sum AS Sum,
  points.quantiles AS \`ValueAtQuantiles.Quantile\`,
  points.values AS \`ValueAtQuantiles.Value\`,
  points.flags AS Flags
FROM {database}.metric_summaries AS points
INNER JOIN (SELECT * FROM {database}.metric_series WHERE type = 11 LIMIT 1 BY tenant, series_id) AS series
  ON series.tenant = points.tenant AND series.series_id = points.series_id`,
];
