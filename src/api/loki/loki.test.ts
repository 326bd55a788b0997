import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import { EngineRuleQueries, RULE_DEFAULTS, RuleManager, type RuleSample, readRules, Turns } from '#alerting';
import { ManualClock } from '#base';
import { eventually } from '#base/testing.ts';
import { StoredLines } from '#query/logql.ts';
import { MemorySource } from '#query/promql.ts';
import { StoreSink, storeEndpoint } from '#store';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

/** What is pushed to Loki's API comes back from it. */

const T = 1_760_000_000;
const at = (seconds: number): string => `${T + seconds}000000000`;

let store: TestStore;
let sink: StoreSink;
let server: RunningServer;
let folder: string;
let rules: RuleManager;
const recorded: RuleSample[] = [];
const RULES = `groups:
  - name: shop
    interval: 30s
    rules:
      - record: shop:errors:rate1m
        expr: sum by (app) (rate({app="shop"} | logfmt | level="error" [1m]))
        labels: {team: a}
      - alert: ShopErrors
        expr: sum by (app) (count_over_time({app="shop"} |= "level=error" [1m])) > 1
        for: 1m
        labels: {severity: page}
        annotations: {summary: '{{ $labels.app }} has {{ $value }} errors'}
`;
beforeAll(async () => {
  store = await startTestStore();
  folder = mkdtempSync(join(tmpdir(), 'signalbox-loki-'));
  const { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password } = store.headers;
  sink = new StoreSink({
    endpoint: storeEndpoint({ url: store.url, username: username!, password: password! }),
    dir: join(folder, 'spool'),
    log: () => undefined,
  });
  rules = new RuleManager({
    ...RULE_DEFAULTS,
    clock: new ManualClock((T + 5) * 1000),
    queries: new EngineRuleQueries({
      samples: () => new MemorySource(),
      lines: (signal) => new StoredLines(store.reader, { signal }),
    }),
    series: { append: async (samples) => void recorded.push(...samples) },
    alerts: { send: () => undefined },
    externalUrl: '',
    externalLabels: new Map(),
    turns: new Turns(1),
    catchUpTurns: new Turns(1),
    log: () => undefined,
  });
  const promql = "groups: [{name: other, rules: [{record: up:sum, expr: 'sum(up)'}]}]";
  await rules.update([readRules(RULES, '/etc/loki/rules.yml', 'logql'), readRules(promql, '/etc/rules.yml')]);
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, sink, rules });
  const lines = Array.from({ length: 10 }, (_, i) => [
    at(i),
    `level=${i % 5 === 0 ? 'error' : 'info'} n=${i}`,
    ...(i === 3 ? [{ trace_id: 'abc' }] : []),
  ]);
  const pushed = await push({
    streams: [
      { stream: { app: 'shop', env: 'prod' }, values: lines },
      { stream: { app: 'cart', env: 'prod' }, values: [[at(0), '{"a":"b"}']] },
    ],
  });
  expect(pushed).toEqual({ status: 204, text: '' });
  await eventually(
    'the lines are stored',
    async () => (await found('{env="prod"} | keep app')).length === 2 || undefined,
  );
}, 120_000);
afterAll(async () => {
  await server?.close();
  await sink?.close(0);
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function push(body: unknown, type = 'application/json') {
  const response = await fetch(`${server.url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

async function ask(path: string, parameters: Readonly<Record<string, string>> = {}, headers = {}) {
  const response = await fetch(`${server.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`, { headers });
  const text = await response.text();
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}

const RANGE = { start: at(-10), end: at(60) };

async function found(query: string, more = {}) {
  const { json, text } = await ask('query_range', { query, ...RANGE, ...more });
  if (json === undefined) throw new Error(text);
  return json.data.result;
}

describe('lines', () => {
  test('come back with the labels of their stream, its service and their level', async () => {
    expect(await found('{app="cart"}')).toEqual([
      {
        stream: { app: 'cart', env: 'prod', service_name: 'cart', detected_level: 'unknown' },
        values: [[at(0), '{"a":"b"}']],
      },
    ]);
  });

  test('newest first, as many as are asked for, or the other way round', async () => {
    expect((await found('{app="shop"} | keep app', { limit: '2' }))[0].values).toEqual([
      [at(9), 'level=info n=9'],
      [at(8), 'level=info n=8'],
    ]);
    expect((await found('{app="shop"} | keep app', { limit: '1', direction: 'forward' }))[0].values).toEqual([
      [at(0), 'level=error n=0'],
    ]);
  });

  test('labels apart, for clients that ask for it', async () => {
    const headers = { 'x-loki-response-encoding-flags': 'categorize-labels' };
    const { json } = await ask('query_range', { query: '{app="shop"} | logfmt | n="3"', ...RANGE }, headers);
    expect(json.data.encodingFlags).toEqual(['categorize-labels']);
    expect(json.data.result).toEqual([
      {
        stream: { app: 'shop', env: 'prod', service_name: 'shop' },
        values: [
          [
            at(3),
            'level=info n=3',
            { structuredMetadata: { trace_id: 'abc', detected_level: 'info' }, parsed: { level: 'info', n: '3' } },
          ],
        ],
      },
    ]);
  });

  test('a start is in, an end is not', async () => {
    const times = { start: at(0), end: at(3) };
    expect((await found('{app="shop"} | keep app', times))[0].values).toHaveLength(3);
    expect(
      await found('{app="shop"}', { start: String(T + 2.5), end: new Date((T + 3) * 1000).toISOString() }),
    ).toEqual([]);
  });
});

describe('metrics', () => {
  test('at one time', async () => {
    const { json } = await ask('query', {
      query: 'sum by (detected_level) (count_over_time({app="shop"}[1m]))',
      time: at(30),
    });
    expect(json.data.resultType).toBe('vector');
    expect(json.data.result).toEqual([
      { metric: { detected_level: 'error' }, value: [T + 30, '2'] },
      { metric: { detected_level: 'info' }, value: [T + 30, '8'] },
    ]);
  });

  test('over a range', async () => {
    const query = 'sum(rate({app="shop"}[5s]))';
    const { json } = await ask('query_range', { query, start: at(0), end: at(15), step: '5' });
    expect(json.data.resultType).toBe('matrix');
    expect(json.data.result).toEqual([
      {
        metric: {},
        values: [
          [T, '0.2'],
          [T + 5, '1'],
          [T + 10, '0.8'],
        ],
      },
    ]);
  });

  test("Grafana's test of a data source", async () => {
    const { json } = await ask('query', { query: 'vector(1)+vector(1)', time: at(0) });
    expect(json.data.result).toEqual([{ metric: {}, value: [T, '2'] }]);
  });
});

describe('what there is', () => {
  test.each([
    ['labels', {}, { status: 'success', data: ['app', 'env', 'service_name'] }],
    ['label/app/values', {}, { status: 'success', data: ['cart', 'shop'] }],
    ['label/app/values', { query: '{service_name="shop"}' }, { status: 'success', data: ['shop'] }],
    ['label/nothing/values', {}, { status: 'success', data: [] }],
    [
      'series',
      { 'match[]': '{app="cart"}' },
      { status: 'success', data: [{ app: 'cart', env: 'prod', service_name: 'cart' }] },
    ],
    ['index/stats', { query: '{app="shop"}' }, { streams: 1, chunks: 1, entries: 10, bytes: 142 }],
    [
      'detected_labels',
      { query: '' },
      {
        detectedLabels: [
          { label: 'app', cardinality: 2 },
          { label: 'env', cardinality: 1 },
          { label: 'service_name', cardinality: 2 },
        ],
      },
    ],
    ['format_query', { query: '{app="x"}|="y"' }, { status: 'success', data: '{app="x"} |= "y"' }],
  ])('%s %j', async (path, parameters, expected) => {
    expect((await ask(path, { ...RANGE, ...parameters })).json).toEqual(expected);
  });

  test('how much', async () => {
    const { json } = await ask('index/volume', { ...RANGE, query: '{env="prod"}', targetLabels: 'app' });
    expect(json.data.result).toEqual([
      { metric: { app: 'shop' }, value: [T + 60, '142'] },
      { metric: { app: 'cart' }, value: [T + 60, '9'] },
    ]);
    const range = await ask('index/volume_range', { ...RANGE, query: '{env="prod"}', step: '10s' });
    expect(range.json.data.result).toEqual([{ metric: { env: 'prod' }, values: [[T, '151']] }]);
  });

  test('fields of lines', async () => {
    const { json } = await ask('detected_fields', { ...RANGE, query: '{app="shop"}' });
    expect(json.fields).toEqual([
      { label: 'detected_level', type: 'string', cardinality: 2, parsers: null },
      { label: 'level', type: 'string', cardinality: 2, parsers: ['logfmt'] },
      { label: 'n', type: 'int', cardinality: 10, parsers: ['logfmt'] },
      { label: 'trace_id', type: 'string', cardinality: 1, parsers: null },
    ]);
    const values = await ask('detected_field/level/values', { ...RANGE, query: '{app="shop"}' });
    expect(values.json).toEqual({ values: ['error', 'info'], limit: 1000 });
  });

  test('patterns', async () => {
    const { json } = await ask('patterns', { ...RANGE, query: '{app="shop"}' });
    expect(json.data).toEqual([
      { pattern: 'level=info n=<_>', level: 'info', samples: [[T, 8]] },
      { pattern: 'level=error n=<_>', level: 'error', samples: [[T, 2]] },
    ]);
  });
});

describe('mistakes are said in plain text', () => {
  test.each([
    ['query', { query: '{app="shop"}' }, 400, 'log queries are not supported as an instant query type'],
    ['query_range', { query: '{' }, 400, 'parse error at line 1, col 2'],
    ['query_range', { query: '{app="shop"}', limit: '9999' }, 400, 'max entries limit per query exceeded'],
    ['query_range', { query: '{app="shop"}', limit: '0' }, 400, 'limit must be a positive value'],
    ['query_range', { query: '{app="shop"}', direction: 'up' }, 400, "invalid direction 'up'"],
    [
      'query_range',
      { query: '{app="shop"}', start: 'x' },
      400,
      `could not parse 'start' parameter: strconv.ParseInt: parsing "x"`,
    ],
    ['query_range', { query: '{app="shop"}', start: at(5), end: at(1) }, 400, 'end timestamp must not be before'],
    ['query_range', { query: 'rate({app="shop"}[1m])', step: '1ms' }, 400, 'exceeded maximum resolution'],
    ['query_range', { query: 'rate({app="shop"} | json [1m])', step: '10s' }, 400, "pipeline error: 'JSONParserErr'"],
    ['query', { query: 'vector(1)', limit: 'many' }, 400, 'strconv.Atoi: parsing "many": invalid syntax'],
    ['query', { query: 'vector(1)', direction: 'up' }, 400, "invalid direction 'up'"],
    [
      'format_query',
      { query: '{' },
      400,
      '{"status":"invalid-query","error":"parse error at line 1, col 2: syntax error',
    ],
    ['series', {}, 400, '0 matcher sets'],
  ])('%s %j', async (path, parameters, status, message) => {
    const answer = await ask(path, { ...RANGE, ...parameters });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(message);
  });

  test.each([
    ['{"streams": 5}', 'application/json', 400, 'streams: expected a list'],
    ['{"streams": [', 'application/json', 400, 'not JSON'],
    [
      '{"streams": [{"stream": {"a": "b"}, "values": [["1760000000", "x"]]}]}',
      'application/json',
      400,
      'timestamp too old',
    ],
    ['{"streams": [{"stream": {"a-b": "c"}, "values": []}]}', 'application/json', 400, 'invalid label name "a-b"'],
    [pushOf({ stream: numbered(101) }), 'application/json', 400, 'entry for a stream has 101 label names; limit 100'],
    [pushOf({ stream: { ['a'.repeat(1025)]: 'b' } }), 'application/json', 400, 'stream has label name too long'],
    [pushOf({ stream: { a: 'b'.repeat(2049) } }), 'application/json', 400, 'stream has label value too long: a='],
    [
      pushOf({ stream: { a: 'b' }, values: [['1760000000000000000', 'x', numbered(1001)]] }),
      'application/json',
      400,
      'entry has 1001 structured metadata labels; limit 1000',
    ],
    [
      pushOf(...Array.from({ length: 10_001 }, (_, i) => ({ stream: { a: String(i) } }))),
      'application/json',
      400,
      'the push has more than 10000 streams',
    ],
    ['x', 'application/x-protobuf', 400, 'snappy'],
    ['x', 'text/plain', 415, 'text/plain'],
  ])('pushed %s as %s', async (body, type, status, message) => {
    const answer = await push(body, type);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(message);
  });
});

test.each(['/loki/otlp/v1/logs', '/otlp/v1/logs'])('OTLP is taken at %s, and by POST alone', async (path) => {
  const service = `otlp${path.length}`;
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const logRecords = [{ timeUnixNano: at(1), body: { stringValue: 'by OTLP' } }];
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }),
  });
  expect([response.status, await response.text()]).toEqual([204, '']);
  const query = `{service_name="${service}"} | keep service_name`;
  await eventually('the line is stored', async () => (await found(query)).length === 1 || undefined);
  expect((await found(query))[0].values).toEqual([[at(1), 'by OTLP']]);
  expect((await fetch(`${server.url}${path}`)).status).toBe(405);
});

test.each([
  [{ origin: 'http://evil.example' }, 403],
  [{ origin: 'null' }, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
])('a page of another origin pushes nothing: %j', async (headers, status) => {
  const response = await fetch(`${server.url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ streams: [{ stream: { app: 'evil' }, values: [[at(0), 'x']] }] }),
  });
  expect([response.status, await response.text()]).toEqual([status, 'a page of another origin may not do this\n']);
});

