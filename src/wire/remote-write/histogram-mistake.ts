import type { NativeSide } from '../prometheus/native-histogram.ts';
import { MAX_SCALE, MIN_SCALE } from '../prometheus/native-histogram.ts';
import { CUSTOM_BOUNDS, type RequestHistogram } from './read-request.ts';

/** What is wrong with a native histogram, in Prometheus' words (model/histogram, Validate); undefined where it is sound. */
export function histogramMistake(histogram: RequestHistogram): string | undefined {
  const { scale, count, positive, negative } = histogram;
  if (scale === CUSTOM_BOUNDS) {
    const mistake = customMistake(histogram);
    if (mistake !== undefined) return mistake;
  } else if (scale < MIN_SCALE || scale > MAX_SCALE) {
    return (
      `histogram has an invalid schema, which must be between ${MIN_SCALE} and ${MAX_SCALE} for exponential buckets, ` +
      `or ${CUSTOM_BOUNDS} for custom buckets, got schema ${scale}`
    );
  } else {
    const mistake = spansMistake(positive, 'positive') ?? spansMistake(negative, 'negative');
    if (mistake !== undefined) return mistake;
    if (histogram.bounds.length > 0) return 'histogram with exponential schema must not have custom bounds';
  }
  if (histogram.zeroCount < 0)
    return `zero bucket has observation count of ${histogram.zeroCount}: histogram has a bucket whose observation count is negative`;
  if (count < 0) return `observation count is  ${count}: histogram's observation count is negative`;
  return countMistake(histogram);
}

function countMistake(histogram: RequestHistogram): string | undefined {
  const { positive, negative, count, zeroCount, sum } = histogram;
  const totals = [totalOf(negative), totalOf(positive)];
  const bad = totals.indexOf(undefined);
  if (bad >= 0)
    return `${bad === 0 ? 'negative' : 'positive'} side: histogram has a bucket whose observation count is negative`;
  // Those with fractions are sums of what was rounded.
  if (histogram.isFloat) return undefined;
  const inBuckets = totals[0]! + totals[1]! + zeroCount;
  if (Number.isNaN(sum) ? inBuckets <= count : inBuckets === count) return undefined;
  const what = Number.isNaN(sum)
    ? "histogram's observation count should be at least the number of observations found in the buckets"
    : "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)";
  return `${inBuckets} observations found in buckets, but the Count field is ${count}: ${what}`;
}

/** Observations in the buckets of a side; undefined where one has less than none. */
function totalOf({ deltas, counts }: NativeSide): number | undefined {
  let total = 0;
  let last = 0;
  for (const delta of deltas) {
    last += Number(delta);
    if (last < 0) return undefined;
    total += last;
  }
  for (const count of counts) {
    if (count < 0) return undefined;
    total += count;
  }
  return total;
}

const MAX_INT32 = 0x7fff_ffff;

function spansMistake({ offsets, lengths, deltas, counts }: NativeSide, side: string): string | undefined {
  const place = `${side} side`;
  let buckets = 0;
  let end = 0;
  for (const [i, offset] of offsets.entries()) {
    if (i > 0 && offset < 0)
      return `${place}: span number ${i + 1} with offset ${offset}: histogram has a span whose offset is negative`;
    buckets += lengths[i]!;
    end += offset + lengths[i]!;
    if (end - 1 > MAX_INT32 || offset <= -MAX_INT32 - 1)
      return `${place}: span number ${i + 1} ends at bucket index ${end - 1}: histogram has a span whose bucket index is out of range`;
  }
  return bucketsMistake(buckets, deltas.length + counts.length, place);
}

const MISMATCH = 'histogram spans specify different number of buckets than provided';

function bucketsMistake(needed: number, had: number, place: string): string | undefined {
  return needed === had ? undefined : `${place}: spans need ${needed} buckets, have ${had} buckets: ${MISMATCH}`;
}

function customMistake({ bounds, positive, negative, zeroCount, zeroThreshold }: RequestHistogram): string | undefined {
  const place = 'custom buckets';
  if (bounds.some(Number.isNaN)) return `${place}: histogram custom bounds must not be NaN`;
  if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!))
    return `${place}: histogram custom bounds must be in strictly increasing order`;
  if (bounds.at(-1) === Number.POSITIVE_INFINITY)
    return `${place}: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite`;
  const { offsets, lengths, deltas, counts } = positive;
  const negativeAt = offsets.findIndex((offset) => offset < 0);
  if (negativeAt >= 0)
    return `${place}: span number ${negativeAt + 1} with offset ${offsets[negativeAt]}: histogram has a span whose offset is negative`;
  const buckets = lengths.reduce((sum, length) => sum + length, 0);
  const mistake = bucketsMistake(buckets, deltas.length + counts.length, place);
  if (mistake !== undefined) return mistake;
  const total = buckets + offsets.reduce((sum, offset) => sum + offset, 0);
  if (bounds.length + 1 < total)
    return (
      `${place}: only ${bounds.length} custom bounds defined which is insufficient to cover total span length of ${total}: ` +
      'histogram custom bounds are too few'
    );
  if (zeroCount !== 0) return `${place}: must have zero count of 0`;
  if (zeroThreshold !== 0) return `${place}: must have zero threshold of 0`;
  if (negative.offsets.length > 0) return `${place}: must not have negative spans`;
  return negative.deltas.length + negative.counts.length > 0 ? `${place}: must not have negative buckets` : undefined;
}
