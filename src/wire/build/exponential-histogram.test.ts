import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExponentialHistogram } from './exponential-histogram.ts';

function histogramOf(values: readonly number[], sizeMax: number): ExponentialHistogram {
  const histogram = new ExponentialHistogram(sizeMax);
  for (const value of values) histogram.add(value, 1);
  return histogram;
}

test('one value lies in one bucket of the finest scale', () => {
  const { scale, positive, count, sum, min, max, zeroCount } = histogramOf([1.5], 160);
  expect({ scale, count, sum, min, max, zeroCount }).toEqual({
    scale: 20,
    count: 1,
    sum: 1.5,
    min: 1.5,
    max: 1.5,
    zeroCount: 0n,
  });
  expect([...positive.counts]).toEqual([1n]);
});

test('a power of two is the upper end of its bucket', () => {
  const histogram = histogramOf([1, 2, 4, 8], 4);
  expect({ scale: histogram.scale, offset: histogram.positive.offset, counts: [...histogram.positive.counts] }).toEqual(
    {
      scale: 0,
      offset: -1,
      counts: [1n, 1n, 1n, 1n],
    },
  );
});

test('zeros are counted apart, and a value counts as often as it is said', () => {
  const histogram = new ExponentialHistogram(8);
  histogram.add(0, 3);
  histogram.add(5, 4);
  expect([histogram.zeroCount, histogram.count, histogram.sum, histogram.positive.counts[0]]).toEqual([3n, 7, 20, 4n]);
});

test('each value lies within the bounds of its bucket, and no more buckets are there than allowed', () => {
  const value = fc.oneof(
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }),
    fc.integer({ min: -60, max: 60 }).map((exponent) => 2 ** exponent),
  );
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 2, max: 200 }),
      (values, sizeMax) => {
        const { scale, positive, count, min, max } = histogramOf(values, sizeMax);
        const counts = [...positive.counts].map(Number);
        expect(counts.length).toBeLessThanOrEqual(sizeMax);
        expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length);
        expect([count, min, max]).toEqual([values.length, Math.min(...values), Math.max(...values)]);
        // How many values are at most a bucket's upper bound: the same by the buckets and by the values, up to rounding at the bound.
        let sum = 0;
        for (const [i, bucket] of counts.entries()) {
          sum += bucket;
          const upper = 2 ** ((positive.offset + i + 1) * 2 ** -scale);
          const atMost = (bound: number): number => values.filter((one) => one <= bound).length;
          expect(sum).toBeGreaterThanOrEqual(atMost(upper * (1 - 1e-9)));
          expect(sum).toBeLessThanOrEqual(atMost(upper * (1 + 1e-9)));
        }
      },
    ),
  );
});
