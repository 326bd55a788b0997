import type { ExponentialBuckets, ExponentialSide } from '#pdata';

/** The buckets that have something in common with `before`, less that; undefined where the counter began again. */
export function differenceOfExponential(
  after: ExponentialBuckets,
  before: ExponentialBuckets,
): ExponentialBuckets | undefined {
  // While a histogram goes on, its zero bucket can only become wider and its resolution coarser.
  if (after.zeroThreshold < before.zeroThreshold || after.scale > before.scale) return undefined;
  let { zeroCount, positive, negative } = before;
  if (after.zeroThreshold > before.zeroThreshold) {
    const last = bucketBelow(after.zeroThreshold, before.scale);
    zeroCount += countUpTo(positive, last) + countUpTo(negative, last);
    positive = above(positive, last);
    negative = above(negative, last);
  }
  const lost = before.scale - after.scale;
  const up = differenceOf(after.positive, coarser(positive, lost));
  const down = differenceOf(after.negative, coarser(negative, lost));
  if (up === undefined || down === undefined) return undefined;
  return {
    scale: after.scale,
    zeroThreshold: after.zeroThreshold,
    zeroCount: BigInt.asUintN(64, after.zeroCount - zeroCount),
    positive: up,
    negative: down,
  };
}

/** The last bucket that begins below a value: of the greatest index with base^index < value. */
function bucketBelow(value: number, scale: number): number {
  return Math.ceil(Math.log(value) * Math.LOG2E * 2 ** scale) - 1;
}

function countUpTo({ offset, counts }: ExponentialSide, last: number): bigint {
  let count = 0n;
  for (let i = 0; i < counts.length && offset + i <= last; i++) count += counts[i]!;
  return count;
}

function above({ offset, counts }: ExponentialSide, last: number): ExponentialSide {
  const trimmed = Math.min(Math.max(0, last - offset + 1), counts.length);
  return { offset: offset + trimmed, counts: counts.subarray(trimmed) };
}

/** Each scale lost makes one bucket of two. */
function coarser(side: ExponentialSide, lost: number): ExponentialSide {
  if (lost === 0 || side.counts.length === 0) return side;
  // A shift of 31 bits leaves the sign alone: there are no offsets beyond.
  const by = Math.min(lost, 31);
  const offset = side.offset >> by;
  const counts = new BigUint64Array(((side.offset + side.counts.length - 1) >> by) - offset + 1);
  for (let i = 0; i < side.counts.length; i++) counts[((side.offset + i) >> by) - offset]! += side.counts[i]!;
  return { offset, counts };
}

/** From the first bucket that has grown to the last; undefined where one has shrunk. */
function differenceOf(after: ExponentialSide, before: ExponentialSide): ExponentialSide | undefined {
  const shift = after.offset - before.offset;
  let first = -1;
  let last = -1;
  for (let i = 0; i < after.counts.length; i++) {
    const count = after.counts[i]!;
    if (count === 0n) continue;
    const old = before.counts[i + shift] ?? 0n;
    if (count === old) continue;
    if (count < old) return undefined;
    if (first < 0) first = i;
    last = i;
  }
  if (first < 0) return { offset: 0, counts: new BigUint64Array(0) };
  const counts = new BigUint64Array(last - first + 1);
  for (let i = first; i <= last; i++) {
    const count = after.counts[i]!;
    if (count > 0n) counts[i - first] = count - (before.counts[i + shift] ?? 0n);
  }
  return { offset: after.offset + first, counts };
}
