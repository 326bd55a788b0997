/** Quantiles of histograms by interpolation inside the bucket that holds the rank. */

/** A bucket `(lower, upper]` with its count. Buckets are sorted and do not overlap. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/**
 * Buckets of an explicit histogram: `counts` has one entry more than `bounds`. As in Prometheus's histogram_quantile the
 * first bucket begins at 0 unless its bound is negative or 0.
 */
export function explicitBuckets(bounds: readonly number[], counts: readonly number[]): readonly Bucket[] {
  return counts.map((count, i) => {
    const upper = bounds[i] ?? Number.POSITIVE_INFINITY;
    return { lower: i === 0 ? Math.min(upper, 0) : bounds[i - 1]!, upper, count };
  });
}

/**
 * Buckets of an exponential histogram: index i of scale s covers (base^i, base^(i+1)] with base = 2^(2^-s); negative ones
 * mirror it; `zeroCount` lies within ±zeroThreshold.
 */
export function exponentialBuckets(
  scale: number,
  positive: ReadonlyMap<number, number>,
  negative: ReadonlyMap<number, number>,
  zeroCount: number,
  zeroThreshold: number,
): readonly Bucket[] {
  const edge = (index: number): number => 2 ** (index * 2 ** -scale);
  const sorted = (map: ReadonlyMap<number, number>): [number, number][] => [...map].sort((a, b) => a[0] - b[0]);
  const below = sorted(negative)
    .reverse()
    .map(([index, count]) => ({ lower: -edge(index + 1), upper: -edge(index), count }));
  const zero = zeroCount > 0 ? [{ lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount }] : [];
  const above = sorted(positive).map(([index, count]) => ({ lower: edge(index), upper: edge(index + 1), count }));
  return [...below, ...zero, ...above];
}

/**
 * The value below which a share `q` (0 to 1) of the observations lies; null without observations. Values are taken as
 * spread evenly over a bucket. A rank in a bucket without an upper end gives its lower end, the highest value known.
 */
export function bucketQuantile(q: number, buckets: readonly Bucket[]): number | null {
  const total = buckets.reduce((sum, bucket) => sum + Math.max(0, bucket.count), 0);
  if (total <= 0) return null;
  const rank = q * total;
  let seen = 0;
  let last: Bucket | undefined;
  for (const bucket of buckets) {
    if (bucket.count <= 0) continue;
    last = bucket;
    if (seen + bucket.count >= rank) break;
    seen += bucket.count;
  }
  const { lower, upper, count } = last!;
  if (upper === Number.POSITIVE_INFINITY) return lower;
  if (lower === Number.NEGATIVE_INFINITY) return upper;
  return lower + (upper - lower) * Math.min(1, Math.max(0, (rank - seen) / count));
}
