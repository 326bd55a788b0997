import {
  ATTRIBUTES,
  INGESTED,
  RESOURCE,
  SCHEMA_URLS,
  SCOPE,
  type Table,
  TIME,
  TIME_INDEX,
  type View,
} from './common.ts';

/** Seconds in the leading bucket of the sort key. */
const LOG_BUCKET_SECONDS = 300;

/**
 * `stream_id` names the row of `log_streams` with the record's labels. `ingested_at` and `record`, its place in its segment, are together the
 * record's id: it stays the same however often the segment is sent.
 *
 * The index of the body holds all pieces of five characters of the lower-case text, in a Bloom filter per granule: so it serves any text of that
 * length, within words too, whatever its case (figures: docs/decisions/log-text-index.md). Granules are half as long as elsewhere: in 8192
 * lines most of the 100,000 pieces that are digits stand somewhere, and tell nothing.
 */
const LOGS: Table = {
  name: 'logs',
  signal: 'logs',
  columns: `time ${TIME},
  observed_time ${TIME},
  stream_id UInt64 CODEC(ZSTD(1)),
  record UInt32 CODEC(Delta(4), ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  severity_number UInt8 CODEC(ZSTD(1)),
  severity_text LowCardinality(String),
  service_name LowCardinality(String),
  body String CODEC(ZSTD(1)),
  body_type UInt8,
  event_name LowCardinality(String),
  ${ATTRIBUTES},
  ${RESOURCE},
  ${SCOPE},
  ${SCHEMA_URLS},
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${TIME_INDEX},
  INDEX trace_ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX body_pieces lower(body) TYPE ngrambf_v1(5, 16384, 2, 0) GRANULARITY 1`,
  orderBy: `intDiv(toInt64(time), ${LOG_BUCKET_SECONDS}), stream_id, time`,
  granularity: 4096,
  lateIndexes: ['body_pieces'],
};

/**
 * The sets of labels that log records have, as Loki makes them of OTLP: one row per stream once merged; until then group by `stream_id`, which is
 * a hash of the labels. A live stream is written again at least once an hour, so `last_seen` lags by up to an hour.
 */
const LOG_STREAMS: Table = {
  name: 'log_streams',
  signal: 'logs',
  aggregating: true,
  dependentColumns: true,
  columns: `stream_id UInt64,
  labels Map(LowCardinality(String), String),
  service_name LowCardinality(String),
  first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))`,
  orderBy: 'stream_id',
  granularity: 1024,
  partitioned: false,
};

/** The columns of otelcol's clickhouseexporter, whose tables tools for ClickHouse know. */
const OTEL_LOGS: View = {
  name: 'otel_logs',
  signal: 'logs',
  select: (database) => `SELECT
  time AS Timestamp,
  toDateTime(time) AS TimestampTime,
  if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS TraceId,
  if(span_id = toFixedString('', 8), '', lower(hex(span_id))) AS SpanId,
  toUInt8(bitAnd(flags, 255)) AS TraceFlags,
  severity_text AS SeverityText,
  severity_number AS SeverityNumber,
  service_name AS ServiceName,
  body AS Body,
  resource_schema_url AS ResourceSchemaUrl,
  CAST(mapFromArrays(JSONAllPaths(resource), JSONAllValues(resource)), 'Map(LowCardinality(String), String)') AS ResourceAttributes,
  scope_schema_url AS ScopeSchemaUrl,
  toString(scope_name) AS ScopeName,
  scope_version AS ScopeVersion,
  CAST(JSONExtractKeysAndValues(toString(scope_attributes), 'String'), 'Map(LowCardinality(String), String)') AS ScopeAttributes,
  CAST(mapFromArrays(JSONAllPaths(attributes), JSONAllValues(attributes)), 'Map(LowCardinality(String), String)') AS LogAttributes,
  event_name AS EventName
FROM ${database}.logs`,
};

export const LOG_TABLES: readonly Table[] = [LOG_STREAMS, LOGS];
export const LOG_VIEWS: readonly View[] = [OTEL_LOGS];
