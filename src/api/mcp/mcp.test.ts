import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUTS, type Incident, insertIncident, makeViews } from '../../query/testing/incident.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';
import { MAX_TOKENS, Told, tokensIn } from './told.ts';
import { TOOLS } from './tools.ts';

let store: TestStore;
let server: RunningServer;
let incident: Incident;
let client: Client;
beforeAll(async () => {
  store = await startTestStore();
  await makeViews(store);
  incident = await insertIncident(store, Date.now());
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
  client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)) as never);
}, 120_000);
afterAll(async () => {
  await client?.close();
  await server?.close();
  await store?.close();
});

interface Said {
  readonly text: string;
  readonly isError: boolean;
}

async function call(name: string, values: Record<string, unknown> = {}, by = client): Promise<Said> {
  const { content, isError } = await by.callTool({ name, arguments: values });
  const [{ text }] = content as [{ text: string }];
  expect(tokensIn(text)).toBeLessThanOrEqual(MAX_TOKENS);
  return { text, isError: isError === true };
}

test('all tools are listed, as reading only, with the schema of their arguments', async () => {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
  for (const { annotations, inputSchema, description } of tools) {
    expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
    expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(description!.length).toBeGreaterThan(40);
  }
  expect(client.getInstructions()).toContain('Call data_model first');
});

/** Each tool at least once, on the incident: what it must say. */
const CALLS: readonly {
  readonly tool: string;
  readonly values?: (of: Incident) => Record<string, unknown>;
  readonly says: readonly (string | RegExp)[];
}[] = [
  {
    tool: 'data_model',
    says: [/traces: newest 20/, 'environments: demo', '- spans: a row for each span', 'otel_traces'],
  },
  {
    tool: 'data_model',
    values: () => ({ view: 'requests' }),
    says: ['durations_ms | Array(Float64)', 'FROM requests'],
  },
  { tool: 'services', says: ['3 services', /gateway \| .* \| \d+\.?\d* % \| \d+ \|/] },
  {
    tool: 'service',
    values: () => ({ name: 'payments' }),
    says: [
      'operations:',
      /POST \/charges \| server \| 60 \| 13/,
      'called by:',
      /orders \| 60 \| 13/,
      'northpay.example',
    ],
  },
  {
    tool: 'dependencies',
    values: () => ({ service: 'orders' }),
    says: ['gateway | orders | 60', 'orders | payments | 60', /database \| postgresql/],
  },
  {
    tool: 'search_traces',
    values: () => ({ status: 'error', service: 'gateway', limit: 3 }),
    says: [/[0-9a-f]{32} \| 20.*\| 1500 ms \| gateway POST \/checkout \| 5 \| 5/, 'there are more than these 3'],
  },
  { tool: 'search_traces', values: () => ({ filter: 'payment.provider=cardwell status=error' }), says: ['(none)'] },
  {
    tool: 'what_differs',
    values: () => ({ service: 'payments', unit: 'spans' }),
    says: [/26 spans selected, 94 others/, /payment\.provider \| span \| northpay \| \d+ %/],
  },
  {
    tool: 'trace',
    values: ({ failedTraceId }) => ({ trace_id: failedTraceId }),
    says: [
      '5 spans, 5 errors, services: ',
      'critical path: time of its own that each span adds',
      /- 1475 ms \(98\.33 %\) payments charge/,
      'errors begin in 2 spans',
      'northpay answered 503: upstream connect error',
      'exception HttpError: northpay answered 503',
      'payment.provider=northpay',
      /- gateway POST \/checkout .*✗\n {2}- orders POST \/orders/,
      'northpay refused charge of',
    ],
  },
  { tool: 'logs', values: () => ({ severity: 'error' }), says: ['13 records', 'error 13', 'northpay refused charge'] },
  {
    tool: 'log_patterns',
    values: () => ({ service: 'payments' }),
    says: ['2 patterns in 60 lines', /47 \| 78\.33 % \| INFO \| charged <_> EUR/],
  },
  { tool: 'metrics', says: ['queue.depth | gauge', 'job.duration | histogram'] },
  {
    tool: 'promql',
    values: () => ({ query: 'queue_depth_ratio', instant: true, explain: true }),
    says: ['1 series', /queue="orders".* \| 41/, 'statements to the store'],
  },
  {
    tool: 'promql',
    values: () => ({ query: 'queue_depth_ratios' }),
    says: ['0 series'],
  },
  {
    tool: 'logql',
    values: () => ({ query: '{service_name="payments"} |= "refused"', limit: 2 }),
    says: [/\| error \| payments \| northpay refused/],
  },
  {
    tool: 'logql',
    values: () => ({
      query: 'sum by (detected_level) (count_over_time({service_name="payments"}[1h]))',
      instant: true,
    }),
    says: [/detected_level="info".* \| 47/],
  },
  {
    tool: 'traceql',
    values: () => ({ query: '{ resource.service.name="gateway" } >> { status=error }', explain: true }),
    says: [/[0-9a-f]{32} \| 20.* \| 1500 ms \| gateway POST/, 'statements to the store'],
  },
  {
    tool: 'traceql',
    values: () => ({
      query: '{ status=error && resource.service.name="payments" } | count_over_time() by (resource.service.name)',
      instant: true,
    }),
    says: ['1 series, of all of the range', /payments.* \| 26/],
  },
  {
    tool: 'traceql',
    values: () => ({ query: '{ status=error } | rate() by (resource.service.name)', explain: true }),
    says: [/values from 20.* every \d+ s/, /payments.* \| [\d. -]+/, 'statements to the store'],
  },
  {
    tool: 'sql',
    values: () => ({
      query:
        "SELECT attributes['payment.provider'] AS p, countIf(status = 'error') AS failed FROM spans WHERE p != '' GROUP BY p ORDER BY p",
    }),
    says: ['p | failed', 'cardwell | 0', 'northpay | 13'],
  },
  {
    tool: 'sql',
    values: () => ({ query: 'SELECT count() FROM spans', explain: true }),
    says: ['signalbox.spans', 'ReadFromMergeTree'],
  },
  { tool: 'alerts', says: ['0 alerting rules'] },
];
test.each(CALLS)('$tool tells of the incident', async ({ tool, values, says }) => {
  const { text, isError } = await call(tool, values?.(incident));
  expect({ isError, text: isError ? text : '' }).toEqual({ isError: false, text: '' });
  for (const what of says) expect(text).toMatch(typeof what === 'string' ? new RegExp(RegExp.escape(what)) : what);
  expect(incident.failedCount).toBe(13);
});

