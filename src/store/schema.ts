/**
 * The tables of the store and how they come to be. This file is the truth about names and types: #query reads what stands here.
 *
 * Choices that hold for all tables (figures: docs/decisions):
 * - Partitions are days of `ingested_at` (when the collector took the item), never of the item's own time. So one insert
 *   makes one part, all of it or nothing, whatever times its items claim, retention drops whole parts, and an item from 1970 or 2200
 *   is kept as long as any other.
 * - Sort keys begin with a bucket of the item's own time, `intDiv(toInt64(time), seconds)`: unlike toStartOfFiveMinutes it does not
 *   wrap in 2106. ClickHouse can't derive a bound on it from `time >= …` while `time` itself is in the key, so a minmax index
 *   on `time` does the pruning, for every query and without rewriting it.
 * - Times are clamped to [1970-01-01, 2262-04-11], what DateTime64(9) can hold.
 * - Attributes: see native/json-column.ts for how each value of OTLP appears in a JSON column.
 */

export const DEFAULT_DATABASE = 'signalbox';

/** How many inserts a table remembers for deduplication by token: 5.5 hours at one segment a second. */
const DEDUPLICATION_WINDOW = 20_000;

/** Paths of a JSON column that get files of their own in a part; all others share one structure. Bounds memory of merges. */
export const ATTRIBUTE_PATHS = 128;
export const RESOURCE_PATHS = 64;
/**
 * Paths beyond the limit are kept as one map per row, split into buckets when parts merge. The default ("advanced") takes 50 KB of memory
 * per different path in a merge: 20,000 random keys made it 1.3 GB, where this stays at 0.3 GB (bench/results/store-key-flood.txt).
 */
const SHARED_DATA: readonly string[] = [
  "object_shared_data_serialization_version = 'map_with_buckets'",
  "object_shared_data_serialization_version_for_zero_level_parts = 'map'",
];
/** The types of the columns, as they stand in the header of a Native block. */
export const ATTRIBUTES_TYPE: string = `JSON(max_dynamic_paths=${ATTRIBUTE_PATHS})`;
export const RESOURCE_TYPE: string = `JSON(max_dynamic_paths=${RESOURCE_PATHS})`;

/**
 * Smaller parts keep all columns in one file. With a file per column a block of 50,000 spans took 300 ms of CPU to insert, with one file
 * 130 ms, and merges a third.
 */
const WIDE_PART_BYTES = 128 * 1024 * 1024;

/**
 * A part is on disk when its insert is answered: the writer deletes its segment then. And a table opens however much of it is broken: broken
 * parts are set aside, and parts-watch.ts says so.
 */
const DURABLE: readonly string[] = [
  'fsync_after_insert = 1',
  'fsync_part_directory = 1',
  'max_suspicious_broken_parts = 1000000',
  'max_suspicious_broken_parts_bytes = 1000000000000000',
];

const TIME = "DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1))";
/** When the item's segment of the spool was made; the digits below a millisecond tell segments apart (Segment.ingestedAtNs). */
const INGESTED = "ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1))";
const TIME_INDEX = `INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1`;
const ATTRIBUTES = `attributes ${ATTRIBUTES_TYPE} CODEC(ZSTD(1))`;
const RESOURCE = `resource ${RESOURCE_TYPE} CODEC(ZSTD(1))`;
const SCOPE = `scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes LowCardinality(String)`;
const SCHEMA_URLS = `resource_schema_url LowCardinality(String),
  scope_schema_url LowCardinality(String)`;

/** Seconds in the leading bucket of the sort key. */
const SPAN_BUCKET_SECONDS = 300;
const LOG_BUCKET_SECONDS = 300;
const POINT_BUCKET_SECONDS = 3600;

/** Signals with a retention of their own. */
export type RetentionSignal = 'traces' | 'logs' | 'metrics';

/** Where tables differ between one machine and a cluster: the engines, and the clause that reaches all machines. */
export interface EngineNames {
  /** For example `MergeTree` or `ReplicatedMergeTree`. */
  readonly mergeTree: string;
  readonly aggregatingMergeTree: string;
  /** Empty, or ` ON CLUSTER name` with the blank in front. */
  readonly onCluster: string;
  /** The setting that bounds the memory of insert tokens. */
  readonly deduplicationWindow: string;
  /** Allows columns in an aggregating table that depend on its key alone. Needed from 26.7 on, unknown to older servers: empty. */
  readonly dependentColumns: string;
}

export const SINGLE_MACHINE: EngineNames = {
  mergeTree: 'MergeTree',
  aggregatingMergeTree: 'AggregatingMergeTree',
  onCluster: '',
  deduplicationWindow: `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`,
  dependentColumns: 'allow_dimensions_outside_sorting_key = 1',
};

export interface Table {
  readonly name: string;
  readonly signal: RetentionSignal;
  readonly aggregating?: true;
  /** An aggregating table has columns that are neither key nor aggregate, because they follow from the key. */
  readonly dependentColumns?: true;
  readonly columns: string;
  readonly orderBy: string;
  /** Rows per index entry, where the default of 8192 is not right. */
  readonly granularity?: number;
  /** The day that a part belongs to; false for a table that is small and merges across days. */
  readonly partitioned?: false;
}

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

/** All tables that hold telemetry, as of the newest version. */
export const TABLES: readonly Table[] = [
  SPANS,
  TRACE_INDEX,
  LOGS,
  METRIC_SERIES,
  METRIC_POINTS,
  METRIC_HISTOGRAMS,
  METRIC_EXPONENTIAL_HISTOGRAMS,
  METRIC_SUMMARIES,
  METRIC_EXEMPLARS,
];

/**
 * The statement that creates a table as all migrations together make it; a no-op where it exists. `database` must be a plain identifier. A
 * test compares the two.
 */
export function createTableStatement(table: Table, database: string, engines: EngineNames): string {
  const engine = table.aggregating === true ? engines.aggregatingMergeTree : engines.mergeTree;
  const settings = [
    `index_granularity = ${table.granularity ?? 8192}`,
    engines.deduplicationWindow,
    `min_bytes_for_wide_part = ${WIDE_PART_BYTES}`,
    ...(table.columns.includes('JSON(') ? SHARED_DATA : []),
    ...(table.dependentColumns === true && engines.dependentColumns !== '' ? [engines.dependentColumns] : []),
    ...DURABLE,
  ];
  return [
    `CREATE TABLE IF NOT EXISTS ${database}.${table.name}${engines.onCluster}`,
    `(\n  ${table.columns}\n)`,
    `ENGINE = ${engine}`,
    ...(table.partitioned === false ? [] : ['PARTITION BY toDate(ingested_at)']),
    `ORDER BY (${table.orderBy})`,
    `SETTINGS ${settings.join(', ')}`,
  ].join('\n');
}

/** The table of applied migrations itself. */
export function migrationsTableStatement(database: string, engines: EngineNames): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.schema_migrations${engines.onCluster}
(version UInt32, name String, applied_at DateTime('UTC') DEFAULT now())
ENGINE = ${engines.mergeTree}
ORDER BY version`;
}

export interface Migration {
  /** Counts up by one, without gaps. */
  readonly version: number;
  readonly name: string;
  /**
   * Statements that can run again without harm, because a crash may have interrupted them. `definitions` are the statements that would create the
   * database's tables as they are, by name.
   */
  readonly statements: (
    database: string,
    engines: EngineNames,
    definitions: ReadonlyMap<string, string>,
  ) => readonly string[];
}
