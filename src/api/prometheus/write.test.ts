import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { compressSnappy, decompressSnappy } from '#net';
import { ArenaWriter } from '#pdata';
import { StoreSink, storeEndpoint } from '#store';
import { ProtoReader, type RequestSeries, readWriteRequestV1 } from '#wire';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { encodeReference, type ReferenceObject } from '../../wire/testing/otlp-reference.ts';
import {
  type TestHistogram,
  type TestSeries,
  writeFloatHistogram,
  writeHistogram,
  writeRequestV1,
  writeRequestV2,
} from '../../wire/testing/remote-write.ts';
import { type RunningServer, startServer } from '../index.ts';

/** What is pushed comes back from PromQL as the same series. */

const NOW_MS = Date.now() - 60_000;
const PROTOBUF = 'application/x-protobuf';
const V2 = `${PROTOBUF};proto=io.prometheus.write.v2.Request`;
const STALE = 0x7ff0_0000_0000_0002n;

let store: TestStore;
let sink: StoreSink;
let server: RunningServer;
let folder: string;
beforeAll(async () => {
  store = await startTestStore();
  folder = mkdtempSync(join(tmpdir(), 'signalbox-write-'));
  const { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password } = store.headers;
  sink = new StoreSink({
    endpoint: storeEndpoint({ url: store.url, username: username!, password: password! }),
    dir: join(folder, 'spool'),
    log: () => undefined,
  });
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, sink });
}, 120_000);
afterAll(async () => {
  await server?.close();
  await sink?.close(0);
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function post(
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
  path = '/api/v1/write',
): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
  const response = await fetch(`${server.url}${path}`, { method: 'POST', body: Buffer.from(body), headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const V1_HEADERS = { 'content-type': PROTOBUF, 'content-encoding': 'snappy' };
const V2_HEADERS = { 'content-type': V2, 'content-encoding': 'snappy' };

const writeV1 = (series: readonly TestSeries[]) => post(compressSnappy(writeRequestV1(series)), V1_HEADERS);
const writeV2 = (series: readonly TestSeries[]) => post(compressSnappy(writeRequestV2(series)), V2_HEADERS);

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values: readonly (readonly [number, string])[];
  readonly histogram: readonly [number, { readonly buckets: readonly (readonly (number | string)[])[] }];
}

/** As far as one of the answers has it. */
type Data = { readonly result: readonly Series[] } & readonly object[] & Readonly<Record<string, object>>;

async function get(path: string, parameters: Readonly<Record<string, string>>) {
  const response = await fetch(`${server.url}${path}?${new URLSearchParams(parameters)}`);
  return (await response.json()) as { readonly data: Data };
}

/** Waits for the answer to a query at NOW_MS that is not empty. */
function answered(query: string, timeMs = NOW_MS): Promise<readonly Series[]> {
  return eventually(query, async () => {
    const { data } = await get('/api/v1/query', { query, time: String(timeMs / 1000) });
    return data.result.length > 0 ? data.result : undefined;
  });
}

const written = (headers: Headers): readonly (string | null)[] =>
  ['samples', 'histograms', 'exemplars'].map((what) => headers.get(`x-prometheus-remote-write-${what}-written`));

describe.each([
  { name: 'version 1', write: writeV1 },
  { name: 'version 2', write: writeV2 },
])('remote write, $name', ({ name, write }) => {
  const metric = (what: string): string => `${what}_${name.at(-1)}`;

  test('a series comes back with its name and labels as they are, and no others', async () => {
    const labels = {
      __name__: metric('http.requests'),
      job: 'a/b/c',
      instance: 'h:1',
      service_name: 'other',
      _under: 'x',
      'dotted.key': 'y=z',
      le: '0.5',
      empty: '',
      otel_scope_name: 's',
    };
    const { status, text, headers } = await write([{ labels, samples: [[3, NOW_MS]] }]);
    expect([status, text]).toEqual([204, '']);
    expect(written(headers)).toEqual(name === 'version 2' ? ['1', '0', '0'] : [null, null, null]);
    const [series] = await answered(`{__name__="${labels.__name__}"}`);
    const { empty: _, ...kept } = labels;
    expect(series).toEqual({ metric: kept, value: [NOW_MS / 1000, '3'] });
  });

  test('counters, values of all kinds, samples out of order and twice, and the end of a series', async () => {
    const labels = { __name__: metric('values'), job: 'j' };
    const at = (i: number): number => NOW_MS - 100_000 + i * 10_000;
    const samples: [number | bigint, number][] = [
      [1, at(0)],
      [Number.POSITIVE_INFINITY, at(2)],
      [0.1, at(1)],
      [0.1, at(1)],
      [Number.NaN, at(3)],
      [2 ** 53 + 2, at(4)],
      [-0, at(5)],
      [STALE, at(6)],
    ];
    expect((await write([{ labels, type: 1, samples }])).status).toBe(204);
    const [series] = await answered(`${labels.__name__}[10m]`);
    expect(series!.values.map(([time, value]) => [Math.round(time * 1000) - at(0), value])).toEqual([
      [0, '1'],
      [10_000, '0.1'],
      [20_000, '+Inf'],
      [30_000, 'NaN'],
      [40_000, '9007199254740994'],
      [50_000, '-0'],
    ]);
    const { data } = await get('/api/v1/query', { query: labels.__name__, time: String(at(7) / 1000) });
    expect(data.result).toEqual([]);
  });

  test('native histograms, with bounds of their own too', async () => {
    const exponential: TestHistogram = {
      schema: 1,
      sum: 12,
      zero: 2,
      spans: [
        [0, 2],
        [2, 1],
      ],
      deltas: [1, 2, -1],
      timeMs: NOW_MS,
    };
    const custom: TestHistogram = {
      schema: -53,
      sum: 5,
      bounds: [1, 2],
      spans: [[0, 3]],
      deltas: [1, 1, 1],
      timeMs: NOW_MS,
    };
    const series = [exponential, custom].map((one, i) => ({
      labels: { __name__: metric(`native_${i}`), job: 'j' },
      type: 3,
      histogram: (out: Parameters<typeof writeHistogram>[0]) => writeHistogram(out, one),
    }));
    const { status, headers } = await write(series);
    expect(status).toBe(204);
    if (name === 'version 2') expect(written(headers)).toEqual(['0', '2', '0']);
    const [first] = await answered(metric('native_0'));
    expect(first!.histogram[1]).toMatchObject({ count: '8', sum: '12' });
    expect(first!.histogram[1].buckets.map((bucket) => bucket.at(-1))).toEqual(['2', '1', '3', '2']);
    const [second] = await answered(metric('native_1'));
    // No classic ones beside it.
    const { data } = await get('/api/v1/series', { 'match[]': `{__name__=~"${metric('native_1')}.*"}` });
    expect(data).toEqual([{ __name__: metric('native_1'), job: 'j' }]);
    expect(second!.histogram[1].buckets).toEqual([
      [3, '-Inf', '1', '1'],
      [0, '1', '2', '2'],
      [0, '2', '+Inf', '3'],
    ]);
  });
});

test('native histograms keep counts with fractions, also those below 1', async () => {
  const series = [
    { schema: 0, count: 2.95, sum: 1.5, zero: 0.25, positive: [0.5, 0, 1.7], negative: [0.5] },
    { schema: -53, count: 0.875, sum: 1, bounds: [1, 2], positive: [0.25, 0.5, 0.125] },
  ].map((one, i) => ({
    labels: { __name__: `fractional_${i}` },
    type: 7,
    histogram: (out: Parameters<typeof writeFloatHistogram>[0]) => writeFloatHistogram(out, { ...one, timeMs: NOW_MS }),
  }));
  expect((await writeV2(series)).status).toBe(204);
  const [exponential] = await answered('fractional_0');
  expect(exponential!.histogram[1]).toMatchObject({ count: '2.95', sum: '1.5' });
  expect(exponential!.histogram[1].buckets.map((bucket) => bucket.at(-1))).toEqual(['0.5', '0.25', '0.5', '1.7']);
  const [custom] = await answered('fractional_1');
  expect(custom!.histogram[1]).toMatchObject({ count: '0.875', sum: '1' });
  expect(custom!.histogram[1].buckets.map((bucket) => bucket.at(-1))).toEqual(['0.25', '0.5', '0.125']);
});

describe('remote write', () => {
  test('exemplars come back, also where they come without a sample', async () => {
    const exemplar = {
      labels: { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8) },
      value: 1.5,
      timestampMs: NOW_MS,
    };
    const { status, headers } = await writeV2([
      { labels: { __name__: 'with_exemplar' }, type: 1, samples: [[1, NOW_MS]], exemplar },
      { labels: { __name__: 'alone' }, exemplar },
    ]);
    expect([status, ...written(headers)]).toEqual([204, '1', '0', '2']);
    for (const query of ['with_exemplar', 'alone']) {
      const found = await eventually(query, async () => {
        const { data } = await get('/api/v1/query_exemplars', {
          query,
          start: String(NOW_MS / 1000 - 60),
          end: String(NOW_MS / 1000 + 60),
        });
        return data.length > 0 ? data : undefined;
      });
      expect(found).toEqual([
        {
          seriesLabels: { __name__: query },
          exemplars: [{ labels: exemplar.labels, value: '1.5', timestamp: NOW_MS / 1000 }],
        },
      ]);
    }
    // It holds its exemplars and is no sample.
    const { data } = await get('/api/v1/query', { query: 'alone', time: String(NOW_MS / 1000) });
    expect(data.result).toEqual([]);
  });

  test('what is known of a metric comes back', async () => {
    await writeV2([
      {
        labels: { __name__: 'about_seconds_total' },
        type: 1,
        help: 'What it is',
        unit: 'seconds',
        samples: [[1, NOW_MS]],
      },
    ]);
    const { data } = await eventually('metadata', async () => {
      const answer = await get('/api/v1/metadata', { metric: 'about_seconds_total' });
      return Object.keys(answer.data).length > 0 ? answer : undefined;
    });
    expect(data).toEqual({ about_seconds_total: [{ type: 'counter', help: 'What it is', unit: 'seconds' }] });
  });

  test('series that can not be taken are refused by themselves: version 2 is told, version 1 is not', async () => {
    const series: TestSeries[] = [
      { labels: { job: 'j' }, samples: [[1, NOW_MS]] },
      { labels: { __name__: 'later' }, samples: [[1, NOW_MS + 3_600_000]] },
      { labels: { __name__: 'taken' }, samples: [[1, NOW_MS]] },
    ];
    const second = await writeV2(series);
    expect([second.status, ...written(second.headers)]).toEqual([400, '1', '0', '0']);
    expect(second.text).toBe(
      'invalid metric name or labels for series {job="j"}\n' +
        'out of bounds: timestamp is too far in the future for series {__name__="later"}\n',
    );
    expect((await writeV1(series)).status).toBe(204);
    expect(await answered('taken')).toHaveLength(1);
  });

  test('a histogram that does not add up is refused with the words of Prometheus', async () => {
    const wrong: TestHistogram = { schema: 0, count: 99, sum: 1, spans: [[0, 1]], deltas: [1], timeMs: NOW_MS };
    const { status, text } = await writeV2([
      { labels: { __name__: 'wrong' }, histogram: (out) => writeHistogram(out, wrong) },
    ]);
    expect(status).toBe(400);
    expect(text).toContain(
      "1 observations found in buckets, but the Count field is 99: histogram's observation count should equal the number",
    );
  });

  const sample = compressSnappy(writeRequestV1([{ labels: { __name__: 'x' }, samples: [[1, NOW_MS]] }]));
  test.each([
    {
      what: 'another type',
      headers: { 'content-type': 'application/json' },
      status: 415,
      says: 'got application/json content-type',
    },
    {
      what: 'another message',
      headers: { 'content-type': `${PROTOBUF};proto=x.Y` },
      status: 415,
      says: 'unknown type for remote write protobuf message x.Y',
    },
    {
      what: 'another coding',
      headers: { 'content-type': PROTOBUF, 'content-encoding': 'gzip' },
      status: 415,
      says: 'gzip encoding (compression) is not accepted by this server; only snappy is acceptable',
    },
  ])('refuses $what', async ({ headers, status, says }) => {
    const answer = await post(sample, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(says);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  test.each([
    { what: 'garbage', body: Buffer.from('no snappy at all') },
    { what: 'a broken message', body: compressSnappy(Buffer.from([0x0a, 0xff, 0x01, 0x02])) },
    { what: 'a varint that does not end', body: compressSnappy(Buffer.alloc(64, 0xff)) },
    { what: 'a promise of 4 GiB', body: Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x61]) },
    {
      what: 'a bomb of series without anything',
      body: compressSnappy(Buffer.alloc(24 * 1024 * 1024, Buffer.from([0x0a, 0]))),
    },
    {
      what: 'a series with 20,000 labels',
      body: compressSnappy(
        writeRequestV1([{ labels: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`l${i}`, 'v'])) }]),
      ),
    },
  ])('answers 400 to $what', async ({ body }) => {
    const { status, text } = await post(body, V1_HEADERS);
    expect(status).toBe(400);
    expect(text).not.toBe('');
  });

  test('answers 400 to a symbol that is not there, and to labels without their values', async () => {
    for (const bytes of [
      [0x22, 0, 0x2a, 4, 0x0a, 2, 1, 2],
      [0x22, 0, 0x2a, 3, 0x0a, 1, 0],
    ]) {
      const { status } = await post(compressSnappy(Uint8Array.from(bytes)), V2_HEADERS);
      expect(status).toBe(400);
    }
  });

  test('answers 413 to a body beyond the limit, and 405 to another method', async () => {
    const { status } = await post(Buffer.alloc(33 * 1024 * 1024), V1_HEADERS);
    expect(status).toBe(413);
    const response = await fetch(`${server.url}/prometheus/api/v1/write`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'OPTIONS, POST']);
  });

  test('any bytes get an answer, and the server lives', async () => {
    let seed = 12_345;
    const next = (): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return seed >>> 16;
    };
    const good = writeRequestV2([
      {
        labels: { __name__: 'fuzz', a: 'b' },
        type: 1,
        samples: [[1, NOW_MS]],
        exemplar: { labels: { t: 'x' }, value: 1, timestampMs: NOW_MS },
      },
    ]);
    for (let round = 0; round < 300; round++) {
      const body = Uint8Array.from(good);
      for (let i = 0; i < 1 + (next() % 4); i++) body[next() % body.length] = next() & 0xff;
      const { status } = await post(compressSnappy(body), round % 2 === 0 ? V2_HEADERS : V1_HEADERS);
      expect([204, 400]).toContain(status);
    }
  });
});

