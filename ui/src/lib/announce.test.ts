import { expect, test } from 'vitest';
import { isWorthSaying, QUIET_MS } from './announce.ts';

const said = { asked: 'q', text: '5 traces', atMs: 1000 };

test('an answer to another question is said at once, though it reads the same', () => {
  expect(isWorthSaying(said, { ...said, asked: 'other', atMs: 1001 })).toBe(true);
});

test('a refresh is said where it reads differently, and rarely', () => {
  expect(isWorthSaying(said, { ...said, text: '6 traces', atMs: 1000 + QUIET_MS - 1 })).toBe(false);
  expect(isWorthSaying(said, { ...said, text: '6 traces', atMs: 1000 + QUIET_MS })).toBe(true);
  expect(isWorthSaying(said, { ...said, atMs: 1000 + 10 * QUIET_MS })).toBe(false);
});
