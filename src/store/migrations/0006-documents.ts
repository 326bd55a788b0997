import type { Migration } from '../schema/index.ts';
import { fill } from './fill.ts';

/** A place for what people make: silences, saved views, and what receivers were told. Frozen: see 0003-tables.ts. */
export const DOCUMENT_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS {database}.documents{onCluster}
(
  tenant LowCardinality(String) DEFAULT '',
  kind LowCardinality(String),
  key String,
  version UInt64 CODEC(ZSTD(1)),
  is_deleted Bool CODEC(ZSTD(1)),
  body String CODEC(ZSTD(1)),
  written_at DateTime64(3, 'UTC') CODEC(ZSTD(1))
)
ENGINE = {replacingMergeTree}(version)
ORDER BY (tenant, kind, key)
SETTINGS index_granularity = 256, {deduplicationWindow}, min_bytes_for_wide_part = 134217728, fsync_after_insert = 1,
  fsync_part_directory = 1, max_suspicious_broken_parts = 1000000, max_suspicious_broken_parts_bytes = 1000000000000000`,
];

export const MIGRATION_6: Migration = {
  version: 6,
  name: 'documents',
  statements: (database, engines) => DOCUMENT_STATEMENTS.map((statement) => fill(statement, database, engines)),
};
