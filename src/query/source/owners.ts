/** Resources and scopes, which the rows of signals name by an id. Until the store has merged them an id may stand in several rows. */

import { raw, type Sql, sql, texts } from '../sql/index.ts';
import { rowsOf } from './rows.ts';

/** A table of what rows name by an id. */
export interface OwnerRows {
  /** The column that names it, in its own table and in others. */
  readonly idColumn: 'resource_id' | 'scope_id';
  /** All of them, with the columns `attributes` and `schema_url`. */
  readonly rows: Sql;
}

export const resources: OwnerRows = { idColumn: 'resource_id', rows: rowsOf('resources', []) };
export const scopes: OwnerRows = { idColumn: 'scope_id', rows: rowsOf('scopes', []) };

/** Whether a row's owner meets a condition on the owner's own columns. */
export function ownerMeets({ idColumn, rows }: OwnerRows, condition: Sql): Sql {
  return sql`${raw(idColumn)} IN (SELECT ${raw(idColumn)} ${rows} AND ${condition})`;
}

/** A value of each, once: the id and `name`. */
export function ownerValues({ idColumn, rows }: OwnerRows, value: Sql, name: string): Sql {
  return sql`SELECT ${raw(idColumn)}, ${value} AS ${raw(name)} ${rows} LIMIT 1 BY ${raw(idColumn)}`;
}

/** Those of these ids. */
export function ownersById({ idColumn, rows }: OwnerRows, ids: readonly (number | bigint)[]): Sql {
  return sql`${rows} AND ${raw(idColumn)} IN (SELECT toUInt64(arrayJoin(${texts(ids.map(String))})))`;
}
