import { copyBytes, readUint32, textAt, unfilledBytes, writeUtf8 } from '#pdata';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const MINUS = 0x2d;
const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** A number, a bool, or a 64-bit integer in quotes takes at most so many bytes. */
const SCALAR_BYTES = 32;
const BILLION = 1_000_000_000;

/** Writes JSON as UTF-8 into a growing buffer, straight from the bytes of protobuf fields. */
export class JsonWriter {
  #bytes: Uint8Array = unfilledBytes(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Forgets what was written behind the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** A copy of what was written, which is forgotten; and so is room for more than `keptBytes`. */
  take(keptBytes: number): Buffer {
    const whole = Buffer.allocUnsafeSlow(this.#length);
    whole.set(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    if (this.#bytes.length > keptBytes) this.#bytes = unfilledBytes(1 << 16);
    return whole;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  /** A few bytes of ASCII: a loop is faster than a call of Node's own copy. */
  ascii(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const to = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < bytes.length; i++) to[at + i] = bytes[i]!;
    this.#length = at + bytes.length;
  }

  /** Text that needs no escapes: of numbers and the like. */
  plain(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

  /** A string whose UTF-8 is source[at, at + length). Bytes that are no UTF-8 become U+FFFD. */
  string(source: Uint8Array, at: number, length: number): void {
    this.#reserve(length + 2);
    const bytes = this.#bytes;
    const start = this.#length + 1;
    for (let i = 0; i < length; i++) {
      const byte = source[at + i]!;
      if (byte < 0x20 || byte >= 0x80 || byte === QUOTE || byte === BACKSLASH) {
        this.#escaped(textAt(source, at, length));
        return;
      }
      bytes[start + i] = byte;
    }
    bytes[start - 1] = QUOTE;
    bytes[start + length] = QUOTE;
    this.#length = start + length + 1;
  }

  /** A string that JSON doesn't have as it is. */
  #escaped(text: string): void {
    const quoted = JSON.stringify(text);
    this.#reserve(quoted.length * 3);
    this.#length += writeUtf8(this.#bytes, quoted, this.#length);
  }

  /** source[at, at + length) as a string of hex digits. */
  hex(source: Uint8Array, at: number, length: number): void {
    this.#reserve(2 * length + 2);
    const bytes = this.#bytes;
    let to = this.#length;
    bytes[to++] = QUOTE;
    for (let i = at; i < at + length; i++) {
      const byte = source[i]!;
      bytes[to++] = HEX[byte >>> 4]!;
      bytes[to++] = HEX[byte & 15]!;
    }
    bytes[to++] = QUOTE;
    this.#length = to;
  }

  /** source[at, at + length) as a string of base64. */
  base64(source: Uint8Array, at: number, length: number): void {
    this.byte(QUOTE);
    this.plain(Buffer.from(source.buffer, source.byteOffset + at, length).toString('base64'));
    this.byte(QUOTE);
  }

  /** What is not finite is a string. */
  double(value: number): void {
    if (Number.isFinite(value)) this.plain(String(value));
    else this.plain(`"${value}"`);
  }

  /** A whole number below 2^32. */
  uint32(value: number): void {
    this.#reserve(SCALAR_BYTES);
    this.#digits(value);
  }

  sint32(value: number): void {
    if (value < 0) this.byte(MINUS);
    this.uint32(Math.abs(value));
  }

  /** The little-endian unsigned 64-bit integer at `at` as a string. */
  fixed64(source: Uint8Array, at: number): void {
    this.uint64(readUint32(source, at), readUint32(source, at + 4));
  }

  sfixed64(source: Uint8Array, at: number): void {
    this.int64(readUint32(source, at), readUint32(source, at + 4));
  }

  /** Two words in two's complement. */
  int64(low: number, high: number): void {
    if (high < 0x8000_0000) this.#quoted64(low, high, false);
    else {
      const negated = ~low + 1;
      this.#quoted64(negated >>> 0, (negated === 0 ? ~high + 1 : ~high) >>> 0, true);
    }
  }

  uint64(low: number, high: number): void {
    this.#quoted64(low, high, false);
  }

  #quoted64(low: number, high: number, isNegative: boolean): void {
    this.#reserve(SCALAR_BYTES);
    this.#bytes[this.#length++] = QUOTE;
    if (isNegative) this.#bytes[this.#length++] = MINUS;
    this.#digits64(low, high);
    this.#bytes[this.#length++] = QUOTE;
  }

  /**
   * Divides by a billion in three steps of numbers that a double holds exactly: the high word, and each half of the low one behind the
   * remainder so far.
   */
  #digits64(low: number, high: number): void {
    if (high === 0) {
      this.#digits(low);
      return;
    }
    const first = Math.floor(high / BILLION);
    const upper = (high - first * BILLION) * 0x1_0000 + (low >>> 16);
    const second = Math.floor(upper / BILLION);
    const lower = (upper - second * BILLION) * 0x1_0000 + (low & 0xffff);
    const third = Math.floor(lower / BILLION);
    const billions = first * 0x1_0000_0000 + second * 0x1_0000 + third;
    if (billions < BILLION) this.#digits(billions);
    else {
      // Of 64 bits at most 18.
      const most = Math.floor(billions / BILLION);
      this.#digits(most);
      this.#lastDigits(billions - most * BILLION, 9);
    }
    this.#lastDigits(lower - third * BILLION, 9);
  }

  /** There must be room. */
  #digits(value: number): void {
    if (value >= BILLION) {
      const billions = Math.floor(value / BILLION);
      this.#bytes[this.#length++] = DIGIT_0 + billions;
      this.#lastDigits(value - billions * BILLION, 9);
      return;
    }
    let count = 1;
    for (let limit = 10; count < 9 && value >= limit; limit *= 10) count++;
    this.#lastDigits(value, count);
  }

  /** `value` below a billion. */
  #lastDigits(value: number, count: number): void {
    const bytes = this.#bytes;
    const from = this.#length;
    let rest = value | 0;
    for (let at = from + count - 1; at >= from; at--) {
      const next = (rest / 10) | 0;
      bytes[at] = DIGIT_0 + rest - next * 10;
      rest = next;
    }
    this.#length = from + count;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const before = this.#bytes;
    this.#bytes = unfilledBytes(Math.max(needed, before.length * 2));
    copyBytes(before, 0, this.#length, this.#bytes, 0);
  }
}
