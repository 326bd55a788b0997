import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { METRIC_GAUGE } from '#pdata';
import { TABLES } from '#store';
import { insertExemplars, insertLogs, insertPoints, insertSeries, insertSpans } from '../query/testing/fixtures.ts';
import { makeViews } from '../query/testing/incident.ts';
import { startTestStore, type TestStore } from '../query/testing/test-store.ts';
import { TextAnswer } from './http/answers.ts';
import type { ApiPlugin, ApiRoute } from './http/plugin.ts';
import { Refusal, type RunningServer, startServer } from './index.ts';
import { PLUGINS } from './plugins.ts';

/**
 * Two tenants whose rows have the same ids and times, and no word in common: each route of each API gives to each of them its own words and
 * none of the other's. A route without a case here fails the test.
 */

const NOW_MS = Date.now();
const FROM_MS = NOW_MS - 600_000;
const TIME_NS = BigInt(FROM_MS + 60_000) * 1_000_000n;
const [TRACE_ID, OTHER_TRACE_ID, SPAN_ID, CHILD_ID] = [
  'aa'.repeat(16),
  'bb'.repeat(16),
  'c1'.repeat(8),
  'c2'.repeat(8),
];
const TENANTS = ['violet', 'amber'] as const;
type TenantName = (typeof TENANTS)[number];

let store: TestStore;
let server: RunningServer;
let logId = '';
beforeAll(async () => {
  store = await startTestStore();
  await makeViews(store);
  for (const tenant of TENANTS) {
    await insertTelemetry(tenant);
    await giveTo(tenant);
  }
  server = await startServer({
    port: 0,
    engineUrl: store.url,
    ...store.readerLogin,
    // Each has pinned the trace that is called the same in both.
    pins: {
      of: () => ({ list: async () => [TRACE_ID], pin: async () => undefined, unpin: async () => undefined }),
    },
    access: {
      authenticate: ({ headers }) => {
        const name = headers['x-name'];
        return typeof name === 'string' ? { name } : new Refusal(401, 'say who you are', 'Name realm="signalbox"');
      },
      tenantOf: (_asking, { name }) => (name === 'nobody' ? new Refusal(403, 'nobody has no tenant') : name),
    },
  });
  const { text } = await ask('violet', `/api/console/logs?${RANGE}&limit=1`);
  logId = (JSON.parse(text) as { readonly logs: readonly { readonly id: string }[] }).logs[0]!.id;
}, 120_000);
afterAll(async () => {
  await server?.close();
  await store?.close();
});

async function insertTelemetry(word: TenantName): Promise<void> {
  const resource = { 'deployment.environment.name': `${word}-prod` };
  const common = { durationNs: 5_000_000, timeNs: TIME_NS, resource };
  await insertSpans(store, [
    {
      ...common,
      ...{ traceId: TRACE_ID, spanId: SPAN_ID, service: `${word}-gateway`, name: `${word} GET`, kind: 2, status: 2 },
      attributes: { colour: word },
      events: [
        { timeNs: TIME_NS, name: `${word} happened` },
        { timeNs: TIME_NS, name: 'exception', attributes: `{"exception.type":"${word} error"}` },
      ],
    },
    {
      ...common,
      ...{ traceId: TRACE_ID, spanId: CHILD_ID, parentSpanId: SPAN_ID, kind: 2 },
      ...{ service: `${word}-orders`, name: `${word} take` },
    },
    {
      ...common,
      ...{ traceId: OTHER_TRACE_ID, spanId: SPAN_ID, service: `${word}-orders`, name: `${word} SELECT`, kind: 3 },
      attributes: { 'db.system.name': 'postgresql', 'server.address': `${word}-db` },
      links: [{ traceId: TRACE_ID, spanId: SPAN_ID }],
    },
  ]);
  await insertLogs(store, [
    {
      ...{ timeNs: TIME_NS, service: `${word}-orders`, body: `${word} line`, severityNumber: 9 },
      ...{ traceId: TRACE_ID, spanId: SPAN_ID, attributes: { colour: word } },
    },
  ]);
  const series = {
    seriesId: 7n,
    type: METRIC_GAUGE,
    unit: '1',
    service: `${word}-orders`,
    attributes: { colour: word },
  };
  await insertSeries(store, [{ ...series, name: 'queue', description: `${word} items` }], TIME_NS);
  await insertPoints(store, 'metric_points', [
    { name: 'queue', seriesId: 7n, timeNs: TIME_NS, columns: { value_double: 4 } },
  ]);
  // Equal rows, inserted twice, would be taken for a repetition of the first insert.
  const exemplar = { name: 'queue', seriesId: 7n, timeNs: TIME_NS, value: word.length };
  await insertExemplars(store, [{ ...exemplar, traceId: TRACE_ID, spanId: SPAN_ID }]);
}

