import type { Migration } from '../schema/index.ts';
import { fill } from './fill.ts';

const TABLES = ['metric_points', 'metric_histograms', 'metric_exponential_histograms', 'metric_summaries'];

/** Values take a sixth less, and points are merged once in ten times as many. Frozen: see 0003-tables.ts. */
export const POINT_STATEMENTS: readonly string[] = [
  "ALTER TABLE {database}.metric_points{onCluster} MODIFY COLUMN value_int Int64 CODEC(Delta(8), T64('bit'), ZSTD(1))",
  ...TABLES.map(
    (table) => `ALTER TABLE {database}.${table}{onCluster} MODIFY SETTING merge_selector_algorithm = 'Trivial'`,
  ),
];

export const MIGRATION_7: Migration = {
  version: 7,
  name: 'codec of ints and merges of points',
  statements: (database, engines) => POINT_STATEMENTS.map((statement) => fill(statement, database, engines)),
};
