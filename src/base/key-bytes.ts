/** The bytes by which something is found in a ByteMap: parts with their lengths, so that no two lists of parts look alike. */
export class KeyBytes {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  length = 0;

  /** An unsigned number of 32 bits. */
  number(value: number): void {
    this.#reserve(4);
    const { bytes } = this;
    bytes[this.length] = value;
    bytes[this.length + 1] = value >>> 8;
    bytes[this.length + 2] = value >>> 16;
    bytes[this.length + 3] = value >>> 24;
    this.length += 4;
  }

  range(source: Uint8Array, at: number, length: number): void {
    this.number(length);
    this.#reserve(length);
    const { bytes } = this;
    const to = this.length;
    for (let i = 0; i < length; i++) bytes[to + i] = source[at + i]!;
    this.length += length;
  }

  text(text: string): void {
    const encoded = encoder.encode(text);
    this.range(encoded, 0, encoded.length);
  }

  /** The same bytes as `text(String(number))`, for a whole number of six digits at most. */
  digits(number: number): void {
    let count = 1;
    for (let bound = 10; number >= bound; bound *= 10) count++;
    this.number(count);
    this.#reserve(count);
    const { bytes } = this;
    let rest = number;
    for (let i = this.length + count - 1; i >= this.length; i--) {
      const tenth = (rest / 10) | 0;
      bytes[i] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    this.length += count;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}

const encoder = new TextEncoder();
