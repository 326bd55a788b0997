/**
 * What `reader` does not see of ClickHouse's own tables: where files lie on this machine, and texts of errors, which name files and what
 * others asked. Which column a statement reads is ClickHouse's word: EXPLAIN QUERY TREE has found out what stars, patterns, aliases and
 * USING mean. Like that of the syntax tree each of its lines is judged by itself, so a name that makes lines of its own can only bring
 * more refusals.
 */
import { EngineError, engineError } from '../errors.ts';

/** By table of `system`. */
export const hiddenColumns: ReadonlyMap<string, readonly string[]> = new Map([
  ['databases', ['data_path', 'metadata_path']],
  ['detached_parts', ['path']],
  ['disks', ['path', 'cache_path']],
  ['errors', ['last_error_message', 'last_error_trace']],
  ['merges', ['source_part_paths', 'result_part_path']],
  ['mutations', ['latest_fail_reason']],
  ['parts', ['path']],
  ['parts_columns', ['path']],
  ['tables', ['data_paths', 'metadata_path']],
  ['view_refreshes', ['exception']],
]);

/** Errors whose texts hold names only, never the value of a column. */
const tellingCodes: ReadonlySet<number> = new Set([42, 46, 47, 60, 62, 81, 164, 179, 207, 215, 352]);

/** Whether a statement is about tables of `system`, by its syntax tree. */
export function isAboutSystem(syntaxTree: string, current: string): boolean {
  const place = current === 'system' ? /^\s*(?:Table)?Identifier /m : /^\s*(?:Table)?Identifier system\./m;
  return place.test(syntaxTree);
}

export type HiddenCheck = 'nothing' | 'query tree';

/** What is left to be checked of a statement about tables of `system`. Throws EngineError for what shows values without being asked for them. */
export function hiddenCheckOf(syntaxTree: string, user: string): HiddenCheck {
  if (/^Explain/.test(syntaxTree)) throw refused(user, 'EXPLAIN of a statement about them');
  // The query of a view is not resolved in the tree; the arguments of other table functions are.
  if (/^\s*TableExpression.*\n\s*Function view\b/im.test(syntaxTree))
    throw refused(user, 'the table function view beside them');
  if (!syntaxTree.startsWith('DescribeQuery')) return 'query tree';
  if (/^\s*Subquery/m.test(syntaxTree)) throw refused(user, 'DESCRIBE of a query of them');
  return 'nothing';
}

/** Checks what EXPLAIN QUERY TREE printed. Throws EngineError. */
export function checkQueryTree(queryTree: string, user: string): void {
  // ClickHouse has run such a subquery by now, and the tree no longer shows what it read.
  if (/\bfunction_name: __getScalar\b/.test(queryTree))
    throw refused(user, 'a subquery that gives one array, tuple, LowCardinality or state beside them');
  for (const [, table] of queryTree.matchAll(/\btable_name: system\.(\w+)/g)) {
    const hidden = hiddenColumns.get(table!) ?? [];
    if (!hidden.some((column) => new RegExp(`\\bcolumn_name: ${column}(?:\\.\\w+)?, `).test(queryTree))) continue;
    const list = hidden.join(', ');
    throw engineError(
      'ACCESS_DENIED',
      `${user}: Not enough privileges. Of system.${table} the columns ${list} tell of this machine; leave them out: SELECT * EXCEPT (${list})`,
    );
  }
}

/** What is said when ClickHouse can't make a tree: it has run scalar subqueries by then, whose values stand in its texts. */
export function queryTreeError(error: unknown): unknown {
  if (!(error instanceof EngineError) || tellingCodes.has(error.code)) return error;
  return new EngineError(
    error.code,
    error.codeName,
    "in a statement about ClickHouse's own tables, for which its text is not shown",
    { cause: error },
  );
}

function refused(user: string, what: string): EngineError {
  return engineError(
    'ACCESS_DENIED',
    `${user}: Not enough privileges. Of ClickHouse's own tables, ${what} is not allowed`,
  );
}
