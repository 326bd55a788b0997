import { expect, test } from 'vitest';
import { editDistance, nearestWords } from './words.ts';

test.each([
  ['', '', 0],
  ['cart', 'cart', 0],
  ['cart', 'carts', 1],
  ['cart', 'crat', 1],
  ['orders', 'ordres', 1],
  ['kitten', 'sitting', 3],
])('%s becomes %s in %i steps', (a, b, steps) => {
  expect(editDistance(a, b, 9)).toBe(steps);
  expect(editDistance(b, a, 9)).toBe(steps);
});

test('the nearest words come first, those that hold it behind them, and far ones not at all', () => {
  const words = ['payment-worker', 'payments', 'Payment', 'cart', 'x'];
  expect(nearestWords('payment', words, 3)).toEqual(['Payment', 'payments', 'payment-worker']);
  expect(nearestWords('paymnet', words, 3)).toEqual(['Payment', 'payments']);
  expect(nearestWords('shipping', words, 3)).toEqual([]);
  expect(nearestWords('', words, 3)).toEqual([]);
});

test('a long word costs a bounded time', () => {
  const long = 'a'.repeat(1_000_000);
  expect(nearestWords(long, [`${long}b`, 'b'.repeat(1_000_000)], 3)).toEqual([`${long}b`]);
});
