import {
  type Agent,
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestPlain,
} from 'node:http';
import { Agent as HttpsAgent, request as requestSecure } from 'node:https';
import { isIP } from 'node:net';
import { after, excerpt, type Logger, onAbort } from '#base';
import type { HttpClientConfig } from '#config';
import { type Coding, deflate } from './codings.ts';
import { failureOf, HttpFailure, isStaleConnection, StaleConnection } from './http-failure.ts';
import { type GetLimits, type HttpAnswer, sendGet } from './http-get.ts';
import { type HttpStream, openStream, type StreamLimits } from './http-stream.ts';
import { type ProxyOf, proxiesFor } from './proxy.ts';
import { type RequestHeaders, sentHeaders } from './request-headers.ts';
import { type ClientTls, readClientTls, watchClientTls } from './tls.ts';

export interface HttpClientSettings {
  readonly config: HttpClientConfig;
  /** For errors: the component's place in the configuration, `exporters::otlp_http`. */
  readonly path: string;
  readonly userAgent: string;
  readonly logger: Logger;
  /** Goes through no proxy, whatever the variables of the environment say. */
  readonly isDirect?: boolean;
}

export interface HttpPost {
  readonly url: HttpTarget;
  /** Default POST. */
  readonly method?: 'POST' | 'PUT';
  /** Default true: where the peer says that the address has changed, the body goes there. */
  readonly followsRedirects?: boolean;
  readonly contentType: string;
  /** The parts of the body, sent one after the other without joining them. */
  readonly parts: readonly Uint8Array[];
  /** Of this request, names in lower case; they go before those of the configuration, and to no other host either. */
  readonly headers?: RequestHeaders;
  readonly answerLimitBytes: number;
  /** Ends the request where nobody waits for its answer any more. */
  readonly abort?: AbortSignal;
}

/** What is asked for. The answer's body is limited, and inflated where it comes compressed. */
export interface HttpGet extends GetLimits {
  readonly url: HttpTarget;
  /** For every host. */
  readonly headers: Readonly<Record<string, string>>;
  /** Like the headers of the configuration: only for the host of `url`, whatever redirects say. */
  readonly ownHeaders?: Readonly<Record<string, string>>;
  readonly followsRedirects: boolean;
}

/** What is asked for, and answered for as long as the far side wants. Follows no redirects. */
export interface HttpStreamGet extends StreamLimits {
  readonly url: HttpTarget;
  readonly headers: Readonly<Record<string, string>>;
}

/** A URL taken apart once. */
export interface HttpTarget {
  readonly url: string;
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
    url,
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
/** As Go's client. */
const MAX_REDIRECTS = 10;
const POST_REDIRECTS: ReadonlySet<number> = new Set([307, 308]);
const GET_REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Posts bodies over kept connections, with the keys of otelcol's HTTP clients: compression, headers, TLS, proxy, connection limits. One
 * attempt per call, but for a kept connection that the peer had closed just then: that request goes out again at once, as Go does it. Where
 * the peer says that the address has changed (307, 308), the body goes there.
 */
export class HttpClient {
  readonly #settings: HttpClientSettings;
  /** Those that every host may see. */
  readonly #headers: Readonly<Record<string, string>>;
  /** Those of the configuration, which may hold credentials. */
  readonly #ownHeaders: Readonly<Record<string, string>>;
  readonly #coding: Coding | undefined;
  readonly #proxyOf: ProxyOf;
  readonly #agents = new Map<string, Agent>();
  #tls: ClientTls | undefined;
  #stopWatching: () => void = () => {};

  constructor(settings: HttpClientSettings) {
    const { compression, headers } = settings.config;
    this.#settings = settings;
    this.#coding = compression === '' || compression === 'none' ? undefined : compression;
    this.#proxyOf = settings.isDirect ? () => undefined : proxiesFor(settings.config.proxyUrl, process.env);
    this.#ownHeaders = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value.reveal()]));
    this.#headers = {
      'user-agent': settings.userAgent,
      ...(this.#coding !== undefined && { 'content-encoding': this.#coding }),
    };
  }

