import { DecodeError } from '#base';

/** What a Thrift value is: the numbers of the binary protocol (Apache Thrift's specification of it). */
export const THRIFT = {
  stop: 0,
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
} as const;

const DEPTH_LIMIT = 32;

/**
 * Reads Thrift from bytes that nobody has checked. Nothing is made of a struct:
 *
 *   readStruct(reader, (id) => {
 *     if (id === 1) name = reader.text();
 *     else reader.skipValue();
 *   });
 *
 * Each field is read or skipped exactly once, in the type that it has: `expect` says where it has another. Throws a DecodeError where
 * something passes the end of the bytes.
 */
export abstract class ThriftReader {
  protected readonly bytes: Uint8Array;
  protected readonly view: DataView;
  protected at = 0;
  /** Of the field under way. */
  fieldId = 0;
  fieldType: number = THRIFT.stop;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  abstract nextField(): boolean;
  /** The type and number of the elements. */
  abstract list(): { readonly type: number; readonly size: number };
  abstract map(): { readonly keyType: number; readonly valueType: number; readonly size: number };
  abstract bool(): boolean;
  abstract i16(): number;
  abstract i32(): number;
  abstract i64(): bigint;
  abstract double(): number;
  protected abstract length(): number;
  /** A message's name and type; fields of its arguments follow. */
  abstract message(): { readonly name: string; readonly type: number };

  byte(): number {
    this.need(1);
    return this.view.getInt8(this.at++);
  }

  /** Without a copy. */
  binary(): Uint8Array {
    const length = this.length();
    this.need(length);
    const view = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return view;
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.binary();
    return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
  }

  /** Whether the field is of the type; one that isn't is passed over. */
  is(type: number): boolean {
    if (this.fieldType === type) return true;
    this.skip(this.fieldType);
    return false;
  }

  /** Passes over the field under way. */
  skipValue(): void {
    this.skip(this.fieldType);
  }

  enter(): void {
    if (++this.#depth > DEPTH_LIMIT) throw new DecodeError(`nested deeper than ${DEPTH_LIMIT} levels`, this.at);
  }

  leave(): void {
    this.#depth--;
  }

  skip(type: number): void {
    switch (type) {
      case THRIFT.bool:
        this.bool();
        return;
      case THRIFT.byte:
        this.byte();
        return;
      case THRIFT.double:
        this.double();
        return;
      case THRIFT.i16:
        this.i16();
        return;
      case THRIFT.i32:
        this.i32();
        return;
      case THRIFT.i64:
        this.i64();
        return;
      case THRIFT.string:
        this.binary();
        return;
      case THRIFT.struct:
        readStruct(this, () => this.skipValue());
        return;
      case THRIFT.set:
      case THRIFT.list:
        readList(this, (element) => this.skip(element));
        return;
      case THRIFT.map: {
        const { keyType, valueType, size } = this.map();
        this.enter();
        for (let i = 0; i < size; i++) {
          this.skip(keyType);
          this.skip(valueType);
        }
        this.leave();
        return;
      }
      default:
        throw new DecodeError(`unknown Thrift type ${type}`, this.at);
    }
  }

  protected need(count: number): void {
    if (count < 0 || this.at + count > this.bytes.length) throw new DecodeError('the message is cut off', this.at);
  }

  /** Each element takes a byte at least: who says more than there are would have us count for nothing. */
  protected checkSize(size: number): void {
    if (size < 0 || size > this.bytes.length - this.at) {
      throw new DecodeError(`${size} elements are more than the rest of the message`, this.at);
    }
  }
}

export function readStruct(reader: ThriftReader, onField: (id: number) => void): void {
  reader.enter();
  while (reader.nextField()) onField(reader.fieldId);
  reader.leave();
}

function readList(reader: ThriftReader, onElement: (type: number) => void): void {
  const { type, size } = reader.list();
  reader.enter();
  for (let i = 0; i < size; i++) onElement(type);
  reader.leave();
}

/** A list of structs; elements of another type are passed over. */
export function readStructs(reader: ThriftReader, onStruct: () => void): void {
  if (!reader.is(THRIFT.list)) return;
  readList(reader, (type) => {
    if (type === THRIFT.struct) onStruct();
    else reader.skip(type);
  });
}
