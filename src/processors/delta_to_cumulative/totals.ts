import {
  type ExponentialBuckets,
  type HistogramBuckets,
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
  const { startNs, timeNs } = view;
  if (type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM) {
    const { count, sum, min, max } = view;
    const totals = { startNs, timeNs, count, sum, min, max };
    return type === METRIC_HISTOGRAM ? { ...totals, ...view.buckets } : { ...totals, buckets: view.exponential };
  }
  return { startNs, timeNs, value: view.value };
}

/** Adds what came before to the point, and returns what it says then. */
export function addTotal(view: PointView, type: number, before: Total): Total {
  const point = totalOf(view, type);
  if (type === METRIC_HISTOGRAM) return addHistogram(view, before as HistogramTotal, point as HistogramTotal);
  if (type === METRIC_EXPONENTIAL_HISTOGRAM) {
    return addExponential(view, before as ExponentialTotal, point as ExponentialTotal);
  }
  const value = addNumbers((before as NumberTotal).value, (point as NumberTotal).value);
  view.value = value;
  view.startNs = before.startNs;
  return { startNs: before.startNs, timeNs: point.timeNs, value };
}

/** A whole number where both are; a point without a value adds nothing. */
function addNumbers(one: number | bigint | undefined, other: number | bigint | undefined): number | bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (typeof one === 'bigint' && typeof other === 'bigint') return BigInt.asIntN(64, one + other);
  return Number(one) + Number(other);
}

/** With other bounds a histogram can not be added: it begins anew, and so does the series. */
function addHistogram(view: PointView, before: HistogramTotal, point: HistogramTotal): HistogramTotal {
  if (!haveSameBounds(before, point)) return point;
  const counts = before.counts.slice();
  for (let i = 0; i < Math.min(counts.length, point.counts.length); i++) counts[i]! += point.counts[i]!;
  view.buckets = { bounds: before.bounds, counts };
  return { ...setTotals(view, before, point), bounds: before.bounds, counts };
}

function addExponential(view: PointView, before: ExponentialTotal, point: ExponentialTotal): ExponentialTotal {
  const buckets = sumOfExponential(before.buckets, point.buckets);
  view.exponential = buckets;
  return { ...setTotals(view, before, point), buckets };
}

function setTotals(view: PointView, before: Totals, point: Totals): Totals {
  view.startNs = before.startNs;
  view.count = BigInt.asUintN(64, before.count + point.count);
  view.sum = before.sum + point.sum;
  view.min = Math.min(before.min, point.min);
  view.max = Math.max(before.max, point.max);
  const { startNs, timeNs, count, sum, min, max } = view;
  return { startNs, timeNs, count, sum, min, max };
}

function haveSameBounds({ bounds: one }: HistogramTotal, { bounds: other }: HistogramTotal): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
