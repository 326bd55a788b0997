import { after, messageOf, type Timer } from '#base';
import { codingOf, GrpcFailure, MessageReader } from './grpc-frames.ts';
import { HTTP2_ERROR, type Http2Headers, type Http2Stream, type StreamReceiver } from './http2/index.ts';
import { networkMessage } from './network-error.ts';
import { decodeStatus, GRPC, type RpcStatus } from './status.ts';

export type CallOutcome =
  | { readonly kind: 'message'; readonly message: Uint8Array }
  /** `wasRefused`: the peer has not looked at the call. */
  | { readonly kind: 'failed'; readonly status: RpcStatus; readonly wasRefused: boolean };

/** Answers of OTLP are a few bytes; more is not read. */
const ANSWER_LIMIT_BYTES = 64 * 1024;

/** Reads the answer to one unary call from its stream. */
export class AnswerReader implements StreamReceiver {
  /** Never rejects. */
  readonly answer: Promise<CallOutcome>;
  readonly #stream: Http2Stream;
  readonly #reader = new MessageReader(ANSWER_LIMIT_BYTES);
  readonly #timer: Timer | undefined;
  #headers: Http2Headers = {};
  #trailers: Http2Headers | undefined;
  #failure: RpcStatus | undefined;
  #hasHeaders = false;
  #resolve: (outcome: Promise<CallOutcome>) => void = () => undefined;

  /** `timeoutMs` may be Infinity. */
  constructor(stream: Http2Stream, timeoutMs: number) {
    this.#stream = stream;
    this.#timer = Number.isFinite(timeoutMs) ? after(timeoutMs, () => this.#expire(), { keepsAlive: true }) : undefined;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    stream.receiver = this;
    // The connection had gone before the stream was opened.
    if (stream.isClosed) this.closed();
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.#fail(failure(GRPC.cancelled, 'cancelled'));
  }

  #expire(): void {
    this.#fail(failure(GRPC.deadlineExceeded, 'context deadline exceeded'));
  }

  #fail(status: RpcStatus): void {
    this.#failure ??= status;
    this.#stream.reset(HTTP2_ERROR.cancel);
  }

  headers(headers: Http2Headers): void {
    if (this.#hasHeaders) this.#trailers = headers;
    else this.#headers = headers;
    this.#hasHeaders = true;
  }

  data(bytes: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#fail(failureOf(error));
    }
  }

  held(): void {}

  /** A server that has answered doesn't read what we still send. */
  end(): void {
    if (!this.#stream.isLocalEnded) this.#stream.reset(HTTP2_ERROR.none);
  }

  closed(): void {
    this.#timer?.cancel();
    const { error } = this.#stream;
    if (error !== undefined) this.#failure ??= failure(GRPC.unavailable, networkMessage(error));
    this.#resolve(this.#outcome());
  }

  async #outcome(): Promise<CallOutcome> {
    // A status that the peer sent counts more than how the stream ended after it.
    const status = this.#peerStatus() ?? this.#failure ?? resetStatus(this.#stream.resetCode);
    if (status.code !== GRPC.ok) {
      const wasRefused = this.#stream.resetCode === HTTP2_ERROR.refusedStream;
      return { kind: 'failed', status, wasRefused };
    }
    try {
      const message = await this.#reader.finish(codingOf(this.#headers['grpc-encoding'] as string | undefined));
      return { kind: 'message', message };
    } catch (error) {
      return { kind: 'failed', status: failureOf(error), wasRefused: false };
    }
  }

  #peerStatus(): RpcStatus | undefined {
    const trailers = this.#trailers?.['grpc-status'] === undefined ? this.#headers : this.#trailers;
    const code = trailers['grpc-status'];
    if (code !== undefined) return readStatus(trailers, Number(code));
    const httpStatus = this.#headers[':status'];
    if (httpStatus === undefined || httpStatus === '200') return undefined;
    return failure(codeOfHttp(Number(httpStatus)), `unexpected HTTP status code received from server: ${httpStatus}`);
  }
}

function readStatus(trailers: Http2Headers, code: number): RpcStatus {
  const details = trailers['grpc-status-details-bin'];
  const retryAfterMs =
    typeof details === 'string' ? decodeStatus(Buffer.from(details, 'base64'))?.retryAfterMs : undefined;
  return {
    code: Number.isInteger(code) && code >= 0 ? code : GRPC.unknown,
    message: percentDecode(String(trailers['grpc-message'] ?? '')),
    retryAfterMs,
  };
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function failure(code: number, message: string): RpcStatus {
  return { code, message, retryAfterMs: undefined };
}

function failureOf(error: unknown): RpcStatus {
  return failure(error instanceof GrpcFailure ? error.grpcCode : GRPC.internal, messageOf(error));
}

/** grpc/grpc doc/http-grpc-status-mapping.md. */
function codeOfHttp(status: number): number {
  switch (status) {
    case 400:
      return GRPC.internal;
    case 401:
      return GRPC.unauthenticated;
    case 403:
      return GRPC.permissionDenied;
    case 404:
      return GRPC.unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GRPC.unavailable;
    default:
      return GRPC.unknown;
  }
}

/** The status of a stream that ended without one (grpc/grpc doc/PROTOCOL-HTTP2.md, "Errors"). */
function resetStatus(code: number | undefined): RpcStatus {
  switch (code) {
    case HTTP2_ERROR.refusedStream:
      return failure(GRPC.unavailable, 'the server refused the stream');
    case HTTP2_ERROR.cancel:
      return failure(GRPC.cancelled, 'the server cancelled the call');
    case HTTP2_ERROR.enhanceYourCalm:
      return failure(GRPC.resourceExhausted, 'the server asks to send less');
    case HTTP2_ERROR.inadequateSecurity:
      return failure(GRPC.permissionDenied, 'the server asks for more security');
    default:
      return failure(GRPC.unavailable, 'the connection ended without a status');
  }
}
