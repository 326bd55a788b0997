import { expect, test } from 'vitest';
import { conditionOf } from './condition.ts';
import { limitText, measuredText } from './measure.ts';

const P95 = 'histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket[5m])))';

test('values and limits of a rule are in one unit, where the names of its metrics tell it', () => {
  expect(measuredText(P95, 0.4986)).toBe('499 ms');
  expect(measuredText(`${P95} > 0.2`, 2.47)).toBe('2.47 s');
  expect(limitText(conditionOf(`${P95} > 0.2`)!)).toBe('200 ms');
});

test('rates, shares and what has no unit stay numbers, as the limit is written', () => {
  const rate = 'sum(rate(a_seconds_count[5m]))';
  expect([measuredText(rate, 0.00869), limitText(conditionOf(`${rate} > 0.001`)!)]).toEqual(['0.00869', '0.001']);
  const share = 'sum(rate(a_seconds_count{code="500"}[5m])) / sum(rate(a_seconds_count[5m]))';
  expect([measuredText(share, 0.026), limitText(conditionOf(`${share} > 0.05`)!)]).toEqual(['0.026', '0.05']);
  expect([measuredText('up', 1), limitText(conditionOf('up < 1e3')!)]).toEqual(['1', '1000']);
  expect(measuredText(P95, Number.NaN)).toBe('not a number');
});
