import type { CreateSettings, Exporter, Host } from '#component';
import { compressSnappy, type RequestHeaders } from '#net';
import { type Batch, type LogChunk, type LogView, valueText } from '#pdata';
import { encodeLokiPush, type LokiEntry } from '#wire';
import { decisive, HttpSender } from '../shared/http-sender.ts';
import type { LokiExporterConfig } from './config.ts';
import { type Attributes, HINTS, hintedLabels, type Labels, labelsText, namedLabels, tenantOf } from './labels.ts';
import { bodyLine, jsonLine, logfmtLine } from './lines.ts';

/** As the exporter did it: 4xx but 429 is final. */
const LOKI = { name: 'Loki', isFinal: (status: number): boolean => status >= 400 && status < 500 && status !== 429 };
/** Lines by labels, of one tenant. */
type Streams = Map<string, LokiEntry[]>;

/** Sends log records by Loki's push API, one POST for each tenant in a batch. */
export class LokiExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: LokiExporterConfig;
  readonly #sender: HttpSender;

  constructor(settings: CreateSettings, config: LokiExporterConfig) {
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
    const { tenants, unreadable } = this.#streamsOf(batch);
    const headers = await this.#sender.headersFor(batch.context);
    const failures: unknown[] = [];
    for (const [tenant, streams] of tenants) {
      const all = tenant === '' ? headers : { ...headers, 'x-scope-orgid': tenant };
      await this.#push(all, streams, abort).catch((error: unknown) => void failures.push(error));
    }
    // What was sent before is sent again with the rest: Loki keeps the same line of a stream once.
    if (failures.length > 0) throw decisive(failures);
    this.#settings.account.lost('logs', unreadable, 'not_representable');
  }

  #streamsOf(batch: Batch): { readonly tenants: ReadonlyMap<string, Streams>; readonly unreadable: number } {
    const tenants = new Map<string, Streams>();
    let unreadable = 0;
    for (const chunk of batch.chunks as readonly LogChunk[]) {
      const log = chunk.view();
      for (let index = 0; index < chunk.count; index++) {
        log.row = chunk.rowAt(index);
        const attributes = log.attributes.toObject();
        const resource = log.resource.attributes.toObject();
        const tenant = tenantOf(this.#config, attributes, resource, batch.context.metadata);
        const made = this.#make(log, attributes, resource);
        if (made === undefined) {
          unreadable++;
          continue;
        }
        const streams = listOf(tenants, tenant, () => new Map<string, LokiEntry[]>());
        const labels = labelsText(made.labels);
        listOf(streams, labels, (): LokiEntry[] => []).push({ timeNs: this.#timeOf(log), line: made.line });
      }
    }
    return { tenants, unreadable };
  }

  #timeOf({ timeNs, observedNs }: LogView): bigint {
    return timeNs || observedNs || BigInt(Math.round(this.#settings.clock.nowMs())) * 1_000_000n;
  }

  /** Undefined where a hint asks for a format that there isn't. */
  #make(
    log: LogView,
    attributes: Attributes,
    resource: Attributes,
  ): { readonly labels: Labels; readonly line: string } | undefined {
    const { labels: named, format, defaultLabels } = this.#config;
    if (named !== undefined) {
      const labels = namedLabels(log, attributes, resource, named);
      const line = format === 'json' ? jsonLine(log, attributes, resource) : bodyLine(log, attributes, resource, named);
      return { labels, line };
    }
    const hint = resource[HINTS.format] ?? attributes[HINTS.format] ?? 'json';
    const write = { json: jsonLine, logfmt: logfmtLine, raw: rawLine }[String(hint)];
    if (write === undefined) return undefined;
    const labels = hintedLabels(log, attributes, resource, (label) => defaultLabels.get(label) ?? true);
    for (const key of [...Object.values(HINTS), ...labels.keys()]) {
      delete attributes[key];
      delete resource[key];
    }
    return { labels, line: write(log, attributes, resource) };
  }

  async #push(headers: RequestHeaders, streams: Streams, abort: AbortSignal | undefined): Promise<void> {
    const body = encodeLokiPush([...streams].map(([labels, entries]) => ({ labels, entries })));
    const post = { contentType: 'application/x-protobuf', parts: [compressSnappy(body)], headers };
    await this.#sender.push(post, LOKI, abort);
  }
}

function rawLine(log: LogView): string {
  return valueText(log.body);
}

function listOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let found = map.get(key);
  if (found === undefined) {
    found = make();
    map.set(key, found);
  }
  return found;
}
