/** What a service depends on that sends no telemetry of its own, asked over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FixtureSpan, insertSpans } from '../../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';
import type { DependenciesResponse } from './types.ts';

const FROM_MS = 1_760_000_000_000;
const range = `from=${FROM_MS}&to=${FROM_MS + 3_600_000}`;
const [SERVER, CLIENT, PRODUCER] = [2, 3, 4];
let store: TestStore;
let server: RunningServer;
let counter = 0;
const spans: FixtureSpan[] = [];

function call(attributes: object, more: Partial<FixtureSpan> = {}): FixtureSpan {
  const id = (++counter).toString(16);
  const timeNs = BigInt(FROM_MS + counter * 1000) * 1_000_000n;
  const span = {
    traceId: id,
    spanId: id,
    timeNs,
    durationNs: 2_000_000,
    service: 'shop',
    name: 'call',
    kind: CLIENT,
    attributes,
    ...more,
  };
  spans.push(span);
  return span;
}

beforeAll(async () => {
  for (let i = 0; i < 4; i++)
    call(
      { 'db.system.name': 'postgresql', 'db.namespace': 'orders', 'server.address': 'db1' },
      { status: i === 0 ? 2 : 0 },
    );
  // The same database by the names of before.
  call({ 'db.system': 'postgresql', 'db.name': 'orders', 'net.peer.name': 'db1' }, { durationNs: 50_000_000 });
  for (let i = 0; i < 3; i++) call({ 'db.system': 'redis', 'server.address': 'cache1' });
  call(
    { 'messaging.system': 'kafka', 'messaging.destination.name': 'paid', 'server.address': 'k1' },
    { kind: PRODUCER },
  );
  call({ 'messaging.system': 'kafka', 'messaging.destination': 'paid', 'net.peer.name': 'k1' }, { kind: PRODUCER });
  call({ 'http.request.method': 'GET', 'url.full': 'https://api.example.com/v1?q=1' });
  call({ 'http.method': 'GET', 'http.url': 'https://api.example.com:8443/v2' });
  call({ 'rpc.system': 'grpc', 'peer.service': 'legacy' });
  // A service that sends telemetry is no dependency of this kind, nor is a client's span that names nobody.
  const known = call({ 'server.address': 'billing' });
  spans.push({
    ...known,
    spanId: 'beef',
    parentSpanId: known.spanId,
    service: 'billing',
    kind: SERVER,
    attributes: {},
  });
  call({});
  call({ 'db.system': 'mysql', 'server.address': 'other' }, { service: 'another' });
  store = await startTestStore();
  await insertSpans(store, spans);
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

async function dependencies(service: string): Promise<DependenciesResponse['dependencies']> {
  const response = await fetch(`${server.url}/api/console/services/${service}/dependencies?${range}`);
  if (response.status !== 200) throw new Error(await response.text());
  return ((await response.json()) as DependenciesResponse).dependencies;
}

test('databases, caches, queues and other hosts with calls, errors and durations, under old and new names', async () => {
  const found = await dependencies('shop');
  expect(
    found.map(({ kind, system, name, namespace, callCount, errorCount }) => [
      kind,
      system,
      name,
      namespace,
      callCount,
      errorCount,
    ]),
  ).toEqual([
    ['database', 'postgresql', 'db1', 'orders', 5, 1],
    ['cache', 'redis', 'cache1', '', 3, 0],
    ['host', '', 'api.example.com', '', 2, 0],
    ['queue', 'kafka', 'k1', 'paid', 2, 0],
    ['host', 'grpc', 'legacy', '', 1, 0],
  ]);
  expect(found[0]!.p50Ns / 2_000_000).toBeCloseTo(1, 1);
  expect(found[0]!.p95Ns).toBeGreaterThan(20_000_000);
});

test('a service that calls nobody has none', async () => {
  expect(await dependencies('nobody')).toEqual([]);
  expect(await dependencies('billing')).toEqual([]);
});
