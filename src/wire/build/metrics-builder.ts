import {
  ArenaWriter,
  attributesFieldOf,
  EXPONENTIAL_POINT,
  type ExponentialBuckets,
  type ExponentialSide,
  HISTOGRAM_POINT,
  METRIC,
  METRIC_DATA,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  NUMBER_POINT,
  type PointChunk,
  SUMMARY_POINT,
  type SummaryQuantiles,
} from '#pdata';
import { decodeMetrics } from '../otlp/decode-metrics.ts';
import { type AttributesInput, Group, RequestBuilder, writeAttributes } from './groups.ts';

export interface MetricInput {
  readonly unit?: string;
  readonly description?: string;
}
export interface SumInput extends MetricInput {
  /** TEMPORALITY_*. */
  readonly temporality: number;
  readonly isMonotonic: boolean;
}
export interface HistogramInput extends MetricInput {
  readonly temporality: number;
}
/** What a histogram says at a time. */
export interface HistogramPoint {
  readonly count: bigint | number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  /** n bounds and n + 1 counts, or neither. */
  readonly bounds: readonly number[];
  readonly counts: ArrayLike<bigint | number>;
}
export interface ExponentialPoint extends ExponentialBuckets {
  readonly count: bigint | number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
}
export interface SummaryPoint extends SummaryQuantiles {
  readonly count: bigint | number;
  readonly sum: number;
}

/** Writes what is between the attributes and the times of a point and its end. */
type WritePoint<T> = (out: ArenaWriter, point: T) => void;

/**
 * Builds new points: a metric, a handle for each of its series, then points:
 *
 *   const requests = builder.group({ resource }).sum('http.requests', { unit: '1', temporality, isMonotonic: true });
 *   const ok = requests.series({ status: 200 });
 *   ok.add(timeNs, 12n, startNs);
 */
export class MetricsBuilder extends RequestBuilder<MetricGroup> {
  constructor() {
    super((input) => new MetricGroup(input));
  }

  chunk(): PointChunk {
    return decodeMetrics(this.body()).chunk;
  }
}

export class MetricGroup extends Group {
  readonly #metrics: { write(out: ArenaWriter): void }[] = [];

  /** Values: a bigint is written as an integer, a number as a double. */
  gauge(name: string, input: MetricInput = {}): MetricBuilder<number | bigint> {
    return this.#add(new MetricBuilder(METRIC_GAUGE, name, input, writeNumber));
  }

  sum(name: string, input: SumInput): MetricBuilder<number | bigint> {
    return this.#add(new MetricBuilder(METRIC_SUM, name, input, writeNumber));
  }

  histogram(name: string, input: HistogramInput): MetricBuilder<HistogramPoint> {
    return this.#add(new MetricBuilder(METRIC_HISTOGRAM, name, input, writeHistogram));
  }

  exponentialHistogram(name: string, input: HistogramInput): MetricBuilder<ExponentialPoint> {
    return this.#add(new MetricBuilder(METRIC_EXPONENTIAL_HISTOGRAM, name, input, writeExponential));
  }

  summary(name: string, input: MetricInput = {}): MetricBuilder<SummaryPoint> {
    return this.#add(new MetricBuilder(METRIC_SUMMARY, name, input, writeSummary));
  }

  #add<T>(metric: MetricBuilder<T>): MetricBuilder<T> {
    this.#metrics.push(metric);
    return metric;
  }

  override write(out: ArenaWriter): void {
    this.items.reset();
    for (const metric of this.#metrics) metric.write(this.items);
    super.write(out);
  }
}

class MetricBuilder<T> {
  readonly #type: number;
  readonly #name: string;
  readonly #input: MetricInput & Partial<SumInput>;
  readonly #writePoint: WritePoint<T>;
  readonly #points = new ArenaWriter(256);

  constructor(type: number, name: string, input: MetricInput & Partial<SumInput>, writePoint: WritePoint<T>) {
    this.#type = type;
    this.#name = name;
    this.#input = input;
    this.#writePoint = writePoint;
  }

