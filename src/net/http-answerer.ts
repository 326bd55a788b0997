import type { IncomingMessage, ServerResponse } from 'node:http';
import { after } from '#base';

/** What goes back to a client. */
export interface BodyAnswer {
  readonly status: number;
  readonly contentType?: string | undefined;
  readonly body: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** How long what a refused client still sends is read and thrown away, so that it can read its answer before the connection ends. */
const LINGER_MS = 2000;

/** Writes the answer to one request. */
export class HttpAnswerer {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #headers: () => Readonly<Record<string, string>>;

  /** `headers` are asked for when the answer goes out: whether the connection stays may be decided by then. */
  constructor(request: IncomingMessage, response: ServerResponse, headers: () => Readonly<Record<string, string>>) {
    this.#request = request;
    this.#response = response;
    this.#headers = headers;
  }

  write({ status, contentType, body, headers }: BodyAnswer): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    const isUnread = !this.#request.complete;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    response.writeHead(status, {
      ...this.#headers(),
      ...headers,
      ...(contentType !== undefined && { 'content-type': contentType, 'content-length': bytes.length }),
      ...(isUnread && { connection: 'close' }),
    });
    if (isUnread) this.#linger(bytes);
    else response.end(bytes);
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