describe('rules that ask in LogQL', () => {
  test('record series and fire beside those of Prometheus', async () => {
    const shop = rules.groups.find(({ group }) => group.name === 'shop')!;
    for (const minute of [0, 1]) await shop.evaluate((T + 10 + minute * 30) * 1000);
    const values = recorded.filter(({ isStale }) => !isStale).map(({ labels, value }) => [String(labels), value]);
    expect(values).toContainEqual(['{__name__="shop:errors:rate1m", app="shop", team="a"}', 2 / 60]);
    const response = await fetch(`${server.url}/prometheus/api/v1/rules?type=alert`);
    const { data } = (await response.json()) as { data: { groups: { rules: object[] }[] } };
    expect(data.groups.flatMap((group) => group.rules)).toEqual([
      expect.objectContaining({
        name: 'ShopErrors',
        query: '(sum by (app)(count_over_time({app="shop"} |= "level=error"[1m])) > 1)',
        state: 'pending',
        alerts: [
          expect.objectContaining({
            labels: { alertname: 'ShopErrors', app: 'shop', severity: 'page' },
            annotations: { summary: 'shop has 2 errors' },
          }),
        ],
      }),
    ]);
  });

  test('are given as they are written, by file and group', async () => {
    const file = encodeURIComponent('/etc/loki/rules.yml');
    const group = {
      name: 'shop',
      interval: '30s',
      rules: [
        { record: 'shop:errors:rate1m', labels: { team: 'a' } },
        { alert: 'ShopErrors', for: '1m', labels: { severity: 'page' } },
      ],
    };
    const shown = await Promise.all(['rules', `rules/${file}`, `rules/${file}/shop`].map((path) => ask(path)));
    expect(shown.map(({ text }) => parse(text))).toMatchObject([
      { '/etc/loki/rules.yml': [group] },
      { '/etc/loki/rules.yml': [group] },
      group,
    ]);
    expect(await ask('rules/other')).toMatchObject({ status: 404, text: 'no rule groups found\n' });
    expect(await ask(`rules/${file}/other`)).toMatchObject({ status: 404, text: 'group does not exist\n' });
  });
});

