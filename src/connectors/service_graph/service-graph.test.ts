import { describe, expect, test } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import {
  type AnyValue,
  Batch,
  PointChunk,
  SPAN_KIND_CLIENT,
  SPAN_KIND_CONSUMER,
  SPAN_KIND_INTERNAL,
  SPAN_KIND_PRODUCER,
  SPAN_KIND_SERVER,
  STATUS_ERROR,
} from '#pdata';
import { type SpanInput, TracesBuilder } from '#wire';
import { serviceGraphSchema } from './config.ts';
import { serviceGraphFactory } from './index.ts';

type Part = Partial<SpanInput> & { readonly service: string; readonly ms?: number; readonly resource?: object };

const A = '00000000000000aa';
const B = '00000000000000bb';

function spans(...list: readonly Part[]): Batch {
  const builder = new TracesBuilder();
  for (const { service, ms = 1000, resource, ...span } of list) {
    builder.group({ resource: { 'service.name': service, ...resource } }).add({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: A,
      name: 'call',
      kind: SPAN_KIND_CLIENT,
      startNs: 1_000_000_000n,
      endNs: 1_000_000_000n + BigInt(ms) * 1_000_000n,
      ...span,
    });
  }
  return new Batch('traces', [builder.chunk()]);
}

async function started(block: object = {}) {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const pipelines = new Map([['metrics', next]]);
  const connector = serviceGraphFactory.create(
    settings,
    serviceGraphSchema.parse(block),
    'traces',
    'metrics',
    pipelines,
  );
  await connector.start(fakeHost());
  return { connector, settings, next };
}

interface Point {
  readonly name: string;
  readonly value: number;
  readonly sum: number;
  readonly attributes: { [key: string]: AnyValue };
}

function pointsOf(batch: Batch): Point[] {
  return batch.chunks.flatMap((chunk) => {
    if (!(chunk instanceof PointChunk)) throw new Error('no points');
    const point = chunk.view();
    return Array.from({ length: chunk.count }, (_, index) => {
      point.row = chunk.rowAt(index);
      return {
        name: point.metric.name.replace('traces_service_graph_request_', ''),
        value: Number(point.value ?? point.count),
        sum: point.sum,
        attributes: point.attributes.toObject(),
      };
    });
  });
}

/** Takes the batches one after the other and returns the points of the first flush. */
async function flushed(block: object, ...batches: readonly Batch[]): Promise<Point[]> {
  const { connector, settings, next } = await started(block);
  for (const batch of batches) await connector.consume(batch);
  await settings.clock.advance(60_000);
  await connector.shutdown(1000);
  return next.batches[0] === undefined ? [] : pointsOf(next.batches[0]);
}
const totals = (points: readonly Point[]): unknown[] =>
  points.filter(({ name }) => name === 'total').map(({ attributes, value }) => ({ ...attributes, value }));

const call: readonly Part[] = [
  { service: 'web', ms: 300 },
  { service: 'shop', kind: SPAN_KIND_SERVER, spanId: B, parentSpanId: A, ms: 200 },
];

test.each([
  ['the client first', spans(...call)],
  ['the server first', spans(...call.toReversed())],
])('a call with both ends, %s', async (_, batch) => {
  const points = await flushed({}, batch);
  const attributes = { client: 'web', server: 'shop', connection_type: '', failed: false };
  expect(points).toMatchObject([
    { name: 'total', value: 1, attributes },
    { name: 'server', value: 1, sum: 0.2, attributes },
    { name: 'client', value: 1, sum: 0.3, attributes },
  ]);
});

test('the ends may come in two batches', async () => {
  expect(totals(await flushed({}, spans(call[0]!), spans(call[1]!)))).toMatchObject([
    { client: 'web', server: 'shop' },
  ]);
});

test('a call failed if either end says so', async () => {
  const failures = (points: readonly Point[]): unknown[] =>
    points.filter(({ name }) => name === 'failed_total').map(({ value, attributes }) => [value, attributes.failed]);
  for (const end of [0, 1]) {
    const batch = spans(...call.map((part, i) => (i === end ? { ...part, statusCode: STATUS_ERROR } : part)));
    expect(failures(await flushed({}, batch))).toEqual([[1, true]]);
  }
});

test('a message', async () => {
  const batch = spans(
    { service: 'shop', kind: SPAN_KIND_PRODUCER },
    { service: 'mail', kind: SPAN_KIND_CONSUMER, spanId: B, parentSpanId: A },
  );
  expect(totals(await flushed({}, batch))).toMatchObject([
    { client: 'shop', server: 'mail', connection_type: 'messaging_system' },
  ]);
});

test('a call of a database has one span', async () => {
  const points = await flushed({}, spans({ service: 'shop', attributes: { 'db.name': 'orders' }, ms: 40 }));
  expect(totals(points)).toMatchObject([{ client: 'shop', server: 'orders', connection_type: 'database' }]);
  expect(points.find(({ name }) => name === 'server')).toMatchObject({ sum: 0.04 });
});

