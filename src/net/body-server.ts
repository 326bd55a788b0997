import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { after, DecodeError, type Logger, messageOf } from '#base';
import { type HostGuard, refuseHost } from '#base/host-guard.ts';
import { watchForTlsHello } from '#base/tls-hello.ts';
import type { HttpServerConfig } from '#config';
import type { BatchContext } from '#pdata';
import type { AuthAttributes, Authenticate } from './authenticate.ts';
import { type ByteBudget, Share } from './budget.ts';
import { Busy } from './busy.ts';
import type { Coding } from './codings.ts';
import { limitConnections } from './connection-limit.ts';
import { Cors } from './cors.ts';
import { DueWatch } from './due-watch.ts';
import { peerText } from './grpc-session.ts';
import { type BodyAnswer, HttpAnswerer } from './http-answerer.ts';
import { announcedBytesOf, ClientGone, readBody, TooSlow } from './http-body.ts';
import { HTTP_PROTOCOLS, type Http2Limits, Http2Side } from './http2-side.ts';
import { inflateWithin } from './inflate-within.ts';
import type { LargePlace } from './large-bodies.ts';
import { type Listening, type ListenPlace, listenOn } from './listen.ts';
import { serverTimeouts } from './page-server.ts';
import { GRPC } from './status.ts';
import type { ServerTls } from './tls.ts';
import type { TlsRejections } from './tls-rejections.ts';

/** Takes the bodies that come to one path. */
export interface BodyRoute {
  /** The body is its own from now on. `abort` says that the client has gone. Never throws. */
  receive(body: Uint8Array, context: BatchContext, abort: AbortSignal): Promise<BodyAnswer>;
  /** The answer to a body that could not be read; a code of GRPC says why. */
  failed(code: number, message: string, retryAfterMs: number | undefined): BodyAnswer;
}

export interface BodyHandler {
  /** Where a request goes, by its path, method and type. An answer is one that is refused unread. */
  route(request: IncomingMessage): BodyRoute | BodyAnswer;
  /** The answer to a client whom an authenticator doesn't let in; by default plain text. */
  unauthenticated?(request: IncomingMessage, message: string): BodyAnswer;
  /** A request failed before its body was complete, or was refused unread. */
  countFailure(what: string): void;
}

export interface BodyServerSettings extends Http2Limits {
  readonly config: HttpServerConfig;
  readonly tls: ServerTls | undefined;
  /** Which names requests may be for. */
  readonly hosts: HostGuard;
  readonly rejections: TlsRejections;
  readonly handler: BodyHandler;
  /** Who may send; undefined for everyone. */
  readonly authenticate: Authenticate | undefined;
  readonly budget: ByteBudget;
  /** Connections at a time; 0 means no limit. */
  readonly maxConnections: number;
  /** Called for each connection that is one too many. */
  readonly onConnectionDropped: () => void;
  /** How long a client may take for a body; 0 means no limit. */
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
}

/** A request that is read. */
interface Accepted {
  readonly route: BodyRoute;
  readonly coding: string;
  readonly auth: AuthAttributes | undefined;
}

const TEXT = 'text/plain; charset=utf-8';
const TIMED_OUT = '408 the body did not come within its time';
const BUSY_RETRY_MS = 1000;
const TCP_KEEPALIVE_MS = 15_000;

/**
 * Takes bodies over HTTP, on plain node:http: this is the hot path of ingest. What a body is and what is answered its handler knows; here are the
 * limits of a public port: connections, memory, time, names, compression.
 */
export class BodyServer {
  readonly #config: HttpServerConfig;
  #hosts: HostGuard;
  #handler: BodyHandler;
  #authenticate: Authenticate | undefined;
  #budget: ByteBudget;
  #logger: Logger;
  #rejections: TlsRejections;
  #onConnectionDropped: () => void;
  readonly #codings: ReadonlySet<string>;
  readonly #cors: Cors | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #server: Server | SecureServer;
  readonly #http2: Http2Side | undefined;
  #listening: Listening | undefined;
  readonly #watch = new DueWatch();
  readonly #requestTimeoutMs: number;
  #openRequests = 0;
  #closing = false;
  #onIdle: (() => void) | undefined;

