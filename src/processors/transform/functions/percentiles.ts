import { fail } from '#ottl';
import { type ExponentialSide, METRIC_EXPONENTIAL_HISTOGRAM, type PointView } from '#pdata';

/** Below which value so many percent of a histogram's values are; undefined where it says nothing of that. */
export function percentileOf(point: PointView, type: number, percentile: number): number | undefined {
  const count = Number(point.count);
  if (count === 0) return undefined;
  const wanted = Math.ceil(count * (percentile / 100));
  return type === METRIC_EXPONENTIAL_HISTOGRAM ? ofExponential(point, wanted) : ofBuckets(point, wanted);
}

function ofBuckets(point: PointView, wanted: number): number | undefined {
  const { bounds, counts } = point.buckets;
  const { min, max } = point;
  if (counts.length === 0) return undefined;
  if (counts.length !== bounds.length + 1) fail('malformed histogram: counts and bounds do not fit');
  if (bounds.length === 0) {
    if (Number.isNaN(min) || Number.isNaN(max)) return undefined;
    return linear(min, max, wanted / Number(counts[0]));
  }
  let before = 0;
  for (const [i, bucket] of counts.entries()) {
    const inside = Number(bucket);
    if (before + inside < wanted) {
      before += inside;
      continue;
    }
    let lower = i === 0 ? 0 : bounds[i - 1]!;
    let upper = bounds[i] ?? max;
    if (i === 0) {
      if (min < upper) lower = min;
      else if (upper < 0) return upper;
    } else if (i === bounds.length && !(max > lower)) return lower;
    upper = i === bounds.length ? max : upper;
    return linear(lower, upper, (wanted - before) / inside);
  }
  return fail('malformed histogram: the buckets hold less than the count');
}

function ofExponential(point: PointView, wanted: number): number | undefined {
  const { scale, zeroCount, zeroThreshold, positive, negative } = point.exponential;
  const zeros = Number(zeroCount);
  if (negative.counts.length === 0 && positive.counts.length === 0 && zeros === 0) return undefined;
  let before = 0;
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    const inside = Number(negative.counts[i]);
    if (before + inside >= wanted) return -logarithmic(negative, i, scale, 1 - (wanted - before) / inside);
    before += inside;
  }
  if (before + zeros >= wanted) {
    const lower = negative.counts.length === 0 ? 0 : -zeroThreshold;
    const upper = positive.counts.length === 0 ? 0 : zeroThreshold;
    return linear(lower, upper, (wanted - before) / zeros);
  }
  before += zeros;
  for (const [i, bucket] of positive.counts.entries()) {
    const inside = Number(bucket);
    if (before + inside >= wanted) return logarithmic(positive, i, scale, (wanted - before) / inside);
    before += inside;
  }
  return fail('malformed histogram: the buckets hold less than the count');
}

function linear(lower: number, upper: number, ratio: number): number {
  if (!(ratio >= 0 && ratio <= 1)) fail(`malformed histogram: a ratio of ${ratio}`);
  return lower + ratio * (upper - lower);
}

function logarithmic(side: ExponentialSide, index: number, scale: number, ratio: number): number {
  const lower = Math.log2(boundOf(side.offset + index, scale));
  const upper = Math.log2(boundOf(side.offset + index + 1, scale));
  return 2 ** (lower + (upper - lower) * ratio);
}

function boundOf(index: number, scale: number): number {
  return scale <= 0 ? 2 ** (index * 2 ** -scale) : Math.exp(index * (Math.LN2 * 2 ** -scale));
}
