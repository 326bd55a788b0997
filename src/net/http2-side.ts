import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  constants as http2,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Server as SecureServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { after } from '#base';

export interface Http2Limits {
  /** On one connection. */
  readonly maxConcurrentStreams: number;
  /** On all of them; 0 means no limit. */
  readonly maxStreams: number;
}

/** What clients may choose from in the handshake (ALPN). */
export const HTTP_PROTOCOLS: readonly string[] = ['h2', 'http/1.1'];
/** As for gRPC: beside its bodies a connection may hold so much. */
const SESSION_MEMORY_MB = 64;
const STREAM_WINDOW_BYTES = 1024 * 1024;

/** Speaks HTTP/2 with the clients of a server for HTTPS that chose it, and has the same listener answer them. */
export class Http2Side {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #maxStreams: number;
  #openStreams = 0;

  constructor(secure: SecureServer, listener: RequestListener, limits: Http2Limits) {
    this.#maxStreams = limits.maxStreams || Number.POSITIVE_INFINITY;
    const { maxConcurrentStreams } = limits;
    this.#server = createServer({
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false, maxConcurrentStreams },
    });
    this.#server.on('session', (session) => this.#onSession(session));
    this.#server.prependListener('stream', (stream: ServerHttp2Stream) => this.#onStream(stream));
    this.#server.on('request', (request, response) => {
      if (!response.stream.destroyed) listener(asRequest(request), asResponse(response));
    });
    // HTTPS hands each connection to HTTP/1.1: now only those that speak it.
    const speakers = secure.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
    secure.removeAllListeners('secureConnection');
    secure.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') this.#server.emit('connection', socket);
      else for (const speak of speakers) speak.call(secure, socket);
    });
  }

  /** Takes no more requests; those that are open are answered. */
  retire(): void {
    for (const session of this.#sessions) session.close();
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #onSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on('error', () => session.destroy());
    session.socket.on('error', () => session.destroy());
    session.once('close', () => this.#sessions.delete(session));
  }

  #onStream(stream: ServerHttp2Stream): void {
    stream.on('error', () => {});
    if (this.#openStreams >= this.#maxStreams) {
      stream.close(http2.NGHTTP2_REFUSED_STREAM);
      stream.destroy();
      return;
    }
    this.#openStreams++;
    stream.once('close', () => {
      this.#openStreams--;
    });
  }
}

/** The names that HTTP/1.1 has for what HTTP/2 puts into pseudo headers. */
function asRequest(request: Http2ServerRequest): IncomingMessage {
  const { headers } = request;
  headers.host ??= headers[':authority'];
  const distinct = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || name.startsWith(':') ? [] : [[name, Array.isArray(value) ? value : [value]]],
  );
  Object.defineProperty(request, 'headersDistinct', { value: Object.fromEntries(distinct) });
  return request as unknown as IncomingMessage;
}

/** How long a client that was refused may go on sending before its stream is closed. */
const LINGER_MS = 2000;

/** HTTP/2 has no `Connection` header: a connection that must end does so by a GOAWAY. */
function asResponse(response: Http2ServerResponse): ServerResponse {
  const writeHead = response.writeHead.bind(response) as (status: number, headers: OutgoingHttpHeaders) => unknown;
  Object.defineProperty(response, 'writeHead', {
    value: (status: number, { connection, ...headers }: OutgoingHttpHeaders = {}) => {
      writeHead(status, headers);
      if (connection === 'close') {
        const timer = after(LINGER_MS, () => response.stream?.close(http2.NGHTTP2_NO_ERROR));
        response.stream?.once('close', () => timer.cancel());
      }
      return response;
    },
  });
  return response as unknown as ServerResponse;
}
