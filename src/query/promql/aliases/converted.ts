import { goDecimal } from '#base';
import type { Buckets } from '../histogram/buckets.ts';
import { bucketsFrom, type FloatHistogram, isCustom } from '../histogram/index.ts';
import type { StoredSeries } from '../source.ts';
import { readFloat } from '../text.ts';
import type { Ratio } from './families.ts';

/** Series in another unit. */

/** `suffix` says which part of a metric the series is: counts are no quantities of the unit. */
export function converted(series: StoredSeries, suffix: string, ratio: Ratio): StoredSeries {
  if (suffix === '_count') return series;
  if (suffix === '_bucket') {
    const le = readFloat(series.labels.get('le'));
    if (le === undefined) return series;
    return { ...series, labels: series.labels.with('le', goDecimal(convertedBound(le, ratio))) };
  }
  const { floats, histograms } = series;
  return {
    ...series,
    floats: { ...floats, values: floats.values.map((value) => convertedValue(value, ratio)) },
    histograms: histograms && {
      ...histograms,
      values: histograms.values.map((histogram) => convertedHistogram(histogram, ratio)),
    },
  };
}

export function convertedValue(value: number, { times, by }: Ratio): number {
  return (value * times) / by;
}

/** As somebody would have written it in the other unit: 0.07 s are 70 ms, not 70.00000000000001. */
export function convertedBound(bound: number, ratio: Ratio): number {
  const value = convertedValue(bound, ratio);
  return Number.isFinite(value) ? Number(value.toPrecision(15)) : value;
}

export function convertedHistogram(histogram: FloatHistogram, ratio: Ratio): FloatHistogram {
  const sum = convertedValue(histogram.sum, ratio);
  if (isCustom(histogram))
    return { ...histogram, sum, customValues: histogram.customValues.map((bound) => convertedBound(bound, ratio)) };
  const shift = Math.log2(ratio.times / ratio.by) * 2 ** histogram.schema;
  return {
    ...histogram,
    sum,
    zeroThreshold: convertedValue(histogram.zeroThreshold, ratio),
    positive: shifted(histogram.positive, shift),
    negative: shifted(histogram.negative, shift),
  };
}

/**
 * Exponential buckets by a number of buckets that isn't whole: what was in one is then in two that lie beside each other. It is divided as
 * Prometheus interpolates in such a bucket, evenly by the logarithm, so that quantiles stay where they were.
 */
function shifted({ indices, counts }: Buckets, shift: number): Buckets {
  if (counts.length === 0) return { indices, counts };
  const whole = Math.floor(shift);
  const share = shift - whole;
  const first = indices[0]! + whole;
  const list = new Float64Array(indices.at(-1)! - indices[0]! + 2);
  counts.forEach((count, i) => {
    const at = indices[i]! + whole - first;
    list[at]! += count * (1 - share);
    list[at + 1]! += count * share;
  });
  return share === 0 ? bucketsFrom(first, list.subarray(0, -1)) : bucketsFrom(first, list);
}
