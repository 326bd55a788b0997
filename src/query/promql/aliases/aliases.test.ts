import { describe, expect, test } from 'vitest';
import { METRIC_NAMES } from '#lang';
import { parsePromql, selectorsIn } from '#lang/promql';
import { bucketsFrom, CUSTOM_BUCKETS_SCHEMA, EMPTY_HISTOGRAM, type FloatHistogram } from '../histogram/index.ts';
import { Labels } from '../labels.ts';
import type { StoredSeries } from '../source.ts';
import { converted, convertedBound, convertedHistogram } from './converted.ts';
import { countedOnce } from './counted-once.ts';
import { familyOf } from './families.ts';
import { QueryNames } from './query-names.ts';
import type { SelectorNames } from './selector-names.ts';

const labels = (pairs: Readonly<Record<string, string>>): Labels => Labels.of(Object.entries(pairs));

/** Of the first selector of a query. */
function namesIn(query: string): SelectorNames | undefined {
  const expr = parsePromql(query);
  return QueryNames.ofQuery(expr).selector(selectorsIn(expr)[0]!.matchers);
}

const othersIn = (query: string): string[] => [...(namesIn(query)?.others.keys() ?? [])];

test('no name stands for two metrics', () => {
  const names = METRIC_NAMES.flatMap(({ names }) => names.map(([name, unit]) => `${name} ${unit}`));
  expect(names.length).toBeGreaterThan(150);
  expect(new Set(names).size).toBe(names.length);
});

describe('which names a selector stands for', () => {
  test.each([
    [
      'http_server_request_duration_seconds_count',
      ['http_server_duration_milliseconds_count', 'http_server_duration_seconds_count'],
    ],
    [
      'http_server_duration_milliseconds_bucket',
      ['http_server_request_duration_seconds_bucket', 'http_server_duration_seconds_bucket'],
    ],
    ['rpc_client_duration_milliseconds', ['rpc_client_call_duration_seconds']],
    ['db_client_connections_usage', ['db_client_connection_count']],
    ['db_client_connections_timeouts_total', ['db_client_connection_timeouts_total']],
    ['process_runtime_jvm_memory_usage_bytes', ['jvm_memory_used_bytes', 'jvm_memory_usage_bytes']],
    ['jvm_cpu_recent_utilization_ratio', expect.arrayContaining(['process_runtime_jvm_cpu_utilization_ratio'])],
  ])('%s', (query, others) => {
    expect(othersIn(query)).toEqual(others);
  });

  test.each([
    ['a pattern', '{__name__=~"http_server_request_duration_seconds_count|x"}'],
    ['a metric that has one name', 'http_requests_total{route="/x"}'],
    ['both names', 'http_server_request_duration_seconds_count or http_server_duration_milliseconds_count'],
    ['two parts of both names', 'http_server_duration_milliseconds_count / http_server_request_duration_seconds_sum'],
  ])('none: %s', (_, query) => {
    expect(othersIn(query)).toEqual([]);
  });

  test('the parts of one metric are one name', () => {
    expect(othersIn('http_server_duration_milliseconds_sum / http_server_duration_milliseconds_count')[0]).toBe(
      'http_server_request_duration_seconds_sum',
    );
  });

  test('nothing has to be looked at where no name is one of several', () => {
    expect(namesIn('sum by (service_name, le) (rate(x_bucket{route="/y"}[5m]))')).toBeUndefined();
    expect(namesIn('system_cpu_time_seconds_total')).toBeUndefined();
  });
});

