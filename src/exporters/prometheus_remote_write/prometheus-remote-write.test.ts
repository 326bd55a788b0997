import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterEach, describe, expect, test } from 'vitest';
import { goDecimal } from '#base';
import { type FakeSettings, fakeHost, fakeSettings } from '#component/testing.ts';
import { decompressSnappy } from '#net';
import { Batch, TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import { decodeOtlpJson, MetricsBuilder } from '#wire';
import { remoteWriteSchema, validateRemoteWrite } from './config.ts';
import { remoteWriteFactory } from './index.ts';
import type { RemoteWriteExporter } from './prometheus-remote-write.ts';

/** As prometheus/prometheus prompb/types.proto, remote.proto and io/prometheus/write/v2/types.proto have them. */
const { root } = protobuf.parse(`syntax = "proto3";
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
  message Span { sint32 offset = 1; uint32 length = 2; }
  message Histogram { uint64 count = 1; double sum = 3; sint32 schema = 4; double zeroThreshold = 5; uint64 zeroCount = 6;
    repeated Span negativeSpans = 8; repeated sint64 negativeDeltas = 9; repeated Span positiveSpans = 11; repeated sint64 positiveDeltas = 12;
    int64 timestamp = 15; repeated double customValues = 16; }
  message Series { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
  message Metadata { int32 type = 1; string family = 2; string help = 4; string unit = 5; }
  message WriteRequest { repeated Series timeseries = 1; repeated Metadata metadata = 3; }
  message Exemplar2 { repeated uint32 labels = 1; double value = 2; int64 timestamp = 3; }
  message Metadata2 { int32 type = 1; uint32 help = 3; uint32 unit = 4; }
  message Series2 { repeated uint32 labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 3; repeated Exemplar2 exemplars = 4; Metadata2 metadata = 5; }
  message Request { repeated string symbols = 4; repeated Series2 timeseries = 5; }`);

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}
interface Series {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples?: readonly { readonly value?: number; readonly timestamp?: number }[];
  readonly exemplars?: readonly object[];
  readonly histograms?: readonly object[];
}

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  block: object = {},
  answers: readonly number[] = [],
): Promise<{ exporter: RemoteWriteExporter; requests: Request[]; settings: FakeSettings }> {
  const requests: Request[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      requests.push({ headers: request.headers, body: decompressSnappy(Buffer.concat(parts), 1e7) });
      const status = left.shift() ?? 204;
      response.writeHead(status).end(status === 204 ? undefined : 'out of order');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  const settings = fakeSettings({ id: 'prometheus_remote_write' });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`;
  const config = remoteWriteSchema.parse({ endpoint, ...block });
  const exporter = remoteWriteFactory.create(settings, config, 'metrics') as RemoteWriteExporter;
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));
  return { exporter, requests, settings };
}

const decoded = (
  type: string,
  { body }: Request,
): { timeseries?: Series[]; metadata?: object[]; symbols?: string[] } => {
  const message = root.lookupType(type);
  return message.toObject(message.decode(body), { longs: Number });
};
/** `{a="b"} value@time`, one line a sample. */
function linesOf(request: Request): string[] {
  return (decoded('WriteRequest', request).timeseries ?? []).flatMap(({ labels, samples = [] }) => {
    const text = labels.map(({ name, value }) => `${name}=${value}`).join(',');
    return samples.map(({ value = 0, timestamp = 0 }) => `${text} ${value}@${timestamp}`);
  });
}

const NOW_NS = 1_700_000_000_000_000_000n;
type Group = ReturnType<MetricsBuilder['group']>;
function batchOf(
  build: (group: Group) => void,
  resource: Readonly<Record<string, string>> = { 'service.name': 's' },
  context = {},
): Batch {
  const metrics = new MetricsBuilder();
  build(metrics.group({ resource, scope: { name: 'lib' } }));
  return new Batch('metrics', [metrics.chunk()], context);
}

test('a request as a receiver of remote write 1.0 wants it', async () => {
  const { exporter, requests } = await start({
    external_labels: { region: 'eu', job: 'mine' },
    include_metadata_keys: ['X-Tenant'],
  });
  const resource = {
    'service.name': 'shop',
    'service.namespace': 'n',
    'service.instance.id': 'i',
    'host.name': 'h',
    empty: '',
  };
  const context = { metadata: new Map([['x-tenant', ['a']]]) };
  await exporter.consume(
    batchOf(
      (group) => {
        group
          .sum('http.requests', { temporality: TEMPORALITY_CUMULATIVE, isMonotonic: true })
          .series({ 'http.method': 'GET', empty: '' })
          .add(NOW_NS, 5n);
        group
          .gauge('temp', { unit: 'Cel' })
          .series()
          .add(NOW_NS + 5_000_000n, 0);
      },
      resource,
      context,
    ),
  );
  const [request] = requests;
  expect(request!.headers).toMatchObject({
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
    'x-tenant': 'a',
  });
  const others = 'instance=i,job=n/shop,otel_scope_name=lib,region=eu';
  expect(linesOf(request!)).toEqual([
    `__name__=http_requests_total,http_method=GET,${others} 5@1700000000000`,
    `__name__=temp_celsius,${others} 0@1700000000005`,
    '__name__=target_info,host_name=h,instance=i,job=n/shop,region=eu 1@1700000000005',
  ]);
});

test('histograms as classic series with exemplars, summaries, and native histograms', async () => {
  const { exporter, requests, settings } = await start({ disable_scope_info: true });
  const exemplar = {
    asDouble: 0.7,
    timeUnixNano: String(NOW_NS),
    traceId: 'ab'.repeat(16),
    filteredAttributes: [{ key: 'user', value: { stringValue: 'x' } }],
  };
  const times = { timeUnixNano: String(NOW_NS), startTimeUnixNano: '1' };
  const request = {
    resourceMetrics: [
      {
        resource: {},
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'h',
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      ...times,
                      count: '3',
                      sum: 2.5,
                      explicitBounds: [0.5, 1e21],
                      bucketCounts: ['1', '1', '1'],
                      exemplars: [exemplar],
                    },
                  ],
                },
              },
              {
                name: 's',
                summary: {
                  dataPoints: [{ ...times, count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }],
                },
              },
              {
                name: 'e',
                exponentialHistogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      ...times,
                      count: '9',
                      sum: 1,
                      scale: 9,
                      zeroCount: '1',
                      positive: { offset: -2, bucketCounts: ['1', '2', '0', '0', '0', '0', '0', '0', '0', '0', '5'] },
                    },
                    { ...times, count: '1', scale: -5, attributes: [{ key: 'coarse', value: { boolValue: true } }] },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  };
  const { chunk } = decodeOtlpJson('metrics', Buffer.from(JSON.stringify(request)));
  await exporter.consume(new Batch('metrics', [chunk]));
  const at = '@1700000000000';
  expect(linesOf(requests[0]!)).toEqual([
    `__name__=h_sum 2.5${at}`,
    `__name__=h_count 3${at}`,
    `__name__=h_bucket,le=0.5 1${at}`,
    `__name__=h_bucket,le=1000000000000000000000 2${at}`,
    `__name__=h_bucket,le=+Inf 3${at}`,
    `__name__=s_sum 3${at}`,
    `__name__=s_count 2${at}`,
    `__name__=s,quantile=0.5 1${at}`,
  ]);
  const { timeseries = [] } = decoded('WriteRequest', requests[0]!);
  expect(timeseries.flatMap(({ exemplars = [] }) => exemplars)).toEqual([
    {
      labels: [
        { name: 'trace_id', value: 'ab'.repeat(16) },
        { name: 'user', value: 'x' },
      ],
      value: 0.7,
      timestamp: 1_700_000_000_000,
    },
  ]);
  expect(timeseries.at(-1)!.histograms).toEqual([
    expect.objectContaining({
      count: 9,
      schema: 8,
      zeroCount: 1,
      zeroThreshold: 1e-128,
      positiveSpans: [{ length: 1 }, { offset: 4, length: 1 }],
      positiveDeltas: [3, 2],
    }),
  ]);
  expect(settings.account.sum('lost', 'not_representable')).toBe(1);
});

test('no recorded value is the NaN that means it; a delta is lost and counted', async () => {
  const { exporter, requests, settings } = await start({ target_info: { enabled: false } });
  const point = { timeUnixNano: '1000000', flags: 1 };
  const request = {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'g', gauge: { dataPoints: [point] } }] }] }],
  };
  const { chunk } = decodeOtlpJson('metrics', Buffer.from(JSON.stringify(request)));
  const deltas = batchOf((group) =>
    group.sum('d', { temporality: TEMPORALITY_DELTA, isMonotonic: true }).series().add(NOW_NS, 1),
  );
  await exporter.consume(new Batch('metrics', [chunk, ...deltas.chunks]));
  expect(Buffer.from(requests[0]!.body).includes(Buffer.from('09020000000000f07f', 'hex'))).toBe(true);
  expect(settings.account.sum('lost', 'not_representable')).toBe(1);
});

test('remote write 2.0: texts once, with type, unit and help, and a word where the far side counts nothing', async () => {
  const { exporter, requests, settings } = await start({
    protobuf_message: 'io.prometheus.write.v2.Request',
    target_info: { enabled: false },
    translation_strategy: 'NoTranslation',
  });
  const batch = batchOf((group) => {
    const metric = group.sum('a.b', {
      temporality: TEMPORALITY_CUMULATIVE,
      isMonotonic: true,
      unit: 'By/s',
      description: 'Help',
    });
    metric.series({ x: 's' }).add(NOW_NS, 1);
    metric.series({ x: 'lib' }).add(NOW_NS, 2);
  });
  await exporter.consume(batch);
  await exporter.consume(batch.clone());
  const [request] = requests;
  expect(request!.headers).toMatchObject({
    'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'x-prometheus-remote-write-version': '2.0.0',
  });
  const { symbols = [], timeseries = [] } = decoded('Request', request!) as unknown as {
    symbols: string[];
    timeseries: { labels: number[]; metadata: { type: number; help: number; unit: number } }[];
  };
  expect(symbols[0]).toBe('');
  expect(new Set(symbols).size).toBe(symbols.length);
  expect(timeseries.map(({ labels }) => labels.map((ref) => symbols[ref]).join(' '))).toEqual([
    '__name__ a.b job s otel_scope_name lib x s',
    '__name__ a.b job s otel_scope_name lib x lib',
  ]);
  const { type, help, unit } = timeseries[0]!.metadata;
  expect([type, symbols[help], symbols[unit]]).toEqual([1, 'Help', 'bytes_per_second']);
  expect(settings.logged).toHaveLength(1);
});

test('custom buckets in place of classic series', async () => {
  const { exporter, requests } = await start({
    convert_explicit_histograms_to_nhcb: true,
    target_info: { enabled: false },
  });
  await exporter.consume(
    batchOf((group) =>
      group
        .histogram('h', { temporality: TEMPORALITY_CUMULATIVE })
        .series()
        .add(NOW_NS, { count: 6, sum: 3, bounds: [1, 2], counts: [1, 2, 3] }),
    ),
  );
  const { timeseries = [] } = decoded('WriteRequest', requests[0]!);
  expect(timeseries).toHaveLength(1);
  expect(timeseries[0]!.histograms).toEqual([
    expect.objectContaining({
      schema: -53,
      count: 6,
      customValues: [1, 2],
      positiveSpans: [{ length: 3 }],
      positiveDeltas: [1, 1, 1],
    }),
  ]);
});

describe('sending', () => {
  const many = batchOf((group) => {
    for (let i = 0; i < 100; i++)
      group
        .gauge('g')
        .series({ i: String(i) })
        .add(NOW_NS, i);
  });

  test('a large batch is several requests, with metadata in the last where it is wanted', async () => {
    const { exporter, requests } = await start({
      max_batch_size_bytes: 2000,
      send_metadata: true,
      target_info: { enabled: false },
      max_batch_request_parallelism: 1,
    });
    await exporter.consume(many.clone());
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.flatMap(linesOf)).toHaveLength(100);
    expect(decoded('WriteRequest', requests.at(-1)!).metadata).toContainEqual({ type: 2, family: 'g' });
  });

  test.each([
    [400, true],
    [429, false],
    [503, false],
  ])('%d: permanent %s, and the other requests are sent', async (status, permanent) => {
    const { exporter, requests } = await start({ max_batch_size_bytes: 2000 }, [status]);
    await expect(exporter.consume(many.clone())).rejects.toMatchObject({ permanent, reason: `http_${status}` });
    expect(requests.length).toBeGreaterThan(3);
  });
});

test('configuration: the defaults of otelcol, the block http, and mistakes', () => {
  const config = remoteWriteSchema.parse({ http: { endpoint: 'http://p/api' }, external_labels: { 'a.b': 'c' } });
  expect(config).toMatchObject({
    client: { endpoint: 'http://p/api', compression: 'snappy' },
    delivery: { timeoutMs: 5000, retry: { initialIntervalMs: 50 }, queue: { queueSize: 10_000, numConsumers: 1 } },
    parallelRequests: 5,
    maxBatchSizeBytes: 3_000_000,
  });
  expect([...config.externalLabels]).toEqual([['a_b', 'c']]);
  expect(validateRemoteWrite(config)).toEqual([]);
  const mistakesIn = (block: object): string[] =>
    validateRemoteWrite(remoteWriteSchema.parse({ endpoint: 'http://p', ...block })).map(({ path }) => path.join('::'));
  expect(mistakesIn({ translation_strategy: 'NoTranslation' })).toEqual(['translation_strategy']);
  expect(mistakesIn({ include_metadata_keys: ['User-Agent'] })).toEqual(['include_metadata_keys']);
  expect(mistakesIn({ external_labels: { a: '' } })).toEqual(['external_labels']);
});

test.each([
  [0.5, '0.5'],
  [1e21, '1000000000000000000000'],
  [1.5e22, '15000000000000000000000'],
  [1e-7, '0.0000001'],
  [-1.25e-7, '-0.000000125'],
  [Number.POSITIVE_INFINITY, '+Inf'],
])('bounds are written without exponents: %d', (value, text) => {
  expect(goDecimal(value)).toBe(text);
});

test('with a write-ahead log a batch is taken before it is sent', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'remote-write-'));
  undo.push(() => rm(directory, { recursive: true }));
  const { exporter, requests } = await start({
    wal: { directory, buffer_size: 0, truncate_frequency: 0 },
    include_metadata_keys: ['x-tenant'],
    headers: { 'x-fixed': 'a' },
  });
  const context = { metadata: new Map([['x-tenant', ['t']]]) };
  await exporter.consume(batchOf((group) => group.gauge('up').series().add(NOW_NS, 1), undefined, context));
  expect(requests).toEqual([]);
  await exporter.shutdown(5000);
  expect(requests.map(({ headers }) => [headers['x-prometheus-remote-write-version'], headers['x-fixed']])).toEqual([
    ['0.1.0', 'a'],
  ]);
  expect(requests[0]!.headers['x-tenant']).toBeUndefined();
  expect(linesOf(requests[0]!)[0]).toMatch(/__name__=up.* 1@1700000000000$/);
});