  /**
   * Reads and checks the TLS files that the configuration names, whatever the URL: a redirect may need them, and a mistake in them is one.
   * Throws a StartError.
   */
  async start(isSecure: boolean): Promise<void> {
    const { tls } = this.#settings.config;
    const namesFiles = tls.certFile !== '' || tls.keyFile !== '' || tls.caFile !== '';
    if (isSecure || namesFiles) await this.#readTls();
  }

  async #readTls(): Promise<void> {
    const { config, path, logger } = this.#settings;
    const place = `${path}::tls`;
    this.#tls = await readClientTls(config.tls, place);
    const apply = (tls: ClientTls): void => {
      this.#tls = tls;
      // Open connections stay as they are.
      for (const agent of this.#agents.values()) {
        if (agent instanceof HttpsAgent) agent.options.secureContext = tls.secureContext;
      }
    };
    this.#stopWatching();
    this.#stopWatching = watchClientTls(config.tls, { path: place, logger, apply });
  }

  /** Sends a body. Rejects with an HttpFailure where no answer came; any status is an answer. */
  async post(post: HttpPost): Promise<HttpAnswer> {
    let { parts } = post;
    if (this.#coding !== undefined) {
      parts = [await deflate(this.#coding, joined(parts), this.#settings.config.compressionLevel)];
    }
    let { url } = post;
    for (let hops = 0; ; hops++) {
      const answer = await this.#attempt({ ...post, url, parts }, isSameOwner(post.url, url));
      const next = post.followsRedirects === false ? undefined : redirectOf(answer, url);
      if (next === undefined) return answer;
      if (hops === MAX_REDIRECTS) throw new HttpFailure(`stopped after ${MAX_REDIRECTS} redirects`);
      url = next;
    }
  }

  /**
   * Asks for something. Rejects with an HttpFailure where no answer came, or a body beyond its limit, with Busy where the share has no room
   * for it; any status is an answer.
   */
  async get(get: HttpGet): Promise<HttpAnswer> {
    const dueMs = performance.now() + get.timeoutMs;
    let { url } = get;
    for (let hops = 0; ; hops++) {
      if (url.isSecure && this.#tls === undefined) await this.#readTls();
      const isOwn = isSameOwner(get.url, url);
      const headers = { ...get.headers, ...(isOwn && this.#ownHeaders), ...(isOwn && get.ownHeaders) };
      const open = (): ClientRequest => this.#openGet(url, headers);
      const timeoutMs = Math.max(1, dueMs - performance.now());
      let answer: HttpAnswer;
      try {
        answer = await sendGet(open(), { ...get, timeoutMs });
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
        answer = await sendGet(open(), { ...get, timeoutMs }, true);
      }
      const next = get.followsRedirects ? redirectOf(answer, url, GET_REDIRECTS) : undefined;
      if (next === undefined) return answer;
      if (hops === MAX_REDIRECTS) throw new HttpFailure(`stopped after ${MAX_REDIRECTS} redirects`);
      url = next;
    }
  }

  /** Asks for something that comes as a stream. Rejects with an HttpFailure where no answer begins; any status is an answer. */
  async stream({ url, headers, ...limits }: HttpStreamGet): Promise<HttpStream> {
    if (url.isSecure && this.#tls === undefined) await this.#readTls();
    return openStream(this.#openGet(url, { ...this.#ownHeaders, ...headers }), limits);
  }

  #openGet(url: HttpTarget, headers: Readonly<Record<string, string>>): ClientRequest {
    const options = {
      method: 'GET',
      hostname: url.hostname,
      port: url.port,
      path: url.path,
      headers: { ...this.#headers, ...headers },
      ...(url.auth !== '' && { auth: url.auth }),
      agent: this.#agentFor(url),
    };
    return url.isSecure ? requestSecure(options) : requestPlain(options);
  }

  /** Closes all connections; requests under way fail. */
  close(): void {
    this.#stopWatching();
    for (const agent of this.#agents.values()) agent.destroy();
  }

  /** The agent for a target. There are four at most: with TLS or without, through the proxy or not. */
  #agentFor(url: HttpTarget): Agent {
    const proxy = this.#proxyOf(url);
    const key = `${url.isSecure} ${proxy === undefined ? '' : 'proxied'}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = this.#newAgent(url.isSecure, proxy);
      this.#agents.set(key, agent);
    }
    return agent;
  }

  #newAgent(isSecure: boolean, proxy: URL | undefined): Agent {
    const { config } = this.#settings;
    const options = {
      keepAlive: !config.disableKeepAlives,
      maxSockets: config.maxConnsPerHost || Number.POSITIVE_INFINITY,
      maxFreeSockets: config.maxIdleConnsPerHost || config.maxIdleConns || Number.POSITIVE_INFINITY,
      // Node closes a kept connection when it was idle for so long; a request under way is not touched.
      ...(config.idleConnTimeoutMs > 0 && { timeout: config.idleConnTimeoutMs }),
      scheduling: 'lifo' as const,
      ...(proxy !== undefined && { proxyEnv: { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href } }),
    };
    if (!isSecure) return new HttpAgent(options);
    const { servername = '', ...tls } = this.#tls ?? {};
    // A resumed session would go on with the certificate of before.
    const cache = config.tls.reloadIntervalMs > 0 ? { maxCachedSessions: 0 } : {};
    return new HttpsAgent({ ...options, ...tls, ...cache, ...(servername !== '' && { servername }) });
  }

  async #attempt(post: HttpPost, hasOwnHeaders: boolean): Promise<HttpAnswer> {
    if (post.url.isSecure && this.#tls === undefined) await this.#readTls();
    try {
      return await this.#send(post, hasOwnHeaders);
    } catch (error) {
      if (error instanceof StaleConnection) return this.#send(post, hasOwnHeaders, true);
      throw error;
    }
  }

  #send(post: HttpPost, hasOwnHeaders: boolean, isSecondTry = false): Promise<HttpAnswer> {
    const { url, contentType, parts, method = 'POST' } = post;
    const length = parts.reduce((bytes, part) => bytes + part.length, 0);
    const options = {
      method,
      hostname: url.hostname,
      port: url.port,
      path: url.path,
      headers: sentHeaders<string | number>({
        'content-type': contentType,
        'content-length': length,
        ...this.#headers,
        ...(hasOwnHeaders && this.#ownHeaders),
        ...(hasOwnHeaders && post.headers),
      }),
      ...(url.auth !== '' && { auth: url.auth }),
      agent: this.#agentFor(url),
    };
    return new Promise((resolve, reject) => {
      const request = url.isSecure ? requestSecure(options) : requestPlain(options);
      const { timeoutMs } = this.#settings.config;
      const timer =
        timeoutMs > 0
          ? after(timeoutMs, () => void request.destroy(new HttpFailure(`no answer within ${timeoutMs} ms`)), {
              keepsAlive: true,
            })
          : undefined;
      const stopWatching = onAbort(post.abort, () => void request.destroy(new HttpFailure('cancelled')));
      const fail = (error: unknown): void => {
        stopWatching();
        timer?.cancel();
        const isStale = !isSecondTry && isStaleConnection(request, error);
        reject(isStale ? new StaleConnection() : failureOf(error));
      };
      request.once('error', fail);
      request.once('response', (response) => {
        readAnswer(response, post.answerLimitBytes).then((answer) => {
          stopWatching();
          timer?.cancel();
          resolve(answer);
        }, fail);
      });
      writeBody(request, parts);
    });
  }
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

/**
 * Where an answer sends the request; undefined where it doesn't. Of those that post only 307 and 308 count: the others of the 300s would turn
 * the request into a GET without its body, which sends nothing. From https to plain text nobody is followed: it would be open to all.
 */
function redirectOf(
  answer: HttpAnswer,
  from: HttpTarget,
  statuses: ReadonlySet<number> = POST_REDIRECTS,
): HttpTarget | undefined {
  const { location } = answer.headers;
  if (!statuses.has(answer.status) || location === undefined) return undefined;
  let target: HttpTarget;
  try {
    target = httpTarget(new URL(location, from.url).href);
  } catch {
    throw new HttpFailure(`was redirected to "${excerpt(location)}", which is not an http or https URL`);
  }
  if (from.isSecure && !target.isSecure) {
    throw new HttpFailure(`was redirected from https to ${target.display}, where everybody on the way could read it`);
  }
  return target;
}

/** Whether the headers for one host may be seen by the other, as Go decides it: the same name, or one below it. */
function isSameOwner(first: HttpTarget, now: HttpTarget): boolean {
  return now.hostname === first.hostname || (isIP(now.hostname) === 0 && now.hostname.endsWith(`.${first.hostname}`));
}
