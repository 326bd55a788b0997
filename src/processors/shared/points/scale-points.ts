import type { PointView } from '#pdata';

/** A value, whole where it was. */
export function scaledValue(value: number | bigint | undefined, factor: number): number | bigint | undefined {
  if (typeof value !== 'bigint') return value === undefined ? undefined : value * factor;
  const product = Number(value) * factor;
  return Number.isFinite(product) ? BigInt.asIntN(64, BigInt(Math.trunc(product))) : 0n;
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