/** What has no tenant gets one. */
async function giveTo(tenant: TenantName): Promise<void> {
  for (const { name } of TABLES) {
    const table = `${store.database}.${name}`;
    const named = await store.run(
      `SELECT name FROM system.columns WHERE database = '${store.database}' AND table = '${name}' AND default_kind NOT IN ('ALIAS', 'MATERIALIZED') AND name != 'tenant'`,
    );
    const columns = named.trim().split('\n').join(', ');
    await store.run(
      `INSERT INTO ${table} (tenant, ${columns}) SELECT '${tenant}', ${columns} FROM ${table} WHERE tenant = ''`,
    );
    await store.run(`ALTER TABLE ${table} DELETE WHERE tenant = '' SETTINGS mutations_sync = 2`);
  }
}

async function ask(
  name: string | undefined,
  path: string,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly text: string; readonly challenge: string | null }> {
  const headers = { ...(name !== undefined && { 'x-name': name }), ...(path.startsWith('/mcp') && MESSAGES) };
  const response = await fetch(`${server.url}${path}`, { ...init, headers });
  return { status: response.status, text: await response.text(), challenge: response.headers.get('www-authenticate') };
}

/** The types that clients of MCP must name. */
const MESSAGES = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const RANGE = `from=${FROM_MS}&to=${NOW_MS}`;
const MICROS = `start=${FROM_MS * 1000}&end=${NOW_MS * 1000}`;
const WINDOW = `query.startTimeMin=${new Date(FROM_MS).toISOString()}&query.startTimeMax=${new Date(NOW_MS).toISOString()}`;
const OTLP = (word: string): string =>
  JSON.stringify({
    resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: TRACE_ID, spanId: SPAN_ID, name: `${word} uploaded` }] }] }],
  });

interface Case {
  readonly url: (word: TenantName) => string;
  /** Where it is neither GET nor, with a body, POST. */
  readonly method?: 'DELETE';
  readonly body?: (word: TenantName) => string;
  readonly status?: number;
  /** The answer has no word of a tenant. */
  readonly isWordless?: true;
}

const at =
  (path: string, query = ''): Case['url'] =>
  (word) =>
    `${path}?${RANGE}${query.replaceAll('WORD', word)}`;
