/** Under which paths records say something besides their lines, and what labels that may be. */
import { hasKey } from '../../filter/index.ts';
import type { ReadOptions, StoreReader, Table } from '../../reader/index.ts';
import { ITEM_ATTRIBUTES, resources, scopes } from '../../source/index.ts';
import { anyOf, type Sql, sql } from '../../sql/index.ts';
import { metadataName } from './structured.ts';

/** What a record may have as structured metadata without an attribute of that name. */
export const FIELDS: ReadonlySet<string> = new Set([
  'detected_level',
  'dropped_attributes_count',
  'event_name',
  'flags',
  'observed_timestamp',
  'scope_name',
  'scope_version',
  'severity_number',
  'severity_text',
  'span_id',
  'trace_id',
]);
/** A map is one path or several; what stands in it is named by all of the keys. */
export function mayName(path: string, name: string): boolean {
  return `${name}_`.startsWith(`${metadataName(path)}_`);
}

const EXTRACTED = '_extracted';

/** Whether no attribute, nor what else a record says besides its line, can be one of these labels. */
export function areOfLines(labels: readonly string[], paths: readonly string[]): boolean {
  return labels.every((label) => {
    // What has a stream's label for a name, or is taken out of a line under one that is there, is called so.
    const plain = label.endsWith(EXTRACTED) ? [label.slice(0, -EXTRACTED.length)] : [];
    return (
      !FIELDS.has(label) &&
      !paths.some((path) => mayName(path, label)) &&
      (plain.length === 0 || areOfLines(plain, paths))
    );
  });
}

const PATHS: Sql = sql`distinctJSONPaths(attributes) AS paths, distinctJSONPaths(attributes_other) AS more`;
/** Only the path of the same name is called so: other signs become underscores, and nobody names attributes as errors of lines in other signs. */
const PLAIN_NAME = /^(?:[a-zA-Z][a-zA-Z0-9]*|__error__|__error_details__)$/;

/** Paths of the attributes of records, and of all resources and scopes, that may be one of some labels. `where`: the rows of `logs` that are asked for. */
export async function namingPaths(
  reader: StoreReader,
  names: readonly string[],
  where: Sql,
  options?: ReadOptions,
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const ofOwners = await reader.read(
    sql`SELECT distinctJSONPaths(attributes) AS paths ${resources.rows} UNION ALL SELECT distinctJSONPaths(attributes) AS paths ${scopes.rows}`,
    options,
  );
  const ofRecords = await pathsOfRecords(reader, names, where, options);
  return [...pathsOf(ofOwners, ['paths']), ...ofRecords].filter((path) => names.some((name) => mayName(path, name)));
}

/** Where plain names are asked for, the files of these keys say it, which are small; else all paths are asked for. */
async function pathsOfRecords(
  reader: StoreReader,
  names: readonly string[],
  where: Sql,
  options?: ReadOptions,
): Promise<readonly string[]> {
  if (!names.every((name) => PLAIN_NAME.test(name))) {
    return pathsOf(await reader.read(sql`SELECT ${PATHS} ${where}`, options), ['paths', 'more']);
  }
  const isThere = anyOf(names.map((name) => hasKey(ITEM_ATTRIBUTES.logs, name)));
  const table = await reader.read(sql`SELECT 1 AS found ${where} AND ${isThere} LIMIT 1`, options);
  return table.rowCount === 0 ? [] : names;
}

function pathsOf(table: Table, columns: readonly string[]): readonly string[] {
  return columns.flatMap((name) => table.column<readonly string[]>(name).flat());
}
