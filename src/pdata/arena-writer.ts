import { type AnyValue, Double } from './attributes.ts';
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

const encoder = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(8));

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

  tag(field: number, wireType: number): void {
    this.varint((field << 3) | wireType);
  }

  /** An unsigned integer up to 2^53. */
  varint(value: number): void {
    this.#reserve(10);
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
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
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
    if (text !== '') this.bytesField(field, encoder.encode(text));
  }

  /** Opens a nested message; pass the result to `end`. */
  begin(field: number): number {
    this.tag(field, 2);
    this.#reserve(1);
    return this.#length++;
  }

  end(mark: number): void {
    const length = this.#length - mark - 1;
    let extra = 0;
    for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) extra++;
    if (extra > 0) {
      this.#reserve(extra);
      this.#bytes.copyWithin(mark + 1 + extra, mark + 1, this.#length);
    }
    const end = this.#length + extra;
    this.#length = mark;
    this.varint(length);
    this.#length = end;
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
    if (type === VALUE_STRING) this.raw(encoder.encode(value as string));
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
    for (let i = 0; i < count; i++) this.#bytes[this.#length++] = scratch.getUint8(i);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#length + count, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
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
