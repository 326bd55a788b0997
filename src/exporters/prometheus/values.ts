import {
  type ExponentialBuckets,
  type ExponentialSide,
  findField,
  HISTOGRAM_POINT,
  type HistogramBuckets,
  type PointChunk,
  type PointView,
} from '#pdata';

/** What is kept of a histogram, an exponential histogram or a summary between scrapes. Never changed: a new point makes a new one. */
export interface HistogramValue {
  readonly kind: 'histogram';
  readonly count: bigint;
  readonly sum: number;
  readonly buckets: HistogramBuckets;
}
export interface ExponentialValue {
  readonly kind: 'exponential';
  readonly count: bigint;
  readonly sum: number;
  readonly buckets: ExponentialBuckets;
}
export interface SummaryValue {
  readonly kind: 'summary';
  readonly count: bigint;
  readonly sum: number;
  readonly quantiles: ReadonlyMap<number, number>;
}

/** NaN in the column also stands for no sum, which is served as 0. */
export function sumOf(chunk: PointChunk, point: PointView): number {
  const { sum, row } = point;
  if (!Number.isNaN(sum)) return sum;
  const { rowStart, rowEnd } = chunk.layout;
  // Of histograms of both kinds and summaries the field has one number.
  return findField(chunk.arena, rowStart[row]!, rowEnd[row]!, HISTOGRAM_POINT.sum) === undefined ? 0 : sum;
}

/** A delta upon what was before it. Bounds that changed begin anew. */
export function addHistograms(before: HistogramValue, next: HistogramValue): HistogramValue {
  const { bounds, counts } = before.buckets;
  const { bounds: nextBounds, counts: nextCounts } = next.buckets;
  const isSame = bounds.length === nextBounds.length && nextBounds.every((bound, i) => bound === bounds[i]);
  if (!isSame) return next;
  const sums = nextCounts.map((count, i) => count + (counts[i] ?? 0n));
  return {
    kind: 'histogram',
    count: before.count + next.count,
    sum: before.sum + next.sum,
    buckets: { bounds: nextBounds, counts: sums },
  };
}

/** What Prometheus's native histograms can be in: so coarse at most. */
const SCALE_MIN = -4;
/** A sum of two that reach further apart than this is told in coarser buckets: their span is the sender's choice. */
const BUCKETS_LIMIT = 4096;

/** A delta upon what was before it; undefined where both don't fit into buckets that can be served. */
export function addExponentials(before: ExponentialValue, next: ExponentialValue): ExponentialValue | undefined {
  const zeroThreshold = Math.max(before.buckets.zeroThreshold, next.buckets.zeroThreshold);
  const zeroOf = { count: before.buckets.zeroCount + next.buckets.zeroCount };
  const clipped = [before.buckets, next.buckets].map((buckets) => ({
    scale: buckets.scale,
    positive: aboveZero(buckets, buckets.positive, zeroThreshold, zeroOf),
    negative: aboveZero(buckets, buckets.negative, zeroThreshold, zeroOf),
  }));
  for (let scale = Math.min(before.buckets.scale, next.buckets.scale); scale >= SCALE_MIN; scale--) {
    const [one, other] = clipped.map((part) => ({
      positive: coarser(part.positive, part.scale - scale),
      negative: coarser(part.negative, part.scale - scale),
    }));
    const positive = addSides(one!.positive, other!.positive);
    const negative = addSides(one!.negative, other!.negative);
    if (positive === undefined || negative === undefined) continue;
    return {
      kind: 'exponential',
      count: before.count + next.count,
      sum: before.sum + next.sum,
      buckets: { scale, zeroCount: zeroOf.count, zeroThreshold, positive, negative },
    };
  }
  return undefined;
}

/** The buckets that don't lie within the zero threshold; what does counts as zero. */
function aboveZero(
  { scale, zeroThreshold: own }: ExponentialBuckets,
  side: ExponentialSide,
  zeroThreshold: number,
  zero: { count: bigint },
): ExponentialSide {
  if (zeroThreshold <= own) return side;
  let first = 0;
  while (first < side.counts.length && 2 ** ((side.offset + first + 1) * 2 ** -scale) <= zeroThreshold) {
    zero.count += side.counts[first]!;
    first++;
  }
  return first === 0 ? side : { offset: side.offset + first, counts: side.counts.slice(first) };
}

/** With buckets that are each 2^steps of the old ones. */
function coarser({ offset, counts }: ExponentialSide, steps: number): ExponentialSide {
  if (steps <= 0 || counts.length === 0) return { offset, counts };
  const indexOf = (bucket: number): number => Math.floor((offset + bucket) / 2 ** steps);
  const first = indexOf(0);
  const sums = new BigUint64Array(indexOf(counts.length - 1) - first + 1);
  for (let i = 0; i < counts.length; i++) sums[indexOf(i) - first]! += counts[i]!;
  return { offset: first, counts: sums };
}

function addSides(one: ExponentialSide, other: ExponentialSide): ExponentialSide | undefined {
  if (one.counts.length === 0) return other;
  if (other.counts.length === 0) return one;
  const offset = Math.min(one.offset, other.offset);
  const end = Math.max(one.offset + one.counts.length, other.offset + other.counts.length);
  if (end - offset > BUCKETS_LIMIT) return undefined;
  const counts = new BigUint64Array(end - offset);
  for (const side of [one, other]) {
    for (let i = 0; i < side.counts.length; i++) counts[side.offset - offset + i]! += side.counts[i]!;
  }
  return { offset, counts };
}

/** Whether a reader of native histograms takes it: not too coarse, and what is in the buckets is what was counted. */
export function isServable({ count, sum, buckets }: ExponentialValue): boolean {
  if (buckets.scale < SCALE_MIN) return false;
  let inBuckets = buckets.zeroCount;
  for (const side of [buckets.positive, buckets.negative]) for (const one of side.counts) inBuckets += one;
  return Number.isNaN(sum) ? inBuckets <= count : inBuckets === count;
}
