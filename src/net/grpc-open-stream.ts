import { after, type Timer } from '#base';
import { type ByteBudget, Share } from './budget.ts';
import { Busy } from './busy.ts';
import { requestDueMs, type Watched } from './due-watch.ts';
import { ACCEPTED_ENCODINGS, statusTrailers } from './grpc-frames.ts';
import { encodeHeaders, HTTP2_ERROR, type Http2Stream, type StreamReceiver } from './http2/index.ts';
import type { LargePlace } from './large-bodies.ts';
import type { RpcStatus } from './status.ts';

/** What a stream costs in this process beside its headers and bodies, answered or not. */
const STREAM_COST_BYTES = 8 * 1024;
const LINGER_MS = 500;

const RESPONSE_HEADERS = {
  ':status': '200',
  'content-type': 'application/grpc',
  'grpc-accept-encoding': ACCEPTED_ENCODINGS,
} as const;
const RESPONSE_BLOCK = encodeHeaders(RESPONSE_HEADERS);
const OK_TRAILERS = encodeHeaders({ 'grpc-status': '0' });

export interface OpenStreamSettings {
  readonly budget: ByteBudget;
  /** May be Infinity. */
  readonly timeoutMs: number;
  /** Where it stands as long as its request is being read. */
  readonly halfSent: Set<Watched>;
  /** Ends the connection, and all that waits on it. */
  cutOff(): void;
  /** The stream is over. */
  onClosed(open: OpenStream): void;
}

/** Who reads a request. */
export interface RequestReader extends Pick<StreamReceiver, 'data' | 'end' | 'closed'> {
  /** Ends the call: it can't be read. */
  stop(error: unknown): void;
}

/** A stream from its headers to its end: what it holds of the budget, and how long the client may take for what is its turn. */
export class OpenStream implements Watched, StreamReceiver {
  readonly stream: Http2Stream;
  readonly share: Share;
  readonly #settings: OpenStreamSettings;
  readonly #startMs = performance.now();
  dueMs: number;
  #place: LargePlace | undefined;
  #hasAsked = false;
  /** Of the budget: for what came while the stream is paused. */
  #heldBytes = 0;
  #isAnswered = false;
  #reader: RequestReader | undefined;
  #onSlow: (() => void) | undefined;
  #linger: Timer | undefined;

  constructor(stream: Http2Stream, settings: OpenStreamSettings) {
    this.stream = stream;
    this.share = new Share(settings.budget);
    this.#settings = settings;
    this.dueMs = this.#startMs + settings.timeoutMs;
    stream.receiver = this;
  }

  /** Throws Busy where the budget has no room for one more. */
  take(): void {
    this.share.take(STREAM_COST_BYTES + this.stream.headerBytes);
  }

  /** Begins to read; `onSlow` is called where the client doesn't get ready. */
  read(reader: RequestReader, onSlow: () => void): void {
    this.#reader = reader;
    this.#onSlow = onSlow;
    this.#settings.halfSent.add(this);
  }

  /** Reads no further until there is room for a message of so many bytes; undefined where there is. */
  enter(announcedBytes: number): Promise<void> | undefined {
    if (this.#hasAsked || announcedBytes === 0) return undefined;
    this.#hasAsked = true;
    const entering = this.#settings.budget.large.enter(announcedBytes);
    return entering && this.#enter(entering);
  }

  async #enter(entering: Promise<LargePlace | undefined>): Promise<void> {
    this.stream.pause();
    try {
      const place = await entering;
      if (this.stream.isClosed) place?.leave();
      else this.#place = place;
    } finally {
      this.resume();
    }
  }

  /** Goes on reading after `stream.pause()`. */
  resume(): void {
    this.#letGo();
    this.stream.resume();
  }

  #letGo(): void {
    this.#settings.budget.letGo(this.#heldBytes);
    this.#heldBytes = 0;
  }

  received(bytes: number): void {
    this.#place?.touch();
    this.dueMs = requestDueMs(this.#startMs, this.#settings.timeoutMs, bytes);
  }

  /** From now on it is our turn. */
  isRead(): void {
    this.#place?.complete();
    this.#onSlow = undefined;
    this.#settings.halfSent.delete(this);
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  expire(): void {
    const onSlow = this.#onSlow;
    this.#onSlow = undefined;
    this.#settings.halfSent.delete(this);
    if (onSlow !== undefined) onSlow();
    // It doesn't take its answer. The connection is stuck, and all that waits on it.
    else this.#settings.cutOff();
  }

  // What its connection says. Headers are trailers here, which gRPC's clients don't send.

  headers(): void {}

  data(bytes: Uint8Array): void {
    this.#reader?.data(bytes);
  }

  held(bytes: number): void {
    if (this.#settings.budget.tryHold(bytes)) this.#heldBytes += bytes;
    else if (this.#reader === undefined) this.stream.reset(HTTP2_ERROR.refusedStream);
    else {
      this.#reader.stop(new Busy());
      this.resume();
    }
  }

  end(): void {
    this.#reader?.end();
  }

  closed(): void {
    this.#linger?.cancel();
    this.#place?.leave();
    this.#settings.halfSent.delete(this);
    this.#letGo();
    this.#reader?.closed();
    this.share.release();
    this.#settings.onClosed(this);
  }

  // Answers.

  /** Begins an answer of messages, which `stream` takes; `finish` ends it. */
  begin(): void {
    this.#isAnswered = true;
    this.stream.sendHeaders(RESPONSE_BLOCK);
  }

  finish(status?: RpcStatus): void {
    this.stream.end(status === undefined ? OK_TRAILERS : encodeHeaders(statusTrailers(status)));
  }

  /** Resolves when the client has taken what was written, of so many bytes, or the stream is over: it may not take for ever. */
  async taken(bytes: number): Promise<void> {
    this.dueMs = requestDueMs(performance.now(), this.#settings.timeoutMs, bytes);
    await this.stream.drained();
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  /** The client's turn again: to read its answer. */
  answered(): void {
    this.share.release();
    this.dueMs = performance.now() + this.#settings.timeoutMs;
  }

  /** Ends a call with a status and no message. What the client still sends is thrown away. */
  refuse(status: RpcStatus): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.stream.sendHeaders(encodeHeaders({ ...RESPONSE_HEADERS, ...statusTrailers(status) }), true);
    this.#endReading();
  }

  refuseHttp(status: number): void {
    this.#isAnswered = true;
    this.stream.sendHeaders(encodeHeaders({ ':status': String(status) }), true);
    this.#endReading();
  }

  /**
   * What the client still sends is thrown away, for a while: resetting the stream at once would overtake the answer. Then it is told to stop,
   * with NO_ERROR (RFC 9113 §8.1).
   */
  #endReading(): void {
    if (this.stream.isClosed) return;
    this.#linger = after(LINGER_MS, () => this.stream.reset(HTTP2_ERROR.none));
  }
}
