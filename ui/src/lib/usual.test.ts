import { expect, test } from 'vitest';
import { againstUsual } from './usual.ts';

test.each([
  [5, 'no more than half of them usually do'],
  [10, 'no more than half of them usually do'],
  [11, 'more than half of them usually do'],
  [51, 'more than 95 of 100 usually do'],
  [101, 'more than 99 of 100 usually do'],
])('%d ms against 10, 50 and 100', (durationNs, expected) => {
  expect(againstUsual(durationNs, { p50Ns: 10, p95Ns: 50, p99Ns: 100 })).toBe(expected);
});