describe('ends that never come', () => {
  test('the server is named by what the client knows of it', async () => {
    const batch = spans(
      { service: 'shop', attributes: { 'db.system': 'redis', 'peer.service': 'cache' } },
      { service: 'shop', spanId: B },
    );
    expect(totals(await flushed({ virtual_node_extra_label: true }, batch))).toMatchObject([
      { client: 'shop', server: 'cache', connection_type: 'virtual_node', virtual_node: 'server' },
      { client: 'shop', server: 'unknown', connection_type: 'virtual_node' },
    ]);
  });

  test('a server without a parent was called by a user', async () => {
    const batch = spans({ service: 'web', kind: SPAN_KIND_SERVER });
    expect(totals(await flushed({ virtual_node_extra_label: true }, batch))).toMatchObject([
      { client: 'user', server: 'web', virtual_node: 'client' },
    ]);
  });

  test('a server whose parent never came is no call', async () => {
    const { connector, settings, next } = await started();
    await connector.consume(spans({ service: 'web', kind: SPAN_KIND_SERVER, parentSpanId: B }));
    await settings.clock.advance(60_000);
    await connector.shutdown(1000);
    expect(next.batches).toEqual([]);
    expect(settings.meter.sum('connector_servicegraph_expired_edges')).toBe(1);
  });

  test('no peer attributes, no made-up ends', async () => {
    expect(await flushed({ virtual_node_peer_attributes: [] }, spans({ service: 'shop' }))).toEqual([]);
  });

  test('an end that comes after its time starts anew', async () => {
    const { connector, settings, next } = await started({ store: { ttl: '2s' } });
    await connector.consume(spans(call[1]!));
    await settings.clock.advance(5000);
    await connector.consume(spans(call[0]!));
    await settings.clock.advance(60_000);
    await connector.shutdown(1000);
    expect(totals(pointsOf(next.batches[0]!))).toMatchObject([{ client: 'web', server: 'unknown' }]);
  });

  test('a stop makes up no ends', async () => {
    const { connector, next } = await started();
    await connector.consume(spans({ service: 'shop' }));
    await connector.shutdown(1000);
    expect(next.batches).toEqual([]);
  });
});

test('dimensions of both ends, of the resource first', async () => {
  const batch = spans(
    { ...call[0]!, resource: { zone: 'a' }, attributes: { zone: 'x', path: '/a' } },
    { ...call[1]!, attributes: { zone: 'b' } },
  );
  expect(totals(await flushed({ dimensions: ['zone', 'path'] }, batch))).toMatchObject([
    { client_zone: 'a', server_zone: 'b', client_path: '/a' },
  ]);
});

test('other spans are no end of a call, and a service without a name is none', async () => {
  const batch = spans({ service: 'shop', kind: SPAN_KIND_INTERNAL }, { service: '' });
  expect(await flushed({}, batch)).toEqual([]);
});

test('beyond max_items spans are left out and counted, and calls that wait still find their end', async () => {
  const { connector, settings, next } = await started({ store: { max_items: 1 }, metrics_flush_interval: '0s' });
  await connector.consume(spans(call[0]!, { service: 'web', spanId: B }));
  expect(settings.account.sum('dropped', 'too_many_waiting')).toBe(1);
  expect(settings.meter.sum('connector_servicegraph_dropped_spans')).toBe(1);
  await connector.consume(spans(call[1]!));
  expect(totals(pointsOf(next.batches[0]!))).toMatchObject([{ client: 'web', server: 'shop', value: 1 }]);
  await connector.shutdown(1000);
});

test('a series without calls is forgotten after 15 minutes', async () => {
  const { connector, settings, next } = await started();
  await connector.consume(spans(...call));
  await settings.clock.advance(20 * 60_000);
  await connector.shutdown(1000);
  expect(next.batches.length).toBeGreaterThanOrEqual(15);
  expect(next.batches.length).toBeLessThanOrEqual(17);
});

test('exponential buckets', async () => {
  const { connector, settings, next } = await started({ exponential_histogram_max_size: 20 });
  await connector.consume(spans(...call));
  await settings.clock.advance(60_000);
  await connector.shutdown(1000);
  expect(pointsOf(next.batches[0]!).map(({ name, value }) => [name, value])).toEqual([
    ['total', 1],
    ['server', 1],
    ['client', 1],
  ]);
});

test.each([
  [{ latency_histogram_buckets: ['1s'], exponential_histogram_max_size: 3 }, 'use either'],
  [{ latency_histogram_buckets: ['2s', '1s'] }, 'not greater'],
])('%j is refused', (block, message) => {
  const mistakes = serviceGraphFactory.validate!(serviceGraphSchema.parse(block));
  expect(mistakes.map((one) => one.message).join()).toContain(message);
});
