import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertMetrics } from '../../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

/** Services of before and after the conventions' migration, and one that sends both, asked in the words of either. */

const FROM_MS = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const STEP_MS = 15_000;
const COUNT = 41;
const AT = (FROM_MS + 600_000) / 1000;

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  await insertMetrics(store, [service('old', true, false), service('new', false, true), service('both', true, true)]);
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
}, 120_000);
afterAll(async () => {
  await server?.close();
  await store?.close();
});

type Attributes = Readonly<Record<string, string | number>>;
const keyValues = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));

/** `lateMs`: how much later than others of its export a metric is taken. */
function points(attributes: Attributes, lateMs: number, valueAt: (i: number) => object): object[] {
  return Array.from({ length: COUNT }, (_, i) => ({
    startTimeUnixNano: `${BigInt(FROM_MS) * 1_000_000n}`,
    timeUnixNano: `${BigInt(FROM_MS + i * STEP_MS + (i === 0 ? 0 : lateMs)) * 1_000_000n}`,
    attributes: keyValues(attributes),
    ...valueAt(i),
  }));
}

/** Of each second: 2 requests in 30 ms, 1 in 300 ms. */
const requests =
  (perMs: number, bounds: readonly number[], failing: number) =>
  (i: number): object => {
    const seconds = (i * STEP_MS) / 1000;
    const counts = [seconds * 2, seconds, 0].map((count) => String(Math.round(count * failing)));
    return {
      count: String(Math.round(seconds * 3 * failing)),
      sum: seconds * failing * (2 * 30 + 300) * perMs,
      explicitBounds: bounds,
      bucketCounts: counts,
    };
  };

const CUMULATIVE = 2;

function service(name: string, hasOld: boolean, hasNew: boolean): object {
  const server = { 'http.route': '/x' };
  const old = (status: number): Attributes => ({ ...server, 'http.method': 'GET', 'http.status_code': status });
  const today = (status: number): Attributes => ({
    ...server,
    'http.request.method': 'GET',
    'http.response.status_code': status,
    'url.scheme': 'http',
  });
  const histogram = (unit: string, of: (status: number) => Attributes, lateMs: number): object => {
    const [perMs, bounds] = unit === 'ms' ? [1, [50, 500]] : [0.001, [0.05, 0.5]];
    const dataPoints = [
      ...points(of(200), lateMs, requests(perMs, bounds, 0.8)),
      ...points(of(500), lateMs, requests(perMs, bounds, 0.2)),
    ];
    return { unit, histogram: { aggregationTemporality: CUMULATIVE, dataPoints } };
  };
  const pool = (attributes: Attributes): object => ({
    unit: '{connection}',
    sum: { aggregationTemporality: CUMULATIVE, dataPoints: points(attributes, 0, () => ({ asInt: '4' })) },
  });
  const exponential = (unit: string, perMs: number): object => ({
    unit,
    exponentialHistogram: {
      aggregationTemporality: CUMULATIVE,
      dataPoints: points({}, 0, (i) => ({
        count: String(i * 10),
        sum: i * 10 * 30 * perMs,
        scale: 5,
        // The bucket in which 30 milliseconds are.
        positive: { offset: Math.ceil(Math.log2(30 * perMs) * 32) - 1, bucketCounts: [String(i * 10)] },
      })),
    },
  });
  return {
    resource: {
      attributes: keyValues({
        'service.name': name,
        'service.instance.id': `${name}-1`,
        [hasNew ? 'deployment.environment.name' : 'deployment.environment']: 'prod',
        'os.type': 'linux',
      }),
    },
    scopeMetrics: [
      {
        scope: { name: 'lib' },
        metrics: [
          ...(hasOld
            ? [
                { name: 'http.server.duration', ...histogram('ms', old, 0) },
                { name: 'db.client.connections.usage', ...pool({ state: 'idle', 'pool.name': 'main' }) },
                { name: 'rpc.client.duration', ...exponential('ms', 1) },
              ]
            : []),
          ...(hasNew
            ? [
                { name: 'http.server.request.duration', ...histogram('s', today, 2) },
                {
                  name: 'db.client.connection.count',
                  ...pool({ 'db.client.connection.state': 'idle', 'db.client.connection.pool.name': 'main' }),
                },
                { name: 'rpc.client.call.duration', ...exponential('s', 0.001) },
              ]
            : []),
        ],
      },
    ],
  };
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
  readonly error?: string;
  readonly infos?: readonly string[];
}

