import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { compressSnappy } from '#net';
import { StoreSink, storeEndpoint } from '#store';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type TestSeries, writeRequestV2 } from '../../wire/testing/remote-write.ts';
import { type RunningServer, startServer } from '../index.ts';

/**
 * The requests of Grafana's Prometheus data source, as its front end and its back end make them, and each field that they read of the answers. What it
 * asks was gathered from its source; Grafana itself is not run.
 */

const END_MS = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
const START_MS = END_MS - 1_800_000;
const STEP_MS = 15_000;
const COUNT = (END_MS - START_MS) / STEP_MS + 1;
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

let store: TestStore;
let sink: StoreSink;
let server: RunningServer;
let folder: string;
beforeAll(async () => {
  store = await startTestStore();
  folder = mkdtempSync(join(tmpdir(), 'signalbox-data-source-'));
  const { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password } = store.headers;
  sink = new StoreSink({
    endpoint: storeEndpoint({ url: store.url, username: username!, password: password! }),
    dir: join(folder, 'spool'),
    log: () => undefined,
  });
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, sink });
  const times = Array.from({ length: COUNT }, (_, i) => START_MS + i * STEP_MS);
  const of = (
    labels: Readonly<Record<string, string>>,
    valueAt: (i: number) => number,
    more: Partial<TestSeries>,
  ): TestSeries => ({
    labels,
    samples: times.map((timeMs, i) => [valueAt(i), timeMs] as const),
    ...more,
  });
  const exemplar = { labels: { trace_id: TRACE_ID }, value: 0.25, timestampMs: END_MS - 60_000 };
  const counter = { type: 1, help: 'Requests.', unit: '' };
  const series = [
    of({ __name__: 'http_requests_total', code: '200', job: 'api' }, (i) => i * 15, { ...counter, exemplar }),
    of({ __name__: 'http_requests_total', code: '500', job: 'api' }, (i) => i, counter),
    of({ __name__: 'http.utf8', 'dotted.label': 'ä', job: 'api' }, () => Number.NaN, { type: 2 }),
  ];
  const response = await fetch(`${server.url}/api/v1/write`, {
    method: 'POST',
    body: Buffer.from(compressSnappy(writeRequestV2(series))),
    headers: {
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'content-encoding': 'snappy',
    },
  });
  expect(response.status).toBe(204);
  await eventually('the samples in the store', async () => {
    const { body } = await ask('GET', '/api/v1/query', { query: 'count({job="api"})', time: String(END_MS / 1000) });
    return (body.data as Result).result.length > 0;
  });
}, 120_000);
afterAll(async () => {
  await server?.close();
  await sink?.close(0);
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Result {
  readonly resultType: string;
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
  readonly stats?: { readonly samples: { readonly totalQueryableSamples: number } };
}

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly status: string;
    readonly data: unknown;
    readonly errorType?: string;
    readonly error?: string;
    readonly warnings?: readonly string[];
  };
}

/** Below the URL of the data source, as a form by POST, which is its default, or by GET. */
async function ask(
  method: 'GET' | 'POST',
  path: string,
  parameters: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<Answered> {
  const form = new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each])),
  );
  const url = `${server.url}/prometheus${path}`;
  const response = await (method === 'GET'
    ? fetch(`${url}?${form}`)
    : fetch(url, { method, body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } }));
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
}

const RANGE = { start: String(START_MS / 1000), end: String(END_MS / 1000) };

