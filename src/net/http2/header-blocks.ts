import { copyOf, FLAG, HTTP2_ERROR, Http2Error } from './protocol.ts';

/** Of a block as it comes, in all of its frames. */
const BLOCK_LIMIT_BYTES = 64 * 1024;
/** Frames behind the first; each may be empty, and no client needs as many. */
const CONTINUATION_LIMIT = 8;
const PRIORITY_BYTES = 5;

/** Puts blocks of header fields together from HEADERS and CONTINUATION frames. */
export class HeaderBlocks {
  /** Where the last complete block lies, until the next frame. */
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  /** The flags of its HEADERS frame. */
  flags = 0;
  #stream = 0;
  #parts: Uint8Array[] = [];
  #partBytes = 0;

  /** Of the stream whose block isn't complete; 0 for none. Nothing but its continuation may come. */
  get openStream(): number {
    return this.#stream;
  }

  /** Whether the block is complete with this frame. Throws an Http2Error. */
  headers(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): boolean {
    let start = from;
    let end = to;
    if ((flags & FLAG.padded) !== 0) end -= bytes[start++]!;
    if ((flags & FLAG.priority) !== 0) start += PRIORITY_BYTES;
    if (start > to || end < start) throw new Http2Error(HTTP2_ERROR.protocol, 'headers of nothing but padding');
    this.flags = flags;
    return this.#take(flags, stream, bytes, start, end);
  }

  continuation(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (stream !== this.#stream || stream === 0) {
      throw new Http2Error(HTTP2_ERROR.protocol, 'the continuation of nothing');
    }
    return this.#take(flags, stream, bytes, from, to);
  }

  #take(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): boolean {
    const isComplete = (flags & FLAG.endHeaders) !== 0;
    if (isComplete && this.#stream === 0) {
      this.bytes = bytes;
      this.from = from;
      this.to = to;
      return true;
    }
    this.#stream = stream;
    this.#parts.push(copyOf(bytes, from, to));
    this.#partBytes += to - from;
    if (this.#partBytes > BLOCK_LIMIT_BYTES || this.#parts.length > CONTINUATION_LIMIT + 1) {
      throw new Http2Error(HTTP2_ERROR.enhanceYourCalm, 'headers without an end');
    }
    if (!isComplete) return false;
    this.bytes = Buffer.concat(this.#parts);
    this.from = 0;
    this.to = this.#partBytes;
    this.#parts = [];
    this.#partBytes = 0;
    this.#stream = 0;
    return true;
  }
}
