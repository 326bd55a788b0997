import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { ArenaWriter } from '#pdata';
import { encodeOtlpJson } from '#wire';
import { zipkinReceiverFactory } from './index.ts';
import type { ZipkinReceiver } from './zipkin.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function receiving(block: object = {}) {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const config = zipkinReceiverFactory.schema.parse({ endpoint: '127.0.0.1:0', ...block });
  const receiver = zipkinReceiverFactory.create(settings, config, { traces: next }) as ZipkinReceiver;
  await receiver.start(fakeHost());
  closers.push(() => receiver.shutdown(100));
  const post = async (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://${receiver.address}${path}`, {
      method: 'POST',
      body: body as string,
      headers,
    });
    return { status: response.status, text: await response.text() };
  };
  const received = () => {
    const text = encodeOtlpJson(next.batches.at(-1)!).toString();
    // biome-ignore lint/suspicious/noExplicitAny: what is looked at is said by each test
    return (JSON.parse(text) as any).resourceSpans;
  };
  return { settings, next, receiver, post, received };
}

const SPAN = {
  traceId: 'ae18d6d2dbd5f8a1',
  parentId: '6b221d5bc9e6496c',
  id: '352bff9a74ca9ad2',
  kind: 'CLIENT',
  name: 'get /api',
  timestamp: 1_556_604_172_355_737,
  duration: 1431,
  localEndpoint: { serviceName: 'backend', ipv4: '192.168.99.1', port: 3306 },
  remoteEndpoint: { serviceName: 'db', ipv6: '2001:db8::c001', port: 9000 },
  annotations: [
    { timestamp: 1_556_604_172_355_800, value: 'sent' },
    { timestamp: 1_556_604_172_355_801, value: 'cache|{"hit":true,"n":2}|0' },
  ],
  tags: { 'http.method': 'GET', 'host.name': 'h1', error: 'true', n: '5', 'otel.scope.name': 'lib' },
};
// biome-ignore lint/suspicious/noExplicitAny: as above
const plain = (attributes: any[] = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

describe('the second format', () => {
  test('a span in JSON becomes one of OTLP', async () => {
    const { post, received } = await receiving();
    expect(await post('/api/v2/spans', gzipSync(JSON.stringify([SPAN])), { 'content-encoding': 'gzip' })).toEqual({
      status: 202,
      text: '',
    });
    const [{ resource, scopeSpans }] = received();
    expect(plain(resource.attributes)).toEqual({ 'service.name': 'backend', 'host.name': 'h1' });
    expect(scopeSpans[0].scope.name).toBe('lib');
    const [span] = scopeSpans[0].spans;
    expect(span).toMatchObject({
      traceId: '0000000000000000ae18d6d2dbd5f8a1',
      spanId: '352bff9a74ca9ad2',
      parentSpanId: '6b221d5bc9e6496c',
      kind: 3,
      startTimeUnixNano: '1556604172355737000',
      endTimeUnixNano: '1556604172357168000',
      status: { code: 2 },
      events: [{ name: 'sent' }, { name: 'cache', timeUnixNano: '1556604172355801000' }],
    });
    expect(plain(span.attributes)).toEqual({
      'http.method': 'GET',
      n: '5',
      'net.host.ip': '192.168.99.1',
      'net.host.port': '3306',
      'peer.service': 'db',
      'net.peer.ip': '2001:db8::c001',
      'net.peer.port': '9000',
    });
    expect(plain(span.events[1].attributes)).toEqual({ hit: true, n: '2' });
  });

  test('tags can be numbers', async () => {
    const { post, received } = await receiving({ parse_string_tags: true });
    await post('/', JSON.stringify([{ traceId: '1', id: '2', tags: { a: '5', b: '1.5', c: 'true', d: 'x' } }]));
    const [span] = received()[0].scopeSpans[0].spans;
    expect(span.attributes.map(({ value }: { value: object }) => Object.keys(value)[0])).toEqual([
      'intValue',
      'doubleValue',
      'boolValue',
      'stringValue',
      'boolValue',
    ]);
    expect(plain(span.attributes)['otel.zipkin.absentField.startTime']).toBe(true);
  });

  test('a span in protobuf', async () => {
    const { post, received } = await receiving();
    const out = new ArenaWriter();
    const span = out.begin(1);
    out.bytesField(1, Buffer.from('ae18d6d2dbd5f8a1', 'hex'));
    out.bytesField(3, Buffer.from('352bff9a74ca9ad2', 'hex'));
    out.uintField(4, 2);
    out.textField(5, 'get');
    out.fixed64Field(6, 1000n);
    out.uintField(7, 5);
    const endpoint = out.begin(8);
    out.textField(1, 'shop');
    out.bytesField(2, Uint8Array.of(10, 0, 0, 1));
    out.end(endpoint);
    const tag = out.begin(11);
    out.textField(1, 'a');
    out.textField(2, 'b');
    out.end(tag);
    out.end(span);
    expect(await post('/api/v2/spans', out.finish(), { 'content-type': 'application/x-protobuf' })).toMatchObject({
      status: 202,
    });
    const [got] = received()[0].scopeSpans[0].spans;
    expect(got).toMatchObject({ name: 'get', kind: 2, startTimeUnixNano: '1000000', endTimeUnixNano: '1005000' });
    expect(plain(got.attributes)).toEqual({ a: 'b', 'net.host.ip': '10.0.0.1' });
  });
});

describe('the first format', () => {
  const V1 = {
    traceId: '0ed2e63cbe71f5a8',
    name: 'checkAvailability',
    id: '0ed2e63cbe71f5a8',
    annotations: [
      { timestamp: 1000, value: 'cs', endpoint: { serviceName: 'front', ipv4: '172.31.0.4', port: 9410 } },
      { timestamp: 2000, value: 'wait', endpoint: null },
      { timestamp: 3000, value: 'cr' },
    ],
    binaryAnnotations: [
      { key: 'http.status_code', value: '500' },
      { key: 'otel.status_description', value: 'broken' },
    ],
  };

  test('annotations say kind, times and service', async () => {
    const { post, received } = await receiving();
    expect(await post('/api/v1/spans', JSON.stringify([V1]))).toMatchObject({ status: 202 });
    const [{ resource, scopeSpans }] = received();
    expect(plain(resource.attributes)).toEqual({ 'service.name': 'front', ipv4: '172.31.0.4', port: '9410' });
    expect(scopeSpans[0].spans[0]).toMatchObject({
      kind: 3,
      startTimeUnixNano: '1000000',
      endTimeUnixNano: '3000000',
      status: { code: 2 },
      events: [{ name: 'wait', timeUnixNano: '2000000' }],
    });
  });

  test('the same in Thrift', async () => {
    const { post, received } = await receiving();
    const bytes: number[] = [];
    const i16 = (n: number) => bytes.push((n >> 8) & 255, n & 255);
    const i32 = (n: number) => bytes.push((n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
    const i64 = (n: bigint) => {
      i32(Number(n >> 32n));
      i32(Number(n & 0xffff_ffffn));
    };
    const field = (type: number, id: number) => {
      bytes.push(type);
      i16(id);
    };
    const text = (value: string) => {
      i32(value.length);
      bytes.push(...Buffer.from(value));
    };
    bytes.push(12);
    i32(1);
    field(10, 1);
    i64(7n);
    field(11, 3);
    text('call');
    field(10, 4);
    i64(8n);
    field(15, 6);
    bytes.push(12);
    i32(1);
    field(10, 1);
    i64(1000n);
    field(11, 2);
    text('sr');
    field(12, 3);
    field(8, 1);
    i32(0x7f00_0001);
    field(11, 3);
    text('back');
    bytes.push(0, 0);
    field(15, 8);
    bytes.push(12);
    i32(1);
    field(11, 1);
    text('n');
    field(11, 2);
    i32(4);
    i32(42);
    field(8, 3);
    i32(3);
    bytes.push(0);
    field(10, 10);
    i64(5000n);
    field(10, 11);
    i64(10n);
    bytes.push(0);
    const answer = await post('/api/v1/spans', Uint8Array.from(bytes), { 'content-type': 'application/x-thrift' });
    expect(answer).toEqual({ status: 202, text: '' });
    const [{ resource, scopeSpans }] = received();
    expect(plain(resource.attributes)).toEqual({ 'service.name': 'back', ipv4: '127.0.0.1' });
    expect(scopeSpans[0].spans[0]).toMatchObject({ kind: 2, startTimeUnixNano: '5000000', endTimeUnixNano: '5010000' });
    expect(plain(scopeSpans[0].spans[0].attributes)).toEqual({ n: '42' });
  });
});

describe('bad input', () => {
  test.each([
    ['no JSON', '/', 'x', {}, /not JSON/],
    ['a map', '/', '{}', {}, /expected a list/],
    ['an id that is none', '/', '[{"traceId":"xyz","id":"1"}]', {}, /span 0: "xyz" is no traceId/],
    ['an id that is too long', '/', '[{"traceId":"1","id":"12345678901234567"}]', {}, /is no id/],
    ['a number for a name', '/', '[{"traceId":"1","id":"2","name":5}]', {}, /expected a text/],
    ['protobuf that is cut off', '/', '\n\xff\x01', { 'content-type': 'application/x-protobuf' }, /./],
    [
      'Thrift with a list of billions',
      '/api/v1/spans',
      '\x0c\x7f\xff\xff\xff',
      { 'content-type': 'application/x-thrift' },
      /more than the rest/,
    ],
    [
      'Thrift that is nested too deep',
      '/api/v1/spans',
      `\x0c\x00\x00\x00\x01${'\x0c\x00\x63'.repeat(100)}`,
      { 'content-type': 'application/x-thrift' },
      /nested deeper/,
    ],
    ['a coding that is none', '/', '[]', { 'content-encoding': 'gzip' }, /./],
  ])('%s is answered with 400', async (_, path, body, headers, message) => {
    const { post, next } = await receiving();
    const answer = await post(path, Buffer.from(body, 'latin1'), headers);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(message);
    expect(next.batches).toEqual([]);
  });

  test('a body that is too large is not read', async () => {
    const { post } = await receiving({ max_request_body_size: 1000 });
    expect((await post('/', Buffer.alloc(5000, 0x20))).status).toBe(400);
    expect((await post('/', gzipSync(Buffer.alloc(1_000_000)), { 'content-encoding': 'gzip' })).status).toBe(400);
  });

  test('a client that sends a byte now and then is cut off', async () => {
    const { receiver } = await receiving({ admission: { request_timeout: '100ms' } });
    const [host, port] = receiver.address.split(':');
    const socket = connect(Number(port), host);
    closers.push(() => socket.destroy());
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n[');
    await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1\.1 408 /), { timeout: 60_000 });
  });
});
