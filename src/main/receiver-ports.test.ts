import { Agent, request } from 'node:http';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import type { Extension, Receiver, ReceiverFactory } from '#component';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Signal } from '#pdata';
import { basicAuthFactory } from '../extensions/basicauth/index.ts';
import { bearerTokenAuthFactory } from '../extensions/bearertokenauth/index.ts';
import { jaegerReceiverFactory } from '../receivers/jaeger/index.ts';
import { lokiReceiverFactory } from '../receivers/loki/index.ts';
import { otlpReceiverFactory } from '../receivers/otlp/index.ts';
import { prometheusRemoteWriteReceiverFactory } from '../receivers/prometheusremotewrite/index.ts';
import { zipkinReceiverFactory } from '../receivers/zipkin/index.ts';

/** What all receivers with ports do alike: who may send, and a reload without a break. */

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Port {
  readonly name: string;
  readonly factory: ReceiverFactory<never>;
  /** The receiver's block with this port alone. */
  block(server: object): object;
  /** Where something is sent to. */
  readonly path: string;
  readonly isGrpc?: true;
  /** A request that is taken: HTTP's content type and body. */
  readonly type: string;
  readonly body: string;
}

/** As the registry has it: what its configuration is only the factory knows. */
function known(factory: unknown): ReceiverFactory<never> {
  return factory as ReceiverFactory<never>;
}

const PORTS: readonly Port[] = [
  {
    name: 'otlp http',
    factory: known(otlpReceiverFactory),
    block: (http) => ({ protocols: { http } }),
    path: '/v1/traces',
    type: 'application/json',
    body: JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'a' }] }] }],
    }),
  },
  {
    name: 'otlp grpc',
    factory: known(otlpReceiverFactory),
    block: (grpc) => ({ protocols: { grpc } }),
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    isGrpc: true,
    type: '',
    body: '',
  },
  {
    name: 'zipkin',
    factory: known(zipkinReceiverFactory),
    block: (server) => server,
    path: '/api/v2/spans',
    type: 'application/json',
    body: '[{"traceId":"1","id":"2","name":"a"}]',
  },
  {
    name: 'loki http',
    factory: known(lokiReceiverFactory),
    block: (http) => ({ protocols: { http } }),
    path: '/loki/api/v1/push',
    type: 'application/json',
    body: '{"streams":[{"stream":{"a":"b"},"values":[["1700000000000000000","line"]]}]}',
  },
  {
    name: 'loki grpc',
    factory: known(lokiReceiverFactory),
    block: (grpc) => ({ protocols: { grpc } }),
    path: '/logproto.Pusher/Push',
    isGrpc: true,
    type: '',
    body: '',
  },
  {
    name: 'jaeger http',
    factory: known(jaegerReceiverFactory),
    block: (thrift_http) => ({ protocols: { thrift_http } }),
    path: '/api/traces',
    type: 'application/x-thrift',
    body: '',
  },
  {
    name: 'jaeger grpc',
    factory: known(jaegerReceiverFactory),
    block: (grpc) => ({ protocols: { grpc } }),
    path: '/jaeger.api_v2.CollectorService/PostSpans',
    isGrpc: true,
    type: '',
    body: '',
  },
  {
    name: 'prometheusremotewrite',
    factory: known(prometheusRemoteWriteReceiverFactory),
    block: (server) => server,
    path: '/api/v1/write',
    type: 'application/x-protobuf',
    body: '',
  },
];

function made({ factory, block }: Port, server: object) {
  const next = new RecordingConsumer();
  const settings = fakeSettings();
  const config = factory.schema.parse(block({ endpoint: '127.0.0.1:0', ...server })) as never;
  expect(factory.validate?.(config) ?? []).toEqual([]);
  const signals = Object.keys(factory.stability) as Signal[];
  const receiver = factory.create(settings, config, Object.fromEntries(signals.map((signal) => [signal, next])));
  undo.push(() => receiver.shutdown(100));
  return { receiver, next };
}

function addressOf(receiver: Receiver): string {
  const { address, addresses } = receiver as { address?: string; addresses?: Record<string, string> };
  return address ?? Object.values(addresses!).find((one) => one !== '')!;
}

async function extension(made: Extension): Promise<Extension> {
  await made.start(fakeHost());
  return made;
}

/** The HTTP status, or the code of gRPC, that a sender with these headers gets. */
function send({ path, isGrpc, type, body }: Port, address: string, headers: Record<string, string> = {}) {
  return isGrpc
    ? call(path, address, headers)
    : post(`http://${address}${path}`, { 'content-type': type, ...headers }, body);
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

function call(path: string, address: string, headers: Record<string, string>): Promise<number> {
  const client = new Client(address, credentials.createInsecure());
  undo.push(() => client.close());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const raw = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, raw, raw, Buffer.alloc(0), metadata, (error) => resolve(error?.code ?? 0));
  });
}

