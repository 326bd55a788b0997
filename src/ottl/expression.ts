import { OttlError, type OttlRange } from '#lang/ottl';
import type { AttributeCursor, AttributeKey, Double } from '#pdata';
import type { Place } from './place.ts';
import { EvaluationError, isDouble, isInt, isList, typeName, type Value, type ValueMap } from './values.ts';

export type Getter = (at: Place) => Value;
export type Setter = (at: Place, value: Value) => void;

/** What a value of a statement was compiled to. */
export interface Expression {
  readonly get: Getter;
  /** Of what is the same for all items; undefined otherwise. */
  readonly literal?: Value;
  /** Of paths. */
  readonly set?: Setter;
  /** Always a whole number below 2^53, so that it can be compared as one. */
  readonly isSmallInt?: true;
  /** Of texts in columns: whether it is the text with these bytes, without making it. */
  readonly equalsText?: (at: Place, bytes: Uint8Array) => boolean;
  /** Of attributes as a whole. */
  readonly attributes?: (at: Place) => AttributeCursor;
  /** Of the value of one attribute under a key that is known. */
  readonly attribute?: AttributeKey;
}

export function literalExpression(value: Value): Expression {
  return { get: () => value, literal: value };
}

/** What a function reads of an argument: a value of the type that it wants. */
export interface Reader<T> {
  readonly get: (at: Place) => T;
  readonly literal: T | undefined;
}

/** How a type is read from any value. Throws an EvaluationError where the value is not of it. */
export type Conversion<T> = (value: Value) => T;

/** An argument of a type. A literal is converted once, and a mistake in it is found then. */
export function readerOf<T>(expression: Expression, convert: Conversion<T>, range: OttlRange): Reader<T> {
  const { get, literal } = expression;
  if (literal === undefined) return { get: (at) => convert(get(at)), literal: undefined };
  try {
    const value = convert(literal);
    return { get: () => value, literal: value };
  } catch (error) {
    if (error instanceof EvaluationError) throw new OttlError(error.message, range);
    throw error;
  }
}

function wrongType(expected: string, value: Value): never {
  throw new EvaluationError(`expected ${expected} but got ${typeName(value)}`, true);
}

export function asText(value: Value): string {
  return typeof value === 'string' ? value : wrongType('string', value);
}

export function asBool(value: Value): boolean {
  return typeof value === 'boolean' ? value : wrongType('bool', value);
}

export function asInt(value: Value): number | bigint {
  return isInt(value) ? value : wrongType('int64', value);
}

export function asDouble(value: Value): number | Double {
  return isDouble(value) ? value : wrongType('float64', value);
}

export function asMap(value: Value): ValueMap {
  return value instanceof Map ? value : wrongType('map', value);
}

export function asList(value: Value): readonly Value[] {
  return isList(value) ? value : wrongType('list', value);
}

/** A whole number as JavaScript's, for indexes and lengths: what is beyond is Infinity or -Infinity. */
export function asIndex(value: number | bigint): number {
  if (typeof value === 'number') return value;
  return value < 0n ? -Infinity : Infinity;
}
