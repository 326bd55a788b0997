/**
 * The tables that `reader` may read: all of the store's database and of that of its views, and those of `system` that tell of schemas and
 * sizes, without the rows about other databases.
 */
import { viewsDatabase } from '#base/store-access.ts';
import { engineError } from '../errors.ts';
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

/** Whether a database is the store's, or that of its views. */
export function isOwnDatabase(database: string, own: string): boolean {
  return database === own || database === viewsDatabase(own);
}

/**
 * Entries of ClickHouse's setting `additional_table_filters` that make tables of `system` show what is about the store's database
 * alone, whatever a query calls them and whichever view it takes. All have one condition, because an alias may look like another table's name.
 * `tables` are those that have
 * a column `database`.
 */
export function rowFilters(tables: readonly string[], database: string): string {
  const names = [database, viewsDatabase(database), 'system', 'information_schema', 'INFORMATION_SCHEMA']
    .map(quoteString)
    .join(', ');
  const filters = tables
    .filter((table) => systemNames.has(table))
    .map((table) => `${quoteString(`system.${table}`)}: ${quoteString(`database IN (${names})`)}`);
  return filters.join(', ');
}

const quoted = String.raw`'((?:[^'\\]|\\.)*)'`;
const entry = new RegExp(String.raw`\s*${quoted}\s*:\s*${quoted}\s*(,|$)`, 'y');

/**
 * The value of `additional_table_filters` that a request brings, as entries to stand beside our own. A request may narrow the store's tables to
 * the rows of one tenant, and bring no other condition: it could call anything. Throws EngineError.
 */
export function tenantFilters(value: string, own: string): string {
  const inner = /^\{([\s\S]*)\}$/.exec(value.trim())?.[1];
  const entries: string[] = [];
  entry.lastIndex = 0;
  for (let isLast = false; !isLast; ) {
    const [, table = '', condition = '', separator] = entry.exec(inner ?? '') ?? [];
    const [database, name, ...more] = table.split('.');
    const tenant = new RegExp(`^tenant = ${quoted}$`).exec(unquoted(condition))?.[1];
    if (tenant === undefined || database !== own || more.length > 0 || !/^[A-Za-z_]\w*$/.test(name ?? ''))
      throw engineError(
        'SETTING_CONSTRAINT_VIOLATION',
        `Setting additional_table_filters may have {'${own}.TABLE': 'tenant = \\'NAME\\'', …} and nothing else`,
      );
    entries.push(`${quoteString(table)}: ${quoteString(`tenant = ${quoteString(unquoted(tenant))}`)}`);
    isLast = separator !== ',';
  }
  return entries.join(', ');
}

/** Only of quotes and backslashes, which is all that stands behind a backslash in texts that clients write so. */
function unquoted(text: string): string {
  return text.replace(/\\(['\\])/g, '$1');
}
