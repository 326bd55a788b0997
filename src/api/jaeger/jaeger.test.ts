import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FixtureSpan, insertSpans } from '../../query/testing/fixtures.ts';
import { groupBy, SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../../query/testing/shop.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

const spans = shopSpans();
const byTrace = groupBy(spans, (span) => span.traceId);
const startNs = BigInt(SHOP_FROM_MS - 86_400_000) * 1_000_000n;
const id16 = (hex: string) => hex.padStart(16, '0');
const id32 = (hex: string) => hex.padStart(32, '0');

const rich: FixtureSpan = {
  traceId: 'aa',
  spanId: 'b2',
  parentSpanId: 'b1',
  timeNs: startNs + 2_345n,
  durationNs: 9_999,
  service: 'api',
  name: 'rich',
  kind: 3,
  status: 2,
  statusMessage: 'no route',
  traceState: 'vendor=1',
  attributes: { text: 'x', whole: 7, real: 2.5, flag: true, list: ['a', 1] },
  resource: { 'host.name': 'h1' },
  scopeName: 'lib',
  scopeVersion: '3',
  events: [
    {
      timeNs: startNs + 5_000n,
      name: 'exception',
      attributes: '{"exception.type":"E","big":9007199254740993,"raw":{"$bytes":"AQI="},"half":0.5}',
    },
  ],
  links: [
    { traceId: 'cc', spanId: 'd1' },
    { traceId: 'cc', spanId: 'd2', attributes: '{"opentracing.ref_type":"child_of"}' },
  ],
};
const odd: readonly FixtureSpan[] = [
  {
    traceId: 'aa',
    spanId: 'b1',
    parentSpanId: '99',
    timeNs: startNs,
    durationNs: 20_000,
    service: 'api',
    name: 'root',
    kind: 2,
    status: 1,
    resource: { 'host.name': 'h1' },
  },
  rich,
  // A sender that tried again.
  rich,
  // Zipkin: client and server share an id, and the server has a child.
  {
    traceId: 'aa',
    spanId: 'e1',
    parentSpanId: 'b1',
    timeNs: startNs + 3_000n,
    durationNs: 10,
    service: 'api',
    name: 'call',
    kind: 3,
  },
  {
    traceId: 'aa',
    spanId: 'e1',
    parentSpanId: 'b1',
    timeNs: startNs + 4_000n,
    durationNs: 5,
    service: 'db',
    name: 'serve',
    kind: 2,
    attributes: { ip: 3232235777 },
  },
  {
    traceId: 'aa',
    spanId: 'e2',
    parentSpanId: 'e1',
    timeNs: startNs + 4_500n,
    durationNs: 1,
    service: 'db',
    name: 'inner',
    attributes: { 'telemetry.sdk.name': 'sdk' },
  },
];

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, spans);
  await insertSpans(store, odd);
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as a client without types would
type Json = any;

async function get(path: string): Promise<{ status: number; body: Json }> {
  const response = await fetch(server.url + path);
  return { status: response.status, body: (await response.json()) as Json };
}
const query = (parameters: { readonly [name: string]: string | number }) =>
  new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)])).toString();
const shopMicros = { start: SHOP_FROM_MS * 1000, end: SHOP_TO_MS * 1000 };

test("the data source's URL itself says what it is for", async () => {
  for (const path of ['/jaeger', '/jaeger/']) {
    const response = await fetch(server.url + path);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await response.text()).toMatch(/Jaeger data source[\s\S]*api\/traces\/TRACE_ID[\s\S]*console, at \//);
  }
});

