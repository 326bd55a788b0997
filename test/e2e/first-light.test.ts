import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import SnappyJS from 'snappyjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deflate } from '#net';
import type { Signal } from '#pdata';
import { encodeReference, type ReferenceObject } from '../../src/wire/testing/otlp-reference.ts';
import {
  decodeAnswer,
  exportByGrpc,
  grpcFrame,
  grpcPath,
  JSON_TYPE,
  newTraceId,
  nowNs,
  otlpJson,
  PROTO,
  post,
  rawGrpc,
  tracesRequest,
} from '../lib/otlp.ts';
import { eventually, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';
import { consoleApi, getJson, isStored, readRows } from './ask.ts';
import { expectedLogs, expectedTrace } from './expected.ts';
import { fullLogs, fullTraces } from './samples.ts';

let box: RunningSignalbox;
beforeAll(async () => {
  box = await startSignalbox();
});
afterAll(async () => {
  await box?.stop();
  expect(box?.output() ?? '').not.toContain('is killed');
});

/** The three ways in. Each throws unless everything was taken. */
const WAYS: Readonly<Record<string, (signal: Signal, request: ReferenceObject) => Promise<void>>> = {
  gRPC: async (signal, request) => {
    const answer = await exportByGrpc(box.grpcAddress, signal, encodeReference(signal, request));
    expect(answer).toEqual({ rejectedCount: 0, message: '' });
  },
  'HTTP, protobuf': async (signal, request) => {
    const response = await post(`${box.otlpUrl}/v1/${signal}`, encodeReference(signal, request));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-protobuf');
    expect((await response.arrayBuffer()).byteLength).toBe(0);
  },
  'HTTP, JSON': async (signal, request) => {
    const response = await post(`${box.otlpUrl}/v1/${signal}`, JSON.stringify(otlpJson(request)), JSON_TYPE);
    expect([response.status, await response.text()]).toEqual([200, '{}']);
  },
};
const ways = Object.entries(WAYS).map(([name, give]) => ({ name, give }));

describe('one span by hand, as the README sends it', () => {
  const traceId = '5b8efff798038103d269b633813fc60c';
  const spanId = 'eee19b7ec3c1b174';
  const seconds = Math.floor(Date.now() / 1000);
  const around = { from: seconds * 1000 - 60_000, to: seconds * 1000 + 60_000 };

  beforeAll(async () => {
    const body = `{"resourceSpans":[{
      "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},
      "scopeSpans":[{"spans":[{"traceId":"${traceId}","spanId":"${spanId}","name":"first light","kind":2,
        "startTimeUnixNano":"${seconds}000000000","endTimeUnixNano":"${seconds}250000000"}]}]}]}`;
    const response = await post(`${box.otlpUrl}/v1/traces`, body, JSON_TYPE);
    expect([response.status, await response.text()]).toEqual([200, '{}']);
    await isStored(box, traceId);
  });

  const jaegerSpan = {
    traceID: traceId,
    spanID: spanId,
    operationName: 'first light',
    references: [],
    startTime: seconds * 1_000_000,
    duration: 250_000,
    tags: [{ key: 'span.kind', type: 'string', value: 'server' }],
    logs: [],
    processID: 'p1',
  };

  test('is in the Jaeger API: by its id, by a search, and in the lists', async () => {
    const jaeger = `${box.consoleUrl}/jaeger/api`;
    const trace = { traceID: traceId, spans: [jaegerSpan], processes: { p1: { serviceName: 'hello' } } };
    expect(await getJson(`${jaeger}/traces/${traceId}`)).toMatchObject({ data: [trace], errors: null });
    const found = await getJson(`${jaeger}/traces?service=hello&operation=first%20light&minDuration=200ms&lookback=1h`);
    expect(found).toMatchObject({ data: [trace], errors: null });
    expect(await getJson(`${jaeger}/traces?service=hello&minDuration=300ms&lookback=1h`)).toMatchObject({ data: [] });
    expect(await getJson(`${jaeger}/services`)).toMatchObject({ data: expect.arrayContaining(['hello']) });
    expect(await getJson(`${jaeger}/services/hello/operations`)).toMatchObject({ data: ['first light'] });
    expect(await getJson(`${jaeger}/operations?service=hello`)).toMatchObject({
      data: [{ name: 'first light', spanKind: 'server' }],
    });
  });

  test('is in the Jaeger API v3', async () => {
    const jaeger = `${box.consoleUrl}/jaeger/api/v3`;
    const result = {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'hello' } }] },
          scopeSpans: [
            {
              scope: {},
              spans: [
                {
                  traceId,
                  spanId,
                  name: 'first light',
                  kind: 2,
                  startTimeUnixNano: `${seconds}000000000`,
                  endTimeUnixNano: `${seconds}250000000`,
                  status: {},
                },
              ],
            },
          ],
        },
      ],
    };
    expect(await getJson(`${jaeger}/traces/${traceId}`)).toEqual({ result });
    const times = `query.start_time_min=${new Date(around.from).toISOString()}&query.start_time_max=${new Date(around.to).toISOString()}`;
    expect(await getJson(`${jaeger}/traces?query.service_name=hello&${times}`)).toEqual({ result });
    expect(await getJson(`${jaeger}/services`)).toMatchObject({ services: expect.arrayContaining(['hello']) });
    expect(await getJson(`${jaeger}/operations?service=hello`)).toEqual({
      operations: [{ name: 'first light', spanKind: 'server' }],
    });
  });

  test('is in every answer of the console API that spans make', async () => {
    const api = consoleApi(box);
    expect(await api('status')).toMatchObject({ signals: { traces: { hasData: true } } });
    const { services } = await api<{ services: { name: string }[] }>('services', around);
    expect(services.find(({ name }) => name === 'hello')).toMatchObject({ requestCount: 1, errorCount: 0 });
    expect(await api('services/hello', around)).toMatchObject({
      summary: { name: 'hello', requestCount: 1 },
      operations: [{ name: 'first light', kind: 'server', requestCount: 1 }],
      slowest: [{ traceId, rootOperation: 'first light', durationNs: 250_000_000 }],
      failed: [],
    });
    expect(await api('operations', { ...around, service: 'hello' })).toEqual({
      operations: [{ name: 'first light', kind: 'server', count: 1 }],
    });
    expect(await api('traces', { ...around, q: 'service.name=hello duration>200ms' })).toMatchObject({
      traces: [{ traceId, rootService: 'hello', rootOperation: 'first light', spanCount: 1, matchedSpanId: spanId }],
    });
    expect(await api(`traces/${traceId}`)).toMatchObject({
      traceId,
      startNs: `${seconds}000000000`,
      durationNs: 250_000_000,
      services: ['hello'],
      spans: { ids: spanId, parent: [-1], kind: [2], status: [0] },
      truncated: false,
    });
    expect(await api(`traces/${traceId}/spans/${spanId}`)).toMatchObject({
      name: 'first light',
      kind: 'server',
      status: 'unset',
      resource: { 'service.name': 'hello' },
    });
    expect(await api(`traces/${traceId}/logs`)).toMatchObject({ logs: [] });
  });
});

