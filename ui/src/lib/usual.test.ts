import { expect, test } from 'vitest';
import { againstUsual } from './usual.ts';

test.each([
  [5, 'no longer than half usually take'],
  [10, 'no longer than half usually take'],
  [11, 'longer than half usually take'],
  [51, 'longer than 95% usually take'],
  [101, 'longer than 99% usually take'],
])('%d ms against 10, 50 and 100', (durationNs, expected) => {
  expect(againstUsual(durationNs, { p50Ns: 10, p95Ns: 50, p99Ns: 100 })).toBe(expected);
});
