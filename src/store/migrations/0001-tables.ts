import type { Migration } from '../schema.ts';
import { fill } from './fill.ts';

/**
 * The tables as the first version made them. Frozen: what stands here ran on databases that live, so it is never changed; a change
 * of a table is a further migration. migrate.test.ts holds a checksum of it.
 */
export const MIGRATION_1: Migration = {
  version: 1,
  name: 'tables for traces, logs and metrics',
  statements: (database, engines) => STATEMENTS.map((statement) => fill(statement, database, engines)),
};

const STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS {database}.spans{onCluster}
(
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  duration_ns UInt64 CODEC(T64, ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  parent_span_id FixedString(8) CODEC(ZSTD(1)),
  trace_state String CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  service_name LowCardinality(String),
  name LowCardinality(String),
  kind UInt8,
  status_code UInt8,
  status_message String CODEC(ZSTD(1)),
  attributes JSON(max_dynamic_paths=128) CODEC(ZSTD(1)),
  resource JSON(max_dynamic_paths=64) CODEC(ZSTD(1)),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes LowCardinality(String),
  resource_schema_url LowCardinality(String),
  scope_schema_url LowCardinality(String),
  event_time Array(DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  event_name Array(LowCardinality(String)),
  event_attributes Array(String) CODEC(ZSTD(1)),
  event_dropped_attributes_count Array(UInt32) CODEC(ZSTD(1)),
  link_trace_id Array(FixedString(16)) CODEC(ZSTD(1)),
  link_span_id Array(FixedString(8)) CODEC(ZSTD(1)),
  link_trace_state Array(String) CODEC(ZSTD(1)),
  link_attributes Array(String) CODEC(ZSTD(1)),
  link_flags Array(UInt32) CODEC(ZSTD(1)),
  link_dropped_attributes_count Array(UInt32) CODEC(ZSTD(1)),
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  dropped_events_count UInt32 CODEC(ZSTD(1)),
  dropped_links_count UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (intDiv(toInt64(time), 300), service_name, time)
SETTINGS index_granularity = 8192, {deduplicationWindow}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728, object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map'`,
  `CREATE TABLE IF NOT EXISTS {database}.trace_index{onCluster}
(
  trace_id FixedString(16) CODEC(ZSTD(1)),
  time_min SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  time_max SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  ingested_at SimpleAggregateFunction(max, DateTime('UTC')) CODEC(ZSTD(1))
)
ENGINE = {aggregatingMergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (trace_id)
SETTINGS index_granularity = 1024, {deduplicationWindow}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728`,
  `CREATE TABLE IF NOT EXISTS {database}.logs{onCluster}
(
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  observed_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  severity_number UInt8,
  severity_text LowCardinality(String),
  service_name LowCardinality(String),
  body String CODEC(ZSTD(1)),
  body_type UInt8,
  event_name LowCardinality(String),
  attributes JSON(max_dynamic_paths=128) CODEC(ZSTD(1)),
  resource JSON(max_dynamic_paths=64) CODEC(ZSTD(1)),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes LowCardinality(String),
  resource_schema_url LowCardinality(String),
  scope_schema_url LowCardinality(String),
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1,
  INDEX trace_ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX body_words lower(body) TYPE text(tokenizer = splitByNonAlpha)
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (intDiv(toInt64(time), 300), service_name, time)
SETTINGS index_granularity = 8192, {deduplicationWindow}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728, object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map'`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_series{onCluster}
(
  series_id UInt64,
  name LowCardinality(String),
  type UInt8,
  unit LowCardinality(String),
  description LowCardinality(String),
  temporality UInt8,
  monotonic UInt8,
  service_name LowCardinality(String),
  attributes JSON(max_dynamic_paths=128) CODEC(ZSTD(1)),
  resource JSON(max_dynamic_paths=64) CODEC(ZSTD(1)),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes LowCardinality(String),
  resource_schema_url LowCardinality(String),
  scope_schema_url LowCardinality(String),
  first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = {aggregatingMergeTree}
ORDER BY (name, series_id)
SETTINGS index_granularity = 1024, {deduplicationWindow}, ttl_only_drop_parts = 0, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728, object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map'{dependentColumns}`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_points{onCluster}
(
  name LowCardinality(String),
  series_id UInt64 CODEC(Delta(8), ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  value Float64 CODEC(Gorilla, ZSTD(1)),
  value_int Int64 CODEC(Delta(8), ZSTD(1)),
  is_int UInt8,
  flags UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192, {deduplicationWindow}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_histograms{onCluster}
(
  name LowCardinality(String),
  series_id UInt64 CODEC(Delta(8), ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(Gorilla, ZSTD(1)),
  min Float64 CODEC(ZSTD(1)),
  max Float64 CODEC(ZSTD(1)),
  bounds Array(Float64) CODEC(ZSTD(1)),
  bucket_counts Array(UInt64) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192, {deduplicationWindow}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_exponential_histograms{onCluster}
(
  name LowCardinality(String),
  series_id UInt64 CODEC(Delta(8), ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(Gorilla, ZSTD(1)),
  min Float64 CODEC(ZSTD(1)),
  max Float64 CODEC(ZSTD(1)),
  scale Int32 CODEC(ZSTD(1)),
  zero_count UInt64 CODEC(ZSTD(1)),
  zero_threshold Float64 CODEC(ZSTD(1)),
  positive_offset Int32 CODEC(ZSTD(1)),
  positive_counts Array(UInt64) CODEC(ZSTD(1)),
  negative_offset Int32 CODEC(ZSTD(1)),
  negative_counts Array(UInt64) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192, {deduplicationWindow}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_summaries{onCluster}
(
  name LowCardinality(String),
  series_id UInt64 CODEC(Delta(8), ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(Gorilla, ZSTD(1)),
  quantiles Array(Float64) CODEC(ZSTD(1)),
  values Array(Float64) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192, {deduplicationWindow}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728`,
  `CREATE TABLE IF NOT EXISTS {database}.metric_exemplars{onCluster}
(
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
ORDER BY (name, intDiv(toInt64(time), 3600), series_id, time)
SETTINGS index_granularity = 8192, {deduplicationWindow}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 134217728`,
];
