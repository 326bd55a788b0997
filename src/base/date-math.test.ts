import { describe, expect, test } from 'vitest';
import { isDateMath, resolveDateMath } from './date-math.ts';

/** A Wednesday. */
const NOW = new Date(2026, 10, 25, 14, 37, 12, 345).getTime();

const at = (...parts: [number, number, number, ...number[]]): number => {
  const [year, month, day, ...time] = parts;
  return new Date(year, month - 1, day, ...time).getTime();
};

describe.each([
  { text: 'now', from: NOW, to: NOW },
  { text: 'now-6h', from: NOW - 6 * 3_600_000, to: NOW - 6 * 3_600_000 },
  { text: 'now+90s', from: NOW + 90_000, to: NOW + 90_000 },
  { text: 'now-d', from: at(2026, 11, 24, 14, 37, 12, 345), to: at(2026, 11, 24, 14, 37, 12, 345) },
  { text: 'now/s', from: at(2026, 11, 25, 14, 37, 12), to: at(2026, 11, 25, 14, 37, 12, 999) },
  { text: 'now/m', from: at(2026, 11, 25, 14, 37), to: at(2026, 11, 25, 14, 37, 59, 999) },
  { text: 'now/h', from: at(2026, 11, 25, 14), to: at(2026, 11, 25, 14, 59, 59, 999) },
  { text: 'now/d', from: at(2026, 11, 25), to: at(2026, 11, 25, 23, 59, 59, 999) },
  { text: 'now-1d/d', from: at(2026, 11, 24), to: at(2026, 11, 24, 23, 59, 59, 999) },
  { text: 'now-2d/d', from: at(2026, 11, 23), to: at(2026, 11, 23, 23, 59, 59, 999) },
  { text: 'now-7d/d', from: at(2026, 11, 18), to: at(2026, 11, 18, 23, 59, 59, 999) },
  { text: 'now/w', from: at(2026, 11, 23), to: at(2026, 11, 29, 23, 59, 59, 999) },
  { text: 'now-1w/w', from: at(2026, 11, 16), to: at(2026, 11, 22, 23, 59, 59, 999) },
  { text: 'now/M', from: at(2026, 11, 1), to: at(2026, 11, 30, 23, 59, 59, 999) },
  { text: 'now-1M/M', from: at(2026, 10, 1), to: at(2026, 10, 31, 23, 59, 59, 999) },
  { text: 'now/Q', from: at(2026, 10, 1), to: at(2026, 12, 31, 23, 59, 59, 999) },
  { text: 'now-1Q/Q', from: at(2026, 7, 1), to: at(2026, 9, 30, 23, 59, 59, 999) },
  { text: 'now/y', from: at(2026, 1, 1), to: at(2026, 12, 31, 23, 59, 59, 999) },
  { text: 'now-1y/y', from: at(2025, 1, 1), to: at(2025, 12, 31, 23, 59, 59, 999) },
  { text: 'now/d+8h', from: at(2026, 11, 25, 8), to: at(2026, 11, 26, 7, 59, 59, 999) },
  { text: 'now-1d/d+8h-30m', from: at(2026, 11, 24, 7, 30), to: at(2026, 11, 25, 7, 29, 59, 999) },
])('$text', ({ text, from, to }) => {
  test('begins', () => expect(resolveDateMath(text, NOW, 'from')).toBe(from));
  test('ends', () => expect(resolveDateMath(text, NOW, 'to')).toBe(to));
});

test('a week begins with the day that it is told', () => {
  expect(resolveDateMath('now/w', NOW, 'from', { firstDay: 0 })).toBe(at(2026, 11, 22));
  expect(resolveDateMath('now/w', NOW, 'to', { firstDay: 0 })).toBe(at(2026, 11, 28, 23, 59, 59, 999));
  expect(resolveDateMath('now/w', at(2026, 11, 22, 5), 'from', { firstDay: 1 })).toBe(at(2026, 11, 16));
  expect(resolveDateMath('now/w', at(2026, 11, 22, 5), 'from', { firstDay: 6 })).toBe(at(2026, 11, 21));
});

test.each([
  { text: 'now-1M', now: at(2026, 3, 31), found: at(2026, 2, 28) },
  { text: 'now-1M', now: at(2024, 3, 31), found: at(2024, 2, 29) },
  { text: 'now-1y', now: at(2024, 2, 29), found: at(2023, 2, 28) },
  { text: 'now+1M', now: at(2026, 1, 31), found: at(2026, 2, 28) },
  { text: 'now-2Q', now: at(2026, 8, 31), found: at(2026, 2, 28) },
  { text: 'now-13M', now: at(2026, 1, 15), found: at(2024, 12, 15) },
])('$text of the last days of a month', ({ text, now, found }) => {
  expect(resolveDateMath(text, now, 'from')).toBe(found);
});

test.each([
  '',
  'now-',
  'now/',
  'now-6x',
  'now 6h',
  'now-6h/2d',
  'now-1.5h',
  'now/dd',
  'now-1fy',
  'later',
  'now-9999999d',
])('%j is no such time', (text) => {
  expect(isDateMath(text)).toBe(false);
  expect(resolveDateMath(text, NOW, 'from')).toBeUndefined();
});

test('what no Date holds is none', () => {
  expect(isDateMath('now-999999y')).toBe(true);
  expect(resolveDateMath('now-999999y', NOW, 'from')).toBeUndefined();
});