describe.each(['/jaeger', ''])('the first API below %s/api', (base) => {
  test('services and operations', async () => {
    expect(await get(`${base}/api/services`)).toEqual({
      status: 200,
      body: {
        data: ['api', 'db', 'gateway', 'inventory', 'orders', 'payments'],
        total: 6,
        limit: 0,
        offset: 0,
        errors: null,
      },
    });
    expect((await get(`${base}/api/services/orders/operations`)).body.data).toEqual(['create order', 'validate']);
    expect((await get(`${base}/api/operations?service=orders&spanKind=internal`)).body.data).toEqual([
      { name: 'validate', spanKind: 'internal' },
    ]);
    expect((await get(`${base}/api/operations`)).status).toBe(400);
  });

  test('a trace in the form that Jaeger UI and the Grafana plugin read', async () => {
    const { body } = await get(`${base}/api/traces/aa`);
    expect(body).toMatchObject({ limit: 0, offset: 0, errors: null });
    const [trace] = body.data;
    expect(trace.traceID).toBe(id32('aa'));
    expect(trace.spans).toHaveLength(5);
    expect(trace.spans.find((span: Json) => span.operationName === 'rich')).toEqual({
      traceID: id32('aa'),
      spanID: id16('b2'),
      flags: 0,
      operationName: 'rich',
      references: [
        { refType: 'CHILD_OF', traceID: id32('aa'), spanID: id16('b1') },
        { refType: 'FOLLOWS_FROM', traceID: id32('cc'), spanID: id16('d1') },
        { refType: 'CHILD_OF', traceID: id32('cc'), spanID: id16('d2') },
      ],
      startTime: Number(startNs / 1000n) + 2,
      duration: 9,
      tags: [
        { key: 'otel.scope.name', type: 'string', value: 'lib' },
        { key: 'otel.scope.version', type: 'string', value: '3' },
        { key: 'flag', type: 'bool', value: true },
        { key: 'list', type: 'string', value: '["a",1]' },
        { key: 'real', type: 'float64', value: 2.5 },
        { key: 'text', type: 'string', value: 'x' },
        { key: 'whole', type: 'int64', value: 7 },
        { key: 'span.kind', type: 'string', value: 'client' },
        { key: 'otel.status_code', type: 'string', value: 'ERROR' },
        { key: 'error', type: 'bool', value: true },
        { key: 'otel.status_description', type: 'string', value: 'no route' },
        { key: 'w3c.tracestate', type: 'string', value: 'vendor=1' },
      ],
      logs: [
        {
          timestamp: Number(startNs / 1000n) + 5,
          fields: [
            { key: 'event', type: 'string', value: 'exception' },
            { key: 'big', type: 'int64', value: '9007199254740993' },
            { key: 'exception.type', type: 'string', value: 'E' },
            { key: 'half', type: 'float64', value: 0.5 },
            { key: 'raw', type: 'binary', value: 'AQI=' },
          ],
        },
      ],
      processID: 'p1',
      warnings: null,
    });
    expect(trace.processes.p1).toEqual({
      serviceName: 'api',
      tags: [{ key: 'host.name', type: 'string', value: 'h1' }],
    });
    const root = trace.spans.find((span: Json) => span.operationName === 'root');
    expect(root.warnings).toEqual([`parent span ID=${id16('99')} is not in the trace; skipping clock skew adjustment`]);
    for (const span of trace.spans) expect(trace.processes[span.processID].serviceName).toMatch(/api|db/);
  });

  test('spans that share an id are told apart, numbers become addresses, the SDK belongs to the process', async () => {
    const [trace] = (await get(`${base}/api/traces/aa`)).body.data;
    const named = (name: string) => trace.spans.find((span: Json) => span.operationName === name);
    const serve = named('serve');
    expect(serve.spanID).not.toBe(id16('e1'));
    expect(serve.references).toEqual([{ refType: 'CHILD_OF', traceID: id32('aa'), spanID: id16('e1') }]);
    expect(named('inner').references[0].spanID).toBe(serve.spanID);
    expect(serve.tags).toContainEqual({ key: 'ip', type: 'string', value: '192.168.1.1' });
    expect(named('inner').tags.map((tag: Json) => tag.key)).not.toContain('telemetry.sdk.name');
    expect(trace.processes[named('inner').processID].tags).toContainEqual({
      key: 'telemetry.sdk.name',
      type: 'string',
      value: 'sdk',
    });
  });

  test('raw leaves everything as it was', async () => {
    const [trace] = (await get(`${base}/api/traces/aa?raw=true&prettyPrint=true&start=1&end=${SHOP_TO_MS}`)).body.data;
    expect(trace.spans).toHaveLength(6);
    expect(trace.spans.every((span: Json) => span.warnings === null)).toBe(true);
  });

  test.each([
    { path: '/api/traces/abcdef0123', status: 404, msg: 'trace not found' },
    { path: '/api/traces/nothex', status: 400, msg: 'not a trace id' },
    { path: '/api/traces/aa?raw=maybe', status: 400, msg: "unable to parse param 'raw'" },
    { path: '/api/traces?service=x&limit=many', status: 400, msg: "unable to parse param 'limit'" },
    { path: '/api/traces?service=x&minDuration=5', status: 400, msg: "unable to parse param 'minDuration'" },
    { path: '/api/traces?service=x&minDuration=99999999999h', status: 400, msg: "unable to parse param 'minDuration'" },
    { path: '/api/traces?service=x&tags=[1]', status: 400, msg: 'tags' },
    { path: '/api/traces?service=x&start=2000&end=1000', status: 400, msg: 'start must be before end' },
    {
      path: '/api/traces?service=x&minDuration=2s&maxDuration=1s',
      status: 400,
      msg: "should be greater than 'minDuration'",
    },
  ])('$path is answered with $status', async ({ path, status, msg }) => {
    const answer = await get(base + path);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ data: null, errors: [{ code: status, msg: expect.stringContaining(msg) }] });
  });
});

