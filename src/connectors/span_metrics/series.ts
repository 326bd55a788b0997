import { TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import type {
  BoundedHistogram,
  ExemplarInput,
  ExponentialHistogram,
  ExponentialPoint,
  HistogramPoint,
  MetricBuilder,
  MetricGroup,
  Series,
} from '#wire';
import type { SpanMetricsConfig } from './config.ts';
import { HTTP_SERVER_DURATION } from './http-server.ts';

/** Which metrics a series belongs to: `calls` and `duration` are one where they have the same dimensions. `http`: the requests of a server. */
export const KINDS = { calls: 0, duration: 1, both: 2, events: 3, http: 4 } as const;
export type Kind = (typeof KINDS)[keyof typeof KINDS];

/** Spans with the same resource and the same dimensions. */
export class SpanSeries {
  readonly kind: Kind;
  readonly owner: ResourceMetrics;
  readonly histogram: BoundedHistogram | ExponentialHistogram | undefined;
  readonly counts: Series<number | bigint> | undefined;
  readonly durations: Series<HistogramPoint | ExponentialPoint> | undefined;
  /** Where the next point begins: at the first span, or with delta at the point before. */
  startNs: bigint;
  lastSeenMs = 0;
  count = 0;
  isTouched = false;
  #isNew = true;
  exemplars: ExemplarInput[] = [];

  constructor(
    kind: Kind,
    owner: ResourceMetrics,
    startNs: bigint,
    parts: Pick<SpanSeries, 'histogram' | 'counts' | 'durations'>,
  ) {
    this.kind = kind;
    this.owner = owner;
    this.startNs = startNs;
    this.histogram = parts.histogram;
    this.counts = parts.counts;
    this.durations = parts.durations;
  }

  /**
   * Adds its points to the metrics it belongs to, and begins the next ones. Returns how many points that are. The first cumulative count is 0, as in
   * otelcol, so that the increase to the next one has all spans; not so at the end, when there is no next one.
   */
  flush(timeNs: bigint, isDelta: boolean, isLast: boolean): number {
    const { startNs, histogram } = this;
    const details = { exemplars: this.exemplars };
    const isBegin = this.#isNew && !isDelta && !isLast;
    this.#isNew = false;
    this.counts?.add(timeNs, isBegin ? 0n : BigInt(this.count), startNs, details);
    if (histogram !== undefined) this.durations?.add(timeNs, histogram, startNs, details);
    this.isTouched = false;
    this.exemplars = [];
    if (isDelta) {
      this.startNs = timeNs;
      this.count = 0;
      histogram?.clear();
    }
    return (this.counts === undefined ? 0 : 1) + (this.durations === undefined ? 0 : 1);
  }
}

/** The metrics of one resource. */
export class ResourceMetrics {
  readonly key: string;
  readonly number: number;
  readonly serviceName: string;
  /** See `serviceIdentity`. */
  readonly service: string;
  readonly group: MetricGroup;
  readonly calls: MetricBuilder<number | bigint>;
  readonly durations: MetricBuilder<HistogramPoint | ExponentialPoint>;
  readonly events: MetricBuilder<number | bigint>;
  readonly served: MetricBuilder<HistogramPoint | ExponentialPoint>;
  /** The service sends `http.server.request.duration` itself. */
  sendsOwn = false;
  /** By kind. */
  readonly seriesCounts: number[] = [0, 0, 0, 0, 0];
  /** Where spans beyond the limit go, by kind. */
  readonly overflows: (SpanSeries | undefined)[] = [];
  lastSeenMs = 0;
  isGone = false;

  constructor(
    identity: Pick<ResourceMetrics, 'key' | 'number' | 'serviceName' | 'service'>,
    group: MetricGroup,
    config: SpanMetricsConfig,
  ) {
    this.key = identity.key;
    this.number = identity.number;
    this.serviceName = identity.serviceName;
    this.service = identity.service;
    this.group = group;
    const { namespace, isDelta } = config;
    const name = (last: string): string => (namespace === '' ? last : `${namespace}.${last}`);
    const temporality = isDelta ? TEMPORALITY_DELTA : TEMPORALITY_CUMULATIVE;
    const sum = { temporality, isMonotonic: true };
    this.calls = group.sum(name('calls'), sum);
    const duration = { unit: config.unit, temporality };
    this.durations = (
      config.boundsMs === undefined
        ? group.exponentialHistogram(name('duration'), duration)
        : group.histogram(name('duration'), duration)
    ) as MetricBuilder<HistogramPoint | ExponentialPoint>;
    this.events = group.sum(name('events'), sum);
    const ofServer = { unit: 's', temporality, description: 'Duration of HTTP server requests.' };
    this.served = group.histogram(HTTP_SERVER_DURATION, ofServer) as MetricBuilder<HistogramPoint | ExponentialPoint>;
  }
}
