import type { Migration } from '../schema.ts';
import { fill } from './fill.ts';

/**
 * Retention is no longer ClickHouse's TTL but a sweeper (retention.ts); inserts are on disk when they are answered; broken parts, however many, don't
 * keep a table from being opened: they are set aside and reported (parts-watch.ts). Frozen like migration 1.
 */
export const MIGRATION_2: Migration = {
  version: 2,
  name: 'retention by a sweeper, durable inserts',
  statements: (database, engines, definitions) =>
    TABLES.flatMap((table) =>
      [
        // Removing what isn't there is an error, and a database that was just made has no TTL.
        ...((definitions.get(table) ?? '').includes(' TTL ') ? ['REMOVE TTL'] : []),
        'RESET SETTING ttl_only_drop_parts, materialize_ttl_recalculate_only',
        'MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, max_suspicious_broken_parts = 1000000,' +
          ' max_suspicious_broken_parts_bytes = 1000000000000000',
      ].map((change) => fill(`ALTER TABLE {database}.${table}{onCluster} ${change}`, database, engines)),
    ),
};

const TABLES: readonly string[] = [
  'spans',
  'trace_index',
  'logs',
  'metric_series',
  'metric_points',
  'metric_histograms',
  'metric_exponential_histograms',
  'metric_summaries',
  'metric_exemplars',
];
