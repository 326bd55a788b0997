import {
  type Attributes,
  type Context,
  context,
  type Meter,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { Log } from './log.ts';
import type { ReceiverWatch } from './receiver-watch.ts';

const SCOPE_VERSION = '1.4.0';
/** Short, so that a newcomer sees a request about a second after it happened. */
const EXPORT_DELAY_MS = 1_000;
const METRIC_INTERVAL_MS = 5_000;

/** Bucket limits of the HTTP semantic conventions, in seconds. */
export const DURATION_BUCKETS_SECONDS: number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

export interface TelemetrySettings {
  readonly resource: Resource;
  /** Base address of the OTLP/HTTP receiver. */
  readonly endpoint: string;
  readonly watch: ReceiverWatch;
}

/**
 * Everything one service instance uses to tell about itself. Each instance has providers of its own, with its own
 * resource, as if it were a process of its own.
 */
export class Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly log: Log;
  readonly #traces: NodeTracerProvider;
  readonly #metrics: MeterProvider;
  readonly #logs: LoggerProvider;

  constructor(service: string, { resource, endpoint, watch }: TelemetrySettings) {
    this.#traces = new NodeTracerProvider({
      resource,
      spanProcessors: [
        new BatchSpanProcessor(watch.over(new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })), {
          scheduledDelayMillis: EXPORT_DELAY_MS,
          maxQueueSize: 4_096,
        }),
      ],
    });
    this.#metrics = new MeterProvider({
      resource,
      views: [
        {
          instrumentName: 'db.client.operation.duration',
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
        },
      ],
      readers: [
        new PeriodicExportingMetricReader({
          exporter: watch.over(new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` })),
          exportIntervalMillis: METRIC_INTERVAL_MS,
          exportTimeoutMillis: METRIC_INTERVAL_MS,
        }),
      ],
    });
    this.#logs = new LoggerProvider({
      resource,
      processors: [
        new BatchLogRecordProcessor({
          exporter: watch.over(new OTLPLogExporter({ url: `${endpoint}/v1/logs` })),
          scheduledDelayMillis: EXPORT_DELAY_MS,
          maxQueueSize: 4_096,
        }),
      ],
    });
    this.tracer = this.scopedTracer(`shop.${service}`);
    this.meter = this.scopedMeter(`shop.${service}`);
    this.log = new Log(this.#logs.getLogger(`shop.${service}`, SCOPE_VERSION));
  }

  /** A tracer under another instrumentation scope, as libraries have. */
  scopedTracer(scope: string): Tracer {
    return this.#traces.getTracer(scope, SCOPE_VERSION);
  }

  /** A meter under another instrumentation scope. */
  scopedMeter(scope: string): Meter {
    return this.#metrics.getMeter(scope, SCOPE_VERSION);
  }

  /** Runs `work` inside a new span of the business logic. */
  span<Result>(name: string, attributes: Attributes, work: (span: Span) => Promise<Result>): Promise<Result> {
    return inSpan(this.tracer, name, { attributes }, work);
  }

  /** Sends what is still in memory and stops. */
  async shutdown(): Promise<void> {
    await Promise.allSettled([this.#traces.shutdown(), this.#metrics.shutdown(), this.#logs.shutdown()]);
  }
}

/** Runs `work` inside a new span, which becomes the active one; an exception is recorded and thrown on. */
export function inSpan<Result>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
  parent: Context = context.active(),
): Promise<Result> {
  return tracer.startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      recordFailure(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Marks a span as failed, with the exception and its stack trace as an event. */
export function recordFailure(span: Span, error: unknown): void {
  const failure = error instanceof Error ? error : new Error(String(error));
  span.recordException(failure);
  span.setAttribute('error.type', failure.name);
  span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
}
