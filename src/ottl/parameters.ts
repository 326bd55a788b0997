import { OttlError, type OttlValue } from '#lang/ottl';
import type { Double } from '#pdata';
import {
  asBool,
  asDouble,
  asInt,
  asList,
  asMap,
  asText,
  type Conversion,
  type Expression,
  type Getter,
  type Reader,
  readerOf,
  type Setter,
} from './expression.ts';
import { asBoolLike, asBytesLike, asDoubleLike, asIntLike } from './like.ts';
import type { Place } from './place.ts';
import { asTextLike } from './text.ts';
import { Duration, EvaluationError, Time, typeName, type Value, type ValueMap } from './values.ts';

/** What a function's arguments are built with. */
export interface ArgumentBuilder {
  expression(value: OttlValue): Expression;
  lambda(value: OttlValue, arity: number): Lambda;
  /** A converter that takes one text. */
  converter(value: OttlValue): (input: Expression) => Getter;
}

/** `(key, value) => …`, compiled. */
export interface Lambda {
  /** Runs it with these arguments. */
  readonly call: (at: Place, ...values: Value[]) => Value;
}

/** One parameter of a function: its name, and how an argument for it is built. */
export interface Parameter<T> {
  readonly name: string;
  /** For people. */
  readonly type: string;
  readonly isOptional: boolean;
  build(builder: ArgumentBuilder, value: OttlValue): T;
}

function parameter<T>(name: string, type: string, build: Parameter<T>['build']): Parameter<T> {
  return { name, type, isOptional: false, build };
}

/** The argument may be left out: undefined then. */
export function optional<T>(of: Parameter<T>): Parameter<T | undefined> {
  return { ...of, isOptional: true };
}

function reader<T>(type: string, convert: Conversion<T>): (name: string) => Parameter<Reader<T>> {
  return (name) => parameter(name, type, (builder, value) => readerOf(builder.expression(value), convert, value));
}

export const value = (name: string): Parameter<Expression> =>
  parameter(name, 'value', (builder, each) => builder.expression(each));
export const text: (name: string) => Parameter<Reader<string>> = reader('string', asText);
export const int: (name: string) => Parameter<Reader<number | bigint>> = reader('int', asInt);
export const double: (name: string) => Parameter<Reader<number | Double>> = reader('double', asDouble);
export const bool: (name: string) => Parameter<Reader<boolean>> = reader('bool', asBool);
export const map: (name: string) => Parameter<Reader<ValueMap>> = reader('map', asMap);
export const items: (name: string) => Parameter<Reader<readonly Value[]>> = reader('list', asList);
export const time: (name: string) => Parameter<Reader<Time>> = reader('time', (each) =>
  each instanceof Time ? each : wrong('time', each),
);
export const duration: (name: string) => Parameter<Reader<Duration>> = reader('duration', (each) =>
  each instanceof Duration ? each : wrong('duration', each),
);
/** Of whatever has one; undefined for nil. */
export const textLike: (name: string) => Parameter<Reader<string | undefined>> = reader('string-like', asTextLike);
export const intLike: (name: string) => Parameter<Reader<number | bigint | undefined>> = reader('int-like', asIntLike);
export const doubleLike: (name: string) => Parameter<Reader<number | undefined>> = reader('double-like', asDoubleLike);
export const boolLike: (name: string) => Parameter<Reader<boolean | undefined>> = reader('bool-like', asBoolLike);
export const bytesLike: (name: string) => Parameter<Reader<Uint8Array | undefined>> = reader('bytes-like', asBytesLike);

function wrong(expected: string, found: Value): never {
  throw new EvaluationError(`expected ${expected} but got ${typeName(found)}`, true);
}

/** A path that can be set. */
export interface Target extends Expression {
  readonly set: Setter;
}

export const target = (name: string): Parameter<Target> =>
  parameter(name, 'path', (builder, each) => pathOf(builder, each));

function pathOf(builder: ArgumentBuilder, each: OttlValue): Target {
  if (each.kind !== 'path') throw new OttlError('must be a path', each);
  const expression = builder.expression(each);
  if (expression.set === undefined) throw new OttlError('can only be read', each);
  return expression as Target;
}

/** A path to a map; `read` throws where there is none. */
export interface MapTarget extends Target {
  readonly read: (at: Place) => ValueMap;
}

export const mapTarget = (name: string): Parameter<MapTarget> =>
  parameter(name, 'path to a map', (builder, each) => {
    const { attributes, attribute, ...path } = pathOf(builder, each);
    const target: MapTarget = { ...path, read: (at) => asMap(path.get(at)) };
    // One attribute that is a map is no table of its own.
    return attributes === undefined || attribute !== undefined ? target : { ...target, attributes };
  });

export interface ListTarget extends Target {
  readonly read: (at: Place) => readonly Value[];
}

export const listTarget = (name: string): Parameter<ListTarget> =>
  parameter(name, 'path to a list', (builder, each) => {
    const path = pathOf(builder, each);
    return { ...path, read: (at) => asList(path.get(at)) };
  });

function constant<T>(kind: OttlValue['kind'], type: string): (name: string) => Parameter<T> {
  return (name) =>
    parameter(name, `constant ${type}`, (_, each) => {
      if (each.kind !== kind) throw new OttlError(`must be a ${type} that is written here`, each);
      return (each as unknown as { readonly value: T }).value;
    });
}

export const constantText: (name: string) => Parameter<string> = constant('text', 'string');
export const constantInt: (name: string) => Parameter<number | bigint> = constant('int', 'int');
export const constantDouble: (name: string) => Parameter<number> = constant('double', 'double');
export const constantBool: (name: string) => Parameter<boolean> = constant('bool', 'bool');

/** A list that is written in the statement, of what `of` takes. */
export function listOf<T>(of: Parameter<T>): Parameter<readonly T[]> {
  return parameter(of.name, `list of ${of.type}s`, (builder, each) => {
    if (each.kind !== 'list') throw new OttlError('must be a list', each);
    return each.items.map((item) => of.build(builder, item));
  });
}

/** A list that is written in the statement, or what gives one. */
export function itemsOf<T>(name: string, type: string, convert: Conversion<T>): Parameter<(at: Place) => readonly T[]> {
  return parameter(name, `list of ${type}s`, (builder, each) => {
    if (each.kind === 'list') {
      const readers = each.items.map((item) => readerOf(builder.expression(item), convert, item));
      return (at) => readers.map((item) => item.get(at));
    }
    const list = readerOf(builder.expression(each), asList, each);
    return (at) => list.get(at).map(convert);
  });
}

export const lambda = (name: string, arity: number): Parameter<Lambda> =>
  parameter(name, `lambda of ${arity} parameters`, (builder, each) => builder.lambda(each, arity));

/** The name of a converter that is applied to a text. */
export const converter = (name: string): Parameter<(input: Expression) => Getter> =>
  parameter(name, 'name of a converter', (builder, each) => builder.converter(each));
