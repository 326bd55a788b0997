import type { AnyValue } from '#pdata';
import { TEMPORALITY_CUMULATIVE } from '#pdata';
import {
  BoundedHistogram,
  ExponentialHistogram,
  type ExponentialPoint,
  type HistogramPoint,
  type MetricBuilder,
  MetricsBuilder,
  type Series,
} from '#wire';
import type { Call } from './calls.ts';
import type { ServiceGraphConfig } from './config.ts';

const SCOPE_NAME = 'traces_service_graph';
/** Names of services and dimensions come from outside. */
const SERIES_LIMIT = 50_000;
const FORGOTTEN_AFTER_MS = 15 * 60_000;

type Durations = BoundedHistogram | ExponentialHistogram;
type DurationSeries = Series<HistogramPoint | ExponentialPoint>;

interface CallSeries {
  readonly startNs: bigint;
  lastCallMs: number;
  total: number;
  failed: number;
  readonly server: Durations;
  readonly client: Durations;
  readonly totals: Series<number | bigint>;
  readonly failures: Series<number | bigint>;
  readonly servers: DurationSeries;
  readonly clients: DurationSeries;
}

/** How many calls there were between two services, how many failed, and how long they took at either end. */
export class CallMetrics {
  readonly #config: ServiceGraphConfig;
  readonly #bounds: readonly number[] | undefined;
  readonly #series = new Map<string, CallSeries>();
  readonly #builder = new MetricsBuilder();
  readonly #totals: MetricBuilder<number | bigint>;
  readonly #failures: MetricBuilder<number | bigint>;
  readonly #servers: MetricBuilder<HistogramPoint | ExponentialPoint>;
  readonly #clients: MetricBuilder<HistogramPoint | ExponentialPoint>;

  constructor(config: ServiceGraphConfig) {
    this.#config = config;
    this.#bounds = config.boundsMs?.map((bound) => bound / 1000);
    const group = this.#builder.group({ scope: { name: SCOPE_NAME } });
    const sum = { temporality: TEMPORALITY_CUMULATIVE, isMonotonic: true };
    const seconds = { unit: 's', temporality: TEMPORALITY_CUMULATIVE };
    const durations = (name: string): MetricBuilder<HistogramPoint | ExponentialPoint> =>
      (this.#bounds === undefined
        ? group.exponentialHistogram(name, seconds)
        : group.histogram(name, seconds)) as MetricBuilder<HistogramPoint | ExponentialPoint>;
    this.#totals = group.sum('traces_service_graph_request_total', sum);
    this.#failures = group.sum('traces_service_graph_request_failed_total', sum);
    this.#servers = durations('traces_service_graph_request_server');
    this.#clients = durations('traces_service_graph_request_client');
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  add(call: Call, nowMs: number): void {
    const attributes = this.#attributesOf(call);
    const key = JSON.stringify(Object.entries(attributes));
    const series = this.#series.get(key) ?? this.#newSeries(key, attributes, nowMs);
    series.lastCallMs = nowMs;
    series.total++;
    if (call.failed) series.failed++;
    series.server.add(call.serverSeconds, 1);
    series.client.add(call.clientSeconds, 1);
  }

  #attributesOf({ client, server, connectionType, failed, dimensions, virtualNode }: Call): {
    [key: string]: AnyValue;
  } {
    return {
      client,
      server,
      connection_type: connectionType,
      failed,
      ...Object.fromEntries([...dimensions].sort(([a], [b]) => (a < b ? -1 : 1))),
      ...(this.#config.virtualNodeLabel && { virtual_node: virtualNode }),
    };
  }

  #newSeries(key: string, attributes: { [key: string]: AnyValue }, nowMs: number): CallSeries {
    if (this.#series.size >= SERIES_LIMIT && key !== '') return this.#overflow(nowMs);
    const histogram = (): Durations =>
      this.#bounds === undefined
        ? new ExponentialHistogram(this.#config.exponentialMaxSize)
        : new BoundedHistogram(this.#bounds);
    const series = {
      startNs: this.#dated(nowMs),
      lastCallMs: nowMs,
      total: 0,
      failed: 0,
      server: histogram(),
      client: histogram(),
      totals: this.#totals.series(attributes),
      failures: this.#failures.series(attributes),
      servers: this.#servers.series(attributes),
      clients: this.#clients.series(attributes),
    };
    this.#series.set(key, series);
    return series;
  }

  #overflow(nowMs: number): CallSeries {
    return this.#series.get('') ?? this.#newSeries('', { 'otel.metric.overflow': true }, nowMs);
  }

  #dated(ms: number): bigint {
    return BigInt(Math.round(ms - this.#config.timestampOffsetMs)) * 1_000_000n;
  }

  /** The request with the points of all series, and how many they are. */
  collect(nowMs: number): { readonly body: Uint8Array; readonly points: number } {
    const timeNs = this.#dated(nowMs);
    let points = 0;
    for (const {
      startNs,
      total,
      failed,
      server,
      client,
      totals,
      failures,
      servers,
      clients,
    } of this.#series.values()) {
      totals.add(timeNs, BigInt(total), startNs);
      if (failed > 0) failures.add(timeNs, BigInt(failed), startNs);
      servers.add(timeNs, server, startNs);
      clients.add(timeNs, client, startNs);
      points += failed > 0 ? 4 : 3;
    }
    const body = this.#builder.body();
    this.#builder.clear();
    return { body, points };
  }

  forgetQuiet(nowMs: number): void {
    for (const [key, { lastCallMs }] of this.#series) {
      if (lastCallMs + FORGOTTEN_AFTER_MS < nowMs) this.#series.delete(key);
    }
  }
}
