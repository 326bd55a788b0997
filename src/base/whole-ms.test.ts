import { expect, test } from 'vitest';
import { wholeMs } from './whole-ms.ts';

test('milliseconds of nanoseconds are exact, up to the last time that there is', () => {
  const times = [
    0n,
    999_999n,
    1_000_000n,
    1_796_049_480_001_999_999n,
    1_796_049_480_002_000_000n,
    2n ** 63n - 1n,
    2n ** 64n - 1n,
  ];
  const words = new Uint32Array(BigUint64Array.from(times).buffer);
  times.forEach((timeNs, index) => {
    expect(wholeMs(words, index)).toBe(Number(timeNs / 1_000_000n));
  });
});
