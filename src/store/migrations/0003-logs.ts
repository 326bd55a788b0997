/** Logs as the first version kept them. Frozen: see 0003-tables.ts. */
export const LOG_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS {database}.log_streams{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  stream_id UInt64,
  labels Map(LowCardinality(String), String),
  service_name LowCardinality(String),
  first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = {aggregatingMergeTree}
ORDER BY (tenant, stream_id)
SETTINGS index_granularity = 1024,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728{dependentColumns},
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.logs{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  observed_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  stream_id UInt64 CODEC(ZSTD(1)),
  record UInt32 CODEC(Delta(4), ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  severity_number UInt8 CODEC(ZSTD(1)),
  severity_text LowCardinality(String),
  service_name LowCardinality(String) CODEC(ZSTD(1)),
  resource_id UInt64 CODEC(ZSTD(1)),
  scope_id UInt64 CODEC(ZSTD(1)),
  body String CODEC(ZSTD(1)),
  body_type UInt8,
  event_name LowCardinality(String),
  attributes JSON(max_dynamic_paths=128,
    \`code.file.path\` LowCardinality(Nullable(String)),
    \`code.function.name\` LowCardinality(Nullable(String)),
    \`code.line.number\` LowCardinality(Nullable(Int64)),
    \`exception.message\` Nullable(String),
    \`exception.stacktrace\` Nullable(String),
    \`exception.type\` LowCardinality(Nullable(String)),
    \`http.request.method\` LowCardinality(Nullable(String)),
    \`http.response.status_code\` LowCardinality(Nullable(Int64)),
    \`http.route\` LowCardinality(Nullable(String)),
    \`log.iostream\` LowCardinality(Nullable(String)),
    \`thread.id\` LowCardinality(Nullable(Int64)),
    \`thread.name\` LowCardinality(Nullable(String))) CODEC(ZSTD(1)),
  attributes_other JSON(max_dynamic_paths=0) CODEC(ZSTD(1)),
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1,
  INDEX trace_ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX body_pieces lower(body) TYPE ngrambf_v1(5, 32768, 1, 0) GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, intDiv(toInt64(time), 300), stream_id, time)
SETTINGS index_granularity = 4096,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  min_parts_to_merge_at_once = 10,
  object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map',
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE VIEW IF NOT EXISTS {database}.otel_logs{onCluster} AS
SELECT
  time AS Timestamp,
  toDateTime(time) AS TimestampTime,
  if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS TraceId,
  if(span_id = toFixedString('', 8), '', lower(hex(span_id))) AS SpanId,
  toUInt8(bitAnd(flags, 255)) AS TraceFlags,
  severity_text AS SeverityText,
  severity_number AS SeverityNumber,
  record.service_name AS ServiceName,
  body AS Body,
  resource.schema_url AS ResourceSchemaUrl,
  CAST(mapFromArrays(
      JSONAllPaths(resource.attributes),
      JSONAllValues(resource.attributes)),
    'Map(LowCardinality(String), String)') AS ResourceAttributes,
  scope.schema_url AS ScopeSchemaUrl,
  toString(scope.name) AS ScopeName,
  scope.version AS ScopeVersion,
  CAST(mapFromArrays(
      JSONAllPaths(scope.attributes),
      JSONAllValues(scope.attributes)),
    'Map(LowCardinality(String), String)') AS ScopeAttributes,
  CAST(mapFilter((key, value) -> value != 'ᴺᵁᴸᴸ',
    mapFromArrays(
      arrayConcat(JSONAllPaths(record.attributes), JSONAllPaths(record.attributes_other)),
      arrayConcat(JSONAllValues(record.attributes), JSONAllValues(record.attributes_other)))),
    'Map(LowCardinality(String), String)') AS LogAttributes,
  event_name AS EventName
FROM {database}.logs AS record
LEFT ANY JOIN {database}.resources AS resource
  ON resource.tenant = record.tenant AND resource.resource_id = record.resource_id
LEFT ANY JOIN {database}.scopes AS scope
  ON scope.tenant = record.tenant AND scope.scope_id = record.scope_id`,
];
