import type { Duplex } from 'node:stream';
import { FRAME_HEAD_BYTES, writeFrameHead } from './protocol.ts';

/** Content of at least so many bytes goes out from where it lies; less is copied, so that a frame of little is one piece. */
const COPY_LIMIT_BYTES = 1024;
const BLOCK_BYTES = 2048;
/** With so much on its way that the socket hasn't taken, nothing more is given to it. */
const BACKLOG_BYTES = 256 * 1024;

/** Puts frames together and hands what came up in one turn of the event loop to the socket at once. */
export class FrameWriter {
  readonly #socket: Duplex;
  #pieces: Buffer[] = [];
  /** The block that small pieces go into; block[from, at) is not among the pieces yet. */
  #block: Buffer = Buffer.alloc(0);
  #from = 0;
  #at = 0;
  #openBytes = 0;
  #freeBytes = 0;
  #isScheduled = false;
  readonly #flush = (): void => this.flush();

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  get isFull(): boolean {
    return this.#openBytes + this.#socket.writableLength > BACKLOG_BYTES;
  }

  /** Of what the socket hasn't taken yet, so much at most is no content, and no window holds it back. */
  get freeBytes(): number {
    this.#freeBytes = Math.min(this.#freeBytes, this.#openBytes + this.#socket.writableLength);
    return this.#freeBytes;
  }

  /** So many bytes of what is written are no content. */
  countFree(bytes: number): void {
    this.#freeBytes += bytes;
  }

  head(length: number, type: number, flags: number, stream: number): void {
    this.#reserve(FRAME_HEAD_BYTES);
    writeFrameHead(this.#block, this.#at, length, type, flags, stream);
    this.#at += FRAME_HEAD_BYTES;
    this.#openBytes += FRAME_HEAD_BYTES;
  }

  /** bytes[from, to), which must stay as they are until they are sent. */
  content(bytes: Uint8Array, from: number, to: number): void {
    const count = to - from;
    this.#openBytes += count;
    if (count < COPY_LIMIT_BYTES) {
      this.#reserve(count);
      this.#block.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), this.#at);
      this.#at += count;
      return;
    }
    this.#closePiece();
    this.#pieces.push(Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset + from, count));
  }

  /** A whole frame. */
  frame(frame: Uint8Array): void {
    this.countFree(frame.length);
    this.content(frame, 0, frame.length);
    this.schedule();
  }

  /** What was written goes out at the end of this turn. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#flush);
  }

  flush(): void {
    this.#isScheduled = false;
    this.#closePiece();
    this.#openBytes = 0;
    const pieces = this.#pieces;
    if (pieces.length === 0 || this.#socket.destroyed) return;
    this.#pieces = [];
    if (pieces.length === 1) {
      this.#socket.write(pieces[0]);
      return;
    }
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#block.length) return;
    this.#closePiece();
    this.#block = Buffer.allocUnsafe(Math.max(BLOCK_BYTES, count));
    this.#from = 0;
    this.#at = 0;
  }

  #closePiece(): void {
    if (this.#at > this.#from) this.#pieces.push(this.#block.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }
}
