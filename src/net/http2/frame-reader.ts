import { FLAG, FRAME, FRAME_HEAD_BYTES, FRAME_LIMIT_BYTES, HTTP2_ERROR, Http2Error, readUint32 } from './protocol.ts';

/** Who hears of frames. `bytes` are the reader's: they are other ones after the call. */
export interface FrameSink {
  /** A DATA frame begins, of so many bytes with its padding. */
  dataBegins(stream: number, length: number): void;
  /** Content of it, bytes[from, to), as it comes. */
  data(stream: number, bytes: Uint8Array, from: number, to: number): void;
  dataEnds(stream: number, flags: number): void;
  /** Any other frame, once all of it is there: its content is bytes[from, to). */
  frame(type: number, flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void;
}

/** Finds the frames in what a socket reads. Content of DATA is never copied, the rest only where a frame came in parts. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #head = new Uint8Array(FRAME_HEAD_BYTES);
  #headLength = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  #length = 0;
  /** Of the frame's content, what is still to come. */
  #left = 0;
  /** Of that, the padding at its end; -1 until its length is read. */
  #padding = 0;
  /** Content that came so far of a frame that isn't DATA; made when one first comes in parts. */
  #parts: Uint8Array | undefined;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Throws an Http2Error where the bytes are no frames; nothing must be pushed after it. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headLength < FRAME_HEAD_BYTES) {
        this.#head[this.#headLength++] = bytes[at++]!;
        if (this.#headLength === FRAME_HEAD_BYTES) this.#begin();
      } else if (this.#type === FRAME.data) at = this.#readData(bytes, at);
      else at = this.#readOther(bytes, at);
    }
  }

  #begin(): void {
    const head = this.#head;
    const length = (head[0]! << 16) | (head[1]! << 8) | head[2]!;
    if (length > FRAME_LIMIT_BYTES) throw new Http2Error(HTTP2_ERROR.frameSize, `a frame of ${length} bytes`);
    this.#type = head[3]!;
    this.#flags = head[4]!;
    this.#stream = readUint32(head, 5) & 0x7fff_ffff;
    this.#length = length;
    this.#left = length;
    if (this.#type === FRAME.data) this.#beginData();
    else if (length === 0) this.#endOther(head, 0);
  }

  #beginData(): void {
    const isPadded = (this.#flags & FLAG.padded) !== 0;
    if (isPadded && this.#length === 0)
      throw new Http2Error(HTTP2_ERROR.frameSize, 'a padded frame without its length');
    this.#padding = isPadded ? -1 : 0;
    this.#sink.dataBegins(this.#stream, this.#length);
    if (this.#length === 0) this.#endData();
  }

  #readData(bytes: Uint8Array, at: number): number {
    if (this.#padding < 0) {
      this.#padding = bytes[at]!;
      if (this.#padding >= this.#length) throw new Http2Error(HTTP2_ERROR.protocol, 'a frame of nothing but padding');
      this.#left--;
      if (this.#left === 0) this.#endData();
      return at + 1;
    }
    const count = Math.min(this.#left, bytes.length - at);
    const content = Math.min(count, this.#left - this.#padding);
    if (content > 0) this.#sink.data(this.#stream, bytes, at, at + content);
    this.#left -= count;
    // What is left of the padding has begun: it is all that is left.
    this.#padding = Math.min(this.#padding, this.#left);
    if (this.#left === 0) this.#endData();
    return at + count;
  }

  #endData(): void {
    this.#headLength = 0;
    this.#sink.dataEnds(this.#stream, this.#flags);
  }

  #readOther(bytes: Uint8Array, at: number): number {
    const isWhole = this.#left === this.#length && bytes.length - at >= this.#left;
    if (isWhole) {
      this.#endOther(bytes, at);
      return at + this.#length;
    }
    const count = Math.min(this.#left, bytes.length - at);
    this.#parts ??= new Uint8Array(FRAME_LIMIT_BYTES);
    this.#parts.set(bytes.subarray(at, at + count), this.#length - this.#left);
    this.#left -= count;
    if (this.#left === 0) this.#endOther(this.#parts, 0);
    return at + count;
  }

  #endOther(bytes: Uint8Array, at: number): void {
    this.#headLength = 0;
    this.#sink.frame(this.#type, this.#flags, this.#stream, bytes, at, at + this.#length);
  }
}
