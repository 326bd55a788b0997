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

/**
 * Data point flag of our own, for points of PROMETHEUS_SCOPE: the point is there for its exemplars only, which came without a value. The store
 * takes them and no point.
 */
export const FLAG_EXEMPLARS_ONLY = 0x1_0000;

/**
 * Field of our own, in points of histograms: the counts of one that has fractions, as doubles; OTLP's own fields have them cut to whole numbers. Of
 * one with explicit bounds the count and those of its buckets; of an exponential one the count, that of zero, those of the positive
 * and those of the negative buckets.
 */
export const EXACT_COUNTS_FIELD = 20_834;

export const POINT_VALUE_NONE = 0;
export const POINT_VALUE_DOUBLE = 1;
export const POINT_VALUE_INT = 2;

/** Field numbers of opentelemetry.proto.metrics.v1.Metric, and of the Sum and so on in it. */
export const METRIC = { name: 1, description: 2, unit: 3, metadata: 12 } as const;
export const METRIC_DATA = { points: 1, temporality: 2, monotonic: 3 } as const;

/** What a point's changed fields are called in `changedFields`: the kinds of points number their fields differently. */
export const POINT_BIT = { start: 1, time: 2, value: 3, count: 4, sum: 5, min: 6, max: 7, flags: 8 } as const;

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

/** The field number of `attributes` in the data points of a metric type. */
export function attributesFieldOf(metricType: number): number {
  if (metricType === METRIC_HISTOGRAM) return HISTOGRAM_POINT.attributes;
  if (metricType === METRIC_EXPONENTIAL_HISTOGRAM) return EXPONENTIAL_POINT.attributes;
  return NUMBER_POINT.attributes;
}

/** Field numbers of an Exemplar. */
export const EXEMPLAR = { time: 2, asDouble: 3, spanId: 4, traceId: 5, asInt: 6, attributes: 7 } as const;

/** The field number of `exemplars` in the data points of a metric type; 0 where they have none. */
export function exemplarsFieldOf(metricType: number): number {
  if (metricType === METRIC_HISTOGRAM) return HISTOGRAM_POINT.exemplars;
  if (metricType === METRIC_EXPONENTIAL_HISTOGRAM) return EXPONENTIAL_POINT.exemplars;
  return metricType === METRIC_SUMMARY ? 0 : NUMBER_POINT.exemplars;
}

/** Points of both types are the same messages. */
export function haveSamePoints(one: number, other: number): boolean {
  const isNumber = (type: number): boolean => type === METRIC_GAUGE || type === METRIC_SUM;
  return one === other || (isNumber(one) && isNumber(other));
}
