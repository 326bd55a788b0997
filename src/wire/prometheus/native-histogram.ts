import { DecodeError } from '#base';
import type { ExponentialSide } from '#pdata';
import type { ExponentialPoint } from '../build/metrics-builder.ts';
import type { ProtoReader } from '../proto-reader.ts';

/** Buckets of one side in memory: a span with a large gap would be many zeros. */
const MAX_BUCKETS = 16_384;
/** The scales that Prometheus has (model/histogram): 2^(2^-8) to 2^(2^4). */
export const MIN_SCALE = -4;
export const MAX_SCALE = 8;

/** A side of a native histogram as it comes: spans of buckets with gaps between them, and their counts, one less the one before or not. */
export interface NativeSide {
  readonly offsets: number[];
  readonly lengths: number[];
  readonly deltas: bigint[];
  readonly counts: number[];
}

export function newSide(): NativeSide {
  return { offsets: [], lengths: [], deltas: [], counts: [] };
}

/** A BucketSpan: offset = 1, length = 2. */
export function readSpan(side: NativeSide, span: ProtoReader): void {
  let offset = 0;
  let length = 0;
  while (span.next()) {
    if (span.field === 1) offset = span.sint32();
    else if (span.field === 2) length = span.uint32();
    else span.skip();
  }
  side.offsets.push(offset);
  side.lengths.push(length);
}

/** One count per bucket from the first to the last, gaps filled with zeros. Offsets of OTLP name the lower bound, those of Prometheus the upper. */
export function denseSide(side: NativeSide): ExponentialSide {
  const { offsets, lengths, deltas, counts } = side;
  if (offsets.length === 0) return { offset: 0, counts: new BigUint64Array(0) };
  const dense = new BigUint64Array(denseSize(side));
  let at = 0;
  let from = 0;
  let count = 0n;
  for (let i = 0; i < offsets.length; i++) {
    if (i > 0) at += offsets[i]!;
    for (let j = 0; j < lengths[i]!; j++, from++) {
      if (deltas.length > 0) count += deltas[from] ?? 0n;
      else count = wholeCount(counts[from]);
      if (count < 0n) throw new DecodeError('a native histogram with a negative count');
      dense[at++] = count;
    }
  }
  return { offset: offsets[0]! - 1, counts: dense };
}

/** The same counts of a side whose counts are doubles. */
export function denseCounts(side: NativeSide): Float64Array {
  const { offsets, lengths, counts } = side;
  const dense = new Float64Array(denseSize(side));
  let at = 0;
  let from = 0;
  for (let i = 0; i < offsets.length; i++) {
    if (i > 0) at += offsets[i]!;
    for (let j = 0; j < lengths[i]!; j++) dense[at++] = counts[from++] ?? 0;
  }
  return dense;
}

/** From the first bucket to the last. */
function denseSize({ offsets, lengths }: NativeSide): number {
  let size = 0;
  for (let i = 0; i < offsets.length; i++) {
    if (i > 0 && offsets[i]! < 0) throw new DecodeError('a native histogram with overlapping spans');
    size += (i === 0 ? 0 : offsets[i]!) + lengths[i]!;
    if (size > MAX_BUCKETS) throw new DecodeError(`a native histogram of more than ${MAX_BUCKETS} buckets`);
  }
  return size;
}

export function wholeCount(count: number | undefined): bigint {
  return count !== undefined && count > 0 && count < 2 ** 63 ? BigInt(Math.trunc(count)) : 0n;
}

/** The same histogram with a scale of `maxScale` at most, and coarser until its buckets fit, where there is a limit. Undefined where they can't. */
export function withinLimits(
  point: ExponentialPoint,
  maxScale: number,
  bucketLimit: number,
): ExponentialPoint | undefined {
  let { scale, positive, negative } = point;
  const isTooLarge = (): boolean => bucketLimit > 0 && positive.counts.length + negative.counts.length > bucketLimit;
  while (scale > maxScale || isTooLarge()) {
    if (scale <= MIN_SCALE) return undefined;
    scale--;
    positive = halved(positive);
    negative = halved(negative);
  }
  return { ...point, scale, positive, negative };
}

/** Two buckets become one. */
function halved({ offset, counts }: ExponentialSide): ExponentialSide {
  if (counts.length === 0) return { offset, counts };
  const first = offset >> 1;
  const last = (offset + counts.length - 1) >> 1;
  const merged = new BigUint64Array(last - first + 1);
  for (let i = 0; i < counts.length; i++) merged[((offset + i) >> 1) - first]! += counts[i]!;
  return { offset: first, counts: merged };
}
