import { expect, test } from 'vitest';
import { parseFilter } from '#lang/filter';
import { parsePromql } from '#lang/promql';
import type { MetricType } from '../answers/index.ts';
import { asPromql } from './as-promql.ts';
import type { Aggregation } from './metric-lines.ts';
import type { Reading, ReadingKind } from './reading.ts';

function reading(kind: ReadingKind, type: MetricType, unit: string): Reading {
  return { kind, type, types: [type], unit, seriesCount: 1, hasDelta: false, hasCumulative: true };
}

const KINDS = {
  gauge: reading('level', 'gauge', 'By'),
  level: reading('level', 'sum', '{request}'),
  counter: reading('counter', 'sum', '{request}'),
  change: reading('change', 'sum', '{request}'),
  histogram: reading('distribution', 'histogram', 's'),
  native: reading('distribution', 'exponential_histogram', 's'),
  summary: reading('summary', 'summary', 's'),
} as const;

function written(
  kind: keyof typeof KINDS,
  aggregation: Aggregation,
  { groupBy = [], q = '', own = false }: { groupBy?: readonly string[]; q?: string; own?: boolean } = {},
): string | undefined {
  const parsed = parseFilter(q);
  if (!parsed.ok) throw parsed.error;
  const query = { name: 'a.b', reading: KINDS[kind], aggregation, groupBy, filter: parsed.filter };
  const text = asPromql({ ...query, owner: own ? 'own' : 'user' });
  // Whatever is written can be read.
  if (text !== undefined) parsePromql(text);
  return text;
}

test.each([
  ['gauge', 'avg', 'avg(a_b_bytes)'],
  ['gauge', 'p95', 'quantile(0.95, a_b_bytes)'],
  ['level', 'sum', 'sum(a_b)'],
  ['counter', 'rate', 'sum(rate(a_b_total[5m]))'],
  ['counter', 'increase', 'sum(increase(a_b_total[5m]))'],
  ['counter', 'max', 'max(rate(a_b_total[5m]))'],
  ['change', 'sum', 'sum(increase(a_b[5m]))'],
  ['histogram', 'p95', 'histogram_quantile(0.95, sum by (le) (rate(a_b_seconds_bucket[5m])))'],
  ['histogram', 'avg', 'sum(rate(a_b_seconds_sum[5m]))\n/\nsum(rate(a_b_seconds_count[5m]))'],
  ['histogram', 'heatmap', 'sum by (le) (increase(a_b_seconds_bucket[5m]))'],
  ['histogram', 'max', undefined],
  ['native', 'p99', 'histogram_quantile(0.99, sum(rate(a_b_seconds[5m])))'],
  ['native', 'avg', 'histogram_avg(sum(rate(a_b_seconds[5m])))'],
  ['native', 'heatmap', undefined],
  ['summary', 'p90', 'max(a_b_seconds{quantile="0.9"})'],
  ['summary', 'rate', 'sum(rate(a_b_seconds_count[5m]))'],
] as const)('%s as %s', (kind, aggregation, want) => {
  expect(written(kind, aggregation)).toBe(want);
});

test('labels and filters go along, those of the resource through target_info', () => {
  expect(written('histogram', 'p50', { groupBy: ['service.name', 'http.route'] })).toBe(
    'histogram_quantile(0.5, sum by (le, service_name, http_route) (rate(a_b_seconds_bucket[5m])))',
  );
  expect(written('counter', 'rate', { q: 'service.name=shop http.status_code=500 http.route=* x!~"a|b"' })).toBe(
    'sum(rate(a_b_total{service_name="shop",http_status_code="500",http_route!="",x!~".*(?:a|b).*"}[5m]))',
  );
  expect(written('summary', 'p50', { q: 'service=shop' })).toBe('max(a_b_seconds{service_name="shop",quantile="0.5"})');
  expect(written('gauge', 'avg', { groupBy: ['os.type'] })).toBe(
    'avg by (os_type) (a_b_bytes * on (job, instance) group_left (os_type) target_info)',
  );
  expect(written('gauge', 'avg', { groupBy: ['host.name'], own: true })).toBe(
    'avg by (host_name) (a_b_bytes{job="signalbox"})',
  );
});

test('what matchers cannot say is not written', () => {
  for (const q of ['size>5', 'a=1 OR b=2', 'os.type=linux', 'NOT a=1'])
    expect(written('gauge', 'avg', { q })).toBeUndefined();
});
