import {
  type Agent,
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestPlain,
} from 'node:http';
import { Agent as HttpsAgent, request as requestSecure } from 'node:https';
import type { HttpClientConfig } from '#config';
import { type Coding, deflate } from './codings.ts';
import { networkMessage } from './network-error.ts';
import { readClientTls } from './tls.ts';

export interface HttpClientSettings {
  readonly config: HttpClientConfig;
  /** For errors: the component's place in the configuration, `exporters::otlp_http`. */
  readonly path: string;
  readonly userAgent: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most `answerLimitBytes` of it. */
  readonly body: Uint8Array;
}

export interface HttpPost {
  readonly url: HttpTarget;
  readonly contentType: string;
  /** The parts of the body, sent one after the other without joining them. */
  readonly parts: readonly Uint8Array[];
  readonly answerLimitBytes: number;
}

/** The request did not get an answer: the network, the peer's TLS, or the time ran out. May be tried again. */
export class HttpFailure extends Error {
  override name = 'HttpFailure';
}

/** A URL taken apart once. */
export interface HttpTarget {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  /** `user:password`, '' for none. */
  readonly auth: string;
  /** For messages: without user, password and query, which may hold secrets. */
  readonly display: string;
}

/** Throws a TypeError where the text is not an http or https URL. */
export function httpTarget(url: string): HttpTarget {
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new TypeError(`unsupported protocol scheme "${parsed.protocol.slice(0, -1)}"`);
  }
  const auth = parsed.username === '' ? '' : `${parsed.username}:${parsed.password}`;
  return {
    isSecure: parsed.protocol === 'https:',
    hostname: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port,
    path: parsed.pathname + parsed.search,
    auth: decodeURIComponent(auth),
    display: `${parsed.origin}${parsed.pathname}`,
  };
}

/** An answer may be longer than its limit by so much before the connection is given up instead of read to the end. */
const DRAIN_LIMIT_BYTES = 1024 * 1024;
/** Go never sends requests to the own machine through a proxy. */
const NO_PROXY_ALWAYS = 'localhost,127.0.0.1,[::1]';

/**
 * Posts bodies over kept connections, with the keys of otelcol's HTTP clients: compression, headers, TLS, proxy, connection limits. One
 * attempt per call, but for a kept connection that the peer had closed just then: that request goes out again at once, as Go does it.
 */
export class HttpClient {
  readonly #settings: HttpClientSettings;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #coding: Coding | undefined;
  #plain: Agent | undefined;
  #secure: Agent | undefined;

