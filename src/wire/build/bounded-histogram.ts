import type { HistogramPoint } from './metrics-builder.ts';

/** Values in buckets with bounds, each of which belongs to the bucket below it. */
export class BoundedHistogram implements HistogramPoint {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  count = 0;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  add(value: number, times: number): void {
    this.count += times;
    this.sum += value * times;
    const { bounds } = this;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bounds[middle]! < value) low = middle + 1;
      else high = middle;
    }
    this.counts[low] = this.counts[low]! + times;
  }

  clear(): void {
    this.count = 0;
    this.sum = 0;
    this.counts.fill(0);
  }
}
