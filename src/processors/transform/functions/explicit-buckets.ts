import { fail } from '#ottl';
import type { ExponentialBuckets, HistogramBuckets } from '#pdata';

/** Puts what was counted between `lower` and `upper` into the buckets of bounds. */
type Distribution = (
  count: bigint,
  lower: number,
  upper: number,
  bounds: readonly number[],
  counts: BigUint64Array,
) => void;

const DISTRIBUTIONS: Readonly<Record<string, Distribution>> = {
  upper: (count, _lower, upper, bounds, counts) => {
    counts[firstAtLeast(bounds, upper)]! += count;
  },
  midpoint: (count, lower, upper, bounds, counts) => {
    const middle = (lower + upper) / 2;
    const at = bounds.findIndex((bound) => middle <= bound);
    counts[at < 0 ? bounds.length - 1 : Math.max(0, at - 1)]! += count;
  },
  uniform: (count, lower, upper, bounds, counts) => {
    const [start, end] = [firstAtLeast(bounds, lower, bounds.length), firstAtLeast(bounds, upper)];
    if (end > start) spread(count, start, end, counts);
    else counts[Math.min(start, bounds.length - 1)]! += count;
  },
  random: (count, lower, upper, bounds, counts) => {
    const [start, end] = [firstAtLeast(bounds, lower, bounds.length), firstAtLeast(bounds, upper)];
    if (end <= start) {
      counts[Math.min(start, bounds.length - 1)]! += count;
      return;
    }
    let left = count;
    for (let i = start; i <= end; i++) {
      const from = i === 0 ? lower : bounds[i - 1]!;
      const share = (Math.min(bounds[i]!, upper) - Math.max(from, lower)) / (upper - lower);
      const part = BigInt(Math.trunc(Math.random() * Math.trunc(Number(count) * Math.max(0, share))));
      const taken = part > left ? left : part;
      counts[i]! += taken;
      left -= taken;
    }
    // What is left is any of them; where it is much, nearly the same of each.
    const most = BigInt(RANDOM_STEPS_LIMIT);
    if (left > most) spread(left - most, start, end, counts);
    for (let i = left > most ? most : left; i > 0n; i--) {
      counts[start + Math.floor(Math.random() * (end - start + 1))]! += 1n;
    }
  },
};

const RANDOM_STEPS_LIMIT = 1000;

/** The first bound that is not below the value; `beyond`, the last one if it is left out, where all are. */
function firstAtLeast(bounds: readonly number[], value: number, beyond = bounds.length - 1): number {
  const at = bounds.findIndex((bound) => value <= bound);
  return at < 0 ? beyond : at;
}

/** The same for each bucket from `start` to `end`, both included, and one more for the first ones. */
function spread(count: bigint, start: number, end: number, counts: BigUint64Array): void {
  const buckets = BigInt(end - start + 1);
  for (let i = start; i <= end; i++) counts[i]! += count / buckets + (BigInt(i - start) < count % buckets ? 1n : 0n);
}

export function distributionOf(name: string): Distribution {
  const known = Object.keys(DISTRIBUTIONS);
  return DISTRIBUTIONS[name] ?? fail(`invalid conversion function: ${name}, it is one of ${known.join(', ')}`);
}

/**
 * Buckets with these bounds of an exponential histogram, as otelcol makes them: as many as there are bounds, with what is beyond in the last
 * one. A bucket that lies between two bounds counts for the lower of them, and negative values are left out.
 */
export function explicitBuckets(
  { scale, zeroCount, positive }: ExponentialBuckets,
  bounds: readonly number[],
  distribute: Distribution,
): HistogramBuckets {
  const counts = new BigUint64Array(bounds.length);
  if (bounds[0] === 0) counts[0]! += zeroCount;
  const factor = Math.LN2 * 2 ** -scale;
  const last = bounds.length - 1;
  for (const [i, count] of positive.counts.entries()) {
    if (count === 0n) continue;
    const lower = Math.exp((positive.offset + i) * factor);
    const upper = Math.exp((positive.offset + i + 1) * factor);
    if (lower > bounds[last]!) {
      counts[last]! += count;
      continue;
    }
    const above = bounds.findIndex((bound, at) => at > 0 && lower > bounds[at - 1]! && upper <= bound);
    if (above > 0) counts[above - 1]! += count;
    else distribute(count, lower, upper, bounds, counts);
  }
  return { bounds: Float64Array.from(bounds), counts };
}