describe.each(['POST', 'GET'] as const)('with the method %s', (method) => {
  test('Save & test: a query for 1+1 at time 4', async () => {
    const { status, body } = await ask(method, '/api/v1/query', { query: '1+1', time: '4' });
    expect([status, body]).toEqual([200, { status: 'success', data: { resultType: 'scalar', result: [4, '2'] } }]);
  });

  test('a range: times as numbers in seconds, values as texts, the type before the result', async () => {
    const query = 'sum by (code) (http_requests_total{job="api"})';
    const { status, text, body } = await ask(method, '/api/v1/query_range', {
      query,
      ...{ start: String(END_MS / 1000 - 60), end: String(END_MS / 1000), step: '15', timeout: '60' },
    });
    expect(status).toBe(200);
    expect(text).toMatch(/^\{"status":"success","data":\{"resultType":"matrix","result":\[/);
    const { result } = body.data as Result;
    const at = (i: number): number => END_MS / 1000 - 60 + i * 15;
    const values = (each: number) => Array.from({ length: 5 }, (_, i) => [at(i), String((COUNT - 5 + i) * each)]);
    expect(result).toEqual([
      { metric: { code: '200' }, values: values(15) },
      { metric: { code: '500' }, values: values(1) },
    ]);
  });

  test('an instant: a vector', async () => {
    const { body } = await ask(method, '/api/v1/query', { query: 'http_requests_total', time: String(END_MS / 1000) });
    const { resultType, result } = body.data as Result;
    expect(resultType).toBe('vector');
    // In no order, as Prometheus has it.
    expect(result).toContainEqual({
      metric: { __name__: 'http_requests_total', code: '200', job: 'api' },
      value: [END_MS / 1000, String((COUNT - 1) * 15)],
    });
  });

  test('NaN is a text, and names of UTF-8 come as they are', async () => {
    const { body } = await ask(method, '/api/v1/query', { query: '{"http.utf8"}', time: String(END_MS / 1000) });
    expect((body.data as Result).result).toEqual([
      { metric: { __name__: 'http.utf8', 'dotted.label': 'ä', job: 'api' }, value: [END_MS / 1000, 'NaN'] },
    ]);
  });

  test('label names, within what is chosen and in all', async () => {
    const all = await ask(method, '/api/v1/labels', { ...RANGE, limit: '40000' });
    expect(all.body.data).toEqual(['__name__', 'code', 'dotted.label', 'job']);
    const some = await ask(method, '/api/v1/labels', { ...RANGE, 'match[]': 'http_requests_total' });
    expect(some.body.data).toEqual(['__name__', 'code', 'job']);
  });

  test('series, with several selectors', async () => {
    const selectors = ['http_requests_total{code="500"}', '{"http.utf8"}'];
    const { body } = await ask(method, '/api/v1/series', { ...RANGE, 'match[]': selectors, limit: '40000' });
    expect(body.data).toEqual(
      expect.arrayContaining([
        { __name__: 'http_requests_total', code: '500', job: 'api' },
        { __name__: 'http.utf8', 'dotted.label': 'ä', job: 'api' },
      ]),
    );
  });

  test('exemplars lead to their trace', async () => {
    const { body } = await ask(method, '/api/v1/query_exemplars', { ...RANGE, query: 'rate(http_requests_total[5m])' });
    expect(body.data).toEqual([
      {
        seriesLabels: { __name__: 'http_requests_total', code: '200', job: 'api' },
        exemplars: [{ labels: { trace_id: TRACE_ID }, value: '0.25', timestamp: END_MS / 1000 - 60 }],
      },
    ]);
  });

  test.each([
    { what: 'a query that is none', path: '/api/v1/query', form: { query: 'sum(' }, status: 400, type: 'bad_data' },
    {
      what: 'a range of too many points',
      path: '/api/v1/query_range',
      form: { query: '1', start: '0', end: '11001', step: '1' },
      status: 400,
      type: 'bad_data',
    },
    {
      what: 'a selector that is none',
      path: '/api/v1/series',
      form: { 'match[]': '{' },
      status: 400,
      type: 'bad_data',
    },
    {
      what: 'labels that can not be matched',
      path: '/api/v1/query',
      form: { query: 'http_requests_total / on(job) http_requests_total', time: String(END_MS / 1000) },
      status: 422,
      type: 'execution',
    },
  ])('$what is said with its type', async ({ path, form, status, type }) => {
    const answer = await ask(method, path, form as unknown as Record<string, string>);
    expect([answer.status, answer.body.status, answer.body.errorType]).toEqual([status, 'error', type]);
    expect(answer.body.error).not.toBe('');
  });

  test('a limit cuts, and says so', async () => {
    const { body } = await ask(method, '/api/v1/series', { ...RANGE, 'match[]': '{job="api"}', limit: '1' });
    expect([(body.data as readonly object[]).length, body.warnings]).toEqual([1, ['results truncated due to limit']]);
  });

  test('the inspector shows the samples of a query', async () => {
    const { body } = await ask(method, '/api/v1/query', {
      query: 'count_over_time(http_requests_total[5m])',
      time: String(END_MS / 1000),
      stats: 'all',
    });
    expect((body.data as Result).stats!.samples.totalQueryableSamples).toBeGreaterThan(0);
  });
});

test('values of a label, whose name may be escaped, by GET', async () => {
  const values = async (name: string, more: Readonly<Record<string, string>> = {}): Promise<unknown> =>
    (await ask('GET', `/api/v1/label/${name}/values`, { ...RANGE, limit: '40000', ...more })).body.data;
  expect(await values('__name__')).toEqual(['http.utf8', 'http_requests_total']);
  expect(await values('code', { 'match[]': 'http_requests_total' })).toEqual(['200', '500']);
  expect(await values('U__dotted_2e_label')).toEqual(['ä']);
});

test('help and type of a metric', async () => {
  const { body } = await ask('GET', '/api/v1/metadata', { metric: 'http_requests_total' });
  expect(body.data).toEqual({ http_requests_total: [{ type: 'counter', help: 'Requests.', unit: '' }] });
});

test('which Prometheus it is: none whose ruler can be edited', async () => {
  const { body } = await ask('GET', '/api/v1/status/buildinfo');
  const found = body.data as Readonly<Record<string, unknown>>;
  expect(Object.keys(found).sort()).toEqual(['branch', 'buildDate', 'buildUser', 'goVersion', 'revision', 'version']);
  expect(found['version']).toMatch(/^3\.\d+\.\d+$/);
});

test('rules and alerts, for hints and lists', async () => {
  expect(Object.keys((await ask('GET', '/api/v1/rules')).body.data as object)).toContain('groups');
  expect(Object.keys((await ask('GET', '/api/v1/alerts')).body.data as object)).toContain('alerts');
});
