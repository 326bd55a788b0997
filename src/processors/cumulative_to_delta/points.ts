import type { Reason } from '#base';
import {
  type ExponentialBuckets,
  type HistogramBuckets,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  type PointView,
} from '#pdata';
import { differenceOfExponential } from './exponential.ts';

/** What the next point of a series is compared with. */
export type LastPoint = LastNumber | LastHistogram | LastExponential;

interface LastNumber {
  readonly timeNs: bigint;
  readonly value: number | bigint;
}
interface LastHistogram extends HistogramBuckets {
  readonly timeNs: bigint;
  readonly count: bigint;
  readonly sum: number;
}
interface LastExponential {
  readonly timeNs: bigint;
  readonly count: bigint;
  readonly sum: number;
  readonly buckets: ExponentialBuckets;
}

/** What it takes beside a number. */
export function bytesOf(point: LastPoint): number {
  if ('counts' in point) return point.counts.byteLength + point.bounds.byteLength;
  if (!('buckets' in point)) return 0;
  return point.buckets.positive.counts.byteLength + point.buckets.negative.counts.byteLength;
}

/** What a point says, to be remembered. `before` is what its series said. */
export function pointOf(view: PointView, type: number, before: LastPoint | undefined): LastPoint {
  const { timeNs } = view;
  if (type === METRIC_EXPONENTIAL_HISTOGRAM) {
    return { timeNs, count: view.count, sum: sumOf(view, before), buckets: view.exponential };
  }
  if (type === METRIC_HISTOGRAM) {
    const buckets = view.readBuckets();
    const bounds = buckets.ownBounds((before as LastHistogram | undefined)?.bounds);
    return { timeNs, count: view.count, sum: sumOf(view, before), bounds, counts: buckets.ownCounts() };
  }
  return { timeNs, value: view.value ?? 0n };
}

/** 0 where there is none: what came before counts on. */
function sumOf({ sum }: PointView, before: LastPoint | undefined): number {
  if (!Number.isNaN(sum)) return sum;
  return (before as LastHistogram | undefined)?.sum ?? 0;
}

/** Turns the point into what came since `before`. Returns why it can not be. */
export function subtract(view: PointView, type: number, after: LastPoint, before: LastPoint): Reason | undefined {
  const reason =
    type === METRIC_HISTOGRAM
      ? subtractHistogram(view, after as LastHistogram, before as LastHistogram)
      : type === METRIC_EXPONENTIAL_HISTOGRAM
        ? subtractExponential(view, after as LastExponential, before as LastExponential)
        : subtractNumber(view, after as LastNumber, before as LastNumber);
  if (reason === undefined) view.startNs = before.timeNs;
  return reason;
}

function subtractNumber(view: PointView, after: LastNumber, before: LastNumber): Reason | undefined {
  if (after.value < before.value) return 'counter_reset';
  // A series has values of one type: points of the other are another one.
  view.value =
    typeof after.value === 'bigint'
      ? BigInt.asIntN(64, after.value - (before.value as bigint))
      : after.value - (before.value as number);
  return undefined;
}

function subtractHistogram(view: PointView, after: LastHistogram, before: LastHistogram): Reason | undefined {
  // Where they are the same it is that of the point before.
  if (after.counts.length !== before.counts.length || after.bounds !== before.bounds) return 'buckets_changed';
  if (after.count < before.count) return 'counter_reset';
  const length = after.counts.length;
  const counts = new BigUint64Array(length);
  for (let i = 0; i < length; i++) {
    if (after.counts[i]! < before.counts[i]!) return 'counter_reset';
    counts[i] = after.counts[i]! - before.counts[i]!;
  }
  view.buckets = { bounds: after.bounds, counts };
  setTotals(view, after, before);
  return undefined;
}

function subtractExponential(view: PointView, after: LastExponential, before: LastExponential): Reason | undefined {
  if (after.count < before.count) return 'counter_reset';
  const buckets = differenceOfExponential(after.buckets, before.buckets);
  if (buckets === undefined) return 'counter_reset';
  view.exponential = buckets;
  setTotals(view, after, before);
  return undefined;
}

interface Totals {
  readonly count: bigint;
  readonly sum: number;
}

function setTotals(view: PointView, after: Totals, before: Totals): void {
  view.count = after.count - before.count;
  if (!Number.isNaN(view.sum)) view.sum = after.sum - before.sum;
  withoutExtremes(view);
}

/** The smallest and the largest of an interval can't be told from those of all time. */
export function withoutExtremes(view: PointView): void {
  if (!Number.isNaN(view.min)) view.min = Number.NaN;
  if (!Number.isNaN(view.max)) view.max = Number.NaN;
}
