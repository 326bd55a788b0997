import {
  ArenaWriter,
  attributesFieldOf,
  ByteSlabs,
  EXACT_COUNTS_FIELD,
  EXEMPLAR,
  EXPONENTIAL_POINT,
  type ExponentialBuckets,
  type ExponentialSide,
  exemplarsFieldOf,
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
} from '#pdata';
import { decodeMetrics } from '../otlp/decode-metrics.ts';
import { type AttributesInput, Group, type GroupInput, RequestBuilder, writeAttributes, writeId } from './groups.ts';

export interface MetricInput {
  readonly unit?: string;
  readonly description?: string;
  /** What is known of the metric besides (`prometheus.type`). */
  readonly metadata?: AttributesInput;
}
export interface SumInput extends MetricInput {
  /** TEMPORALITY_*. */
  readonly temporality: number;
  readonly isMonotonic: boolean;
}
export interface HistogramInput extends MetricInput {
  readonly temporality: number;
}
/** A measurement that went into a point. */
export interface ExemplarInput {
  readonly timeNs: bigint;
  readonly value: number;
  readonly traceId?: string | Uint8Array;
  readonly spanId?: string | Uint8Array;
  readonly attributes?: AttributesInput;
}
/** What a point may have besides its value. */
export interface PointDetails {
  readonly exemplars?: readonly ExemplarInput[] | undefined;
  /** FLAG_*. */
  readonly flags?: number;
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
  /** EXACT_COUNTS_FIELD. */
  readonly exactCounts?: Float64Array | undefined;
}
export interface ExponentialPoint extends ExponentialBuckets {
  readonly count: bigint | number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  /** EXACT_COUNTS_FIELD. */
  readonly exactCounts?: Float64Array | undefined;
}
export interface SummaryPoint {
  readonly count: bigint | number;
  readonly sum: number;
  readonly quantiles: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Writes the fields of a point that depend on its type. */
type WritePoint<T> = (out: ArenaWriter, point: T) => void;

/** FLAG_NO_RECORDED_VALUE, and so on: the same field number in points of two types, another in each of the others. */
function flagsFieldOf(type: number): number {
  if (type === METRIC_HISTOGRAM) return HISTOGRAM_POINT.flags;
  if (type === METRIC_EXPONENTIAL_HISTOGRAM) return EXPONENTIAL_POINT.flags;
  return type === METRIC_SUMMARY ? SUMMARY_POINT.flags : NUMBER_POINT.flags;
}

/**
 * Builds new points: a metric, a handle for each of its series, then points:
 *
 *   const requests = builder.group({ resource }).sum('http.requests', { unit: '1', temporality, isMonotonic: true });
 *   const ok = requests.series({ status: 200 });
 *   ok.add(timeNs, 12n, startNs);
 *
 * After `clear` metrics and handles can be used again, and what then got no points is left out: so telemetry that comes again and again pays
 * for its names and attributes once.
 */
export class MetricsBuilder extends RequestBuilder<MetricGroup> {
  readonly #reuse: Reuse;

  constructor() {
    const reuse: Reuse = { isReused: false };
    super((input) => new MetricGroup(input, reuse));
    this.#reuse = reuse;
  }

  chunk(): PointChunk {
    return decodeMetrics(this.body()).chunk;
  }

  /** Forgets all points, and keeps the rest. */
  clear(): void {
    this.#reuse.isReused = true;
    for (const group of this.groups) group.clear();
  }
}

/** What a builder tells its groups: after the first `clear` they leave out what has no points. */
interface Reuse {
  isReused: boolean;
}

/** A metric without its type of points. */
export interface AnyMetric {
  readonly isEmpty: boolean;
  write(out: ArenaWriter): void;
  clear(): void;
}

export class MetricGroup extends Group {
  readonly #metrics = new Set<AnyMetric>();
  readonly #reuse: Readonly<Reuse>;

  constructor(input: GroupInput, reuse: Readonly<Reuse>) {
    super(input);
    this.#reuse = reuse;
  }

