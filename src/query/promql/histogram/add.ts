import { BucketList, type Buckets, compacted, forEachBucket, keepBuckets, NO_BUCKETS } from './buckets.ts';
import {
  type CounterResetHint,
  EMPTY_HISTOGRAM,
  type FloatHistogram,
  isCustom,
  reduced,
  sameBounds,
  upperBound,
} from './histogram.ts';

/** Sums and differences of native histograms, whose zero buckets, schemas and custom bounds are brought together first. */

/** What came of it. `isReconciled` says that custom bounds differed: only those of both are left. */
export interface HistogramSum {
  readonly histogram: FloatHistogram;
  /** What rounding has lost, to be handed to the next addition; only where asked for. */
  readonly lost: FloatHistogram;
  /** One side had a counter reset and the other one had none. */
  readonly isCollision: boolean;
  readonly isReconciled: boolean;
}

/** An exponential histogram and one with custom bounds have nothing in common. */
export class IncompatibleHistograms extends Error {
  override name = 'IncompatibleHistograms';
}

/** Adds; throws IncompatibleHistograms. */
export function added(a: FloatHistogram, b: FloatHistogram): HistogramSum {
  return combined(a, b, 1, undefined);
}

/** Subtracts `b` from `a`; throws IncompatibleHistograms. */
export function subtracted(a: FloatHistogram, b: FloatHistogram): HistogramSum {
  return combined(a, b, -1, undefined);
}

/** Adds to a running sum and keeps what rounding loses, as Kahan does. `lost` is that of the addition before. */
export function addedExactly(sum: FloatHistogram, b: FloatHistogram, lost: FloatHistogram | undefined): HistogramSum {
  return combined(sum, b, 1, lost ?? emptyLike(sum));
}

function emptyLike({ schema, customValues, zeroThreshold, hint }: FloatHistogram): FloatHistogram {
  return { ...EMPTY_HISTOGRAM, schema, customValues, zeroThreshold, hint };
}

function combined(a: FloatHistogram, b: FloatHistogram, sign: 1 | -1, lost: FloatHistogram | undefined): HistogramSum {
  if (isCustom(a) !== isCustom(b))
    throw new IncompatibleHistograms('histograms with exponential and with custom buckets can not be combined');
  const { hint, isCollision } = combinedHint(a.hint, b.hint);
  const isReconciled = isCustom(a) && !sameBounds(a.customValues, b.customValues);
  const adder = new Adder(sign, lost !== undefined);
  const [left, right, rest] = isCustom(a)
    ? alignCustom(a, b, lost ?? emptyLike(a), isReconciled)
    : alignExponential(a, b, lost ?? emptyLike(a));
  const count = adder.scalar(left.count, right.count, rest.count);
  const sum = adder.scalar(left.sum, right.sum, rest.sum);
  const zero = adder.scalar(left.zeroCount, right.zeroCount, rest.zeroCount);
  const positive = adder.buckets(left.positive, right.positive, rest.positive);
  const negative = adder.buckets(left.negative, right.negative, rest.negative);
  const layout = { schema: left.schema, customValues: left.customValues, zeroThreshold: left.zeroThreshold, hint };
  const part = (i: 0 | 1): FloatHistogram => ({
    ...layout,
    count: count[i],
    sum: sum[i],
    zeroCount: zero[i],
    positive: positive[i],
    negative: negative[i],
  });
  return { histogram: part(0), lost: part(1), isCollision, isReconciled };
}

/** Adds numbers, and what rounding loses where that is wanted: each answer is the sum and the loss. */
class Adder {
  readonly #sign: 1 | -1;
  readonly #isExact: boolean;
  constructor(sign: 1 | -1, isExact: boolean) {
    this.#sign = sign;
    this.#isExact = isExact;
  }

