import { DecodeError } from '#base';
import { BodyBuffer } from './body-buffer.ts';
import type { Share } from './budget.ts';
import { type Coding, inflate } from './codings.ts';
import { inflateWithin } from './inflate-within.ts';
import { isSnappyFramed } from './snappy.ts';
import { encodeStatus, GRPC, type RpcStatus } from './status.ts';

/**
 * gRPC over HTTP/2 (grpc/grpc doc/PROTOCOL-HTTP2.md). A message in a stream:
 *   compressed (1 byte, 0 or 1), length (4 bytes, big-endian), message
 */
export const PREFIX_BYTES = 5;

/** What goes wrong with a request before its message is known. */
export class GrpcFailure extends Error {
  override name = 'GrpcFailure';
  readonly grpcCode: number;
  constructor(grpcCode: number, message: string) {
    super(message);
    this.grpcCode = grpcCode;
  }
}

const ENCODINGS: Readonly<Record<string, Coding | undefined>> = {
  gzip: 'gzip',
  deflate: 'deflate',
  zstd: 'zstd',
  snappy: 'snappy',
};
/** For the header `grpc-accept-encoding`. */
export const ACCEPTED_ENCODINGS = 'identity,gzip,deflate,zstd,snappy';

/** The coding of a `grpc-encoding` header; undefined for identity. Throws a GrpcFailure for an unknown one, in the words of grpc-go. */
export function codingOf(header: string | undefined): Coding | undefined {
  if (header === undefined || header === '' || header === 'identity') return undefined;
  const coding = Object.hasOwn(ENCODINGS, header) ? ENCODINGS[header] : undefined;
  if (coding !== undefined) return coding;
  throw new GrpcFailure(GRPC.unimplemented, `grpc: Decompressor is not installed for grpc-encoding "${header}"`);
}

/** Collects the one message of a unary request. */
export class MessageReader {
  readonly #limitBytes: number;
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixLength = 0;
  #messageBytes = 0;
  readonly #share: Share | undefined;
  readonly #body: BodyBuffer;
  #isPrefixRead = false;

  /** `share` pays for the memory of the message. */
  constructor(limitBytes: number, share?: Share) {
    this.#limitBytes = limitBytes;
    this.#share = share;
    this.#body = new BodyBuffer(share);
  }

  /** Of the whole message, once its prefix is there; 0 before. */
  get announcedBytes(): number {
    return this.#messageBytes;
  }
  /** Of the message, so far. */
  get receivedBytes(): number {
    return this.#body.length;
  }

  /** Takes the next bytes of the stream. Throws a GrpcFailure as soon as the message can't be accepted, Busy where there is no memory for it. */
  push(data: Uint8Array): void {
    let at = 0;
    while (this.#prefixLength < PREFIX_BYTES && at < data.length) this.#prefix[this.#prefixLength++] = data[at++]!;
    if (this.#prefixLength < PREFIX_BYTES) return;
    if (!this.#isPrefixRead) this.#readPrefix();
    if (at === data.length) return;
    const part = at === 0 ? data : data.subarray(at);
    if (this.#body.length + part.length > this.#messageBytes) {
      throw new GrpcFailure(GRPC.internal, 'a unary call with more than one message');
    }
    this.#body.append(part, this.#messageBytes);
  }

  #readPrefix(): void {
    this.#isPrefixRead = true;
    const prefix = this.#prefix;
    if (prefix[0]! > 1) throw new GrpcFailure(GRPC.internal, `invalid compressed flag ${prefix[0]}`);
    this.#messageBytes = ((prefix[1]! << 24) | (prefix[2]! << 16) | (prefix[3]! << 8) | prefix[4]!) >>> 0;
    if (this.#messageBytes > this.#limitBytes) {
      throw new GrpcFailure(
        GRPC.resourceExhausted,
        `grpc: received message larger than max (${this.#messageBytes} vs. ${this.#limitBytes})`,
      );
    }
  }

  /** The message, decompressed, in memory of its own. Throws (or rejects with) a GrpcFailure. */
  finish(coding: Coding | undefined): Uint8Array | Promise<Uint8Array> {
    if (this.#prefixLength < PREFIX_BYTES) throw new GrpcFailure(GRPC.internal, 'a unary call without a message');
    if (this.#body.length < this.#messageBytes) throw new GrpcFailure(GRPC.internal, 'the message is cut off');
    const message = this.#body.take();
    if (this.#prefix[0] === 0) return message;
    if (coding === undefined) {
      throw new GrpcFailure(GRPC.internal, 'grpc: compressed flag set with identity or empty encoding');
    }
    return this.#inflate(coding, message);
  }

  #inflate(coding: Coding, message: Uint8Array): Uint8Array | Promise<Uint8Array> {
    try {
      // Go's gRPC encodings named snappy write the framed format.
      const actual = coding === 'snappy' && isSnappyFramed(message) ? 'x-snappy-framed' : coding;
      const content =
        this.#share === undefined
          ? inflate(actual, message, this.#limitBytes)
          : inflateWithin(this.#share, actual, message, this.#limitBytes);
      if (content instanceof Uint8Array) return content;
      return content.catch((error: unknown) => {
        throw this.#inflateFailure(error);
      });
    } catch (error) {
      throw this.#inflateFailure(error);
    }
  }

  #inflateFailure(error: unknown): unknown {
    if (!(error instanceof DecodeError)) return error;
    return error.message.includes('too large')
      ? new GrpcFailure(
          GRPC.resourceExhausted,
          `grpc: received message after decompression larger than max ${this.#limitBytes}`,
        )
      : new GrpcFailure(GRPC.internal, `grpc: failed to decompress the received message: ${error.message}`);
  }
}

/** A message with its prefix, uncompressed. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** The trailers of a failed call. RetryInfo goes into `grpc-status-details-bin`. */
export function statusTrailers(status: RpcStatus): Record<string, string> {
  const trailers: Record<string, string> = {
    'grpc-status': String(status.code),
    'grpc-message': percentEncode(status.message),
  };
  if (status.retryAfterMs !== undefined) {
    trailers['grpc-status-details-bin'] = Buffer.from(encodeStatus(status)).toString('base64');
  }
  return trailers;
}

const MESSAGE_LIMIT_BYTES = 4096;

/** `grpc-message` holds UTF-8 with all but printable ASCII percent-encoded. */
function percentEncode(message: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(message) && message.length <= MESSAGE_LIMIT_BYTES) return message;
  let encoded = '';
  for (const byte of Buffer.from(message.slice(0, MESSAGE_LIMIT_BYTES), 'utf8')) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
