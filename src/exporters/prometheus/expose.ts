import type {
  ExposedBucket,
  ExposedExemplar,
  ExposedHistogram,
  ExposedSummary,
  NativeBuckets,
  NativeHistogram,
} from '#wire';
import type { ExponentialValue, HistogramValue, SummaryValue } from './values.ts';

/** From what is kept to what a scrape shows (otelcol-contrib exporter/prometheusexporter/collector.go@v0.159.0). */

export function exposeSummary({ count, sum, quantiles }: SummaryValue): ExposedSummary {
  const sorted = [...quantiles].sort(([one], [other]) => one - other);
  return { count, sum, quantiles: sorted.map(([quantile, value]) => ({ quantile, value })) };
}

export function exposeHistogram(
  { count, sum, buckets: { bounds, counts } }: HistogramValue,
  exemplars: readonly ExposedExemplar[],
): ExposedHistogram {
  const indexOf = new Map<number, number>();
  for (let i = 0; i < bounds.length; i++) if (!indexOf.has(bounds[i]!)) indexOf.set(bounds[i]!, i);
  const buckets: { upperBound: number; cumulativeCount: bigint; exemplar: ExposedExemplar | undefined }[] = [];
  let cumulativeCount = 0n;
  for (const [upperBound, index] of [...indexOf].sort(([one], [other]) => one - other)) {
    cumulativeCount += counts[index] ?? 0n;
    buckets.push({ upperBound, cumulativeCount, exemplar: undefined });
  }
  for (const exemplar of exemplars) {
    let bucket = buckets.find(({ upperBound }) => upperBound >= exemplar.value);
    if (bucket === undefined) {
      bucket = { upperBound: Number.POSITIVE_INFINITY, cumulativeCount: count, exemplar };
      buckets.push(bucket);
    }
    bucket.exemplar = exemplar;
  }
  return { count, sum, buckets: buckets as readonly ExposedBucket[], native: undefined };
}

/** The finest that a native histogram can be. */
const SCHEMA_MAX = 8;
/** Where a histogram names no width of its zero bucket. */
const ZERO_THRESHOLD = 1e-128;

export function exposeExponential(
  { count, sum, buckets }: ExponentialValue,
  exemplars: readonly ExposedExemplar[],
): ExposedHistogram {
  const scaleDown = Math.max(0, buckets.scale - SCHEMA_MAX);
  const native: NativeHistogram = {
    schema: buckets.scale - scaleDown,
    zeroThreshold: buckets.zeroThreshold || ZERO_THRESHOLD,
    zeroCount: buckets.zeroCount,
    positive: nativeBuckets(buckets.positive, scaleDown),
    negative: nativeBuckets(buckets.negative, scaleDown),
    exemplars,
  };
  return { count, sum, buckets: [], native };
}

function nativeBuckets(
  { offset, counts }: { readonly offset: number; readonly counts: BigUint64Array },
  scaleDown: number,
): NativeBuckets {
  if (counts.length === 0) return { spans: [], deltas: [] };
  // A bucket is named by its upper bound there, by its lower one in OTLP.
  const indexOf = (bucket: number): number => ((offset + bucket) >> scaleDown) + 1;
  const first = indexOf(0);
  const sums: bigint[] = new Array(indexOf(counts.length - 1) - first + 1).fill(0n);
  for (let i = 0; i < counts.length; i++) sums[indexOf(i) - first]! += counts[i]!;
  const deltas = sums.map((sum, i) => sum - (sums[i - 1] ?? 0n));
  return { spans: [{ offset: first, length: sums.length }], deltas };
}
