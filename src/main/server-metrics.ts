import { type Clock, OWN_SCOPE } from '#base';
import { Batch, TEMPORALITY_CUMULATIVE } from '#pdata';
import type { MetricSink } from '#store';
import { MetricsBuilder } from '#wire';

/** What the server says of itself, as own telemetry in the store. */

const INTERVAL_MS = 5000;

export interface ServerMetricsOptions {
  readonly metrics: readonly ServerMetric[];
  readonly sink: Pick<MetricSink, 'write'>;
  readonly clock: Clock;
  readonly version: string;
  /** Tells this server apart from others on the same store. */
  readonly instance: string;
}

/** One metric, read each time that it is written. */
export interface ServerMetric extends MetricText {
  readonly points: () => Iterable<readonly [labels: MetricLabels, value: number]>;
}

interface MetricText {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** Counts since the start; else a value of now. */
  readonly isSum: boolean;
}

export type MetricLabels = readonly (readonly [name: string, value: string])[];

/** Writes the metrics every five seconds. */
export class ServerMetrics {
  readonly #options: ServerMetricsOptions;
  readonly #startMs: number;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(options: ServerMetricsOptions) {
    this.#options = options;
    this.#startMs = options.clock.nowMs();
  }

  start(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.after(INTERVAL_MS, () => {
      // Where the disk is full the log says so, and the next numbers say what these would have.
      void this.#options.sink
        .write(this.#batch())
        .catch(() => undefined)
        .then(() => this.start());
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #batch(): Batch {
    const { metrics, clock, version, instance } = this.#options;
    const builder = new MetricsBuilder();
    const resource = new Map([
      ['service.name', 'signalbox'],
      ['service.instance.id', instance],
    ]);
    const group = builder.group({ resource, scope: { name: OWN_SCOPE, version } });
    const timeNs = nanos(clock.nowMs());
    const startNs = nanos(this.#startMs);
    for (const { name, unit, description, isSum, points } of metrics) {
      const input = { description, unit, temporality: TEMPORALITY_CUMULATIVE };
      const metric = isSum ? group.sum(name, { ...input, isMonotonic: true }) : group.gauge(name, input);
      for (const [labels, value] of points()) metric.series(labels).add(timeNs, value, isSum ? startNs : 0n);
    }
    return new Batch('metrics', [builder.chunk()]);
  }
}

/** A metric with one point for each item. */
export interface ItemMetric<T> extends MetricText {
  readonly read: (item: T) => number;
}

export function sum<T>(name: string, unit: string, description: string, read: (item: T) => number): ItemMetric<T> {
  return { name, unit, description, isSum: true, read };
}

export function gauge<T>(name: string, unit: string, description: string, read: (item: T) => number): ItemMetric<T> {
  return { name, unit, description, isSum: false, read };
}

/** Metrics of the items that there are when they are read. */
export function metricsOf<T>(
  metrics: readonly ItemMetric<T>[],
  items: () => readonly T[],
  labels: (item: T) => MetricLabels,
): readonly ServerMetric[] {
  return metrics.map(({ read, ...text }) => ({
    ...text,
    points: () => items().map((item) => [labels(item), read(item)] as const),
  }));
}

function nanos(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}
