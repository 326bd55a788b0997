import { describe, expect, test } from 'vitest';
import { besidePane, chartHeight, type Pane, paneOfPage, readPane, serviceOf, sqlOfRange, writePane } from './panes.ts';

describe('the search of a page', () => {
  test.each<[string, Parameters<typeof paneOfPage>, Pane | undefined]>([
    [
      'its menus become terms',
      ['/traces', { q: 'http.route=/a', service: 'a b', operation: 'GET', status: 'error', min: 5e6 }],
      { kind: 'traces', q: 'http.route=/a service="a b" name=GET status=error duration>=5ms' },
    ],
    [
      'in TraceQL, too',
      ['/traces', { q: '{ duration > 1s }', service: 'web' }],
      { kind: 'traces', q: '{ duration > 1s } | { resource.service.name = "web" }' },
    ],
    [
      'levels are one of them',
      ['/logs', { severity: ['warn', 'error'] }],
      { kind: 'logs', q: 'severity=warn OR severity=error' },
    ],
    ['a trace has logs', ['/traces/abc', {}], { kind: 'logs', q: 'trace=abc' }],
    ['a service has traces', ['/services/we%20b', {}], { kind: 'traces', q: 'service="we b"' }],
    ['the first query in PromQL', ['/metrics', { a: 'up', b: 'down' }], { kind: 'metrics', q: 'up' }],
    ['a metric of the builder', ['/metrics', { metric: 'x' }, 'sum(x)'], { kind: 'metrics', q: 'sum(x)' }],
    ['a statement', ['/sql', { q: 'SELECT 1' }], { kind: 'sql', q: 'SELECT 1' }],
    ['a page without one', ['/alerts', {}], undefined],
  ])('%s', (_, [pathname, search, promql], want) => {
    expect(paneOfPage(pathname, search, promql)).toEqual(want);
  });
});

test('an address holds both sides', () => {
  const search = {
    ...writePane('one', { kind: 'sql', q: 'SELECT 1' }),
    ...writePane('two', { kind: 'metrics', q: '' }),
  };
  expect(readPane(search, 'one')).toEqual({ kind: 'sql', q: 'SELECT 1' });
  expect(readPane(search, 'two')).toEqual({ kind: 'metrics', q: '' });
  expect(readPane({}, 'two')).toEqual({ kind: 'logs', q: '' });
});

test.each<[Pane['kind'], string, string | undefined]>([
  ['traces', 'status=error service=orders', 'orders'],
  ['traces', 'service.name="a b" x=1', 'a b'],
  ['traces', 'service=a OR service=b', undefined],
  ['traces', '{ resource.service.name = "orders" && duration > 1s }', 'orders'],
  ['logs', '{service_name="orders"} |= "x"', 'orders'],
  ['metrics', 'rate(x{service_name="orders"}[5m])', 'orders'],
  ['metrics', 'rate(x{service_name!="orders"}[5m])', undefined],
  ['sql', "SELECT 1 FROM spans WHERE service = 'orders'", 'orders'],
])('the service of %s: %s', (kind, q, want) => {
  expect(serviceOf({ kind, q })).toBe(want);
});

test('what is beside asks for the same service', () => {
  expect(besidePane('logs', { kind: 'traces', q: 'service=orders status=error' })).toEqual({
    kind: 'logs',
    q: 'service=orders',
  });
  expect(besidePane('metrics', { kind: 'logs', q: 'service=orders' }).q).toContain('service_name="orders"');
  expect(besidePane('logs', { kind: 'traces', q: '' })).toEqual({ kind: 'logs', q: '' });
});

test('the range goes into a statement', () => {
  const range = { fromMs: 1000, toMs: 2000.4 };
  expect(sqlOfRange('SELECT 1 WHERE $__timeFilter(s.time)', range)).toBe(
    'SELECT 1 WHERE (s.time >= fromUnixTimestamp64Milli(1000) AND s.time < fromUnixTimestamp64Milli(2000))',
  );
  expect(sqlOfRange('t > $__fromTime AND t < $__toTime', range)).toBe(
    't > fromUnixTimestamp64Milli(1000) AND t < fromUnixTimestamp64Milli(2000)',
  );
});

test('one above the other, charts leave room for what is around them', () => {
  expect(chartHeight(260, {}, 768)).toBe(260);
  expect(chartHeight(260, { stacked: true }, 768)).toBe(148);
  expect(chartHeight(260, { stacked: true }, 2000)).toBe(260);
  expect(chartHeight(260, { stacked: true }, 400)).toBe(130);
});
