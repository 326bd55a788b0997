import { onBounds, widened, zeroedUpTo } from './add.ts';
import { type Buckets, forEachBucket, NO_BUCKETS } from './buckets.ts';
import { type FloatHistogram, isCustom, reduced, sameBounds } from './histogram.ts';

/**
 * Whether a counter started again between two samples: some count is less than it was. A finer schema or a smaller zero threshold comes
 * only with a new start, too. The hint of the later one decides where it says something.
 */
export function isReset(histogram: FloatHistogram, previous: FloatHistogram): boolean {
  if (histogram.hint === 'reset') return true;
  if (histogram.hint === 'not-reset') return false;
  if (histogram.count < previous.count) return true;
  if (isCustom(histogram) !== isCustom(previous)) return true;
  if (isCustom(histogram)) return isCustomReset(histogram, previous);
  if (histogram.schema > previous.schema || histogram.zeroThreshold < previous.zeroThreshold) return true;
  if (widened(previous, histogram.zeroThreshold) !== histogram.zeroThreshold) return true;
  const before = reduced(zeroedUpTo(previous, histogram.zeroThreshold), histogram.schema);
  return (
    histogram.zeroCount < before.zeroCount ||
    isAnyLess(histogram.positive, before.positive) ||
    isAnyLess(histogram.negative, before.negative)
  );
}

function isCustomReset(histogram: FloatHistogram, previous: FloatHistogram): boolean {
  if (sameBounds(histogram.customValues, previous.customValues))
    return isAnyLess(histogram.positive, previous.positive);
  const known = new Set(previous.customValues);
  const bounds = histogram.customValues.filter((bound) => known.has(bound));
  return isAnyLess(onBounds(histogram, bounds), onBounds(previous, bounds));
}

function isAnyLess(buckets: Buckets, previous: Buckets): boolean {
  let isLess = false;
  forEachBucket(buckets, previous, NO_BUCKETS, (_, count, before) => {
    isLess ||= count < before;
  });
  return isLess;
}
