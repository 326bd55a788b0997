import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import type { Component, ReceiverFactory } from '#component';
import { type FakeSettings, fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Signal } from '#pdata';
import { jaegerReceiverFactory } from '../../src/receivers/jaeger/index.ts';
import { lokiReceiverFactory } from '../../src/receivers/loki/index.ts';
import { otlpReceiverFactory } from '../../src/receivers/otlp/index.ts';
import { prometheusRemoteWriteReceiverFactory } from '../../src/receivers/prometheusremotewrite/index.ts';
import { zipkinReceiverFactory } from '../../src/receivers/zipkin/index.ts';

/** What is sent to every port of every receiver: the answer is clear, it is counted, nothing is taken, and the next one is served. */

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const ANY = '127.0.0.1:0';
const LIMIT_BYTES = 64 * 1024;
const HTTP = { endpoint: ANY, max_request_body_size: LIMIT_BYTES };
const GRPC = { endpoint: ANY, max_recv_msg_size_mib: 1 };
const ADMISSION = { request_timeout: '1s' };

interface Port {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each has a configuration of its own
  readonly factory: ReceiverFactory<any>;
  readonly signal: Signal;
  readonly config: object;
  // biome-ignore lint/suspicious/noExplicitAny: what each calls its addresses
  readonly addressOf: (receiver: any) => string;
  readonly path: string;
  readonly contentType: string;
}

const otlp = { protocols: { http: HTTP, grpc: GRPC }, admission: ADMISSION };
const jaeger = { protocols: { thrift_http: HTTP, grpc: GRPC }, admission: ADMISSION };
const loki = { protocols: { http: HTTP, grpc: GRPC }, admission: ADMISSION };
const HTTP_PORTS: readonly Port[] = [
  ...(['application/x-protobuf', 'application/json'] as const).map((contentType) => ({
    name: `otlp, ${contentType}`,
    factory: otlpReceiverFactory,
    signal: 'traces' as const,
    config: otlp,
    addressOf: ({ addresses }: { addresses: { http: string } }) => addresses.http,
    path: '/v1/traces',
    contentType,
  })),
  {
    name: 'jaeger',
    factory: jaegerReceiverFactory,
    signal: 'traces',
    config: jaeger,
    addressOf: ({ addresses }) => addresses.http,
    path: '/api/traces',
    contentType: 'application/x-thrift',
  },
  ...[
    ['/api/v2/spans', 'application/json'],
    ['/api/v2/spans', 'application/x-protobuf'],
    ['/api/v1/spans', 'application/json'],
    ['/api/v1/spans', 'application/x-thrift'],
  ].map(([path, contentType]) => ({
    name: `zipkin, ${path}, ${contentType}`,
    factory: zipkinReceiverFactory,
    signal: 'traces' as const,
    config: { ...HTTP, admission: ADMISSION },
    addressOf: ({ address }: { address: string }) => address,
    path: path!,
    contentType: contentType!,
  })),
  ...['application/json', 'application/x-protobuf'].map((contentType) => ({
    name: `loki, ${contentType}`,
    factory: lokiReceiverFactory,
    signal: 'logs' as const,
    config: loki,
    addressOf: ({ addresses }: { addresses: { http: string } }) => addresses.http,
    path: '/loki/api/v1/push',
    contentType,
  })),
  ...['application/x-protobuf', 'application/x-protobuf;proto=io.prometheus.write.v2.Request'].map((contentType) => ({
    name: `prometheusremotewrite, ${contentType}`,
    factory: prometheusRemoteWriteReceiverFactory,
    signal: 'metrics' as const,
    config: { ...HTTP, admission: ADMISSION },
    addressOf: ({ address }: { address: string }) => address,
    path: '/api/v1/write',
    contentType,
  })),
];
const GRPC_PORTS: readonly Port[] = [
  { ...HTTP_PORTS[0]!, name: 'otlp', path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export' },
  { ...HTTP_PORTS[2]!, name: 'jaeger', path: '/jaeger.api_v2.CollectorService/PostSpans' },
  { ...HTTP_PORTS.find(({ signal }) => signal === 'logs')!, name: 'loki', path: '/logproto.Pusher/Push' },
].map((port) => ({ ...port, addressOf: ({ addresses }) => addresses.grpc }));

interface Running {
  readonly address: string;
  readonly settings: FakeSettings;
  readonly next: RecordingConsumer;
  readonly failures: () => number;
}

async function start({ factory, signal, config, addressOf }: Port): Promise<Running> {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const receiver: Component = factory.create(settings, factory.schema.parse(config), { [signal]: next });
  await receiver.start(fakeHost());
  closers.push(() => receiver.shutdown(100));
  const failures = (): number => settings.meter.sum('receiver_requests', { outcome: 'failure' });
  return { address: addressOf(receiver), settings, next, failures };
}

/** Sends bytes as they are. Resolves to all that came back when the other side has ended the connection. */
function raw(address: string, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  closers.push(() => socket.destroy());
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString('latin1');
  });
  for (const part of parts) socket.write(part);
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

