/**
 * What all tables of the store have in common, and how a table's statement is made. The tables themselves stand in a file per signal.
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

/** How many inserts a table remembers for deduplication by token: 5.5 hours at one segment a second. */
const DEDUPLICATION_WINDOW = 20_000;

/** Paths of a JSON column that get files of their own in a part; all others share one structure. Bounds memory of merges. */
export const ATTRIBUTE_PATHS = 128;
export const RESOURCE_PATHS = 64;
export const SCOPE_PATHS = 16;
/**
 * Paths beyond the limit are kept as one map per row, split into buckets when parts merge. The default ("advanced") takes 50 KB of memory
 * per different path in a merge: 20,000 random keys made it 1.4 GB, where this stays at 0.4 GB (bench/results/store-key-flood.txt).
 */
const SHARED_DATA: readonly string[] = [
  "object_shared_data_serialization_version = 'map_with_buckets'",
  "object_shared_data_serialization_version_for_zero_level_parts = 'map'",
];
/**
 * An attribute key that has a type of its own in a JSON column. `Word` is a string of which there are few different ones, `Code` a whole number of
 * which there are few. A row without the key has NULL; a value of another type is kept in the column `attributes_other`.
 */
export interface TypedPath {
  readonly path: string;
  readonly type: 'Word' | 'Code' | 'String' | 'Int64' | 'Float64' | 'Bool';
}

const TYPE_TEXTS: Readonly<Record<TypedPath['type'], string>> = {
  Word: 'LowCardinality(Nullable(String))',
  Code: 'LowCardinality(Nullable(Int64))',
  String: 'Nullable(String)',
  Int64: 'Nullable(Int64)',
  Float64: 'Nullable(Float64)',
  Bool: 'Nullable(Bool)',
};

