import { ConsumeError, excerpt } from '#base';
import { type CreateSettings, Credentials, type Host, type MetricLabels } from '#component';
import type { HttpClientConfig } from '#config';
import {
  type HttpAnswer,
  HttpClient,
  HttpFailure,
  type HttpPost,
  type HttpTarget,
  httpTarget,
  parseRetryAfter,
  type RequestHeaders,
  userAgent,
} from '#net';
import type { BatchContext } from '#pdata';

/** Of what a peer says to a request: enough to find its cause. */
const ANSWER_LIMIT_BYTES = 1024;

/** Whom an exporter sends to. */
interface Peer {
  /** In messages. */
  readonly name: string;
  /** Whether a refusal with this status is for good. */
  readonly isFinal: (status: number) => boolean;
}

/** The HTTP client of an exporter with one address, and its credentials. */
export class HttpSender {
  readonly #settings: CreateSettings;
  readonly #client: HttpClient;
  readonly #credentials: Credentials;
  readonly #url: HttpTarget;

  constructor(settings: CreateSettings, config: HttpClientConfig, url: HttpTarget = httpTarget(config.endpoint)) {
    const { id, version, logger } = settings;
    this.#settings = settings;
    this.#url = url;
    this.#credentials = new Credentials(config.auth, config.headers);
    this.#client = new HttpClient({ config, path: `exporters::${id}`, userAgent: userAgent(version), logger });
  }

  async start(host: Host): Promise<void> {
    this.#credentials.start(host);
    await this.#client.start(this.#url.isSecure);
  }

  close(): void {
    this.#client.close();
  }

  /** The credentials for what came with this context. */
  headersFor(context: BatchContext): Promise<RequestHeaders> {
    return this.#credentials.headersFor(context);
  }

  /** Rejects with a ConsumeError where there is no answer; any status is one. */
  async post(post: Omit<HttpPost, 'url' | 'abort'>, abort: AbortSignal | undefined): Promise<HttpAnswer> {
    try {
      return await this.#client.post({ ...post, url: this.#url, ...(abort !== undefined && { abort }) });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const message = `failed to make an HTTP request to ${this.#url.display}: ${error.message}`;
      throw new ConsumeError(message, { cause: error, reason: 'network' });
    }
  }

  /** The same, where any status but 2xx is a refusal. */
  async push(
    post: Omit<HttpPost, 'url' | 'abort' | 'answerLimitBytes'>,
    peer: Peer,
    abort: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const answer = await this.post({ ...post, answerLimitBytes: ANSWER_LIMIT_BYTES }, abort);
    const { status, headers, body } = answer;
    if (status >= 200 && status <= 299) return answer;
    const permanent = peer.isFinal(status);
    const retryAfterMs = permanent ? undefined : parseRetryAfter(headers['retry-after'], this.#settings.clock.nowMs());
    const [said = ''] = Buffer.from(body).toString().trim().split('\n', 1);
    throw new ConsumeError(`${peer.name} at ${this.#url.display} answered HTTP ${status}: ${excerpt(said)}`, {
      permanent,
      reason: `http_${status}`,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
}

/** Of failures of one batch, the one that decides: what may be tried again goes before what may not. */
export function decisive(failures: readonly unknown[]): unknown {
  return failures.find((one) => !(one as ConsumeError).permanent) ?? failures[0];
}

/** As otelcol names them (exporter/otlphttpexporter/factory.go@v0.159.0). */
export function httpPeerLabels(url: string): MetricLabels {
  if (!URL.canParse(url)) return {};
  const { hostname, port, pathname } = new URL(url);
  return {
    'server.address': hostname,
    ...(port !== '' && { 'server.port': port }),
    ...(pathname !== '' && { 'url.path': pathname }),
  };
}

interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export const NO_MIDDLEWARES = 'no extension offers middlewares yet; take the block out';

/** What is wrong with the client of an exporter whose `endpoint` is the whole address, such as `example`. */
export function clientMistakes({ endpoint, middlewares }: HttpClientConfig, example: string): Mistake[] {
  const mistakes = middlewareMistakes(middlewares);
  try {
    httpTarget(endpoint);
  } catch {
    mistakes.unshift({ path: ['endpoint'], message: `must be a URL such as ${example}, got "${endpoint}"` });
  }
  return mistakes;
}

export function middlewareMistakes(middlewares: HttpClientConfig['middlewares']): Mistake[] {
  return middlewares.length === 0 ? [] : [{ path: ['middlewares'], message: NO_MIDDLEWARES }];
}