/** Bytes that are nothing, the same in each run. */
function noise(bytes: number, seed: number): Buffer {
  const noisy = Buffer.alloc(bytes);
  let state = seed;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noisy[i] = state >>> 24;
  }
  return noisy;
}

describe.each(HTTP_PORTS)('HTTP: $name', (port) => {
  const { path, contentType } = port;
  const post = async ({ address }: Running, body: Uint8Array, headers: object = {}) => {
    const response = await fetch(`http://${address}${path}`, {
      method: 'POST',
      headers: { 'content-type': contentType, ...headers },
      body: body as unknown as string,
    });
    return { status: response.status, text: await response.text() };
  };

  test('garbage is answered with 400 and a reason, and counted', async () => {
    const running = await start(port);
    for (let seed = 1; seed <= 20; seed++) {
      const { status, text } = await post(running, noise(seed * 17, seed));
      expect(status).toBe(400);
      expect(text.length).toBeGreaterThan(5);
    }
    expect(running.failures()).toBe(20);
    expect(running.next.batches).toEqual([]);
  });

  test('a body beyond the limit is refused: announced, in pieces, or once it is inflated', async () => {
    const running = await start(port);
    const large = Buffer.alloc(LIMIT_BYTES * 4, 0x20);
    const statuses = [(await post(running, large)).status];
    const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${contentType}\r\nconnection: close\r\n`;
    const piece = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    const answer = await raw(
      running.address,
      `${head}transfer-encoding: chunked\r\n\r\n`,
      piece.repeat(16),
      '0\r\n\r\n',
    );
    statuses.push(Number(answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3)));
    statuses.push((await post(running, gzipSync(large), { 'content-encoding': 'gzip' })).status);
    // Of its codings remote write knows no gzip.
    expect(statuses.map((status) => (status === 415 ? 400 : status))).toEqual([400, 400, 400]);
    expect(running.failures()).toBe(3);
    expect(running.next.batches).toEqual([]);
  });

  test('a body that comes byte by byte is cut off, and counted, and others are served meanwhile', async () => {
    const running = await start(port);
    const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${contentType}\r\ncontent-length: 500\r\n\r\n`;
    const slow = Array.from({ length: 10 }, () => raw(running.address, head, 'x'));
    expect((await post(running, noise(30, 1))).status).toBe(400);
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(running.failures()).toBe(11);
  });

  test('what is no HTTP ends the connection alone', async () => {
    const running = await start(port);
    expect(await raw(running.address, noise(5000, 7))).toMatch(/^(HTTP\/1\.1 400 |$)/);
    expect((await post(running, noise(30, 1))).status).toBe(400);
  });
});

describe.each(GRPC_PORTS)('gRPC: $name', (port) => {
  async function session({ address }: Running) {
    const client = connectHttp2(`http://${address}`);
    closers.push(() => client.destroy());
    client.on('error', () => undefined);
    return client;
  }
  type Session = Awaited<ReturnType<typeof session>>;

  /** The status of a call with these bytes; `ends`: whether the client says that this is all. */
  function call(client: Session, bytes: Uint8Array, ends: boolean): Promise<string> {
    const headers = { ':method': 'POST', ':path': port.path, 'content-type': 'application/grpc', te: 'trailers' };
    const stream = client.request(headers);
    let status = '';
    const note = (answer: object): void => {
      status ||= String((answer as Record<string, unknown>)['grpc-status'] ?? '');
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', () => undefined);
    stream.resume();
    if (ends) stream.end(bytes);
    else stream.write(bytes);
    return new Promise((resolve) => stream.on('close', () => resolve(status)));
  }

  function framed(message: Uint8Array): Buffer {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    return Buffer.concat([head, message]);
  }

  test('garbage is answered with INVALID_ARGUMENT, and counted', async () => {
    const running = await start(port);
    const client = await session(running);
    for (let seed = 1; seed <= 20; seed++) {
      expect(await call(client, framed(noise(seed * 17, seed)), true)).toBe('3');
    }
    expect(running.failures()).toBe(20);
    expect(running.next.batches).toEqual([]);
  });

  test('a message beyond the limit is refused before it has come', async () => {
    const running = await start(port);
    const client = await session(running);
    const head = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
    expect(await call(client, head, false)).toBe('8');
    expect(await call(client, framed(noise(17, 1)), true)).toBe('3');
    expect(running.failures()).toBe(2);
  });

  test('a message that never ends is cut off, and counted, and others are served meanwhile', async () => {
    const running = await start(port);
    const client = await session(running);
    const slow = Array.from({ length: 10 }, () => call(client, framed(noise(500, 3)).subarray(0, 6), false));
    expect(await call(client, framed(noise(17, 1)), true)).toBe('3');
    expect(await Promise.all(slow)).toEqual(Array.from({ length: 10 }, () => '4'));
    expect(running.failures()).toBe(11);
  });

  test('what is no HTTP/2 ends the connection alone', async () => {
    const running = await start(port);
    await raw(running.address, noise(5000, 7));
    const client = await session(running);
    expect(await call(client, framed(noise(17, 1)), true)).toBe('3');
    await eventually('the failure to be counted', () => running.failures() === 1);
  });
});