/** The typed paths of a column, in the order of their bytes, as ClickHouse has them. */
export function typedPaths(
  paths: Partial<Readonly<Record<TypedPath['type'], readonly string[]>>>,
): readonly TypedPath[] {
  const all = Object.entries(paths).flatMap(([type, names]) =>
    names.map((path) => ({ path, type: type as TypedPath['type'] })),
  );
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The type of a JSON column with these typed paths, which stand in the order of their bytes. */
export function jsonType(pathLimit: number, paths: readonly TypedPath[] = []): string {
  const typed = paths.map(({ path, type }) => `, \`${path}\` ${TYPE_TEXTS[type]}`);
  return `JSON(max_dynamic_paths=${pathLimit}${typed.join('')})`;
}

/** The types of the columns, as they stand in the header of a Native block. */
export const ATTRIBUTES_TYPE: string = jsonType(ATTRIBUTE_PATHS);

/**
 * What an insert makes keeps all columns in one file: with a file per column a block of 50,000 spans took 300 ms of CPU to insert, with one 130 ms. A
 * merge that makes more bytes than this, uncompressed, gives each column its own: only then does ClickHouse merge column by column, for half
 * of the CPU (docs/decisions/compact-parts.md).
 */
const WIDE_PARTS: readonly string[] = [`min_bytes_for_wide_part = ${16 * 1024 * 1024}`, 'min_level_for_wide_part = 1'];

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

/** Small parts wait until there are some: each row is merged less often, which was a fifth of the engine's work on points. */
export const MERGED_LATER: readonly string[] = ['min_parts_to_merge_at_once = 10'];

/** Whose the row is: the first column of every table, and of every sort key. */
const TENANT = "tenant LowCardinality(String) DEFAULT ''";
export const TIME: string = "DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1))";
/** When the item's segment of the spool was made; the digits below a millisecond tell segments apart (Segment.ingestedAtNs). */
export const INGESTED: string = "ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1))";
export const TIME_INDEX: string = `INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1`;
export const ATTRIBUTES: string = `attributes ${ATTRIBUTES_TYPE} CODEC(ZSTD(1))`;

/** What a row has from its resource and scope. */
export const OWNER_IDS: string = `service_name LowCardinality(String) CODEC(ZSTD(1)),
  resource_id UInt64 CODEC(ZSTD(1)),
  scope_id UInt64 CODEC(ZSTD(1))`;
/** The type of `attributes_other`: without paths of its own, because hardly any row has something there. */
export const MISFITS_TYPE: string = jsonType(0);
export const MISFITS: string = `attributes_other ${MISFITS_TYPE} CODEC(ZSTD(1))`;

/** Signals with a retention of their own. */
export type RetentionSignal = 'traces' | 'logs' | 'metrics';

/** Where tables differ between one machine and a cluster: the engines, and the clause that reaches all machines. */
export interface EngineNames {
  /** For example `MergeTree` or `ReplicatedMergeTree`. */
  readonly mergeTree: string;
  readonly aggregatingMergeTree: string;
  readonly replacingMergeTree: string;
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
  replacingMergeTree: 'ReplacingMergeTree',
  onCluster: '',
  deduplicationWindow: `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`,
  dependentColumns: 'allow_dimensions_outside_sorting_key = 1',
};

/** `cluster`: see StoreEndpoint; undefined is one machine. */
export function enginesOn(cluster: string | undefined): EngineNames {
  return cluster === undefined ? SINGLE_MACHINE : { ...SINGLE_MACHINE, onCluster: ` ON CLUSTER ${cluster}` };
}

export interface Table {
  readonly name: string;
  /** Whose retention holds for it; `shared` by all, so that the longest does. */
  readonly signal: RetentionSignal | 'shared';
  readonly aggregating?: true;
  /** The column of which the largest value stays, of rows with the same key. */
  readonly replacing?: string;
  /** An aggregating table has columns that are neither key nor aggregate, because they follow from the key. */
  readonly dependentColumns?: true;
  readonly columns: string;
  readonly orderBy: string;
  /** Rows per index entry, where the default of 8192 is not right. */
  readonly granularity?: number;
  /** The day that a part belongs to; false for a table that is small and merges across days. */
  readonly partitioned?: false;
  /** Settings of this table alone. */
  readonly settings?: readonly string[];
}

/** Stored rows in another shape, for tools that expect one. Nothing of ours reads it. */
export interface View {
  readonly name: string;
  readonly signal: RetentionSignal;
  /** The query, with tables named by `database`. */
  readonly select: (database: string) => string;
}

/**
 * The statement that creates a table as all migrations together make it; a no-op where it exists. `database` must be a plain identifier. A
 * test compares the two.
 */
export function createTableStatement(table: Table, database: string, engines: EngineNames): string {
  const { mergeTree, aggregatingMergeTree, replacingMergeTree } = engines;
  const plain = table.aggregating === true ? aggregatingMergeTree : mergeTree;
  const engine = table.replacing === undefined ? plain : `${replacingMergeTree}(${table.replacing})`;
  const settings = [
    `index_granularity = ${table.granularity ?? 8192}`,
    engines.deduplicationWindow,
    ...WIDE_PARTS,
    ...(table.settings ?? []),
    ...(table.columns.includes('JSON(') ? SHARED_DATA : []),
    ...(table.dependentColumns === true && engines.dependentColumns !== '' ? [engines.dependentColumns] : []),
    ...DURABLE,
  ];
  return [
    `CREATE TABLE IF NOT EXISTS ${database}.${table.name}${engines.onCluster}`,
    `(\n  ${TENANT},\n  ${table.columns}\n)`,
    `ENGINE = ${engine}`,
    ...(table.partitioned === false ? [] : ['PARTITION BY toDate(ingested_at)']),
    `ORDER BY (tenant, ${table.orderBy})`,
    `SETTINGS ${settings.join(', ')}`,
  ].join('\n');
}

/** The statement that creates a view; a no-op where it exists. */
export function createViewStatement(view: View, database: string, engines: EngineNames): string {
  return `CREATE VIEW IF NOT EXISTS ${database}.${view.name}${engines.onCluster} AS\n${view.select(database)}`;
}
