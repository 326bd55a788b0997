/** Logs as the first version kept them. Frozen: see 0003-tables.ts. */
export const LOG_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS {database}.logs{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
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
ORDER BY (tenant, intDiv(toInt64(time), 300), service_name, time)
SETTINGS index_granularity = 8192, {deduplicationWindow}, min_bytes_for_wide_part = 134217728, object_shared_data_serialization_version = 'map_with_buckets', object_shared_data_serialization_version_for_zero_level_parts = 'map', fsync_after_insert = 1, fsync_part_directory = 1, max_suspicious_broken_parts = 1000000, max_suspicious_broken_parts_bytes = 1000000000000000`,
];
