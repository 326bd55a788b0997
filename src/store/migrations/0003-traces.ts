/** Traces as the first version kept them. Frozen: see 0003-tables.ts. */
export const TRACE_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS {database}.spans{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  duration_ns UInt64 CODEC(T64, ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  parent_span_id FixedString(8) CODEC(ZSTD(1)),
  trace_state String CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  service_name LowCardinality(String) CODEC(ZSTD(1)),
  resource_id UInt64 CODEC(ZSTD(1)),
  scope_id UInt64 CODEC(ZSTD(1)),
  name LowCardinality(String) CODEC(ZSTD(1)),
  kind UInt8 CODEC(ZSTD(1)),
  status_code UInt8 CODEC(ZSTD(1)),
  status_message String CODEC(ZSTD(1)),
  attributes JSON(max_dynamic_paths=128,
    \`client.address\` LowCardinality(Nullable(String)),
    \`db.collection.name\` LowCardinality(Nullable(String)),
    \`db.namespace\` LowCardinality(Nullable(String)),
    \`db.operation.name\` LowCardinality(Nullable(String)),
    \`db.query.text\` Nullable(String),
    \`db.system.name\` LowCardinality(Nullable(String)),
    \`error.type\` LowCardinality(Nullable(String)),
    \`http.request.method\` LowCardinality(Nullable(String)),
    \`http.response.status_code\` LowCardinality(Nullable(Int64)),
    \`http.route\` LowCardinality(Nullable(String)),
    \`messaging.destination.name\` LowCardinality(Nullable(String)),
    \`messaging.destination.partition.id\` LowCardinality(Nullable(String)),
    \`messaging.message.id\` Nullable(String),
    \`messaging.operation.name\` LowCardinality(Nullable(String)),
    \`messaging.operation.type\` LowCardinality(Nullable(String)),
    \`messaging.system\` LowCardinality(Nullable(String)),
    \`network.peer.address\` LowCardinality(Nullable(String)),
    \`network.peer.port\` LowCardinality(Nullable(Int64)),
    \`network.protocol.version\` LowCardinality(Nullable(String)),
    \`rpc.method\` LowCardinality(Nullable(String)),
    \`rpc.service\` LowCardinality(Nullable(String)),
    \`rpc.system\` LowCardinality(Nullable(String)),
    \`server.address\` LowCardinality(Nullable(String)),
    \`server.port\` LowCardinality(Nullable(Int64)),
    \`thread.id\` LowCardinality(Nullable(Int64)),
    \`url.full\` Nullable(String),
    \`url.path\` Nullable(String),
    \`url.scheme\` LowCardinality(Nullable(String)),
    \`user_agent.original\` LowCardinality(Nullable(String))) CODEC(ZSTD(1)),
  attributes_other JSON(max_dynamic_paths=0) CODEC(ZSTD(1)),
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  dropped_events_count UInt32 CODEC(ZSTD(1)),
  dropped_links_count UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, intDiv(toInt64(time), 300), service_name, toInt64(time))
SETTINGS index_granularity = 8192,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map',
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.traces{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  trace_id FixedString(16) CODEC(ZSTD(1)),
  start DateTime64(9, 'UTC') CODEC(ZSTD(1)),
  range_ms UInt32 CODEC(T64, ZSTD(1)),
  duration_ns UInt64 CODEC(T64, ZSTD(1)),
  span_count UInt32 CODEC(T64, ZSTD(1)),
  error_count UInt32 CODEC(T64, ZSTD(1)),
  root_offset_ns Int64 CODEC(ZSTD(1)),
  root_service LowCardinality(String) CODEC(ZSTD(1)),
  root_name LowCardinality(String) CODEC(ZSTD(1)),
  services Array(LowCardinality(String)) CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, trace_id)
SETTINGS index_granularity = 1024,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.request_slots{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  second Int64 CODEC(Delta(8), ZSTD(1)),
  service_name LowCardinality(String) CODEC(ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  resource_id UInt64 CODEC(ZSTD(1)),
  span_count UInt32 CODEC(T64, ZSTD(1)),
  first_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  last_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  request_count UInt32 CODEC(T64, ZSTD(1)),
  error_count UInt32 CODEC(T64, ZSTD(1)),
  last_request DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  root_call_count UInt32 CODEC(T64, ZSTD(1)),
  served_count UInt32 CODEC(T64, ZSTD(1)),
  durations Array(UInt32) CODEC(Delta(4), ZSTD(1)),
  long_durations Array(UInt64) CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, second, service_name)
SETTINGS index_granularity = 256,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.span_events{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  span_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  service_name LowCardinality(String) CODEC(ZSTD(1)),
  resource_id UInt64 CODEC(ZSTD(1)),
  scope_id UInt64 CODEC(ZSTD(1)),
  position UInt32 CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  name LowCardinality(String),
  attributes JSON(max_dynamic_paths=32,
    \`exception.message\` Nullable(String),
    \`exception.stacktrace\` Nullable(String),
    \`exception.type\` LowCardinality(Nullable(String))) CODEC(ZSTD(1)),
  attributes_other JSON(max_dynamic_paths=0) CODEC(ZSTD(1)),
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX span_time_range span_time TYPE minmax GRANULARITY 1,
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, intDiv(toInt64(span_time), 300), trace_id)
SETTINGS index_granularity = 8192,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map',
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE TABLE IF NOT EXISTS {database}.span_links{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  span_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  service_name LowCardinality(String) CODEC(ZSTD(1)),
  resource_id UInt64 CODEC(ZSTD(1)),
  scope_id UInt64 CODEC(ZSTD(1)),
  position UInt32 CODEC(ZSTD(1)),
  linked_trace_id FixedString(16) CODEC(ZSTD(1)),
  linked_span_id FixedString(8) CODEC(ZSTD(1)),
  linked_trace_state String CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  attributes JSON(max_dynamic_paths=32) CODEC(ZSTD(1)),
  attributes_other JSON(max_dynamic_paths=0) CODEC(ZSTD(1)),
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX span_time_range span_time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1,
  INDEX linked_traces linked_trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, intDiv(toInt64(span_time), 300), trace_id)
SETTINGS index_granularity = 8192,
  {deduplicationWindow},
  min_bytes_for_wide_part = 134217728,
  object_shared_data_serialization_version = 'map_with_buckets',
  object_shared_data_serialization_version_for_zero_level_parts = 'map',
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  max_suspicious_broken_parts = 1000000,
  max_suspicious_broken_parts_bytes = 1000000000000000`,
  `CREATE VIEW IF NOT EXISTS {database}.otel_traces{onCluster} AS
SELECT
  span.time AS Timestamp,
  if(span.trace_id = toFixedString('', 16), '', lower(hex(span.trace_id))) AS TraceId,
  if(span.span_id = toFixedString('', 8), '', lower(hex(span.span_id))) AS SpanId,
  if(span.parent_span_id = toFixedString('', 8), '', lower(hex(span.parent_span_id))) AS ParentSpanId,
  span.trace_state AS TraceState,
  span.name AS SpanName,
  CAST(transform(span.kind, [1, 2, 3, 4, 5], ['Internal', 'Server', 'Client', 'Producer', 'Consumer'], 'Unspecified'),
    'LowCardinality(String)') AS SpanKind,
  span.service_name AS ServiceName,
  resource.texts AS ResourceAttributes,
  scope.name AS ScopeName,
  scope.version AS ScopeVersion,
  CAST(mapFilter((key, value) -> value != 'ᴺᵁᴸᴸ',
    mapFromArrays(
      arrayConcat(JSONAllPaths(span.attributes), JSONAllPaths(span.attributes_other)),
      arrayConcat(JSONAllValues(span.attributes), JSONAllValues(span.attributes_other)))),
    'Map(LowCardinality(String), String)') AS SpanAttributes,
  span.duration_ns AS Duration,
  CAST(transform(span.status_code, [1, 2], ['Ok', 'Error'], 'Unset'), 'LowCardinality(String)') AS StatusCode,
  span.status_message AS StatusMessage,
  event.times AS \`Events.Timestamp\`,
  event.names AS \`Events.Name\`,
  event.texts AS \`Events.Attributes\`,
  link.trace_ids AS \`Links.TraceId\`,
  link.span_ids AS \`Links.SpanId\`,
  link.states AS \`Links.TraceState\`,
  link.texts AS \`Links.Attributes\`
FROM {database}.spans AS span
LEFT ANY JOIN (SELECT tenant, resource_id, CAST(mapFromArrays(
      JSONAllPaths(attributes),
      JSONAllValues(attributes)),
    'Map(LowCardinality(String), String)') AS texts FROM {database}.resources) AS resource
  ON resource.tenant = span.tenant AND resource.resource_id = span.resource_id
LEFT ANY JOIN (SELECT tenant, scope_id, toString(name) AS name, toString(version) AS version FROM {database}.scopes) AS scope
  ON scope.tenant = span.tenant AND scope.scope_id = span.scope_id
LEFT ANY JOIN (
  SELECT tenant, trace_id, span_id, span_time,
    CAST(arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((position,
    time)))), 'Array(DateTime64(9, \\'UTC\\'))') AS times,
    CAST(arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((position,
    name)))), 'Array(LowCardinality(String))') AS names,
    CAST(arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((position,
    CAST(mapFilter((key, value) -> value != 'ᴺᵁᴸᴸ',
    mapFromArrays(
      arrayConcat(JSONAllPaths(attributes), JSONAllPaths(attributes_other)),
      arrayConcat(JSONAllValues(attributes), JSONAllValues(attributes_other)))),
    'Map(LowCardinality(String), String)'))))), 'Array(Map(LowCardinality(String), String))') AS texts
  FROM {database}.span_events GROUP BY tenant, trace_id, span_id, span_time
) AS event ON event.tenant = span.tenant AND event.trace_id = span.trace_id AND event.span_id = span.span_id
  AND event.span_time = span.time
LEFT ANY JOIN (
  SELECT tenant, trace_id, span_id, span_time,
    CAST(arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((position,
    lower(hex(linked_trace_id)))))), 'Array(String)') AS trace_ids,
    CAST(arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((position,
    lower(hex(linked_span_id)))))), 'Array(String)') AS span_ids,
    CAST(arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((position,
    linked_trace_state)))), 'Array(String)') AS states,
    CAST(arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((position,
    CAST(mapFilter((key, value) -> value != 'ᴺᵁᴸᴸ',
    mapFromArrays(
      arrayConcat(JSONAllPaths(attributes), JSONAllPaths(attributes_other)),
      arrayConcat(JSONAllValues(attributes), JSONAllValues(attributes_other)))),
    'Map(LowCardinality(String), String)'))))), 'Array(Map(LowCardinality(String), String))') AS texts
  FROM {database}.span_links GROUP BY tenant, trace_id, span_id, span_time
) AS link ON link.tenant = span.tenant AND link.trace_id = span.trace_id AND link.span_id = span.span_id
  AND link.span_time = span.time`,
  `CREATE VIEW IF NOT EXISTS {database}.otel_traces_trace_id_ts{onCluster} AS
SELECT
  lower(hex(trace_id)) AS TraceId,
  min(start) AS Start,
  max(start + toIntervalMillisecond(range_ms)) AS End
FROM {database}.traces
GROUP BY tenant, trace_id`,
];
