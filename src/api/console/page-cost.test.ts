/** What the pages ask of the store, by the statements themselves: nothing here depends on how fast a machine is. */
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { insertLogs, insertSpans } from '../../query/testing/fixtures.ts';
import { noteTraces } from '../../query/testing/note-traces.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

interface Seen {
  readonly statement: string;
  readonly priority: string | null;
  readonly urlLength: number;
}

let store: TestStore;
let proxy: Server;
let server: RunningServer;
let seen: Seen[] = [];
const SPAN_COUNT = 200_000;
const now = Date.now();

beforeAll(async () => {
  store = await startTestStore();
  // Most of it is older than anything that is fresh.
  await store.run(`INSERT INTO ${store.database}.spans (time, duration_ns, trace_id, span_id, service_name, name, kind, ingested_at)
    SELECT fromUnixTimestamp64Milli(toInt64(${now - 3_600_000}) + intDiv(number * 3000, ${SPAN_COUNT / 1000})), 1000, toFixedString(toString(number), 16),
      toFixedString(toString(number), 8), concat('service-', toString(number % 20)), 'x', 2, now() FROM numbers(${SPAN_COUNT})`);
  const timeNs = BigInt(now) * 1_000_000n;
  // With an environment, because where there is none the server looks for one every few seconds.
  const resource = { 'deployment.environment.name': 'prod' };
  const fresh = {
    traceId: 'aa',
    spanId: '1',
    timeNs,
    durationNs: 5,
    service: 'service-1',
    name: 'y',
    kind: 2,
    resource,
  };
  await insertSpans(store, [fresh]);
  await insertLogs(store, [{ timeNs, service: 'service-1', body: 'fresh' }]);
  proxy = createServer({ maxHeaderSize: 1024 * 1024 }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url!, store.url);
    seen.push({
      statement: body.toString(),
      priority: url.searchParams.get('priority'),
      urlLength: request.url!.length,
    });
    const onward = forward(
      url,
      { method: request.method!, headers: { ...request.headers, host: url.host } },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const engineUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  server = await startServer({ port: 0, engineUrl, ...store.readerLogin });
});
afterAll(async () => {
  await server.close();
  proxy.closeAllConnections();
  proxy.close();
  await store.close();
});
beforeEach(() => {
  seen = [];
});

async function ask(path: string): Promise<Response> {
  const response = await fetch(`${server.url}${path}`);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}
const range = `from=${now - 3_600_000}&to=${now + 1000}`;

test('what somebody waits for by an id passes what reads much', async () => {
  const byId = [
    '/api/console/status',
    '/api/console/traces/aa',
    '/api/console/traces/aa/logs',
    '/api/traces/aa',
    '/api/v3/traces/aa',
  ];
  // The first status looks for the environments, too; they are known for the next, which follows at once.
  await ask('/api/console/status');
  for (const path of byId) {
    seen = [];
    await ask(path);
    expect(seen.length, path).toBeGreaterThan(0);
    expect(
      seen.map(({ priority }) => priority),
      path,
    ).toEqual(seen.map(() => '1'));
  }
  for (const path of [`/api/console/services?${range}`, `/api/console/traces?${range}&q=x`]) {
    seen = [];
    await ask(path);
    expect(
      seen.some(({ priority }) => priority === '10'),
      path,
    ).toBe(true);
  }
});

test('the status that every page polls asks for what is fresh, and for the series of a signal that has nothing', async () => {
  await ask('/api/console/status');
  seen = [];
  const status = (await (await ask('/api/console/status')).json()) as { signals: { traces: object; logs: object } };
  expect(status.signals.traces).toEqual({ hasData: true, newestMs: now });
  expect(seen.map(({ priority }) => priority)).toEqual(['1', '1']);
  expect(seen.every(({ statement }) => /UNION ALL|metric_series/.test(statement))).toBe(true);
});

test('the menu of services on the traces page costs two columns, not a page of services', async () => {
  await ask(`/api/console/service-names?${range}`);
  expect(seen).toHaveLength(1);
  expect(seen[0]!.statement).not.toMatch(/duration_ns|quantile|resource/);
});

test('every answer says what it took of the store, so that a page can pace itself', async () => {
  for (const path of [
    '/status',
    `/services?${range}`,
    `/services/service-1?${range}`,
    `/traces?${range}`,
    `/logs?${range}`,
    `/system?${range}`,
  ]) {
    const response = await ask(`/api/console${path}`);
    expect(Number(/^store;dur=([\d.]+)$/.exec(response.headers.get('server-timing')!)![1]), path).toBeGreaterThan(0);
  }
});

test('no page binds a list without an end into a request', async () => {
  await store.run(`INSERT INTO ${store.database}.spans (time, duration_ns, trace_id, span_id, service_name, name, kind, ingested_at)
    SELECT fromUnixTimestamp64Milli(toInt64(${now - 1000})), 1000, toFixedString(concat('many', toString(number)), 16), toFixedString(toString(number), 8),
      concat('one-of-very-many-services-', toString(number)), concat('operation-', toString(number)), 2, now() FROM numbers(30000)`);
  await noteTraces(store, "startsWith(service_name, 'one-of')");
  const window = `start=${(now - 3_600_000) * 1000}&end=${(now + 1000) * 1000}`;
  const paths = [
    `/api/console/services?${range}`,
    `/api/console/service-names?${range}`,
    `/api/console/traces?${range}&limit=2000`,
    `/api/console/traces/sample?${range}`,
    `/api/console/traces/histogram?${range}`,
    `/api/console/operations?${range}`,
    `/api/console/logs/histogram?${range}`,
    '/api/services',
    `/api/traces?limit=1500&${window}`,
    '/api/dependencies',
  ];
  for (const path of paths) await ask(path);
  // A ClickHouse server takes 1 MiB; ids of the 2,000 traces of a page are 64 KB.
  expect(Math.max(...seen.map(({ urlLength }) => urlLength))).toBeLessThan(100_000);
});
