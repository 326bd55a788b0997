import zlib from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { type Coding, deflate, GRPC } from '#net';
import { decodeExportResponse } from '#wire';
import { bytesOf, JSON_TYPE, PROTO, post, postPieces, statusOf } from './testing/http.ts';
import {
  logsRequest,
  metricsRequest,
  type Running,
  type RunOptions,
  runReceiver,
  tracesRequest,
  tracesWithOneBadId,
} from './testing/receiver.ts';

const running: Running[] = [];
async function start(options: RunOptions = {}): Promise<Running> {
  const started = await runReceiver(options);
  running.push(started);
  return started;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ receiver }) => receiver.shutdown(1000)));
});

describe('a request that is accepted', () => {
  test.each([
    { signal: 'traces', body: tracesRequest(3) },
    { signal: 'metrics', body: metricsRequest(4) },
    { signal: 'logs', body: logsRequest(5) },
  ] as const)('$signal reach their pipeline byte for byte', async ({ signal, body }) => {
    const { httpUrl, pipelines, settings } = await start();
    const response = await post(`${httpUrl}/v1/${signal}`, body);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-protobuf');
    expect((await bytesOf(response)).length).toBe(0);
    const [batch] = pipelines[signal].batches;
    expect(batch!.signal).toBe(signal);
    expect(Buffer.compare(batch!.chunks[0]!.layout.body, body)).toBe(0);
    const name = { traces: 'spans', metrics: 'metric_points', logs: 'log_records' }[signal];
    expect(settings.meter.sum(`receiver_accepted_${name}`, { transport: 'http' })).toBe(batch!.itemCount);
    expect(settings.meter.sum('receiver_requests', { transport: 'http', outcome: 'success' })).toBe(1);
  });

  test('the answer to JSON is JSON', async () => {
    const { httpUrl, pipelines } = await start();
    const span = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'a', kind: 2 };
    const body = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
    const response = await post(`${httpUrl}/v1/traces`, JSON.stringify(body), {
      'content-type': 'application/json; charset=utf-8',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({});
    expect(pipelines.traces.itemCount).toBe(1);
  });

  test.each([
    {
      name: 'snake_case keys',
      span: { trace_id: 'AB'.repeat(16), span_id: 'CD'.repeat(8), start_time_unix_nano: '5' },
    },
    { name: 'names of enums', span: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), kind: 'SPAN_KIND_SERVER' } },
    { name: 'numbers as texts', span: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), droppedEventsCount: '3' } },
    { name: 'numbers for 64 bits', span: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), endTimeUnixNano: 17 } },
    { name: 'unknown fields', span: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), fromTheFuture: { a: [1] } } },
  ])('JSON with $name', async ({ span }) => {
    const { httpUrl, pipelines } = await start();
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    expect((await post(`${httpUrl}/v1/traces`, body, JSON_TYPE)).status).toBe(200);
    expect(pipelines.traces.itemCount).toBe(1);
  });

  test('a request without items does not reach the pipeline', async () => {
    const { httpUrl, pipelines } = await start();
    pipelines.traces.answer = () => Promise.reject(new Error('must not be called'));
    expect((await post(`${httpUrl}/v1/traces`, new Uint8Array(0))).status).toBe(200);
    expect((await post(`${httpUrl}/v1/traces`, '{}', JSON_TYPE)).status).toBe(200);
    expect(pipelines.traces.batches).toEqual([]);
  });

  test.each(['gzip', 'zlib', 'deflate', 'zstd', 'snappy', 'x-snappy-framed', 'lz4'] as const)('%s', async (coding) => {
    const { httpUrl, pipelines } = await start();
    const body = await deflate(coding as Coding, tracesRequest(50));
    const response = await post(`${httpUrl}/v1/traces`, body, { ...PROTO, 'content-encoding': coding });
    expect(response.status).toBe(200);
    expect(pipelines.traces.itemCount).toBe(50);
  });

  test('a body that comes in pieces without a length', async () => {
    const { httpUrl, pipelines } = await start();
    const body = tracesRequest(300);
    const pieces = Array.from({ length: Math.ceil(body.length / 1000) }, (_, i) =>
      body.subarray(i * 1000, (i + 1) * 1000),
    );
    const response = await postPieces(`${httpUrl}/v1/traces`, pieces);
    expect(response.status).toBe(200);
    expect(pipelines.traces.itemCount).toBe(300);
  });

  test('a small body does not keep a shared pool alive', async () => {
    const { httpUrl, pipelines } = await start();
    await post(`${httpUrl}/v1/traces`, tracesRequest(1));
    const { body } = pipelines.traces.batches[0]!.chunks[0]!.layout;
    expect(body.buffer.byteLength).toBeLessThan(body.length + 5000);
  });
});