  scalar(sum: number, value: number, lost: number): readonly [number, number] {
    const change = this.#sign * value;
    const total = sum + change;
    if (!this.#isExact) return [total, 0];
    if (Math.abs(total) === Number.POSITIVE_INFINITY) return [total, 0];
    const rest = Math.abs(sum) >= Math.abs(change) ? sum - total + change : change - total + sum;
    return [total, lost + rest];
  }

  buckets(sums: Buckets, values: Buckets, losses: Buckets): readonly [Buckets, Buckets] {
    const totals = new BucketList();
    const rests = new BucketList();
    forEachBucket(sums, values, losses, (index, sum, value, lost) => {
      const [total, rest] = this.scalar(sum, value, lost);
      totals.push(index, total);
      if (this.#isExact) rests.push(index, rest);
    });
    return [totals.buckets, this.#isExact ? rests.buckets : NO_BUCKETS];
  }
}

/** A gauge stays one, and what is unknown stays unknown. A reset and none contradict each other. */
function combinedHint(
  a: CounterResetHint,
  b: CounterResetHint,
): { readonly hint: CounterResetHint; readonly isCollision: boolean } {
  if (a === b) return { hint: a, isCollision: false };
  if (a === 'gauge' || b === 'gauge') return { hint: 'gauge', isCollision: false };
  return { hint: 'unknown', isCollision: a !== 'unknown' && b !== 'unknown' };
}

type Aligned = readonly [FloatHistogram, FloatHistogram, FloatHistogram];

/** On one zero threshold that lies in no populated bucket, and in the coarser schema. */
function alignExponential(a: FloatHistogram, b: FloatHistogram, lost: FloatHistogram): Aligned {
  let threshold = Math.max(a.zeroThreshold, b.zeroThreshold);
  for (;;) {
    const wider = Math.max(widened(a, threshold), widened(b, threshold));
    if (!(wider > threshold)) break;
    threshold = wider;
  }
  const schema = Math.min(a.schema, b.schema);
  const align = (histogram: FloatHistogram): FloatHistogram => reduced(zeroedUpTo(histogram, threshold), schema);
  return [align(a), align(b), align(lost)];
}

/** A threshold that is not less and doesn't cut a populated bucket in two. */
export function widened(histogram: FloatHistogram, threshold: number): number {
  if (threshold === histogram.zeroThreshold) return threshold;
  let wider = threshold;
  for (;;) {
    const before = wider;
    for (const { indices, counts } of [histogram.positive, histogram.negative]) {
      counts.forEach((count, i) => {
        const lower = upperBound(indices[i]! - 1, histogram.schema, []);
        const upper = upperBound(indices[i]!, histogram.schema, []);
        if (count !== 0 && lower < wider && upper > wider) wider = upper;
      });
    }
    if (!(wider > before)) return before;
  }
}

/** With all that lies below the threshold in the zero bucket. The threshold cuts no populated bucket. */
export function zeroedUpTo(histogram: FloatHistogram, threshold: number): FloatHistogram {
  if (threshold === histogram.zeroThreshold) return histogram;
  let { zeroCount } = histogram;
  const outside = (buckets: Buckets): Buckets =>
    keepBuckets(buckets, (index, count) => {
      if (upperBound(index - 1, histogram.schema, []) >= threshold) return true;
      zeroCount += count;
      return false;
    });
  const positive = outside(histogram.positive);
  const negative = outside(histogram.negative);
  return { ...histogram, zeroThreshold: threshold, zeroCount, positive, negative };
}

/** On the bounds that both have. */
function alignCustom(a: FloatHistogram, b: FloatHistogram, lost: FloatHistogram, isReconciled: boolean): Aligned {
  if (!isReconciled) return [a, b, lost];
  const inB = new Set(b.customValues);
  const bounds = a.customValues.filter((bound) => inB.has(bound));
  const align = (histogram: FloatHistogram): FloatHistogram => ({
    ...histogram,
    customValues: bounds,
    positive: compacted(onBounds(histogram, bounds)),
  });
  return [align(a), align(b), align({ ...lost, customValues: a.customValues })];
}

/** Each bucket goes into the first one whose upper bound is not less. */
export function onBounds({ positive, customValues }: FloatHistogram, bounds: readonly number[]): Buckets {
  const counts = new Float64Array(bounds.length + 1);
  let target = 0;
  positive.counts.forEach((count, i) => {
    const bound = customValues[positive.indices[i]!] ?? Number.POSITIVE_INFINITY;
    while (target < bounds.length && bounds[target]! < bound) target++;
    counts[target]! += count;
  });
  return { indices: Int32Array.from(counts, (_, i) => i), counts };
}