describe('labels', () => {
  const today = labels({
    __name__: 'http_server_request_duration_seconds_count',
    http_request_method: 'GET',
    http_response_status_code: '500',
    url_scheme: 'http',
    service_name: 'a',
  });

  test.each([
    'x{http_status_code="500"}',
    'sum by (http_status_code) (x)',
    'sum without (http_status_code) (x)',
    'x * on (http_status_code) group_left () y',
    'x * on (a) group_left (http_status_code) y',
    'label_replace(x, "code", "$1", "http_status_code", "(.*)")',
    'sort_by_label(x, "http_status_code")',
  ])('are in the words of the query: %s', (query) => {
    const found = namesIn(query.replace('sort_by_label', 'label_join').replace('x, "http', 'x, "code", "", "http'))!;
    expect(found.relabelled(today, undefined)).toEqual(
      today.with('http_response_status_code', '').with('http_status_code', '500'),
    );
  });

  test('a series keeps what it has under the name that is asked for', () => {
    const both = today.with('http_status_code', '200');
    expect(namesIn('x{http_status_code="200"}')!.relabelled(both, undefined)).toBe(both);
  });

  test('a query that names both means each as it is written', () => {
    expect(namesIn('sum by (http_status_code, http_response_status_code) (x)')).toBeUndefined();
    expect(namesIn('label_replace(x, "http_status_code", "$1", "http_response_status_code", "(.*)")')).toBeUndefined();
  });

  test('of a metric with another name are all in the words of the one that is asked for, but for what the query names', () => {
    const old = namesIn('sum by (http_request_method) (http_server_duration_milliseconds_count)')!;
    const other = old.others.get('http_server_request_duration_seconds_count')!;
    expect(old.relabelled(today.with('server_address', 'h'), other).keep((name) => name !== '__name__')).toEqual(
      labels({
        http_request_method: 'GET',
        http_status_code: '500',
        http_scheme: 'http',
        net_host_name: 'h',
        service_name: 'a',
      }),
    );
    const back = namesIn('http_server_request_duration_seconds_count')!;
    const stored = labels({ http_method: 'GET', http_status_code: '500', net_host_name: 'h', net_host_port: '80' });
    expect(back.relabelled(stored, back.others.get('http_server_duration_milliseconds_count'))).toEqual(
      labels({ http_request_method: 'GET', http_response_status_code: '500', server_address: 'h', server_port: '80' }),
    );
  });

  test('labels of one metric are renamed there only', () => {
    const usage = namesIn('sum by (state) (db_client_connections_usage)')!;
    const stored = labels({ db_client_connection_state: 'idle', db_client_connection_pool_name: 'p' });
    expect(usage.relabelled(stored, usage.others.get('db_client_connection_count'))).toEqual(
      labels({ state: 'idle', pool_name: 'p' }),
    );
    expect(namesIn('sum by (state) (db_thing)')).toBeUndefined();
  });

  test('a resource has the same labels on all metrics', () => {
    const found = namesIn('http_server_duration_milliseconds_count')!;
    const stored = labels({ deployment_environment_name: 'prod' });
    expect(found.relabelled(stored, found.others.get('http_server_request_duration_seconds_count'))).toBe(stored);
    const asked = namesIn('sum by (deployment_environment) (http_server_duration_milliseconds_count)')!;
    expect(asked.relabelled(stored, undefined)).toEqual(labels({ deployment_environment: 'prod' }));
  });
});

