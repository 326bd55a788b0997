import {
  ATTRIBUTE_PATHS,
  INGESTED,
  jsonType,
  MERGED_LATER,
  MISFITS,
  OWNER_IDS,
  type Table,
  TIME,
  TIME_INDEX,
  type TypedPath,
  typedPaths,
  type View,
} from './common.ts';
import { attributeMap, idText } from './views.ts';

/** Seconds in the leading bucket of the sort key. */
export const LOG_BUCKET_SECONDS = 300;

/** Attributes of log records that the semantic conventions name, and that many records have. */
export const LOG_PATHS: readonly TypedPath[] = typedPaths({
  Word: [
    'code.file.path',
    'code.function.name',
    'exception.type',
    'http.request.method',
    'http.route',
    'log.iostream',
    'thread.name',
  ],
  Code: ['code.line.number', 'http.response.status_code', 'thread.id'],
  String: ['exception.message', 'exception.stacktrace'],
});
export const LOG_ATTRIBUTES_TYPE: string = jsonType(ATTRIBUTE_PATHS, LOG_PATHS);

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
  ${OWNER_IDS},
  body String CODEC(ZSTD(1)),
  body_type UInt8,
  event_name LowCardinality(String),
  attributes ${LOG_ATTRIBUTES_TYPE} CODEC(ZSTD(1)),
  ${MISFITS},
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${TIME_INDEX},
  INDEX trace_ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX body_pieces lower(body) TYPE ngrambf_v1(5, 32768, 1, 0) GRANULARITY 1`,
  orderBy: `intDiv(toInt64(time), ${LOG_BUCKET_SECONDS}), stream_id, time`,
  granularity: 4096,
  settings: MERGED_LATER,
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
  ${idText('trace_id', 16)} AS TraceId,
  ${idText('span_id', 8)} AS SpanId,
  toUInt8(bitAnd(flags, 255)) AS TraceFlags,
  severity_text AS SeverityText,
  severity_number AS SeverityNumber,
  record.service_name AS ServiceName,
  body AS Body,
  resource.schema_url AS ResourceSchemaUrl,
  ${attributeMap('resource.attributes')} AS ResourceAttributes,
  scope.schema_url AS ScopeSchemaUrl,
  toString(scope.name) AS ScopeName,
  scope.version AS ScopeVersion,
  ${attributeMap('scope.attributes')} AS ScopeAttributes,
  ${attributeMap('record.attributes', 'record.attributes_other')} AS LogAttributes,
  event_name AS EventName
FROM ${database}.logs AS record
LEFT ANY JOIN ${database}.resources AS resource
  ON resource.tenant = record.tenant AND resource.resource_id = record.resource_id
LEFT ANY JOIN ${database}.scopes AS scope
  ON scope.tenant = record.tenant AND scope.scope_id = record.scope_id`,
};

export const LOG_TABLES: readonly Table[] = [LOG_STREAMS, LOGS];
export const LOG_VIEWS: readonly View[] = [OTEL_LOGS];
