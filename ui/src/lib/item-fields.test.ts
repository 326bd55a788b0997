import { expect, test } from 'vitest';
import { headOf, inOrderOfInterest, serviceOf, valueText } from './item-fields.ts';

test('an item is called by its name, its text or its metric', () => {
  expect(
    headOf([
      { path: 'kind', value: 'server' },
      { path: 'name', value: 'GET /' },
    ]),
  ).toBe('GET /');
  expect(headOf([{ path: 'body', value: { a: 1 } }])).toBe('{"a":1}');
  expect(headOf([{ path: 'name', masked: 'value' }])).toBe('●●●');
  expect(headOf([])).toBe('an item without a name');
  expect(serviceOf([{ path: 'resource.attributes["service.name"]', value: 'shop' }])).toBe('shop');
  expect(valueText(5)).toBe('5');
});

test('what was changed stands before what is masked, and that before the rest', () => {
  const fields = [
    { path: 'a', value: 1 },
    { path: 'b', masked: 'value' },
    { path: 'c', value: 2, change: 'added' },
    { path: 'd', value: 3 },
  ] as const;
  expect(inOrderOfInterest(fields).map(({ path }) => path)).toEqual(['c', 'b', 'a', 'd']);
});
