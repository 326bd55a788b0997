import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { createGzip } from 'node:zlib';
import { type Logger, type Meter, messageOf } from '#base';
import { type HostGuard, refuseHost } from '#base/host-guard.ts';
import { watchForTlsHello } from '#base/tls-hello.ts';
import { type HttpServerConfig, parseHostPort, type TlsServerConfig } from '#config';
import type { Authenticate } from './authenticate.ts';
import { type Listening, listenOn } from './listen.ts';
import { ListenerRefusals } from './listener-refusals.ts';
import { readServerTls, watchServerTls } from './tls.ts';
import { TlsRejections } from './tls-rejections.ts';

export interface PageRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The client asks for JSON: by its Accept header or by `?format=json`. */
  readonly wantsJson: boolean;
}

export interface Page {
  readonly status: number;
  readonly contentType: string;
  /** Pieces are made as the client takes them, and compressed where it can read that. */
  readonly body: string | Iterable<string | Uint8Array>;
}

export const TEXT_TYPE = 'text/plain; charset=utf-8';
export const HTML_TYPE = 'text/html; charset=utf-8';
export const JSON_TYPE = 'application/json; charset=utf-8';
const NOT_FOUND: Page = { status: 404, contentType: TEXT_TYPE, body: '404 page not found\n' };

/** Undefined where there is none. */
export type PageOf = (request: PageRequest) => Page | undefined | Promise<Page | undefined>;

/** Of the component that the pages belong to. */
export interface PageServerSettings {
  readonly id: string;
  /** Where its block stands, for errors; by default among the extensions. */
  readonly place?: string;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly allowedHosts: readonly string[];
}

/** A small HTTP server for pages about the collector itself: GET and HEAD only. `page` returns undefined where there is none. */
export class PageServer {
  readonly #config: HttpServerConfig;
  readonly #path: string;
  readonly #page: PageOf;
  readonly #guard: HostGuard;
  readonly #settings: PageServerSettings;
  #authenticate: Authenticate | undefined;
  #stopWatching: () => void = () => {};
  #server: Server | SecureServer | undefined;
  #listening: Listening | undefined;

