import { expect, test } from 'vitest';
import type { FieldOptions } from '../model.ts';
import { readDashboard } from '../read/index.ts';
import { colourOf } from './colours.ts';
import { fieldOptionsReader } from './field-options-of.ts';
import { reduceValues } from './reduce.ts';
import { showValue } from './show-value.ts';

const PANEL = readDashboard({
  name: 'x.json',
  text: JSON.stringify({
    panels: [
      {
        type: 'stat',
        fieldConfig: {
          defaults: {
            unit: 's',
            thresholds: {
              mode: 'absolute',
              steps: [
                { value: null, color: 'green' },
                { value: 5, color: 'red' },
              ],
            },
            mappings: [
              { type: 'value', options: { 1: { text: 'UP', color: 'blue' } } },
              { type: 'range', options: { from: 2, to: 3, result: { text: 'some' } } },
              { type: 'special', options: { match: 'null+nan', result: { text: 'none' } } },
              { type: 'regex', options: { pattern: '^a', result: { text: 'an a' } } },
            ],
          },
          overrides: [
            { matcher: { id: 'byName', options: 'x' }, properties: [{ id: 'unit', value: 'bytes' }] },
            {
              matcher: { id: 'byRegexp', options: '/^x/i' },
              properties: [
                { id: 'decimals', value: 1 },
                { id: 'custom.a', value: 1 },
              ],
            },
            { matcher: { id: 'byFrameRefID', options: 'B' }, properties: [{ id: 'displayName', value: 'of B' }] },
            {
              matcher: { id: 'byNames', options: { mode: 'exclude', names: ['x'] } },
              properties: [{ id: 'max', value: 9 }],
            },
            { matcher: { id: 'byType', options: 'string' }, properties: [{ id: 'unit', value: 'none' }] },
          ],
        },
      },
    ],
  }),
}).dashboard.rows[0]!.panels[0]!;

test.each([
  {
    field: { name: 'x', type: 'number', refId: 'A' },
    want: { unit: 'bytes', decimals: 1, max: undefined, custom: { a: 1 } },
  },
  { field: { name: 'X2', type: 'number', refId: 'B' }, want: { unit: 's', decimals: 1, displayName: 'of B', max: 9 } },
  { field: { name: 'y', type: 'string', refId: 'A' }, want: { unit: 'none', decimals: undefined } },
  { field: { name: 'y', type: 'number', refId: 'A', config: { unit: 'W' } }, want: { unit: 'W', max: 9 } },
] as const)('the options of $field.name', ({ field: { refId, ...field }, want }) => {
  const made = { config: {}, values: [], ...field };
  const frame = { refId, fields: [made], length: 0 };
  expect(fieldOptionsReader(PANEL)(made, frame, [frame])).toMatchObject(want);
});

test.each([
  { value: 1, want: { text: 'UP', color: 'blue' } },
  { value: 2.5, want: { text: 'some', color: 'green' } },
  { value: 90, want: { text: '1.50 mins', color: 'red' } },
  { value: null, want: { text: 'none', color: undefined } },
  { value: Number.NaN, want: { text: 'none', color: 'green' } },
  { value: 'abc', want: { text: 'an a', color: undefined } },
  { value: 'b', want: { text: 'b', color: undefined } },
])('$value is shown as $want', ({ value, want }) => {
  expect(showValue(value, PANEL.defaults)).toEqual(want);
});

test('thresholds in per cent are measured between min and max', () => {
  const options: FieldOptions = {
    ...PANEL.defaults,
    ...{ mappings: [], unit: undefined, min: 0, max: 50 },
    thresholds: {
      mode: 'percentage',
      steps: [
        { from: Number.NEGATIVE_INFINITY, color: 'green' },
        { from: 80, color: 'red' },
      ],
    },
  };
  expect([39, 40].map((value) => showValue(value, options).color)).toEqual(['green', 'red']);
});

test.each([
  { calculation: 'lastNotNull', want: 4 },
  { calculation: 'last', want: null },
  { calculation: 'mean', want: 3 },
  { calculation: 'max', want: 4 },
  { calculation: 'sum', want: 9 },
  { calculation: 'count', want: 3 },
  { calculation: 'delta', want: 0 },
  { calculation: 'allIsNull', want: 0 },
  { calculation: 'p50', want: 3 },
  { calculation: 'range', want: 2 },
  { calculation: 'unknown', want: 4 },
])('$calculation of some values', ({ calculation, want }) => {
  expect(reduceValues([null, 3, 2, 4, null], calculation)).toBe(want);
});

test.each([
  { name: 'green', isKnown: true },
  { name: 'semi-dark-blue', isKnown: true },
  { name: '#F2495C', isKnown: true },
  { name: 'rgba(237, 129, 40, 0.89)', isKnown: true },
  { name: 'url(javascript:x)', isKnown: false },
  { name: 'constructor', isKnown: false },
])('the colour $name is known: $isKnown', ({ name, isKnown }) => {
  expect(colourOf(name, 'dark') !== undefined).toBe(isKnown);
});