  series(attributes: AttributesInput = {}): Series<T> {
    const encoded = new ArenaWriter(128);
    writeAttributes(encoded, attributesFieldOf(this.#type), attributes);
    return new Series(this.#points, encoded.finish(), this.#writePoint);
  }

  /** The metric in field 2. */
  write(out: ArenaWriter): void {
    const { unit = '', description = '', temporality = 0, isMonotonic = false } = this.#input;
    const metric = out.begin(2);
    out.textField(METRIC.name, this.#name);
    out.textField(METRIC.description, description);
    out.textField(METRIC.unit, unit);
    const data = out.begin(this.#type);
    out.raw(this.#points.view());
    out.uintField(METRIC_DATA.temporality, temporality);
    out.uintField(METRIC_DATA.monotonic, isMonotonic ? 1 : 0);
    out.end(data);
    out.end(metric);
  }
}

/** A series: attributes that were written once. */
export class Series<T> {
  readonly #points: ArenaWriter;
  readonly #attributes: Uint8Array;
  readonly #writePoint: WritePoint<T>;

  constructor(points: ArenaWriter, attributes: Uint8Array, writePoint: WritePoint<T>) {
    this.#points = points;
    this.#attributes = attributes;
    this.#writePoint = writePoint;
  }

  /** Times are nanoseconds since the epoch; no start is 0. */
  add(timeNs: bigint, point: T, startNs = 0n): void {
    const out = this.#points;
    const mark = out.begin(METRIC_DATA.points);
    out.raw(this.#attributes);
    // Start and time have the same numbers in points of all kinds.
    out.fixed64Field(NUMBER_POINT.start, startNs);
    out.fixed64Field(NUMBER_POINT.time, timeNs);
    this.#writePoint(out, point);
    out.end(mark);
  }
}

function writeNumber(out: ArenaWriter, value: number | bigint): void {
  if (typeof value === 'number') out.doubleField(NUMBER_POINT.asDouble, value);
  else {
    out.tag(NUMBER_POINT.asInt, 1);
    out.fixed64(value);
  }
}

function writeHistogram(out: ArenaWriter, point: HistogramPoint): void {
  out.fixed64Field(HISTOGRAM_POINT.count, BigInt(point.count));
  optionalField(out, HISTOGRAM_POINT.sum, point.sum);
  out.fixedListField(HISTOGRAM_POINT.bucketCounts, BigUint64Array.from(point.counts as ArrayLike<number>, BigInt));
  out.fixedListField(HISTOGRAM_POINT.explicitBounds, Float64Array.from(point.bounds));
  optionalField(out, HISTOGRAM_POINT.min, point.min);
  optionalField(out, HISTOGRAM_POINT.max, point.max);
}

function writeExponential(out: ArenaWriter, point: ExponentialPoint): void {
  out.fixed64Field(EXPONENTIAL_POINT.count, BigInt(point.count));
  optionalField(out, EXPONENTIAL_POINT.sum, point.sum);
  out.sintField(EXPONENTIAL_POINT.scale, point.scale);
  out.fixed64Field(EXPONENTIAL_POINT.zeroCount, point.zeroCount);
  writeSide(out, EXPONENTIAL_POINT.positive, point.positive);
  writeSide(out, EXPONENTIAL_POINT.negative, point.negative);
  optionalField(out, EXPONENTIAL_POINT.min, point.min);
  optionalField(out, EXPONENTIAL_POINT.max, point.max);
  if (point.zeroThreshold !== 0) out.doubleField(EXPONENTIAL_POINT.zeroThreshold, point.zeroThreshold);
}

function writeSide(out: ArenaWriter, field: number, side: ExponentialSide): void {
  const mark = out.begin(field);
  out.sintField(1, side.offset);
  out.varintListField(2, side.counts);
  out.end(mark);
}

function writeSummary(out: ArenaWriter, point: SummaryPoint): void {
  out.fixed64Field(SUMMARY_POINT.count, BigInt(point.count));
  out.doubleField(SUMMARY_POINT.sum, point.sum);
  for (let i = 0; i < point.quantiles.length; i++) {
    const mark = out.begin(SUMMARY_POINT.quantiles);
    out.doubleField(1, point.quantiles[i]!);
    out.doubleField(2, point.values[i]!);
    out.end(mark);
  }
}

function optionalField(out: ArenaWriter, field: number, value: number | undefined): void {
  if (value !== undefined) out.doubleField(field, value);
}