describe('units', () => {
  const TO_S = { times: 1, by: 1000 };
  const TO_MS = { times: 1000, by: 1 };
  const series = (name: string, values: readonly number[], le = ''): StoredSeries => ({
    labels: labels({ __name__: name, le }),
    floats: {
      timesMs: Float64Array.from(values, (_, i) => i),
      values: Float64Array.from(values),
      startsMs: undefined,
    },
    histograms: undefined,
    staleMs: undefined,
  });

  test('bounds are what somebody would have written', () => {
    const old = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
    const today = [0, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    expect(old.map((bound) => convertedBound(bound, TO_S))).toEqual(today);
    expect(today.map((bound) => convertedBound(bound, TO_MS))).toEqual(old);
    expect(convertedBound(0.07, TO_MS)).toBe(70);
    expect(convertedBound(Number.POSITIVE_INFINITY, TO_MS)).toBe(Number.POSITIVE_INFINITY);
  });

  test('sums are converted, counts are not, and buckets get other bounds', () => {
    expect([...converted(series('x_sum', [1500]), '_sum', TO_S).floats.values]).toEqual([1.5]);
    expect([...converted(series('x_count', [1500]), '_count', TO_S).floats.values]).toEqual([1500]);
    const bucket = converted(series('x_bucket', [7], '500'), '_bucket', TO_S);
    expect([bucket.labels.get('le'), ...bucket.floats.values]).toEqual(['0.5', 7]);
    expect(converted(series('x_bucket', [7], '+Inf'), '_bucket', TO_S).labels.get('le')).toBe('+Inf');
  });

  test('native histograms: bounds of their own are exact', () => {
    const custom: FloatHistogram = {
      ...EMPTY_HISTOGRAM,
      schema: CUSTOM_BUCKETS_SCHEMA,
      customValues: [5, 250],
      count: 3,
      sum: 600,
      positive: bucketsFrom(0, [1, 1, 1]),
    };
    expect(convertedHistogram(custom, TO_S)).toEqual({ ...custom, customValues: [0.005, 0.25], sum: 0.6 });
  });

  test('native histograms: what is in exponential buckets stays where it was', () => {
    const exponential: FloatHistogram = {
      ...EMPTY_HISTOGRAM,
      schema: 3,
      count: 30,
      sum: 9000,
      zeroThreshold: 1,
      zeroCount: 10,
      positive: bucketsFrom(40, [0, 12, 0, 8]),
    };
    const there = convertedHistogram(exponential, TO_S);
    const total = there.positive.counts.reduce((sum, count) => sum + count, 0);
    expect([total, there.sum, there.zeroThreshold]).toEqual([20, 9, 0.001]);
    /** The mean of the buckets' places, by the logarithm. */
    const place = ({ positive: { indices, counts } }: FloatHistogram): number =>
      counts.reduce((sum, count, i) => sum + count * indices[i]!, 0) / 20;
    expect(place(there)).toBeCloseTo(place(exponential) - Math.log2(1000) * 8, 9);
  });
});

describe('a process is counted once', () => {
  const series = (process: string, name: string, timesMs: readonly number[]): StoredSeries => ({
    labels: labels({ __name__: 'asked', job: process, name }),
    floats: {
      timesMs: Float64Array.from(timesMs),
      values: Float64Array.from(timesMs, () => 1),
      startsMs: undefined,
    },
    histograms: undefined,
    staleMs: undefined,
  });
  const timesOf = (all: readonly StoredSeries[]): unknown =>
    all.map(({ labels, floats }) => [labels.get('job'), labels.get('name'), [...floats.timesMs]]);

  test('by the name that was asked for, where it has both; others are added', () => {
    const exact = [series('a', 'new', [10_000, 20_000])];
    const others = [[series('a', 'old', [10_001, 20_002]), series('b', 'old', [10_000, 20_000])]];
    const all = countedOnce(exact, others);
    expect(all[0]).toBe(exact[0]);
    expect(timesOf(all)).toEqual([
      ['a', 'new', [10_000, 20_000]],
      ['b', 'old', [10_000, 20_000]],
    ]);
  });

  test('one that has moved has both, one behind the other', () => {
    const all = countedOnce([series('a', 'new', [30_000, 40_000])], [[series('a', 'old', [10_000, 20_000, 30_000])]]);
    expect(timesOf(all)).toEqual([
      ['a', 'new', [30_000, 40_000]],
      ['a', 'old', [10_000, 20_000]],
    ]);
    // It is not looked back at once the other one is there.
    expect([...all[1]!.staleMs!]).toEqual([30_000]);
  });

  test('two libraries in one process measure different things', () => {
    const of = (scope: string, name: string): StoredSeries => {
      const one = series('a', name, [10_000]);
      return { ...one, labels: one.labels.with('otel_scope_name', scope) };
    };
    expect(
      countedOnce([of('x', 'new')], [[of('x', 'old'), of('y', 'old')]]).map(({ labels }) => labels.toString()),
    ).toEqual([of('x', 'new').labels.toString(), of('y', 'old').labels.toString()]);
  });

  test('of three names the first that it has counts', () => {
    const all = countedOnce([], [[series('a', 'second', [10_000])], [series('a', 'third', [10_000])]]);
    expect(timesOf(all)).toEqual([['a', 'second', [10_000]]]);
  });
});

test('a name is found with the suffixes of its parts, and without', () => {
  expect(familyOf('http_server_duration_milliseconds_bucket')).toMatchObject({ place: 1, suffix: '_bucket' });
  expect(familyOf('db_client_connection_count')).toMatchObject({ place: 0, suffix: '' });
  expect(familyOf('my_count')).toBeUndefined();
});
