import { expect, test } from 'vitest';
import { ABSENT } from '../../lib/format.ts';
import { figuresOf } from './figures.ts';

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
