import type { Migration } from '../schema/index.ts';
import { fill } from './fill.ts';

const added = (table: string, after: string): string =>
  `ALTER TABLE {database}.${table}{onCluster} ADD COLUMN IF NOT EXISTS exact_counts Array(Float64) CODEC(ZSTD(1)) AFTER ${after}`;

/** Counts with fractions have a column of their own. Frozen: see 0003-tables.ts. */
export const EXACT_COUNT_STATEMENTS: readonly string[] = [
  added('metric_histograms', 'bucket_counts'),
  added('metric_exponential_histograms', 'negative_counts'),
];

export const MIGRATION_9: Migration = {
  version: 9,
  name: 'counts of histograms with fractions',
  statements: (database, engines) => EXACT_COUNT_STATEMENTS.map((statement) => fill(statement, database, engines)),
};
