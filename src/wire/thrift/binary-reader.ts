import { DecodeError } from '#base';
import { THRIFT, ThriftReader } from './thrift-reader.ts';

const VERSION_1 = 0x8001_0000;

/** Thrift's binary protocol, strict or not. */
export class ThriftBinaryReader extends ThriftReader {
  nextField(): boolean {
    this.fieldType = this.byte();
    if (this.fieldType === THRIFT.stop) return false;
    this.fieldId = this.i16();
    return true;
  }

  list(): { readonly type: number; readonly size: number } {
    const type = this.byte();
    const size = this.i32();
    this.checkSize(size);
    return { type, size };
  }

  map(): { readonly keyType: number; readonly valueType: number; readonly size: number } {
    const keyType = this.byte();
    const valueType = this.byte();
    const size = this.i32();
    this.checkSize(size);
    return { keyType, valueType, size };
  }

  bool(): boolean {
    return this.byte() !== 0;
  }

  i16(): number {
    this.need(2);
    const value = this.view.getInt16(this.at);
    this.at += 2;
    return value;
  }

  i32(): number {
    this.need(4);
    const value = this.view.getInt32(this.at);
    this.at += 4;
    return value;
  }

  i64(): bigint {
    this.need(8);
    const value = this.view.getBigInt64(this.at);
    this.at += 8;
    return value;
  }

  double(): number {
    this.need(8);
    const value = this.view.getFloat64(this.at);
    this.at += 8;
    return value;
  }

  message(): { readonly name: string; readonly type: number } {
    const head = this.i32();
    if (head < 0) {
      if ((head & 0xffff_0000) >>> 0 !== VERSION_1) throw new DecodeError('not a message of the binary protocol', 0);
      const name = this.text();
      this.i32();
      return { name, type: head & 0xff };
    }
    // Without a version the length of the name comes first.
    this.at -= 4;
    const name = this.text();
    const type = this.byte();
    this.i32();
    return { name, type };
  }

  protected length(): number {
    return this.i32();
  }
}
