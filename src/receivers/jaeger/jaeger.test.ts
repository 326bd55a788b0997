import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer, RefusingConsumer } from '#component/testing.ts';
import { ArenaWriter } from '#pdata';
import { encodeOtlpJson } from '#wire';
import { jaegerReceiverFactory } from './index.ts';
import type { JaegerReceiver } from './jaeger.ts';
import { binaryPacket, compactPacket, thriftBatch } from './testing/batches.ts';
import { callGrpc } from './testing/grpc.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const ANY = { endpoint: '127.0.0.1:0' };
const PROTOCOLS = { grpc: ANY, thrift_http: ANY, thrift_compact: ANY, thrift_binary: ANY };

async function receiving(block: object = {}, next: RecordingConsumer | RefusingConsumer = new RecordingConsumer()) {
  const settings = fakeSettings();
  const config = jaegerReceiverFactory.schema.parse({ protocols: PROTOCOLS, ...block });
  const receiver = jaegerReceiverFactory.create(settings, config, { traces: next }) as JaegerReceiver;
  await receiver.start(fakeHost());
  closers.push(() => receiver.shutdown(100));
  const post = async (body: Uint8Array, type = 'application/x-thrift') => {
    const url = `http://${receiver.addresses.http}/api/traces`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': type },
      body: body as unknown as string,
    });
    return { status: response.status, text: await response.text() };
  };
  const sendTo = (address: string, packet: Uint8Array): void => {
    const [host, port] = address.split(':');
    const socket = createSocket('udp4');
    closers.push(() => socket.close());
    socket.send(packet, Number(port), host);
  };
  const received = () => {
    const { batches } = next as RecordingConsumer;
    const text = encodeOtlpJson(batches.at(-1)!).toString();
    // biome-ignore lint/suspicious/noExplicitAny: what is looked at is said by each test
    const [{ resource, scopeSpans }] = (JSON.parse(text) as any).resourceSpans;
    return { resource: plain(resource.attributes), scope: scopeSpans[0].scope, spans: scopeSpans[0].spans };
  };
  const arrived = (): Promise<void> =>
    vi.waitFor(() => expect((next as RecordingConsumer).batches).toHaveLength(1), { timeout: 60_000 });
  return { receiver, settings, next, post, sendTo, received, arrived };
}