describe('remote read', () => {
  /** A prometheus.ReadRequest for one name. */
  function readRequest(name: string, type = 0): Uint8Array {
    const out = new ArenaWriter();
    const query = out.begin(1);
    out.uintField(1, NOW_MS - 600_000);
    out.uintField(2, NOW_MS);
    const matcher = out.begin(3);
    out.uintField(1, type);
    out.textField(2, '__name__');
    out.textField(3, name);
    out.end(matcher);
    out.end(query);
    out.uintField(2, 1);
    return out.finish();
  }

  async function read(name: string): Promise<RequestSeries[]> {
    const response = await fetch(`${server.url}/prometheus/api/v1/read`, {
      method: 'POST',
      body: Buffer.from(compressSnappy(readRequest(name))),
    });
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, 'snappy']);
    const content = decompressSnappy(new Uint8Array(await response.arrayBuffer()), 1_000_000);
    const answer = new ProtoReader(content);
    expect(answer.next()).toBe(true);
    // A result's series are those of a request to write.
    return [...readWriteRequestV1(answer.view())];
  }

  test('gives what was written: values, ends of series, histograms', async () => {
    const labels = { __name__: 'read_back', a: 'b', job: 'j' };
    const samples: [number | bigint, number][] = [
      [1.5, NOW_MS - 30_000],
      [STALE, NOW_MS - 20_000],
      [2.5, NOW_MS - 10_000],
    ];
    const native: TestHistogram = {
      schema: 2,
      sum: 3,
      zero: 1,
      spans: [
        [1, 2],
        [3, 1],
      ],
      deltas: [1, 1, 1],
      timeMs: NOW_MS,
    };
    await writeV2([
      { labels, samples },
      { labels: { __name__: 'read_native' }, histogram: (out) => writeHistogram(out, native) },
    ]);
    await answered('read_native');
    const [series] = await read('read_back');
    expect(series!.labels).toEqual(Object.entries(labels));
    expect(series!.samples).toMatchObject([
      { value: 1.5, timestampMs: NOW_MS - 30_000, isStale: false },
      { timestampMs: NOW_MS - 20_000, isStale: true },
      { value: 2.5, timestampMs: NOW_MS - 10_000, isStale: false },
    ]);
    const [histogram] = (await read('read_native'))[0]!.histograms;
    expect(histogram).toMatchObject({ count: 7, sum: 3, scale: 2, zeroCount: 1, timestampMs: NOW_MS });
    expect(histogram!.positive.counts.filter((count) => count > 0)).toEqual([1, 2, 3]);
  });

  test('answers 400 to what it can not read', async () => {
    for (const body of [
      Buffer.from('no snappy'),
      compressSnappy(readRequest('x(', 2)),
      compressSnappy(readRequest('x', 9)),
    ]) {
      const { status } = await post(body, {}, '/api/v1/read');
      expect(status).toBe(400);
    }
  });
});

