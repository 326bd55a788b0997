import type { Migration } from '../schema/index.ts';
import { fill } from './fill.ts';

const OF_TRACES = ['spans', 'traces', 'request_slots', 'span_events', 'span_links'];
const OTHERS = [
  'resources',
  'scopes',
  'log_streams',
  'logs',
  'metric_series',
  'metric_bounds',
  'metric_points',
  'metric_histograms',
  'metric_exponential_histograms',
  'metric_summaries',
  'metric_exemplars',
  'documents',
];
const WIDE = 'min_bytes_for_wide_part = 16777216, min_level_for_wide_part = 1';
const alter = (table: string, settings: string): string =>
  `ALTER TABLE {database}.${table}{onCluster} MODIFY SETTING ${settings}`;

/** Larger merges make parts of a file per column, and those of traces wait until there are ten parts. Frozen: see 0003-tables.ts. */
export const WIDE_PART_STATEMENTS: readonly string[] = [
  ...OF_TRACES.map((table) => alter(table, `${WIDE}, min_parts_to_merge_at_once = 10`)),
  ...OTHERS.map((table) => alter(table, WIDE)),
];

export const MIGRATION_8: Migration = {
  version: 8,
  name: 'parts of merges are wide',
  statements: (database, engines) => WIDE_PART_STATEMENTS.map((statement) => fill(statement, database, engines)),
};
