import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import type { ExplainedNode } from '#query/answers.ts';
import { insertMetrics } from '../../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

/** OTLP metrics, written as the server writes them, asked as a Prometheus is asked. */

const FROM_MS = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const STEP_MS = 15_000;
const COUNT = 41;
const CUMULATIVE = 2;
const DELTA = 1;

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  await insertMetrics(store, ['a', 'b'].map(resourceMetrics));
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
}, 120_000);
afterAll(async () => {
  await server?.close();
  await store?.close();
});

const text = (value: string): object => ({ stringValue: value });
const keyValue = (key: string, value: object): object => ({ key, value });

/** Points at every step; `valueAt` gives what a point has beside its time. */
function points(attributes: Readonly<Record<string, string>>, valueAt: (i: number) => object): object[] {
  return Array.from({ length: COUNT }, (_, i) => ({
    startTimeUnixNano: `${BigInt(FROM_MS) * 1_000_000n}`,
    timeUnixNano: `${BigInt(FROM_MS + i * STEP_MS) * 1_000_000n}`,
    attributes: Object.entries(attributes).map(([key, value]) => keyValue(key, text(value))),
    ...valueAt(i),
  }));
}

/** Two replicas of one service, which tells them apart by its pod's name only. */
function resourceMetrics(pod: string): object {
  const histogram = (i: number): object => ({
    count: String(i * 10),
    sum: i * 2,
    explicitBounds: [0.1, 1],
    bucketCounts: [String(i * 5), String(i * 4), String(i)],
    ...(i === 20 && {
      exemplars: [
        {
          timeUnixNano: `${BigInt(FROM_MS + i * STEP_MS) * 1_000_000n}`,
          asDouble: 0.3,
          traceId: 'ab'.repeat(16),
          spanId: 'cd'.repeat(8),
        },
      ],
    }),
  });
  const exponential = (i: number): object => ({
    count: String(i * 4),
    sum: i * 6,
    scale: 0,
    zeroCount: '0',
    positive: { offset: 0, bucketCounts: [String(i * 2), String(i * 2)] },
    negative: { offset: 0, bucketCounts: [] },
  });
  const metrics = [
    {
      name: 'http.requests',
      description: 'Requests that were answered',
      unit: '{request}',
      sum: {
        isMonotonic: true,
        aggregationTemporality: CUMULATIVE,
        dataPoints: points({ 'http.route': '/x' }, (i) => ({ asInt: String(i * 15) })),
      },
    },
    {
      name: 'bytes.sent',
      unit: 'By',
      sum: {
        isMonotonic: true,
        aggregationTemporality: DELTA,
        dataPoints: points({}, () => ({ asInt: '30' })),
      },
    },
    { name: 'memory', unit: 'By', gauge: { dataPoints: points({}, (i) => ({ asDouble: i / 2 })) } },
    {
      name: 'http.server.request.duration',
      unit: 's',
      histogram: { aggregationTemporality: CUMULATIVE, dataPoints: points({}, histogram) },
    },
    {
      name: 'db.duration',
      unit: 's',
      exponentialHistogram: { aggregationTemporality: CUMULATIVE, dataPoints: points({}, exponential) },
    },
    {
      name: 'gc.pause',
      unit: 's',
      summary: {
        dataPoints: points({}, (i) => ({
          count: String(i),
          sum: i,
          quantileValues: [{ quantile: 0.5, value: 3 }],
        })),
      },
    },
  ];
  return {
    resource: {
      attributes: [
        keyValue('service.name', text('orders')),
        keyValue('service.namespace', text('shop')),
        keyValue('service.version', text('1.2')),
        keyValue('k8s.pod.name', text(`orders-${pod}`)),
        keyValue('os.type', text('linux')),
      ],
    },
    scopeMetrics: [{ scope: { name: 'lib' }, metrics }],
  };
}

const AT = (FROM_MS + 600_000) / 1000;

interface Answer {
  readonly status: string;
  readonly data: { readonly resultType: string; readonly result: readonly Result[] };
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}
interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
  readonly histogram?: readonly [number, { readonly count: string; readonly sum: string; readonly buckets: unknown[] }];
}

async function get(path: string, parameters: Record<string, string> = {}): Promise<[status: number, body: Answer]> {
  const response = await fetch(`${server.url}/prometheus/api/v1${path}?${new URLSearchParams(parameters)}`);
  return [response.status, (await response.json()) as Answer];
}

