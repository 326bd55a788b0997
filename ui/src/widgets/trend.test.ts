import { expect, test } from 'vitest';
import { trendPaths } from './trend.tsx';

test('a gap ends the line and begins another', () => {
  const { line, area } = trendPaths([1, 2, null, 3, 4], 40, 20);
  expect(line.match(/M/g)).toHaveLength(2);
  expect(area.match(/Z/g)).toHaveLength(2);
});

test('the largest value is at the top, zero at the bottom', () => {
  expect(trendPaths([0, 10], 10, 20).line).toContain('L10 2');
  expect(trendPaths([0, 10], 10, 20).line).toMatch(/^M0 19/);
});

test('nothing is drawn for nothing', () => {
  expect(trendPaths([null, null], 40, 20)).toEqual({ line: '', area: '' });
  expect(trendPaths([], 40, 20)).toEqual({ line: '', area: '' });
});

test('a lone value is a short dash', () => {
  expect(trendPaths([null, 5, null], 40, 20).line).toBe('M19.2 2L20.8 2');
});