const CONSOLE: { readonly [path: string]: Case } = {
  'GET /status': { url: at('/status') },
  'GET /services': { url: at('/services') },
  'GET /service-names': { url: at('/service-names') },
  'GET /services/:name': { url: (word) => `/services/${word}-orders?${RANGE}` },
  'GET /services/:name/dependencies': { url: (word) => `/services/${word}-orders/dependencies?${RANGE}` },
  'GET /map': { url: at('/map') },
  'GET /operations': { url: at('/operations', '&service=WORD-orders') },
  'GET /traces': { url: at('/traces') },
  'GET /traces/histogram': { url: at('/traces/histogram'), isWordless: true },
  'GET /traces/sample': { url: at('/traces/sample') },
  'GET /traces/differences': { url: at('/traces/differences', '&selMinDurationNs=0') },
  'GET /traces/groups': { url: at('/traces/groups', '&by=service') },
  'GET /traces/heatmap': { url: at('/traces/heatmap'), isWordless: true },
  'GET /traces/empty-reason': { url: at('/traces/empty-reason', '&service=nobody') },
  'GET /traces/:traceId': { url: at(`/traces/${TRACE_ID}`) },
  'GET /traces/:traceId/spans/:spanId': { url: at(`/traces/${TRACE_ID}/spans/${SPAN_ID}`) },
  'GET /traces/:traceId/logs': { url: at(`/traces/${TRACE_ID}/logs`) },
  'GET /logs': { url: at('/logs') },
  'GET /logs/record': { url: (word) => `/logs/record?id=${logIdOf(word)}` },
  'GET /logs/export': { url: at('/logs/export') },
  // It has no end; what it begins with is below.
  'GET /logs/tail': { url: at('/logs/tail', '&limit=x'), status: 400, isWordless: true },
  'GET /logs/histogram': { url: at('/logs/histogram') },
  'GET /logs/patterns': { url: at('/logs/patterns'), isWordless: true },
  'GET /logs/empty-reason': { url: at('/logs/empty-reason', '&service=nobody') },
  'GET /errors': { url: at('/errors') },
  'GET /attributes': { url: at('/attributes', '&signal=traces'), isWordless: true },
  'GET /attributes/values': { url: at('/attributes/values', '&signal=logs&key=colour') },
  'GET /metrics': { url: at('/metrics') },
  'GET /metrics/labels': { url: at('/metrics/labels', '&name=queue') },
  'GET /metrics/query': { url: at('/metrics/query', '&name=queue&groupBy=colour') },
  'GET /system': { url: at('/system'), isWordless: true },
  'GET /pins': { url: at('/pins') },
  'POST /pins/:traceId': { url: at(`/pins/${TRACE_ID}`), body: () => '', isWordless: true },
  'DELETE /pins/:traceId': { url: at(`/pins/${TRACE_ID}`), method: 'DELETE', isWordless: true },
  'GET /searches': { url: at('/searches'), isWordless: true },
  'POST /searches': {
    url: at('/searches'),
    body: () => '{"name": "x", "page": "logs", "search": ""}',
    status: 503,
    isWordless: true,
  },
  'DELETE /searches/:id': { url: at('/searches/none'), method: 'DELETE', status: 503, isWordless: true },
  // Files of the operator's, for all.
  'GET /dashboards': { url: at('/dashboards'), isWordless: true },
  'GET /dashboards/:uid': { url: at('/dashboards/none'), status: 404, isWordless: true },
  // They are kept for all, so that only who is of no tenant changes them.
  'POST /dashboards': { url: at('/dashboards'), body: () => '{"text": "{}"}', status: 403, isWordless: true },
  'DELETE /dashboards/:uid': { url: at('/dashboards/none'), method: 'DELETE', status: 403, isWordless: true },
  'GET /dashboards/:uid/versions': { url: at('/dashboards/none/versions'), isWordless: true },
  'GET /dashboards/:uid/versions/:savedMs': {
    url: at('/dashboards/none/versions/1'),
    status: 404,
    isWordless: true,
  },
  // Here without what runs them; with it they read nothing that is stored.
  'POST /ottl': { url: at('/ottl'), body: () => '{}', status: 503, isWordless: true },
  'GET /ottl/words': { url: at('/ottl/words', '&context=span'), status: 503, isWordless: true },
  // What passes the collector belongs to all tenants.
  'GET /tap': { url: at('/tap', '&at=traces/otlp'), status: 403, isWordless: true },
};
const JAEGER: { readonly [path: string]: Case } = {
  'GET ': { url: () => '', isWordless: true },
  'GET /api/services': { url: () => '/api/services' },
  'GET /api/services/:service/operations': { url: (word) => `/api/services/${word}-orders/operations` },
  'GET /api/operations': { url: (word) => `/api/operations?service=${word}-orders` },
  'GET /api/traces': { url: () => `/api/traces?${MICROS}` },
  'GET /api/traces/:traceId': { url: () => `/api/traces/${TRACE_ID}` },
  'GET /api/dependencies': { url: () => '/api/dependencies' },
  'GET /api/metrics/calls': { url: (word) => `/api/metrics/calls?service=${word}-orders` },
  'GET /api/metrics/errors': { url: (word) => `/api/metrics/errors?service=${word}-orders` },
  'GET /api/metrics/latencies': { url: (word) => `/api/metrics/latencies?quantile=0.9&service=${word}-orders` },
  'POST /api/transform': { url: () => '/api/transform', body: OTLP },
  'POST /api/archive/:traceId': {
    url: () => `/api/archive/${TRACE_ID}`,
    body: () => '',
    isWordless: true,
  },
  'GET /api/v3/services': { url: () => '/api/v3/services' },
  'GET /api/v3/operations': { url: (word) => `/api/v3/operations?service=${word}-orders` },
  'GET /api/v3/traces/:traceId': { url: () => `/api/v3/traces/${TRACE_ID}` },
  'GET /api/v3/traces': { url: () => `/api/v3/traces?${WINDOW}` },
  'GET /api/metrics/minstep': { url: () => '/api/metrics/minstep', isWordless: true },
  'GET /api/v3/dependencies': { url: () => `/api/v3/dependencies?start_time=${FROM_MS}&end_time=${NOW_MS}` },
  'GET /api/v3/trace-summaries': { url: () => `/api/v3/trace-summaries?${WINDOW}` },
};
const SECONDS = `start=${FROM_MS / 1000}&end=${NOW_MS / 1000}`;
const AT = `time=${(FROM_MS + 90_000) / 1000}`;
const FORM = (text: string): Pick<Case, 'url' | 'body'> => ({ url: () => '', body: () => text });
const wordless = (path: string): Case => ({ url: () => path, isWordless: true });
const PROMETHEUS: { readonly [path: string]: Case } = {
  'GET ': wordless(''),
  'GET /api/v1/query': { url: () => `/api/v1/query?query=queue_ratio&${AT}` },
  'POST /api/v1/query': { ...FORM(`query=queue_ratio&${AT}`), url: () => '/api/v1/query' },
  'GET /api/v1/query_range': { url: () => `/api/v1/query_range?query=queue_ratio&step=60&${SECONDS}` },
  'POST /api/v1/query_range': { ...FORM(`query=queue_ratio&step=60&${SECONDS}`), url: () => '/api/v1/query_range' },
  'GET /api/v1/query_exemplars': { url: () => `/api/v1/query_exemplars?query=queue_ratio&${SECONDS}` },
  'POST /api/v1/query_exemplars': { ...FORM(`query=queue_ratio&${SECONDS}`), url: () => '/api/v1/query_exemplars' },
  'GET /api/v1/format_query': wordless('/api/v1/format_query?query=a'),
  'POST /api/v1/format_query': { ...wordless('/api/v1/format_query'), body: () => 'query=a' },
  'GET /api/v1/parse_query': wordless('/api/v1/parse_query?query=a'),
  'POST /api/v1/parse_query': { ...wordless('/api/v1/parse_query'), body: () => 'query=a' },
  'GET /api/v1/series': { url: () => `/api/v1/series?match[]=queue_ratio&${SECONDS}` },
  'POST /api/v1/series': { ...FORM(`match[]=queue_ratio&${SECONDS}`), url: () => '/api/v1/series' },
  'GET /api/v1/labels': wordless(`/api/v1/labels?${SECONDS}`),
  'POST /api/v1/labels': { ...wordless('/api/v1/labels'), body: () => SECONDS },
  'GET /api/v1/label/:name/values': { url: () => `/api/v1/label/colour/values?${SECONDS}` },
  'GET /api/v1/metadata': { url: () => '/api/v1/metadata' },
  'GET /federate': { url: () => '/federate?match[]=queue_ratio', isWordless: true },
  'GET /api/v1/status/buildinfo': wordless('/api/v1/status/buildinfo'),
  'GET /api/v1/status/runtimeinfo': wordless('/api/v1/status/runtimeinfo'),
  'GET /api/v1/status/config': wordless('/api/v1/status/config'),
  'GET /api/v1/status/flags': wordless('/api/v1/status/flags'),
  'GET /api/v1/rules': wordless('/api/v1/rules'),
  'GET /api/v1/alerts': wordless('/api/v1/alerts'),
  'GET /api/v1/targets': wordless('/api/v1/targets'),
  'GET /api/v1/alertmanagers': wordless('/api/v1/alertmanagers'),
  'GET /api/v1/scrape_pools': wordless('/api/v1/scrape_pools'),
  'GET /api/v1/scrape_pools/config': { ...wordless('/api/v1/scrape_pools/config'), status: 400 },
  'GET /api/v1/targets/metadata': wordless('/api/v1/targets/metadata'),
  'GET /api/v1/targets/relabel_steps': { ...wordless('/api/v1/targets/relabel_steps'), status: 400 },
  'GET /api/v1/notifications': wordless('/api/v1/notifications'),
  'GET /api/v1/features': wordless('/api/v1/features'),
  'GET /api/v1/status/tsdb/blocks': wordless('/api/v1/status/tsdb/blocks'),
  'GET /api/v1/status/walreplay': wordless('/api/v1/status/walreplay'),
  ...Object.fromEntries(
    ['delete_series', 'clean_tombstones', 'snapshot'].flatMap((name) =>
      ['POST', 'PUT'].map((method) => [
        `${method} /api/v1/admin/tsdb/${name}`,
        { ...wordless(`/api/v1/admin/tsdb/${name}`), body: () => '', status: 500 },
      ]),
    ),
  ),
  ...Object.fromEntries(
    ['metric_names', 'label_names', 'label_values'].flatMap((name) => [
      [`GET /api/v1/search/${name}`, { ...wordless(`/api/v1/search/${name}`), status: 500 }],
      [`POST /api/v1/search/${name}`, { ...wordless(`/api/v1/search/${name}`), body: () => '', status: 500 }],
    ]),
  ),
  ...Object.fromEntries(
    ['reload', 'quit'].map((name) => [`POST /-/${name}`, { ...wordless(`/-/${name}`), body: () => '', status: 403 }]),
  ),
  'GET /metrics': wordless('/metrics'),
  'POST /api/v1/read': { ...wordless('/api/v1/read'), body: () => 'x', status: 400 },
  // This server only reads; write.test.ts has the others.
  ...Object.fromEntries(
    ['/api/v1/write', '/api/v1/otlp/v1/metrics'].flatMap((path) => [
      [`GET ${path}`, { ...wordless(path), status: 405 }],
      [`POST ${path}`, { ...wordless(path), body: () => 'x', status: 404 }],
    ]),
  ),
  'GET /-/healthy': wordless('/-/healthy'),
  'GET /-/ready': wordless('/-/ready'),
};
/** Alerts are of the tenant without a name: the others have no Alertmanager. */
const ALERTMANAGER: { readonly [path: string]: Case } = {
  'GET ': wordless(''),
  ...Object.fromEntries(
    [
      'GET /api/v2/status',
      'GET /api/v2/receivers',
      'GET /api/v2/alerts',
      'GET /api/v2/alerts/groups',
      'GET /api/v2/silences',
      'GET /api/v2/silence/:silenceID',
      'DELETE /api/v2/silence/:silenceID',
    ].map((route) => [
      route,
      { ...wordless(route.replace(/^\w+ /, '').replace(':silenceID', OTHER_TRACE_ID)), status: 404 },
    ]),
  ),
  'POST /api/v2/alerts': { ...wordless('/api/v2/alerts'), body: () => '[]', status: 404 },
  'POST /api/v2/silences': { ...wordless('/api/v2/silences'), body: () => '{}', status: 404 },
  'GET /-/healthy': wordless('/-/healthy'),
  'GET /-/ready': wordless('/-/ready'),
};
/** The same by GET and by POST with a form. */
function twice(
  path: string,
  query: (word: TenantName) => string,
  more: Partial<Case> = {},
  at = path,
): [string, Case][] {
  return [
    [`GET ${path}`, { url: (word) => `${at}?${query(word)}`, ...more }],
    [`POST ${path}`, { url: () => at, body: query, ...more }],
  ];
}