/** The values of an instant query by a label; what rounding makes of the last digits is left out. */
async function values(query: string, label = ''): Promise<Record<string, string>> {
  const [status, { data, error }] = await get('/query', { query, time: String(AT) });
  expect([status, error]).toEqual([200, undefined]);
  return Object.fromEntries(
    data.result.map(({ metric, value }) => [metric[label] ?? '', String(Number(Number(value![1]).toPrecision(12)))]),
  );
}

async function list(path: string, parameters: Record<string, string> = {}): Promise<unknown> {
  const range = { start: String(FROM_MS / 1000), end: String(AT), ...parameters };
  const [status, { data, error }] = await get(path, range);
  expect([status, error]).toEqual([200, undefined]);
  return data;
}

describe('OTLP metrics are series', () => {
  test('counters and gauges, with the labels that people group by', async () => {
    const [, { data }] = await get('/query', {
      query: 'http_requests_total{k8s_pod_name="orders-a"}',
      time: String(AT),
    });
    expect(data.resultType).toBe('vector');
    expect(data.result).toEqual([
      {
        metric: {
          __name__: 'http_requests_total',
          http_route: '/x',
          instance: 'orders-a',
          job: 'shop/orders',
          k8s_pod_name: 'orders-a',
          otel_scope_name: 'lib',
          service_name: 'orders',
          service_namespace: 'shop',
          service_version: '1.2',
        },
        value: [AT, '600'],
      },
    ]);
    expect(await values('memory_bytes', 'instance')).toEqual({ 'orders-a': '20', 'orders-b': '20' });
  });

  test('replicas without an instance id of their own add up', async () => {
    expect(await values('sum by (job) (rate(http_requests_total[5m]))', 'job')).toEqual({ 'shop/orders': '2' });
  });

  test('the rate of changes is their sum', async () => {
    expect(await values('increase(bytes_sent_total[5m])', 'instance')).toEqual({
      'orders-a': '600',
      'orders-b': '600',
    });
    expect(await values('sum(rate(bytes_sent_total[5m]))')).toEqual({ '': '4' });
  });

  test('explicit histograms in both forms', async () => {
    const name = 'http_server_request_duration_seconds';
    expect(await values(`${name}_bucket{instance="orders-a"}`, 'le')).toEqual({
      '0.1': '200',
      '1': '360',
      '+Inf': '400',
    });
    expect(await values(`${name}_bucket{instance="orders-a",le="1"}`, 'le')).toEqual({ '1': '360' });
    expect(await values(`sum(${name}_count) + sum(${name}_sum)`)).toEqual({ '': '960' });
    const quantile = await values(`histogram_quantile(0.5, sum by (le) (rate(${name}_bucket[5m])))`);
    expect(Number(quantile[''])).toBeCloseTo(0.1, 9);
    const native = await values(`histogram_quantile(0.5, sum(rate(${name}[5m])))`);
    expect(Number(native[''])).toBeCloseTo(0.1, 9);
  });

  test('exponential histograms are native ones', async () => {
    const [, { data }] = await get('/query', { query: 'db_duration_seconds{instance="orders-a"}', time: String(AT) });
    const [, histogram] = data.result[0]!.histogram!;
    expect(histogram).toEqual({
      count: '160',
      sum: '240',
      buckets: [
        [0, '1', '2', '80'],
        [0, '2', '4', '80'],
      ],
    });
    expect(await values('histogram_quantile(0.5, sum(rate(db_duration_seconds[5m])))')).toEqual({ '': '2' });
  });

  test('summaries', async () => {
    expect(await values('gc_pause_seconds{instance="orders-b"}', 'quantile')).toEqual({ '0.5': '3' });
    expect(await values('sum(gc_pause_seconds_count)')).toEqual({ '': '80' });
  });

  test('what is no label is in target_info', async () => {
    const query =
      'sum by (os_type) (rate(http_requests_total[5m]) * on (job, instance) group_left (os_type) target_info)';
    expect(await values(query, 'os_type')).toEqual({ linux: '2' });
  });
});

