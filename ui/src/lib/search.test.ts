import { describe, expect, test } from 'vitest';
import { keepScope, parseSearch, readScope, readSearch, stringifySearch, traceSort, validateSearch } from './search.ts';

const roundTrip = (search: object): object => readSearch(parseSearch(stringifySearch({ ...search })));

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
    expect(roundTrip(search)).toEqual(search);
  });

  test('a range of the calendar', () => {
    expect(stringifySearch({ range: 'now-1d/d..now-1d/d' })).toBe('?range=now-1d/d..now-1d/d');
    expect(roundTrip({ range: 'now-1d/d..now-1d/d' })).toEqual({ range: 'now-1d/d..now-1d/d' });
  });

  test('a selection of spans', () => {
    const search = { box: [1000, 2000, 5, 70], sel: 'status=error', unit: 'traces', plot: 'heatmap' } as const;
    expect(roundTrip(search)).toEqual(search);
    expect(readSearch({ box: '2000,1000,5,70', unit: 'all' })).toEqual({});
  });

  test('trace', () => {
    const search = { span: 'abcdef0123456789', zoom: [100, 2500], logs: true } as const;
    expect(roundTrip(search)).toEqual(search);
  });

  test('logs', () => {
    const search = { severity: ['error', 'warn'], q: '"timed out" + more', live: false, wrap: true } as const;
    expect(roundTrip(search)).toEqual(search);
  });

  test('metrics', () => {
    const search = { metric: 'http.server.request.duration', group: ['service.name', 'http.route'], agg: 'p99' };
    expect(roundTrip(search)).toEqual(search);
  });
});

test('what makes no sense is dropped, not kept', () => {
  expect(readSearch({ status: 'broken', sort: 'upwards', min: '-4', max: 'x', from: 'yesterday' })).toEqual({
    sort: 'upwards',
  });
  expect(traceSort({ sort: 'upwards' })).toBe('newest');
  expect(readSearch({ zoom: '5,2' })).toEqual({});
  expect(readSearch({ zoom: '5' })).toEqual({});
  expect(readSearch({ severity: 'loud,error' })).toEqual({ severity: ['error'] });
});

test('a range is two times in their order, or none', () => {
  expect(readSearch({ from: '10', to: '20' })).toEqual({ from: 10, to: 20 });
  for (const wrong of [
    { from: '10' },
    { from: '20', to: '10' },
    { from: 'a1NaN', to: 'NaN' },
    { from: '1', to: '1e300' },
    { range: 'NaNm' },
    { range: '1000000d' },
  ]) {
    expect(readSearch(wrong)).toEqual({});
  }
});

test('what the router lays over the raw text leaves nothing of it', () => {
  const raw = parseSearch('?from=x&to=5&live=0&utm=1&min=12');
  expect({ ...raw, ...validateSearch(raw) }).toEqual({
    from: undefined,
    to: undefined,
    live: false,
    utm: undefined,
    min: 12,
  });
});

test('an id of digits stays text', () => {
  expect(readSearch(parseSearch('?trace=12345678901234567890123456789012&q=42'))).toEqual({
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
  expect(keepScope(readSearch({ range: '6h', env: 'staging', q: 'x', live: '0' }))).toEqual({
    range: '6h',
    env: 'staging',
    live: false,
  });
  expect(readScope({})).toEqual({});
});

test("addresses of Grafana's dashboards choose variables and range", () => {
  const search = readSearch(parseSearch('?orgId=1&var-job=a&var-job=b%20c&var-x=$__all&from=now-6h&to=now'));
  expect(search).toEqual({ vars: 'job=a&job=b+c&x=%24__all', range: '6h' });
  expect(readSearch(parseSearch('?var-job=a&vars=job%3Db'))).toEqual({ vars: 'job=b' });
  expect(readSearch(parseSearch('?from=now%2Fd&to=now%2Fd'))).toEqual({ range: 'now/d..now/d' });
  expect(readSearch(parseSearch('?from=now-1M&to=now-1d/d'))).toEqual({ range: 'now-1M..now-1d/d' });
  expect(readSearch(parseSearch('?from=now-1h&to=now-2h'))).toEqual({});
});
