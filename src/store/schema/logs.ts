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

const LOGS: Table = {
  name: 'logs',
  signal: 'logs',
  columns: `time ${TIME},
  observed_time ${TIME},
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  severity_number UInt8,
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
  INDEX body_words lower(body) TYPE text(tokenizer = splitByNonAlpha)`,
  orderBy: `intDiv(toInt64(time), ${LOG_BUCKET_SECONDS}), service_name, time`,
};

export const LOG_TABLES: readonly Table[] = [LOGS];
export const LOG_VIEWS: readonly View[] = [];
