import { type AnyValue, Double } from './any-value.ts';
import type { AttributeTable } from './attribute-table.ts';
import { copyBytes, writeUtf8 } from './native-bytes.ts';
import { cursor, readVarint32, skipValue } from './protobuf.ts';
import {
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DOUBLE,
  VALUE_EMPTY,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
} from './value-types.ts';

/** Up to here a loop over the characters of an ASCII text is faster than a call of Node's encoder. */
const ASCII_LOOP_LIMIT = 40;
const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

/**
 * Writes protobuf messages into a growing buffer. Used where telemetry does not arrive as OTLP protobuf: OTLP/JSON, other protocols,
 * our own telemetry, and values that a processor sets. Nested messages are opened with `begin` and closed with `end`, which
 * moves the content up if its length needs more than the one byte that `begin` left free.
 */
export class ArenaWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** What was written, for good: this writer is not used any more. Without a copy where little room is left over. */
  take(): Uint8Array {
    return this.#length > this.#bytes.length * 0.9 ? this.view() : this.finish();
  }

  /** What was written, without a copy: valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written behind the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  reset(): void {
    this.#length = 0;
  }

  /** Forgets what was written, and gives room for more than `bytes` back. */
  shrink(bytes: number): void {
    this.#length = 0;
    if (this.#bytes.length > bytes) this.#bytes = new Uint8Array(1024);
  }

  tag(field: number, wireType: number): void {
    this.varint((field << 3) | wireType);
  }

  /** An unsigned integer up to 2^53. */
  varint(value: number): void {
    this.#reserve(10);
    if (value < 0x80) {
      this.#bytes[this.#length++] = value;
      return;
    }
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A signed or unsigned 64-bit integer as protobuf's int64/uint64 varint. */
  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  fixed64(value: bigint): void {
    scratch.setBigUint64(0, BigInt.asUintN(64, value), true);
    this.#writeScratch(8);
  }

  fixed32(value: number): void {
    scratch.setUint32(0, value, true);
    this.#writeScratch(4);
  }

  double(value: number): void {
    scratch.setFloat64(0, value, true);
    this.#writeScratch(8);
  }

  raw(bytes: Uint8Array): void {
    this.range(bytes, 0, bytes.length);
  }

  /** Bytes [from, to) of `bytes`. */
  range(bytes: Uint8Array, from: number, to: number): void {
    const count = to - from;
    this.#reserve(count);
    copyBytes(bytes, from, to, this.#bytes, this.#length);
    this.#length += count;
  }

  /** The fields of the message in bytes[from, to) as they are, but for those below 32 that have their bit set in `skipped`. */
  fields(bytes: Uint8Array, from: number, to: number, skipped: number): void {
    let keptFrom = from;
    for (let at = from; at < to; ) {
      const fieldAt = at;
      let tag = bytes[at++]!;
      if (tag >= 0x80) {
        tag = readVarint32(bytes, fieldAt);
        at = cursor.at;
      }
      at = skipValue(bytes, at, tag & 7);
      const field = tag >>> 3;
      if (field >= 32 || ((skipped >>> field) & 1) === 0) continue;
      if (fieldAt > keptFrom) this.range(bytes, keptFrom, fieldAt);
      keptFrom = at;
    }
    if (to > keptFrom) this.range(bytes, keptFrom, to);
  }

  /** Field with a uint32 or enum; left out for 0, as proto3 does. */
  uintField(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, 0);
    this.varint(value);
  }

  fixed64Field(field: number, value: bigint): void {
    if (value === 0n) return;
    this.tag(field, 1);
    this.fixed64(value);
  }

  bytesField(field: number, bytes: Uint8Array): void {
    this.tag(field, 2);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  textField(field: number, text: string): void {
    if (text === '') return;
    const mark = this.begin(field);
    this.text(text);
    this.end(mark);
  }

  /** The bytes of a text in UTF-8, without a length; a lone surrogate becomes U+FFFD. */
  text(text: string): void {
    const { length } = text;
    // A UTF-16 unit takes three bytes at most.
    this.#reserve(length * 3);
    const bytes = this.#bytes;
    const from = this.#length;
    if (length <= ASCII_LOOP_LIMIT) {
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 0x80) break;
        bytes[from + i] = unit;
      }
      if (i === length) {
        this.#length = from + length;
        return;
      }
    }
    this.#length = from + writeUtf8(bytes, text, from);
  }

  /** A length-delimited field that holds bytes [at, at + length) of `bytes`. */
  rangeField(field: number, bytes: Uint8Array, at: number, length: number): void {
    this.tag(field, 2);
    this.varint(length);
    this.range(bytes, at, at + length);
  }

  fixed32Field(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, 5);
    this.fixed32(value);
  }

  doubleField(field: number, value: number): void {
    this.tag(field, 1);
    this.double(value);
  }

  /** An sint32; left out for 0. */
  sintField(field: number, value: number): void {
    this.uintField(field, ((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** A packed list of 8-byte values, as they lie in memory; left out where empty. */
  fixedListField(field: number, values: Float64Array | BigUint64Array): void {
    if (values.length === 0) return;
    this.bytesField(field, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  /** A packed list of uint64; left out where empty. */
  varintListField(field: number, values: BigUint64Array): void {
    if (values.length === 0) return;
    const mark = this.begin(field);
    for (const value of values) this.varint64(value);
    this.end(mark);
  }

  /** An AnyValue message in field `field` whose type and payload lie in `bytes`. */
  placedValue(field: number, bytes: Uint8Array, type: number, at: number, length: number): void {
    const mark = this.begin(field);
    if (type === VALUE_BOOL || type === VALUE_INT) this.tag(type, 0);
    else if (type === VALUE_DOUBLE) this.tag(type, 1);
    else if (type !== VALUE_EMPTY) {
      this.tag(type, 2);
      this.varint(length);
    }
    if (type !== VALUE_EMPTY) this.range(bytes, at, at + length);
    this.end(mark);
  }

  /** The attributes of an owner as KeyValue messages in field `field`. */
  placedAttributes(field: number, bytes: Uint8Array, table: AttributeTable, owner: number): void {
    const to = table.to[owner]!;
    for (let row = table.from[owner]!; row < to; row++) this.placedAttribute(field, bytes, table, row);
  }

  /** The attribute in `row` of the table as a KeyValue message in field `field`, which is below 16. */
  placedAttribute(field: number, bytes: Uint8Array, table: AttributeTable, row: number): void {
    const type = table.type[row]!;
    const length = table.length[row]!;
    const keyAt = table.keyAt[row]!;
    const keyLength = table.keyLength[row]!;
    const isScalar = type === VALUE_BOOL || type === VALUE_INT || type === VALUE_DOUBLE;
    const valueSize = type === VALUE_EMPTY ? 0 : 1 + (isScalar ? 0 : varintLength(length)) + length;
    const size = 2 + varintLength(keyLength) + keyLength + varintLength(valueSize) + valueSize;
    this.#reserve(size + 12);
    const out = this.#bytes;
    let at = this.#length;
    out[at++] = (field << 3) | 2;
    at = putVarint(out, at, size);
    out[at++] = (1 << 3) | 2;
    at = putVarint(out, at, keyLength);
    copyBytes(bytes, keyAt, keyAt + keyLength, out, at);
    at += keyLength;
    out[at++] = (2 << 3) | 2;
    at = putVarint(out, at, valueSize);
    if (type !== VALUE_EMPTY) {
      out[at++] = (type << 3) | (type === VALUE_DOUBLE ? 1 : isScalar ? 0 : 2);
      if (!isScalar) at = putVarint(out, at, length);
      copyBytes(bytes, table.at[row]!, table.at[row]! + length, out, at);
      at += length;
    }
    this.#length = at;
  }

  /**
   * Opens a nested message; pass the result to `end`. `likelyLength`: nothing has to be moved where the message's length takes as many bytes as
   * this one. The same goes to `end`.
   */
  begin(field: number, likelyLength = 0): number {
    this.tag(field, 2);
    const mark = this.#length;
    const width = varintLength(likelyLength);
    this.#reserve(width);
    this.#length += width;
    return mark;
  }

  end(mark: number, likelyLength = 0): void {
    const width = varintLength(likelyLength);
    const length = this.#length - mark - width;
    const needed = varintLength(length);
    if (needed !== width) {
      this.#reserve(MAX_WIDTH);
      this.#bytes.copyWithin(mark + needed, mark + width, this.#length);
    }
    putVarint(this.#bytes, mark, length);
    this.#length = mark + needed + length;
  }

  /** A KeyValue message in field `field`. */
  attribute(field: number, key: string, value: AnyValue): void {
    const mark = this.begin(field);
    this.textField(1, key);
    const inner = this.begin(2);
    this.anyValue(value);
    this.end(inner);
    this.end(mark);
  }

  /** The fields of an AnyValue message. */
  anyValue(value: AnyValue): void {
    const type = valueTypeOf(value);
    switch (type) {
      case VALUE_EMPTY:
        return;
      case VALUE_BOOL:
      case VALUE_INT:
        this.tag(type, 0);
        break;
      case VALUE_DOUBLE:
        this.tag(type, 1);
        break;
      default: {
        const mark = this.begin(type);
        this.#payload(type, value);
        this.end(mark);
        return;
      }
    }
    this.#payload(type, value);
  }

  #payload(type: number, value: AnyValue): void {
    if (type === VALUE_STRING) this.text(value as string);
    else if (type === VALUE_BOOL) this.varint(value === true ? 1 : 0);
    else if (type === VALUE_INT) this.varint64(BigInt(value as number | bigint));
    else if (type === VALUE_DOUBLE) this.double(value instanceof Double ? value.value : (value as number));
    else if (type === VALUE_BYTES) this.raw(value as Uint8Array);
    else if (type === VALUE_ARRAY) {
      for (const item of value as AnyValue[]) {
        const mark = this.begin(1);
        this.anyValue(item);
        this.end(mark);
      }
    } else if (type === VALUE_KVLIST) {
      for (const [key, item] of Object.entries(value as { [key: string]: AnyValue })) this.attribute(1, key, item);
    }
  }

  /** A value's type and payload bytes, as attribute tables refer to them. */
  static encodeValue(value: AnyValue): { type: number; bytes: Uint8Array } {
    const type = valueTypeOf(value);
    const writer = new ArenaWriter(64);
    writer.#payload(type, value);
    return { type, bytes: writer.finish() };
  }

  #writeScratch(count: number): void {
    this.#reserve(count);
    for (let i = 0; i < count; i++) this.#bytes[this.#length++] = scratchBytes[i]!;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#length + count, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

/** Of a varint of 32 bits. */
const MAX_WIDTH = 5;

/** How many bytes an unsigned integer below 2^32 takes as a varint. */
export function varintLength(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

/** Writes an unsigned integer below 2^32; returns the place behind it. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** The AnyValue field that a JavaScript value goes into. Whole numbers are ints; use a Uint8Array for bytes. */
export function valueTypeOf(value: AnyValue): number {
  if (typeof value === 'string') return VALUE_STRING;
  if (typeof value === 'boolean') return VALUE_BOOL;
  if (typeof value === 'bigint') return VALUE_INT;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? VALUE_INT : VALUE_DOUBLE;
  if (value === null) return VALUE_EMPTY;
  if (value instanceof Uint8Array) return VALUE_BYTES;
  if (value instanceof Double) return VALUE_DOUBLE;
  return Array.isArray(value) ? VALUE_ARRAY : VALUE_KVLIST;
}
