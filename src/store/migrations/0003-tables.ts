import type { Migration } from '../schema/index.ts';
import { EXCEPTION_STATEMENTS } from './0003-exceptions.ts';
import { LOG_STATEMENTS } from './0003-logs.ts';
import { METRIC_STATEMENTS } from './0003-metrics.ts';
import { OWNER_STATEMENTS } from './0003-owners.ts';
import { TRACE_STATEMENTS } from './0003-traces.ts';
import { fill } from './fill.ts';

/**
 * The tables as the first version made them. Frozen: what stands in the files of the signals ran on databases that live, so it is never
 * changed; a change of a table is a further migration. migrate.test.ts holds a checksum of each file's text.
 */
export const MIGRATION_3: Migration = {
  version: 3,
  name: 'tables for traces, logs and metrics',
  statements: (database, engines) =>
    [...OWNER_STATEMENTS, ...TRACE_STATEMENTS, ...LOG_STATEMENTS, ...METRIC_STATEMENTS, ...EXCEPTION_STATEMENTS].map(
      (statement) => fill(statement, database, engines),
    ),
};