describe('the API', () => {
  test('a range has a point for each step', async () => {
    const [, { data }] = await get('/query_range', {
      query: 'sum(http_requests_total)',
      start: String(FROM_MS / 1000),
      end: String(AT),
      step: '5m',
    });
    expect(data).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: {},
          values: [
            [FROM_MS / 1000, '0'],
            [FROM_MS / 1000 + 300, '600'],
            [AT, '1200'],
          ],
        },
      ],
    });
  });

  test('a range selector gives samples as they are', async () => {
    const [, { data }] = await get('/query', { query: 'memory_bytes{instance="orders-a"}[30s]', time: String(AT) });
    expect(data.resultType).toBe('matrix');
    expect(data.result[0]!.values).toEqual([
      [AT - 15, '19.5'],
      [AT, '20'],
    ]);
  });

  test('by a form, with scalars and texts', async () => {
    const body = new URLSearchParams({ query: '1 / 0', time: '4' });
    const response = await fetch(`${server.url}/api/v1/query`, { method: 'POST', body });
    expect(await response.text()).toBe('{"status":"success","data":{"resultType":"scalar","result":[4,"+Inf"]}}');
    const [, { data }] = await get('/query', { query: '"x"', time: '4' });
    expect(data).toEqual({ resultType: 'string', result: [4, 'x'] });
  });

  test('series, labels, values and metadata', async () => {
    const series = (await list('/series', {
      'match[]': 'http_server_request_duration_seconds_bucket{instance="orders-a"}',
    })) as readonly Readonly<Record<string, string>>[];
    expect(series.map(({ le }) => le).sort()).toEqual(['+Inf', '0.1', '1']);
    expect(await list('/labels', { 'match[]': 'memory_bytes' })).toEqual([
      '__name__',
      'instance',
      'job',
      'k8s_pod_name',
      'otel_scope_name',
      'service_name',
      'service_namespace',
      'service_version',
    ]);
    expect(await list('/label/instance/values')).toEqual(['orders-a', 'orders-b']);
    expect(await list('/label/U__service_5f_version/values')).toEqual(['1.2']);
    expect(await list('/label/__name__/values')).toEqual(
      expect.arrayContaining(['http_requests_total', 'http_server_request_duration_seconds_bucket', 'target_info']),
    );
    expect(await list('/metadata', { metric: 'http_requests_total' })).toEqual({
      http_requests_total: [{ type: 'counter', help: 'Requests that were answered', unit: '{request}' }],
    });
  });

  test('exemplars lead to traces', async () => {
    const query = 'histogram_quantile(0.9, rate(http_server_request_duration_seconds_bucket{instance="orders-a"}[5m]))';
    const found = (await list('/query_exemplars', { query })) as readonly { readonly exemplars: readonly object[] }[];
    expect(found.map(({ exemplars }) => exemplars)).toEqual([
      [
        {
          labels: { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8) },
          value: '0.3',
          timestamp: (FROM_MS + 20 * STEP_MS) / 1000,
        },
      ],
    ]);
  });

  test('text for another Prometheus', async () => {
    const response = await fetch(
      `${server.url}/federate?${new URLSearchParams({ 'match[]': '{__name__="memory_bytes"}' })}`,
    );
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const lines = (await response.text()).trim().split('\n');
    expect(lines[0]).toBe('# TYPE memory_bytes untyped');
    expect(lines[1]).toMatch(/^memory_bytes\{instance="orders-a",job="shop\/orders",.*\} 20 \d{13}$/);
  });

  test.each([
    [
      '/query',
      { query: 'sum(' },
      400,
      'bad_data',
      'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
    ],
    [
      '/query',
      { query: 'up', time: 'x' },
      400,
      'bad_data',
      `invalid parameter "time": invalid time value for 'time': cannot parse "x" to a valid timestamp`,
    ],
    [
      '/query_range',
      { query: 'up', start: '9', end: '4', step: '1' },
      400,
      'bad_data',
      'end timestamp must not be before start time',
    ],
    [
      '/query_range',
      { query: 'up', start: '0', end: '40000', step: '1' },
      400,
      'bad_data',
      'exceeded maximum resolution',
    ],
    [
      '/query_range',
      { query: 'up', start: '0', end: '4', step: '0' },
      400,
      'bad_data',
      'zero or negative query resolution',
    ],
    ['/series', {}, 400, 'bad_data', 'no match[] parameter provided'],
    ['/series', { 'match[]': '{a=~".*"}' }, 400, 'bad_data', 'must contain at least one non-empty matcher'],
    ['/query', { query: 'label_replace(up, "x", "", "y", "(")' }, 422, 'execution', 'invalid regular expression'],
    ['/nothing', {}, 404, 'not_found', 'nothing is at GET'],
  ] as const)('%s %j is refused in its words', async (path, parameters, status, errorType, error) => {
    const [found, body] = await get(path, parameters);
    expect([found, body.status, body.errorType]).toEqual([status, 'error', errorType]);
    expect(body.error).toContain(error);
  });

  test('notes are with the answer', async () => {
    const [, { infos, warnings }] = await get('/query', { query: 'rate(memory_bytes[5m])', time: String(AT) });
    expect(infos).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "memory_bytes" (1:6)',
    ]);
    expect(warnings).toBeUndefined();
  });

  test('a limit cuts the answer and says so', async () => {
    const [, { data, warnings }] = await get('/query', { query: 'memory_bytes', time: String(AT), limit: '1' });
    expect(data.result).toHaveLength(1);
    expect(warnings).toEqual(['results truncated due to limit']);
  });
});

