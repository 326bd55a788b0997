/** Joins: a statement of one kind of rows beside those of another, by what both name. Behind `FROM (…) AS name`. */
import { joinSql, raw, type Sql, sql } from '../sql/index.ts';

/** The rows to be joined, a whole statement, and what they are called. */
export interface JoinedRows {
  readonly rows: Sql;
  readonly as: string;
}

/** Columns that have one name on both sides, or pairs of those that are compared. */
export type JoinKeys = readonly string[] | { readonly [left: string]: string };

/** Only rows that have others beside them. */
export function innerJoin(joined: JoinedRows, keys: JoinKeys): Sql {
  return joinOf('INNER', joined, keys);
}

/** All rows; those without others have the defaults of their columns. */
export function leftJoin(joined: JoinedRows, keys: JoinKeys): Sql {
  return joinOf('LEFT', joined, keys);
}

function joinOf(kind: 'INNER' | 'LEFT', { rows, as }: JoinedRows, keys: JoinKeys): Sql {
  return sql`${raw(kind)} JOIN (${rows}) AS ${raw(as)} ${isList(keys) ? usingOf(keys) : onOf(keys)}`;
}

function isList(keys: JoinKeys): keys is readonly string[] {
  return Array.isArray(keys);
}

function usingOf(columns: readonly string[]): Sql {
  return raw(`USING (${columns.join(', ')})`);
}

function onOf(pairs: { readonly [left: string]: string }): Sql {
  const conditions = Object.entries(pairs).map(([left, right]) => raw(`${left} = ${right}`));
  return sql`ON ${joinSql(conditions, ' AND ')}`;
}
