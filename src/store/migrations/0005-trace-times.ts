import type { Migration } from '../schema/index.ts';
import { fill } from './fill.ts';

/** Times of traces, which are sorted by id, take half a byte a span less this way. Frozen: see 0003-tables.ts. */
export const TRACE_TIME_STATEMENTS: readonly string[] = [
  "ALTER TABLE {database}.traces{onCluster} MODIFY COLUMN start DateTime64(9, 'UTC') CODEC(T64, ZSTD(1))",
  "ALTER TABLE {database}.traces{onCluster} MODIFY COLUMN ingested_at DateTime64(9, 'UTC') CODEC(ZSTD(1))",
];

export const MIGRATION_5: Migration = {
  version: 5,
  name: 'codecs of the times of traces',
  statements: (database, engines) => TRACE_TIME_STATEMENTS.map((statement) => fill(statement, database, engines)),
};
