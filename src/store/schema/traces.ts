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
const SPAN_BUCKET_SECONDS = 300;

const SPANS: Table = {
  name: 'spans',
  signal: 'traces',
  columns: `time ${TIME},
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
  ${ATTRIBUTES},
  ${RESOURCE},
  ${SCOPE},
  ${SCHEMA_URLS},
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
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: `intDiv(toInt64(time), ${SPAN_BUCKET_SECONDS}), service_name, time`,
};

/** Per trace and insert, the range of its spans' start times: reading a trace by id first asks here where to look. */
const TRACE_INDEX: Table = {
  name: 'trace_index',
  signal: 'traces',
  aggregating: true,
  columns: `trace_id FixedString(16) CODEC(ZSTD(1)),
  time_min SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  time_max SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  ingested_at SimpleAggregateFunction(max, DateTime('UTC')) CODEC(ZSTD(1))`,
  orderBy: 'trace_id',
  granularity: 1024,
};

export const TRACE_TABLES: readonly Table[] = [SPANS, TRACE_INDEX];
export const TRACE_VIEWS: readonly View[] = [];
