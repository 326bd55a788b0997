/** The two users of the embedded store as SQL for a ClickHouse server, where ClickHouse's own grants hold what guard/ holds here. */
import { createHash } from 'node:crypto';
import { viewsDatabase } from '#base/store-access.ts';
import { hiddenColumns } from './guard/hidden-columns.ts';
import { readableSystemTables } from './guard/tables.ts';
import { quoteName } from './sql-text.ts';

/** Of the tables that the store makes, and of those that its views make. */
const TABLE_ENGINES = ['MergeTree', 'AggregatingMergeTree', 'ReplacingMergeTree', 'SummingMergeTree'];

export interface GrantOptions {
  readonly database: string;
  readonly writerPassword: string;
  readonly readerPassword: string;
}

/** A statement a line. To be run by an administrator; again after a change of a password or a new version. */
export function printGrants({ database, writerPassword, readerPassword }: GrantOptions): readonly string[] {
  const own = `${quoteName(database)}.*`;
  const views = `${quoteName(viewsDatabase(database))}.*`;
  const hash = (password: string): string => createHash('sha256').update(password).digest('hex');
  const user = (name: string, password: string): string =>
    `CREATE USER OR REPLACE ${name} IDENTIFIED WITH sha256_hash BY '${hash(password)}' DEFAULT DATABASE ${quoteName(database)}`;
  return [
    // 2: a query may choose its limits and formats below these, and can't write whatever it sets.
    'CREATE SETTINGS PROFILE OR REPLACE signalbox_reader SETTINGS readonly = 2, max_execution_time = 60 MIN 0.001 MAX 300, ' +
      'max_memory_usage = 4000000000 MIN 1000000 MAX 8000000000',
    user('signalbox', writerPassword),
    `GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, CHECK ON ${own} TO signalbox`,
    `GRANT SELECT, CREATE DATABASE, CREATE VIEW, DROP TABLE, DROP VIEW ON ${views} TO signalbox`,
    // A server as it comes asks for these two kinds (table_engines_require_grant, select_from_system_db_requires_grant); the embedded one doesn't.
    ...TABLE_ENGINES.map((engine) => `GRANT TABLE ENGINE ON ${engine} TO signalbox`),
    `${user('reader', readerPassword)} SETTINGS PROFILE signalbox_reader`,
    `GRANT SELECT ON ${own} TO reader`,
    `GRANT SELECT ON ${views} TO reader`,
    ...readableSystemTables.flatMap((table) => `GRANT SELECT ON system.${table} TO signalbox, reader`),
    ...[...hiddenColumns].map(
      ([table, columns]) => `REVOKE SELECT(${columns.join(', ')}) ON system.${table} FROM reader`,
    ),
  ].map((statement) => `${statement};`);
}
