/** Bytes that grow at the end. One object serves many blocks: `reset` keeps the memory. */
export class ByteSink {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  /** Where the next byte goes. Kernels may write into `bytes` behind it after `reserve` and then move it on. */
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  reset(): void {
    this.length = 0;
  }

  /** Makes sure that `count` bytes fit behind `length`. `bytes` and `view` may be replaced by this. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.length + count, Math.ceil(this.bytes.length * 1.5)));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Reserves `count` bytes, moves the end behind them and returns where they begin. They hold whatever was there before. */
  take(count: number): number {
    this.reserve(count);
    const at = this.length;
    this.length += count;
    return at;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  varint(value: number): void {
    this.reserve(5);
    this.length = writeVarint(this.bytes, this.length, value);
  }

  uint64(low: number, high = 0): void {
    const at = this.take(8);
    this.view.setUint32(at, low, true);
    this.view.setUint32(at + 4, high, true);
  }

  copy(source: Uint8Array, from: number, length: number): void {
    this.reserve(length);
    copyBytes(source, from, this.bytes, this.length, length);
    this.length += length;
  }

  append(other: ByteSink): void {
    this.copy(other.bytes, 0, other.length);
  }

  /** Text of ASCII characters only, without a length in front. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** An ASCII text as ClickHouse's String: length, then bytes. */
  asciiString(text: string): void {
    this.varint(text.length);
    this.ascii(text);
  }

  /** What was written, without a copy: valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}

/** Below this a loop beats the call of `set`, which costs about 100 ns. */
const LOOP_LIMIT_BYTES = 48;

/** Copies a short or long range. Both ranges must lie inside their arrays. */
function copyBytes(source: Uint8Array, from: number, target: Uint8Array, at: number, length: number): void {
  if (length <= LOOP_LIMIT_BYTES) for (let i = 0; i < length; i++) target[at + i] = source[from + i]!;
  else target.set(source.subarray(from, from + length), at);
}

/** Writes an unsigned integer below 2^32 at `at`; returns the offset behind it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    bytes[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[at++] = value;
  return at;
}
