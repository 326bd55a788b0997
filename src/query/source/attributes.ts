/** Where the attributes of each signal's items, and of their resources and scopes, stand. */
import { EVENT_PATHS, LINK_PATHS, LOG_PATHS, SPAN_PATHS, type TypedPath } from '#store/schema.ts';
import type { SignalName } from '../answers/index.ts';

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
/** Of resources and of scopes, which all items name by their ids. */
export const OWNER_ATTRIBUTES: AttributeColumn = columnOf('attributes');

/** Of the items of each signal; those of metrics are of their series. */
export const ITEM_ATTRIBUTES: { readonly [signal in SignalName]: AttributeColumn } = {
  traces: SPAN_ATTRIBUTES,
  logs: columnOf('attributes', LOG_PATHS),
  metrics: columnOf('attributes'),
};