describe('OTLP', () => {
  const request = (name: string): ReferenceObject => ({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeMetrics: [
          { metrics: [{ name, gauge: { dataPoints: [{ timeUnixNano: `${NOW_MS}000000`, asDouble: 4 }] } }] },
        ],
      },
    ],
  });
  const path = '/prometheus/api/v1/otlp/v1/metrics';

  test('is taken as protobuf and as JSON, and translated when it is read', async () => {
    const proto = await post(encodeReference('metrics', request('by.proto')), { 'content-type': PROTOBUF }, path);
    expect([proto.status, proto.text]).toEqual([200, '']);
    const json = await post(
      Buffer.from(JSON.stringify(request('by.json'))),
      { 'content-type': 'application/json' },
      path,
    );
    expect([json.status, json.text]).toEqual([200, '{}']);
    for (const name of ['by_proto', 'by_json']) {
      const [series] = await answered(name);
      expect(series!.metric).toEqual({ __name__: name, job: 'shop', service_name: 'shop' });
    }
  });

  test('refuses what it can not read', async () => {
    const wrongType = await post(Buffer.from('x'), { 'content-type': 'text/csv' }, path);
    expect([wrongType.status, wrongType.text]).toEqual([
      400,
      'unsupported content type: text/csv, supported: [application/json, application/x-protobuf]\n',
    ]);
    const broken = await post(Buffer.from([0x0a, 0xff]), { 'content-type': PROTOBUF }, path);
    expect(broken.status).toBe(400);
  });
});