async function get(path: string, parameters: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${server.url}/prometheus/api/v1${path}?${new URLSearchParams(parameters)}`);
  const body = (await response.json()) as Answer;
  expect(body.error).toBeUndefined();
  return body;
}

/** By the values of all labels of the answer. */
async function values(query: string): Promise<Record<string, number>> {
  const { data } = await get('/query', { query, time: String(AT) });
  return Object.fromEntries(
    data.result.map(({ metric, value }) => [Object.values(metric).join(' '), Number(Number(value[1]).toPrecision(9))]),
  );
}

const ALL = (value: number): Record<string, number> => ({ old: value, new: value, both: value });

describe("the article's panels and alerts answer for services of then and of today", () => {
  const panels = [
    'sum(rate(http_server_request_duration_seconds_count[5m])) by (service_name)',
    'histogram_quantile(0.99, sum(rate(http_server_request_duration_seconds_bucket[5m])) by (service_name, le))',
    "sum(rate(http_server_request_duration_seconds_count{http_response_status_code=~'5..'}[5m])) by (service_name) / sum(rate(http_server_request_duration_seconds_count[5m])) by (service_name)",
    `(
      sum(rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m])) by (service_name)
      /
      sum(rate(http_server_request_duration_seconds_count[5m])) by (service_name)
    ) > 0.05`,
    'histogram_quantile(0.99, sum(rate(http_server_request_duration_seconds_bucket[5m])) by (service_name, le)) > 0.2',
  ];
  test.each(panels)('%s', async (expr) => {
    expect(Object.keys(await values(expr)).sort()).toEqual(['both', 'new', 'old']);
  });
});

describe.each([
  ['today', 'http_server_request_duration_seconds', 'http_response_status_code', 1],
  ['old', 'http_server_duration_milliseconds', 'http_status_code', 1000],
])('in the words of %s', (_, metric, status, perSecond) => {
  test('requests per second, each counted once', async () => {
    expect(await values(`sum by (service_name) (rate(${metric}_count[5m]))`)).toEqual(ALL(3));
    expect(await values(`count by (service_name) (${metric}_count)`)).toEqual(ALL(2));
  });

  test('share of failed ones', async () => {
    const failed = `sum by (service_name) (rate(${metric}_count{${status}=~"5.."}[5m]))`;
    expect(await values(`${failed} / sum by (service_name) (rate(${metric}_count[5m]))`)).toEqual(ALL(0.2));
    const fine = `sum by (service_name) (rate(${metric}_count{${status}!~"5.."}[5m]))`;
    expect(await values(fine)).toEqual(ALL(2.4));
  });

  test('grouped by the status', async () => {
    expect(await values(`sum by (${status}) (rate(${metric}_count[5m]))`)).toEqual({ 200: 7.2, 500: 1.8 });
  });

  test('quantiles and means in its unit', async () => {
    const median = await values(`histogram_quantile(0.5, sum by (service_name, le) (rate(${metric}_bucket[5m])))`);
    expect(median).toEqual(ALL(0.0375 * perSecond));
    expect(await values(`histogram_quantile(0.5, sum by (service_name) (rate(${metric}[5m])))`)).toEqual(
      ALL(0.0375 * perSecond),
    );
    const mean = `sum by (service_name) (rate(${metric}_sum[5m])) / sum by (service_name) (rate(${metric}_count[5m]))`;
    expect(await values(mean)).toEqual(ALL(0.12 * perSecond));
  });

  test('bounds are in its unit, too', async () => {
    const below = `sum by (service_name) (rate(${metric}_bucket{le="${0.05 * perSecond}"}[5m]))`;
    expect(await values(below)).toEqual(ALL(2));
    expect(await values(`${metric}_bucket{le="${50 / perSecond}"}`)).toEqual({});
  });

  test('at each step of a range', async () => {
    const { data } = await get('/query_range', {
      query: `sum(count_over_time(${metric}_count[1m])) / 6`,
      start: String(FROM_MS / 1000),
      end: String(AT),
      step: '15',
    });
    // From the fifth step on each minute has four samples, whenever in its second an export takes them.
    expect(data.result[0]!.values!.slice(5).map(([, value]) => value)).toEqual(Array.from({ length: 36 }, () => '4'));
  });

  test('series and values of labels', async () => {
    const range = { start: String(FROM_MS / 1000), end: String(AT), 'match[]': `${metric}_bucket` };
    expect((await get(`/label/service_name/values`, range)).data).toEqual(['both', 'new', 'old']);
    expect((await get(`/label/${status}/values`, range)).data).toEqual(['200', '500']);
    expect((await get(`/label/le/values`, range)).data).toEqual(
      ['+Inf', String(0.05 * perSecond), String(0.5 * perSecond)].sort(),
    );
  });
});

test('an exact series is as it is stored, and what was added is said', async () => {
  const { data, infos } = await get('/query', {
    query: 'http_server_request_duration_seconds_count{http_response_status_code="200"}',
    time: String(AT),
  });
  const byService = new Map(data.result.map(({ metric }) => [metric.service_name!, metric]));
  expect(byService.get('new')).toMatchObject({ http_request_method: 'GET', url_scheme: 'http', http_route: '/x' });
  expect(byService.get('old')).toEqual({
    __name__: 'http_server_request_duration_seconds_count',
    deployment_environment_name: 'prod',
    http_request_method: 'GET',
    http_response_status_code: '200',
    http_route: '/x',
    instance: 'old-1',
    job: 'old',
    otel_scope_name: 'lib',
    service_name: 'old',
  });
  expect(infos).toEqual([
    'PromQL info: "http_server_request_duration_seconds_count" is also read from "http_server_duration_milliseconds_count", another name of it in the semantic conventions, with its labels renamed and its unit converted (1:1)',
  ]);
});

test('a label alone that has another name is said, too', async () => {
  const query = 'sum by (http_status_code) (rate(http_server_request_duration_seconds_count{service_name="new"}[5m]))';
  expect(await values(query)).toEqual({ 200: 2.4, 500: 0.6 });
  expect((await get('/query', { query, time: String(AT) })).infos).toEqual([
    'PromQL info: label "http_status_code" is also read from "http_response_status_code", another name of it in the semantic conventions (1:33)',
  ]);
});

test('a pattern and a query that names both are taken at their word', async () => {
  expect(await values('count by (service_name) ({__name__=~"http_server_request_duration_seconds_count|y"})')).toEqual({
    new: 2,
    both: 2,
  });
  const both = 'count(http_server_request_duration_seconds_count) + count(http_server_duration_milliseconds_count)';
  expect(await values(both)).toEqual({ '': 8 });
  expect((await get('/query', { query: both, time: String(AT) })).infos).toBeUndefined();
});

test('other metrics and labels', async () => {
  expect(await values('sum by (service_name, state) (db_client_connections_usage{pool_name="main"})')).toEqual({
    'old idle': 4,
    'new idle': 4,
    'both idle': 4,
  });
  expect(await values('sum by (service_name) (db_client_connection_count)')).toEqual(ALL(4));
  expect(await values('count by (service_name, deployment_environment) (db_client_connection_count)')).toEqual({
    'prod old': 1,
    'prod new': 1,
    'prod both': 1,
  });
  expect(await values('count(db_client_connection_count{deployment_environment="prod"})')).toEqual({ '': 3 });
  expect(await values('count by (os_type) (target_info{deployment_environment_name="prod"})')).toEqual({ linux: 3 });
});

test('exponential histograms', async () => {
  const median = await values('histogram_quantile(0.5, rate(rpc_client_call_duration_seconds[5m]))');
  for (const value of Object.values(median)) expect(Math.abs(value / 0.03 - 1)).toBeLessThan(0.02);
  expect(Object.keys(median)).toHaveLength(3);
  expect(await values('sum(histogram_count(rate(rpc_client_duration_milliseconds[5m])))')).toEqual({ '': 2 });
});
