/**
 * What people ask in SQL: views with plain names, ids as text and attributes as maps, in a database of their own (`viewsDatabase`), so that
 * `spans` there is the view, and not the table. The shapes of otelcol's exporter stand beside them. Columns say what they are: in the
 * console's completion, in DESCRIBE, and in docs/sql.md, which is made from here. Nothing of ours reads them.
 */
import { createHash } from 'node:crypto';
import { viewsDatabase } from '#base/store-access.ts';
import type { EngineNames } from './common.ts';
import { LOG_VIEWS } from './logs.ts';
import { METRIC_VIEWS } from './metric-views.ts';
import { LOG_SQL_VIEWS } from './sql-log-views.ts';
import { METRIC_SQL_VIEWS } from './sql-metric-views.ts';
import { SERVICE_SQL_VIEWS } from './sql-service-views.ts';
import { TRACE_SQL_VIEWS } from './sql-trace-views.ts';
import type { SqlView } from './sql-view.ts';
import { TRACE_VIEWS } from './trace-views.ts';

/** In the order in which people meet them. */
export const SQL_VIEWS: readonly SqlView[] = [
  ...TRACE_SQL_VIEWS.slice(0, 2),
  ...LOG_SQL_VIEWS,
  ...METRIC_SQL_VIEWS,
  ...SERVICE_SQL_VIEWS,
  ...TRACE_SQL_VIEWS.slice(2),
];

/** Their names: those that otelcol's exporter gives its tables. */
export const EXPORTER_VIEWS: readonly string[] = [...TRACE_VIEWS, ...LOG_VIEWS, ...METRIC_VIEWS].map(
  ({ name }) => name,
);

/** A statement that makes a view, and what its comment says: by that it is seen whether the view is of this version. */
export interface ViewStatement {
  readonly name: string;
  readonly comment: string;
  readonly statement: string;
}

/** The statements of all views. `database` is the store's, a plain identifier; theirs must exist. */
export function sqlViewStatements(database: string, engines: EngineNames): readonly ViewStatement[] {
  const made = SQL_VIEWS.map(({ name, text, columns, from }) => ({
    name,
    text,
    columns: ` (\n  ${columns.map((column) => `${column.name} ${column.type} COMMENT '${column.text.replaceAll("'", "\\'")}'`).join(',\n  ')}\n)`,
    select: `SELECT\n  ${columns.map((column) => `${column.sql} AS ${column.name}`).join(',\n  ')}\n${from(database)}`,
  }));
  const shapes = EXPORTER_VIEWS.map((name) => ({
    name,
    text: "as otelcol's clickhouseexporter has it",
    columns: '',
    select: `SELECT * FROM ${database}.${name}`,
  }));
  return [...made, ...shapes].map(({ name, text, columns, select }) => {
    const definition = `${viewsDatabase(database)}.${name}${engines.onCluster}${columns} AS\n${select}`;
    const comment = `${text} (${createHash('sha256').update(definition).digest('hex').slice(0, 12)})`;
    return {
      name,
      comment,
      statement: `CREATE OR REPLACE VIEW ${definition}\nCOMMENT '${comment.replaceAll("'", "\\'")}'`,
    };
  });
}
