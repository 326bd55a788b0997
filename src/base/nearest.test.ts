import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test('the nearest word', () => {
  expect(nearest('recievers', ['receivers', 'processors'])).toBe('receivers');
  expect(nearest('zzz', ['receivers'])).toBeUndefined();
});

test('looks at no more than the first hundred', () => {
  const others = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);
  expect(nearest('recievers', [...others(99), 'receivers'])).toBe('receivers');
  expect(nearest('recievers', [...others(5000), 'receivers'])).toBeUndefined();
});
