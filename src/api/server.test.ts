import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '#base/testing.ts';
import { type FixtureLog, insertLogs, insertPoints, insertSeries, insertSpans } from '../query/testing/fixtures.ts';
import { SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../query/testing/shop.ts';
import { startTestStore, type TestStore } from '../query/testing/test-store.ts';
import type {
  AttributeKeysResponse,
  AttributeValuesResponse,
  LogHistogramResponse,
  LogsResponse,
  MetricLabelsResponse,
  MetricQueryResponse,
  MetricsResponse,
  OperationsResponse,
  ServiceResponse,
  ServicesResponse,
  SpanResponse,
  StatusResponse,
  SystemResponse,
  TraceHistogramResponse,
  TraceLogsResponse,
  TraceResponse,
  TracesResponse,
} from './console/types.ts';
import { encodingOf, FOR_FILES } from './http/compress.ts';
import { safePath } from './http/static.ts';
import { type RunningServer, startServer } from './index.ts';

const spans = shopSpans();
const first = spans[0]!;
const logs: readonly FixtureLog[] = [
  {
    timeNs: first.timeNs,
    service: 'gateway',
    body: 'hello world',
    severityNumber: 9,
    traceId: first.traceId,
    spanId: first.spanId,
  },
  { timeNs: first.timeNs + 5n, service: 'orders', body: 'bad luck', severityNumber: 17 },
];
const range = `from=${SHOP_FROM_MS}&to=${SHOP_TO_MS}`;
const ui = mkdtempSync(join(tmpdir(), 'signalbox-ui-'));
const script = `export const text = '${'x'.repeat(5000)}';\n`;

/** Other bytes than the server would make. */
const builtForm = brotliCompressSync(script, { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } });

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  mkdirSync(join(ui, 'assets'));
  writeFileSync(join(ui, 'index.html'), '<!doctype html><title>console</title>');
  writeFileSync(join(ui, 'assets', 'main-abc.js'), script);
  writeFileSync(join(ui, 'assets', 'built-abc.js'), script);
  writeFileSync(join(ui, 'assets', 'built-abc.js.br'), builtForm);
  store = await startTestStore();
  await insertSpans(store, spans);
  await insertLogs(store, logs);
  await insertSeries(
    store,
    [{ seriesId: 1n, name: 'queue', type: 5, unit: '1', service: 'orders', attributes: { shard: 'a' } }],
    first.timeNs,
  );
  await insertPoints(store, 'metric_points', [
    { name: 'queue', seriesId: 1n, timeNs: first.timeNs, columns: { value_double: 4 } },
  ]);
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, uiDir: ui, version: '9.9.9' });
});
afterAll(async () => {
  await server.close();
  await store.close();
  rmSync(ui, { recursive: true });
});

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${server.url}/api/console${path}`);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
async function fails(path: string): Promise<{ status: number; error: { [key: string]: unknown } }> {
  const response = await fetch(`${server.url}/api/console${path}`);
  return { status: response.status, error: ((await response.json()) as { error: { [key: string]: unknown } }).error };
}

describe('the console API', () => {
  test('status says what is stored', async () => {
    // It says what it knows in time: on a busy machine that may be nothing at first.
    const status = await eventually('the status of the signals', async () => {
      const said = await get<StatusResponse>('/status');
      return said.signals === undefined ? undefined : said;
    });
    expect(status).toMatchObject({ version: '9.9.9', ingest: { grpcPort: 4317, httpPort: 4318 } });
    expect(status.signals?.traces.hasData).toBe(true);
    expect(status.signals?.logs.newestMs).toBe(Number(logs[1]!.timeNs / 1_000_000n));
    expect(Math.abs(status.nowMs - Date.now())).toBeLessThan(60_000);
  });

  test('services and one service', async () => {
    const { services } = await get<ServicesResponse>(`/services?${range}`);
    expect(services.map((service) => service.name).sort()).toEqual(['gateway', 'inventory', 'orders', 'payments']);
    const service = await get<ServiceResponse>(`/services/orders?${range}&environment=prod`);
    expect(service.summary.name).toBe('orders');
    expect(service.operations[0]).toMatchObject({ name: 'create order', kind: 'server' });
    expect(service.callers.map((caller) => caller.service)).toEqual(['gateway']);
    expect(service.slowest).toHaveLength(10);
    expect(service.failed.every((trace) => trace.errorCount > 0)).toBe(true);
    const own = spans.filter((span) => span.name === 'create order');
    const prod = own.filter(
      (span) => (span.resource as { [key: string]: unknown })['deployment.environment.name'] === 'prod',
    );
    const slowest = prod.sort((a, b) => b.durationNs - a.durationNs)[0]!;
    expect(service.slowest[0]).toMatchObject({ traceId: slowest.traceId, matchedSpanId: slowest.spanId });
    const { operations } = await get<OperationsResponse>(`/operations?${range}&service=orders`);
    expect(operations).toContainEqual({ name: 'validate', kind: 'internal', count: 400 });
  });

  test('traces, one trace, a span and its logs', async () => {
    const found = await get<TracesResponse>(`/traces?${range}&service=inventory&limit=3&sort=slowest&minDurationNs=1`);
    expect(found).toMatchObject({ truncated: true, limit: 3 });
    const { total } = await get<TraceHistogramResponse>(`/traces/histogram?${range}&service=inventory&minDurationNs=1`);
    expect(total).toBe(100);
    expect(found.traces).toHaveLength(3);
    const trace = await get<TraceResponse>(`/traces/${first.traceId}`);
    expect(trace).toMatchObject({
      traceId: first.traceId,
      startNs: String(first.timeNs),
      logCount: 1,
      truncated: false,
    });
    // Rows are ids of 16 digits, numbers, and indices into the lists of texts.
    const spanCount = trace.spans.ids.length / 16;
    expect(trace.totalSpanCount).toBe(spanCount);
    const { ids, ...numbers } = trace.spans;
    for (const column of Object.values(numbers)) expect(column).toHaveLength(spanCount);
    expect(trace.spans.parent[0]).toBe(-1);
    expect(ids.slice(0, 16)).toBe(first.spanId);
    expect(trace.names[trace.spans.name[0]!]).toBe(first.name);
    expect(trace.services[trace.spans.service[0]!]).toBe('gateway');
    expect(trace.startMs).toBeCloseTo(Number(first.timeNs) / 1e6, 2);
    const span = await get<SpanResponse>(`/traces/${first.traceId}/spans/${first.spanId}`);
    expect(span).toMatchObject({ service: 'gateway', kind: 'server', startNs: String(first.timeNs), linkedFrom: [] });
    expect(span.attributes).toEqual(first.attributes);
    const ofTrace = await get<TraceLogsResponse>(`/traces/${first.traceId.toUpperCase()}/logs?spanId=${first.spanId}`);
    expect(ofTrace.logs.map((log) => log.body)).toEqual(['hello world']);
  });

  test('logs and their histogram', async () => {
    const page = await get<LogsResponse>(`/logs?${range}&limit=1`);
    expect(page).toMatchObject({ truncated: true, limit: 1 });
    const next = await get<LogsResponse>(`/logs?${range}&limit=1&cursor=${page.nextCursor}`);
    expect([...page.logs, ...next.logs].map((log) => log.body)).toEqual(['bad luck', 'hello world']);
    const lines = await (await fetch(`${server.url}/api/console/logs/export?${range}`)).text();
    const exported = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(exported).toEqual([...page.logs, ...next.logs]);
    const none = await fetch(`${server.url}/api/console/logs/export?from=1&to=2`);
    expect([none.status, await none.text()]).toEqual([200, '']);
    const histogram = await get<LogHistogramResponse>(`/logs/histogram?${range}&severity=error,fatal`);
    expect(histogram.total).toBe(1);
  });

  test('attributes', async () => {
    const { keys } = await get<AttributeKeysResponse>(`/attributes?${range}&signal=traces&prefix=user`);
    expect(keys).toEqual([{ key: 'user.id', scope: 'item', type: 'int' }]);
    const { values } = await get<AttributeValuesResponse>(
      `/attributes/values?${range}&signal=traces&key=user.id&limit=3`,
    );
    expect(values).toHaveLength(3);
  });

  test('metrics', async () => {
    const { metrics } = await get<MetricsResponse>(`/metrics?${range}`);
    expect(metrics.map((metric) => metric.name)).toEqual(['queue']);
    const { labels } = await get<MetricLabelsResponse>(`/metrics/labels?${range}&name=queue`);
    expect(labels[0]).toEqual({ key: 'shard', scope: 'item', valueCount: 1, values: ['a'] });
    const result = await get<MetricQueryResponse>(
      `/metrics/query?${range}&name=queue&groupBy=shard&step=3600000&aggregation=max`,
    );
    expect(result.series).toMatchObject([{ labels: { shard: 'a' }, last: 4 }]);
  });

  test('the system: tables of the store and its processes', async () => {
    const system = await get<SystemResponse>(`/system?${range}`);
    expect(system.store.available).toBe(true);
    expect(system.store.tables.find((table) => table.name === 'spans')).toMatchObject({
      signal: 'traces',
      rows: spans.length,
      retention: 'for ever',
    });
    expect(system.store.bytesPerItem.traces).toBeGreaterThan(0);
    expect(system.processes.map((process) => process.role)).toEqual(['engine', 'server']);
  });

  test.each([
    { path: '/traces', status: 400, code: 'bad_query', message: 'from and to' },
    { path: '/traces?from=5&to=5', status: 400, code: 'bad_query', message: 'from must lie before to' },
    ...[
      '/services',
      '/operations',
      '/logs',
      '/logs/histogram',
      '/metrics',
      '/attributes',
      '/system',
      '/traces/sample',
    ].map((path) => ({
      path: `${path}?from=9&to=5`,
      status: 400,
      code: 'bad_query',
      message: 'from must lie before to',
    })),
    {
      path: `/traces?${range}&minDurationNs=2&maxDurationNs=1`,
      status: 400,
      code: 'bad_query',
      message: 'minDurationNs must not be larger',
    },
    { path: `/traces/differences?${range}&unit=logs`, status: 400, code: 'bad_query', message: "unit can't be logs" },
    { path: `/traces/differences?${range}&selQ=a==`, status: 400, code: 'bad_query', message: '' },
    { path: '/traces?from=a&to=5', status: 400, code: 'bad_query', message: 'from must be a number' },
    { path: `/traces?${range}&sort=best`, status: 400, code: 'bad_query', message: "sort can't be best" },
    { path: `/traces?${range}&limit=0`, status: 400, code: 'bad_query', message: 'limit' },
    { path: '/traces/xyz', status: 400, code: 'bad_query', message: 'no trace id' },
    { path: '/traces/abc', status: 404, code: 'not_found', message: 'no trace' },
    { path: `/logs?${range}&severity=loud`, status: 400, code: 'bad_query', message: "severity can't hold loud" },
    { path: `/services/nobody?${range}`, status: 404, code: 'not_found', message: 'nobody' },
    { path: `/metrics/query?${range}`, status: 400, code: 'bad_query', message: 'name is missing' },
    { path: `/metrics/query?${range}&name=queue&step=1`, status: 400, code: 'bad_query', message: 'steps of 1 ms' },
    { path: '/nothing', status: 404, code: 'not_found', message: 'nothing is at GET /api/console/nothing' },
  ])('$path fails with $status', async ({ path, status, code, message }) => {
    const answer = await fails(path);
    expect(answer).toMatchObject({ status, error: { code } });
    expect(answer.error['message']).toContain(message);
  });

  test('a filter that cannot be read carries its place', async () => {
    const { error } = await fails(`/traces?${range}&q=${encodeURIComponent('a=1 duration>5')}`);
    expect(error).toMatchObject({
      code: 'bad_query',
      query: 'a=1 duration>5',
      start: 13,
      end: 14,
      hint: expect.stringContaining('5ms'),
    });
  });

  test('no other origin may read, and HEAD has no body', async () => {
    const url = `${server.url}/api/console/status`;
    const response = await fetch(url, { headers: { origin: 'http://elsewhere.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
  });
});

/** A plain request: fetch would decompress by itself. */
function rawGet(
  path: string,
  headers: { [name: string]: string },
): Promise<{ status: number; headers: { [name: string]: unknown }; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('files of the console', () => {
  test.each(['/', '/traces/abc?x=1', '/services/some.service', '/services/..%2F..%2Fx', '/services/main.js'])(
    '%s gets the page',
    async (path) => {
      const answer = await rawGet(path, {});
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toContain('<title>console</title>');
      expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    },
  );

  test('the page of a trace asks for the trace before its scripts run', async () => {
    const { headers } = await rawGet(`/traces/${first.traceId}?span=${first.spanId}`, {});
    const [, early] = /^<(.+)>; rel=preload; as=fetch; crossorigin$/.exec(String(headers['link']))!;
    const trace = JSON.parse((await rawGet(early!, {})).body.toString()) as TraceResponse;
    expect(trace.traceId).toBe(first.traceId);
    expect((await rawGet('/traces', {})).headers['link']).toBeUndefined();
  });

  test.each([
    { encoding: 'br', decode: brotliDecompressSync },
    { encoding: 'gzip', decode: gunzipSync },
  ])('assets come as $encoding, for ever', async ({ encoding, decode }) => {
    const answer = await rawGet('/assets/main-abc.js', { 'accept-encoding': encoding });
    expect(answer.headers).toMatchObject({
      'content-encoding': encoding,
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
    expect(decode(answer.body).toString()).toBe(script);
  });

  test('a compressed form that the build left is sent as it is', async () => {
    const { body, headers } = await rawGet('/assets/built-abc.js', { 'accept-encoding': 'br' });
    expect(headers['content-encoding']).toBe('br');
    expect(body).toEqual(builtForm);
    expect((await rawGet('/assets/built-abc.js', {})).body.toString()).toBe(script);
  });

  test.each([
    { accepted: 'gzip', want: 'gzip', decode: gunzipSync },
    { accepted: 'gzip, deflate, br', want: 'br', decode: brotliDecompressSync },
    { accepted: 'gzip, deflate, br, zstd', want: 'zstd', decode: zstdDecompressSync },
  ])('answers of the API are compressed where the client takes it: $want', async ({ accepted, want, decode }) => {
    const path = `/api/console/traces?${range}`;
    const answer = await rawGet(path, { 'accept-encoding': accepted });
    expect(answer.headers['content-encoding']).toBe(want);
    expect((JSON.parse(decode(answer.body).toString()) as TracesResponse).traces).toHaveLength(200);
    expect((await rawGet(path, { 'accept-encoding': 'identity' })).headers['content-encoding']).toBeUndefined();
  });

  test('a file that did not change is not sent again', async () => {
    const { headers } = await rawGet('/assets/main-abc.js', {});
    const again = await rawGet('/assets/main-abc.js', { 'if-none-match': String(headers['etag']) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test("what is not there below an API's prefix is said in its form", async () => {
    const answer = await rawGet('/jaeger/api/x', {});
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ data: null, errors: [{ code: 404 }] });
  });

  test.each(['/assets/none.js', '/missing.png', '/api/x', '/-/x', '/..%2f..%2fetc%2fpasswd'])(
    '%s is not found',
    async (path) => {
      const answer = await rawGet(path, {});
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ error: { code: 'not_found' } });
    },
  );

  test('without the built files the page says how to build them', async () => {
    const bare = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, uiDir: join(ui, 'nowhere') });
    const response = await fetch(bare.url);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('npm run build:ui');
    await bare.close();
  });

  test.each([
    { path: '/a/b.js', want: '/a/b.js' },
    { path: '/%2e%2e/x', want: undefined },
    { path: '//a', want: '/a' },
    { path: '/..%5cx', want: undefined },
    { path: '/%00', want: undefined },
    { path: '/%E0%A4%A', want: undefined },
  ])('the safe path of $path', ({ path, want }) => {
    expect(safePath(path)).toBe(want);
  });

  test.each([
    { header: 'gzip, deflate, br', want: 'br' },
    { header: 'gzip;q=1.0, br;q=0', want: 'gzip' },
    { header: '*', want: 'gzip' },
    { header: undefined, want: undefined },
    { header: 'deflate', want: undefined },
    { header: 'zstd, gzip', want: 'gzip' },
  ])('the encoding of a file for $header', ({ header, want }) => {
    expect(encodingOf(header, FOR_FILES)).toBe(want);
  });
});

test('a taken port is a clear error', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expect(startServer({ port, engineUrl: store.url, ...store.readerLogin })).rejects.toMatchObject({
    code: 'start',
    message: expect.stringContaining(`127.0.0.1:${port}: the port is taken`),
  });
  other.close();
});

describe('a store that comes and goes', () => {
  test('requests say so, the server lives on, and works again by itself', async () => {
    const check = async () => (await fetch(`${server.url}/-/ready`)).status;
    expect(await check()).toBe(200);
    await store.kill();
    expect(await check()).toBe(503);
    expect((await fetch(`${server.url}/-/healthy`)).status).toBe(200);
    expect(await fails(`/services?${range}`)).toMatchObject({ status: 503, error: { code: 'store_unavailable' } });
    const system = await get<SystemResponse>(`/system?${range}`);
    expect(system.store).toMatchObject({ available: false, message: 'the store does not answer' });
    const jaeger = await fetch(`${server.url}/jaeger/api/services`);
    expect(jaeger.status).toBe(503);
    await store.restart();
    expect(await check()).toBe(200);
    expect((await get<ServicesResponse>(`/services?${range}`)).services).toHaveLength(4);
  });

  test('status names the ports that take telemetry, and none where there is none', async () => {
    for (const ingest of [{ httpPort: 14_318 }, {}]) {
      const other = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, ingest });
      const status = (await (await fetch(`${other.url}/api/console/status`)).json()) as StatusResponse;
      expect(status.ingest).toEqual(ingest);
      await other.close();
    }
  });

  test('a store without tables is one that is not set up', async () => {
    const empty = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, database: 'nothing' });
    const response = await fetch(`${empty.url}/api/console/services?${range}`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      error: { code: 'store_unavailable', message: 'the store is not set up yet' },
    });
    const status = (await (await fetch(`${empty.url}/api/console/status`)).json()) as StatusResponse;
    expect(status.store).toMatchObject({ available: false, message: 'the store is not set up yet' });
    expect(status.signals).toBeUndefined();
    await empty.close();
  });

  test('one that hangs gives 504 in bounded time, and what was known of it is told with its age', async () => {
    const hasty = await startServer({
      port: 0,
      engineUrl: store.url,
      ...store.readerLogin,
      database: store.database,
      requestTimeoutMs: 5000,
    });
    const ask = async <T>(path: string): Promise<{ status: number; body: T }> => {
      const response = await fetch(`${hasty.url}${path}`, { signal: AbortSignal.timeout(30_000) });
      return { status: response.status, body: (await response.json()) as T };
    };
    const hung = (code: string, message: string) => ({ [code]: 504, [message]: 'the store does not answer in time' });
    const before = Date.now();
    await vi.waitFor(async () => {
      const { body } = await ask<SystemResponse>(`/api/console/system?${range}`);
      expect(body).toMatchObject({ store: { available: true } });
      const status = await ask<StatusResponse>('/api/console/status');
      expect(status.body).toMatchObject({ store: { available: true }, signals: { traces: { hasData: true } } });
    }, 30_000);
    process.kill(store.enginePid(), 'SIGSTOP');
    try {
      const paths = [
        '/services',
        '/traces',
        '/traces/sample',
        '/logs',
        '/logs/histogram',
        '/metrics',
        '/attributes',
        '/operations',
      ];
      const answers = await Promise.all(paths.map((path) => ask<object>(`/api/console${path}?${range}`)));
      for (const answer of answers) {
        expect(answer).toMatchObject({
          status: 504,
          body: { error: { code: 'timeout', message: 'the store does not answer in time' } },
        });
      }
      const [v1, v3] = [{ errors: [hung('code', 'msg')] }, { error: hung('httpCode', 'message') }];
      const jaeger: [string, object][] = [
        ['/api/services', v1],
        ['/api/services/shop/operations', v1],
        ['/api/operations?service=shop', v1],
        ['/api/dependencies', v1],
        ['/api/metrics/calls?service=shop', v1],
        ['/api/traces?service=shop', v1],
        ['/api/v3/services', v3],
        ['/api/v3/operations?service=shop', v3],
        [
          `/api/v3/trace-summaries?query.start_time_min=2026-01-01T00:00:00Z&query.start_time_max=2026-01-02T00:00:00Z`,
          v3,
        ],
      ];
      const said = await Promise.all(jaeger.map(([path]) => ask<object>(`/jaeger${path}`)));
      said.forEach((answer, i) => {
        expect(answer, jaeger[i]![0]).toMatchObject({ status: 504, body: jaeger[i]![1] });
      });
      const { status, body } = await ask<SystemResponse>(`/api/console/system?${range}`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ store: { available: false, message: 'the store does not answer in time' } });
      // The last picture, and when it was taken.
      expect(body.store.tables.length).toBeGreaterThan(0);
      expect(body.asOfMs).toBeGreaterThanOrEqual(before);
      expect(body.answeredMs).toBeGreaterThanOrEqual(before);
      expect(body.nowMs).toBeGreaterThan(body.asOfMs!);
      const { body: known } = await ask<StatusResponse>('/api/console/status');
      expect(known).toMatchObject({ store: { available: false }, signals: { traces: { hasData: true } } });
      expect(known.nowMs).toBeGreaterThan(known.store.answeredMs!);
    } finally {
      process.kill(store.enginePid(), 'SIGCONT');
    }
    await vi.waitFor(async () => {
      expect((await ask<StatusResponse>('/api/console/status')).body).toMatchObject({ store: { available: true } });
    }, 30_000);
    await hasty.close();
  }, 120_000);
});
