import { constants as http2, type ServerHttp2Stream } from 'node:http2';
import { after, messageOf } from '#base';
import type { ByteBudget } from './budget.ts';
import { Share } from './budget.ts';
import { Busy } from './busy.ts';
import type { Coding } from './codings.ts';
import { requestDueMs, type Watched } from './due-watch.ts';
import {
  ACCEPTED_ENCODINGS,
  codingOf,
  frameMessage,
  GrpcFailure,
  MessageReader,
  statusTrailers,
} from './grpc-frames.ts';
import type { GrpcCall, GrpcHandler } from './grpc-handler.ts';
import type { LargePlace } from './large-bodies.ts';
import { GRPC, type RpcStatus } from './status.ts';

/** What a stream costs in this process beside its bodies, answered or not: 7 KB measured, of Node's and ours. */
const STREAM_COST_BYTES = 8 * 1024;
const BUSY_RETRY_MS = 1000;
const LINGER_MS = 500;

/** A stream from its headers to its end: what it holds of the budget, and how long the client may take for what is its turn. */
export class OpenStream implements Watched {
  readonly stream: ServerHttp2Stream;
  readonly share: Share;
  readonly #budget: ByteBudget;
  #place: LargePlace | undefined;
  #hasAsked = false;
  readonly #startMs = performance.now();
  readonly #timeoutMs: number;
  readonly #halfSent: Set<Watched>;
  dueMs: number;
  #onSlow: (() => void) | undefined;

  /** `timeoutMs` may be Infinity. It stands in `halfSent` as long as its request is being read. */
  constructor(stream: ServerHttp2Stream, budget: ByteBudget, timeoutMs: number, halfSent: Set<Watched>) {
    this.stream = stream;
    this.share = new Share(budget);
    this.#budget = budget;
    this.#timeoutMs = timeoutMs;
    this.#halfSent = halfSent;
    this.dueMs = this.#startMs + timeoutMs;
  }

  /** Throws Busy where the budget has no room for one more. */
  take(): void {
    this.share.take(STREAM_COST_BYTES);
  }

  /** Begins to read; `onSlow` is called where the client doesn't get ready. */
  reading(onSlow: () => void): void {
    this.#onSlow = onSlow;
    this.#halfSent.add(this);
  }

  /** Reads no further until there is room for a message of so many bytes. */
  async enter(announcedBytes: number): Promise<void> {
    const entering = this.#hasAsked || announcedBytes === 0 ? undefined : this.#budget.large.enter(announcedBytes);
    if (announcedBytes > 0) this.#hasAsked = true;
    if (entering === undefined) return;
    this.stream.pause();
    try {
      const place = await entering;
      if (this.stream.closed) place?.leave();
      else this.#place = place;
    } finally {
      this.stream.resume();
    }
  }

