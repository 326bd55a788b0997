import type { AttributeCursor } from './attributes.ts';
import { Chunk, type ChunkLayout, type HeadRanges } from './chunk.ts';
import { textAt } from './text.ts';

/** Metric types: the field numbers of the `data` oneof of opentelemetry.proto.metrics.v1.Metric. */
export const METRIC_EMPTY = 0;
export const METRIC_GAUGE = 5;
export const METRIC_SUM = 7;
export const METRIC_HISTOGRAM = 9;
export const METRIC_EXPONENTIAL_HISTOGRAM = 10;
export const METRIC_SUMMARY = 11;

export const TEMPORALITY_UNSPECIFIED = 0;
export const TEMPORALITY_DELTA = 1;
export const TEMPORALITY_CUMULATIVE = 2;

/** Data point flag: the point says that the series has no value now (staleness). */
export const FLAG_NO_RECORDED_VALUE = 1;

export const POINT_VALUE_NONE = 0;
export const POINT_VALUE_DOUBLE = 1;
export const POINT_VALUE_INT = 2;

/** Field numbers of the messages below metrics.v1.Metric. */
export const NUMBER_POINT = {
  start: 2,
  time: 3,
  asDouble: 4,
  exemplars: 5,
  asInt: 6,
  attributes: 7,
  flags: 8,
} as const;
export const HISTOGRAM_POINT = {
  start: 2,
  time: 3,
  count: 4,
  sum: 5,
  bucketCounts: 6,
  explicitBounds: 7,
  exemplars: 8,
  attributes: 9,
  flags: 10,
  min: 11,
  max: 12,
} as const;
export const EXPONENTIAL_POINT = {
  attributes: 1,
  start: 2,
  time: 3,
  count: 4,
  sum: 5,
  scale: 6,
  zeroCount: 7,
  positive: 8,
  negative: 9,
  flags: 10,
  exemplars: 11,
  min: 12,
  max: 13,
  zeroThreshold: 14,
} as const;
export const SUMMARY_POINT = { start: 2, time: 3, count: 4, sum: 5, quantiles: 6, attributes: 7, flags: 8 } as const;

/** One entry per metric of the body, in order. */
export interface MetricColumns {
  readonly scope: Uint32Array;
  readonly nameAt: Uint32Array;
  readonly nameLength: Uint32Array;
  readonly descriptionAt: Uint32Array;
  readonly descriptionLength: Uint32Array;
  readonly unitAt: Uint32Array;
  readonly unitLength: Uint32Array;
  /** METRIC_*. */
  readonly type: Uint8Array;
  /** TEMPORALITY_*; for sums and histograms. */
  readonly temporality: Uint8Array;
  /** 1 for a monotonic sum. */
  readonly monotonic: Uint8Array;
  /** All fields of the Metric message but `data`; and of the data message but `data_points`. With tags, written back verbatim. */
  readonly head: HeadRanges;
  readonly dataHead: HeadRanges;
}

/** One entry per row. Which columns count depends on the metric's type. */
export interface PointColumns {
  readonly metric: Uint32Array;
  /** Nanoseconds since the epoch; start is 0 where unknown. */
  readonly startNs: BigUint64Array;
  readonly timeNs: BigUint64Array;
  readonly flags: Uint32Array;
  /** Gauge and sum: POINT_VALUE_*; `valueDouble` holds the value either way (ints beyond 2^53 rounded), `valueInt` the exact int. */
  readonly valueType: Uint8Array;
  readonly valueDouble: Float64Array;
  readonly valueInt: BigInt64Array;
  /** Histograms and summary. */
  readonly pointCount: BigUint64Array;
  /** NaN where the point has no sum (or min, or max). */
  readonly sum: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** Data points with the metrics that they belong to. Bucket and quantile lists are read from the row's bytes (readBucketCounts …). */
export class PointChunk extends Chunk {
  readonly signal = 'metrics';
  readonly metrics: MetricColumns;
  readonly columns: PointColumns;

  constructor(
    layout: ChunkLayout,
    metrics: MetricColumns,
    columns: PointColumns,
    rows: Uint32Array | undefined = undefined,
  ) {
    super(layout, rows);
    this.metrics = metrics;
    this.columns = columns;
  }

  protected override attributesField(row: number): number {
    return attributesFieldOf(this.metrics.type[this.columns.metric[row]!]!);
  }

  protected override withRows(rows: Uint32Array | undefined): PointChunk {
    return new PointChunk(this.layout, this.metrics, this.columns, rows);
  }

  override select(rows: Uint32Array): PointChunk {
    return super.select(rows) as PointChunk;
  }

  metricName(metric: number): string {
    return textAt(this.arena, this.metrics.nameAt[metric]!, this.metrics.nameLength[metric]!);
  }
  metricDescription(metric: number): string {
    return textAt(this.arena, this.metrics.descriptionAt[metric]!, this.metrics.descriptionLength[metric]!);
  }
  metricUnit(metric: number): string {
    return textAt(this.arena, this.metrics.unitAt[metric]!, this.metrics.unitLength[metric]!);
  }

  attributesOf(row: number): AttributeCursor {
    return this.rowAttributes.of(row);
  }
}

/** The field number of `attributes` in the data points of a metric type. */
export function attributesFieldOf(metricType: number): number {
  if (metricType === METRIC_HISTOGRAM) return HISTOGRAM_POINT.attributes;
  if (metricType === METRIC_EXPONENTIAL_HISTOGRAM) return EXPONENTIAL_POINT.attributes;
  return NUMBER_POINT.attributes;
}
