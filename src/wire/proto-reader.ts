import { DecodeError } from '#base';
import { contentEnd, nextOffset, skip, varint } from './otlp/check.ts';

const words = new DataView(new ArrayBuffer(8));

/**
 * Reads protobuf messages other than OTLP's from bytes that nobody has checked, field by field:
 *
 *   while (message.next()) {
 *     if (message.field === 1) name = message.text();
 *     else message.skip();
 *   }
 *
 * Each field is read, or skipped, exactly once. Throws a DecodeError where a length or a type is wrong.
 */
export class ProtoReader {
  readonly bytes: Uint8Array;
  #at: number;
  readonly #end: number;
  /** Of the field that `next` has found. */
  field = 0;
  #tag = 0;

  constructor(bytes: Uint8Array, from = 0, to: number = bytes.length) {
    this.bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  /** Where the next field, or the value of this one, begins. */
  get at(): number {
    return this.#at;
  }

  /** False at the end of the message. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.#tag = varint(this.bytes, this.#at, this.#end);
    this.#at = nextOffset();
    this.field = this.#tag >>> 3;
    if (this.field === 0) throw new DecodeError('field number 0', this.#at);
    return true;
  }

  skip(): void {
    this.#at = skip(this.bytes, this.#at, this.#end, this.#tag);
  }

  /** A varint of 32 bits: an enum, a bool, a length. */
  uint32(): number {
    this.#expect(0);
    const value = varint(this.bytes, this.#at, this.#end);
    this.#at = nextOffset();
    return value;
  }

  bool(): boolean {
    return this.uint32() !== 0;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  uint64(): bigint {
    this.#expect(0);
    return this.#varint64();
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** An int32 or int64 within 2^53. */
  int(): number {
    return Number(this.int64());
  }

  double(): number {
    this.#expect(1);
    return this.#double();
  }

  fixed64(): bigint {
    this.#expect(1);
    this.#load(8);
    return words.getBigUint64(0, true);
  }

  fixed32(): number {
    this.#expect(5);
    this.#load(4);
    return words.getUint32(0, true);
  }

  text(): string {
    const end = this.#contentEnd();
    const from = this.#at;
    this.#at = end;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, end - from).toString('utf8');
  }

  /** The bytes of the field, without a copy. */
  view(): Uint8Array {
    const end = this.#contentEnd();
    const view = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return view;
  }

  /** Where the content of a message, or a text, ends; `at` is where it begins. */
  contentEnd(): number {
    return this.#contentEnd();
  }

  /** Goes on at `at`, which is in this message. */
  skipTo(at: number): void {
    this.#at = at;
  }

  message(): ProtoReader {
    const end = this.#contentEnd();
    const reader = new ProtoReader(this.bytes, this.#at, end);
    this.#at = end;
    return reader;
  }

  /** Adds the values of a repeated field, packed or not. */
  doubles(into: number[]): void {
    if ((this.#tag & 7) === 1) into.push(this.double());
    else this.#packed((inner) => into.push(inner.#double()));
  }

  uint32s(into: number[]): void {
    if ((this.#tag & 7) === 0) into.push(this.uint32());
    else {
      this.#packed((inner) => {
        into.push(varint(inner.bytes, inner.#at, inner.#end));
        inner.#at = nextOffset();
      });
    }
  }

  sint64s(into: bigint[]): void {
    const zigzag = (value: bigint): bigint => (value >> 1n) ^ -(value & 1n);
    if ((this.#tag & 7) === 0) into.push(zigzag(this.uint64()));
    else this.#packed((inner) => into.push(zigzag(inner.#varint64())));
  }

  #packed(read: (inner: ProtoReader) => void): void {
    const inner = this.message();
    while (inner.#at < inner.#end) read(inner);
  }

  #double(): number {
    this.#load(8);
    return words.getFloat64(0, true);
  }

  #varint64(): bigint {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) break;
      const byte = this.bytes[this.#at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else if (shift < 64) high |= bits << (shift - 32);
      if (byte < 0x80) {
        words.setUint32(0, low, true);
        words.setUint32(4, high, true);
        return words.getBigUint64(0, true);
      }
    }
    throw new DecodeError('a varint that does not end', this.#at);
  }

  #load(count: number): void {
    if (this.#at + count > this.#end) throw new DecodeError('the message is cut off', this.#at);
    for (let i = 0; i < count; i++) words.setUint8(i, this.bytes[this.#at + i]!);
    this.#at += count;
  }

  #contentEnd(): number {
    this.#expect(2);
    const end = contentEnd(this.bytes, this.#at, this.#end);
    this.#at = nextOffset();
    return end;
  }

  #expect(wireType: number): void {
    if ((this.#tag & 7) === wireType) return;
    throw new DecodeError(`field ${this.field} has the wire type ${this.#tag & 7} instead of ${wireType}`, this.#at);
  }
}
