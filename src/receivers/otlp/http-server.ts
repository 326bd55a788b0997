import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { after, DecodeError, messageOf } from '#base';
import { type HostGuard, refuseHost } from '#base/host-guard.ts';
import { watchForTlsHello } from '#base/tls-hello.ts';
import type { Logger } from '#component';
import {
  Busy,
  type ByteBudget,
  type Coding,
  DueWatch,
  GRPC,
  inflateWithin,
  type LargePlace,
  type Listening,
  type ListenPlace,
  limitConnections,
  listenOn,
  peerText,
  type ServerTls,
  Share,
  serverTimeouts,
  type TlsRejections,
} from '#net';
import type { BatchContext, Signal } from '#pdata';
import type { OtlpHttpConfig } from './config.ts';
import { Cors } from './cors.ts';
import { Answer } from './http-answer.ts';
import { announcedBytesOf, ClientGone, readBody, TooSlow } from './http-body.ts';
import { HTTP_PROTOCOLS, type Http2Limits, Http2Side } from './http2.ts';
import type { Encoding, Intake } from './intake.ts';

export interface OtlpHttpServerSettings extends Http2Limits {
  readonly config: OtlpHttpConfig;
  readonly tls: ServerTls | undefined;
  /** Which names requests may be for. */
  readonly hosts: HostGuard;
  readonly rejections: TlsRejections;
  readonly intake: Intake;
  readonly budget: ByteBudget;
  /** Connections at a time; 0 means no limit. */
  readonly maxConnections: number;
  /** Called for each connection that is one too many. */
  readonly onConnectionDropped: () => void;
  /** How long a client may take for a body; 0 means no limit. */
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
}

const TEXT = 'text/plain; charset=utf-8';
const NOT_FOUND = '404 page not found\n';
const METHOD_NOT_ALLOWED = '405 method not allowed, supported: [POST]';
const UNSUPPORTED_TYPE = '415 unsupported media type, supported: [application/json, application/x-protobuf]';
const TIMED_OUT = '408 the body did not come within its time';
const BUSY_RETRY_MS = 1000;
const TCP_KEEPALIVE_MS = 15_000;

/** OTLP over HTTP on plain node:http: this is the hot path of ingest. */
export class OtlpHttpServer {
  readonly #config: OtlpHttpConfig;
  #hosts: HostGuard;
  #intake: Intake;
  #budget: ByteBudget;
  #logger: Logger;
  #rejections: TlsRejections;
  #onConnectionDropped: () => void;
  #routes: ReadonlyMap<string, Signal>;
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

  constructor(settings: OtlpHttpServerSettings) {
    const { config } = settings;
    this.#config = config;
    this.#hosts = settings.hosts;
    this.#intake = settings.intake;
    this.#budget = settings.budget;
    this.#requestTimeoutMs = settings.requestTimeoutMs;
    this.#logger = settings.logger;
    this.#rejections = settings.rejections;
    this.#onConnectionDropped = settings.onConnectionDropped;
    this.#routes = routesOf(config, settings.intake);
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
  adopt(settings: OtlpHttpServerSettings): void {
    const { hosts, intake, budget, logger, tls, rejections } = settings;
    this.#onConnectionDropped = settings.onConnectionDropped;
    limitConnections(this.#server, settings.maxConnections);
    this.#hosts = hosts;
    hosts.listensOn(this.#server.address());
    this.#intake = intake;
    this.#budget = budget;
    this.#logger = logger;
    this.#rejections = rejections;
    this.#routes = routesOf(this.#config, intake);
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
    const answer = new Answer(request, response, () => this.#extraHeaders(request));
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
    answer: Answer,
    wantsContinue: boolean,
  ): Promise<void> {
    const { headers } = request;
    const signal = this.#routes.get(pathOf(request.url ?? ''));
    if (signal === undefined) return this.#refuse(answer, 404, NOT_FOUND);
    if (request.method !== 'POST') return this.#refuse(answer, 405, METHOD_NOT_ALLOWED, { allow: 'POST' });
    const encoding = encodingOf(headers['content-type']);
    if (encoding === undefined) return this.#refuse(answer, 415, UNSUPPORTED_TYPE);
    answer.encoding = encoding;
    const coding = headers['content-encoding'] ?? '';
    if (!this.#codings.has(coding) && coding !== 'identity') {
      return this.#fail(answer, GRPC.invalidArgument, `unsupported Content-Encoding: ${coding}`);
    }
    if (wantsContinue && Number(headers['content-length'] ?? 0) <= this.#config.maxRequestBodySizeBytes) {
      response.writeContinue();
    }
    await this.#receive(request, response, signal, coding, answer);
  }

  async #receive(
    request: IncomingMessage,
    response: ServerResponse,
    signal: Signal,
    coding: string,
    answer: Answer,
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
      const context = this.#contextOf(request);
      const outcome = await this.#intake.receive(signal, body, answer.encoding, context, gone.signal);
      if (outcome.kind === 'refused') answer.status(outcome.status);
      else answer.success(signal, outcome.rejectedCount, outcome.rejectedReason);
    } catch (error) {
      if (error instanceof ClientGone) this.#intake.countFailure(error.message);
      else if (error instanceof DecodeError) this.#fail(answer, GRPC.invalidArgument, error.message);
      else if (error instanceof Busy) this.#busy(answer, error.message);
      else if (error instanceof TooSlow) this.#refuse(answer, 408, TIMED_OUT);
      else throw error;
    } finally {
      share.release();
      place?.leave();
    }
  }

  #contextOf(request: IncomingMessage): BatchContext {
    const { remoteAddress, remotePort } = request.socket;
    const peer = peerText(remoteAddress, remotePort);
    if (!this.#config.includeMetadata) return { peer };
    return { peer, metadata: new Map(Object.entries(request.headersDistinct) as [string, string[]][]) };
  }

  #refuse(answer: Answer, status: number, text: string, headers?: Record<string, string>): void {
    this.#intake.countFailure(text.trimEnd());
    answer.write(status, TEXT, Buffer.from(text), headers);
  }

  #fail(answer: Answer, code: number, message: string): void {
    this.#intake.countFailure(message);
    answer.status({ code, message, retryAfterMs: undefined });
  }

  #busy(answer: Answer, message: string): void {
    this.#intake.countFailure(message);
    answer.status({ code: GRPC.unavailable, message, retryAfterMs: BUSY_RETRY_MS });
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

function routesOf(config: OtlpHttpConfig, intake: Intake): ReadonlyMap<string, Signal> {
  const routes: [string, Signal][] = [
    [config.tracesUrlPath, 'traces'],
    [config.metricsUrlPath, 'metrics'],
    [config.logsUrlPath, 'logs'],
  ];
  return new Map(routes.filter(([, signal]) => intake.takes(signal)));
}

function corsOf(config: OtlpHttpConfig, logger: Logger): Cors | undefined {
  const { cors } = config;
  if (cors === undefined) return undefined;
  if (cors.allowedOrigins.length > 0) return new Cors(cors);
  if (cors.allowedHeaders.length > 0) {
    logger.warn('The CORS configuration specifies allowed headers but no allowed origins, and is therefore ignored.');
  }
  return undefined;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** The encoding that a Content-Type asks for; its parameters don't matter. */
function encodingOf(contentType: string | undefined): Encoding | undefined {
  if (contentType === undefined) return undefined;
  const semicolon = contentType.indexOf(';');
  const type = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  if (type === 'application/x-protobuf') return 'proto';
  return type === 'application/json' ? 'json' : undefined;
}