  constructor(settings: HttpClientSettings) {
    const { compression, headers } = settings.config;
    this.#settings = settings;
    this.#coding = compression === '' || compression === 'none' ? undefined : compression;
    const own = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value.reveal()]));
    this.#headers = {
      'user-agent': settings.userAgent,
      ...(this.#coding !== undefined && { 'content-encoding': this.#coding }),
      ...own,
    };
  }

  /** Reads the TLS files if it `isSecure`, which https targets need. Throws a StartError where one can't be read. */
  async start(isSecure: boolean): Promise<void> {
    const { config, path } = this.#settings;
    const options = {
      keepAlive: !config.disableKeepAlives,
      maxSockets: config.maxConnsPerHost || Number.POSITIVE_INFINITY,
      maxFreeSockets: config.maxIdleConnsPerHost || config.maxIdleConns || Number.POSITIVE_INFINITY,
      // Node closes a kept connection when it was idle for so long; a request under way is not touched.
      ...(config.idleConnTimeoutMs > 0 && { timeout: config.idleConnTimeoutMs }),
      scheduling: 'lifo' as const,
      proxyEnv: proxyEnvOf(config.proxyUrl),
    };
    this.#plain = new HttpAgent(options);
    if (!isSecure) return;
    const { servername, ...tls } = await readClientTls(config.tls, `${path}::tls`);
    this.#secure = new HttpsAgent({ ...options, ...tls, ...(servername !== '' && { servername }) });
  }

  /** Sends a body. Rejects with an HttpFailure where no answer came; any status is an answer. */
  async post(post: HttpPost): Promise<HttpAnswer> {
    let { parts } = post;
    if (this.#coding !== undefined) {
      parts = [await deflate(this.#coding, joined(parts), this.#settings.config.compressionLevel)];
    }
    try {
      return await this.#send(post, parts);
    } catch (error) {
      if (error instanceof StaleConnection) return this.#send(post, parts, true);
      throw error;
    }
  }

  /** Closes all connections; requests under way fail. */
  close(): void {
    this.#plain?.destroy();
    this.#secure?.destroy();
  }

  #send(post: HttpPost, parts: readonly Uint8Array[], isSecondTry = false): Promise<HttpAnswer> {
    const { url, contentType } = post;
    const length = parts.reduce((bytes, part) => bytes + part.length, 0);
    const options = {
      method: 'POST',
      hostname: url.hostname,
      port: url.port,
      path: url.path,
      headers: { 'content-type': contentType, 'content-length': length, ...this.#headers },
      ...(url.auth !== '' && { auth: url.auth }),
      ...(url.isSecure ? { agent: this.#secure } : { agent: this.#plain }),
    };
    return new Promise((resolve, reject) => {
      const request = url.isSecure ? requestSecure(options) : requestPlain(options);
      const { timeoutMs } = this.#settings.config;
      const timer =
        timeoutMs > 0
          ? setTimeout(() => request.destroy(new HttpFailure(`no answer within ${timeoutMs} ms`)), timeoutMs)
          : undefined;
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        const isStale = !isSecondTry && isStaleConnection(request, error);
        reject(isStale ? new StaleConnection() : failureOf(error));
      };
      request.once('error', fail);
      request.once('response', (response) => {
        readAnswer(response, post.answerLimitBytes).then((answer) => {
          clearTimeout(timer);
          resolve(answer);
        }, fail);
      });
      writeBody(request, parts);
    });
  }
}

class StaleConnection extends Error {}

/** The peer closed a kept connection before it saw any of the request. */
function isStaleConnection(request: ClientRequest, error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE') && !(error instanceof HttpFailure);
}

function failureOf(error: unknown): HttpFailure {
  return error instanceof HttpFailure ? error : new HttpFailure(networkMessage(error), { cause: error });
}

function writeBody(request: ClientRequest, parts: readonly Uint8Array[]): void {
  if (parts.length === 1) {
    request.end(parts[0]);
    return;
  }
  request.cork();
  for (const part of parts) request.write(part);
  request.end();
  request.uncork();
}

/** Reads the answer to its end, so that the connection can be used again, and keeps the first `limitBytes`. */
function readAnswer(response: IncomingMessage, limitBytes: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const kept: Buffer[] = [];
    let length = 0;
    const finish = (): void => {
      const body = kept.length === 1 ? kept[0]! : Buffer.concat(kept);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: body.subarray(0, limitBytes) });
    };
    response.on('data', (part: Buffer) => {
      if (length < limitBytes) kept.push(part);
      length += part.length;
      if (length <= limitBytes + DRAIN_LIMIT_BYTES) return;
      finish();
      response.destroy();
    });
    response.once('end', finish);
    response.once('error', reject);
  });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function proxyEnvOf(proxyUrl: string): NodeJS.ProcessEnv {
  const { env } = process;
  if (proxyUrl !== '') return { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl };
  const noProxy = env.no_proxy ?? env.NO_PROXY;
  return {
    HTTP_PROXY: env.http_proxy ?? env.HTTP_PROXY,
    HTTPS_PROXY: env.https_proxy ?? env.HTTPS_PROXY,
    NO_PROXY: noProxy === undefined ? NO_PROXY_ALWAYS : `${noProxy},${NO_PROXY_ALWAYS}`,
  };
}
