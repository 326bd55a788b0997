import { DecodeError } from '#base';
import {
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DEPTH_LIMIT,
  VALUE_DOUBLE,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
} from '#pdata';

/**
 * Walks over bytes from outside and makes sure that every length lies inside its message, so that all later reading (src/pdata) can
 * trust them. Nothing is copied and nothing is built. The rules are those of protobuf's wire format and of the Go collector's
 * generated decoders: a known field with another wire type is an error, an unknown field is skipped.
 */

/** An attribute value that is well formed, and nested too deep to be taken. */
export class TooDeep extends DecodeError {
  override name = 'TooDeep';
}

/** Where the last varint ended. A module variable, because returning a pair would allocate. */
let next = 0;

export function nextOffset(): number {
  return next;
}

/** Reads a varint of up to 32 bits that must end before `end`; for tags and lengths. Longer values saturate at 2^32 - 1. */
export function varint(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) throw cutOff(at);
  const byte = bytes[at]!;
  if (byte < 0x80) {
    next = at + 1;
    return byte;
  }
  return longVarint(bytes, at, end);
}

function longVarint(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (at + i >= end) throw cutOff(at);
    const byte = bytes[at + i]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      next = at + i + 1;
      return Math.min(value, 0xffff_ffff);
    }
    scale *= 128;
  }
  throw new DecodeError('varint longer than 10 bytes', at);
}

/** Reads the length of a length-delimited field and checks that its content ends at or before `end`. Returns the content's end. */
export function contentEnd(bytes: Uint8Array, at: number, end: number): number {
  const length = varint(bytes, at, end);
  const to = next + length;
  if (to > end) throw new DecodeError(`length ${length} passes the end of its message`, at);
  return to;
}

/** Skips a value of any wire type. Returns the offset behind it. */
export function skip(bytes: Uint8Array, at: number, end: number, tag: number): number {
  let to: number;
  switch (tag & 7) {
    case 0:
      varint(bytes, at, end);
      return next;
    case 1:
      to = at + 8;
      break;
    case 2:
      return contentEnd(bytes, at, end);
    case 5:
      to = at + 4;
      break;
    default:
      throw new DecodeError(`wire type ${tag & 7} of field ${tag >>> 3} is not supported`, at);
  }
  if (to > end) throw cutOff(at);
  return to;
}

/** Checks an unknown field's tag and skips it. */
export function skipUnknown(bytes: Uint8Array, at: number, end: number, tag: number): number {
  if (tag >>> 3 === 0) throw new DecodeError('field number 0', at);
  return skip(bytes, at, end, tag);
}

export function expectType(tag: number, wireType: number, at: number): void {
  if ((tag & 7) !== wireType) {
    throw new DecodeError(`field ${tag >>> 3} has wire type ${tag & 7}, must be ${wireType}`, at);
  }
}

/** Checks that a fixed64 or fixed32 at `at` lies inside; returns the offset behind it. */
export function fixed(at: number, width: number, end: number): number {
  if (at + width > end) throw cutOff(at);
  return at + width;
}

/** Checks the KeyValue message in [at, end). */
export function checkKeyValue(bytes: Uint8Array, at: number, end: number, depth: number): void {
  // What every SDK writes: key, then value, both shorter than 128 bytes, and most values are strings.
  const valueAt = at + 2 + bytes[at + 1]!;
  if (bytes[at] === 0x0a && valueAt + 4 <= end && bytes[at + 1]! < 0x80 && bytes[valueAt] === 0x12) {
    const rest = end - valueAt - 2;
    if (bytes[valueAt + 1] === rest && rest < 0x80) {
      const tag = bytes[valueAt + 2]!;
      if (tag === 0x0a && bytes[valueAt + 3] === rest - 2) return;
      if (tag === 0x21 && rest === 9) return;
      if ((tag === 0x18 || tag === 0x10) && rest === 2 && bytes[valueAt + 3]! < 0x80) return;
      checkAnyValue(bytes, valueAt + 2, end, depth);
      return;
    }
  }
  checkKeyValueFields(bytes, at, end, depth);
}

function checkKeyValueFields(bytes: Uint8Array, at: number, end: number, depth: number): void {
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = next;
    if (tag === 0x0a) at = contentEnd(bytes, at, end);
    else if (tag === 0x12) {
      const to = contentEnd(bytes, at, end);
      checkAnyValue(bytes, next, to, depth);
      at = to;
    } else {
      if (tag >>> 3 === 1 || tag >>> 3 === 2) expectType(tag, 2, at);
      at = skipUnknown(bytes, at, end, tag);
    }
  }
}

/** Checks the AnyValue message in [at, end): well formed, and not nested deeper than VALUE_DEPTH_LIMIT. */
export function checkAnyValue(bytes: Uint8Array, at: number, end: number, depth: number): void {
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = next;
    switch (tag >>> 3) {
      case VALUE_STRING:
      case VALUE_BYTES:
        expectType(tag, 2, at);
        at = contentEnd(bytes, at, end);
        break;
      case VALUE_BOOL:
      case VALUE_INT:
        expectType(tag, 0, at);
        varint(bytes, at, end);
        at = next;
        break;
      case VALUE_DOUBLE:
        expectType(tag, 1, at);
        at = fixed(at, 8, end);
        break;
      case VALUE_ARRAY:
      case VALUE_KVLIST: {
        expectType(tag, 2, at);
        if (depth >= VALUE_DEPTH_LIMIT) {
          throw new TooDeep(`attribute value nested deeper than ${VALUE_DEPTH_LIMIT} levels`, at);
        }
        const to = contentEnd(bytes, at, end);
        checkItems(bytes, next, to, tag >>> 3 === VALUE_KVLIST, depth + 1);
        at = to;
        break;
      }
      default:
        at = skipUnknown(bytes, at, end, tag);
    }
  }
}

/** The repeated field 1 of ArrayValue (AnyValues) or KeyValueList (KeyValues). */
function checkItems(bytes: Uint8Array, at: number, end: number, isMap: boolean, depth: number): void {
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = next;
    if (tag !== 0x0a) {
      at = skipUnknown(bytes, at, end, tag);
      continue;
    }
    const to = contentEnd(bytes, at, end);
    if (isMap) checkKeyValue(bytes, next, to, depth);
    else checkAnyValue(bytes, next, to, depth);
    at = to;
  }
}

/** Checks a message of which only some attributes matter: Resource (attributes = 1) and InstrumentationScope (attributes = 3). */
export function checkAttributeHolder(bytes: Uint8Array, at: number, end: number, attributesField: number): void {
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = next;
    if (tag >>> 3 === attributesField) {
      expectType(tag, 2, at);
      const to = contentEnd(bytes, at, end);
      checkKeyValue(bytes, next, to, 0);
      at = to;
    } else at = skipUnknown(bytes, at, end, tag);
  }
}

function cutOff(at: number): DecodeError {
  return new DecodeError('message is cut off', at);
}
