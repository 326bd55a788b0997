import { DecodeError } from '#base';
import { THRIFT, ThriftReader } from './thrift-reader.ts';

/** The types of the compact protocol, and what they are called in the other. */
const TYPES: readonly number[] = [
  THRIFT.stop,
  THRIFT.bool,
  THRIFT.bool,
  THRIFT.byte,
  THRIFT.i16,
  THRIFT.i32,
  THRIFT.i64,
  THRIFT.double,
  THRIFT.string,
  THRIFT.list,
  THRIFT.set,
  THRIFT.map,
  THRIFT.struct,
];
const TRUE = 1;
const PROTOCOL_ID = 0x82;
const VERSION = 1;

/** Thrift's compact protocol (Apache Thrift's specification of it). */
export class ThriftCompactReader extends ThriftReader {
  readonly #lastIds: number[] = [];
  #lastId = 0;
  /** Of a field that is a bool: its value stands in its type. */
  #bool: boolean | undefined;

  override enter(): void {
    super.enter();
    this.#lastIds.push(this.#lastId);
    this.#lastId = 0;
  }

  override leave(): void {
    super.leave();
    this.#lastId = this.#lastIds.pop()!;
  }

  nextField(): boolean {
    const head = this.byte() & 0xff;
    const type = head & 0x0f;
    this.fieldType = this.#type(type);
    if (this.fieldType === THRIFT.stop) return false;
    const step = head >> 4;
    this.fieldId = step === 0 ? this.i16() : this.#lastId + step;
    this.#lastId = this.fieldId;
    this.#bool = this.fieldType === THRIFT.bool ? type === TRUE : undefined;
    return true;
  }

  list(): { readonly type: number; readonly size: number } {
    const head = this.byte() & 0xff;
    const type = this.#type(head & 0x0f);
    const size = head >> 4 === 15 ? this.#varint32() : head >> 4;
    this.checkSize(size);
    return { type, size };
  }

  map(): { readonly keyType: number; readonly valueType: number; readonly size: number } {
    const size = this.#varint32();
    if (size === 0) return { keyType: THRIFT.stop, valueType: THRIFT.stop, size };
    const types = this.byte() & 0xff;
    this.checkSize(size);
    return { keyType: this.#type(types >> 4), valueType: this.#type(types & 0x0f), size };
  }

  bool(): boolean {
    const value = this.#bool ?? this.byte() === TRUE;
    this.#bool = undefined;
    return value;
  }

  i16(): number {
    return this.i32();
  }

  i32(): number {
    const value = this.#varint32();
    return (value >>> 1) ^ -(value & 1);
  }

  i64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte() & 0xff;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new DecodeError('a varint that does not end', this.at);
  }

  double(): number {
    this.need(8);
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  message(): { readonly name: string; readonly type: number } {
    const id = this.byte() & 0xff;
    const versionAndType = this.byte() & 0xff;
    if (id !== PROTOCOL_ID || (versionAndType & 0x1f) !== VERSION) {
      throw new DecodeError('not a message of the compact protocol', 0);
    }
    this.#varint32();
    return { name: this.text(), type: versionAndType >> 5 };
  }

  protected length(): number {
    return this.#varint32();
  }

  #varint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte() & 0xff;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new DecodeError('a varint that does not end', this.at);
  }

  #type(type: number): number {
    const known = TYPES[type];
    if (known === undefined) throw new DecodeError(`unknown Thrift type ${type}`, this.at);
    return known;
  }
}