describe('who may send', () => {
  test.each(PORTS)('$name', async (port) => {
    const bearer = await extension(
      bearerTokenAuthFactory.create(fakeSettings(), bearerTokenAuthFactory.schema.parse({ token: 'right' })),
    );
    const { receiver } = made(port, { auth: { authenticator: 'bearer' } });
    await receiver.start(fakeHost({ bearer }));
    const address = addressOf(receiver);
    const refused = port.isGrpc ? 16 : 401;
    expect(await send(port, address)).toBe(refused);
    expect(await send(port, address, { authorization: 'Bearer wrong' })).toBe(refused);
    expect(await send(port, address, { authorization: 'Bearer right' })).not.toBe(refused);
  });

  test('without the extension the start fails, and says what is missing', async () => {
    const { receiver } = made(PORTS[0]!, { auth: { authenticator: 'bearer' } });
    await expect(receiver.start(fakeHost())).rejects.toThrow(/"bearer".*should offer authentication for servers/);
  });

  test('what is known of the client comes with its batches; a query parameter may stand for the header', async () => {
    const config = basicAuthFactory.schema.parse({ htpasswd: { inline: 'me:secret' } });
    const basic = await extension(basicAuthFactory.create(fakeSettings(), config));
    const port = PORTS.find(({ name }) => name === 'zipkin')!;
    const { receiver, next } = made(port, {
      auth: { authenticator: 'basic', request_params: ['Authorization'] },
    });
    await receiver.start(fakeHost({ basic }));
    const credential = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    const address = addressOf(receiver);
    expect(await send(port, address, { authorization: credential })).toBe(202);
    expect(next.batches[0]!.context.auth?.get('username')).toBe('me');
    const inQuery = { ...port, path: `${port.path}?Authorization=${encodeURIComponent(credential)}` };
    expect(await send(inQuery, address)).toBe(202);
    expect(await send(port, address)).toBe(401);
  });

  test('a refusal of OTLP is a Status in the encoding of the request', async () => {
    const bearer = bearerTokenAuthFactory.create(fakeSettings(), bearerTokenAuthFactory.schema.parse({ token: 'x' }));
    const { receiver } = made(PORTS[0]!, { auth: { authenticator: 'bearer' } });
    await receiver.start(fakeHost({ bearer }));
    const response = await fetch(`http://${addressOf(receiver)}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await response.json()).toEqual({
      code: 16,
      message: 'missing or empty authorization header: Authorization',
    });
  });
});

describe('a reload', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const postKept = (url: string, headers: Record<string, string>, body: string) =>
    new Promise<{ status: number; localPort: number }>((resolve, reject) => {
      const sent = request(url, { method: 'POST', headers, agent }, (response) => {
        const { localPort = 0 } = response.socket;
        response.resume().on('end', () => resolve({ status: response.statusCode!, localPort }));
      });
      sent.on('error', reject);
      sent.end(body);
    });

  test.each(PORTS.filter(({ body }) => body !== ''))('$name goes on, with its connections', async (port) => {
    const [first, second] = [made(port, {}), made(port, {})];
    await first.receiver.start(fakeHost());
    const address = addressOf(first.receiver);
    const url = `http://${address}${port.path}`;
    const headers = { 'content-type': port.type };
    const before = await postKept(url, headers, port.body);
    const closeRest = first.receiver.handOver!(second.receiver);
    await first.receiver.shutdown(1000);
    const waiting = postKept(url, headers, port.body);
    await second.receiver.start(fakeHost());
    closeRest();
    expect(await waiting).toEqual(before);
    expect(addressOf(second.receiver)).toBe(address);
    expect([first.next.itemCount, second.next.itemCount]).toEqual([1, 1]);
  });

  test.each(PORTS)('$name keeps its address where another key changes', async (port) => {
    const first = made(port, {});
    await first.receiver.start(fakeHost());
    const address = addressOf(first.receiver);
    const next = made(port, { endpoint: address, include_metadata: true });
    const before = made(port, { endpoint: address });
    await first.receiver.shutdown(100);
    await before.receiver.start(fakeHost());
    const closeRest = before.receiver.handOver!(next.receiver);
    await before.receiver.shutdown(1000);
    await next.receiver.start(fakeHost());
    closeRest();
    expect(addressOf(next.receiver)).toBe(address);
    expect(await send(port, address)).not.toBe(port.isGrpc ? 14 : 503);
  });
});
