import { DecodeError } from '#base';
import {
  Batch,
  FLAG_EXEMPLARS_ONLY,
  FLAG_NO_RECORDED_VALUE,
  TEMPORALITY_CUMULATIVE,
  TEMPORALITY_UNSPECIFIED,
} from '#pdata';
import type { GroupInput } from '../build/groups.ts';
import {
  type ExponentialPoint,
  type HistogramPoint,
  type MetricGroup,
  MetricsBuilder,
} from '../build/metrics-builder.ts';
import { ucumUnit } from '../prometheus/metadata.ts';
import { denseCounts, denseSide, MAX_SCALE, MIN_SCALE, wholeCount } from '../prometheus/native-histogram.ts';
import { exemplarOf } from '../prometheus/scrape-reader.ts';
import { CUSTOM_BOUNDS, type RequestHistogram, type RequestLabels, type RequestSeries } from './read-request.ts';

/** What was written, for the headers of an answer. */
export interface WrittenCounts {
  samples: number;
  histograms: number;
  exemplars: number;
}

/** The metrics of one resource and scope, by kind and name. */
export interface PointFamily {
  readonly group: MetricGroup;
  readonly metrics: Map<string, ReturnType<MetricGroup['gauge' | 'sum' | 'histogram' | 'exponentialHistogram']>>;
}

export interface NamedHistogram {
  readonly name: string;
  readonly attributes: RequestLabels;
  readonly histogram: RequestHistogram;
}

/** Series of a request as points of OTLP, whatever resource, scope and labels they are given. */
export class RequestPoints {
  readonly builder: MetricsBuilder = new MetricsBuilder();
  readonly counts: WrittenCounts = { samples: 0, histograms: 0, exemplars: 0 };
  readonly #unitOf: (unit: string) => string;
  readonly #keepsGauges: boolean;

  /**
   * `unitOf`: OTLP's unit of Prometheus' word for it. With `keepsGauges` a histogram that is a gauge, which OTLP does not know, has no temporality;
   * without it is cumulative as all others.
   */
  constructor(unitOf: (unit: string) => string = ucumUnit, keepsGauges = false) {
    this.#unitOf = unitOf;
    this.#keepsGauges = keepsGauges;
  }

  batch(): Batch {
    return new Batch('metrics', [this.builder.chunk()]);
  }

  protected newFamily(input: GroupInput): PointFamily {
    return { group: this.builder.group(input), metrics: new Map() };
  }

  protected addSamples(family: PointFamily, series: RequestSeries, name: string, attributes: RequestLabels): void {
    const isSum = series.type === 'counter';
    const handle = this.#numbers(family, series, name).series(attributes);
    const last = series.samples.length - 1;
    series.samples.forEach(({ value, timestampMs, startMs, isStale }, i) => {
      const timeNs = nsOf(timestampMs);
      const startNs = isSum ? nsOf(startMs || series.createdMs) : 0n;
      this.counts.samples++;
      const details = i === last ? { exemplars: exemplarsOf(series) } : undefined;
      if (isStale) handle.addEmpty(timeNs, FLAG_NO_RECORDED_VALUE, startNs);
      else handle.add(timeNs, value, startNs, details);
    });
  }

  /** A point that only holds the exemplars of a series. */
  protected addExemplars(family: PointFamily, series: RequestSeries, name: string, attributes: RequestLabels): void {
    const exemplars = exemplarsOf(series);
    const details = { exemplars, flags: FLAG_EXEMPLARS_ONLY };
    this.#numbers(family, series, name).series(attributes).add(exemplars.at(-1)!.timeNs, 0, 0n, details);
  }

