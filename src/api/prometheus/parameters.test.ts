import { expect, test } from 'vitest';
import { timeOf, wholeOf } from './parameters.ts';

test.each([
  ['1', 1000],
  ['1.', 1000],
  ['1.5', 1500],
  ['.5', 500],
  ['1_000.2_5e0', 1_000_250],
  ['-1e-3', -1],
  ['2026-11-30T00:00:00Z', Date.UTC(2026, 10, 30)],
])('a time is what Go reads: %s', (text, ms) => {
  expect(timeOf({ time: text }, 'time', 0)).toBe(ms);
});

test.each(['1x', '1__0', 'e5', '1.2.3', '2026-13-01T00:00:00Z'])('and else no time: %s', (text) => {
  expect(() => timeOf({ time: text }, 'time', 0)).toThrow();
});

test('digits without an end are refused as fast as they are read', () => {
  const digits = `${'1'.repeat(1_000_000)}x`;
  expect(() => timeOf({ time: digits }, 'time', 0)).toThrow('cannot parse');
  expect(wholeOf(digits)).toContain('invalid syntax');
});
