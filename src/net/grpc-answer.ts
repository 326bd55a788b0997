import {
  type ClientHttp2Stream,
  constants as http2,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { after, messageOf } from '#base';
import { codingOf, GrpcFailure, MessageReader } from './grpc-frames.ts';
import { decodeStatus, GRPC, type RpcStatus } from './status.ts';

export type CallOutcome =
  | { readonly kind: 'message'; readonly message: Uint8Array }
  /** `wasRefused`: the peer has not looked at the call. */
  | { readonly kind: 'failed'; readonly status: RpcStatus; readonly wasRefused: boolean };

/** Answers of OTLP are a few bytes; more is not read. */
const ANSWER_LIMIT_BYTES = 64 * 1024;

/** Reads the answer to one unary call from its stream. */
export class AnswerReader {
  /** Never rejects. */
  readonly answer: Promise<CallOutcome>;
  readonly #stream: ClientHttp2Stream;
  readonly #reader = new MessageReader(ANSWER_LIMIT_BYTES);
  #headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  #trailers: IncomingHttpHeaders | undefined;
  #failure: RpcStatus | undefined;

  /** `timeoutMs` may be Infinity. */
  constructor(stream: ClientHttp2Stream, timeoutMs: number) {
    this.#stream = stream;
    const timer = Number.isFinite(timeoutMs) ? after(timeoutMs, () => this.#expire(), { keepsAlive: true }) : undefined;
    stream.on('response', (headers) => {
      this.#headers = headers;
    });
    stream.on('trailers', (trailers) => {
      this.#trailers = trailers;
    });
    stream.on('data', (data: Buffer) => this.#take(data));
    stream.on('error', (error) => {
      this.#failure ??= failure(GRPC.unavailable, messageOf(error));
    });
    this.answer = new Promise((resolve) => {
      stream.once('close', () => {
        timer?.cancel();
        resolve(this.#outcome());
      });
    });
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.#failure ??= failure(GRPC.cancelled, 'cancelled');
    this.#stream.close(http2.NGHTTP2_CANCEL);
  }

  #expire(): void {
    this.#failure ??= failure(GRPC.deadlineExceeded, 'context deadline exceeded');
    this.#stream.close(http2.NGHTTP2_CANCEL);
  }

  #take(data: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      this.#reader.push(data);
    } catch (error) {
      this.#failure = failureOf(error);
      this.#stream.close(http2.NGHTTP2_CANCEL);
    }
  }

  async #outcome(): Promise<CallOutcome> {
    // A status that the peer sent counts more than how the stream ended after it.
    const status = this.#peerStatus() ?? this.#failure ?? resetStatus(this.#stream.rstCode);
    if (status.code !== GRPC.ok) {
      const wasRefused = this.#stream.rstCode === http2.NGHTTP2_REFUSED_STREAM;
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
    if (httpStatus === undefined || httpStatus === 200) return undefined;
    return failure(codeOfHttp(httpStatus), `unexpected HTTP status code received from server: ${httpStatus}`);
  }
}

function readStatus(trailers: IncomingHttpHeaders, code: number): RpcStatus {
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
function resetStatus(rstCode: number | undefined): RpcStatus {
  switch (rstCode) {
    case http2.NGHTTP2_REFUSED_STREAM:
      return failure(GRPC.unavailable, 'the server refused the stream');
    case http2.NGHTTP2_CANCEL:
      return failure(GRPC.cancelled, 'the server cancelled the call');
    case http2.NGHTTP2_ENHANCE_YOUR_CALM:
      return failure(GRPC.resourceExhausted, 'the server asks to send less');
    case http2.NGHTTP2_INADEQUATE_SECURITY:
      return failure(GRPC.permissionDenied, 'the server asks for more security');
    default:
      return failure(GRPC.unavailable, 'the connection ended without a status');
  }
}
