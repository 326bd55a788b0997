import { expect, test } from 'vitest';
import { isAlertmanagerPage, readGraphLink } from './foreign-links.ts';

test.each([
  ['?g0.expr=up+%3D%3D+0&g0.tab=1', { a: 'up == 0', promql: true, view: 'table', range: '1h' }],
  ['?g0.expr=up&g0.tab=0&g0.range_input=2d', { a: 'up', promql: true, range: '2d' }],
  ['?g0.expr=up&g0.tab=graph&g0.range_input=1h30m', { a: 'up', promql: true, range: '5400s' }],
  ['?g0.expr=a&g1.expr=b&g0.tab=0', { a: 'a', b: 'b', promql: true, range: '1h' }],
  [
    '?g0.expr=up&g0.tab=0&g0.range_input=1h&g0.end_input=2026-01-02%2003:00',
    { a: 'up', promql: true, from: Date.UTC(2026, 0, 2, 2), to: Date.UTC(2026, 0, 2, 3) },
  ],
  ['?g0.expr=up&g0.tab=0&g0.range_input=x&g0.end_input=y', { a: 'up', promql: true }],
  ['', { promql: true, view: 'table', range: '1h' }],
])('a link to Prometheus %s', (text, search) => {
  expect(readGraphLink(text)).toEqual(search);
});

test.each([
  ['/alerts?receiver=team', true],
  ['#/alerts', true],
  ['/silences/new', true],
  ['page', false],
  ['', false],
])('the page of an Alertmanager %s', (hash, is) => {
  expect(isAlertmanagerPage(hash)).toBe(is);
});
