import type { Migration } from '../schema/index.ts';
import { fill } from './fill.ts';

/**
 * Notes by which a question need not look everywhere. Rows that were there before have empty filters, which say nothing, and count as if they had
 * events and links. Frozen: see 0003-tables.ts.
 */
export const NOTE_STATEMENTS: readonly string[] = [
  'ALTER TABLE {database}.request_slots{onCluster} ADD COLUMN IF NOT EXISTS attribute_filter String CODEC(NONE)',
  'ALTER TABLE {database}.traces{onCluster} ADD COLUMN IF NOT EXISTS event_count UInt32 DEFAULT 1 CODEC(T64, ZSTD(1))',
  'ALTER TABLE {database}.traces{onCluster} ADD COLUMN IF NOT EXISTS link_count UInt32 DEFAULT 1 CODEC(T64, ZSTD(1))',
];

export const MIGRATION_4: Migration = {
  version: 4,
  name: 'notes on attributes, events and links',
  statements: (database, engines) => NOTE_STATEMENTS.map((statement) => fill(statement, database, engines)),
};