const NANOS = `start=${FROM_MS}000000&end=${NOW_MS}000000`;
const ORDERS = (word: string): string => encodeURIComponent(`{service_name="${word}-orders"}`);
const COUNT = (word: string): string =>
  encodeURIComponent(`sum by (service_name) (count_over_time({service_name="${word}-orders"}[1h]))`);
const LOKI: { readonly [path: string]: Case } = {
  'GET ': wordless(''),
  ...Object.fromEntries([
    ...twice('/api/v1/query', (word) => `query=${COUNT(word)}&time=${NOW_MS}000000`),
    ...twice('/api/v1/query_range', (word) => `query=${ORDERS(word)}&${NANOS}`),
    ...twice('/api/v1/format_query', () => 'query=1', { isWordless: true }),
    ...twice('/api/v1/labels', () => NANOS, { isWordless: true }),
    ...twice('/api/v1/label', () => NANOS, { isWordless: true }),
    ...twice('/api/v1/label/:name/values', () => NANOS, {}, '/api/v1/label/service_name/values'),
    ...twice('/api/v1/series', (word) => `match[]=${ORDERS(word)}&${NANOS}`),
    ...twice('/api/v1/index/stats', (word) => `query=${ORDERS(word)}&${NANOS}`, { isWordless: true }),
    ...twice('/api/v1/index/shards', (word) => `query=${ORDERS(word)}&targetBytesPerShard=1000&${NANOS}`, {
      isWordless: true,
    }),
    ...twice('/api/v1/index/volume', (word) => `query=${ORDERS(word)}&${NANOS}`),
    ...twice('/api/v1/index/volume_range', (word) => `query=${ORDERS(word)}&step=60&${NANOS}`),
    ...twice('/api/v1/detected_labels', () => NANOS, { isWordless: true }),
    ...twice('/api/v1/detected_fields', () => NANOS, { isWordless: true }),
    ...twice('/api/v1/detected_field/:name/values', () => NANOS, {}, '/api/v1/detected_field/colour/values'),
    ...twice('/api/v1/patterns', (word) => `query=${ORDERS(word)}&${NANOS}`),
  ]),
  // This server only reads; loki.test.ts has the others.
  ...Object.fromEntries(
    ['/api/v1/push', '/otlp/v1/logs'].flatMap((path) => [
      [`GET ${path}`, { ...wordless(path), status: 405 }],
      [`POST ${path}`, { ...wordless(path), body: () => 'x', status: 404 }],
    ]),
  ),
  // Without a websocket; with one, see below.
  'GET /api/v1/tail': { ...wordless(`/api/v1/tail?query=${encodeURIComponent('{service_name=~".+"}')}`), status: 400 },
  // This server has none.
  'GET /api/v1/rules': { ...wordless('/api/v1/rules'), status: 404 },
  'GET /api/v1/rules/:file': { ...wordless('/api/v1/rules/f'), status: 404 },
  'GET /api/v1/rules/:file/:group': { ...wordless('/api/v1/rules/f/g'), status: 404 },
  'GET /api/v1/status/buildinfo': wordless('/api/v1/status/buildinfo'),
  'GET /api/v1/drilldown-limits': wordless('/api/v1/drilldown-limits'),
  'GET /ready': wordless('/ready'),
};
/** The view, the table behind it, another view of the same, and what a subquery finds. */
const STATEMENT = `SELECT groupArray((service, name)), (SELECT groupUniqArray(service_name) FROM signalbox.spans), (SELECT count() FROM signalbox.spans),
  (SELECT groupArray(Body) FROM signalbox.otel_logs), (SELECT groupArray(description) FROM metrics) FROM spans`;
