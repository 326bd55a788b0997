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
const POINT_BUCKET_SECONDS = 3600;

/**
 * One row per series once merged; until then group by `series_id`. `series_id` is a hash of everything that stands here but the
 * description and the times. A live series is written again at least once an hour, so `last_seen` lags by up to an hour.
 */
const METRIC_SERIES: Table = {
  name: 'metric_series',
  signal: 'metrics',
  aggregating: true,
  dependentColumns: true,
  columns: `series_id UInt64,
  name LowCardinality(String),
  type UInt8,
  unit LowCardinality(String),
  description LowCardinality(String),
  temporality UInt8,
  monotonic UInt8,
  service_name LowCardinality(String),
  ${ATTRIBUTES},
  ${RESOURCE},
  ${SCOPE},
  ${SCHEMA_URLS},
  first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))`,
  orderBy: 'name, series_id',
  granularity: 1024,
  partitioned: false,
};

const POINT_HEAD = `name LowCardinality(String),
  series_id UInt64 CODEC(Delta(8), ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  start_time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1))`;
const POINT_ORDER = `name, intDiv(toInt64(time), ${POINT_BUCKET_SECONDS}), series_id, time`;
const LIST = 'CODEC(ZSTD(1))';

const METRIC_POINTS: Table = {
  name: 'metric_points',
  signal: 'metrics',
  columns: `${POINT_HEAD},
  value Float64 CODEC(Gorilla, ZSTD(1)),
  value_int Int64 CODEC(Delta(8), ZSTD(1)),
  is_int UInt8,
  flags UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: POINT_ORDER,
};

const METRIC_HISTOGRAMS: Table = {
  name: 'metric_histograms',
  signal: 'metrics',
  columns: `${POINT_HEAD},
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(Gorilla, ZSTD(1)),
  min Float64 CODEC(ZSTD(1)),
  max Float64 CODEC(ZSTD(1)),
  bounds Array(Float64) ${LIST},
  bucket_counts Array(UInt64) ${LIST},
  flags UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: POINT_ORDER,
};

const METRIC_EXPONENTIAL_HISTOGRAMS: Table = {
  name: 'metric_exponential_histograms',
  signal: 'metrics',
  columns: `${POINT_HEAD},
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(Gorilla, ZSTD(1)),
  min Float64 CODEC(ZSTD(1)),
  max Float64 CODEC(ZSTD(1)),
  scale Int32 CODEC(ZSTD(1)),
  zero_count UInt64 CODEC(ZSTD(1)),
  zero_threshold Float64 CODEC(ZSTD(1)),
  positive_offset Int32 CODEC(ZSTD(1)),
  positive_counts Array(UInt64) ${LIST},
  negative_offset Int32 CODEC(ZSTD(1)),
  negative_counts Array(UInt64) ${LIST},
  flags UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: POINT_ORDER,
};

const METRIC_SUMMARIES: Table = {
  name: 'metric_summaries',
  signal: 'metrics',
  columns: `${POINT_HEAD},
  count UInt64 CODEC(Delta(8), ZSTD(1)),
  sum Float64 CODEC(Gorilla, ZSTD(1)),
  quantiles Array(Float64) ${LIST},
  values Array(Float64) ${LIST},
  flags UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: POINT_ORDER,
};

const METRIC_EXEMPLARS: Table = {
  name: 'metric_exemplars',
  signal: 'metrics',
  columns: `name LowCardinality(String),
  series_id UInt64 CODEC(ZSTD(1)),
  time ${TIME},
  value Float64 CODEC(ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  attributes String CODEC(ZSTD(1)),
  ${INGESTED},
  ${TIME_INDEX},
  INDEX trace_ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1`,
  orderBy: POINT_ORDER,
};

export const METRIC_TABLES: readonly Table[] = [
  METRIC_SERIES,
  METRIC_POINTS,
  METRIC_HISTOGRAMS,
  METRIC_EXPONENTIAL_HISTOGRAMS,
  METRIC_SUMMARIES,
  METRIC_EXEMPLARS,
];
export const METRIC_VIEWS: readonly View[] = [];
