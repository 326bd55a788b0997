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
  service_name LowCardinality(String) CODEC(ZSTD(1)),
  resource_id UInt64 CODEC(ZSTD(1)),
  scope_id UInt64 CODEC(ZSTD(1)),
  prometheus_name LowCardinality(String),
  labels Array(String) CODEC(ZSTD(1)),
  attributes JSON(max_dynamic_paths=128) CODEC(ZSTD(1)),
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
  point_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
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
];