const SQL: { readonly [path: string]: Case } = {
  'GET ': { url: () => `?format=CSV&query=${encodeURIComponent(STATEMENT)}` },
  'POST ': { url: () => '?format=CSV', body: () => STATEMENT },
  'GET /schema': wordless('/schema'),
};
const CALL = (name: string, values: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: values } });
const MCP: { readonly [path: string]: Case } = {
  'POST ': { url: () => '', body: () => CALL('services', {}) },
  'GET ': { ...wordless(''), status: 405 },
  'DELETE ': { ...wordless(''), status: 405 },
};
const ZIPKIN: { readonly [path: string]: Case } = {
  'GET ': wordless(''),
  'GET /health': wordless('/health'),
  'GET /api/v2/services': { url: () => '/api/v2/services' },
  'GET /api/v2/spans': { url: (word) => `/api/v2/spans?serviceName=${word}-orders` },
  'GET /api/v2/remoteServices': wordless('/api/v2/remoteServices?serviceName=orders'),
  'GET /api/v2/autocompleteKeys': wordless('/api/v2/autocompleteKeys'),
  'GET /api/v2/autocompleteValues': { url: () => '/api/v2/autocompleteValues?key=colour' },
  'GET /api/v2/dependencies': { url: () => `/api/v2/dependencies?endTs=${NOW_MS}` },
  'GET /api/v2/traces': { url: () => `/api/v2/traces?endTs=${NOW_MS}` },
  'GET /api/v2/traceMany': { url: () => `/api/v2/traceMany?traceIds=${TRACE_ID},${OTHER_TRACE_ID}` },
  'GET /api/v2/trace/:traceId': { url: () => `/api/v2/trace/${TRACE_ID}` },
};
const TRACES_RANGE = `start=${Math.floor(FROM_MS / 1000)}&end=${Math.ceil(NOW_MS / 1000)}`;
const COUNTED = encodeURIComponent('{ } | count_over_time() by(resource.service.name)');
const TEMPO: { readonly [path: string]: Case } = {
  'GET ': wordless(''),
  'GET /api/echo': wordless('/api/echo'),
  'GET /ready': wordless('/ready'),
  'GET /api/status/buildinfo': wordless('/api/status/buildinfo'),
  'GET /api/traces/:traceId': { url: () => `/api/traces/${TRACE_ID}` },
  'GET /api/v2/traces/:traceId': { url: () => `/api/v2/traces/${TRACE_ID}` },
  'GET /api/search': { url: () => `/api/search?${TRACES_RANGE}` },
  'GET /api/search/tags': wordless(`/api/search/tags?${TRACES_RANGE}`),
  'GET /api/v2/search/tags': wordless(`/api/v2/search/tags?${TRACES_RANGE}`),
  'GET /api/search/tag/:name/values': { url: () => `/api/search/tag/span.colour/values?${TRACES_RANGE}` },
  'GET /api/v2/search/tag/:name/values': { url: () => `/api/v2/search/tag/span.colour/values?${TRACES_RANGE}` },
  'GET /api/metrics/query_range': { url: () => `/api/metrics/query_range?q=${COUNTED}&${TRACES_RANGE}` },
  'GET /api/metrics/query': { url: () => `/api/metrics/query?q=${COUNTED}&${TRACES_RANGE}` },
  'GET /api/metrics/summary': { url: () => `/api/metrics/summary?q=%7B%7D&groupBy=span.colour&${TRACES_RANGE}` },
};
const CASES: { readonly [plugin: string]: { readonly [path: string]: Case } } = {
  alertmanager: ALERTMANAGER,
  console: CONSOLE,
  jaeger: JAEGER,
  loki: LOKI,
  mcp: MCP,
  prometheus: PROMETHEUS,
  sql: SQL,
  tempo: TEMPO,
  zipkin: ZIPKIN,
};

