import type { PointView } from '#pdata';

/** A value, whole where it was. */
export function scaledValue(value: number | bigint | undefined, factor: number): number | bigint | undefined {
  if (typeof value !== 'bigint') return value === undefined ? undefined : value * factor;
  return wholeValue(Number(value) * factor);
}

const INT64_MIN = -(2n ** 63n);

/** Without its fraction, as Go converts it on amd64: what is too large, or no number, becomes the smallest integer. */
export function wholeValue(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : INT64_MIN;
}

/** Sum, smallest and largest value, where the point has them, and what its exemplars say: of histograms of both kinds. */
export function scaleTotals(point: PointView, factor: number): void {
  if (!Number.isNaN(point.sum)) point.sum *= factor;
  if (!Number.isNaN(point.min)) point.min *= factor;
  if (!Number.isNaN(point.max)) point.max *= factor;
  const { exemplars } = point;
  for (let i = 0; i < exemplars.count; i++) {
    const exemplar = exemplars.at(i);
    exemplar.value = scaledValue(exemplar.value, factor);
  }
}

export function scaleBounds(point: PointView, factor: number): void {
  const { bounds, counts } = point.buckets;
  point.buckets = { bounds: bounds.map((bound) => bound * factor), counts };
}
