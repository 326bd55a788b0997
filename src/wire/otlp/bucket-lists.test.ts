import { expect, test } from 'vitest';
import { ArenaWriter, HISTOGRAM_POINT, readHistogramBuckets } from '#pdata';
import { decodeMetrics } from './decode-metrics.ts';

/** A request with one histogram point whose fields `write` writes. */
function pointOf(write: (out: ArenaWriter) => void): ReturnType<typeof readHistogramBuckets> {
  const out = new ArenaWriter();
  const marks = [1, 2, 2, 9, 1].map((field) => out.begin(field));
  write(out);
  for (const mark of marks.reverse()) out.end(mark);
  return readHistogramBuckets(decodeMetrics(out.finish()).chunk, 0);
}

const { bucketCounts, explicitBounds } = HISTOGRAM_POINT;
const packed = (out: ArenaWriter, ...counts: bigint[]): void =>
  out.fixedListField(bucketCounts, BigUint64Array.from(counts));
const single = (out: ArenaWriter, count: bigint): void => {
  out.tag(bucketCounts, 1);
  out.fixed64(count);
};

test.each([
  ['none', () => undefined, []],
  ['in one run', (out: ArenaWriter) => packed(out, 1n, 2n, 3n), [1n, 2n, 3n]],
  ['in several runs', (out: ArenaWriter) => [packed(out, 1n, 2n), packed(out, 3n)], [1n, 2n, 3n]],
  ['one by one', (out: ArenaWriter) => [single(out, 1n), single(out, 2n)], [1n, 2n]],
  ['mixed', (out: ArenaWriter) => [packed(out, 1n), single(out, 2n), packed(out, 3n)], [1n, 2n, 3n]],
  ['single before a run', (out: ArenaWriter) => [single(out, 1n), packed(out, 2n)], [1n, 2n]],
])('bucket counts: %s', (_name, write, counts) => {
  const buckets = pointOf((out) => {
    out.fixedListField(explicitBounds, Float64Array.of(0.5, 1));
    write(out);
  });
  expect([...buckets.counts]).toEqual(counts);
  expect([...buckets.bounds]).toEqual([0.5, 1]);
});