describe('partial success', () => {
  test('a span with a wrong id is rejected by itself, with the count and the reason', async () => {
    const { httpUrl, pipelines, settings } = await start();
    const response = await post(`${httpUrl}/v1/traces`, tracesWithOneBadId());
    expect(response.status).toBe(200);
    const partial = decodeExportResponse(await bytesOf(response));
    expect(partial.rejectedCount).toBe(1);
    expect(partial.message).toContain('3 bytes');
    expect(pipelines.traces.itemCount).toBe(2);
    expect(settings.meter.sum('receiver_accepted_spans', { transport: 'http' })).toBe(2);
    expect(settings.meter.sum('receiver_failed_spans', { transport: 'http' })).toBe(1);
  });

  test('the same in JSON', async () => {
    const { httpUrl } = await start();
    const spans = [
      { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) },
      { traceId: 'ab', spanId: 'cd'.repeat(8) },
    ];
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const answer = await (await post(`${httpUrl}/v1/traces`, body, JSON_TYPE)).json();
    expect(answer).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
  });
});

test('what a client is told holds no path of this machine', async () => {
  const { httpUrl, pipelines } = await start();
  pipelines.traces.answer = () =>
    Promise.reject(new ConsumeError("spool folder /var/lib/box/spool: ENOSPC, open '/var/lib/a b/c.seg'"));
  const { message } = await statusOf(await post(`${httpUrl}/v1/traces`, tracesRequest(1)));
  expect(message).toBe('spool folder [path]: ENOSPC, open [path]');
});

describe('a body of which nothing was understood', () => {
  test.each(['traces', 'metrics', 'logs'] as const)(
    '/v1/%s: 400 and the reason, where it was 200 and gone',
    async (signal) => {
      const { httpUrl, settings } = await start();
      const response = await post(`${httpUrl}/v1/${signal}`, '{"hello":"world"}', JSON_TYPE);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ message: expect.stringContaining('found "hello"') });
      expect(settings.meter.sum('receiver_requests', { transport: 'http', outcome: 'failure' })).toBe(1);
      const body = signal === 'traces' ? logsRequest(1) : tracesRequest(1);
      const proto = await post(`${httpUrl}/v1/${signal}`, body);
      expect(proto.status).toBe(400);
      expect((await statusOf(proto)).message).toContain(`can't decode the ${signal} request`);
      for (const empty of ['{}', `{"resource${signal[0]!.toUpperCase()}${signal.slice(1)}":[]}`]) {
        const answer = await post(
          `${httpUrl}/v1/${signal}`,
          empty.replace('resourceTraces', 'resourceSpans'),
          JSON_TYPE,
        );
        expect([answer.status, await answer.json()]).toEqual([200, {}]);
      }
    },
  );
});