  received(bytes: number): void {
    this.#place?.touch();
    this.dueMs = requestDueMs(this.#startMs, this.#timeoutMs, bytes);
  }

  /** From now on it is our turn. */
  isRead(): void {
    this.#place?.complete();
    this.#onSlow = undefined;
    this.#halfSent.delete(this);
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  /** The client's turn again: to read its answer. */
  answered(): void {
    this.dueMs = performance.now() + this.#timeoutMs;
  }

  closed(): void {
    this.#place?.leave();
    this.#halfSent.delete(this);
    this.share.release();
  }

  expire(): void {
    const onSlow = this.#onSlow;
    this.#onSlow = undefined;
    this.#halfSent.delete(this);
    if (onSlow !== undefined) onSlow();
    // It doesn't take its answer. The connection is stuck, and all that waits on it.
    else this.stream.session?.destroy();
  }
}

export interface UnaryCallSettings {
  readonly maxMessageBytes: number;
  readonly handler: GrpcHandler;
  readonly call: Omit<GrpcCall, 'abort'>;
  /** Ends the call with a status. */
  fail(status: RpcStatus): void;
  /** The client went away. */
  onCancelled(status: RpcStatus): void;
}

/** One request from its first byte to its answer. */
export class UnaryCall {
  readonly #settings: UnaryCallSettings;
  readonly #open: OpenStream;
  readonly #reader: MessageReader;
  #failed = false;

  constructor(open: OpenStream, settings: UnaryCallSettings) {
    this.#open = open;
    this.#settings = settings;
    this.#reader = new MessageReader(settings.maxMessageBytes, open.share);
  }

  receive(): void {
    const { stream, share } = this.#open;
    const stop = (error: unknown): void => {
      if (this.#failed) return;
      this.#failed = true;
      share.release();
      this.#settings.fail(statusOf(error));
    };
    this.#open.reading(() => stop(new GrpcFailure(GRPC.deadlineExceeded, 'the request did not come within its time')));
    let coding: Coding | undefined;
    try {
      coding = codingOf(this.#settings.call.headers['grpc-encoding'] as string | undefined);
    } catch (error) {
      stop(error);
      return;
    }
    stream.on('data', (data: Buffer) => {
      if (this.#failed) return;
      try {
        this.#reader.push(data);
        this.#open.received(this.#reader.receivedBytes);
        this.#open.enter(this.#reader.announcedBytes).catch(stop);
      } catch (error) {
        stop(error);
      }
    });
    stream.once('end', () => {
      if (this.#failed) return;
      this.#open.isRead();
      this.#run(coding).catch(stop);
    });
    stream.once('aborted', () => {
      if (!this.#failed && !stream.readableEnded) {
        this.#failed = true;
        share.release();
        this.#settings.onCancelled(CANCELLED);
      }
    });
  }

  async #run(coding: Coding | undefined): Promise<void> {
    let content = this.#reader.finish(coding);
    if (!(content instanceof Uint8Array)) content = await content;
    const gone = new AbortController();
    let isAnswered = false;
    this.#open.stream.once('close', () => {
      if (!isAnswered) gone.abort();
    });
    const answer = await this.#settings.handler(content, { ...this.#settings.call, abort: gone.signal });
    if ('messages' in answer) {
      await sendAll(this.#open.stream, answer.messages);
      return;
    }
    isAnswered = true;
    this.#open.share.release();
    this.#open.answered();
    if ('status' in answer) refuse(this.#open.stream, answer.status);
    else respond(this.#open.stream, answer.message);
  }
}

const CANCELLED: RpcStatus = {
  code: GRPC.cancelled,
  message: 'the client went away before its request was complete',
  retryAfterMs: undefined,
};

export function statusOf(error: unknown): RpcStatus {
  if (error instanceof Busy) {
    return {
      code: GRPC.unavailable,
      message: error.message,
      retryAfterMs: BUSY_RETRY_MS,
    };
  }
  const code = error instanceof GrpcFailure ? error.grpcCode : GRPC.internal;
  return { code, message: messageOf(error), retryAfterMs: undefined };
}

const RESPONSE_HEADERS = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': ACCEPTED_ENCODINGS,
} as const;
const OK_TRAILERS = { 'grpc-status': '0' } as const;
const EMPTY_FRAME = frameMessage(new Uint8Array(0));

function respond(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(OK_TRAILERS));
  stream.end(message.length === 0 ? EMPTY_FRAME : frameMessage(message));
}

/** What the stream holds of the budget it holds until its end. */
async function sendAll(stream: ServerHttp2Stream, messages: AsyncGenerator<Uint8Array, RpcStatus>): Promise<void> {
  if (stream.destroyed || stream.closed) return;
  stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
  let end: RpcStatus;
  stream.once('wantTrailers', () => stream.sendTrailers(statusTrailers(end)));
  try {
    let next = await messages.next();
    while (next.done !== true) {
      if (!stream.destroyed && !stream.write(frameMessage(next.value))) await drained(stream);
      next = await messages.next();
    }
    end = next.value;
  } catch (error) {
    end = statusOf(error);
  }
  if (!stream.destroyed) stream.end();
}

function drained(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

/** Ends a call with a status and no message. What the client still sends is thrown away. */
export function refuse(stream: ServerHttp2Stream, status: RpcStatus): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  stream.respond({ ...RESPONSE_HEADERS, ...statusTrailers(status) }, { endStream: true });
  endReading(stream);
}

export function refuseHttp(stream: ServerHttp2Stream, status: number): void {
  stream.respond({ ':status': status }, { endStream: true });
  endReading(stream);
}

/**
 * What the client still sends is thrown away, for a while: resetting the stream at once would overtake the answer. Then it is told to stop,
 * with NO_ERROR (RFC 9113 §8.1).
 */
function endReading(stream: ServerHttp2Stream): void {
  stream.resume();
  if (stream.readableEnded) return;
  const timer = after(LINGER_MS, () => stream.close(http2.NGHTTP2_NO_ERROR));
  stream.once('close', () => timer.cancel());
}
