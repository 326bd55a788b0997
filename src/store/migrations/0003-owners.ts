/** Resources and scopes as the first version kept them. Frozen: see 0003-tables.ts. */
export const OWNER_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS {database}.resources{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  resource_id UInt64,
  service_name LowCardinality(String),
  attributes JSON(max_dynamic_paths=64) CODEC(ZSTD(1)),
  schema_url LowCardinality(String),
  first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = {aggregatingMergeTree}
ORDER BY (tenant, resource_id)
SETTINGS index_granularity = 1024,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map'{dependentColumns},
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.scopes{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  scope_id UInt64,
  name LowCardinality(String),
  version LowCardinality(String),
  attributes JSON(max_dynamic_paths=16) CODEC(ZSTD(1)),
  schema_url LowCardinality(String),
  first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = {aggregatingMergeTree}
ORDER BY (tenant, scope_id)
SETTINGS index_granularity = 1024,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map'{dependentColumns},
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
];
