import { type Buckets, compacted, mapCounts, mergeIndices, NO_BUCKETS, sameBuckets } from './buckets.ts';

/**
 * Native histograms with counts of any size, as model/histogram of Prometheus defines them: exponential ones (schema -4 to 8) and those
 * with custom bounds (schema -53). Values never change once made: each operation returns another one.
 */
export interface FloatHistogram {
  readonly schema: number;
  /** Upper bounds, ascending, of schema -53; the last bucket, up to infinity, has none. */
  readonly customValues: readonly number[];
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  readonly hint: CounterResetHint;
}

export type CounterResetHint = 'unknown' | 'reset' | 'not-reset' | 'gauge';

export const CUSTOM_BUCKETS_SCHEMA = -53;

export const EMPTY_HISTOGRAM: FloatHistogram = {
  schema: 0,
  customValues: [],
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positive: NO_BUCKETS,
  negative: NO_BUCKETS,
  hint: 'unknown',
};

export function isCustom({ schema }: FloatHistogram): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA;
}

/** The upper bound of a bucket, of its absolute values. */
export function upperBound(index: number, schema: number, customValues: readonly number[]): number {
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, schema);
  if (index < 0) return Number.NEGATIVE_INFINITY;
  return index >= customValues.length ? Number.POSITIVE_INFINITY : customValues[index]!;
}

function exponentialBound(index: number, schema: number): number {
  const perPower = 2 ** Math.max(0, schema);
  const power = Math.floor(index / perPower) * 2 ** Math.max(0, -schema);
  const place = (index % perPower) + (index % perPower < 0 ? perPower : 0);
  // The last bucket of ordinary numbers ends at the largest of them; the one behind it holds the infinite.
  if (power === 1024 && place === 0) return Number.MAX_VALUE;
  const fraction = FRACTIONS[place * (FRACTIONS.length / perPower)]!;
  // A power of two in two steps, so that neither overflows before the product does.
  const first = Math.floor(power / 2);
  return fraction * 2 ** first * 2 ** (power - first + 1);
}

/**
 * The bounds between 0.5 and 1 at the finest schema, to the last bit as Prometheus has them in its table: products of roots of two, the
 * largest first, that begin at 1/√2 or at 0.5.
 */
const FRACTIONS: Float64Array = new Float64Array(256).map((_, place) => {
  let bound = place >= 128 ? 1 / Math.SQRT2 : 0.5;
  let root = Math.SQRT2;
  for (let bit = 64; bit >= 1; bit /= 2) {
    root = Math.sqrt(root);
    if ((place & bit) !== 0) bound *= root;
  }
  return bound;
});

export interface Bucket {
  lower: number;
  upper: number;
  readonly count: number;
}

function positiveBuckets({ schema, customValues, positive }: FloatHistogram): Bucket[] {
  return Array.from(positive.counts, (count, i) => {
    const index = positive.indices[i]!;
    return {
      lower: upperBound(index - 1, schema, customValues),
      upper: upperBound(index, schema, customValues),
      count,
    };
  });
}

function negativeBuckets({ schema, negative }: FloatHistogram): Bucket[] {
  return Array.from(negative.counts, (count, i) => {
    const index = negative.indices[i]!;
    return { lower: -upperBound(index, schema, []), upper: -upperBound(index - 1, schema, []), count };
  });
}

export function zeroBucket({ zeroThreshold, zeroCount }: FloatHistogram): Bucket {
  return { lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount };
}

/** All populated buckets from the lowest to the highest. One that the zero bucket reaches into begins where that ends. */
export function allBuckets(histogram: FloatHistogram): Bucket[] {
  const { zeroThreshold, zeroCount } = histogram;
  const zero = zeroCount > 0 ? [zeroBucket(histogram)] : [];
  const negative = isCustom(histogram) ? [] : negativeBuckets(histogram).reverse();
  const all = [...negative, ...zero, ...positiveBuckets(histogram)].filter(({ count }) => count !== 0);
  for (const bucket of all) {
    if (bucket.upper < 0) bucket.upper = Math.min(bucket.upper, -zeroThreshold);
    else if (bucket.lower > 0) bucket.lower = Math.max(bucket.lower, zeroThreshold);
  }
  return all;
}

/** With every count and the sum changed in the same way. */
function mapHistogram(histogram: FloatHistogram, change: (value: number) => number): FloatHistogram {
  return {
    ...histogram,
    zeroCount: change(histogram.zeroCount),
    count: change(histogram.count),
    sum: change(histogram.sum),
    positive: mapCounts(histogram.positive, change),
    negative: mapCounts(histogram.negative, change),
  };
}

export function multiplied(histogram: FloatHistogram, factor: number): FloatHistogram {
  const product = mapHistogram(histogram, (value) => value * factor);
  return factor < 0 ? { ...product, hint: 'gauge' } : product;
}

/** A division by zero leaves no bucket. */
export function divided(histogram: FloatHistogram, divisor: number): FloatHistogram {
  const quotient = mapHistogram(histogram, (value) => value / divisor);
  if (divisor === 0) return { ...quotient, positive: NO_BUCKETS, negative: NO_BUCKETS };
  return divisor < 0 ? { ...quotient, hint: 'gauge' } : quotient;
}

export function compact(histogram: FloatHistogram): FloatHistogram {
  return { ...histogram, positive: compacted(histogram.positive), negative: compacted(histogram.negative) };
}

/** Exponential buckets put together until they fit a schema that is not finer than their own. */
export function reduced(histogram: FloatHistogram, schema: number): FloatHistogram {
  if (histogram.schema === schema || isCustom(histogram)) return histogram;
  const perBucket = 2 ** (histogram.schema - schema);
  const target = (index: number): number => Math.ceil(index / perBucket);
  return {
    ...histogram,
    schema,
    positive: mergeIndices(histogram.positive, target),
    negative: mergeIndices(histogram.negative, target),
  };
}

export function withHint(histogram: FloatHistogram, hint: CounterResetHint): FloatHistogram {
  return histogram.hint === hint ? histogram : { ...histogram, hint };
}

/** Infinite anywhere. */
export function hasOverflow({ zeroCount, count, sum, positive, negative }: FloatHistogram): boolean {
  const isInfinite = (value: number): boolean => Math.abs(value) === Number.POSITIVE_INFINITY;
  return (
    [zeroCount, count, sum].some(isInfinite) || positive.counts.some(isInfinite) || negative.counts.some(isInfinite)
  );
}

/** Equal bit by bit; the hint doesn't count, nor do empty buckets. */
export function sameHistogram(a: FloatHistogram, b: FloatHistogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    sameBounds(a.customValues, b.customValues) &&
    (isCustom(a) ||
      (a.zeroThreshold === b.zeroThreshold &&
        Object.is(a.zeroCount, b.zeroCount) &&
        sameBuckets(compacted(a.negative), compacted(b.negative)))) &&
    sameBuckets(compacted(a.positive), compacted(b.positive))
  );
}

export function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}