/** Records of both tenants that arrived in one moment at the same place would have the same id; here their moments differ. */
function logIdOf(word: TenantName): string {
  return word === 'violet' ? logId : amberLogId;
}
let amberLogId = '';
beforeAll(async () => {
  const { text } = await ask('amber', `/api/console/logs?${RANGE}&limit=1`);
  amberLogId = (JSON.parse(text) as { readonly logs: readonly { readonly id: string }[] }).logs[0]!.id;
});

const needs = { version: '', ingest: {}, onClose: () => undefined };
const routes = PLUGINS.flatMap((plugin) => {
  const about = plugin.about === undefined ? [] : ['GET '];
  const paths = [...about, ...plugin.routes(needs).map(({ method, path }) => `${method} ${path}`)];
  return paths.map((path) => ({ plugin, path, name: `${plugin.name}: ${path}` }));
});

function send(name: string | undefined, prefix: string, asked: Case, word: TenantName): ReturnType<typeof ask> {
  const { body, method } = asked;
  const init = body === undefined ? { method: method ?? 'GET' } : { method: 'POST', body: body(word) };
  return ask(name, `${prefix}${asked.url(word)}`, init);
}

function routeOf(plugin: ApiPlugin, path: string): ApiRoute | undefined {
  return plugin.routes(needs).find(({ method, path: own }) => `${method} ${own}` === path);
}

