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
import type { Call, ConnectionType } from './calls.ts';
import type { ServiceGraphConfig } from './config.ts';

const SCOPE_NAME = 'traces_service_graph';
/** Names of services and dimensions come from outside. */
const SERIES_LIMIT = 50_000;
const FORGOTTEN_AFTER_MS = 15 * 60_000;

const CONNECTION_TYPES: readonly ConnectionType[] = ['', 'messaging_system', 'database', 'virtual_node'];
const VIRTUAL_NODES: readonly Call['virtualNode'][] = ['', 'client', 'server'];

type Durations = BoundedHistogram | ExponentialHistogram;
type DurationSeries = Series<HistogramPoint | ExponentialPoint>;

/** Of the calls between two services, by what else tells them apart: see `shapeOf`. */
type Shapes = Map<number | string, CallSeries>;

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
  /** By client, server, and shape. */
  readonly #series = new Map<string, Map<string, Shapes>>();
  #seriesCount = 0;
  #overflow: CallSeries | undefined;
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
    // From the first request on a metric without points is left out.
    this.#builder.clear();
  }

  get seriesCount(): number {
    return this.#seriesCount;
  }

  add(call: Call, nowMs: number): void {
    const shape = this.#shapeOf(call);
    const series = this.#series.get(call.client)?.get(call.server)?.get(shape) ?? this.#newSeries(call, shape, nowMs);
    series.lastCallMs = nowMs;
    series.total++;
    if (call.failed) series.failed++;
    series.server.add(call.serverSeconds, 1);
    series.client.add(call.clientSeconds, 1);
  }

  /** What tells series of the same two services apart: a number, or a text where there are dimensions. */
  #shapeOf({ connectionType, failed, virtualNode, dimensions }: Call): number | string {
    const virtual = this.#config.virtualNodeLabel ? VIRTUAL_NODES.indexOf(virtualNode) : 0;
    const shape = CONNECTION_TYPES.indexOf(connectionType) | (failed ? 4 : 0) | (virtual << 3);
    return dimensions === undefined ? shape : `${shape} ${JSON.stringify(sorted(dimensions))}`;
  }

  #attributesOf({ client, server, connectionType, failed, dimensions, virtualNode }: Call): {
    [key: string]: AnyValue;
  } {
    return {
      client,
      server,
      connection_type: connectionType,
      failed,
      ...(dimensions !== undefined && Object.fromEntries(sorted(dimensions))),
      ...(this.#config.virtualNodeLabel && { virtual_node: virtualNode }),
    };
  }

  #newSeries(call: Call, shape: number | string, nowMs: number): CallSeries {
    if (this.#seriesCount >= SERIES_LIMIT) {
      this.#overflow ??= this.#seriesOf({ 'otel.metric.overflow': true }, nowMs);
      return this.#overflow;
    }
    const series = this.#seriesOf(this.#attributesOf(call), nowMs);
    const servers = this.#series.get(call.client) ?? new Map<string, Shapes>();
    this.#series.set(call.client, servers);
    const shapes: Shapes = servers.get(call.server) ?? new Map();
    servers.set(call.server, shapes);
    shapes.set(shape, series);
    this.#seriesCount++;
    return series;
  }

  #seriesOf(attributes: { [key: string]: AnyValue }, nowMs: number): CallSeries {
    const histogram = (): Durations =>
      this.#bounds === undefined
        ? new ExponentialHistogram(this.#config.exponentialMaxSize)
        : new BoundedHistogram(this.#bounds);
    return {
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
  }

  *#all(): Generator<CallSeries> {
    for (const servers of this.#series.values()) for (const shapes of servers.values()) yield* shapes.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  #dated(ms: number): bigint {
    return BigInt(Math.round(ms - this.#config.timestampOffsetMs)) * 1_000_000n;
  }

  /** The request with the points of all series, and how many they are. */
  collect(nowMs: number): { readonly body: Uint8Array; readonly points: number } {
    const timeNs = this.#dated(nowMs);
    let points = 0;
    for (const { startNs, total, failed, server, client, totals, failures, servers, clients } of this.#all()) {
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
    for (const [client, servers] of this.#series) {
      for (const [server, shapes] of servers) {
        for (const [shape, { lastCallMs }] of shapes) {
          if (lastCallMs + FORGOTTEN_AFTER_MS >= nowMs) continue;
          shapes.delete(shape);
          this.#seriesCount--;
        }
        if (shapes.size === 0) servers.delete(server);
      }
      if (servers.size === 0) this.#series.delete(client);
    }
    if (this.#overflow !== undefined && this.#overflow.lastCallMs + FORGOTTEN_AFTER_MS < nowMs)
      this.#overflow = undefined;
  }
}

function sorted(dimensions: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...dimensions].sort(([a], [b]) => (a < b ? -1 : 1));
}
