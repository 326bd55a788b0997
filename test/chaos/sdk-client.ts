import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Ledger, Signal } from './ledger.ts';

export const SERVICE = 'chaos';
export const METRIC = 'chaos.value';
const EXPORT_EVERY_MS = 50;
const BATCH_ITEMS = 64;
/** With its retries: the exporter tries again after 1, 1.5, 2.25 s. */
const EXPORT_LIMIT_MS = 6_000;
const TICK_MS = 20;
const ITEMS_PER_TICK = 4;

/** Counts the requests that go to an address. */
class RequestCount {
  count = 0;
  readonly #path: string;
  readonly #listener = (message: unknown): void => {
    if ((message as { request: ClientRequest }).request.path === this.#path) this.count++;
  };
  constructor(path: string) {
    this.#path = path;
    subscribe('http.client.request.start', this.#listener);
  }
  close(): void {
    unsubscribe('http.client.request.start', this.#listener);
  }
}

interface AnyExporter<T> {
  export(items: T, done: (result: { code: number; error?: Error }) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}

/**
 * A service as people instrument it: OpenTelemetry's SDK with its batching, its OTLP exporters and their retries. Each span, log record and
 * data point carries an id, and the ledger hears what the exporter was told about it.
 */
export class SdkClient {
  readonly #name: string;
  readonly #ledger: Ledger;
  readonly #url: string;
  readonly #counts: RequestCount[] = [];
  readonly #traces: BasicTracerProvider;
  readonly #logs: LoggerProvider;
  readonly #metrics: MeterProvider;
  readonly #timer: NodeJS.Timeout;
  #next = 0;

  constructor(otlpUrl: string, name: string, ledger: Ledger) {
    this.#url = otlpUrl;
    this.#name = name;
    this.#ledger = ledger;
    const resource = resourceFromAttributes({ 'service.name': SERVICE, 'service.instance.id': name });
    const batching = {
      scheduledDelayMillis: EXPORT_EVERY_MS,
      maxExportBatchSize: BATCH_ITEMS,
      exportTimeoutMillis: EXPORT_LIMIT_MS * 2,
    };
    const options = (signal: Signal) => ({ url: this.#address(signal), timeoutMillis: EXPORT_LIMIT_MS });
    this.#traces = new BasicTracerProvider({
      resource,
      spanProcessors: [
        new BatchSpanProcessor(
          this.#watched('traces', new OTLPTraceExporter(options('traces')), (spans: ReadableSpan[]) =>
            spans.map((span) => span.spanContext().spanId),
          ),
          batching,
        ),
      ],
    });
    this.#logs = new LoggerProvider({
      resource,
      processors: [
        new BatchLogRecordProcessor({
          ...batching,
          exporter: this.#watched('logs', new OTLPLogExporter(options('logs')), (records: ReadableLogRecord[]) =>
            records.map((record) => String(record.body)),
          ),
        } as never),
      ],
    });
    this.#metrics = new MeterProvider({
      resource,
      readers: [
        new PeriodicExportingMetricReader({
          exporter: this.#watched('metrics', new OTLPMetricExporter(options('metrics')), pointIds) as never,
          exportIntervalMillis: EXPORT_EVERY_MS * 4,
          exportTimeoutMillis: EXPORT_EVERY_MS * 4,
        }),
      ],
    });
    this.#metrics
      .getMeter('chaos')
      .createObservableGauge(METRIC)
      .addCallback((result) => {
        for (let i = 0; i < ITEMS_PER_TICK; i++) result.observe(this.#next++, { client: name, place: i });
      });
    this.#timer = setInterval(() => this.#work(), TICK_MS);
  }

  #address(signal: Signal): string {
    return `${this.#url}/v1/${signal}?client=${this.#name}`;
  }

  #work(): void {
    const tracer = this.#traces.getTracer('chaos');
    const logger = this.#logs.getLogger('chaos');
    for (let i = 0; i < ITEMS_PER_TICK; i++) {
      tracer.startSpan('work', { attributes: { 'http.request.method': 'GET' } }).end();
      logger.emit({ severityNumber: SeverityNumber.INFO, body: `${this.#name} ${this.#next++}` });
    }
  }

  /** The exporter, with the outcome of each export going to the ledger. */
  #watched<T, E extends AnyExporter<T>>(signal: Signal, exporter: E, idsOf: (items: T) => string[]): E {
    const sent = new RequestCount(`/v1/${signal}?client=${this.#name}`);
    this.#counts.push(sent);
    const inner = exporter.export.bind(exporter);
    exporter.export = (items, done) => {
      const ids = idsOf(items);
      const before = sent.count;
      inner(items, (result) => {
        this.#ledger.add(signal, ids, sent.count - before, result.code === 0);
        done(result);
      });
    };
    return exporter;
  }

  /** Sends what waits and ends. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.allSettled([this.#traces.shutdown(), this.#logs.shutdown(), this.#metrics.shutdown()]);
    for (const count of this.#counts) count.close();
  }
}

/** A point's id is its client and value: no client gives a value twice. */
function pointIds(metrics: ResourceMetrics): string[] {
  return metrics.scopeMetrics.flatMap(({ metrics: list }) =>
    list.flatMap(({ dataPoints }) => dataPoints.map((point) => `${point.attributes.client} ${point.value}`)),
  );
}
