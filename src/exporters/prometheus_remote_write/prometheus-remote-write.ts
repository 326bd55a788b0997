import { ConsumeError, excerpt } from '#base';
import { type Counter, type CreateSettings, Credentials, type Exporter, type Host } from '#component';
import {
  type HttpAnswer,
  HttpClient,
  HttpFailure,
  type HttpTarget,
  httpTarget,
  parseRetryAfter,
  userAgent,
} from '#net';
import type { Batch, PointChunk } from '#pdata';
import { encodeWriteRequest, encodeWriteRequest2, type WrittenSeries } from '#wire';
import type { RemoteWriteConfig } from './config.ts';
import { type Converted, Converter } from './converter.ts';

const ANSWER_LIMIT_BYTES = 1024;
const VERSION_HEADER = 'x-prometheus-remote-write-version';
const CONTENT_TYPE = 'application/x-protobuf';

/** Sends metrics by remote write: a batch is one request, or several where it is large. */
export class RemoteWriteExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: RemoteWriteConfig;
  readonly #client: HttpClient;
  readonly #credentials: Credentials;
  readonly #url: HttpTarget;
  readonly #translated: Counter;
  readonly #sent: Counter;
  #hasWarned = false;

  constructor(settings: CreateSettings, config: RemoteWriteConfig) {
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
    const { meter } = settings;
    this.#translated = meter.counter('exporter_prometheusremotewrite_translated_time_series', {
      unit: '1',
      description: 'Number of Prometheus time series that were translated from OTel metrics',
    });
    this.#sent = meter.counter('exporter_prometheusremotewrite_sent_batches', {
      unit: '1',
      description:
        'Number of remote write request batches sent to the remote write endpoint regardless of success or failure',
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
    const converter = new Converter(this.#config);
    for (const chunk of batch.chunks as readonly PointChunk[]) converter.add(chunk);
    const { result } = converter;
    this.#translated.add(result.series.length);
    const headers = { ...(await this.#credentials.headersFor(batch.context)), ...this.#headersFor(batch) };
    // What was sent before one fails is sent again: a sample that is there already does no harm.
    await inParallel(this.#requestsOf(result), this.#config.parallelRequests, (body) =>
      this.#send(body, headers, abort),
    );
    this.#settings.account.lost('metrics', result.lost, 'not_representable');
  }

  #headersFor({ context }: Batch): Record<string, string> {
    const headers: Record<string, string> = { [VERSION_HEADER]: this.#config.isVersion2 ? '2.0.0' : '0.1.0' };
    for (const key of this.#config.metadataKeys) {
      const values = context.metadata?.get(key) ?? [];
      if (values.length > 0) headers[key] = values.join(', ');
    }
    return headers;
  }

  *#requestsOf({ series, metadata }: Converted): Generator<Uint8Array> {
    const { isVersion2, maxBatchSizeBytes, sendsMetadata } = this.#config;
    for (const part of parted(series, maxBatchSizeBytes)) {
      for (const { samples } of part) samples.sort((one, other) => one.timestampMs - other.timestampMs);
      yield isVersion2 ? encodeWriteRequest2(part) : encodeWriteRequest(part);
    }
    if (sendsMetadata && !isVersion2 && metadata.length > 0) yield encodeWriteRequest([], metadata);
  }

  async #send(
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    abort: AbortSignal | undefined,
  ): Promise<void> {
    this.#sent.add(1);
    let answer: HttpAnswer;
    try {
      answer = await this.#client.post({
        url: this.#url,
        contentType: this.#config.isVersion2 ? `${CONTENT_TYPE};proto=io.prometheus.write.v2.Request` : CONTENT_TYPE,
        parts: [body],
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
    const isCounted = answer.headers['x-prometheus-remote-write-samples-written'] !== undefined;
    if (!this.#config.isVersion2 || isCounted || this.#hasWarned) return;
    this.#hasWarned = true;
    const hint = 'if it knows remote write 1.0 alone, set protobuf_message: prometheus.WriteRequest';
    this.#settings.logger.warn('The answer to remote write 2.0 does not say what was written', { hint });
  }

  /** 5xx and 429 may be tried again. */
  #refusal({ status, body, headers }: HttpAnswer): ConsumeError {
    const permanent = status < 500 && status !== 429;
    const retryAfterMs = permanent ? undefined : parseRetryAfter(headers['retry-after'], this.#settings.clock.nowMs());
    const said = excerpt(Buffer.from(body).toString().trim());
    return new ConsumeError(`remote write to ${this.#url.display} was answered with HTTP ${status}: ${said}`, {
      permanent,
      reason: `http_${status}`,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
}

/** Series of so many bytes at most, near enough; one alone may be more. */
function* parted(series: readonly WrittenSeries[], limitBytes: number): Generator<WrittenSeries[]> {
  let part: WrittenSeries[] = [];
  let bytes = 0;
  for (const one of series) {
    const ofThis = bytesOf(one);
    if (bytes + ofThis >= limitBytes && part.length > 0) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(one);
    bytes += ofThis;
  }
  if (part.length > 0) yield part;
}

function bytesOf({ labels, samples, histograms, exemplars }: WrittenSeries): number {
  let bytes = 4 + samples.length * 18 + exemplars.length * 128;
  for (const [name, value] of labels) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 6;
  for (const { positive, negative, customValues } of histograms) {
    bytes += 64 + (positive.deltas.length + negative.deltas.length) * 4 + customValues.length * 8;
  }
  return bytes;
}

/** Runs `run` on all of them, so many at a time. Rejects when all have ended, with the first failure that may be tried again. */
async function inParallel<T>(items: Iterable<T>, limit: number, run: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      await run(next.value).catch((error: unknown) => void failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: limit }, work));
  if (failures.length > 0) throw failures.find((one) => !(one as ConsumeError).permanent) ?? failures[0];
}
