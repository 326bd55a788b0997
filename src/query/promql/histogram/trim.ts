import { BucketList, type Buckets } from './buckets.ts';
import { type Bucket, compact, type FloatHistogram, isCustom, upperBound, zeroBucket } from './histogram.ts';
import { shareBelow } from './quantile.ts';

/** The operators `</` and `>/`: a histogram without the observations above or below a value. */

/** What is left of a bucket, and the value that its observations are taken for. */
interface Rest {
  readonly count: number;
  readonly middle: number;
}

const NOTHING: Rest = { count: 0, middle: 0 };

/** Cuts off what is above (`</`) or below (`>/`) a value. Count and sum are estimated anew where anything was cut. */
export function trimmed(histogram: FloatHistogram, at: number, operator: '</' | '>/'): FloatHistogram {
  const isUpper = operator === '</';
  let count = 0;
  let sum = 0;
  let isTrimmed = false;
  const keep = (before: number, rest: Rest): number => {
    count += rest.count;
    sum += rest.middle * rest.count;
    isTrimmed ||= before !== rest.count;
    return rest.count;
  };
  const trim = ({ indices, counts }: Buckets, isPositive: boolean): Buckets => {
    const kept = new BucketList();
    counts.forEach((before, i) => {
      if (before === 0) return;
      const bucket = bucketOf(histogram, indices[i]!, before, isPositive);
      kept.push(indices[i]!, keep(before, trimBucket(bucket, at, isUpper, isPositive, isCustom(histogram))));
    });
    return kept.buckets;
  };
  const hasAny = ({ counts }: Buckets): boolean => counts.some((each) => each !== 0);
  const positive = trim(histogram.positive, true);
  const negative = trim(histogram.negative, false);
  const { zeroCount: before } = histogram;
  const zeroCount =
    before > 0
      ? keep(
          before,
          trimZero(zeroBucket(histogram), at, isUpper, hasAny(histogram.negative), hasAny(histogram.positive)),
        )
      : before;
  return isTrimmed ? compact({ ...histogram, positive, negative, zeroCount, count, sum }) : histogram;
}

function bucketOf({ schema, customValues }: FloatHistogram, index: number, count: number, isPositive: boolean): Bucket {
  const inner = upperBound(index - 1, schema, customValues);
  const outer = upperBound(index, schema, customValues);
  return isPositive ? { lower: inner, upper: outer, count } : { lower: -outer, upper: -inner, count };
}

function trimBucket(bucket: Bucket, at: number, isUpper: boolean, isPositive: boolean, isLinear: boolean): Rest {
  const { lower, upper, count } = bucket;
  if (isUpper ? upper <= at : lower >= at) return { count, middle: middleOf(lower, upper, isPositive, isLinear) };
  if (!(isUpper ? lower < at : upper > at)) return NOTHING;
  if (lower === Number.NEGATIVE_INFINITY) return trimLowest(bucket, at, isUpper);
  if (upper === Number.POSITIVE_INFINITY) return trimHighest(bucket, at, isUpper);
  const under = count * shareBelow(bucket, at, isLinear);
  return isUpper
    ? { count: under, middle: middleOf(lower, at, isPositive, isLinear) }
    : { count: count - under, middle: middleOf(at, upper, isPositive, isLinear) };
}

/** Of the bucket without a lower bound: with a bound above 0 it is taken to begin at 0, else nothing is known about its values. */
function trimLowest({ upper, count }: Bucket, at: number, isUpper: boolean): Rest {
  const isBounded = upper !== Number.POSITIVE_INFINITY;
  if (isUpper) {
    if (at > 0 && upper > 0 && isBounded) return { count: (count * at) / upper, middle: at / 2 };
    return upper <= 0 ? { count, middle: at } : NOTHING;
  }
  return at >= 0 && isBounded ? { count: count * (1 - at / upper), middle: (at + upper) / 2 } : NOTHING;
}

function trimHighest({ lower, count }: Bucket, at: number, isUpper: boolean): Rest {
  return !isUpper && at >= lower ? { count, middle: at } : NOTHING;
}

function trimZero(zero: Bucket, at: number, isUpper: boolean, hasNegative: boolean, hasPositive: boolean): Rest {
  const { count } = zero;
  const lower = hasPositive && !hasNegative ? 0 : zero.lower;
  const upper = hasNegative && !hasPositive ? 0 : zero.upper;
  const whole = { count, middle: (lower + upper) / 2 };
  if (at <= lower) return isUpper ? NOTHING : whole;
  if (at >= upper) return isUpper ? whole : NOTHING;
  return isUpper
    ? { count: count * ((at - lower) / (upper - lower)), middle: (lower + at) / 2 }
    : { count: count * ((upper - at) / (upper - lower)), middle: (at + upper) / 2 };
}

function middleOf(lower: number, upper: number, isPositive: boolean, isLinear: boolean): number {
  const isOpenBelow = Math.abs(lower) === Number.POSITIVE_INFINITY;
  const isOpenAbove = Math.abs(upper) === Number.POSITIVE_INFINITY;
  if (isOpenBelow) {
    if (isOpenAbove) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (isOpenAbove) return lower;
  if (isLinear) return (lower + upper) / 2;
  const middle = Math.sqrt(Math.abs(lower * upper));
  return isPositive ? middle : -middle;
}
