import type { ExponentialSide, PointView } from '#pdata';
import { CUSTOM_BUCKETS, type NativeBuckets, type WrittenHistogram } from '#wire';

const SCALE_MIN = -4;
const SCALE_MAX = 8;
/** Where a histogram names no width of its zero bucket. */
const ZERO_THRESHOLD = 1e-128;
const NO_BUCKETS: NativeBuckets = { spans: [], deltas: [] };
/** A longer gap is told by a new span, as in client_golang. */
const GAP_MAX = 2;

/** Undefined where the buckets are coarser than a native histogram knows. */
export function nativeOf(point: PointView, isStale: boolean): WrittenHistogram | undefined {
  const { scale, zeroCount, zeroThreshold, positive, negative } = point.exponential;
  if (scale < SCALE_MIN) return undefined;
  const scaleDown = Math.max(0, scale - SCALE_MAX);
  return {
    count: point.count,
    sum: Number.isNaN(point.sum) ? 0 : point.sum,
    isStale,
    schema: scale - scaleDown,
    zeroThreshold: zeroThreshold || ZERO_THRESHOLD,
    zeroCount,
    positive: bucketsOf(positive, scaleDown),
    negative: bucketsOf(negative, scaleDown),
    customValues: [],
    timestampMs: Number(point.timeNs / 1_000_000n),
  };
}

function bucketsOf({ offset, counts }: ExponentialSide, scaleDown: number): NativeBuckets {
  const merged: { readonly index: number; count: bigint }[] = [];
  for (let i = 0; i < counts.length; i++) {
    // A bucket is named by its upper bound there, by its lower one in OTLP.
    const index = ((offset + i) >> scaleDown) + 1;
    const last = merged.at(-1);
    if (last?.index === index) last.count += counts[i]!;
    else merged.push({ index, count: counts[i]! });
  }
  const first = merged[0];
  return first === undefined ? NO_BUCKETS : layout(merged, first.index);
}

/** Spans of buckets; empty ones between are left out where there are many. */
function layout(buckets: readonly { readonly index: number; readonly count: bigint }[], first: number): NativeBuckets {
  const spans: { offset: number; length: number }[] = [{ offset: first, length: 0 }];
  const deltas: bigint[] = [];
  let previous = 0n;
  const add = (count: bigint): void => {
    spans.at(-1)!.length++;
    deltas.push(count - previous);
    previous = count;
  };
  const last = buckets.at(-1)!.index;
  let next = first;
  for (const { index, count } of buckets) {
    if (count === 0n && index !== last) continue;
    const gap = index - next;
    if (gap > GAP_MAX) spans.push({ offset: gap, length: 0 });
    else for (let i = 0; i < gap; i++) add(0n);
    add(count);
    next = index + 1;
  }
  return { spans, deltas };
}

/** A histogram with its own bounds as a native one. */
export function customBucketsOf(point: PointView, isStale: boolean): WrittenHistogram {
  const { bounds, counts } = point.buckets;
  const finite = [...bounds].filter(Number.isFinite);
  const perBucket = Array.from({ length: finite.length + 1 }, (_, i) => counts[i] ?? 0n);
  const inBuckets = perBucket.reduce((sum, count) => sum + count, 0n);
  if (point.count > inBuckets) perBucket[finite.length]! += point.count - inBuckets;
  const deltas = perBucket.map((count, i) => count - (perBucket[i - 1] ?? 0n));
  return {
    count: isStale ? 0n : point.count,
    sum: Number.isNaN(point.sum) ? 0 : point.sum,
    isStale,
    schema: CUSTOM_BUCKETS,
    zeroThreshold: 0,
    zeroCount: 0n,
    positive: isStale ? NO_BUCKETS : { spans: [{ offset: 0, length: perBucket.length }], deltas },
    negative: NO_BUCKETS,
    customValues: isStale ? [] : finite,
    timestampMs: Number(point.timeNs / 1_000_000n),
  };
}