describe('what no sound client sends', () => {
  const WEIRD = { 'odd.nan': { zeroThreshold: 'NaN' }, 'odd.fine': { scale: 20 }, 'odd.coarse': { scale: -53 } };
  const exponential = (name: string, changed: object): object => ({
    name,
    exponentialHistogram: {
      aggregationTemporality: CUMULATIVE,
      dataPoints: points({}, (i) => ({
        count: String(i * 2),
        sum: i,
        scale: 0,
        zeroCount: '0',
        positive: { offset: 0, bucketCounts: [String(i), String(i)] },
        ...changed,
      })),
    },
  });
  const counter = (value: number): object => ({
    name: 'odd.counter',
    sum: {
      isMonotonic: true,
      aggregationTemporality: DELTA,
      dataPoints: points({}, () => ({ asInt: String(value) })),
    },
  });
  const total = (value: number): object => ({
    name: 'odd.total',
    sum: {
      isMonotonic: true,
      aggregationTemporality: CUMULATIVE,
      dataPoints: points({}, (i) => ({ asInt: String(i * value) })),
    },
  });
  /** Four workers with one resource, each of which began to count at its own time and reports a little later than the one before. */
  const workers = {
    name: 'odd.workers',
    sum: {
      isMonotonic: true,
      aggregationTemporality: CUMULATIVE,
      dataPoints: [1, 2, 3, 4].flatMap((worker) =>
        points({}, (i) => ({
          asInt: String(worker * 1000 + i * worker),
          startTimeUnixNano: `${BigInt(FROM_MS - worker * 1000) * 1_000_000n}`,
          timeUnixNano: `${BigInt(FROM_MS + i * STEP_MS + worker) * 1_000_000n}`,
        })),
      ),
    },
  };
  /** Two resources that differ in what is no label. */
  const resource = (os: string, value: number): object => ({
    resource: { attributes: [keyValue('service.name', text('odd')), keyValue('os.type', text(os))] },
    scopeMetrics: [
      {
        scope: {},
        metrics: [
          counter(value),
          total(value),
          ...(os === 'linux' ? [workers] : []),
          ...Object.entries(WEIRD).map(([name, changed]) => exponential(name, changed)),
        ],
      },
    ],
  });
  beforeAll(() => insertMetrics(store, [resource('linux', 1), resource('darwin', 100)]));

  test('a zero threshold that is no number is none', async () => {
    expect(await values('histogram_count(sum(odd_nan))')).toEqual({ '': '160' });
    expect(await values('histogram_count(sum({__name__=~"odd_nan|odd_fine"}))')).toEqual({ '': '320' });
  });

  test('buckets finer than Prometheus has are put together, coarser ones are left out', async () => {
    expect(await values('histogram_count(odd_fine)')).toEqual({ '': '160' });
    expect(await values('odd_coarse')).toEqual({});
  });

  test('deltas of resources that have the same labels add up', async () => {
    expect(await values('sum_over_time(odd_counter_total[1m])')).toEqual({ '': '404' });
  });

  test('counters of resources that have the same labels add up', async () => {
    expect(await values('increase(odd_total[5m])')).toEqual({ '': String(101 * 20) });
  });

  test('so do those of workers that have all the same', async () => {
    const increase = Number((await values('increase(odd_workers_total[5m])'))['']);
    // Extrapolated to the edges of the range by less than one of its 80 samples.
    expect(increase).toBeGreaterThan(10 * 20 * 0.98);
    expect(increase).toBeLessThan(10 * 20 * 1.02);
  });

  test('federation gives each sample its own time', async () => {
    const response = await fetch(`${server.url}/federate?${new URLSearchParams({ 'match[]': 'memory_bytes' })}`);
    const times = (await response.text())
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(' ').at(-1)));
    expect(new Set(times)).toEqual(new Set([FROM_MS + (COUNT - 1) * STEP_MS]));
  });

  test.each([
    ['/query', { query: '1', timeout: '1e20' }],
    ['/query_range', { query: '1', start: '1', end: '1e300', step: '1e297' }],
    ['/query', { query: '1', time: 'NaN' }],
    ['/labels', { start: 'Inf' }],
    ['/query', { query: Array(1500).fill('1').join('+') }],
  ])('%s of what is out of all bounds, or no number, is a bad request', async (path, parameters) => {
    const [status, body] = await get(path, parameters as Record<string, string>);
    expect([status, body.errorType]).toEqual([400, 'bad_data']);
  });

  test('a time out of all bounds stands for the last one, as a Prometheus takes it', async () => {
    expect((await get('/query', { query: '1', time: '1e300' }))[0]).toBe(200);
    expect((await get('/labels', { start: '1e300', end: '1e301' }))[0]).toBe(200);
  });

  test('a long timeout is no short one, and any parameter may be named anything', async () => {
    expect((await get('/query', { query: '1', timeout: '30d' }))[0]).toBe(200);
    const response = await fetch(`${server.url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams('query=1&__proto__=1&constructor=1&hasOwnProperty=3'),
    });
    expect(response.status).toBe(200);
  });

  test("the least and the greatest time, as Prometheus' clients write them", async () => {
    const range = { start: '-292273086-05-16T16:47:06Z', end: '292277025-08-18T07:12:54.999999999Z' };
    // What is stored is seen a second later at most.
    await eventually('the job to be listed', async () =>
      ((await list('/label/job/values', range)) as string[]).includes('odd'),
    );
  });

  test('labels that grow and grow are stopped', async () => {
    let query = 'vector(1)';
    query = `label_replace(${query}, "a", "0123456789", "", "")`;
    for (let i = 0; i < 24; i++) query = `label_join(${query}, "a", "", "a", "a")`;
    const [status, { error }] = await get('/query', { query });
    expect([status, error]).toEqual([422, "a label's value would be longer than 65536 characters"]);
  });
});

test('explain=1 says what each part of a query took, and which statements', async () => {
  const expr = 'sum by (job) (rate(http_requests_total[5m])) + 1';
  const ask = async (explain: string): Promise<Record<string, unknown>> => {
    const form = new URLSearchParams({ query: expr, time: String((FROM_MS + 300_000) / 1000), explain });
    const response = await fetch(`${server.address}/prometheus/api/v1/query`, { method: 'POST', body: form });
    return (await response.json()) as Record<string, unknown>;
  };
  expect(await ask('0')).not.toHaveProperty('explain');
  const { explain, ...answer } = await ask('1');
  expect(answer).toEqual(await ask('0'));
  const { plan, statements, samples } = explain as {
    readonly plan: ExplainedNode;
    readonly statements: readonly { readonly sql: string }[];
    readonly samples: number;
  };
  expect(plan.expr).toBe(expr);
  const [sum, one] = plan.nodes;
  expect(one!.expr).toBe('1');
  expect(sum!.expr).toBe('sum by (job) (rate(http_requests_total[5m]))');
  const rate = sum!.nodes[0]!;
  expect(rate.expr).toBe('rate(http_requests_total[5m])');
  expect(rate.how.join()).toContain('samples');
  expect(rate.samples).toBeGreaterThan(0);
  expect(rate.statements.length).toBeGreaterThan(0);
  for (const place of rate.statements) expect(statements[place]!.sql).toContain('SELECT');
  expect(samples).toBeGreaterThan(rate.samples);
});
