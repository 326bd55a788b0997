import { describe, expect, test } from 'vitest';
import { bucketQuantile, explicitBuckets, exponentialBuckets } from './quantile.ts';

describe('bucketQuantile', () => {
  test.each([
    { name: 'in the middle of a bucket', q: 0.5, bounds: [1, 2, 4], counts: [0, 10, 0, 0], want: 1.5 },
    { name: 'the first bucket begins at 0', q: 0.5, bounds: [10], counts: [4, 0], want: 5 },
    { name: 'a first bound below 0 is no width', q: 0.5, bounds: [-5, 0], counts: [4, 0, 0], want: -5 },
    { name: 'beyond the last bound', q: 0.99, bounds: [1, 2], counts: [1, 1, 8], want: 2 },
    { name: 'across buckets', q: 0.75, bounds: [10, 20], counts: [2, 2, 0], want: 15 },
    { name: 'nothing observed', q: 0.5, bounds: [1], counts: [0, 0], want: null },
    { name: 'the lowest', q: 0, bounds: [1, 2, 4], counts: [0, 3, 3, 0], want: 1 },
    { name: 'the highest', q: 1, bounds: [1, 2, 4], counts: [0, 3, 3, 0], want: 4 },
  ])('explicit: $name', ({ q, bounds, counts, want }) => {
    expect(bucketQuantile(q, explicitBuckets(bounds, counts))).toBe(want);
  });

  test('exponential: scale 0 has powers of two, negative ones mirrored, zero in between', () => {
    const buckets = exponentialBuckets(
      0,
      new Map([
        [1, 4],
        [0, 2],
      ]),
      new Map([[2, 1]]),
      1,
      0.5,
    );
    expect(buckets).toEqual([
      { lower: -8, upper: -4, count: 1 },
      { lower: -0.5, upper: 0.5, count: 1 },
      { lower: 1, upper: 2, count: 2 },
      { lower: 2, upper: 4, count: 4 },
    ]);
    expect(bucketQuantile(0.5, buckets)).toBe(2);
    expect(bucketQuantile(1, buckets)).toBe(4);
    expect(bucketQuantile(0, buckets)).toBe(-8);
  });
});
