import { type Connector, type Consumer, type CreateSettings, MetricsFeed, type MetricsRequest } from '#component';
import {
  type AnyValue,
  type AttributeCursor,
  Batch,
  type Chunk,
  type LogChunk,
  type Signal,
  type SpanChunk,
} from '#pdata';
import { decodeMetrics } from '#wire';
import { type ExceptionsConfig, SERVICE_NAME, SPAN_KIND, SPAN_NAME, STATUS_CODE } from './config.ts';
import { Dimensions, kindText, statusText } from './dimensions.ts';
import { ExceptionCounts } from './exception-counts.ts';
import { eachExceptionEvent, exceptionRows, serviceOf } from './find.ts';

/** Batches that come within this time share their points, which say of all series what they say. */
const INTERVAL_MS = 1000;

const NOTHING: MetricsRequest = { points: 0, batch: () => new Batch('metrics', []) };

/** Counts exceptions by service, span and dimensions (otelcol-contrib connector/exceptionsconnector). */
export class ExceptionMetrics implements Connector {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #signal: Signal;
  readonly #dimensions: Dimensions;
  readonly #counts: ExceptionCounts;
  readonly #feed: MetricsFeed;
  #stopGauge: () => void = () => {};
  #cancelTimer: (() => void) | undefined;
  /** Whether a batch has come since the last points. */
  #isDue = false;

  constructor(settings: CreateSettings, config: ExceptionsConfig, signal: Signal, next: ReadonlyMap<string, Consumer>) {
    this.#settings = settings;
    this.#signal = signal;
    this.#dimensions = new Dimensions(config.dimensions);
    this.#counts = new ExceptionCounts(this.#nowNs(), config.exemplarsEnabled);
    const collect = (): MetricsRequest => this.#collect();
    this.#feed = new MetricsFeed(settings, next, { intervalMs: 0, isDelta: false, collect });
  }

  async start(): Promise<void> {
    const options = { unit: '{series}', description: 'series that are kept' };
    this.#stopGauge = this.#settings.meter.gauge('connector_exceptions_series', options, () => this.#counts.size);
  }

  async consume(batch: Batch): Promise<void> {
    for (const chunk of batch.chunks) {
      if (this.#signal === 'traces') this.#countEvents(chunk as SpanChunk);
      else this.#countRecords(chunk as LogChunk);
    }
    this.#settings.account.absorbed(this.#signal, batch.itemCount, 'aggregated');
    this.#isDue = true;
    this.#cancelTimer ??= this.#settings.clock.after(INTERVAL_MS, () => {
      this.#cancelTimer = undefined;
      void this.#feed.flush();
    });
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#cancelTimer?.();
    await this.#feed.close(deadlineMs);
    this.#stopGauge();
  }

  #countEvents(chunk: SpanChunk): void {
    eachExceptionEvent(chunk, (span, event, service) => {
      const attributes: [string, AnyValue][] = [
        [SERVICE_NAME, service],
        [SPAN_NAME, span.name],
        [SPAN_KIND, kindText(span.kind)],
        [STATUS_CODE, statusText(span.statusCode)],
      ];
      const holders = [span.attributes, event.attributes, span.resource.attributes];
      this.#count(chunk, attributes, holders, span.traceId, span.spanId);
    });
  }

  #countRecords(chunk: LogChunk): void {
    const log = chunk.view();
    for (const row of exceptionRows(chunk)) {
      log.row = row;
      const service = serviceOf(chunk, chunk.resourceOf(row));
      if (service === undefined) continue;
      this.#count(chunk, [[SERVICE_NAME, service]], [log.attributes, log.resource.attributes], log.traceId, log.spanId);
    }
  }

  #count(
    chunk: Chunk,
    attributes: [string, AnyValue][],
    holders: readonly AttributeCursor[],
    traceId: string,
    spanId: string,
  ): void {
    attributes.push(...this.#dimensions.valuesIn(chunk, ...holders));
    this.#counts.add(attributes, traceId, spanId);
  }

  #collect(): MetricsRequest {
    if (!this.#isDue) return NOTHING;
    this.#isDue = false;
    const { body, points } = this.#counts.collect(this.#nowNs());
    return { points, batch: () => new Batch('metrics', [decodeMetrics(body.slice()).chunk]) };
  }

  #nowNs(): bigint {
    return BigInt(Math.round(this.#settings.clock.nowMs())) * 1_000_000n;
  }
}
