import type { CreateSettings, Exporter, Host } from '#component';
import type { Batch } from '#pdata';
import { encodeZipkinProto, zipkinSpans } from '#wire';
import { HttpSender } from '../shared/http-sender.ts';
import type { ZipkinExporterConfig } from './config.ts';

const ZIPKIN = {
  name: 'Zipkin',
  isFinal: (status: number): boolean => status < 500 && status !== 429 && status !== 408,
};

/** Sends spans to Zipkin, one POST for each batch. */
export class ZipkinExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: ZipkinExporterConfig;
  readonly #sender: HttpSender;

  constructor(settings: CreateSettings, config: ZipkinExporterConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#sender = new HttpSender(settings, config.client);
  }

  start(host: Host): Promise<void> {
    return this.#sender.start(host);
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    this.#sender.close();
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const { format, defaultServiceName } = this.#config;
    const { spans, without } = zipkinSpans(batch, defaultServiceName);
    const post = {
      contentType: format === 'json' ? 'application/json' : 'application/x-protobuf',
      parts: [format === 'json' ? Buffer.from(JSON.stringify(spans)) : encodeZipkinProto(spans)],
      headers: await this.#sender.headersFor(batch.context),
    };
    await this.#sender.push(post, ZIPKIN, abort);
    this.#settings.account.lost('traces', without, 'not_representable');
  }
}
