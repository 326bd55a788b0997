import { expect, test } from 'vitest';
import type { PromSeries } from '../prometheus.ts';
import { drawingOf } from './promql.ts';

const query = { letter: 'a', text: 'up', legend: '', isHidden: false } as const;
const grid = { startMs: 100_000, stepMs: 10_000, count: 3 };
const draw = (...series: PromSeries[]) => drawingOf([{ query, series, unit: '' }], grid);

test('a series without any number is counted as blank, and one of histograms as such', () => {
  const { blankCount, histogramCount } = draw(
    {
      metric: { job: 'a' },
      values: [
        [100, 'NaN'],
        [110, '+Inf'],
      ],
    },
    { metric: { job: 'b' }, values: [[100, '1']] },
    { metric: { job: 'c' }, histograms: [[100, { count: '1', sum: '1' }]] },
  );
  expect({ blankCount, histogramCount }).toEqual({ blankCount: 1, histogramCount: 1 });
});

test('an answer that was kept while another range loads is not blank, though none of it is on the grid', () => {
  expect(draw({ metric: {}, values: [[40, '7']] })).toMatchObject({ blankCount: 0, shownCount: 1 });
});

test.each([
  [{ service_name: 'orders' }, { service: 'orders' }],
  [{ detected_level: 'error' }, { severity: 'error' }],
  [{ level: 'warn' }, { severity: 'warn' }],
  [{ level: 'E' }, { series: 0 }],
  [{ service_name: 'orders', level: 'error' }, { series: 0 }],
  [{}, { series: 0 }],
])('the hue of a line with %o', (metric, tone) => {
  const { frame } = draw({ metric, values: [[100, '1']] }, { metric: { other: 'x' }, values: [[100, '1']] });
  expect(frame.fields.map((field) => ('tone' in field ? field.tone : undefined))).toContainEqual(tone);
});