describe('search by the first API', () => {
  const found = async (parameters: { readonly [name: string]: string | number }) => {
    const { status, body } = await get(`/jaeger/api/traces?${query({ limit: 1000, ...shopMicros, ...parameters })}`);
    expect(status).toBe(200);
    return new Set(body.data.map((trace: Json) => trace.traceID));
  };
  const matching = (matches: (span: FixtureSpan) => boolean) =>
    new Set(spans.filter(matches).map((span) => span.traceId));
  const attribute = (span: FixtureSpan, key: string): unknown => (span.attributes as Json)?.[key];

  test.each<{
    name: string;
    parameters: { readonly [name: string]: string | number };
    matches: (span: FixtureSpan) => boolean;
  }>([
    {
      name: 'service and operation',
      parameters: { service: 'orders', operation: 'validate' },
      matches: (span) => span.name === 'validate',
    },
    {
      name: 'durations',
      parameters: { service: 'gateway', minDuration: '100.5ms', maxDuration: '1s' },
      matches: (span) => span.service === 'gateway' && span.durationNs >= 100.5e6 && span.durationNs <= 1e9,
    },
    {
      name: 'tags of all types by their text',
      parameters: { service: 'orders', tags: '{"retry":"true","http.request.method":"GET","user.id":"4"}' },
      matches: (span) =>
        span.service === 'orders' &&
        attribute(span, 'retry') === true &&
        attribute(span, 'http.request.method') === 'GET' &&
        attribute(span, 'user.id') === 4,
    },
    {
      name: 'error',
      parameters: { service: 'payments', tags: '{"error":"true"}' },
      matches: (span) => span.service === 'payments' && span.status === 2,
    },
    {
      name: 'tags of the process',
      parameters: { service: 'payments', tags: '{"telemetry.sdk.language":"python","span.kind":"server"}' },
      matches: (span) => span.service === 'payments',
    },
    {
      name: 'a repeated tag',
      parameters: { service: 'orders', tag: 'price:10.25' },
      matches: (span) => attribute(span, 'price') === 10.25,
    },
  ])('$name', async ({ parameters, matches }) => {
    expect(await found(parameters)).toEqual(matching(matches));
  });

  test('tags of events, scopes and links', async () => {
    const from = Number(startNs / 1000n) - 1_000_000;
    const range = { service: 'api', start: from, end: from + 10_000_000 };
    expect(await found({ ...range, tags: '{"exception.type":"E","half":"0.5"}' })).toEqual(new Set([id32('aa')]));
    expect(await found({ ...range, tags: '{"opentracing.ref_type":"child_of"}' })).toEqual(new Set([id32('aa')]));
    expect(await found({ ...range, tags: '{"exception.type":"F"}' })).toEqual(new Set());
  });

  test('whole traces come, newest first, up to the limit', async () => {
    const { body } = await get(`/jaeger/api/traces?${query({ service: 'gateway', limit: 5, ...shopMicros })}`);
    expect(body.data).toHaveLength(5);
    for (const trace of body.data) expect(trace.spans).toHaveLength(byTrace.get(trace.traceID)!.length);
    const newest = [...byTrace.values()].map((own) => own[0]!).sort((a, b) => (a.timeNs < b.timeNs ? 1 : -1));
    expect(body.data.map((trace: Json) => trace.traceID)).toEqual(newest.slice(0, 5).map((span) => span.traceId));
  });

  test('several traces by id', async () => {
    const { body } = await get(`/jaeger/api/traces?traceID=aa&traceID=${spans[0]!.traceId}`);
    expect(body.data.map((trace: Json) => trace.traceID)).toEqual([id32('aa'), spans[0]!.traceId]);
  });

  test('dependencies of the shop', async () => {
    const { body } = await get(`/jaeger/api/dependencies?endTs=${SHOP_TO_MS}&lookback=${SHOP_TO_MS - SHOP_FROM_MS}`);
    expect(body.data).toContainEqual({ parent: 'gateway', child: 'orders', callCount: 400 });
    const narrowed = await get(`/jaeger/api/dependencies?endTs=${SHOP_TO_MS}&lookback=3600000&service=inventory`);
    expect(narrowed.body.data).toEqual([{ parent: 'orders', child: 'inventory', callCount: 100 }]);
  });
});

