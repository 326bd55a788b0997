import { ATTRIBUTES, INGESTED, MERGED_LATER, OWNER_IDS, type Table, TIME, TIME_INDEX } from './common.ts';

/** Seconds in the bucket of time within a metric's points. */
export const POINT_BUCKET_SECONDS = 3600;

const SEEN = `first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))`;

/**
 * One row per series once merged; until then group by `series_id`. `series_id` is a hash of name, type, unit, temporality, monotonicity,
 * the ids of resource and scope, and attributes, on all of which the other columns depend but the description, the bounds and the times. A live series is
 * written again at least once an hour, so `last_seen` lags by up to an hour.
 *
 * What PromQL knows of a series: `prometheus_name`, and `labels` as `name=value`, sorted, with the metric's name as `__name__`. The index
 * finds the series of a label without a look at others.
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
  ${OWNER_IDS},
  prometheus_name LowCardinality(String),
  labels Array(String) CODEC(ZSTD(1)),
  ${ATTRIBUTES},
  bounds_ids SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)),
  ${SEEN},
  INDEX label labels TYPE text(tokenizer = 'array')`,
  orderBy: 'name, series_id',
  granularity: 1024,
  partitioned: false,
};

/** The bounds of explicit histograms, each list once: `bounds_id` is a hash of it. Written again like a series. */
const METRIC_BOUNDS: Table = {
  name: 'metric_bounds',
  signal: 'metrics',
  aggregating: true,
  dependentColumns: true,
  columns: `bounds_id UInt64,
  bounds Array(Float64),
  ${SEEN}`,
  orderBy: 'bounds_id',
  granularity: 1024,
  partitioned: false,
};

const POINT_HEAD = `name LowCardinality(String),
  series_id UInt64 CODEC(ZSTD(1)),
  time ${TIME},
  start_time DateTime64(9, 'UTC') CODEC(ZSTD(1))`;
const POINT_ORDER = `name, intDiv(toInt64(time), ${POINT_BUCKET_SECONDS}), series_id, time`;
const COUNT = 'CODEC(Delta(8), ZSTD(1))';
const PLAIN = 'CODEC(ZSTD(1))';
const COUNTS = 'Array(UInt64) CODEC(T64, ZSTD(1))';
/** Of a histogram whose counts have fractions, which the other columns lack: see EXACT_COUNTS_FIELD. Else empty. */
const EXACT_COUNTS = `exact_counts Array(Float64) ${PLAIN}`;

/**
 * Ten parts become one when all ten were merged equally often, so a point is written again once in ten times as many. By sizes ClickHouse merges
 * a part with nine small ones again and again, as long as it is below 5 MB, some millions of points.
 */
const POINTS_MERGED: readonly string[] = [...MERGED_LATER, "merge_selector_algorithm = 'Trivial'"];

/**
 * Points of gauges and sums. A value stands once, exact to the last bit of a NaN, in the column that `value_form` names: 0 a double in
 * `value_double`; 1 an int in `value_int`; from 2 on a double that is `value_int` / 10^(value_form - 2). `value` is made of them when it
 * is read: a double, so that ints beyond 2^53 are rounded there.
 */
const METRIC_POINTS: Table = {
  name: 'metric_points',
  signal: 'metrics',
  columns: `${POINT_HEAD},
  value_form UInt8,
  value_int Int64 CODEC(Delta(8), T64('bit'), ZSTD(1)),
  value_double Float64 ${PLAIN},
  value Float64 ALIAS if(value_form = 0, value_double, value_int / intExp10(greatest(value_form, 2) - 2)),
  flags UInt32 ${PLAIN},
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: POINT_ORDER,
  settings: POINTS_MERGED,
};

const METRIC_HISTOGRAMS: Table = {
  name: 'metric_histograms',
  signal: 'metrics',
  columns: `${POINT_HEAD},
  count UInt64 ${COUNT},
  sum Float64 ${PLAIN},
  min Float64 ${PLAIN},
  max Float64 ${PLAIN},
  bounds_id UInt64 ${PLAIN},
  bucket_counts ${COUNTS},
  ${EXACT_COUNTS},
  flags UInt32 ${PLAIN},
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: POINT_ORDER,
  settings: POINTS_MERGED,
};

const METRIC_EXPONENTIAL_HISTOGRAMS: Table = {
  name: 'metric_exponential_histograms',
  signal: 'metrics',
  columns: `${POINT_HEAD},
  count UInt64 ${COUNT},
  sum Float64 ${PLAIN},
  min Float64 ${PLAIN},
  max Float64 ${PLAIN},
  scale Int32 ${PLAIN},
  zero_count UInt64 ${PLAIN},
  zero_threshold Float64 ${PLAIN},
  positive_offset Int32 ${PLAIN},
  positive_counts ${COUNTS},
  negative_offset Int32 ${PLAIN},
  negative_counts ${COUNTS},
  ${EXACT_COUNTS},
  flags UInt32 ${PLAIN},
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: POINT_ORDER,
  settings: POINTS_MERGED,
};

const METRIC_SUMMARIES: Table = {
  name: 'metric_summaries',
  signal: 'metrics',
  columns: `${POINT_HEAD},
  count UInt64 ${COUNT},
  sum Float64 ${PLAIN},
  quantiles Array(Float64) ${PLAIN},
  values Array(Float64) ${PLAIN},
  flags UInt32 ${PLAIN},
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: POINT_ORDER,
  settings: POINTS_MERGED,
};

/** `point_time` is the time of the point to which an exemplar belongs. */
const METRIC_EXEMPLARS: Table = {
  name: 'metric_exemplars',
  signal: 'metrics',
  columns: `name LowCardinality(String),
  series_id UInt64 ${PLAIN},
  time ${TIME},
  point_time ${TIME},
  value Float64 ${PLAIN},
  trace_id FixedString(16) ${PLAIN},
  span_id FixedString(8) ${PLAIN},
  attributes String ${PLAIN},
  ${INGESTED},
  ${TIME_INDEX},
  INDEX trace_ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1`,
  orderBy: POINT_ORDER,
};

export const METRIC_TABLES: readonly Table[] = [
  METRIC_SERIES,
  METRIC_BOUNDS,
  METRIC_POINTS,
  METRIC_HISTOGRAMS,
  METRIC_EXPONENTIAL_HISTOGRAMS,
  METRIC_SUMMARIES,
  METRIC_EXEMPLARS,
];
