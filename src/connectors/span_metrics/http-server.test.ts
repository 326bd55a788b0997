import { expect, test } from 'vitest';
import type { Connector } from '#component';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { type AnyValue, Batch, type PointChunk, SPAN_KIND_CLIENT, SPAN_KIND_SERVER, STATUS_ERROR } from '#pdata';
import { MetricsBuilder, type SpanInput, TracesBuilder } from '#wire';
import { spanMetricsFactory } from './index.ts';

const NAME = 'http.server.request.duration';
const MS = 1_000_000n;

function spans(service: string, ...list: readonly Partial<SpanInput>[]): Batch {
  const builder = new TracesBuilder();
  const group = builder.group({ resource: { 'service.name': service, 'service.namespace': 'shop' } });
  for (const span of list) {
    group.add({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '00f067aa0ba902b7',
      name: 'GET /',
      kind: SPAN_KIND_SERVER,
      startNs: 1000n * MS,
      endNs: 1060n * MS,
      attributes: { 'http.request.method': 'GET' },
      ...span,
    });
  }
  return new Batch('traces', [builder.chunk()]);
}

/** What a service sends itself. */
function ownMetrics(service: string, name: string): Batch {
  const builder = new MetricsBuilder();
  const group = builder.group({ resource: { 'service.name': service, 'service.namespace': 'shop' } });
  group.gauge('process.memory').series().add(1n, 1);
  group.gauge(name).series().add(1n, 1);
  return new Batch('metrics', [builder.chunk()]);
}

function started(block: object = {}, config = parsed(block)) {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const make = (from: 'traces' | 'metrics'): Connector =>
    spanMetricsFactory.create(settings, config, from, 'metrics', new Map([['metrics', next]]));
  return { settings, next, traces: make('traces'), metrics: make('metrics') };
}

function parsed(block: object = {}) {
  return spanMetricsFactory.schema.parse({
    metrics_flush_interval: '15s',
    http_server_request_duration: { enabled: true, ...block },
  });
}

interface Served {
  readonly service: AnyValue | undefined;
  readonly count: number;
  readonly sum: number;
  readonly unit: string;
  readonly attributes: { [key: string]: AnyValue };
}

function servedIn(batches: readonly Batch[]): Served[] {
  return batches.flatMap(({ chunks }) =>
    chunks.flatMap((chunk) => {
      const point = (chunk as PointChunk).view();
      return Array.from({ length: chunk.count }, (_, index) => {
        point.row = chunk.rowAt(index);
        return {
          name: point.metric.name,
          service: point.resource.attributes.toObject()['service.name'],
          count: Number(point.count),
          sum: point.sum,
          unit: point.metric.unit,
          attributes: point.attributes.toObject(),
        };
      }).filter(({ name }) => name === NAME);
    }),
  );
}

test('durations in seconds with the attributes of the conventions, from spans with old and new names', async () => {
  const { traces, settings, next } = started({ wait_for_own: '0s' });
  await traces.start(fakeHost());
  await traces.consume(
    spans(
      'cart',
      { attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200, 'http.route': '/a' } },
      { attributes: { 'http.method': 'GET', 'http.status_code': 200, 'http.route': '/a', 'http.target': '/a?x' } },
      {
        attributes: { 'http.request.method': 'POST', 'http.response.status_code': 503, 'url.scheme': 'https' },
        statusCode: STATUS_ERROR,
      },
      { attributes: { 'http.method': 'BREW', 'http.flavor': '1.1' }, statusCode: STATUS_ERROR },
      { attributes: { 'http.request.method': 'GET', 'error.type': 'timeout', 'http.response.status_code': 504 } },
      { attributes: { 'rpc.system': 'grpc' } },
      { kind: SPAN_KIND_CLIENT },
    ),
  );
  await settings.clock.advance(15_000);
  const served = servedIn(next.batches);
  expect(served.map(({ count, attributes }) => [count, attributes])).toEqual([
    [2, { 'http.request.method': 'GET', 'http.response.status_code': 200, 'http.route': '/a' }],
    [
      1,
      { 'http.request.method': 'POST', 'http.response.status_code': 503, 'url.scheme': 'https', 'error.type': '503' },
    ],
    [1, { 'http.request.method': '_OTHER', 'network.protocol.version': '1.1', 'error.type': '_OTHER' }],
    [1, { 'http.request.method': 'GET', 'http.response.status_code': 504, 'error.type': 'timeout' }],
  ]);
  expect(served[0]).toMatchObject({ service: 'cart', unit: 's', sum: 0.12 });
  await traces.shutdown(100);
});

test('a service that is new first gets the time to send the metric itself', async () => {
  const { traces, settings, next } = started();
  await traces.start(fakeHost());
  await traces.consume(spans('cart', {}));
  await settings.clock.advance(74_000);
  expect(servedIn(next.batches)).toEqual([]);
  await settings.clock.advance(1000);
  expect(servedIn(next.batches)).toMatchObject([{ service: 'cart', count: 1 }]);
  await traces.shutdown(100);
});

test('what a service sends itself is not made of its spans, also when it begins later, until it has stopped for long', async () => {
  const { traces, metrics, settings, next } = started();
  await traces.start(fakeHost());
  await metrics.start(fakeHost());
  const pass = async (): Promise<unknown[]> => {
    next.batches.length = 0;
    await traces.consume(spans('cart', {}));
    await traces.consume(spans('web', {}));
    await settings.clock.advance(15_000);
    return servedIn(next.batches).map(({ service, count }) => [service, count]);
  };
  await metrics.consume(ownMetrics('web', NAME));
  await metrics.consume(ownMetrics('cart', 'http.server.duration'));
  expect(settings.account.sum('absorbed', 'looked_at')).toBe(4);
  await pass();
  await settings.clock.advance(75_000);
  expect(await pass()).toEqual([['cart', 2]]);
  await metrics.consume(ownMetrics('cart', NAME));
  expect(await pass()).toEqual([]);
  await settings.clock.advance(15 * 60_000);
  expect(await pass()).toEqual([
    ['cart', 1],
    ['web', 1],
  ]);
  await traces.shutdown(100);
});

test('a reload keeps what is known of services', async () => {
  const before = started();
  await before.metrics.consume(ownMetrics('web', NAME));
  const after = started();
  before.traces.handOver!(after.traces)();
  await after.traces.start(fakeHost());
  await after.traces.consume(spans('web', {}));
  await after.settings.clock.advance(120_000);
  expect(servedIn(after.next.batches)).toEqual([]);
  await after.traces.shutdown(100);
});

test('beyond the limit requests go into one series', async () => {
  const config = spanMetricsFactory.schema.parse({
    aggregation_cardinality_limit: 2,
    http_server_request_duration: { enabled: true, wait_for_own: '0s' },
  });
  const { traces, settings, next } = started({}, config);
  await traces.start(fakeHost());
  const routes = ['/a', '/b', '/c', '/d'].map((route) => ({
    attributes: { 'http.request.method': 'GET', 'http.route': route },
  }));
  await traces.consume(spans('cart', ...routes));
  await settings.clock.advance(60_000);
  expect(servedIn(next.batches).map(({ count, attributes }) => [count, attributes['otel.metric.overflow']])).toEqual([
    [1, undefined],
    [1, undefined],
    [2, true],
  ]);
  await traces.shutdown(100);
});

test('bounds that do not ascend are refused', () => {
  const mistakes = spanMetricsFactory.validate!(parsed({ buckets: ['2s', '1s'] }));
  expect(mistakes.map(({ path }) => path)).toEqual([['http_server_request_duration', 'buckets', 1]]);
});
