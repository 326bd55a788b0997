import {
  cursor,
  readAnyValue,
  readInt64,
  readVarint32,
  skipValue,
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DOUBLE,
  VALUE_INT,
  VALUE_STRING,
  value,
} from '#pdata';
import { ByteSink } from './byte-sink.ts';
import { writeValueJson } from './value-json.ts';

/**
 * The ClickHouse types that a value of an attribute can have in a JSON column. A kind's number is its rank in the order in which
 * ClickHouse sorts the names of types, because that is how the variants of a Dynamic are numbered. SharedVariant takes part in that
 * order in every Dynamic; we never fill it.
 *
 *   OTLP value                              kind
 *   string, int, double, bool               String, Int64, Float64, Bool
 *   bytes                                   Array(UInt8)
 *   array of only strings, ints, doubles
 *   or bools                                Array(String), Array(Int64), Array(Float64), Array(Bool); empty: Array(String)
 *   any other array, map, empty value       Array(Tuple(json String)) with one element: the value as text (value-json.ts)
 *   several values under one key            Array(Tuple(json String)) with an element for each value
 */
export const KIND_ARRAY_BOOL = 0;
export const KIND_ARRAY_DOUBLE = 1;
export const KIND_ARRAY_INT = 2;
export const KIND_ARRAY_STRING = 3;
export const KIND_JSON = 4;
export const KIND_BYTES = 5;
export const KIND_BOOL = 6;
export const KIND_DOUBLE = 7;
export const KIND_INT = 8;
export const KIND_SHARED = 9;
export const KIND_STRING = 10;
export const KIND_COUNT = 11;

export const KIND_NAMES: readonly string[] = [
  'Array(Bool)',
  'Array(Float64)',
  'Array(Int64)',
  'Array(String)',
  'Array(Tuple(json String))',
  'Array(UInt8)',
  'Bool',
  'Float64',
  'Int64',
  'SharedVariant',
  'String',
];

/** Kinds below this are arrays: their data are offsets, then elements. */
export const ARRAY_KINDS = 6;

/** The binary type encoding in front of each value in shared data. ClickHouse: src/DataTypes/DataTypesBinaryEncoding.h. */
export const KIND_CODES: readonly (readonly number[])[] = [
  [0x1e, 0x2d],
  [0x1e, 0x0e],
  [0x1e, 0x0a],
  [0x1e, 0x15],
  [0x1e, 0x20, 1, 4, 0x6a, 0x73, 0x6f, 0x6e, 0x15],
  [0x1e, 0x01],
  [0x2d],
  [0x0e],
  [0x0a],
  [],
  [0x15],
];

/** A value where it stands in an arena: its VALUE_* and the range of its payload. */
export interface PlacedValue {
  readonly type: number;
  readonly at: number;
  readonly length: number;
}

/** An array or JSON text, ready to be copied: `bytes` are its elements one behind the other. */
export interface PreparedArray {
  readonly kind: number;
  readonly elementCount: number;
  readonly bytes: Uint8Array;
}

/** The kind of a value that is no array; -1 for those that prepareArray has to look at. */
export function simpleKindOf(type: number): number {
  if (type === VALUE_STRING) return KIND_STRING;
  if (type === VALUE_INT) return KIND_INT;
  if (type === VALUE_DOUBLE) return KIND_DOUBLE;
  return type === VALUE_BOOL ? KIND_BOOL : -1;
}

/** 1 for a varint that is not zero, 0 otherwise. A bool may be written with more bytes than one. */
export function isTrue(arena: Uint8Array, at: number, length: number): 0 | 1 {
  for (let i = 0; i < length; i++) if ((arena[at + i]! & 0x7f) !== 0) return 1;
  return 0;
}

const NO_BYTES = new Uint8Array(0);
const elements = new ByteSink();
const text = new ByteSink();

/** Prepares a value that is an array in ClickHouse: OTLP's bytes, arrays, maps and empty values. */
export function prepareArray(arena: Uint8Array, type: number, at: number, length: number): PreparedArray {
  if (type === VALUE_BYTES) return { kind: KIND_BYTES, elementCount: length, bytes: arena.subarray(at, at + length) };
  const elementType = type === VALUE_ARRAY ? commonElementType(arena, at, at + length) : undefined;
  if (elementType === undefined) return prepareTexts(arena, [{ type, at, length }]);
  if (elementType < 0) return { kind: KIND_ARRAY_STRING, elementCount: 0, bytes: NO_BYTES };
  elements.reset();
  let elementCount = 0;
  for (let place = at; place < at + length; ) {
    const tag = readVarint32(arena, place);
    const start = cursor.at;
    place = skipValue(arena, start, tag & 7);
    if (tag !== 0x0a) continue;
    readVarint32(arena, start);
    readAnyValue(arena, cursor.at, place);
    writeElement(arena, value.type, value.at, value.length);
    elementCount++;
  }
  const kind =
    elementType === VALUE_STRING
      ? KIND_ARRAY_STRING
      : elementType === VALUE_INT
        ? KIND_ARRAY_INT
        : elementType === VALUE_DOUBLE
          ? KIND_ARRAY_DOUBLE
          : KIND_ARRAY_BOOL;
  return { kind, elementCount, bytes: elements.written().slice() };
}

/** Prepares any values as JSON texts, one element each: for keys that an owner has more than once. */
export function prepareTexts(arena: Uint8Array, values: readonly PlacedValue[]): PreparedArray {
  elements.reset();
  for (const item of values) {
    text.reset();
    writeValueJson(text, arena, item.type, item.at, item.length);
    elements.varint(text.length);
    elements.copy(text.bytes, 0, text.length);
  }
  return { kind: KIND_JSON, elementCount: values.length, bytes: elements.written().slice() };
}

function writeElement(arena: Uint8Array, type: number, at: number, length: number): void {
  if (type === VALUE_STRING) {
    elements.varint(length);
    elements.copy(arena, at, length);
  } else if (type === VALUE_INT) {
    const number = BigInt.asUintN(64, readInt64(arena, at));
    elements.uint64(Number(number & 0xffff_ffffn), Number(number >> 32n));
  } else if (type === VALUE_DOUBLE) elements.copy(arena, at, 8);
  else elements.byte(readVarint32(arena, at) !== 0 ? 1 : 0);
}

/** The VALUE_* that all elements share if it is a simple one; -1 for an empty array; undefined otherwise. */
function commonElementType(arena: Uint8Array, from: number, end: number): number | undefined {
  let common = -1;
  for (let at = from; at < end; ) {
    const tag = readVarint32(arena, at);
    const start = cursor.at;
    at = skipValue(arena, start, tag & 7);
    if (tag !== 0x0a) continue;
    readVarint32(arena, start);
    readAnyValue(arena, cursor.at, at);
    if (simpleKindOf(value.type) < 0 || (common >= 0 && common !== value.type)) return undefined;
    common = value.type;
  }
  return common;
}