  /** Whether there is nothing to write. */
  override get isLeftOut(): boolean {
    if (!this.#reuse.isReused) return false;
    for (const metric of this.#metrics) if (!metric.isEmpty) return false;
    return true;
  }

  clear(): void {
    for (const metric of this.#metrics) metric.clear();
  }

  /** Takes out a metric of this group for good. */
  remove(metric: AnyMetric): void {
    this.#metrics.delete(metric);
  }

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
    this.#metrics.add(metric);
    return metric;
  }

  override write(out: ArenaWriter): void {
    this.items.reset();
    for (const metric of this.#metrics) if (!this.#reuse.isReused || !metric.isEmpty) metric.write(this.items);
    super.write(out);
  }
}

export class MetricBuilder<T> implements AnyMetric {
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
    attributeWriter.reset();
    writeAttributes(attributeWriter, attributesFieldOf(this.#type), attributes);
    return new Series(this.#points, this.#type, attributeSlabs.copyOf(attributeWriter.view()), this.#writePoint);
  }

  get isEmpty(): boolean {
    return this.#points.length === 0;
  }

  clear(): void {
    this.#points.reset();
  }

  /** The metric in field 2. */
  write(out: ArenaWriter): void {
    const { unit = '', description = '', temporality = 0, isMonotonic = false, metadata } = this.#input;
    const metric = out.begin(2);
    out.textField(METRIC.name, this.#name);
    out.textField(METRIC.description, description);
    out.textField(METRIC.unit, unit);
    const data = out.begin(this.#type);
    out.raw(this.#points.view());
    out.uintField(METRIC_DATA.temporality, temporality);
    out.uintField(METRIC_DATA.monotonic, isMonotonic ? 1 : 0);
    out.end(data);
    writeAttributes(out, METRIC.metadata, metadata);
    out.end(metric);
  }
}

const attributeWriter = new ArenaWriter(1024);
const attributeSlabs = new ByteSlabs();

/** A series: attributes that were written once. */
export class Series<T> {
  readonly #points: ArenaWriter;
  readonly #type: number;
  readonly #attributes: Uint8Array;
  readonly #writePoint: WritePoint<T>;

  constructor(points: ArenaWriter, type: number, attributes: Uint8Array, writePoint: WritePoint<T>) {
    this.#points = points;
    this.#type = type;
    this.#attributes = attributes;
    this.#writePoint = writePoint;
  }

  /** Times are nanoseconds since the epoch; no start is 0. */
  add(timeNs: bigint, point: T, startNs = 0n, details?: PointDetails): void {
    const out = this.#points;
    const mark = this.#begin(timeNs, startNs, details?.flags);
    this.#writePoint(out, point);
    const exemplarsField = exemplarsFieldOf(this.#type);
    if (details?.exemplars !== undefined && exemplarsField !== 0) {
      for (const exemplar of details.exemplars) writeExemplar(out, exemplarsField, exemplar);
    }
    out.end(mark);
  }

  /** A point that says with its flags (FLAG_*) why it has no value. */
  addEmpty(timeNs: bigint, flags: number, startNs = 0n): void {
    this.#points.end(this.#begin(timeNs, startNs, flags));
  }

  #begin(timeNs: bigint, startNs: bigint, flags = 0): number {
    const out = this.#points;
    const mark = out.begin(METRIC_DATA.points);
    out.raw(this.#attributes);
    // Start and time have the same numbers in points of all kinds.
    out.fixed64Field(NUMBER_POINT.start, startNs);
    out.fixed64Field(NUMBER_POINT.time, timeNs);
    out.uintField(flagsFieldOf(this.#type), flags);
    return mark;
  }
}

function writeExemplar(out: ArenaWriter, field: number, exemplar: ExemplarInput): void {
  const mark = out.begin(field);
  out.fixed64Field(EXEMPLAR.time, exemplar.timeNs);
  out.doubleField(EXEMPLAR.asDouble, exemplar.value);
  writeId(out, EXEMPLAR.spanId, exemplar.spanId);
  writeId(out, EXEMPLAR.traceId, exemplar.traceId);
  writeAttributes(out, EXEMPLAR.attributes, exemplar.attributes);
  out.end(mark);
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
  if (point.exactCounts !== undefined) out.fixedListField(EXACT_COUNTS_FIELD, point.exactCounts);
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
  if (point.exactCounts !== undefined) out.fixedListField(EXACT_COUNTS_FIELD, point.exactCounts);
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
