import { messageOf } from '#base';
import { Busy } from './busy.ts';
import type { Coding } from './codings.ts';
import { codingOf, frameMessage, GrpcFailure, MessageReader } from './grpc-frames.ts';
import type { GrpcCall, GrpcHandler } from './grpc-handler.ts';
import type { OpenStream, RequestReader } from './grpc-open-stream.ts';
import { GRPC, type RpcStatus } from './status.ts';

const BUSY_RETRY_MS = 1000;

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
export class UnaryCall implements RequestReader {
  readonly #settings: UnaryCallSettings;
  readonly #open: OpenStream;
  readonly #reader: MessageReader;
  readonly #gone = new AbortController();
  #coding: Coding | undefined;
  #hasFailed = false;
  #isRead = false;
  #isAnswered = false;

  constructor(open: OpenStream, settings: UnaryCallSettings) {
    this.#open = open;
    this.#settings = settings;
    this.#reader = new MessageReader(settings.maxMessageBytes, open.share);
  }

  receive(): void {
    this.#open.read(this, () => this.stop(new GrpcFailure(GRPC.deadlineExceeded, LATE)));
    try {
      this.#coding = codingOf(this.#settings.call.headers['grpc-encoding'] as string | undefined);
    } catch (error) {
      this.stop(error);
    }
  }

  data(bytes: Uint8Array): void {
    if (this.#hasFailed) return;
    try {
      this.#reader.push(bytes);
      this.#open.received(this.#reader.receivedBytes);
      this.#open.enter(this.#reader.announcedBytes)?.catch((error: unknown) => this.stop(error));
    } catch (error) {
      this.stop(error);
    }
  }

  end(): void {
    if (this.#hasFailed) return;
    this.#isRead = true;
    this.#open.isRead();
    this.#run().catch((error: unknown) => this.stop(error));
  }

  closed(): void {
    if (this.#isRead) {
      if (!this.#isAnswered) this.#gone.abort();
    } else if (!this.#hasFailed) {
      this.#hasFailed = true;
      this.#settings.onCancelled(CANCELLED);
    }
  }

  stop(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#open.share.release();
    this.#settings.fail(statusOf(error));
  }

  async #run(): Promise<void> {
    let content = this.#reader.finish(this.#coding);
    if (!(content instanceof Uint8Array)) content = await content;
    const answer = await this.#settings.handler(content, { ...this.#settings.call, abort: this.#gone.signal });
    if ('messages' in answer) {
      await sendAll(this.#open, answer.messages);
      return;
    }
    this.#isAnswered = true;
    this.#open.answered();
    if ('status' in answer) this.#open.refuse(answer.status);
    else respond(this.#open, answer.message);
  }
}

const LATE = 'the request did not come within its time';
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

const EMPTY_FRAME = frameMessage(new Uint8Array(0));

function respond(open: OpenStream, message: Uint8Array): void {
  open.begin();
  open.stream.write(message.length === 0 ? EMPTY_FRAME : frameMessage(message));
  open.finish();
}

async function sendAll(open: OpenStream, messages: AsyncGenerator<Uint8Array, RpcStatus>): Promise<void> {
  open.begin();
  let end: RpcStatus;
  try {
    let next = await messages.next();
    while (next.done !== true) {
      open.stream.write(frameMessage(next.value));
      await open.taken(next.value.length);
      next = await messages.next();
    }
    end = next.value;
  } catch (error) {
    end = statusOf(error);
  }
  open.answered();
  open.finish(end);
}
