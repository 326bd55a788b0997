import type { Counter, CreateSettings, Exporter, Host } from '#component';
import type { RequestHeaders } from '#net';
import type { Batch, PointChunk } from '#pdata';
import { encodeWriteRequest, encodeWriteRequest2, type WrittenSeries } from '#wire';
import { decisive, HttpSender } from '../shared/http-sender.ts';
import type { RemoteWriteConfig } from './config.ts';
import { type Converted, Converter } from './converter.ts';
import { SeriesTable } from './series-table.ts';
import { type WalRequest, WriteAheadLog } from './wal.ts';

/** 5xx and 429 may be tried again. */
const RECEIVER = {
  name: 'the receiver of remote write',
  isFinal: (status: number): boolean => status < 500 && status !== 429,
};
const VERSION_HEADER = 'x-prometheus-remote-write-version';
const CONTENT_TYPE = 'application/x-protobuf';

/** Sends metrics by remote write: a batch is one request, or several where it is large. */
export class RemoteWriteExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: RemoteWriteConfig;
  readonly #sender: HttpSender;
  readonly #wal: WriteAheadLog | undefined;
  readonly #table = new SeriesTable();
  readonly #translated: Counter;
  readonly #sent: Counter;
  #hasWarned = false;

  constructor(settings: CreateSettings, config: RemoteWriteConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#sender = new HttpSender(settings, config.client);
    if (config.wal !== undefined) {
      const { retry, timeoutMs } = config.delivery;
      // Of whom the data comes is not kept.
      const send = async (request: WalRequest, abort: AbortSignal): Promise<void> =>
        this.#send(request, await this.#sender.headersFor({}), abort);
      this.#wal = new WriteAheadLog(settings, { config: config.wal, retry, timeoutMs, send });
    }
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
    await this.#sender.start(host);
    await this.#wal?.start();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    await this.#wal?.stop(deadlineMs);
    this.#sender.close();
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const converter = new Converter(this.#config, this.#table);
    for (const chunk of batch.chunks as readonly PointChunk[]) converter.add(chunk);
    const { result } = converter;
    this.#translated.add(result.series.length);
    const requests = this.#requestsOf(result, batch.itemCount - result.lost);
    if (this.#wal !== undefined) await this.#wal.append([...requests]);
    else {
      const headers = { ...(await this.#sender.headersFor(batch.context)), ...this.#metadataOf(batch) };
      // What was sent before one fails is sent again: a sample that is there already does no harm.
      await inParallel(requests, this.#config.parallelRequests, (request) => this.#send(request, headers, abort));
    }
    this.#settings.account.lost('metrics', result.lost, 'not_representable');
  }

  #metadataOf({ context }: Batch): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const key of this.#config.metadataKeys) {
      const values = context.metadata?.get(key) ?? [];
      if (values.length > 0) headers[key] = values.join(', ');
    }
    return headers;
  }

  /** `points`: of the whole batch; each request has its share. */
  *#requestsOf({ series, metadata }: Converted, points: number): Generator<WalRequest> {
    const { isVersion2, maxBatchSizeBytes, sendsMetadata } = this.#config;
    let done = 0;
    const upTo = (count: number): number => Math.round((points * count) / series.length);
    for (const part of parted(series, maxBatchSizeBytes)) {
      const body = isVersion2 ? encodeWriteRequest2(part) : encodeWriteRequest(part);
      yield { body, isVersion2, points: upTo(done + part.length) - upTo(done) };
      done += part.length;
    }
    if (sendsMetadata && !isVersion2 && metadata.length > 0) {
      yield { body: encodeWriteRequest([], metadata), isVersion2, points: 0 };
    }
  }

  async #send(
    { body, isVersion2 }: WalRequest,
    headers: RequestHeaders,
    abort: AbortSignal | undefined,
  ): Promise<void> {
    this.#sent.add(1);
    const post = {
      contentType: isVersion2 ? `${CONTENT_TYPE};proto=io.prometheus.write.v2.Request` : CONTENT_TYPE,
      parts: [body],
      headers: { ...headers, [VERSION_HEADER]: isVersion2 ? '2.0.0' : '0.1.0' },
    };
    const answer = await this.#sender.push(post, RECEIVER, abort);
    const isCounted = answer.headers['x-prometheus-remote-write-samples-written'] !== undefined;
    if (!isVersion2 || isCounted || this.#hasWarned) return;
    this.#hasWarned = true;
    const hint = 'if it knows remote write 1.0 alone, set protobuf_message: prometheus.WriteRequest';
    this.#settings.logger.warn('The answer to remote write 2.0 does not say what was written', { hint });
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
  let bytes = 4 + labels.length + samples.length * 18 + exemplars.length * 128;
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
  if (failures.length > 0) throw decisive(failures);
}
