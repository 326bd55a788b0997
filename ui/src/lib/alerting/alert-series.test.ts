import { expect, test } from 'vitest';
import { alertsBySeries } from './alert-series.ts';

test('an alert is of the series that shares most of its labels, not of one that has only some of them', () => {
  const gateway = { service_name: 'gateway' };
  const checkout = { service_name: 'gateway', http_route: '/checkout' };
  const search = { __name__: 'x', service_name: 'gateway', http_route: '/search' };
  const alert = { labels: { ...checkout, alertname: 'Slow', severity: 'warning' } };
  expect([...alertsBySeries([gateway, checkout, search], [alert])]).toEqual([[checkout, alert]]);
  const wide = { labels: { ...gateway, alertname: 'Slow' } };
  expect([...alertsBySeries([gateway, checkout, search], [alert, wide])]).toEqual([
    [checkout, alert],
    [gateway, wide],
  ]);
});