describe.each(routes)('$name', ({ plugin, path }) => {
  const asked = CASES[plugin.name]?.[path];

  test('gives each tenant its own rows', async () => {
    expect(asked, 'this route needs a case in tenants.test.ts').toBeDefined();
    for (const word of TENANTS) {
      const other = TENANTS.find((one) => one !== word)!;
      const { status, text } = await send(word, plugin.prefixes[0]!, asked!, word);
      expect([status, text.slice(0, 300)]).toEqual([asked!.status ?? 200, expect.anything()]);
      expect(text).not.toContain(other);
      if (!asked!.isWordless) expect(text).toContain(word);
    }
  });

  test("finds nothing of another's under its name or id", async () => {
    const { text } = await send('amber', plugin.prefixes[0]!, { ...asked!, body: () => OTLP('x') }, 'violet');
    // What was asked may be said again, as an error does; nothing else.
    expect(text.replaceAll(/violet-orders/g, '')).not.toContain('violet');
  });

  test('refuses whom the hooks refuse, in its own form', async () => {
    const isBelowFirst = path === 'GET ' || routeOf(plugin, path)?.isBelowFirst === true;
    for (const prefix of plugin.prefixes) {
      if (isBelowFirst && prefix === '') continue;
      const stranger = await send(undefined, prefix, asked!, 'violet');
      expect([stranger.status, stranger.challenge]).toEqual([401, 'Name realm="signalbox"']);
      expect(stranger.text).toContain('say who you are');
      const nobody = await send('nobody', prefix, asked!, 'violet');
      expect([nobody.status, nobody.text]).toEqual([403, expect.stringContaining('nobody has no tenant')]);
    }
    const { text } = await send(undefined, plugin.prefixes[0]!, asked!, 'violet');
    const form = { status: 401, code: 'unauthenticated', message: 'say who you are' };
    const failed = (routeOf(plugin, path)?.failed ?? plugin.failed)(form);
    if (failed instanceof TextAnswer) expect(text).toBe(failed.text);
    else expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(failed));
  });
});

