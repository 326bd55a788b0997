import {
  type ExponentialBuckets,
  type HistogramBuckets,
  type HistogramReader,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  type PointView,
} from '#pdata';
import { sumOfExponential } from './exponential.ts';

/** What was counted since a series began, up to a time. */
export type Total = NumberTotal | HistogramTotal | ExponentialTotal;

interface Span {
  readonly startNs: bigint;
  readonly timeNs: bigint;
}
interface NumberTotal extends Span {
  readonly value: number | bigint | undefined;
}
/** NaN for a sum, and so on, that one of the points did not have. */
interface Totals extends Span {
  readonly count: bigint;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}
interface HistogramTotal extends Totals, HistogramBuckets {}
interface ExponentialTotal extends Totals {
  readonly buckets: ExponentialBuckets;
}

/** What it takes beside a number. */
export function bytesOf(total: Total): number {
  if ('counts' in total) return total.counts.byteLength + total.bounds.byteLength;
  if (!('buckets' in total)) return 0;
  return total.buckets.positive.counts.byteLength + total.buckets.negative.counts.byteLength;
}

/** What the first point of a series says. */
export function totalOf(view: PointView, type: number): Total {
  if (type === METRIC_HISTOGRAM) return histogramOf(view, view.readBuckets());
  const { startNs, timeNs } = view;
  if (type !== METRIC_EXPONENTIAL_HISTOGRAM) return { startNs, timeNs, value: view.value };
  const { count, sum, min, max } = view;
  return { startNs, timeNs, count, sum, min, max, buckets: view.exponential };
}

function histogramOf(view: PointView, buckets: HistogramReader): HistogramTotal {
  const { startNs, timeNs, count, sum, min, max } = view;
  const [bounds, counts] = [buckets.ownBounds(undefined), buckets.ownCounts()];
  return { startNs, timeNs, count, sum, min, max, bounds, counts };
}

/** Adds what came before to the point, and returns what it says then. */
export function addTotal(view: PointView, type: number, before: Total): Total {
  if (type === METRIC_HISTOGRAM) return addHistogram(view, before as HistogramTotal);
  if (type === METRIC_EXPONENTIAL_HISTOGRAM) return addExponential(view, before as ExponentialTotal);
  const { startNs } = before;
  const { timeNs } = view;
  const value = addNumbers((before as NumberTotal).value, view.value);
  view.value = value;
  view.startNs = startNs;
  return { startNs, timeNs, value };
}

/** A whole number where both are; a point without a value adds nothing. */
function addNumbers(one: number | bigint | undefined, other: number | bigint | undefined): number | bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (typeof one === 'bigint' && typeof other === 'bigint') return BigInt.asIntN(64, one + other);
  return Number(one) + Number(other);
}

/** With other bounds a histogram can not be added: it begins anew, and so does the series. */
function addHistogram(view: PointView, before: HistogramTotal): HistogramTotal {
  const point = view.readBuckets();
  const { bounds } = before;
  if (!point.hasBounds(bounds)) return histogramOf(view, point);
  const counts = before.counts.slice();
  const added = point.counts;
  const count = Math.min(counts.length, point.countCount);
  for (let i = 0; i < count; i++) counts[i]! += added[i]!;
  view.buckets = { bounds, counts };
  setTotals(view, before);
  return { ...totalsOf(view), bounds, counts };
}

function addExponential(view: PointView, before: ExponentialTotal): ExponentialTotal {
  const buckets = sumOfExponential(before.buckets, view.exponential);
  view.exponential = buckets;
  setTotals(view, before);
  return { ...totalsOf(view), buckets };
}

function setTotals(view: PointView, before: Totals): void {
  view.startNs = before.startNs;
  view.count = BigInt.asUintN(64, before.count + view.count);
  view.sum = before.sum + view.sum;
  view.min = Math.min(before.min, view.min);
  view.max = Math.max(before.max, view.max);
}

function totalsOf({ startNs, timeNs, count, sum, min, max }: PointView): Totals {
  return { startNs, timeNs, count, sum, min, max };
}
