import { expect, test } from 'vitest';
import { parseLogql } from '#lang/logql';
import { parsePromql } from '#lang/promql';
import type { PaneKind } from '../search.ts';
import { ruleOfSearch } from './rule-of-search.ts';

const SPANS = 'sum by (service_name, span_name)';

test.each<[PaneKind, string, string]>([
  ['metrics', 'rate(x[5m])', 'rate(x[5m])'],
  ['logs', '', 'sum by (service_name) (count_over_time({service_name=~".+"} [5m])) > 0'],
  [
    'logs',
    'service=orders severity>=error "timed out." order.id=o-1',
    'sum by (service_name) (count_over_time({service_name="orders"} | detected_level=~"error|fatal" |~ "(?i)timed out\\\\." | order_id="o-1" [5m])) > 0',
  ],
  ['logs', 'size>100', 'sum by (service_name) (count_over_time({service_name=~".+"} | size > 100 [5m])) > 0'],
  ['logs', '{app="x"} |= "e"', 'sum by (service_name) (count_over_time({app="x"} |= "e" [5m])) > 0'],
  ['logs', 'sum(rate({app="x"}[1m]))', 'sum(rate({app="x"}[1m]))'],
  ['traces', '', `${SPANS} (rate(traces_span_metrics_calls_total{}[5m])) > 0`],
  [
    'traces',
    'service=orders status=error',
    `${SPANS} (rate(traces_span_metrics_calls_total{service_name="orders", status_code="STATUS_CODE_ERROR"}[5m])) > 0`,
  ],
  [
    'traces',
    'kind=server duration>=250ms',
    'histogram_quantile(0.95, sum by (service_name, span_name, le) (rate(traces_span_metrics_duration_seconds_bucket{span_kind="SPAN_KIND_SERVER"}[5m]))) > 0.25',
  ],
])('%s: %s', (kind, q, expr) => {
  const rule = ruleOfSearch({ kind, q });
  expect(rule).toEqual({ language: kind === 'logs' ? 'logql' : 'promql', expr });
  if (kind === 'logs') parseLogql(expr);
  else parsePromql(expr);
});

test.each<[PaneKind, string, RegExp]>([
  ['metrics', ' ', /no expression/],
  ['sql', 'SELECT 1', /not in SQL/],
  ['traces', '{ duration > 1s }', /not in TraceQL/],
  ['traces', 'http.route=/a', /no label for http\.route:/],
  ['traces', 'service=a OR service=b', /OR/],
  ['logs', 'a=1 OR b=2', /OR/],
  ['logs', '-a=1', /NOT/],
])('%s: %s is no rule', (kind, q, reason) => {
  expect(ruleOfSearch({ kind, q })).toEqual({ reason: expect.stringMatching(reason) });
});