describe('a request that is refused', () => {
  test.each([
    {
      name: 'another method',
      path: '/v1/traces',
      method: 'GET',
      status: 405,
      text: '405 method not allowed, supported: [POST]',
    },
    { name: 'PUT', path: '/v1/logs', method: 'PUT', status: 405, text: '405 method not allowed, supported: [POST]' },
    { name: 'another path', path: '/v1/profiles', method: 'POST', status: 404, text: '404 page not found\n' },
    {
      name: 'another content type',
      path: '/v1/traces',
      method: 'POST',
      status: 415,
      text: '415 unsupported media type, supported: [application/json, application/x-protobuf]',
      type: 'text/plain',
    },
  ])('$name', async ({ path, method, status, text, type }) => {
    const { httpUrl } = await start();
    const response = await fetch(httpUrl + path, {
      method,
      headers: { 'content-type': type ?? 'application/json' },
      ...(method !== 'GET' && { body: '{}' }),
    });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(text);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  test('no content type at all', async () => {
    const { httpUrl } = await start();
    expect((await fetch(`${httpUrl}/v1/traces`, { method: 'POST', body: new Uint8Array(3) })).status).toBe(415);
  });

  test('a signal that no pipeline takes', async () => {
    const { httpUrl } = await start({ signals: ['traces'] });
    expect((await post(`${httpUrl}/v1/traces`, tracesRequest(1))).status).toBe(200);
    expect((await post(`${httpUrl}/v1/logs`, logsRequest(1))).status).toBe(404);
  });

  test('a body that is no protobuf, with the reason as rpc.Status', async () => {
    const { httpUrl, settings } = await start();
    const response = await post(`${httpUrl}/v1/traces`, Uint8Array.of(0x0a, 0xff, 1, 2));
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/x-protobuf');
    expect((await statusOf(response)).code).toBe(GRPC.invalidArgument);
    expect(settings.meter.sum('receiver_requests', { transport: 'http', outcome: 'failure' })).toBe(1);
  });

  test('a body that is no JSON, with the reason in JSON', async () => {
    const { httpUrl } = await start();
    const response = await post(`${httpUrl}/v1/metrics`, '{"resourceMetrics": [', JSON_TYPE);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 3,
      message: expect.stringContaining("can't decode the metrics request"),
    });
  });

  test('an unknown content encoding', async () => {
    const { httpUrl } = await start();
    const response = await post(`${httpUrl}/v1/traces`, tracesRequest(1), { ...PROTO, 'content-encoding': 'br' });
    expect(response.status).toBe(400);
    expect((await statusOf(response)).message).toBe('unsupported Content-Encoding: br');
  });

  test('a content encoding that the configuration leaves out', async () => {
    const { httpUrl } = await start({ http: { compression_algorithms: ['', 'gzip'] } });
    const body = zlib.zstdCompressSync(tracesRequest(1));
    expect((await post(`${httpUrl}/v1/traces`, body, { ...PROTO, 'content-encoding': 'zstd' })).status).toBe(400);
    const gzipped = zlib.gzipSync(tracesRequest(1));
    expect((await post(`${httpUrl}/v1/traces`, gzipped, { ...PROTO, 'content-encoding': 'gzip' })).status).toBe(200);
  });

  test('bytes that are not compressed as they say', async () => {
    const { httpUrl } = await start();
    for (const coding of ['gzip', 'zstd', 'deflate', 'snappy', 'x-snappy-framed', 'lz4']) {
      const response = await post(`${httpUrl}/v1/traces`, tracesRequest(1), { ...PROTO, 'content-encoding': coding });
      expect(response.status).toBe(400);
    }
  });

  test('a body over the limit, announced', async () => {
    const { httpUrl, pipelines } = await start({ http: { max_request_body_size: 2000 } });
    const response = await post(`${httpUrl}/v1/traces`, tracesRequest(100));
    expect(response.status).toBe(400);
    expect((await statusOf(response)).message).toContain('http: request body too large');
    expect(pipelines.traces.batches).toEqual([]);
    expect((await post(`${httpUrl}/v1/traces`, tracesRequest(1))).status).toBe(200);
  });

  test('a body over the limit, in pieces without a length', async () => {
    const { httpUrl } = await start({ http: { max_request_body_size: 100_000 } });
    const pieces = Array.from({ length: 40 }, () => new Uint8Array(10_000));
    const response = await postPieces(`${httpUrl}/v1/traces`, pieces);
    expect(response.status).toBe(400);
  });

  test.each(['gzip', 'zstd', 'deflate', 'snappy', 'lz4'] as const)('a bomb in %s', async (coding) => {
    const { httpUrl } = await start({ http: { max_request_body_size: 1_000_000 } });
    const bomb = await deflate(coding as Coding, new Uint8Array(12_000_000));
    const response = await post(`${httpUrl}/v1/traces`, bomb, { ...PROTO, 'content-encoding': coding });
    expect(response.status).toBe(400);
    expect((await statusOf(response)).message).toContain('too large');
  });

  test('truncated and random bodies, and the receiver lives on', async () => {
    const { httpUrl, pipelines } = await start();
    const body = tracesRequest(2);
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length), fc.uint8Array({ maxLength: 200 }), async (length, random) => {
        const cut = await post(`${httpUrl}/v1/traces`, body.subarray(0, length));
        expect([200, 400]).toContain(cut.status);
        await cut.arrayBuffer();
        const noise = await post(`${httpUrl}/v1/metrics`, random, Math.random() < 0.5 ? PROTO : JSON_TYPE);
        expect([200, 400]).toContain(noise.status);
        await noise.arrayBuffer();
      }),
      { numRuns: 60 },
    );
    expect((await post(`${httpUrl}/v1/traces`, body)).status).toBe(200);
    expect(pipelines.traces.itemCount).toBeGreaterThanOrEqual(2);
  });
});

