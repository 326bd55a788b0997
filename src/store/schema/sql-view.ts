/** What views that people ask in SQL are made of. */
import { attributeMap } from './views.ts';

export interface SqlColumn {
  readonly name: string;
  /** ClickHouse's. */
  readonly type: string;
  /** For people. */
  readonly text: string;
  /** What it is made of. */
  readonly sql: string;
}

export interface SqlView {
  readonly name: string;
  /** For people: what a row is. */
  readonly text: string;
  readonly columns: readonly SqlColumn[];
  /** From FROM on, with tables named by `database`. */
  readonly from: (database: string) => string;
}

export const WORD = 'LowCardinality(String)';
export const TIME_TYPE = "DateTime64(9, 'UTC')";
export const MAP_TYPE = 'Map(LowCardinality(String), String)';

/** A column as `[name, type, text, sql]`. */
export type ColumnRow = readonly [name: string, type: string, text: string, sql: string];

export function sqlColumns(rows: readonly ColumnRow[]): readonly SqlColumn[] {
  return rows.map(([name, type, text, sql]) => ({ name, type, text, sql }));
}

/** A text of an attribute with a type of its own; empty where there is none. */
export function typedText(table: string, path: string): string {
  return `ifNull(${table}.attributes.\`${path}\`, '')`;
}

/** A resource's text under the first of these names that it has; empty for none. */
export function resourceText(...names: readonly string[]): string {
  const values = names.map((name) => `attributes.\`${name}\`.:String`);
  return `coalesce(${[...values, "''"].join(', ')})`;
}

/** Joins what a row's resource says to rows of `row`. ClickHouse leaves the join out of what nobody asks for. */
export function withResource(database: string, row: string): string {
  return `LEFT ANY JOIN (
  SELECT tenant, resource_id, schema_url, ${attributeMap('attributes')} AS texts,
    ${resourceText('deployment.environment.name', 'deployment.environment')} AS environment,
    ${resourceText('service.version')} AS version
  FROM ${database}.resources) AS resource
  ON resource.tenant = ${row}.tenant AND resource.resource_id = ${row}.resource_id`;
}

export function withScope(database: string, row: string): string {
  return `LEFT ANY JOIN (SELECT tenant, scope_id, toString(name) AS name, toString(version) AS version FROM ${database}.scopes) AS scope
  ON scope.tenant = ${row}.tenant AND scope.scope_id = ${row}.scope_id`;
}

/** What every row has from its resource. */
export const OF_RESOURCE: readonly ColumnRow[] = [
  ['environment', 'String', 'deployment.environment.name of the resource', 'resource.environment'],
  ['version', 'String', 'service.version of the resource', 'resource.version'],
  ['resource_attributes', MAP_TYPE, 'all attributes of the resource', 'resource.texts'],
];
