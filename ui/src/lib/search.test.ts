import { describe, expect, test } from 'vitest';
import {
  keepScope,
  parseSearch,
  readLogsSearch,
  readMetricsSearch,
  readScope,
  readTraceSearch,
  readTracesSearch,
  stringifySearch,
} from './search.ts';

const roundTrip = <T>(read: (raw: Record<string, unknown>) => T, search: T): T =>
  read(parseSearch(stringifySearch(search as Record<string, unknown>)));

describe('a page reads back what it wrote', () => {
  test('traces', () => {
    const search = {
      range: '6h',
      env: 'production',
      q: 'http.route="/api/{id}" duration>250ms a&b=c%',
      service: 'orders',
      status: 'error',
      min: 1_500_000,
      sort: 'slowest',
    } as const;
    expect(roundTrip(readTracesSearch, search)).toEqual(search);
  });

  test('trace', () => {
    const search = { span: 'abcdef0123456789', zoom: [100, 2500], logs: true } as const;
    expect(roundTrip(readTraceSearch, search)).toEqual(search);
  });

  test('logs', () => {
    const search = { severity: ['error', 'warn'], q: '"timed out" + more', live: false, wrap: true } as const;
    expect(roundTrip(readLogsSearch, search)).toEqual(search);
  });

  test('metrics', () => {
    const search = { metric: 'http.server.request.duration', group: ['service.name', 'http.route'], agg: 'p99' };
    expect(roundTrip(readMetricsSearch, search)).toEqual(search);
  });
});

test('what makes no sense is dropped, not kept', () => {
  expect(readTracesSearch({ status: 'broken', sort: 'upwards', min: '-4', max: 'x', from: 'yesterday' })).toEqual({});
  expect(readTraceSearch({ zoom: '5,2' })).toEqual({});
  expect(readTraceSearch({ zoom: '5' })).toEqual({});
  expect(readLogsSearch({ severity: 'loud,error' })).toEqual({ severity: ['error'] });
});

test('an id of digits stays text', () => {
  expect(readLogsSearch(parseSearch('?trace=12345678901234567890123456789012&q=42'))).toEqual({
    trace: '12345678901234567890123456789012',
    q: '42',
  });
});

test('absent values leave no trace in the URL; the filter stays readable', () => {
  expect(stringifySearch({})).toBe('');
  expect(stringifySearch({ q: undefined, range: '' })).toBe('');
  expect(stringifySearch({ q: 'a=1 b:"x"' })).toBe('?q=a=1%20b:"x"');
  expect(parseSearch(stringifySearch({ q: 'a=1 & b+c#d%' }))).toEqual({ q: 'a=1 & b+c#d%' });
});

test('only the scope goes along to another page', () => {
  expect(keepScope(readTracesSearch({ range: '6h', env: 'staging', q: 'x', live: '0' }))).toEqual({
    range: '6h',
    env: 'staging',
    live: false,
  });
  expect(readScope({})).toEqual({});
});