describe.each(ways)('by $name', ({ give }) => {
  test('a trace with every field and kind of value comes back as it was sent', async () => {
    const traceId = newTraceId();
    const sent = fullTraces(traceId);
    await give('traces', sent);
    await isStored(box, traceId, 2);
    const answer = await getJson<{ result: unknown }>(`${box.consoleUrl}/jaeger/api/v3/traces/${traceId}`);
    expect(answer.result).toEqual(expectedTrace(sent));
  });

  test('log records with every kind of body come back as they were sent', async () => {
    const traceId = newTraceId();
    const sent = fullLogs(traceId);
    const range = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
    await give('logs', sent);
    const logs = await eventually('the logs', async () => {
      const answer = await consoleApi(box)<{ logs: Record<string, unknown>[] }>('logs', { ...range, traceId });
      return answer.logs.length === 7 ? answer.logs : undefined;
    });
    expect(logs.map(({ id: _id, ...log }) => log).reverse()).toEqual(expectedLogs(sent));
    const rows = await readRows(
      box,
      `SELECT toUnixTimestamp64Nano(observed_time) - toUnixTimestamp64Nano(time) AS late, flags, dropped_attributes_count AS dropped,
        scopes.version AS version, toString(scopes.attributes) AS attributes, resources.schema_url AS url, scopes.schema_url AS scope_url
      FROM signalbox.logs AS logs ANY LEFT JOIN signalbox.scopes AS scopes ON scopes.scope_id = logs.scope_id
      ANY LEFT JOIN signalbox.resources AS resources ON resources.resource_id = logs.resource_id
      WHERE trace_id = unhex('${traceId}') ORDER BY time`,
    );
    const urls = ['https://opentelemetry.io/schemas/1.30.0', 'https://opentelemetry.io/schemas/1.29.0'];
    expect(rows.map((row) => Object.values(row))).toEqual(
      Array.from({ length: 7 }, (_, i) => ['1000000', 1, i, '4', '{"a":true}', ...urls]),
    );
  });
});

