import { expect, test } from 'vitest';
import { isSameConfig } from './same.ts';
import { Secret } from './secret.ts';

const config = (secret: string, list: number[] = [1]): object => ({
  name: 'a',
  absent: undefined,
  list,
  map: new Map([['k', { deep: new Secret(secret) }]]),
});

test.each([
  { name: 'equal', other: config('x'), want: true },
  { name: 'another secret', other: config('y'), want: false },
  { name: 'a longer list', other: config('x', [1, 2]), want: false },
  { name: 'another key', other: { ...config('x'), more: 1 }, want: false },
  { name: 'a key less', other: { ...config('x'), absent: null }, want: false },
  { name: 'another kind of thing', other: { ...config('x'), list: { 0: 1, length: 1 } }, want: false },
  { name: 'nothing', other: undefined, want: false },
])('two configurations: $name', ({ other, want }) => {
  expect(isSameConfig(config('x'), other)).toBe(want);
  expect(isSameConfig(other, config('x'))).toBe(want);
});

test('what has no prototype of its own kind is the same only as itself', () => {
  const date = new Date(0);
  expect(isSameConfig({ date }, { date })).toBe(true);
  expect(isSameConfig({ date }, { date: new Date(0) })).toBe(false);
});
