import type { IncomingMessage, ServerResponse } from 'node:http';
import { after } from '#base';
import { encodeStatus, httpStatusOf, type RpcStatus, statusJson } from '#net';
import type { Signal } from '#pdata';
import { encodeExportResponse, exportResponseJson } from '#wire';
import type { Encoding } from './intake.ts';

const CONTENT_TYPES: Readonly<Record<Encoding, string>> = { proto: 'application/x-protobuf', json: 'application/json' };
/** How long what a refused client still sends is read and thrown away, so that it can read its answer before the connection ends. */
const LINGER_MS = 2000;
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Writes the answer to one request, in the encoding of the request. */
export class Answer {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #headers: () => Readonly<Record<string, string>>;
  encoding: Encoding = 'proto';

  /** `headers` are asked for when the answer goes out: whether the connection stays may be decided by then. */
  constructor(request: IncomingMessage, response: ServerResponse, headers: () => Readonly<Record<string, string>>) {
    this.#request = request;
    this.#response = response;
    this.#headers = headers;
  }

  success(signal: Signal, rejectedCount: number, reason: string): void {
    const body =
      this.encoding === 'json'
        ? Buffer.from(exportResponseJson(signal, rejectedCount, reason))
        : rejectedCount === 0
          ? NO_BYTES
          : encodeExportResponse(rejectedCount, reason);
    this.write(200, CONTENT_TYPES[this.encoding], body);
  }

  /** A google.rpc.Status with the HTTP status that goes with its code. */
  status(status: RpcStatus): void {
    const httpStatus = httpStatusOf(status.code);
    const body = this.encoding === 'json' ? Buffer.from(statusJson(status)) : encodeStatus(status);
    const isThrottle = (httpStatus === 429 || httpStatus === 503) && status.retryAfterMs !== undefined;
    const retryAfter = isThrottle ? { 'retry-after': String(Math.ceil(status.retryAfterMs! / 1000)) } : undefined;
    this.write(httpStatus, CONTENT_TYPES[this.encoding], body, retryAfter);
  }

  write(status: number, contentType: string | undefined, body: Uint8Array, headers?: Record<string, string>): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    const isUnread = !this.#request.complete;
    response.writeHead(status, {
      ...this.#headers(),
      ...headers,
      ...(contentType !== undefined && { 'content-type': contentType, 'content-length': body.length }),
      ...(isUnread && { connection: 'close' }),
    });
    if (isUnread) this.#linger(body);
    else response.end(body);
  }

  /** The whole answer goes out now; the connection ends when the client has stopped sending, or soon. */
  #linger(body: Uint8Array): void {
    const request = this.#request;
    const response = this.#response;
    response.write(body);
    const end = (): void => {
      timer.cancel();
      response.end();
    };
    const timer = after(LINGER_MS, end);
    request.once('end', end);
    request.once('close', end);
    request.resume();
  }
}