describe('lines as they arrive', () => {
  const tailAddress = (parameters: Readonly<Record<string, string>>): string =>
    `${server.url.replace('http', 'ws')}/loki/api/v1/tail?${new URLSearchParams(parameters)}`;

  /** Messages in the order in which they came, each read once. */
  function tail(parameters: Readonly<Record<string, string>>, headers = {}) {
    const socket = new WebSocket(tailAddress(parameters), { headers });
    const came: string[] = [];
    socket.on('message', (data) => came.push(String(data)));
    const next = () => eventually('a message', async () => came.shift(), 30_000).then((text) => JSON.parse(text));
    return { socket, next };
  }

  /** What the server answers to who may not have a websocket. */
  function refusal(parameters: Readonly<Record<string, string>>, headers = {}): Promise<string> {
    const socket = new WebSocket(tailAddress(parameters), { headers });
    return new Promise((resolve, reject) => {
      socket.on('open', () => reject(new Error('it was opened')));
      socket.on('error', reject);
      socket.on('unexpected-response', async (_, response) => {
        const parts = await response.toArray();
        resolve(`${response.statusCode} ${Buffer.concat(parts)}`);
      });
    });
  }

  const nowNs = (): string => `${Date.now()}000000`;

  test('first those that are there, then each that comes, once', async () => {
    const { socket, next } = tail({ query: '{app="shop"} |= "level"', start: at(-10), limit: '2' });
    const { streams } = await next();
    expect(streams.flatMap(({ values }: { values: string[][] }) => values.map(([time]) => time))).toEqual([
      at(8),
      at(9),
    ]);
    for (const line of ['level=info later=1', 'level=warn later=2']) {
      const time = nowNs();
      await push({
        streams: [
          { stream: { app: 'shop' }, values: [[time, line]] },
          { stream: { app: 'cart' }, values: [[time, line]] },
        ],
      });
      expect(await next()).toEqual({
        streams: [
          {
            stream: expect.objectContaining({ app: 'shop', service_name: 'shop' }),
            values: [[time, line]],
          },
        ],
      });
    }
    socket.close();
  }, 60_000);

  test('with labels apart, where the client asks for it', async () => {
    const flags = { 'x-loki-response-encoding-flags': 'categorize-labels' };
    const { socket, next } = tail({ query: '{app="shop"} | logfmt', start: at(-10), limit: '1' }, flags);
    expect(await next()).toMatchObject({
      encodingFlags: ['categorize-labels'],
      streams: [{ values: [[expect.any(String), expect.any(String), { parsed: { level: expect.any(String) } }]] }],
    });
    socket.close();
  }, 60_000);

  test.each([
    [{ query: '{app=' }, {}, /^400 .*parse error/],
    [{ query: 'count_over_time({app="shop"}[1m])' }, {}, /^400 only log selector is supported/],
    [{ query: '{app="shop"}', delay_for: '6' }, {}, /^400 delay_for can't be greater than 5/],
    [{ query: '{app="shop"}' }, { origin: 'http://evil.example' }, /^403 a page of another origin may not do this/],
    [{ query: '{app="shop"}' }, { host: 'evil.example' }, /^4\d\d /],
  ])('%j with %j is refused', async (parameters, headers, words) => {
    expect(await refusal(parameters, headers)).toMatch(words);
  });

  test('who asks without a websocket is told so, and another protocol is not offered', async () => {
    expect(await ask('tail', { query: '{app="shop"}' })).toMatchObject({
      status: 400,
      text: 'this is a websocket: ask with the header Upgrade: websocket\n',
    });
    const options = { headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' } };
    const status = await new Promise((resolve) => {
      get(`${server.url}/loki/api/v1/labels`, options, (response) => resolve(response.resume().statusCode));
    });
    expect(status).toBe(200);
  });

  test('of one tenant ten at a time, and a place is free again when its client goes', async () => {
    const query = { query: '{app="shop"}', start: at(-10), limit: '1' };
    const opened = () =>
      eventually('a place', async () => {
        const { socket } = tail(query);
        return await new Promise<WebSocket | undefined>((resolve) => {
          socket.on('open', () => resolve(socket));
          socket.on('error', () => resolve(undefined));
        });
      });
    const sockets: WebSocket[] = [];
    while (sockets.length < 10) sockets.push(await opened());
    await eventually('a refusal', async () =>
      (await refusal(query)) === '400 max concurrent tail requests limit exceeded, count > limit (11 > 10)\n'
        ? true
        : undefined,
    );
    sockets.pop()!.close();
    sockets.push(await opened());
    for (const socket of sockets) socket.close();
  }, 60_000);
});

test('nothing is at other paths, in plain text', async () => {
  const response = await fetch(`${server.url}/loki/api/v1/nowhere`);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    404,
    'text/plain; charset=utf-8',
    'nothing is at GET /loki/api/v1/nowhere\n',
  ]);
});

function numbered(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 'v']));
}

function pushOf(...streams: readonly object[]): string {
  return JSON.stringify({ streams: streams.map((stream) => ({ values: [], ...stream })) });
}
