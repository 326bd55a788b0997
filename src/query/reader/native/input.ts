import { DecodeError } from '#base';

/** The bytes of an answer, read from front to back. All throw DecodeError past the end. */
export class Input {
  readonly bytes: Buffer;
  at = 0;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The position before moving on by `length` bytes. */
  advance(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) throw new DecodeError('the answer of the store ends in the middle', start);
    this.at = start + length;
    return start;
  }

  /** The next bytes, not copied. */
  take(length: number): Buffer {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  byte(): number {
    return this.bytes[this.advance(1)]!;
  }

  /** LEB128; lengths stay far below 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** A count, an offset or flags: below 2^53. */
  uint64(): number {
    const at = this.advance(8);
    return this.bytes.readUInt32LE(at) + this.bytes.readUInt32LE(at + 4) * 4294967296;
  }

  text(): string {
    const length = this.varint();
    const start = this.advance(length);
    return this.bytes.toString('utf8', start, start + length);
  }
}
