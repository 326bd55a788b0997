import { expect, test } from 'vitest';
import { distributionOf, explicitBuckets } from './explicit-buckets.ts';

// The other distributions are compared with otelcol's (test/compare, transform-functions).
test.each([7n, 1_000n, 2n ** 40n])('at random each of %s is in a bucket that its bounds touch', (count) => {
  const source = {
    scale: 0,
    zeroCount: 0n,
    zeroThreshold: 0,
    positive: { offset: 2, counts: BigUint64Array.of(count) },
    negative: { offset: 0, counts: new BigUint64Array(0) },
  };
  const { counts } = explicitBuckets(source, [1, 5, 6, 7, 20, 30], distributionOf('random'));
  expect(counts.reduce((sum, each) => sum + each, 0n)).toBe(count);
  // The values are in (4, 8].
  expect([counts[0], counts[5]]).toEqual([0n, 0n]);
});
