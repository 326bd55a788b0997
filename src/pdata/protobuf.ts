import { DecodeError } from '#base';

/**
 * Reading protobuf's wire format from bytes that were checked before (src/wire checks every length when a body arrives).
 * Kernels take the bytes and an offset and keep the next offset in a module-level cell, because returning a pair costs an allocation.
 * Spec: protobuf.dev/programming-guides/encoding.
 */

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

/** Where the last readVarint or skipField ended. */
export const cursor: { at: number } = { at: 0 };

/**
 * Reads a varint of at most 32 significant bits at `at`; higher bits are dropped. Sets `cursor.at` behind it.
 * For tags, lengths, enums and bools.
 */
export function readVarint32(bytes: Uint8Array, at: number): number {
  let byte = bytes[at++]!;
  let value = byte & 0x7f;
  if (byte >= 0x80) {
    byte = bytes[at++]!;
    value |= (byte & 0x7f) << 7;
    if (byte >= 0x80) {
      byte = bytes[at++]!;
      value |= (byte & 0x7f) << 14;
      if (byte >= 0x80) {
        byte = bytes[at++]!;
        value |= (byte & 0x7f) << 21;
        if (byte >= 0x80) {
          byte = bytes[at++]!;
          value |= (byte & 0x0f) << 28;
          while (byte >= 0x80) byte = bytes[at++]!;
        }
      }
    }
  }
  cursor.at = at;
  return value >>> 0;
}

/** Reads a 64-bit varint at `at` into two words of `out` (low word first) at index `index`. Sets `cursor.at` behind it. */
export function readVarint64Into(bytes: Uint8Array, at: number, out: Uint32Array, index: number): void {
  let low = 0;
  let high = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = bytes[at++]!;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high |= bits >> 4;
    } else if (shift < 64) high |= bits << (shift - 32);
    shift += 7;
  } while (byte >= 0x80 && shift < 70);
  out[index] = low;
  out[index + 1] = high;
  cursor.at = at;
}

const words = new Uint32Array(2);
const signed64 = new BigInt64Array(words.buffer);

/** The int64 varint at `at` as a number; exact within ±2^53. */
export function readInt64AsNumber(bytes: Uint8Array, at: number): number {
  readVarint64Into(bytes, at, words, 0);
  return (words[1]! | 0) * 0x1_0000_0000 + words[0]!;
}

/** The int64 varint at `at`, exact. */
export function readInt64(bytes: Uint8Array, at: number): bigint {
  readVarint64Into(bytes, at, words, 0);
  return signed64[0]!;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

const doubleBytes = new Uint8Array(8);
const doubleValue = new Float64Array(doubleBytes.buffer);

/** The little-endian double at `at`. */
export function readDouble(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) doubleBytes[i] = bytes[at + i]!;
  return doubleValue[0]!;
}

/** Skips a field's value of the given wire type at `at`; returns the offset behind it. Groups can't occur in checked bytes. */
export function skipValue(bytes: Uint8Array, at: number, wireType: number): number {
  if (wireType === WIRE_BYTES) {
    const length = readVarint32(bytes, at);
    return cursor.at + length;
  }
  if (wireType === WIRE_VARINT) {
    while (bytes[at]! >= 0x80) at++;
    return at + 1;
  }
  if (wireType === WIRE_FIXED64) return at + 8;
  if (wireType === WIRE_FIXED32) return at + 4;
  throw new DecodeError(`unknown protobuf wire type ${wireType}`, at);
}

/** The range of a length-delimited field's content, or the place of a scalar's first byte. */
export interface FieldRange {
  at: number;
  length: number;
}

/**
 * Finds the last occurrence of field `number` among the fields of the message in `bytes[from, to)`, as protobuf's "last one wins".
 * For fields that are read too seldom to have a column. Returns undefined where the message doesn't have it.
 */
export function findField(bytes: Uint8Array, from: number, to: number, number: number): FieldRange | undefined {
  let found: FieldRange | undefined;
  let at = from;
  while (at < to) {
    const tag = readVarint32(bytes, at);
    at = cursor.at;
    const end = skipValue(bytes, at, tag & 7);
    if (tag >>> 3 === number) {
      if ((tag & 7) === WIRE_BYTES) {
        const length = readVarint32(bytes, at);
        found = { at: cursor.at, length };
      } else found = { at, length: end - at };
    }
    at = end;
  }
  return found;
}
