import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MapEdge, ServiceMap } from '../answers/index.ts';
import { type FixtureSpan, insertSpans } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { readServiceMap } from './service-map.ts';

const FROM_MS = 1_760_000_000_000;
const RANGE = { fromMs: FROM_MS, toMs: FROM_MS + 600_000 };
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];
const MS = 1_000_000;

let store: TestStore;
let counter = 0;
const spans: FixtureSpan[] = [];

function span(service: string, kind: number, more: Partial<FixtureSpan> = {}): FixtureSpan {
  const id = (++counter).toString(16);
  const made = {
    traceId: id,
    spanId: id,
    timeNs: BigInt(FROM_MS + counter * 1000) * 1_000_000n,
    durationNs: 2 * MS,
    service,
    name: 'x',
    kind,
    resource: { 'deployment.environment.name': 'prod' },
    ...more,
  };
  spans.push(made);
  return made;
}

/** A client's span and the server's below it. */
function call(from: string, to: string, durationMs: number, more: Partial<FixtureSpan> = {}): void {
  const { traceId, spanId } = span(from, CLIENT, { attributes: { 'server.address': to } });
  span(to, SERVER, { traceId, parentSpanId: spanId, durationNs: durationMs * MS, ...more });
}

beforeAll(async () => {
  store = await startTestStore();
  for (let i = 0; i < 10; i++) call('web', 'orders', 10, { status: i < 2 ? 2 : 0 });
  call('web', 'stock', 3, { resource: { 'deployment.environment.name': 'test' } });
  for (let i = 0; i < 4; i++)
    span('orders', CLIENT, { attributes: { 'db.system': 'postgresql', 'db.name': 'shop', 'server.address': 'db1' } });
  span('orders', CLIENT, { attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop' }, status: 2 });
  span('orders', CLIENT, {
    attributes: { 'db.system.name': 'redis', 'db.namespace': '0', 'server.address': 'cache1' },
  });
  const queue = { 'messaging.system': 'kafka', 'messaging.destination.name': 'paid' };
  const sent = span('orders', PRODUCER, { attributes: queue });
  span('billing', CONSUMER, { traceId: sent.traceId, parentSpanId: sent.spanId, attributes: queue });
  // Of one message: fetched and settled by a client's spans, worked on in a consumer's; of another all that there is.
  for (const type of ['receive', 'settle'])
    span('billing', CLIENT, { attributes: { ...queue, 'messaging.operation.type': type } });
  span('audit', CLIENT, { attributes: { ...queue, 'messaging.operation': 'receive' } });
  span('billing', CLIENT, { attributes: { 'url.full': 'https://api.example.com/v1' } });
  // It never reached a server: the name is a service's all the same, also as a cluster's DNS has it.
  span('web', CLIENT, { attributes: { 'server.address': 'orders.shop.svc' }, status: 2 });
  await insertSpans(store, spans);
});
afterAll(() => store.close());

function edge({ edges }: ServiceMap, source: string, target: string): MapEdge {
  const found = edges.find((one) => one.source === source && one.target === target);
  if (found === undefined) throw new Error(`no edge ${source} to ${target} among ${JSON.stringify(edges)}`);
  return found;
}

describe('read from spans', () => {
  test('services, databases, caches, queues and hosts are nodes, calls are edges with errors and durations', async () => {
    const map = await readServiceMap(store.reader, RANGE);
    expect(map.edgesFromMs).toBe(FROM_MS);
    expect(map.nodes.map(({ id }) => id).sort()).toEqual([
      ...['cache:redis/cache1', 'database:postgresql/shop', 'host:/api.example.com', 'queue:kafka/paid'],
      ...['service:audit', 'service:billing', 'service:orders', 'service:stock', 'service:web'],
    ]);
    expect(map.edges).toHaveLength(8);
    expect(edge(map, 'queue:kafka/paid', 'service:audit').callCount).toBe(1);
    expect(edge(map, 'service:orders', 'database:postgresql/shop')).toMatchObject({ callCount: 5, errorCount: 1 });
    expect(edge(map, 'service:orders', 'cache:redis/cache1').callCount).toBe(1);
    expect(edge(map, 'service:orders', 'queue:kafka/paid').callCount).toBe(1);
    expect(edge(map, 'queue:kafka/paid', 'service:billing').callCount).toBe(1);
    expect(edge(map, 'service:billing', 'host:/api.example.com').callCount).toBe(1);
    const web = edge(map, 'service:web', 'service:orders');
    expect(web).toMatchObject({ callCount: 11, errorCount: 3 });
    for (const ns of [web.p50Ns!, web.p95Ns!]) expect(ns / (10 * MS)).toBeCloseTo(1, 1);
    expect(web.errorRatio).toBeCloseTo(3 / 11);
    expect(web.rate).toBeGreaterThan(0);
    expect(map.nodes.find(({ id }) => id === 'queue:kafka/paid')!.requestRate).toBeCloseTo(
      edge(map, 'service:orders', 'queue:kafka/paid').rate,
    );
  });

  test('an environment is of the called one', async () => {
    const { edges } = await readServiceMap(store.reader, { ...RANGE, environment: 'test' });
    expect(edges.map(({ target }) => target)).toEqual(['service:stock']);
  });
});

test('without spans there is nothing', async () => {
  const map = await readServiceMap(store.reader, { fromMs: 0, toMs: 1000 });
  expect(map).toMatchObject({ nodes: [], edges: [], leftOutNodes: 0, leftOutEdges: 0 });
});
