/**
 * The tables that `reader` may read: all of the store's database, and those of `system` that tell of schemas and sizes, without the rows
 * about other databases.
 */
import { quoteString } from '../sql-text.ts';

/** In `system`. */
export const readableSystemTables: readonly string[] =
  `aggregate_function_combinators asynchronous_metrics build_options codecs collations columns constraints contributors current_roles
  data_skipping_indices data_type_families database_engines databases detached_parts disks enabled_roles errors events formats functions
  keywords licenses merge_tree_settings merges metrics mutations numbers numbers_mt one parts parts_columns privileges projections
  roles settings storage_policies table_engines table_functions tables time_zones view_refreshes zeros zeros_mt`.split(
    /\s+/,
  );
const systemNames: ReadonlySet<string> = new Set(readableSystemTables);
const schemaNames: ReadonlySet<string> = new Set(
  'character_sets collations columns engines key_column_usage referential_constraints schemata statistics tables views'.split(
    ' ',
  ),
);

/** Whether a database is ClickHouse's own. */
export function isSystemDatabase(database: string): boolean {
  return database === 'system' || database.toLowerCase() === 'information_schema';
}

export function isReadableSystemTable(database: string, table: string): boolean {
  if (database === 'system') return systemNames.has(table);
  return isSystemDatabase(database) && schemaNames.has(table.toLowerCase());
}

/**
 * ClickHouse's setting that makes tables of `system` show what is about the store's database alone, whatever a query calls them and
 * whichever view it takes. All have one condition, because an alias may look like another table's name. `tables` are those that have
 * a column `database`.
 */
export function rowFilters(tables: readonly string[], database: string): string {
  const names = [database, 'system', 'information_schema', 'INFORMATION_SCHEMA'].map(quoteString).join(', ');
  const filters = tables
    .filter((table) => systemNames.has(table))
    .map((table) => `${quoteString(`system.${table}`)}: ${quoteString(`database IN (${names})`)}`);
  return `additional_table_filters = {${filters.join(', ')}}`;
}