  constructor(settings: PageServerSettings, config: HttpServerConfig, page: PageOf) {
    this.#settings = settings;
    this.#config = config;
    this.#path = settings.place ?? `extensions::${settings.id}`;
    this.#page = page;
    const ownHost = parseHostPort(config.endpoint)?.host ?? '';
    this.#guard = new ListenerRefusals(settings).hostGuard(this.#path, ownHost, settings.allowedHosts);
  }

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    return this.#listening?.address ?? '';
  }

  /** `authenticate`: who may look; undefined for everyone. Throws a StartError where the address can't be had or a TLS file can't be read. */
  async start(authenticate?: Authenticate): Promise<void> {
    this.#authenticate = authenticate;
    const { tls, endpoint, transport } = this.#config;
    const options = serverTimeouts(this.#config);
    const listener = (request: IncomingMessage, response: ServerResponse): void => this.#answer(request, response);
    this.#server =
      tls === undefined ? this.#plainServer(options, listener) : await this.#secureServer(tls, options, listener);
    this.#listening = await listenOn(this.#server, { key: `${this.#path}::endpoint`, endpoint, transport });
    this.#guard.listensOn(this.#server.address());
  }

  #plainServer(options: object, listener: RequestListener): Server {
    const server = createServer(options, listener);
    const rejections = new TlsRejections(this.#settings);
    watchForTlsHello(server, (socket) => rejections.noteHello(socket));
    return server;
  }

  async #secureServer(config: TlsServerConfig, options: object, listener: RequestListener): Promise<SecureServer> {
    const path = `${this.#path}::tls`;
    const tls = await readServerTls(config, path);
    const server = createSecureServer({ ...options, ...tls }, listener);
    const { logger } = this.#settings;
    this.#stopWatching = watchServerTls(config, tls, { path, logger, apply: (next) => server.setSecureContext(next) });
    const rejections = new TlsRejections(this.#settings);
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => rejections.note(error, socket));
    return server;
  }

  /** Closes at once: nothing that it serves is worth waiting for. */
  stop(): void {
    this.#stopWatching();
    this.#listening?.stop();
    this.#listening = undefined;
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = undefined;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (refuseHost(this.#guard, request, response)) return;
    const { writeTimeoutMs, keepAlivesEnabled } = this.#config;
    if (writeTimeoutMs > 0) response.setTimeout(writeTimeoutMs, () => response.destroy());
    if (!keepAlivesEnabled) response.setHeader('connection', 'close');
    const isHead = request.method === 'HEAD';
    if (request.method !== 'GET' && !isHead) {
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': TEXT_TYPE, connection: 'close' });
      response.end('405 method not allowed, supported: [GET, HEAD]');
      return;
    }
    void this.#send(request, response, isHead);
  }

  /** The page that a client gets who may not look; undefined for one who may. */
  async #refusal({ headers, url }: IncomingMessage): Promise<Page | undefined> {
    try {
      await this.#authenticate?.(headers, url);
      return undefined;
    } catch (error) {
      return { status: 401, contentType: TEXT_TYPE, body: `${messageOf(error)}\n` };
    }
  }

  async #send(request: IncomingMessage, response: ServerResponse, isHead: boolean): Promise<void> {
    let page: Page;
    try {
      page = (await this.#refusal(request)) ?? (await this.#page(requestOf(request))) ?? NOT_FOUND;
    } catch (error) {
      this.#settings.logger.error('Making a page failed', { error: messageOf(error) });
      page = { status: 500, contentType: TEXT_TYPE, body: 'internal error; the log has the details' };
    }
    const headers = {
      ...Object.fromEntries(this.#config.responseHeaders.map(({ name, value }) => [name, value.reveal()])),
      'content-type': page.contentType,
    };
    if (typeof page.body === 'string') {
      response.writeHead(page.status, { ...headers, 'content-length': Buffer.byteLength(page.body) });
      response.end(isHead ? undefined : page.body);
    } else if (isHead) response.writeHead(page.status, headers).end();
    else await this.#stream(request, response, page.status, headers, page.body);
  }

  async #stream(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
    pieces: Iterable<string | Uint8Array>,
  ): Promise<void> {
    const isGzip = acceptsGzip(String(request.headers['accept-encoding'] ?? ''));
    response.writeHead(status, isGzip ? { ...headers, 'content-encoding': 'gzip' } : headers);
    const body = Readable.from(pieces, { objectMode: true, highWaterMark: 1 });
    try {
      if (isGzip) await pipeline(body, createGzip({ level: 1 }), response);
      else await pipeline(body, response);
    } catch (error) {
      // The client has gone, or the answer is cut off, which it sees.
      if (!response.writableEnded && !request.socket.destroyed) {
        this.#settings.logger.warn('An answer broke off', { error: messageOf(error) });
      }
    }
  }
}

/** As Go's promhttp does: gzip where the client names it and doesn't refuse it. */
function acceptsGzip(accept: string): boolean {
  return accept.split(',', 20).some((part) => /^\s*gzip\s*(?:;(?!\s*q=0(\.0*)?\s*$).*)?$/.test(part));
}

/** Node takes whole milliseconds, and wants the limit for the headers within that of the whole request. */
export function serverTimeouts({ readTimeoutMs, readHeaderTimeoutMs, idleTimeoutMs }: HttpServerConfig): {
  readonly requestTimeout: number;
  readonly headersTimeout: number;
  readonly keepAliveTimeout: number;
} {
  const isBeyond = readTimeoutMs > 0 && (readHeaderTimeoutMs === 0 || readHeaderTimeoutMs > readTimeoutMs);
  return {
    requestTimeout: Math.ceil(readTimeoutMs),
    headersTimeout: Math.ceil(isBeyond ? readTimeoutMs : readHeaderTimeoutMs),
    keepAliveTimeout: Math.ceil(idleTimeoutMs),
  };
}

function requestOf(request: IncomingMessage): PageRequest {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const parameters = new URLSearchParams(query);
  const wantsJson =
    parameters.get('format') === 'json' || /^application\/json\b/.test(request.headers.accept?.trim() ?? '');
  return { path, query: parameters, headers: request.headers, wantsJson };
}
