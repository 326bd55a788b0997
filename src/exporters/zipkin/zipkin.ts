import { ConsumeError, excerpt } from '#base';
import { type CreateSettings, Credentials, type Exporter, type Host } from '#component';
import {
  type HttpAnswer,
  HttpClient,
  HttpFailure,
  type HttpTarget,
  httpTarget,
  parseRetryAfter,
  userAgent,
} from '#net';
import type { Batch } from '#pdata';
import { encodeZipkinProto, zipkinSpans } from '#wire';
import type { ZipkinExporterConfig } from './config.ts';

const ANSWER_LIMIT_BYTES = 1024;

/** Sends spans to Zipkin, one POST for each batch. */
export class ZipkinExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: ZipkinExporterConfig;
  readonly #client: HttpClient;
  readonly #credentials: Credentials;
  readonly #url: HttpTarget;

  constructor(settings: CreateSettings, config: ZipkinExporterConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#url = httpTarget(config.client.endpoint);
    this.#credentials = new Credentials(config.client.auth, config.client.headers);
    this.#client = new HttpClient({
      config: config.client,
      path: `exporters::${settings.id}`,
      userAgent: userAgent(settings.version),
      logger: settings.logger,
    });
  }

  async start(host: Host): Promise<void> {
    this.#credentials.start(host);
    await this.#client.start(this.#url.isSecure);
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    this.#client.close();
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const { format, defaultServiceName } = this.#config;
    const { spans, without } = zipkinSpans(batch, defaultServiceName);
    const headers = await this.#credentials.headersFor(batch.context);
    let answer: HttpAnswer;
    try {
      answer = await this.#client.post({
        url: this.#url,
        contentType: format === 'json' ? 'application/json' : 'application/x-protobuf',
        parts: [format === 'json' ? Buffer.from(JSON.stringify(spans)) : encodeZipkinProto(spans)],
        headers,
        answerLimitBytes: ANSWER_LIMIT_BYTES,
        ...(abort !== undefined && { abort }),
      });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const message = `failed to make an HTTP request to ${this.#url.display}: ${error.message}`;
      throw new ConsumeError(message, { cause: error, reason: 'network' });
    }
    if (answer.status < 200 || answer.status > 299) throw this.#refusal(answer);
    this.#settings.account.lost('traces', without, 'not_representable');
  }

  #refusal({ status, headers, body }: HttpAnswer): ConsumeError {
    const permanent = status < 500 && status !== 429 && status !== 408;
    const retryAfterMs = permanent ? undefined : parseRetryAfter(headers['retry-after'], this.#settings.clock.nowMs());
    const said = excerpt(Buffer.from(body).toString().trim());
    return new ConsumeError(`Zipkin at ${this.#url.display} answered HTTP ${status}: ${said}`, {
      permanent,
      reason: `http_${status}`,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
}