  constructor(settings: BodyServerSettings) {
    const { config } = settings;
    this.#config = config;
    this.#hosts = settings.hosts;
    this.#handler = settings.handler;
    this.#authenticate = settings.authenticate;
    this.#budget = settings.budget;
    this.#requestTimeoutMs = settings.requestTimeoutMs;
    this.#logger = settings.logger;
    this.#rejections = settings.rejections;
    this.#onConnectionDropped = settings.onConnectionDropped;
    this.#codings = new Set(config.compressionAlgorithms);
    this.#cors = corsOf(config, settings.logger);
    this.#headers = Object.fromEntries(config.responseHeaders.map(({ name, value }) => [name, value.reveal()]));
    const listener: RequestListener = (request, response) => this.#accept(request, response, false);
    const options = {
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
      ...serverTimeouts(config),
    };
    if (settings.tls === undefined) this.#server = createServer(options, listener);
    else {
      const server = createSecureServer({ ...options, ...settings.tls, ALPNProtocols: [...HTTP_PROTOCOLS] }, listener);
      this.#http2 = new Http2Side(server, listener, settings);
      this.#server = server;
    }
    limitConnections(this.#server, settings.maxConnections);
    this.#server.on('drop', () => this.#onConnectionDropped());
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#accept(request, response, true),
    );
    if (settings.tls === undefined) watchForTlsHello(this.#server, (socket) => this.#rejections.noteHello(socket));
    this.#server.on('tlsClientError', (error: Error, socket: TLSSocket) => this.#rejections.note(error, socket));
  }

  /** Goes on for another receiver with the same configuration. */
  adopt(settings: BodyServerSettings): void {
    const { hosts, handler, budget, logger, tls, rejections } = settings;
    this.#onConnectionDropped = settings.onConnectionDropped;
    limitConnections(this.#server, settings.maxConnections);
    this.#hosts = hosts;
    hosts.listensOn(this.#server.address());
    this.#handler = handler;
    this.#authenticate = settings.authenticate;
    this.#budget = budget;
    this.#logger = logger;
    this.#rejections = rejections;
    if (tls !== undefined) this.setTls(tls);
  }

  /** Listens, on the address of another server if one is given. Throws a StartError where the address can't be had. */
  async listen(place: ListenPlace, before?: Listening): Promise<Listening> {
    this.#listening = (await before?.moveTo?.(this.#server)) ?? (await listenOn(this.#server, place));
    this.#hosts.listensOn(this.#server.address());
    this.#server.on('error', (error: Error) => this.#logger.warn('HTTP server failed', { error: messageOf(error) }));
    return this.#listening;
  }

  /** Uses renewed certificates for new connections. */
  setTls(tls: SecureContextOptions): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(tls);
  }

  /** Takes no more connections. The open ones end with their next answer, or with `shutdown`. */
  retire(): void {
    this.#closing = true;
    this.#http2?.retire();
    this.#listening?.stop();
    this.#listening = undefined;
  }

  /** Takes no more connections, answers what it has begun to receive, and cuts what is left after `deadlineMs`. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.retire();
    // Closes idle connections too.
    this.#server.close();
    if (this.#openRequests > 0) {
      await new Promise<void>((resolve) => {
        const cut = after(deadlineMs, resolve, { keepsAlive: true });
        this.#onIdle = () => {
          cut.cancel();
          resolve();
        };
      });
    }
    this.#server.closeAllConnections();
    this.#http2?.close();
  }

  #accept(request: IncomingMessage, response: ServerResponse, wantsContinue: boolean): void {
    this.#openRequests++;
    response.once('close', () => {
      this.#openRequests--;
      if (this.#openRequests === 0) this.#onIdle?.();
    });
    const { writeTimeoutMs } = this.#config;
    if (writeTimeoutMs > 0) response.setTimeout(writeTimeoutMs, () => response.destroy());
    if (refuseHost(this.#hosts, request, response)) return;
    const { headers, method } = request;
    if (this.#cors !== undefined && method === 'OPTIONS' && headers['access-control-request-method'] !== undefined) {
      response.writeHead(204, { ...this.#headers, ...this.#cors.preflight(headers) });
      response.end();
      return;
    }
    const answer = new HttpAnswerer(request, response, () => this.#extraHeaders(request));
    this.#handle(request, response, answer, wantsContinue).catch((error: unknown) => {
      this.#logger.error('Answering a request failed', { error: messageOf(error) });
      response.destroy();
    });
  }

  #extraHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
    const closing = this.#closing || !this.#config.keepAlivesEnabled;
    if (this.#cors === undefined && !closing) return this.#headers;
    return {
      ...this.#headers,
      ...this.#cors?.answer(request.headers),
      ...(closing && { connection: 'close' }),
    };
  }

  async #handle(
    request: IncomingMessage,
    response: ServerResponse,
    answer: HttpAnswerer,
    wantsContinue: boolean,
  ): Promise<void> {
    const { headers } = request;
    const auth = this.#authenticate === undefined ? undefined : await this.#letIn(this.#authenticate, request, answer);
    if (auth === null) return;
    const route = this.#handler.route(request);
    if ('status' in route) {
      this.#handler.countFailure(String(route.body).trimEnd());
      return answer.write(route);
    }
    const coding = headers['content-encoding'] ?? '';
    if (!this.#codings.has(coding) && coding !== 'identity') {
      return this.#fail(answer, route, GRPC.invalidArgument, `unsupported Content-Encoding: ${coding}`);
    }
    if (wantsContinue && Number(headers['content-length'] ?? 0) <= this.#config.maxRequestBodySizeBytes) {
      response.writeContinue();
    }
    await this.#receive(request, response, { route, coding, auth }, answer);
  }

  /** What is known of the client; null where it was sent away. */
  async #letIn(
    authenticate: Authenticate,
    request: IncomingMessage,
    answer: HttpAnswerer,
  ): Promise<AuthAttributes | null> {
    try {
      return await authenticate(request.headers, request.url);
    } catch (error) {
      const message = messageOf(error);
      this.#handler.countFailure(`401 ${message}`);
      answer.write(
        this.#handler.unauthenticated?.(request, message) ?? { status: 401, contentType: TEXT, body: `${message}\n` },
      );
      return null;
    }
  }

  async #receive(
    request: IncomingMessage,
    response: ServerResponse,
    { route, coding, auth }: Accepted,
    answer: HttpAnswerer,
  ): Promise<void> {
    const limitBytes = this.#config.maxRequestBodySizeBytes;
    const share = new Share(this.#budget);
    let place: LargePlace | undefined;
    try {
      const announcedBytes = announcedBytesOf(request);
      // What is too large for all is refused at once.
      if (announcedBytes <= limitBytes) place = await this.#budget.large.enter(announcedBytes);
      const limits = { limitBytes, timeoutMs: this.#requestTimeoutMs, place };
      const received = await readBody(request, limits, share, this.#watch);
      const body = await inflated(received, coding, share, limitBytes);
      const gone = new AbortController();
      response.once('close', () => {
        if (!response.writableEnded) gone.abort();
      });
      const context = this.#contextOf(request, auth);
      answer.write(await route.receive(body, context, gone.signal));
    } catch (error) {
      if (error instanceof ClientGone) this.#handler.countFailure(error.message);
      else if (error instanceof DecodeError) this.#fail(answer, route, GRPC.invalidArgument, error.message);
      else if (error instanceof Busy) this.#busy(answer, route, error.message);
      else if (error instanceof TooSlow) this.#tooSlow(answer);
      else throw error;
    } finally {
      share.release();
      place?.leave();
    }
  }

  #contextOf(request: IncomingMessage, auth: AuthAttributes | undefined): BatchContext {
    const { remoteAddress, remotePort } = request.socket;
    const peer = peerText(remoteAddress, remotePort);
    const who: BatchContext = auth === undefined ? { peer } : { peer, auth };
    if (!this.#config.includeMetadata) return who;
    return { ...who, metadata: new Map(Object.entries(request.headersDistinct) as [string, string[]][]) };
  }

  #tooSlow(answer: HttpAnswerer): void {
    this.#handler.countFailure(TIMED_OUT);
    answer.write({ status: 408, contentType: TEXT, body: TIMED_OUT });
  }

  #fail(answer: HttpAnswerer, route: BodyRoute, code: number, message: string): void {
    this.#handler.countFailure(message);
    answer.write(route.failed(code, message, undefined));
  }

  #busy(answer: HttpAnswerer, route: BodyRoute, message: string): void {
    this.#handler.countFailure(message);
    answer.write(route.failed(GRPC.unavailable, message, BUSY_RETRY_MS));
  }
}

function inflated(
  received: Uint8Array,
  coding: string,
  share: Share,
  limitBytes: number,
): Uint8Array | Promise<Uint8Array> {
  if (coding === '' || coding === 'identity') return received;
  return inflateWithin(share, coding as Coding, received, limitBytes);
}

function corsOf(config: HttpServerConfig, logger: Logger): Cors | undefined {
  const { cors } = config;
  if (cors === undefined) return undefined;
  if (cors.allowedOrigins.length > 0) return new Cors(cors);
  if (cors.allowedHeaders.length > 0) {
    logger.warn('The CORS configuration specifies allowed headers but no allowed origins, and is therefore ignored.');
  }
  return undefined;
}
