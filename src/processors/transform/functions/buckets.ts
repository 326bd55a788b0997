import { fail } from '#ottl';
import type { HistogramBuckets } from '#pdata';

const CLOSE = 1e-12;

/** The buckets below and above a bound as one; undefined where there is no such bound. */
export function mergedAtBound({ bounds, counts }: HistogramBuckets, bound: number): HistogramBuckets | undefined {
  const index = bounds.findIndex((each) => Math.abs(each - bound) < CLOSE);
  if (index < 0) return undefined;
  const merged = [...counts];
  merged[index + 1]! += merged[index]!;
  merged.splice(index, 1);
  return { bounds: bounds.filter((_, i) => i !== index), counts: BigUint64Array.from(merged) };
}

/** As many neighbours together as it takes; undefined where there are few enough. */
export function mergedToLimit({ bounds, counts }: HistogramBuckets, limit: number): HistogramBuckets | undefined {
  if (limit < 1 || !Number.isInteger(limit))
    fail(`target_value must be a positive integer for limit_buckets, got ${limit}`);
  if (counts.length <= limit || counts.length <= 1) return undefined;
  for (let i = 1; i < bounds.length; i++) if (!(bounds[i]! > bounds[i - 1]!)) return undefined;
  const size = Math.ceil(counts.length / limit);
  const merged = new BigUint64Array(Math.ceil(counts.length / size));
  for (const [i, count] of counts.entries()) merged[Math.floor(i / size)]! += count;
  return { bounds: bounds.filter((_, i) => (i + 1) % size === 0), counts: merged };
}