test('a tail of records gives each tenant its own', async () => {
  for (const word of TENANTS) {
    const abort = new AbortController();
    const url = `${server.url}/api/console/logs/tail?${RANGE}`;
    const { body } = await fetch(url, { headers: { 'x-name': word }, signal: abort.signal });
    const { value } = await body!.getReader().read();
    abort.abort();
    const text = Buffer.from(value!).toString();
    expect(text).toContain(`${word} line`);
    for (const other of TENANTS.filter((one) => one !== word)) expect(text).not.toContain(other);
  }
});

test('a websocket gives each tenant its own lines, and is refused as all else', async () => {
  const open = (headers: Readonly<Record<string, string>>): Promise<string> =>
    new Promise((resolve) => {
      const query = new URLSearchParams({ query: '{service_name=~".+"}', start: `${FROM_MS}000000` });
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/loki/api/v1/tail?${query}`, { headers });
      socket.on('message', (data) => {
        resolve(String(data));
        socket.close();
      });
      socket.on('error', (error) => resolve(error.message));
    });
  for (const word of TENANTS) {
    const text = await open({ 'x-name': word });
    expect(text).toContain(`${word} line`);
    for (const other of TENANTS.filter((one) => one !== word)) expect(text).not.toContain(other);
  }
  expect(await open({})).toContain('401');
  expect(await open({ 'x-name': 'nobody' })).toContain('403');
});

test('the tenant goes into every statement', async () => {
  for (const asked of Object.values(CONSOLE)) {
    const url = asked.url('violet');
    const isChange = asked.body !== undefined || asked.method !== undefined;
    if (url.startsWith('/logs/export') || asked.status !== undefined || isChange) continue;
    const { text } = await ask('violet', `/api/console${url}&explain=1`);
    const { explain } = JSON.parse(text) as {
      readonly explain: readonly { readonly sql: string; readonly parameters: { readonly [name: string]: string } }[];
    };
    for (const { sql, parameters } of explain) {
      const named = Array.from(sql.matchAll(/\btenant = \{(p\d+):String\}/g), ([, name]) => parameters[name!]);
      const tables = Array.from(sql.matchAll(/\bFROM (\w+) AS stored\b/g));
      expect(named, sql).toEqual(tables.map(() => 'violet'));
    }
  }
});
