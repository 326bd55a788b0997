import { compress } from 'snappyjs';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { encodeOtlpJson } from '#wire';
import { type TestSeries, writeRequestV1, writeRequestV2 } from '../../wire/testing/remote-write.ts';
import { prometheusRemoteWriteReceiverFactory } from './index.ts';
import type { PrometheusRemoteWriteReceiver } from './prometheusremotewrite.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const V1 = 'application/x-protobuf';
const V2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';

async function receiving(block: object = {}) {
  const next = new RecordingConsumer();
  const config = prometheusRemoteWriteReceiverFactory.schema.parse({ endpoint: '127.0.0.1:0', ...block });
  const made = prometheusRemoteWriteReceiverFactory.create(fakeSettings(), config, { metrics: next });
  const receiver = made as PrometheusRemoteWriteReceiver;
  await receiver.start(fakeHost());
  closers.push(() => receiver.shutdown(100));
  const post = async (
    body: Uint8Array,
    type: string,
    headers: Record<string, string> = { 'content-encoding': 'snappy' },
  ) => {
    const response = await fetch(`http://${receiver.address}/api/v1/write`, {
      method: 'POST',
      body: body as unknown as string,
      headers: { 'content-type': type, ...headers },
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const send = (series: readonly TestSeries[], type: string) =>
    post(new Uint8Array(compress(type === V2 ? writeRequestV2(series) : writeRequestV1(series))), type);
  // biome-ignore lint/suspicious/noExplicitAny: what is looked at is said by each test
  const received = (): { resource: any; scope: any; metrics: any } => {
    const text = encodeOtlpJson(next.batches.at(-1)!).toString();
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const [{ resource, scopeMetrics }] = (JSON.parse(text) as any).resourceMetrics;
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const metrics = Object.fromEntries(scopeMetrics[0].metrics.map((metric: any) => [metric.name, metric]));
    return { resource: plain(resource.attributes), scope: scopeMetrics[0].scope, metrics };
  };
  return { post, send, received, next };
}

// biome-ignore lint/suspicious/noExplicitAny: as above
const plain = (attributes: any[] = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));

const COUNTER: TestSeries = {
  labels: { __name__: 'requests_total', job: 'ns/shop', instance: 'a:1', code: '200', otel_scope_name: 'lib' },
  samples: [
    [5, 1000],
    [7, 2000],
  ],
  type: 1,
  help: 'Requests',
  unit: 'seconds',
  createdMs: 500,
  exemplar: { labels: { trace_id: '0123456789abcdef0123456789abcdef', a: 'b' }, value: 1.5, timestampMs: 1900 },
};

describe('version 2', () => {
  test('a counter is a sum, with its start, its exemplar and its unit', async () => {
    const { send, received } = await receiving();
    const { status, headers } = await send([COUNTER], V2);
    expect(status).toBe(204);
    expect(headers.get('x-prometheus-remote-write-samples-written')).toBe('2');
    expect(headers.get('x-prometheus-remote-write-exemplars-written')).toBe('1');
    const { resource, scope, metrics } = received();
    expect(resource).toEqual({ 'service.namespace': 'ns', 'service.name': 'shop', 'service.instance.id': 'a:1' });
    expect(scope).toMatchObject({ name: 'lib' });
    expect(metrics['requests_total']).toMatchObject({ description: 'Requests', unit: 's', sum: { isMonotonic: true } });
    expect(metrics['requests_total'].sum.dataPoints).toMatchObject([
      { asDouble: 5, timeUnixNano: '1000000000', startTimeUnixNano: '500000000' },
      { asDouble: 7, exemplars: [{ asDouble: 1.5, traceId: '0123456789abcdef0123456789abcdef' }] },
    ]);
    expect(plain(metrics['requests_total'].sum.dataPoints[0].attributes)).toEqual({ code: '200' });
  });

  test('a native histogram is an exponential one, one with bounds of its own an explicit one', async () => {
    const { send, received } = await receiving();
    const histogram = (schema: number, bounds: readonly number[]): TestSeries => ({
      labels: { __name__: bounds.length === 0 ? 'native' : 'custom' },
      type: 3,
      histogram: (out) => {
        out.uintField(1, 3);
        out.doubleField(3, 4.5);
        out.uintField(4, schema < 0 ? -schema * 2 - 1 : schema * 2);
        const span = out.begin(11);
        out.sintField(1, bounds.length === 0 ? 1 : 0);
        out.uintField(2, 2);
        out.end(span);
        const deltas = out.begin(12);
        out.varint(2);
        out.varint(2);
        out.end(deltas);
        out.uintField(15, 1000);
        if (bounds.length > 0) out.fixedListField(16, Float64Array.from(bounds));
      },
    });
    expect((await send([histogram(2, []), histogram(-53, [1, 2])], V2)).status).toBe(204);
    const { metrics } = received();
    expect(metrics['native'].exponentialHistogram.dataPoints).toMatchObject([
      { count: '3', sum: 4.5, scale: 2, positive: { bucketCounts: ['1', '2'] } },
    ]);
    expect(metrics['custom'].histogram.dataPoints).toMatchObject([
      { count: '3', explicitBounds: [1, 2], bucketCounts: ['1', '2', '0'] },
    ]);
  });

  test('the end of a series is a point without a value', async () => {
    const { send, received } = await receiving();
    await send([{ labels: { __name__: 'a' }, samples: [[0x7ff0_0000_0000_0002n, 1000]] }], V2);
    expect(received().metrics['a'].gauge.dataPoints).toEqual([{ timeUnixNano: '1000000000', flags: 1 }]);
  });

  test('what target_info has said holds for later requests', async () => {
    const { send, received, next } = await receiving();
    const target = { job: 'shop', instance: 'a:1' };
    await send([{ labels: { __name__: 'target_info', ...target, env: 'prod' }, samples: [[1, 1000]] }], V2);
    expect(next.batches).toEqual([]);
    await send([{ labels: { __name__: 'a', ...target }, samples: [[1, 2000]] }], V2);
    expect(received().resource).toEqual({ 'service.name': 'shop', 'service.instance.id': 'a:1', env: 'prod' });
  });
});

describe('version 1', () => {
  test('a series without metadata is a gauge', async () => {
    const { send, received } = await receiving();
    const { status, headers } = await send([{ labels: COUNTER.labels, samples: COUNTER.samples! }], V1);
    expect(status).toBe(204);
    expect(headers.get('x-prometheus-remote-write-samples-written')).toBeNull();
    expect(received().metrics['requests_total'].gauge.dataPoints).toHaveLength(2);
  });

  test('a body whose snappy is not said is taken', async () => {
    const { post, next } = await receiving();
    const body = new Uint8Array(compress(writeRequestV1([{ labels: { __name__: 'a' }, samples: [[1, 1]] }])));
    expect((await post(body, V1, {})).status).toBe(204);
    expect(next.itemCount).toBe(1);
  });
});

describe('bad input', () => {
  test.each([
    [
      'a series without a name',
      V2,
      [{ labels: { a: 'b' }, samples: [[1, 1]] as [number, number][] }],
      /without a name/,
    ],
    ['an empty name of a label', V1, [{ labels: { __name__: 'a', '': 'x' }, samples: [] }], /a label without a name/],
  ] as const)('%s is answered with 400', async (_, type, series, message) => {
    const { send } = await receiving();
    const answer = await send(series, type);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(message);
  });

  test.each([
    ['garbage', V1, Buffer.from('garbage'), 400],
    ['garbage in snappy', V2, new Uint8Array(compress(Buffer.from('garbage'))), 400],
    ['a reference to no symbol', V2, new Uint8Array(compress(Uint8Array.of(0x22, 0, 0x2a, 4, 0x0a, 2, 5, 6))), 400],
    ['another type', 'application/json', Buffer.from('{}'), 415],
    ['another message', 'application/x-protobuf;proto=a.b', Buffer.from(''), 415],
  ])('%s', async (_, type, body, status) => {
    const { post, next } = await receiving();
    expect((await post(body, type)).status).toBe(status);
    expect(next.batches).toEqual([]);
  });

  test('another compression is refused, and a bomb is not inflated', async () => {
    const { post } = await receiving({ max_request_body_size: 100_000 });
    expect((await post(Buffer.from('x'), V1, { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await post(new Uint8Array(compress(Buffer.alloc(1_000_000))), V1)).status).toBe(400);
  });
});
