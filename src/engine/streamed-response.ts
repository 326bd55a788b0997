/**
 * An answer whose head is sent line by line while the query runs, so that a proxy in between sees that it lives: ClickHouse's
 * `send_progress_in_http_headers`. Node.js sends a head only as a whole, so this one writes on the socket itself, and the connection ends
 * with the answer.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';

export class StreamedResponse extends Writable {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  /** Lower case: what stands in the head already. */
  readonly #sent = new Set<string>();
  #hasBody = false;

  /** Sends the status line and the headers that the response has so far. `response` itself is not to be written to from then on. */
  constructor(response: ServerResponse, socket: Socket) {
    super();
    this.#response = response;
    this.#socket = socket;
    socket.once('close', () => this.destroy());
    socket.write(`HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nConnection: close\r\n`);
    this.#sendNewHeaders();
  }

  /** One more line of the head. Nothing once the body has begun. */
  addLine(name: string, value: string): void {
    if (!this.#hasBody && !this.destroyed) this.#socket.write(`${name}: ${value}\r\n`);
  }

  /** Ends the head, with the headers that the response got meanwhile. */
  beginBody(): void {
    if (this.#hasBody) return;
    this.#response.removeHeader('Content-Length');
    this.#sendNewHeaders();
    this.#hasBody = true;
    this.#socket.write('Transfer-Encoding: chunked\r\n\r\n');
  }

  #sendNewHeaders(): void {
    for (const [name, value] of Object.entries(this.#response.getHeaders())) {
      if (this.#sent.has(name) || value === undefined) continue;
      this.#sent.add(name);
      this.#socket.write(`${name}: ${String(value)}\r\n`);
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (chunk.length === 0) {
      done();
      return;
    }
    this.#socket.cork();
    this.#socket.write(`${chunk.length.toString(16)}\r\n`);
    this.#socket.write(chunk);
    this.#socket.write('\r\n', done);
    this.#socket.uncork();
  }

  override _final(done: () => void): void {
    this.#socket.end('0\r\n\r\n', done);
  }

  /** Ends the connection in the middle of the body, once `last` is sent. */
  breakOff(last: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.once('close', resolve);
      this.write(last, () => {
        this.#socket.destroySoon();
        resolve();
      });
    });
  }
}