// biome-ignore lint/suspicious/noExplicitAny: as above
const plain = (attributes: any[] = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

describe('spans are taken', () => {
  test('by HTTP', async () => {
    const { post, received } = await receiving();
    expect(await post(thriftBatch(['get']))).toEqual({ status: 202, text: '' });
    const { resource, spans } = received();
    expect(resource).toEqual({ 'service.name': 'shop', 'host.name': 'h1' });
    expect(spans[0]).toMatchObject({
      traceId: '00000000000000000000000000000001',
      spanId: '0000000000000064',
      parentSpanId: '0000000000000005',
      name: 'get',
      kind: 3,
      flags: 1,
      startTimeUnixNano: '1000000',
      endTimeUnixNano: '1500000',
      status: { code: 2 },
      events: [{ name: 'retry', timeUnixNano: '1100000' }],
      links: [{ traceId: '0000000000000000000000000000004d', spanId: '0000000000000006' }],
    });
    expect(plain(spans[0].links[0].attributes)).toEqual({ 'opentracing.ref_type': 'follows_from' });
    expect(spans[0].attributes ?? []).toEqual([]);
  });

  test('by UDP in the binary protocol', async () => {
    const { receiver, sendTo, received, arrived } = await receiving();
    sendTo(receiver.addresses.binary, binaryPacket(['a', 'b']));
    await arrived();
    expect(received().spans.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
  });

  test('by UDP in the compact protocol', async () => {
    const { receiver, sendTo, received, arrived } = await receiving();
    sendTo(receiver.addresses.compact, compactPacket());
    await arrived();
    const { resource, spans } = received();
    expect(resource).toEqual({ 'service.name': 'shop' });
    expect(spans[0]).toMatchObject({ name: 'call', startTimeUnixNano: '2000000', endTimeUnixNano: '2010000' });
    expect(plain(spans[0].attributes)).toEqual({ ok: true, n: '300' });
  });

  test('by gRPC, with a scope, a trace state and a process of its own', async () => {
    const { receiver, received } = await receiving();
    const out = new ArenaWriter();
    const tag = (field: number, key: string, value: string): void => {
      const message = out.begin(field);
      out.textField(1, key);
      out.textField(3, value);
      out.end(message);
    };
    const batch = out.begin(1);
    const span = out.begin(1);
    out.bytesField(1, Buffer.alloc(16, 1));
    out.bytesField(2, Buffer.alloc(8, 2));
    out.textField(3, 'call');
    const reference = out.begin(4);
    out.bytesField(1, Buffer.alloc(16, 1));
    out.bytesField(2, Buffer.alloc(8, 3));
    out.end(reference);
    const start = out.begin(6);
    out.uintField(1, 5);
    out.uintField(2, 7);
    out.end(start);
    tag(8, 'otel.scope.name', 'lib');
    tag(8, 'w3c.tracestate', 'a=b');
    tag(8, 'http.status_code', '404');
    tag(8, 'span.kind', 'client');
    const process = out.begin(10);
    out.textField(1, 'own');
    out.end(process);
    out.end(span);
    const other = out.begin(2);
    out.textField(1, 'other');
    out.end(other);
    out.end(batch);
    await callGrpc(receiver.addresses.grpc, '/jaeger.api_v2.CollectorService/PostSpans', out.finish());
    const { resource, scope, spans } = received();
    expect(resource).toEqual({ 'service.name': 'own' });
    expect(scope).toEqual({ name: 'lib' });
    expect(spans[0]).toMatchObject({
      parentSpanId: '0303030303030303',
      traceState: 'a=b',
      status: { code: 2 },
      startTimeUnixNano: '5000000007',
    });
    expect(plain(spans[0].attributes)).toEqual({ 'http.status_code': '404' });
    expect(spans[0].links ?? []).toEqual([]);
  });
});

describe('bad input', () => {
  test.each([
    ['garbage', Buffer.from('garbage that is no Thrift'), /unable to process/],
    ['a batch that is cut off', thriftBatch(['a']).subarray(0, 40), /cut off/],
    ['billions of spans', Buffer.from([15, 0, 2, 12, 0x7f, 0xff, 0xff, 0xff]), /more than the rest/],
    ['structs without end', Buffer.from('0c0063'.repeat(1000), 'hex'), /nested deeper/],
  ])('%s by HTTP is answered with 400', async (_, body, message) => {
    const { post } = await receiving();
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(message);
  });

  test('another type, path or method, and a refusal of the pipeline', async () => {
    const { post, receiver } = await receiving({}, new RefusingConsumer());
    expect((await post(thriftBatch(['a']))).status).toBe(500);
    expect((await post(thriftBatch(['a']), 'application/json')).status).toBe(400);
    expect((await fetch(`http://${receiver.addresses.http}/x`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`http://${receiver.addresses.http}/api/traces`)).status).toBe(405);
  });

  test('packets that can not be read, or are too large, are counted', async () => {
    const { receiver, sendTo, settings, next } = await receiving({
      protocols: { thrift_compact: { ...ANY, max_packet_size: 100 }, thrift_binary: ANY },
    });
    sendTo(receiver.addresses.binary, Buffer.from('garbage'));
    sendTo(receiver.addresses.binary, binaryPacket(['a'], 'emitZipkinBatch'));
    sendTo(receiver.addresses.compact, Buffer.alloc(101));
    sendTo(receiver.addresses.compact, compactPacket().subarray(0, 60));
    await vi.waitFor(() => expect(settings.meter.sum('receiver_dropped_packets')).toBe(4), { timeout: 60_000 });
    expect((next as RecordingConsumer).batches).toEqual([]);
  });

  test('packets beyond the queue are dropped while the pipeline stands still', async () => {
    const next = new RecordingConsumer();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    next.before = () => gate;
    const protocols = { thrift_compact: { ...ANY, queue_size: 2 } };
    const { receiver, sendTo, settings } = await receiving({ protocols }, next);
    for (let i = 0; i < 5; i++) sendTo(receiver.addresses.compact, compactPacket());
    await vi.waitFor(() => expect(settings.meter.sum('receiver_dropped_packets')).toBe(3), { timeout: 60_000 });
    open();
    await vi.waitFor(() => expect(next.itemCount).toBe(2), { timeout: 60_000 });
  });

  test('what the pipeline refuses of a packet is lost, and counted', async () => {
    const { receiver, sendTo, settings } = await receiving({}, new RefusingConsumer({ reason: 'memory' }));
    sendTo(receiver.addresses.compact, compactPacket());
    await vi.waitFor(() => expect(settings.account.sum('dropped')).toBe(1), { timeout: 60_000 });
  });

  test('a client that sends a byte now and then is cut off', async () => {
    const { receiver } = await receiving({ admission: { request_timeout: '100ms' } });
    const [host, port] = receiver.addresses.http.split(':');
    const socket = connect(Number(port), host);
    closers.push(() => socket.destroy());
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
    });
    const head =
      'POST /api/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-thrift\r\ncontent-length: 500\r\n\r\n';
    socket.write(`${head}\x0c`);
    await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1\.1 408 /), { timeout: 60_000 });
  });
});
