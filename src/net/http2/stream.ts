import type { FrameWriter } from './frame-writer.ts';
import type { Http2Headers } from './header-list.ts';
import { FLAG, FRAME, FRAME_LIMIT_BYTES } from './protocol.ts';
import { ReceiveWindow } from './receive-window.ts';

/** Who a stream belongs to. Called while the connection reads: it must not throw. */
export interface StreamReceiver {
  /** An answer's headers, or trailers. Headers of a request come with the stream. */
  headers(headers: Http2Headers): void;
  /** Content. The bytes are the connection's: they may be other ones after the call. */
  data(bytes: Uint8Array): void;
  /** So much content came while the stream is paused, and is kept for `data`. */
  held(bytes: number): void;
  /** All of it has come. */
  end(): void;
  /** The stream is over, however that came. Called once. */
  closed(): void;
}

/** What a stream asks of its connection. */
export interface StreamHost {
  /** It has something to send, and its window has room. */
  wantsToSend(stream: Http2Stream): void;
  sendHeaders(stream: Http2Stream, block: Uint8Array, isLast: boolean): void;
  sendReset(stream: Http2Stream, code: number): void;
  growWindow(stream: Http2Stream, bytes: number): void;
  /** It is over. */
  forget(stream: Http2Stream): void;
}

const NO_BYTES = new Uint8Array(0);
const LEAST_HELD_BYTES = 4096;

const NOBODY: StreamReceiver = {
  headers: () => undefined,
  data: () => undefined,
  held: () => undefined,
  end: () => undefined,
  closed: () => undefined,
};

/** One request and its answer. */
export class Http2Stream {
  /** 0 while it waits to be opened. */
  id = 0;
  receiver: StreamReceiver = NOBODY;
  /** How many bytes the peer takes now; below 0 after it made its windows smaller. */
  sendWindowBytes = 0;
  /** The peer has sent headers that aren't informational. */
  hasHeaders = false;
  /** Of the request's headers, as their limit counts them. */
  headerBytes = 0;
  /** Of `content-length`; -1 where there is none. */
  expectedBytes = -1;
  readonly #host: StreamHost;
  readonly #window: ReceiveWindow;
  #receivedBytes = 0;
  #isLocalEnded = false;
  #isRemoteEnded = false;
  #isClosed = false;
  #resetCode: number | undefined;
  #error: Error | undefined;

  /** What is to be sent: parts[0] from `partAt` on, and the others. */
  #parts: Uint8Array[] = [];
  #partAt = 0;
  #queuedBytes = 0;
  #isEnding = false;
  #trailers: Uint8Array | undefined;
  #onDrained: (() => void) | undefined;

  /** Content that came while nobody wanted it: held[0, heldBytes); and how much of the window it takes. */
  #held: Uint8Array = NO_BYTES;
  #heldBytes = 0;
  #heldWindowBytes = 0;
  #isPaused = false;

