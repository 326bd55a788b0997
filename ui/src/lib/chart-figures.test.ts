import { expect, test } from 'vitest';
import { figuresOf, isPartial } from './chart-figures.ts';
import { ABSENT } from './format.ts';

test('a bucket that ends after now is partial', () => {
  const grid = { startMs: 1000, stepMs: 100, count: 3 };
  expect([isPartial(grid, 1299), isPartial(grid, 1300)]).toEqual([true, false]);
});

test.each([
  { values: [3, 7, 5, 90], partial: true, last: '5', max: '7' },
  { values: [3, 7, 5, 90], partial: false, last: '90', max: '90' },
  { values: [3, null, null, 2], partial: true, last: '3', max: '3' },
  { values: [-4, -2, 1], partial: true, last: '-2', max: '-2' },
  { values: [null, null, 9], partial: true, last: '9 so far', max: ABSENT },
  { values: [9], partial: true, last: '9 so far', max: ABSENT },
  { values: [null, null], partial: true, last: ABSENT, max: ABSENT },
  { values: [], partial: true, last: ABSENT, max: ABSENT },
])('last and max of $values, partial $partial', ({ values, partial, last, max }) => {
  expect(figuresOf(values, String, partial)).toEqual({ last, max });
});