  #numbers(family: PointFamily, series: RequestSeries, name: string): ReturnType<MetricGroup['gauge']> {
    const isSum = series.type === 'counter';
    return this.#metric(family, `${isSum ? 's' : 'g'}${name}`, () =>
      isSum
        ? family.group.sum(name, { ...this.#inputOf(series), temporality: TEMPORALITY_CUMULATIVE, isMonotonic: true })
        : family.group.gauge(name, this.#inputOf(series)),
    ) as ReturnType<MetricGroup['gauge']>;
  }

  /** Throws a DecodeError where it can't be one of OTLP. */
  protected addHistogram(family: PointFamily, series: RequestSeries, one: NamedHistogram): void {
    const { name, attributes, histogram } = one;
    const isExplicit = histogram.scale === CUSTOM_BOUNDS;
    const point = histogram.isStale ? undefined : isExplicit ? explicitPoint(histogram) : exponentialPoint(histogram);
    const isGauge = histogram.isGauge && this.#keepsGauges;
    const temporality = isGauge ? TEMPORALITY_UNSPECIFIED : TEMPORALITY_CUMULATIVE;
    const input = { ...this.#inputOf(series), temporality };
    const metric = this.#metric(family, `${isExplicit ? 'h' : 'e'}${temporality}${name}`, () =>
      isExplicit ? family.group.histogram(name, input) : family.group.exponentialHistogram(name, input),
    );
    const handle = metric.series(attributes) as ReturnType<ReturnType<MetricGroup['exponentialHistogram']>['series']>;
    const timeNs = nsOf(histogram.timestampMs);
    const startNs = nsOf(histogram.startMs || series.createdMs);
    this.counts.histograms++;
    if (point === undefined) {
      handle.addEmpty(timeNs, FLAG_NO_RECORDED_VALUE, startNs);
      return;
    }
    const isLast = histogram === series.histograms.at(-1);
    handle.add(timeNs, point as ExponentialPoint, startNs, isLast ? { exemplars: exemplarsOf(series) } : undefined);
  }

  #metric(family: PointFamily, key: string, make: () => ReturnType<PointFamily['metrics']['get']> & object) {
    let metric = family.metrics.get(key);
    if (metric === undefined) {
      metric = make();
      family.metrics.set(key, metric);
    }
    return metric;
  }

  #inputOf({ help, unit, type }: RequestSeries): {
    readonly description: string;
    readonly unit: string;
    readonly metadata: { readonly 'prometheus.type': string };
  } {
    return { description: help, unit: this.#unitOf(unit), metadata: { 'prometheus.type': type } };
  }
}

function exemplarsOf({ exemplars }: RequestSeries): ReturnType<typeof exemplarOf>[] {
  return exemplars.map(({ labels, value, timestampMs }) => exemplarOf(labels, value, timestampMs));
}

function nsOf(ms: number): bigint {
  return Number.isSafeInteger(ms) ? BigInt(ms) * 1_000_000n : 0n;
}

function exponentialPoint(histogram: RequestHistogram): ExponentialPoint {
  const { scale, count, sum, zeroCount, zeroThreshold } = histogram;
  if (scale < MIN_SCALE || scale > MAX_SCALE) throw new DecodeError(`a native histogram with the schema ${scale}`);
  return {
    count: wholeCount(count),
    sum,
    scale,
    zeroCount: wholeCount(zeroCount),
    zeroThreshold,
    positive: denseSide(histogram.positive),
    negative: denseSide(histogram.negative),
    exactCounts: exactCounts(histogram, [
      count,
      zeroCount,
      ...denseCounts(histogram.positive),
      ...denseCounts(histogram.negative),
    ]),
  };
}

/** Undefined where whole numbers say the same. */
function exactCounts({ isFloat }: RequestHistogram, counts: readonly number[]): Float64Array | undefined {
  return !isFloat || counts.every(Number.isSafeInteger) ? undefined : Float64Array.from(counts);
}

/** Buckets of their own choice: the spans count from the first bound. */
function explicitPoint(histogram: RequestHistogram): HistogramPoint {
  const { count, sum, bounds, positive } = histogram;
  const counts = new Array<bigint>(bounds.length + 1).fill(0n);
  const exact = new Array<number>(bounds.length + 2).fill(0);
  exact[0] = count;
  const exactFound = denseCounts(positive);
  const { offset, counts: found } = denseSide(positive);
  found.forEach((one, i) => {
    // `offset` is that of OTLP, one less than the span's.
    const at = offset + 1 + i;
    if (at < 0 || at >= counts.length) throw new DecodeError('a native histogram with more counts than buckets');
    counts[at] = one;
    exact[at + 1] = exactFound[i]!;
  });
  return { count: wholeCount(count), sum, bounds, counts, exactCounts: exactCounts(histogram, exact) };
}