describe('service performance', () => {
  const metrics = (name: string, more: { readonly [name: string]: string | number } = {}) =>
    get(
      `/jaeger/api/metrics/${name}?${query({ service: 'gateway', endTs: SHOP_TO_MS, lookback: 3_600_000, step: 600_000, ratePer: 600_000, ...more })}`,
    );
  const inWindow = (endMs: number) =>
    spans.filter((span) => {
      const ms = Number(span.timeNs / 1_000_000n);
      return span.service === 'gateway' && span.kind === 2 && ms >= endMs - 600_000 && ms < endMs;
    });

  test('calls, errors and latencies over sliding windows', async () => {
    const [calls, errors, latencies] = await Promise.all([
      metrics('calls'),
      metrics('errors'),
      metrics('latencies', { quantile: 0.95 }),
    ]);
    expect(calls.body).toMatchObject({
      name: 'service_call_rate',
      type: 'GAUGE',
      metrics: [{ labels: [{ name: 'service_name', value: 'gateway' }] }],
    });
    const points = calls.body.metrics[0].metricPoints;
    expect(points).toHaveLength(6);
    points.forEach((point: Json, i: number) => {
      const own = inWindow(Date.parse(point.timestamp));
      expect(point.gaugeValue.doubleValue).toBeCloseTo(own.length / 600, 9);
      const failed = own.filter((span) => span.status === 2).length;
      expect(errors.body.metrics[0].metricPoints[i].gaugeValue.doubleValue).toBeCloseTo(failed / own.length, 9);
      const sorted = own.map((span) => span.durationNs / 1e6).sort((a, b) => a - b);
      const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1]!;
      const got = latencies.body.metrics[0].metricPoints[i].gaugeValue.doubleValue;
      expect(Math.abs(got - p95) / p95).toBeLessThan(0.05);
    });
  });

  test('by operation', async () => {
    const { body } = await metrics('calls', { groupByOperation: 'true' });
    expect(body.name).toBe('service_operation_call_rate');
    expect(body.metrics.map((metric: Json) => metric.labels[0])).toEqual([
      { name: 'operation', value: 'GET /api/orders' },
      { name: 'operation', value: 'GET /api/orders/{id}' },
    ]);
  });

  test('mistakes name the parameter', async () => {
    expect((await get('/jaeger/api/metrics/calls')).body.errors[0].msg).toContain('at least one service name');
    expect((await metrics('latencies')).status).toBe(400);
    expect((await metrics('calls', { spanKind: 'nobody' })).body.errors[0].msg).toContain(
      "unsupported span kind: 'nobody'",
    );
  });
});

