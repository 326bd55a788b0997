import type { ExponentialBuckets, ExponentialSide } from '#pdata';

/** A sum that would need more buckets has a coarser resolution. */
const BUCKETS_LIMIT = 160;

/** Both together, as coarse as the coarser of them and with the wider zero bucket. */
export function sumOfExponential(one: ExponentialBuckets, other: ExponentialBuckets): ExponentialBuckets {
  const common = Math.min(one.scale, other.scale);
  let [a, b] = [coarsened(one, common), coarsened(other, common)];
  const scale = Math.min(scaleWithin(common, a.positive, b.positive), scaleWithin(common, a.negative, b.negative));
  [a, b] = [coarsened(a, scale), coarsened(b, scale)];
  if (a.zeroThreshold < b.zeroThreshold) a = widened(a, b.zeroThreshold);
  else if (b.zeroThreshold < a.zeroThreshold) b = widened(b, a.zeroThreshold);
  return {
    scale,
    zeroThreshold: a.zeroThreshold,
    zeroCount: BigInt.asUintN(64, a.zeroCount + b.zeroCount),
    positive: merged(a.positive, b.positive),
    negative: merged(a.negative, b.negative),
  };
}

function coarsened(buckets: ExponentialBuckets, scale: number): ExponentialBuckets {
  const by = buckets.scale - scale;
  if (by === 0) return buckets;
  const { positive, negative } = buckets;
  return { ...buckets, scale, positive: coarser(positive, by), negative: coarser(negative, by) };
}

/** Each scale lost makes one bucket of two. What is free then stays, as zeros. */
function coarser({ offset, counts }: ExponentialSide, by: number): ExponentialSide {
  // Beyond 32 scales there are the buckets -1 and 0 alone.
  const size = 2 ** Math.min(by, 32);
  const start = Math.floor(offset / size);
  const sums = new BigUint64Array(counts.length);
  for (let i = 0; i < counts.length; i++) sums[Math.floor((offset + i) / size) - start]! += counts[i]!;
  return { offset: start, counts: sums };
}

/** The finest scale at which what both have lies in so many buckets. */
function scaleWithin(scale: number, one: ExponentialSide, other: ExponentialSide): number {
  const range = rangeOf(one, other);
  if (range === undefined) return scale;
  let { first, end } = range;
  let result = scale;
  while (end - first > BUCKETS_LIMIT) {
    first = Math.trunc(first / 2);
    end = Math.trunc(end / 2);
    result--;
  }
  return result;
}

/** The first bucket that is not empty in one of them, and the one behind the last; undefined where all are empty. */
function rangeOf(one: ExponentialSide, other: ExponentialSide): { first: number; end: number } | undefined {
  let first = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { offset, counts } of [one, other]) {
    const from = counts.findIndex((count) => count > 0n);
    if (from < 0) continue;
    first = Math.min(first, offset + from);
    end = Math.max(end, offset + counts.findLastIndex((count) => count > 0n) + 1);
  }
  return end > first ? { first, end } : undefined;
}

/** With a zero bucket up to `width`, or to the end of the bucket that it falls into. */
function widened(buckets: ExponentialBuckets, width: number): ExponentialBuckets {
  const { scale } = buckets;
  const last = bucketOf(width, scale);
  const positive = above(buckets.positive, last);
  const negative = above(buckets.negative, last);
  return {
    scale,
    zeroThreshold: Math.exp(((last + 1) * Math.LN2) / bucketsPerDoubling(scale)),
    zeroCount: buckets.zeroCount + positive.below + negative.below,
    positive: positive.side,
    negative: negative.side,
  };
}

function above({ offset, counts }: ExponentialSide, last: number): { side: ExponentialSide; below: bigint } {
  const from = Math.min(Math.max(0, last + 1 - offset), counts.length);
  let below = 0n;
  for (let i = 0; i < from; i++) below += counts[i]!;
  return { side: { offset: offset + from, counts: counts.subarray(from) }, below };
}

/** Of a positive value: base^index < value <= base^(index + 1). Powers of two have an exact one. */
function bucketOf(value: number, scale: number): number {
  const exponent = Math.log2(value);
  if (Number.isInteger(exponent) && 2 ** exponent === value) return Math.ceil(exponent * bucketsPerDoubling(scale)) - 1;
  return Math.floor(Math.log(value) * Math.LOG2E * bucketsPerDoubling(scale));
}

/** Scales come from senders: beyond these no number would be finite. */
function bucketsPerDoubling(scale: number): number {
  return 2 ** Math.min(Math.max(scale, -1000), 1000);
}

/** Without empty buckets at either end. */
function merged(one: ExponentialSide, other: ExponentialSide): ExponentialSide {
  if (other.counts.length === 0) return one;
  if (one.counts.length === 0) return other;
  const range = rangeOf(one, other);
  if (range === undefined) {
    const end = Math.max(one.offset + one.counts.length, other.offset + other.counts.length);
    return { offset: end, counts: new BigUint64Array(0) };
  }
  const counts = new BigUint64Array(range.end - range.first);
  for (const side of [one, other]) {
    const shift = side.offset - range.first;
    for (let i = 0; i < side.counts.length; i++) {
      if (side.counts[i]! > 0n) counts[i + shift]! += side.counts[i]!;
    }
  }
  return { offset: range.first, counts };
}
