/** Where the attributes of each signal's items and of their resources stand. */
import { EVENT_PATHS, LINK_PATHS, LOG_PATHS, SPAN_PATHS, type TypedPath } from '#store/schema.ts';
import type { Sql } from '../sql/index.ts';
import { ownerMeets, resources, scopes } from './owners.ts';
import type { SignalName } from './signals.ts';

export type ValueType = 'string' | 'int' | 'double' | 'bool';

/** A JSON column of attributes. */
export interface AttributeColumn {
  readonly name: string;
  /** Keys whose values have a type of their own in it: NULL where a row has no value of that type under the key. */
  readonly typed: ReadonlyMap<string, ValueType>;
  /** The column that has values of other types under these keys. */
  readonly other: string;
}

const VALUE_TYPES: { readonly [type in TypedPath['type']]: ValueType } = {
  Word: 'string',
  Code: 'int',
  String: 'string',
  Int64: 'int',
  Float64: 'double',
  Bool: 'bool',
};

function columnOf(name: string, paths: readonly TypedPath[] = []): AttributeColumn {
  return { name, typed: new Map(paths.map(({ path, type }) => [path, VALUE_TYPES[type]])), other: `${name}_other` };
}

export const SPAN_ATTRIBUTES: AttributeColumn = columnOf('attributes', SPAN_PATHS);
export const EVENT_ATTRIBUTES: AttributeColumn = columnOf('attributes', EVENT_PATHS);
export const LINK_ATTRIBUTES: AttributeColumn = columnOf('attributes', LINK_PATHS);
const LOG_ATTRIBUTES: AttributeColumn = columnOf('attributes', LOG_PATHS);
/** Of resources and of scopes. */
export const OWNER_ATTRIBUTES: AttributeColumn = columnOf('attributes');

export interface SignalAttributes {
  readonly item: AttributeColumn;
  readonly resource: AttributeColumn;
  /** Resources and scopes stand in tables of their own, and rows have their ids. */
  readonly areOwnersApart: boolean;
  /** A condition on the resource's column as one on an item's row. */
  readonly ofResource: (condition: Sql) => Sql;
  /** The scope's name, and a condition on it as one on an item's row. */
  readonly scopeName: string;
  readonly ofScope: (condition: Sql) => Sql;
}

const WITHIN_ROW: SignalAttributes = {
  item: columnOf('attributes'),
  resource: columnOf('resource'),
  areOwnersApart: false,
  ofResource: (condition) => condition,
  scopeName: 'scope_name',
  ofScope: (condition) => condition,
};

function withOwners(item: AttributeColumn): SignalAttributes {
  return {
    item,
    resource: OWNER_ATTRIBUTES,
    areOwnersApart: true,
    ofResource: (condition) => ownerMeets(resources, condition),
    scopeName: 'name',
    ofScope: (condition) => ownerMeets(scopes, condition),
  };
}

export const ATTRIBUTES_OF: { readonly [signal in SignalName]: SignalAttributes } = {
  traces: withOwners(SPAN_ATTRIBUTES),
  logs: withOwners(LOG_ATTRIBUTES),
  metrics: WITHIN_ROW,
};
