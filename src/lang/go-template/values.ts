import { compareText } from '#base';

/**
 * Values of Go in a template, and what stands for them here:
 *
 * | Go | here |
 * | --- | --- |
 * | string | string; bytes that are no UTF-8 as lone surrogates, see RAW_BYTES of #base |
 * | int and its kin | bigint |
 * | float64 | number |
 * | bool | boolean |
 * | slice, array | array, or a class of one that has methods |
 * | map | Map, or a class of one that has methods |
 * | struct | object: its fields and methods are the names that begin with a capital letter |
 * | function | GoFunction |
 * | nil in an interface | null |
 * | no value at all: a key that a map does not have | undefined |
 *
 * An object with a method `String` is a fmt.Stringer.
 */
export type GoValue = unknown;

/** A type of Go as functions ask for it. */
export interface GoType {
  /** As in Go's errors: `string`, `[]string`. */
  readonly name: string;
  /** How a literal in the template becomes one; undefined where none can. */
  readonly literal?: 'string' | 'int' | 'float64' | 'bool' | 'any';
  /** Whether nil is one. */
  readonly isNillable?: boolean;
  readonly accepts: (value: GoValue) => boolean;
}

export const STRING: GoType = { name: 'string', literal: 'string', accepts: (value) => typeof value === 'string' };
export const INT: GoType = { name: 'int', literal: 'int', accepts: (value) => typeof value === 'bigint' };
export const FLOAT: GoType = { name: 'float64', literal: 'float64', accepts: (value) => typeof value === 'number' };
export const BOOL: GoType = { name: 'bool', literal: 'bool', accepts: (value) => typeof value === 'boolean' };
export const ANY: GoType = { name: 'interface {}', literal: 'any', isNillable: true, accepts: () => true };
export const STRINGS: GoType = {
  name: '[]string',
  isNillable: true,
  accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
};

/** A function for templates. Its arguments have the types of `params` when `call` gets them; what it throws stops the template. */
export interface GoFunction {
  readonly params: readonly GoType[];
  /** Of any number of further arguments. */
  readonly rest?: GoType;
  // biome-ignore lint/suspicious/noExplicitAny: each function knows what its parameters accept.
  readonly call: (...args: any[]) => GoValue;
}

export type GoFunctions = Readonly<Record<string, GoFunction>>;

export function isFunction(value: GoValue): value is GoFunction {
  return typeof value === 'object' && value !== null && 'params' in value && 'call' in value;
}

/** Whether a value counts as true in `if`, `and`, `or`, `not`: all that is not empty. */
export function isTrue(value: GoValue): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return typeof value === 'object' ? true : Boolean(value) || Number.isNaN(value);
}

/** A field or method of a struct: only its own and its class's, with a capital letter in front. */
export function memberOf(value: object, name: string): { readonly value: GoValue } | undefined {
  return isExported(name) && name in value ? { value: (value as Record<string, GoValue>)[name] } : undefined;
}

function isExported(name: string): boolean {
  return /^\p{Lu}/u.test(name);
}

/** The text that a struct gives of itself; undefined where it has none. */
export function stringerText(value: GoValue): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = (value as { String?: unknown }).String;
  return typeof own === 'function' && isExported('String') ? String(own.call(value)) : undefined;
}

/** Own fields of a struct that templates see, in their order. */
export function fieldsOf(value: object): readonly (readonly [name: string, value: GoValue])[] {
  return Object.entries(value).filter(([name, field]) => isExported(name) && typeof field !== 'function');
}

/** The name of a value's type, as Go's %T says it. A class may say its own in a static `goType`. */
export function typeName(value: GoValue): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'undefined':
      return '<nil>';
    default:
  }
  if (value === null) return '<nil>';
  const named = (value as { constructor?: { goType?: unknown } }).constructor?.goType;
  if (typeof named === 'string') return named;
  if (Array.isArray(value)) return `[]${elementType(value)}`;
  if (value instanceof Map) return `map[string]${mapZero(value) === '' ? 'string' : 'interface {}'}`;
  return isFunction(value) ? 'func' : 'struct';
}

/** The type that all elements of a list have. */
function elementType(values: readonly GoValue[]): string {
  const [first] = values;
  const name = typeName(first);
  return first !== undefined && first !== null && values.every((value) => typeName(value) === name)
    ? name
    : 'interface {}';
}

/** A map of texts to texts: a key that it lacks gives an empty text where missing keys are zero. */
export class StringMap extends Map<string, string> {}

export function mapZero(map: ReadonlyMap<unknown, unknown>): GoValue {
  return map instanceof StringMap ? '' : null;
}

/** The pairs of a map in the order in which Go prints and ranges: by key. */
export function sortedEntries(map: ReadonlyMap<unknown, unknown>): readonly (readonly [unknown, unknown])[] {
  return Array.from(map).sort(([a], [b]) =>
    typeof a === 'string' && typeof b === 'string' ? compareText(a, b) : (a as number) < (b as number) ? -1 : 1,
  );
}
