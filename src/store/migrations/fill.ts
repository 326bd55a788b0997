import type { EngineNames } from '../schema/index.ts';

/** Puts the database and the names of the engines into the text of a migration. */
export function fill(statement: string, database: string, engines: EngineNames): string {
  const { mergeTree, aggregatingMergeTree, replacingMergeTree, onCluster, deduplicationWindow, dependentColumns } =
    engines;
  const values: Readonly<Record<string, string>> = {
    database,
    mergeTree,
    aggregatingMergeTree,
    replacingMergeTree,
    onCluster,
    deduplicationWindow,
    dependentColumns: dependentColumns === '' ? '' : `, ${dependentColumns}`,
  };
  return statement.replace(/\{(\w+)\}/g, (_, name: string) => values[name]!);
}
