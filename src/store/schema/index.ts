import type { EngineNames, Table, View } from './common.ts';
import { EXCEPTION_VIEWS } from './exceptions.ts';
import { LOG_TABLES, LOG_VIEWS } from './logs.ts';
import { METRIC_VIEWS } from './metric-views.ts';
import { METRIC_TABLES } from './metrics.ts';
import { OWNER_TABLES } from './owners.ts';
import { TRACE_TABLES, TRACE_VIEWS } from './traces.ts';

export {
  FILTER_BITS,
  FILTER_PROBES,
  type FilterKind,
  hashKey,
  hashKind,
  hashNumber,
  hashText,
  probe,
} from './attribute-filter.ts';
export * from './common.ts';
export { OWN_TABLES } from './documents.ts';
export { LOG_ATTRIBUTES_TYPE, LOG_BUCKET_SECONDS, LOG_PATHS } from './logs.ts';
export { POINT_BUCKET_SECONDS } from './metrics.ts';
export { SQL_EXAMPLES } from './sql-examples.ts';
export type { SqlColumn, SqlView } from './sql-view.ts';
export { EXPORTER_VIEWS, SQL_VIEWS, sqlViewStatements } from './sql-views.ts';
export {
  CALL_SLOT_SECONDS,
  EVENT_PATHS,
  LINK_PATHS,
  PART_ATTRIBUTE_PATHS,
  REQUEST_SLOT_SECONDS,
  SPAN_ATTRIBUTES_TYPE,
  SPAN_BUCKET_SECONDS,
  SPAN_PATHS,
} from './traces.ts';

export const DEFAULT_DATABASE = 'signalbox';

/** All tables that hold telemetry, as of the newest version. This folder is the truth about names and types: #query reads what stands here. */
export const TABLES: readonly Table[] = [...OWNER_TABLES, ...TRACE_TABLES, ...LOG_TABLES, ...METRIC_TABLES];

/** Made behind the tables, in this order. */
export const VIEWS: readonly View[] = [...TRACE_VIEWS, ...LOG_VIEWS, ...METRIC_VIEWS, ...EXCEPTION_VIEWS];

/** The table of applied migrations itself. */
export function migrationsTableStatement(database: string, engines: EngineNames): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.schema_migrations${engines.onCluster}
(version UInt32, name String, applied_at DateTime('UTC') DEFAULT now())
ENGINE = ${engines.mergeTree}
ORDER BY version`;
}

export interface Migration {
  /** Counts up by one, without gaps, from 3: versions 1 and 2 were never released. */
  readonly version: number;
  readonly name: string;
  /** Statements that can run again without harm, because a crash may have interrupted them. */
  readonly statements: (database: string, engines: EngineNames) => readonly string[];
}