  constructor(host: StreamHost, windowBytes: number) {
    this.#host = host;
    this.#window = new ReceiveWindow(windowBytes);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }
  /** All that the peer sends has come. */
  get isRemoteEnded(): boolean {
    return this.#isRemoteEnded;
  }
  /** Everything was sent. */
  get isLocalEnded(): boolean {
    return this.#isLocalEnded;
  }
  /** Why it was cut off, of HTTP2_ERROR; undefined where it ended by itself. */
  get resetCode(): number | undefined {
    return this.#resetCode;
  }
  /** What ended the connection, and the stream with it. */
  get error(): Error | undefined {
    return this.#error;
  }

  // Sending.

  sendHeaders(block: Uint8Array, isLast = false): void {
    if (this.#isClosed || this.#isLocalEnded) return;
    this.#host.sendHeaders(this, block, isLast);
    if (isLast) this.localEnded();
  }

  /** The bytes must stay as they are until they are sent. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed || this.#isEnding || bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.canSend) this.#host.wantsToSend(this);
  }

  /** Nothing comes behind what was written but the trailers. */
  end(trailers?: Uint8Array): void {
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    this.#trailers = trailers;
    if (this.canSend) this.#host.wantsToSend(this);
  }

  /** Resolves when all that was written is sent, or the stream is over. */
  drained(): Promise<void> {
    if (this.#queuedBytes === 0 || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Something can go out now, as far as this stream knows. */
  get canSend(): boolean {
    if (this.id === 0 || this.#isLocalEnded || this.#isClosed) return false;
    return this.#queuedBytes > 0 ? this.sendWindowBytes > 0 : this.#isEnding;
  }

  /** Writes a frame of at most `limitBytes`, and what ends the stream. Returns how much of the windows it took. */
  sendFrame(out: FrameWriter, limitBytes: number): number {
    const count = Math.min(this.#queuedBytes, this.sendWindowBytes, limitBytes, FRAME_LIMIT_BYTES);
    const isLast = this.#isEnding && count === this.#queuedBytes;
    if (count > 0 || this.#trailers === undefined) {
      out.head(count, FRAME.data, isLast && this.#trailers === undefined ? FLAG.endStream : 0, this.id);
      this.#sendParts(out, count);
      this.sendWindowBytes -= count;
    }
    if (this.#queuedBytes === 0) this.#isDrained();
    if (isLast) {
      if (this.#trailers !== undefined) this.#host.sendHeaders(this, this.#trailers, true);
      this.localEnded();
    }
    return count;
  }

  #sendParts(out: FrameWriter, count: number): void {
    this.#queuedBytes -= count;
    let left = count;
    let sentParts = 0;
    while (left > 0) {
      const part = this.#parts[sentParts]!;
      const piece = Math.min(left, part.length - this.#partAt);
      out.content(part, this.#partAt, this.#partAt + piece);
      this.#partAt += piece;
      left -= piece;
      if (this.#partAt === part.length) {
        sentParts++;
        this.#partAt = 0;
      }
    }
    if (sentParts > 0) this.#parts.splice(0, sentParts);
  }

  #isDrained(): void {
    const onDrained = this.#onDrained;
    this.#onDrained = undefined;
    onDrained?.();
  }

  /** Cuts the stream off. */
  reset(code: number): void {
    if (this.#isClosed) return;
    if (this.id !== 0) this.#host.sendReset(this, code);
    this.close(code);
  }

  // Receiving.

  /** Content is kept, up to what the window lets the peer send, until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    const held = this.#held.subarray(0, this.#heldBytes);
    this.#held = NO_BYTES;
    this.#heldBytes = 0;
    if (held.length > 0 && !this.#isClosed) this.receiver.data(held);
    // The receiver may have paused it again: the end is for the next time then.
    if (this.#isPaused) return;
    this.#giveBack(this.#heldWindowBytes);
    this.#heldWindowBytes = 0;
    if (this.#isRemoteEnded && !this.#isClosed) this.receiver.end();
  }

  // What the connection says.

  /** A frame of so many bytes comes. False where they are more than the window. */
  takeWindow(bytes: number): boolean {
    return this.#window.take(bytes);
  }

  /** A frame of so many bytes was dealt with. */
  frameTaken(bytes: number): void {
    if (this.#isPaused) this.#heldWindowBytes += bytes;
    else this.#giveBack(bytes);
  }

  #giveBack(bytes: number): void {
    if (this.#isRemoteEnded || this.#isClosed) return;
    const grown = this.#window.giveBack(bytes);
    if (grown > 0) this.#host.growWindow(this, grown);
  }

  received(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length;
    if (this.#isPaused) this.#hold(bytes);
    else this.receiver.data(bytes);
  }

  /** In one piece: a peer may send its content a byte a frame. */
  #hold(bytes: Uint8Array): void {
    const needed = this.#heldBytes + bytes.length;
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.max(needed, this.#held.length * 2, LEAST_HELD_BYTES));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = needed;
    this.receiver.held(bytes.length);
  }

  /** The peer has ended its side. False where what came is not what it announced. */
  remoteEnded(): boolean {
    if (this.expectedBytes >= 0 && this.expectedBytes !== this.#receivedBytes) return false;
    this.#isRemoteEnded = true;
    if (!this.#isPaused) this.receiver.end();
    if (this.#isLocalEnded) this.close();
    return true;
  }

  localEnded(): void {
    this.#isLocalEnded = true;
    if (this.#isRemoteEnded) this.close();
  }

  close(code?: number, error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#resetCode = code;
    this.#error = error;
    this.#parts = [];
    this.#held = NO_BYTES;
    this.#heldBytes = 0;
    this.#queuedBytes = 0;
    this.#host.forget(this);
    this.#isDrained();
    this.receiver.closed();
  }
}
