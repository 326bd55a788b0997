import { expect, test } from 'vitest';
import { sparkPaths } from './spark.tsx';

test('a gap ends the line and begins another', () => {
  const { line, area } = sparkPaths([1, 2, null, 3, 4], 40, 20);
  expect(line.match(/M/g)).toHaveLength(2);
  expect(area.match(/Z/g)).toHaveLength(2);
});

test('the largest value is at the top, zero at the bottom', () => {
  expect(sparkPaths([0, 10], 10, 20).line).toContain('L10 2');
  expect(sparkPaths([0, 10], 10, 20).line).toMatch(/^M0 19/);
});

test('nothing is drawn for nothing', () => {
  expect(sparkPaths([null, null], 40, 20)).toEqual({ line: '', area: '' });
  expect(sparkPaths([], 40, 20)).toEqual({ line: '', area: '' });
});

test('a lone value is a short dash', () => {
  expect(sparkPaths([null, 5, null], 40, 20).line).toBe('M19.2 2L20.8 2');
});
