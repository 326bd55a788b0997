import { allBuckets, type Bucket, type FloatHistogram, isCustom } from './histogram.ts';

/** Quantiles and fractions of native histograms, as promql/quantile.go of Prometheus works them out. */

export interface Estimate {
  readonly value: number;
  /** What to tell about observations that were NaN. */
  readonly note?: 'nan-result' | 'nan-skew' | 'nan-excluded';
}

/**
 * The value below which a share `q` of the observations lies. It is interpolated within a bucket: on a logarithmic scale, or linearly for
 * custom bounds and the zero bucket.
 */
export function histogramQuantile(q: number, histogram: FloatHistogram): Estimate {
  if (q < 0) return { value: Number.NEGATIVE_INFINITY };
  if (q > 1) return { value: Number.POSITIVE_INFINITY };
  if (histogram.count === 0 || Number.isNaN(q)) return { value: Number.NaN };
  // Observations of NaN are in the count and in no bucket: only from below do ranks mean what they say.
  const isForward = Number.isNaN(histogram.sum) || q < 0.5;
  const buckets = isForward ? allBuckets(histogram) : allBuckets(histogram).reverse();
  let rank = (isForward ? q : 1 - q) * histogram.count;
  let count = 0;
  let at = 0;
  for (; at < buckets.length; at++) {
    count += buckets[at]!.count;
    if (count >= rank) break;
  }
  const found = buckets[Math.min(at, buckets.length - 1)];
  if (found === undefined)
    return Number.isNaN(histogram.sum) ? { value: Number.NaN, note: 'nan-result' } : { value: Number.NaN };
  const bucket = bounded(found, histogram);
  if (isCustom(histogram)) {
    if (bucket.lower === Number.NEGATIVE_INFINITY) return { value: bucket.upper };
    if (bucket.upper === Number.POSITIVE_INFINITY) return { value: bucket.lower };
  }
  count = Math.min(count, histogram.count);
  if (count < rank)
    return Number.isNaN(histogram.sum) ? { value: Number.NaN, note: 'nan-result' } : { value: bucket.upper };
  rank = isForward ? rank - (count - bucket.count) : count - rank;
  const value = interpolated(bucket, rank / bucket.count, isCustom(histogram));
  if (!Number.isNaN(histogram.sum)) return { value };
  const inBuckets = buckets.slice(at + 1).reduce((total, other) => total + other.count, count);
  return inBuckets < histogram.count ? { value, note: 'nan-skew' } : { value };
}

/** The zero bucket ends at 0 where only one sign was observed; so does the lowest custom one if its bound is above. */
function bounded(bucket: Bucket, histogram: FloatHistogram): Bucket {
  let { lower, upper } = bucket;
  if (isCustom(histogram)) {
    if (lower === Number.NEGATIVE_INFINITY && upper > 0) lower = 0;
  } else if (lower <= 0 && upper >= 0) {
    const hasPositive = histogram.positive.counts.length > 0;
    const hasNegative = histogram.negative.counts.length > 0;
    if (hasPositive && !hasNegative) lower = 0;
    if (hasNegative && !hasPositive) upper = 0;
  }
  return { lower, upper, count: bucket.count };
}

function interpolated({ lower, upper }: Bucket, share: number, isLinear: boolean): number {
  if (isLinear || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * share;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * share);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - share)));
}

/** The share of a bucket's observations that is assumed to lie at or below a value within it. */
export function shareBelow({ lower, upper }: Bucket, value: number, isLinear: boolean): number {
  if (isLinear) return (value - lower) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  if (value > 0) return (logValue - logLower) / (logUpper - logLower);
  return 1 - (logValue - logUpper) / (logLower - logUpper);
}

/** The share of all observations between two values. */
export function histogramFraction(lower: number, upper: number, histogram: FloatHistogram): Estimate {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: Number.NaN };
  if (lower >= upper) return { value: 0 };
  const buckets = allBuckets(histogram);
  const inBuckets = buckets.reduce((total, { count }) => total + count, 0);
  const isNan = Number.isNaN(histogram.sum);
  const count = isNan ? inBuckets : histogram.count;
  const below = (value: number): number => Math.min(rankOf(value, buckets, histogram) ?? count, count);
  const value = (below(upper) - below(lower)) / histogram.count;
  return isNan && inBuckets < histogram.count ? { value, note: 'nan-excluded' } : { value };
}

/** How many observations lie below a value; undefined where it is above all buckets. */
function rankOf(value: number, buckets: readonly Bucket[], histogram: FloatHistogram): number | undefined {
  let rank = 0;
  for (const original of buckets) {
    const bucket = bounded(original, histogram);
    if (bucket.lower >= value) return rank;
    if (bucket.upper > value) {
      if (bucket.lower === Number.NEGATIVE_INFINITY && isCustom(histogram)) return bucket.count;
      const isZero = !isCustom(histogram) && original.lower <= 0 && original.upper >= 0;
      return rank + bucket.count * shareBelow(bucket, value, isZero || isCustom(histogram));
    }
    rank += bucket.count;
  }
  return undefined;
}

/** The variance of the observations, each taken for the middle of its bucket. */
export function histogramVariance(histogram: FloatHistogram): number {
  const mean = histogram.sum / histogram.count;
  let variance = 0;
  for (const bucket of allBuckets(histogram)) {
    const delta = middleOf(bucket, isCustom(histogram)) - mean;
    variance += bucket.count * delta * delta;
  }
  return variance / histogram.count;
}

function middleOf({ lower, upper }: Bucket, isLinear: boolean): number {
  if (isLinear) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const middle = Math.sqrt(upper * lower);
  return upper < 0 ? -middle : middle;
}