describe('an error of the pipeline', () => {
  test.each([
    { name: 'an ordinary error', error: new Error('disk'), status: 503, code: GRPC.unavailable },
    { name: 'a retryable one', error: new ConsumeError('full'), status: 503, code: GRPC.unavailable },
    { name: 'a permanent one', error: new ConsumeError('no', { permanent: true }), status: 500, code: GRPC.internal },
    ...(
      [
        ['cancelled', 503],
        ['deadlineExceeded', 503],
        ['aborted', 503],
        ['outOfRange', 503],
        ['dataLoss', 503],
        ['resourceExhausted', 429],
        ['invalidArgument', 400],
        ['unauthenticated', 401],
        ['permissionDenied', 403],
        ['unimplemented', 404],
        ['notFound', 500],
        ['internal', 500],
      ] as const
    ).map(([name, status]) => ({
      name,
      error: new ConsumeError('no', { grpcCode: GRPC[name] }),
      status,
      code: GRPC[name],
    })),
  ])('$name is answered with $status', async ({ error, status, code }) => {
    const { httpUrl, pipelines, settings } = await start();
    pipelines.traces.answer = () => Promise.reject(error);
    const response = await post(`${httpUrl}/v1/traces`, tracesRequest(2));
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBeNull();
    expect(await statusOf(response)).toMatchObject({ code, message: error.message });
    expect(settings.meter.sum('receiver_refused_spans', { transport: 'http' })).toBe(2);
    expect(settings.meter.sum('receiver_accepted_spans', { transport: 'http' })).toBe(0);
    expect(settings.meter.sum('receiver_requests', { transport: 'http', outcome: 'refused' })).toBe(1);
  });

  test.each([
    { grpcCode: GRPC.unavailable, status: 503 },
    { grpcCode: GRPC.resourceExhausted, status: 429 },
  ])('a delay becomes Retry-After on $status', async ({ grpcCode, status }) => {
    const { httpUrl, pipelines } = await start();
    pipelines.traces.answer = () => Promise.reject(new ConsumeError('slow down', { grpcCode, retryAfterMs: 2500 }));
    const response = await post(`${httpUrl}/v1/traces`, tracesRequest(1));
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await statusOf(response)).toMatchObject({ retryAfterMs: 2500 });
  });
});