test('what was taken and refused is counted, for a Prometheus to scrape', async () => {
  const counts = async (): Promise<ReadonlyMap<string, number>> => {
    const text = await (await fetch(`${server.url}/prometheus/metrics`)).text();
    return new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split(' '))
        .map(([name, value]) => [name!, Number(value)]),
    );
  };
  const before = await counts();
  await writeV2([
    { labels: { __name__: 'counted' }, samples: [[1, NOW_MS]] },
    { labels: { job: 'j' }, samples: [[1, NOW_MS]] },
  ]);
  await post(Buffer.from('x'), { 'content-type': 'text/x' });
  const after = await counts();
  const grown = (name: string): number => after.get(name)! - (before.get(name) ?? 0);
  expect([grown('signalbox_push_samples_total'), grown('signalbox_push_refused_total')]).toEqual([1, 1]);
  for (const code of [400, 415]) expect(grown(`signalbox_push_requests_total{code="${code}"}`)).toBe(1);
  expect(grown('signalbox_push_points_total{state="accepted"}')).toBe(1);
});

test('a server without a sink takes nothing, and says so', async () => {
  const reading = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
  try {
    const response = await fetch(`${reading.url}/api/v1/write`, { method: 'POST', body: 'x', headers: V1_HEADERS });
    expect([response.status, await response.text()]).toEqual([404, 'this server takes no metrics\n']);
    const features = await fetch(`${reading.url}/api/v1/features`);
    expect((await features.json()) as object).toMatchObject({ data: { api: { remote_write_receiver: false } } });
  } finally {
    await reading.close();
  }
});