describe.concurrent('compressed', () => {
  const bytesOf = (traceId: string): Uint8Array =>
    encodeReference(
      'traces',
      tracesRequest(
        'compressed',
        Array.from({ length: 50 }, () => ({ traceId })),
      ),
    );
  test.each([
    { coding: 'identity', compress: (body: Uint8Array) => body },
    { coding: 'gzip', compress: gzipSync },
    { coding: 'zstd', compress: zstdCompressSync },
    { coding: 'deflate', compress: deflateSync },
    { coding: 'zlib', compress: deflateSync },
    { coding: 'snappy', compress: (body: Uint8Array) => SnappyJS.compress(body) },
    { coding: 'x-snappy-framed', compress: (body: Uint8Array) => deflate('x-snappy-framed', body) },
    { coding: 'lz4', compress: (body: Uint8Array) => deflate('lz4', body) },
  ])('with $coding over HTTP', async ({ coding, compress }) => {
    const traceId = newTraceId();
    const body = await compress(bytesOf(traceId));
    const response = await post(`${box.otlpUrl}/v1/traces`, body, { ...PROTO, 'content-encoding': coding });
    expect([response.status, await response.text()]).toEqual([200, '']);
    await isStored(box, traceId, 50);
  });

  test.each(['identity', 'gzip', 'deflate'] as const)('with %s over gRPC', async (coding) => {
    const traceId = newTraceId();
    const answer = await exportByGrpc(box.grpcAddress, 'traces', bytesOf(traceId), coding);
    expect(answer.rejectedCount).toBe(0);
    await isStored(box, traceId, 50);
  });

  test.each([
    { coding: 'zstd', compress: zstdCompressSync },
    { coding: 'snappy', compress: (body: Uint8Array) => SnappyJS.compress(body) },
  ])('with $coding over gRPC, which grpc-js lacks', async ({ coding, compress }) => {
    const traceId = newTraceId();
    const frame = grpcFrame(await compress(bytesOf(traceId)), true);
    const answer = await rawGrpc(box.grpcAddress, grpcPath('traces'), frame, { 'grpc-encoding': coding });
    expect(answer).toMatchObject({ httpStatus: 200, code: 0 });
    await isStored(box, traceId, 50);
  });
});

describe.concurrent('what can not be accepted is rejected by itself', () => {
  /** Requests of three items of which the second has an id of three bytes. */
  const REQUESTS: Readonly<Record<Signal, (traceId: string) => ReferenceObject>> = {
    traces: (traceId) =>
      tracesRequest('partial', [
        { traceId, name: 'kept' },
        { traceId, spanId: 'aabbcc' },
        { traceId, name: 'kept' },
      ]),
    logs: (traceId) => {
      const ids = ['', 'aabbcc', ''];
      const logRecords = ids.map((id) => ({
        timeUnixNano: String(nowNs()),
        body: { stringValue: traceId },
        traceId: Buffer.from(id, 'hex'),
      }));
      return { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
    },
    metrics: (traceId) => {
      const dataPoints = [[], [{ traceId: Buffer.from('aabbcc', 'hex'), asDouble: 1 }], []].map((exemplars, i) => ({
        timeUnixNano: String(nowNs() + BigInt(i)),
        asDouble: 1,
        exemplars,
      }));
      return {
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: `partial.${traceId}`, gauge: { dataPoints } }] }] }],
      };
    },
  };
  const KEPT: Readonly<Record<Signal, (traceId: string) => string>> = {
    traces: (traceId) => `signalbox.spans WHERE trace_id = unhex('${traceId}')`,
    logs: (traceId) => `signalbox.logs WHERE body = '${traceId}'`,
    metrics: (traceId) => `signalbox.metric_points WHERE name = 'partial.${traceId}'`,
  };
  const REASON: Readonly<Record<Signal, string>> = {
    traces: 'span_id has 3 bytes, must have 8',
    logs: 'trace_id has 3 bytes, must have 16',
    metrics: 'trace_id has 3 bytes, must have 16',
  };
  const cases = (['traces', 'logs', 'metrics'] as const).map((signal) => ({ signal }));

  async function isKept(signal: Signal, traceId: string): Promise<void> {
    const sql = `SELECT count() FROM ${KEPT[signal](traceId)}`;
    await eventually(`two ${signal}`, async () => (await box.query(sql)) === '2' || undefined);
  }

  test.each(cases)('$signal over HTTP, JSON', async ({ signal }) => {
    const traceId = newTraceId();
    const body = JSON.stringify(otlpJson(REQUESTS[signal](traceId)));
    const response = await post(`${box.otlpUrl}/v1/${signal}`, body, JSON_TYPE);
    expect(response.status).toBe(200);
    const field = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' }[signal];
    expect(await response.json()).toEqual({
      partialSuccess: { [field]: '1', errorMessage: expect.stringContaining(REASON[signal]) },
    });
    await isKept(signal, traceId);
  });

  test.each(cases)('$signal over HTTP, protobuf', async ({ signal }) => {
    const traceId = newTraceId();
    const response = await post(`${box.otlpUrl}/v1/${signal}`, encodeReference(signal, REQUESTS[signal](traceId)));
    expect(response.status).toBe(200);
    const answer = decodeAnswer(new Uint8Array(await response.arrayBuffer()));
    expect(answer).toEqual({ rejectedCount: 1, message: expect.stringContaining(REASON[signal]) });
    await isKept(signal, traceId);
  });

  test.each(cases)('$signal over gRPC', async ({ signal }) => {
    const traceId = newTraceId();
    const answer = await exportByGrpc(box.grpcAddress, signal, encodeReference(signal, REQUESTS[signal](traceId)));
    expect(answer).toEqual({ rejectedCount: 1, message: expect.stringContaining(REASON[signal]) });
    await isKept(signal, traceId);
  });
});