test('every tool is called here', () => {
  expect(new Set(CALLS.map(({ tool }) => tool))).toEqual(new Set(TOOLS.map(({ name }) => name)));
});

test('one span in full', async () => {
  const { text: trace } = await call('trace', { trace_id: incident.failedTraceId });
  const spanId = /payments charge span_id=([0-9a-f]{16})/.exec(trace)![1];
  const { text } = await call('trace', { trace_id: incident.failedTraceId, span_id: spanId });
  for (const what of ['failed: northpay answered 503', 'cloud.region=eu-west', 'event exception'])
    expect(text).toContain(what);
});

test.each([
  { tool: 'nope', values: {}, says: 'there is no tool "nope" (data_model, services' },
  {
    tool: 'services',
    values: { since: '1h' },
    says: 'there is no argument "since" (there are range, end, environment)',
  },
  { tool: 'services', values: { range: 'long' }, says: 'range: expected a time such as 30s or 1h, got "long"' },
  { tool: 'trace', values: { trace_id: 'xyz' }, says: 'xyz is no trace id' },
  { tool: 'trace', values: {}, says: 'the argument trace_id is missing' },
  { tool: 'search_traces', values: { filter: 'status==' }, says: 'status' },
  { tool: 'search_traces', values: { sort: 'best' }, says: 'sort can\'t be "best" (newest, slowest, spans, errors)' },
  { tool: 'promql', values: { query: 'sum(' }, says: 'parse error' },
  { tool: 'logql', values: { query: '{a=' }, says: 'error' },
  { tool: 'traceql', values: { query: '{ status = }' }, says: '' },
  { tool: 'sql', values: { query: 'SELECT serice FROM spans' }, says: 'Maybe you meant: [\'service\'], at "serice"' },
  { tool: 'sql', values: { query: 'DROP TABLE signalbox.spans' }, says: 'only statements that read are run' },
  { tool: 'logs', values: { severity: 'bad' }, says: "severity can't be bad (trace, debug" },
])('$tool says what is wrong with $values', async ({ tool, values, says }) => {
  const { text, isError } = await call(tool, values);
  expect([isError, text]).toEqual([true, expect.stringContaining(says)]);
});

test('an answer that is too long ends, and says how to narrow', async () => {
  const { text } = await call('sql', { query: 'SELECT hex(sipHash128(number)) AS id, number FROM numbers(500)' });
  expect(tokensIn(text)).toBeGreaterThan(MAX_TOKENS * 0.9);
  expect(text).toMatch(/\(\d+ of more than 500 rows have room here: group, filter, or LIMIT\)/);
  const told = new Told();
  for (let i = 0; i < 5_000; i++) told.line(`x${'界'.repeat(3_000)}`);
  expect(tokensIn(told.toString())).toBeLessThanOrEqual(MAX_TOKENS);
});

test('pages of other origins are refused, and so is what is no message', async () => {
  const post = (body: string, headers: Record<string, string>) =>
    fetch(`${server.url}/mcp`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    });
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
  expect((await post(list, {})).status).toBe(200);
  expect((await post(list, { origin: 'http://elsewhere.example' })).status).toBe(403);
  expect((await post('{', {})).status).toBe(400);
  expect((await fetch(`${server.url}/mcp`)).status).toBe(405);
});

test('signalbox mcp speaks the same on its standard streams', async () => {
  const args = [join(import.meta.dirname, '../../main/cli.ts'), 'mcp', '--server', server.url];
  const stdio = new Client({ name: 'test', version: '1' });
  await stdio.connect(new StdioClientTransport({ command: process.execPath, args }) as never);
  expect((await stdio.listTools()).tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
  expect((await call('services', {}, stdio)).text).toContain('gateway');
  await stdio.close();
  expect(CHECKOUTS).toBe(60);
  // Without a server each request is told so.
  const lonely = spawn(process.execPath, [...args.slice(0, 2), '--server', 'http://127.0.0.1:1']);
  lonely.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list' })}\n`);
  const line = await new Promise<string>((resolve) =>
    lonely.stdout.once('data', (data: Buffer) => resolve(data.toString())),
  );
  lonely.kill();
  expect(JSON.parse(line)).toMatchObject({
    id: 7,
    error: { message: expect.stringContaining('no server answers at http://127.0.0.1:1') },
  });
}, 120_000);
