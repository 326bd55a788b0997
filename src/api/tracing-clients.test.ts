/** What clients of Jaeger's gRPC services, of Zipkin's API and of Tempo's get for one trace whose every field is known. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertSpans } from '../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../query/testing/test-store.ts';
import { type RunningServer, startServer } from './index.ts';
import { LINKED, NOW_MS, OTHER, ROOT, SPANS, START_NS, TAKE, TRACE } from './testing/cart-trace.ts';
import { GrpcPeer, idBytes } from './testing/grpc-peer.ts';
import { JAEGER_V2_PROTO, JAEGER_V3_PROTO } from './testing/jaeger-protos.ts';
import { testTempo } from './testing/tempo-cases.ts';

const SECONDS = Number(START_NS / 1_000_000_000n);
const NANOS = Number(START_NS % 1_000_000_000n);
const RANGE = {
  start_time_min: { seconds: SECONDS - 60 },
  start_time_max: { seconds: SECONDS + 600 },
};

let store: TestStore;
let server: RunningServer;
const pinned: string[] = [];
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, SPANS);
  server = await startServer({
    port: 0,
    grpcAddress: '127.0.0.1:0',
    engineUrl: store.url,
    ...store.readerLogin,
    pins: {
      of: (tenant) => ({
        list: async () => pinned,
        pin: async (traceId) => void pinned.push(`${tenant}/${traceId}`),
        unpin: async () => undefined,
      }),
    },
  });
}, 240_000);
afterAll(async () => {
  await server?.close();
  await store?.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as a client without types would
type Json = any;

describe.each(['beside HTTP', 'alone'])('Jaeger over gRPC, on the port %s', (port) => {
  let second: GrpcPeer;
  let third: GrpcPeer;
  beforeAll(() => {
    const address = port === 'alone' ? server.grpcAddress! : `127.0.0.1:${server.port}`;
    second = new GrpcPeer(address, JAEGER_V2_PROTO, 'jaeger.api_v2.QueryService');
    third = new GrpcPeer(address, JAEGER_V3_PROTO, 'jaeger.api_v3.QueryService');
  });
  afterAll(() => {
    second.close();
    third.close();
  });

  test('a trace of the second generation has all that Jaeger’s model has', async () => {
    const chunks = await second.call(
      'GetTrace',
      ['GetTraceRequest', { trace_id: idBytes(TRACE) }],
      'SpansResponseChunk',
    );
    const spans = chunks.flatMap((chunk: Json) => chunk.spans);
    expect(spans.map((span: Json) => span.operation_name)).toEqual(['GET /Cart', 'SELECT', 'send', 'take']);
    expect(spans[0]).toEqual({
      trace_id: idBytes(TRACE),
      span_id: idBytes(ROOT),
      operation_name: 'GET /Cart',
      references: [{ trace_id: idBytes(LINKED), span_id: idBytes(TAKE), ref_type: 'FOLLOWS_FROM' }],
      flags: 1,
      start_time: { seconds: SECONDS, ...(NANOS > 0 && { nanos: NANOS }) },
      duration: { seconds: 2, nanos: 5 },
      tags: [
        { key: 'otel.scope.name', v_str: 'lib' },
        { key: 'otel.scope.version', v_str: '3' },
        { key: 'flag', v_type: 'BOOL', v_bool: true },
        { key: 'list', v_str: '["a",1]' },
        { key: 'real', v_type: 'FLOAT64', v_float64: 2.5 },
        { key: 'text', v_str: 'x' },
        { key: 'whole', v_type: 'INT64', v_int64: 7 },
        { key: 'span.kind', v_str: 'server' },
        { key: 'otel.status_code', v_str: 'ERROR' },
        { key: 'error', v_type: 'BOOL', v_bool: true },
        { key: 'otel.status_description', v_str: 'no route' },
        { key: 'w3c.tracestate', v_str: 'v=1' },
      ],
      logs: [
        {
          timestamp: expect.objectContaining({ seconds: SECONDS }),
          fields: [
            { key: 'event', v_str: 'retry' },
            { key: 'attempt', v_type: 'INT64', v_int64: 2 },
          ],
        },
      ],
      process: { service_name: 'api', tags: [{ key: 'host.name', v_str: 'h1' }] },
    });
    expect(spans[1].references).toEqual([{ trace_id: idBytes(TRACE), span_id: idBytes(ROOT) }]);
  });

  test('a trace of the third generation is OTLP', async () => {
    const parts = await third.call('GetTrace', ['GetTraceRequest', { trace_id: TRACE }], 'TracesData');
    const groups = parts.flatMap((part: Json) => part.resource_spans);
    expect(groups[0].resource.attributes).toContainEqual({ key: 'host.name', value: { string_value: 'h1' } });
    const [scope] = groups[0].scope_spans.filter((one: Json) => one.scope?.name === 'lib');
    expect(scope.scope).toEqual({ name: 'lib', version: '3' });
    expect(scope.spans).toEqual([
      expect.objectContaining({
        ...{
          trace_id: idBytes(TRACE),
          span_id: idBytes(ROOT),
          name: 'GET /Cart',
          kind: 2,
          trace_state: 'v=1',
          flags: 1,
        },
        status: { code: 2, message: 'no route' },
        attributes: expect.arrayContaining([
          { key: 'list', value: { array_value: { values: [{ string_value: 'a' }, { int_value: 1 }] } } },
          { key: 'real', value: { double_value: 2.5 } },
        ]),
        events: [expect.objectContaining({ name: 'retry', attributes: [{ key: 'attempt', value: { int_value: 2 } }] })],
        links: [{ trace_id: idBytes(LINKED), span_id: idBytes(TAKE) }],
      }),
    ]);
  });

  test('searches by service, operation, tags and duration', async () => {
    const find = async (query: object): Promise<string[]> => {
      const asked = ['FindTracesRequest', { query: { ...RANGE, ...query } }] as const;
      const chunks = await second.call('FindTraces', asked, 'SpansResponseChunk');
      return [...new Set(chunks.flatMap((chunk: Json) => chunk.spans.map((span: Json) => span.trace_id)))] as string[];
    };
    expect(await find({ service_name: 'api' })).toEqual([OTHER, TRACE].map(idBytes));
    expect(await find({ service_name: 'api', search_depth: 1 })).toEqual([idBytes(OTHER)]);
    expect(await find({ service_name: 'api', operation_name: 'ping' })).toEqual([idBytes(OTHER)]);
    expect(await find({ service_name: 'api', tags: { text: 'x', error: 'true' } })).toEqual([idBytes(TRACE)]);
    expect(await find({ service_name: 'api', duration_min: { seconds: 1 } })).toEqual([idBytes(TRACE)]);
    const found = await third.call(
      'FindTraces',
      ['FindTracesRequest', { query: { ...RANGE, service_name: 'billing' } }],
      'TracesData',
    );
    expect(found.flatMap((part: Json) => part.resource_spans)).toHaveLength(2);
    const asked = ['FindTracesRequest', { query: { ...RANGE, service_name: 'billing' } }] as const;
    const [{ summaries }] = await third.call('FindTraceSummaries', asked, 'FindTraceSummariesResponse');
    expect(summaries).toEqual([
      expect.objectContaining({
        ...{
          trace_id: TRACE,
          root_service_name: 'api',
          root_operation_name: 'GET /Cart',
          span_count: 4,
          error_span_count: 2,
        },
        services: [
          { name: 'api', span_count: 3, error_span_count: 1 },
          { name: 'billing', span_count: 1, error_span_count: 1 },
        ],
      }),
    ]);
  });

  test('services, operations and dependencies, databases and queues among them', async () => {
    const range = { start_time: RANGE.start_time_min, end_time: RANGE.start_time_max };
    for (const peer of [second, third]) {
      const [{ services }] = await peer.call('GetServices', ['GetServicesRequest', {}], 'GetServicesResponse');
      expect(services).toEqual(['api', 'billing']);
      const asked = ['GetOperationsRequest', { service: 'api', span_kind: 'server' }] as const;
      const [{ operations }] = await peer.call('GetOperations', asked, 'GetOperationsResponse');
      expect(operations.map((one: Json) => one.name).sort()).toEqual(['GET /Cart', 'ping']);
      const [answer] = await peer.call('GetDependencies', ['GetDependenciesRequest', range], 'GetDependenciesResponse');
      const edges = answer.dependencies.map((one: Json) => `${one.parent} > ${one.child} ${one.call_count}`);
      expect(edges.sort()).toEqual([
        'api > billing 1',
        'api > kafka/sales 1',
        'api > postgresql/shop 1',
        'kafka/sales > billing 1',
      ]);
    }
  });

  test('what fails has the codes and words of Jaeger', async () => {
    const nothing = { trace_id: idBytes('ff'.repeat(16)) };
    const failures: [GrpcPeer, string, string, object, string][] = [
      [second, 'GetTrace', 'GetTraceRequest', {}, '3 INVALID_ARGUMENT: uninitialized TraceID is not allowed'],
      [second, 'GetTrace', 'GetTraceRequest', nothing, '5 NOT_FOUND: trace not found'],
      [second, 'ArchiveTrace', 'ArchiveTraceRequest', nothing, '5 NOT_FOUND: trace not found'],
      [second, 'FindTraces', 'FindTracesRequest', {}, '3 INVALID_ARGUMENT: missing query'],
      [
        second,
        'GetDependencies',
        'GetDependenciesRequest',
        {},
        '3 INVALID_ARGUMENT: StartTime and EndTime must be initialized.',
      ],
      [third, 'GetTrace', 'GetTraceRequest', { trace_id: 'zz' }, '3 INVALID_ARGUMENT: unable to parse param'],
      [
        third,
        'FindTraces',
        'FindTracesRequest',
        { query: {} },
        '3 INVALID_ARGUMENT: start time min and max are required parameters',
      ],
      [
        third,
        'FindTraces',
        'FindTracesRequest',
        { query: { ...RANGE, filter: { name: 'eq' } } },
        '3 INVALID_ARGUMENT: structured filters',
      ],
      [
        third,
        'Nothing',
        'GetServicesRequest',
        {},
        '12 UNIMPLEMENTED: unknown method Nothing for service jaeger.api_v3.QueryService',
      ],
    ];
    for (const [peer, method, type, message, words] of failures)
      await expect(peer.call(method, [type, message], 'GetServicesResponse')).rejects.toThrow(words);
  });

  test('an archived trace is pinned, over gRPC and HTTP', async () => {
    pinned.length = 0;
    await second.call('ArchiveTrace', ['ArchiveTraceRequest', { trace_id: idBytes(TRACE) }], 'ArchiveTraceResponse');
    const posted = await fetch(`${server.url}/jaeger/api/archive/${OTHER.slice(16)}`, { method: 'POST' });
    expect(await posted.json()).toEqual({ data: [], total: 0, limit: 0, offset: 0, errors: null });
    expect(pinned).toEqual([`/${TRACE}`, `/${OTHER}`]);
    const absent = await fetch(`${server.url}/jaeger/api/archive/ff`, { method: 'POST' });
    expect([absent.status, ((await absent.json()) as Json).errors]).toEqual([
      404,
      [{ code: 404, msg: 'trace not found' }],
    ]);
  });
});

describe('Zipkin', () => {
  const get = async (path: string): Promise<{ status: number; text: string; body: Json }> => {
    const response = await fetch(`${server.url}/zipkin${path}`);
    const text = await response.text();
    return { status: response.status, text, body: response.ok ? JSON.parse(text) : undefined };
  };
  const END = `endTs=${NOW_MS}&lookback=3600000`;

  test.each([
    ['/api/v2/services', ['api', 'billing']],
    ['/api/v2/spans?serviceName=api', ['GET /Cart', 'SELECT', 'ping', 'send']],
    ['/api/v2/remoteServices?serviceName=api', ['pg-1']],
    ['/api/v2/autocompleteValues?key=messaging.system', ['kafka']],
    ['/health', { status: 'UP', zipkin: { status: 'UP', details: {} } }],
  ])('%s', async (path, expected) => {
    expect((await get(path)).body).toEqual(expected);
  });

  test('tags that can be asked for are those of the last day', async () => {
    const { body } = await get('/api/v2/autocompleteKeys');
    expect(body).toEqual(expect.arrayContaining(['host.name', 'messaging.system', 'text']));
  });

  test('a trace', async () => {
    const { body } = await get(`/api/v2/trace/${TRACE}`);
    expect(body).toHaveLength(4);
    expect(body[0]).toEqual({
      ...{ traceId: TRACE, id: ROOT, kind: 'SERVER', name: 'GET /Cart', duration: 2_000_000 },
      timestamp: Number(START_NS / 1000n),
      localEndpoint: { serviceName: 'api' },
      annotations: [{ timestamp: Number(START_NS / 1000n) + 5, value: 'retry|{"attempt":2}|0' }],
      tags: {
        ...{ 'host.name': 'h1', text: 'x', whole: '7', real: '2.5', flag: 'true', list: '["a",1]' },
        ...{ error: 'true', 'otel.status_code': 'Error', 'otel.status_description': 'no route' },
        ...{ 'otel.library.name': 'lib', 'otel.library.version': '3', 'w3c.tracestate': 'v=1' },
        'otlp.link.0': `${LINKED}|${TAKE}||{}|0`,
      },
    });
    expect(body[1]).toMatchObject({ parentId: ROOT, kind: 'CLIENT', remoteEndpoint: { serviceName: 'pg-1' } });
    expect((await get(`/api/v2/trace/${OTHER.slice(16)}`)).body).toMatchObject([
      { traceId: OTHER.slice(16), name: 'ping' },
    ]);
    expect(await get('/api/v2/trace/ABCD')).toMatchObject({ status: 404, text: 'abcd not found' });
  });

  test('several traces, in the order of their ids', async () => {
    const { body } = await get(`/api/v2/traceMany?traceIds=${TRACE},${OTHER.slice(16)},ffff`);
    expect(body.map((trace: Json) => trace.length)).toEqual([4, 1]);
  });

  test.each([
    [`serviceName=api`, [OTHER.slice(16), TRACE]],
    [`serviceName=api&limit=1`, [OTHER.slice(16)]],
    [`serviceName=api&spanName=ping`, [OTHER.slice(16)]],
    [`serviceName=api&spanName=all&minDuration=1000000`, [TRACE]],
    [`serviceName=api&minDuration=1&maxDuration=5`, [OTHER.slice(16)]],
    [`remoteServiceName=pg-1`, [TRACE]],
    [`annotationQuery=${encodeURIComponent('error and text=x')}`, [TRACE]],
    [`annotationQuery=${encodeURIComponent('whole')}`, [TRACE]],
    [`annotationQuery=${encodeURIComponent('text=y')}`, []],
  ])('a search: %s', async (query, expected) => {
    const { body } = await get(`/api/v2/traces?${query}&${END}`);
    expect(body.map((trace: Json) => trace[0].traceId)).toEqual(expected);
  });

  test('dependencies have their errors', async () => {
    const { body } = await get(`/api/v2/dependencies?${END}`);
    expect(body).toContainEqual({ parent: 'api', child: 'billing', callCount: 1, errorCount: 1 });
    expect(body).toContainEqual({ parent: 'api', child: 'postgresql/shop', callCount: 1 });
  });

  test.each([
    ['/api/v2/spans', "Required request parameter 'serviceName' is not present"],
    ['/api/v2/dependencies', "Required request parameter 'endTs' is not present"],
    ['/api/v2/traceMany', 'traceIds parameter is empty'],
    ['/api/v2/trace/xyz', 'xyz is no lower-hex encoded trace id'],
    ['/api/v2/traces?maxDuration=1', 'maxDuration is only valid with minDuration'],
    ['/api/v2/traces?lookback=0', 'lookback <= 0'],
  ])('%s is refused in words', async (path, words) => {
    expect(await get(path)).toMatchObject({ status: 400, text: words });
  });
});

testTempo(() => server);
