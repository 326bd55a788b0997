import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';
import { afterEach, expect, test } from 'vitest';
import { type FakeSettings, fakeHost, fakeSettings } from '#component/testing.ts';
import { Batch } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { zipkinExporterSchema } from './config.ts';
import { zipkinExporterFactory } from './index.ts';
import type { ZipkinExporter } from './zipkin.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  block: object = {},
  status = 202,
): Promise<{ exporter: ZipkinExporter; settings: FakeSettings; got: { type: string; body: Buffer }[] }> {
  const got: { type: string; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push({ type: request.headers['content-type'] ?? '', body: Buffer.concat(parts) });
      response.writeHead(status).end('why');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  const settings = fakeSettings({ id: 'zipkin' });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/spans`;
  const exporter = zipkinExporterFactory.create(
    settings,
    zipkinExporterSchema.parse({ endpoint, ...block }),
    'traces',
  ) as ZipkinExporter;
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));
  return { exporter, settings, got };
}

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
const TRACE = '0123456789abcdef0123456789abcdef';
const SPAN = {
  traceId: TRACE,
  spanId: '00000000000000a1',
  parentSpanId: '00000000000000a0',
  traceState: 'a=b',
  name: 'GET /Orders',
  kind: 3,
  startTimeUnixNano: '1700000000000001499',
  endTimeUnixNano: '1700000000002001499',
  attributes: [
    text('peer.service', 'db'),
    text('net.peer.ip', '2001:db8::1'),
    text('net.peer.port', '5432'),
    text('error', 'false'),
    { key: 'http.response.status_code', value: { intValue: '200' } },
    { key: 'list', value: { arrayValue: { values: [{ intValue: '1' }] } } },
  ],
  status: { code: 2, message: 'boom' },
  events: [
    { timeUnixNano: '1700000000000002000', name: 'plain' },
    { timeUnixNano: '1700000000000003000', name: 'with', attributes: [text('k', 'v')], droppedAttributesCount: 2 },
  ],
  links: [{ traceId: TRACE, spanId: '00000000000000b1', traceState: 'x=y', attributes: [text('l', 'm')] }],
};
function batchOf(
  spans: readonly object[],
  resource: readonly object[] = [text('service.name', 'shop'), text('host.name', 'h')],
): Batch {
  const request = {
    resourceSpans: [
      { resource: { attributes: resource }, scopeSpans: [{ scope: { name: 'lib', version: '1' }, spans }] },
    ],
  };
  return new Batch('traces', [decodeOtlpJson('traces', Buffer.from(JSON.stringify(request))).chunk]);
}
const WANT = {
  traceId: TRACE,
  id: '00000000000000a1',
  parentId: '00000000000000a0',
  kind: 'CLIENT',
  name: 'get /orders',
  timestamp: 1_700_000_000_000_001,
  duration: 2000,
  localEndpoint: { serviceName: 'shop' },
  remoteEndpoint: { serviceName: 'db', ipv6: '2001:db8::1', port: 5432 },
  annotations: [
    { timestamp: 1_700_000_000_000_002, value: 'plain' },
    { timestamp: 1_700_000_000_000_003, value: 'with|{"k":"v"}|2' },
  ],
  tags: {
    'host.name': 'h',
    'otel.library.name': 'lib',
    'otel.library.version': '1',
    'http.response.status_code': '200',
    'http.status_code': '200',
    list: '[1]',
    'w3c.tracestate': 'a=b',
    error: 'true',
    'otel.status_code': 'Error',
    'otel.status_description': 'boom',
    'otlp.link.0': `${TRACE}|00000000000000b1|x=y|{"l":"m"}|0`,
  },
};

test('a span as Zipkin has it', async () => {
  const { exporter, got } = await start();
  await exporter.consume(batchOf([SPAN]));
  expect(got[0]!.type).toBe('application/json');
  expect(JSON.parse(got[0]!.body.toString())).toEqual([WANT]);
});

test('what is not there, short ids, names of a service, and spans without an id', async () => {
  const { exporter, got, settings } = await start();
  const bare = {
    traceId: `${'0'.repeat(16)}00000000000000f1`,
    spanId: '00000000000000a1',
    name: 'x',
    kind: 1,
    attributes: [text('net.host.ip', '10.0.0.1'), text('error', 'true')],
  };
  await exporter.consume(
    batchOf([bare, { ...bare, spanId: '' }], [text('k8s.deployment.name', 'dep'), text('cloud.resource_id', 'c')]),
  );
  await exporter.consume(batchOf([bare], []));
  const [first, second] = got.map(({ body }) => JSON.parse(body.toString()) as object[]);
  expect(first).toEqual([
    {
      traceId: '00000000000000f1',
      id: '00000000000000a1',
      name: 'x',
      localEndpoint: { serviceName: 'dep', ipv4: '10.0.0.1' },
      tags: {
        'faas.id': 'c',
        'otlp.service.name.source': 'k8s.deployment.name',
        'otel.library.name': 'lib',
        'otel.library.version': '1',
        'span.kind': 'internal',
      },
    },
  ]);
  expect(second).toMatchObject([{ localEndpoint: { serviceName: '<missing service name>' } }]);
  expect(settings.account.sum('lost', 'not_representable')).toBe(1);
});

test('protobuf', async () => {
  const { exporter, got } = await start({ format: 'proto' });
  await exporter.consume(batchOf([SPAN]));
  // As openzipkin/zipkin-api zipkin.proto has it.
  const { root } = protobuf.parse(`syntax = "proto3";
    message Endpoint { string serviceName = 1; bytes ipv4 = 2; bytes ipv6 = 3; int32 port = 4; }
    message Annotation { fixed64 timestamp = 1; string value = 2; }
    message Span { bytes traceId = 1; bytes parentId = 2; bytes id = 3; int32 kind = 4; string name = 5; fixed64 timestamp = 6; uint64 duration = 7;
      Endpoint localEndpoint = 8; Endpoint remoteEndpoint = 9; repeated Annotation annotations = 10; map<string, string> tags = 11; }
    message ListOfSpans { repeated Span spans = 1; }`);
  const type = root.lookupType('ListOfSpans');
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const { spans } = type.toObject(type.decode(got[0]!.body), { longs: Number }) as {
    spans: { traceId: Uint8Array; id: Uint8Array; parentId: Uint8Array; remoteEndpoint: { ipv6: Uint8Array } }[];
  };
  const { traceId, id, parentId, remoteEndpoint, ...rest } = spans[0]!;
  expect([hex(traceId), hex(id), hex(parentId)]).toEqual([WANT.traceId, WANT.id, WANT.parentId]);
  expect({ ...remoteEndpoint, ipv6: hex(remoteEndpoint.ipv6) }).toEqual({
    serviceName: 'db',
    ipv6: '20010db8000000000000000000000001',
    port: 5432,
  });
  expect(rest).toMatchObject({
    kind: 1,
    name: WANT.name,
    timestamp: WANT.timestamp,
    duration: 2000,
    localEndpoint: WANT.localEndpoint,
    annotations: WANT.annotations,
    tags: WANT.tags,
  });
});

test.each([
  [400, true],
  [429, false],
  [503, false],
])('%d: permanent %s', async (status, permanent) => {
  const { exporter } = await start({}, status);
  await expect(exporter.consume(batchOf([SPAN]))).rejects.toMatchObject({
    permanent,
    reason: `http_${status}`,
    message: expect.stringMatching(/: why$/),
  });
});