describe.each(['/jaeger', ''])('the third API below %s/api/v3', (base) => {
  const range = (min: string, max: string) =>
    `query.${min}=${new Date(SHOP_FROM_MS).toISOString()}&query.${max}=${new Date(SHOP_TO_MS).toISOString()}`;

  test('services and operations', async () => {
    expect((await get(`${base}/api/v3/services`)).body).toEqual({
      services: ['api', 'db', 'gateway', 'inventory', 'orders', 'payments'],
    });
    expect((await get(`${base}/api/v3/operations?service=orders`)).body.operations).toContainEqual({
      name: 'validate',
      spanKind: 'internal',
    });
    expect((await get(`${base}/api/v3/operations?service=orders&span_kind=server`)).body.operations).toEqual([
      { name: 'create order', spanKind: 'server' },
    ]);
  });

  test('a trace as OTLP: ids in hex, integers as texts, enums as numbers', async () => {
    const { body } = await get(`${base}/api/v3/traces/AA?raw_traces=true&start_time=2025-01-01T00:00:00Z`);
    const api = body.result.resourceSpans.find((one: Json) =>
      one.resource.attributes.some((a: Json) => a.value.stringValue === 'h1'),
    );
    expect(api.resource.attributes).toContainEqual({ key: 'host.name', value: { stringValue: 'h1' } });
    const scope = api.scopeSpans.find((one: Json) => one.scope.name === 'lib');
    expect(scope.scope).toEqual({ name: 'lib', version: '3' });
    expect(scope.spans[0]).toEqual({
      traceId: id32('aa'),
      spanId: id16('b2'),
      traceState: 'vendor=1',
      parentSpanId: id16('b1'),
      name: 'rich',
      kind: 3,
      startTimeUnixNano: String(startNs + 2_345n),
      endTimeUnixNano: String(startNs + 2_345n + 9_999n),
      attributes: [
        { key: 'flag', value: { boolValue: true } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } } },
        { key: 'real', value: { doubleValue: 2.5 } },
        { key: 'text', value: { stringValue: 'x' } },
        { key: 'whole', value: { intValue: '7' } },
      ],
      events: [
        {
          timeUnixNano: String(startNs + 5_000n),
          name: 'exception',
          attributes: [
            { key: 'big', value: { intValue: '9007199254740993' } },
            { key: 'exception.type', value: { stringValue: 'E' } },
            { key: 'half', value: { doubleValue: 0.5 } },
            { key: 'raw', value: { bytesValue: 'AQI=' } },
          ],
        },
      ],
      links: [
        { traceId: id32('cc'), spanId: id16('d1') },
        {
          traceId: id32('cc'),
          spanId: id16('d2'),
          attributes: [{ key: 'opentracing.ref_type', value: { stringValue: 'child_of' } }],
        },
      ],
      status: { message: 'no route', code: 2 },
    });
  });

  test.each([
    {
      name: 'camelCase',
      path: `query.serviceName=inventory&query.searchDepth=7&${range('startTimeMin', 'startTimeMax')}`,
    },
    {
      name: 'snake_case',
      path: `query.service_name=inventory&query.num_traces=7&${range('start_time_min', 'start_time_max')}`,
    },
  ])('summaries, asked in $name', async ({ path }) => {
    const { body } = await get(`${base}/api/v3/trace-summaries?${path}`);
    expect(body.summaries).toHaveLength(7);
    for (const summary of body.summaries) {
      const own = byTrace.get(summary.traceId)!;
      expect(summary).toMatchObject({
        rootServiceName: 'gateway',
        rootOperationName: own[0]!.name,
        minStartTimeUnixNano: String(own[0]!.timeNs),
        spanCount: own.length,
        errorSpanCount: own.filter((span) => span.status === 2).length,
        orphanSpanCount: 0,
      });
      expect(summary.services.map((one: Json) => one.name)).toEqual(['gateway', 'inventory', 'orders', 'payments']);
    }
  });

  test('a search for whole traces, by attributes and duration', async () => {
    const path = `query.attributes=${encodeURIComponent('{"user.id":"4"}')}&query.durationMin=1ms&${range('startTimeMin', 'startTimeMax')}`;
    const { body } = await get(`${base}/api/v3/traces?${path}`);
    const ids = new Set(
      body.result.resourceSpans.flatMap((one: Json) =>
        one.scopeSpans.flatMap((scope: Json) => scope.spans.map((span: Json) => span.traceId)),
      ),
    );
    const expected = spans.filter((span) => (span.attributes as Json)?.['user.id'] === 4).map((span) => span.traceId);
    expect(ids).toEqual(new Set(expected));
  });

  test.each([
    { path: '/traces/abcdef0123', status: 404 },
    { path: '/traces/zz', status: 400 },
    { path: '/traces?query.service_name=x', status: 400 },
    { path: `/traces?query.service_name=nobody&${range('startTimeMin', 'startTimeMax')}`, status: 404 },
    {
      path: `/trace-summaries?query.durationMin=2s&query.durationMax=1s&${range('startTimeMin', 'startTimeMax')}`,
      status: 400,
    },
    { path: `/trace-summaries?query.startTimeMin=yesterday&query.startTimeMax=now`, status: 400 },
    { path: `/trace-summaries?query.filter=%7B%7D&${range('startTimeMin', 'startTimeMax')}`, status: 400 },
  ])('$path is answered with $status', async ({ path, status }) => {
    const answer = await get(`${base}/api/v3${path}`);
    expect(answer).toMatchObject({ status, body: { error: { httpCode: status } } });
    expect(answer.body.error.message).not.toBe('');
  });
});
