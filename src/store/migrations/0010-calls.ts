import type { Migration } from '../schema/index.ts';
import { fill } from './fill.ts';

const SETTINGS =
  '{deduplicationWindow}, min_bytes_for_wide_part = 16777216, min_level_for_wide_part = 1, fsync_after_insert = 1, ' +
  'fsync_part_directory = 1, max_suspicious_broken_parts = 1000000, max_suspicious_broken_parts_bytes = 1000000000000000';

/** Who called whom, counted by minutes. Frozen: see 0003-tables.ts. */
export const CALL_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS {database}.service_calls{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  slot Int64 CODEC(Delta(8), ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  source LowCardinality(String) CODEC(ZSTD(1)),
  kind LowCardinality(String) CODEC(ZSTD(1)),
  system_name LowCardinality(String) CODEC(ZSTD(1)),
  name String CODEC(ZSTD(1)),
  namespace String CODEC(ZSTD(1)),
  direction LowCardinality(String) CODEC(ZSTD(1)),
  span_kind UInt8 CODEC(ZSTD(1)),
  call_count UInt64 CODEC(T64, ZSTD(1)),
  error_count UInt64 CODEC(T64, ZSTD(1)),
  durations Array(UInt16) CODEC(ZSTD(1)),
  duration_counts Array(UInt64) CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, slot, source, kind, name)
SETTINGS index_granularity = 1024, ${SETTINGS}`,
  `CREATE TABLE IF NOT EXISTS {database}.call_slots{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  slot Int64 CODEC(Delta(8), ZSTD(1)),
  span_count UInt64 CODEC(T64, ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = {mergeTree}
PARTITION BY toDate(ingested_at)
ORDER BY (tenant, slot)
SETTINGS index_granularity = 8192, ${SETTINGS}`,
];

export const MIGRATION_10: Migration = {
  version: 10,
  name: 'calls by minutes',
  statements: (database, engines) => CALL_STATEMENTS.map((statement) => fill(statement, database, engines)),
};
