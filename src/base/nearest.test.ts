import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test('the nearest word', () => {
  expect(nearest('recievers', ['receivers', 'processors'])).toBe('receivers');
  expect(nearest('zzz', ['receivers'])).toBeUndefined();
});
