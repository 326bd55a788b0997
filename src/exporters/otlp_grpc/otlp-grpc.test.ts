import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttp1 } from 'node:http';
import {
  createServer as createHttp2,
  createSecureServer as createSecureHttp2,
  type Http2Server,
  type SecureServerOptions,
} from 'node:http2';
import { createServer as createTcp, connect as createTcpConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConsumeError } from '#base';
import { type FakeSettings, fakeHost, fakeSettings, sampleBatch, sampleBody } from '#component/testing.ts';
import { encodeStatus, GRPC } from '#net';
import type { Signal } from '#pdata';
import { encodeExportResponse } from '#wire';
import type { OtlpGrpcExporter } from '../shared/otlp-grpc.ts';
import { otlpGrpcExporterSchema, validateOtlpGrpcExporter } from './config.ts';
import { otlpGrpcExporterFactory } from './factory.ts';

const TESTDATA = join(import.meta.dirname, '../../net/testdata');
const SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'trace.v1.TraceService',
  metrics: 'metrics.v1.MetricsService',
  logs: 'logs.v1.LogsService',
};

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

type Call = ServerUnaryCall<Buffer, Buffer>;

/** A server of grpc-js, which shares no code with our client. */
class FarSide {
  readonly received: { readonly path: string; readonly body: Buffer; readonly metadata: Metadata }[] = [];
  answer: (call: Call, done: sendUnaryData<Buffer>) => void = (_, done) => done(null, Buffer.alloc(0));
  readonly server = new Server({ 'grpc.max_receive_message_length': 10_000_000 });
  endpoint = '';

  async listen(address = '127.0.0.1:0', credentials = ServerCredentials.createInsecure()): Promise<this> {
    const same = (bytes: Buffer): Buffer => bytes;
    for (const service of Object.values(SERVICES)) {
      const path = `/opentelemetry.proto.collector.${service}/Export`;
      const method = {
        path,
        requestStream: false as const,
        responseStream: false as const,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      };
      this.server.addService(
        { Export: method },
        {
          Export: (call: Call, done: sendUnaryData<Buffer>) => {
            this.received.push({ path, body: call.request, metadata: call.metadata });
            this.answer(call, done);
          },
        },
      );
    }
    const port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(address, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
    });
    undo.push(() => this.server.forceShutdown());
    this.endpoint = address.startsWith('unix:') ? address : `${address.replace(/:\d+$/, '')}:${port}`;
    return this;
  }

  fail(code: number, details: string, metadata = new Metadata()): void {
    this.answer = (_, done) => done({ code, details, metadata });
  }
}

async function start(
  raw: object,
  signal: Signal = 'traces',
): Promise<{ exporter: OtlpGrpcExporter; settings: FakeSettings }> {
  const settings = fakeSettings({ id: 'otlp_grpc' });
  const config = otlpGrpcExporterSchema.parse({ tls: { insecure: true }, ...raw });
  const exporter = otlpGrpcExporterFactory.create(settings, config, signal);
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));
  return { exporter: exporter as OtlpGrpcExporter, settings };
}

async function errorOf(work: Promise<unknown>): Promise<ConsumeError> {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConsumeError);
  return error as ConsumeError;
}

describe('what is sent', () => {
  test.each(['traces', 'metrics', 'logs'] as const)('%s, untouched, go out as they came in', async (signal) => {
    const side = await new FarSide().listen();
    const { exporter } = await start({ endpoint: side.endpoint, compression: 'none' }, signal);
    await exporter.consume(sampleBatch(signal, 5));
    const [call] = side.received;
    expect(call!.path).toBe(`/opentelemetry.proto.collector.${SERVICES[signal]}/Export`);
    expect(Buffer.compare(call!.body, sampleBody(signal, 5))).toBe(0);
    expect(call!.metadata.get('user-agent')[0]).toMatch(/^signalbox\/0\.0\.0-test \(\w+\/\w+\)$/);
  });

  test('gzip by default, and many frames', async () => {
    const side = await new FarSide().listen();
    const { exporter } = await start({ endpoint: side.endpoint });
    await exporter.consume(sampleBatch('traces', 20_000));
    expect(Buffer.compare(side.received[0]!.body, sampleBody('traces', 20_000))).toBe(0);
  });

  test('several chunks are one message', async () => {
    const side = await new FarSide().listen();
    const { exporter } = await start({ endpoint: side.endpoint, compression: 'none', user_agent: 'shop/1' });
    const batch = sampleBatch('traces', 2);
    await exporter.consume(batch.with([...batch.chunks, ...sampleBatch('traces', 3).chunks]));
    const want = Buffer.concat([sampleBody('traces', 2), sampleBody('traces', 3)]);
    expect(Buffer.compare(side.received[0]!.body, want)).toBe(0);
    expect(side.received[0]!.metadata.get('user-agent')).toEqual(['shop/1']);
  });

  test('headers become metadata', async () => {
    const side = await new FarSide().listen();
    const { exporter } = await start({ endpoint: side.endpoint, headers: { 'X-Honeycomb-Team': 'key' } });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received[0]!.metadata.get('x-honeycomb-team')).toEqual(['key']);
  });

  test('many calls at a time share one connection', async () => {
    const side = await new FarSide().listen();
    const { exporter } = await start({ endpoint: side.endpoint });
    await Promise.all(Array.from({ length: 100 }, () => exporter.consume(sampleBatch('traces', 10))));
    expect(side.received.length).toBe(100);
    expect(new Set(side.received.map(({ body }) => body.length)).size).toBe(1);
  });

  test.each(['http://', 'dns:///', 'passthrough:///'])('endpoints may start with %s', async (prefix) => {
    const side = await new FarSide().listen();
    const tls = { insecure: true };
    const { exporter } = await start({ endpoint: prefix + side.endpoint, tls });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received.length).toBe(1);
  });

  test('http:// is plain text without insecure', async () => {
    const side = await new FarSide().listen();
    const { exporter } = await start({ endpoint: `http://${side.endpoint}`, tls: {} });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received.length).toBe(1);
  });

  test('a unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'otlp-grpc-'));
    undo.push(() => rm(folder, { recursive: true }));
    const side = await new FarSide().listen(`unix:${join(folder, 'otlp.sock')}`);
    const { exporter } = await start({ endpoint: `unix://${join(folder, 'otlp.sock')}` });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received.length).toBe(1);
  });

  test('balancer pick_first', async () => {
    const side = await new FarSide().listen();
    const { exporter } = await start({ endpoint: side.endpoint, balancer_name: 'pick_first' });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received.length).toBe(1);
  });
});

describe('TLS', () => {
  async function secureSide(wantsClients: boolean): Promise<FarSide> {
    const [ca, cert_chain, private_key] = await Promise.all(
      ['ca.crt', 'server.crt', 'server.key'].map((name) => readFile(join(TESTDATA, name))),
    );
    const pair = { cert_chain: cert_chain!, private_key: private_key! };
    return new FarSide().listen('127.0.0.1:0', ServerCredentials.createSsl(ca!, [pair], wantsClients));
  }
  const trust = { ca_file: join(TESTDATA, 'ca.crt') };

  test.each([
    { name: 'by address', host: '127.0.0.1', prefix: '' },
    { name: 'by name', host: 'localhost', prefix: '' },
    { name: 'https:// even with insecure', host: '127.0.0.1', prefix: 'https://', tls: { insecure: true } },
  ])('$name', async ({ host, prefix, tls }) => {
    const side = await secureSide(false);
    const endpoint = prefix + side.endpoint.replace('127.0.0.1', host);
    const { exporter } = await start({ endpoint, tls: { ...trust, ...tls } });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received.length).toBe(1);
  });

  test('with a certificate of its own', async () => {
    const side = await secureSide(true);
    const own = { cert_file: join(TESTDATA, 'client.crt'), key_file: join(TESTDATA, 'client.key') };
    const { exporter } = await start({ endpoint: side.endpoint, tls: { ...trust, ...own } });
    await exporter.consume(sampleBatch('traces', 1));
    const stranger = await start({ endpoint: side.endpoint, tls: trust });
    const error = await errorOf(stranger.exporter.consume(sampleBatch('traces', 1)));
    expect(error).toMatchObject({ permanent: false, grpcCode: GRPC.unavailable });
    expect(error.message).toContain('certificate required');
  });

  test('reload_interval: a renewed certificate is shown on the next connection', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'otlp-grpc-'));
    undo.push(() => rm(folder, { recursive: true }));
    const [cert_file, key_file] = [join(folder, 'cert'), join(folder, 'key')];
    await copyFile(join(TESTDATA, 'client.crt'), cert_file);
    await copyFile(join(TESTDATA, 'client.key'), key_file);
    const [ca, cert, key] = await Promise.all(
      ['ca.crt', 'server.crt', 'server.key'].map((name) => readFile(join(TESTDATA, name))),
    );
    let client = '';
    const server = createSecureHttp2({ ca, cert, key, requestCert: true } as SecureServerOptions);
    server.on('session', (session) => {
      client = (session.socket as TLSSocket).getPeerCertificate().subject.CN as string;
    });
    // Each connection is good for one call.
    server.on('stream', (stream: Stream) => {
      stream.respond({ ':status': 200, 'grpc-status': '8' }, { endStream: true });
      stream.session?.close();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => server.close());
    const { exporter } = await start({
      endpoint: `127.0.0.1:${(server.address() as { port: number }).port}`,
      tls: { ...trust, cert_file, key_file, reload_interval: '5ms' },
    });
    const seen = async (): Promise<string> => {
      await errorOf(exporter.consume(sampleBatch('traces', 1)));
      return client;
    };
    expect(await seen()).toBe('signalbox test client');
    await copyFile(join(TESTDATA, 'server.key'), key_file);
    await copyFile(join(TESTDATA, 'server.crt'), cert_file);
    await expect.poll(seen, { timeout: 20_000 }).toBe('signalbox test server');
  });

  test('an unknown certificate, and the ways around it', async () => {
    const side = await secureSide(false);
    const { exporter } = await start({ endpoint: side.endpoint, tls: {} });
    const error = await errorOf(exporter.consume(sampleBatch('traces', 1)));
    expect(error).toMatchObject({ permanent: false, grpcCode: GRPC.unavailable });
    expect(error.message).toContain('certificate');
    const skipping = await start({ endpoint: side.endpoint, tls: { insecure_skip_verify: true } });
    await skipping.exporter.consume(sampleBatch('traces', 1));
    const wrongName = await start({
      endpoint: side.endpoint,
      tls: { ...trust, server_name_override: 'other.example' },
    });
    expect((await errorOf(wrongName.exporter.consume(sampleBatch('traces', 1)))).message).toContain('altnames');
    const named = await start({ endpoint: side.endpoint, tls: { ...trust, server_name_override: 'localhost' } });
    await named.exporter.consume(sampleBatch('traces', 1));
  });
});

describe('what is answered', () => {
  test.each([
    { code: GRPC.cancelled, permanent: false, name: 'Canceled' },
    { code: GRPC.unknown, permanent: true, name: 'Unknown' },
    { code: GRPC.invalidArgument, permanent: true, name: 'InvalidArgument' },
    { code: GRPC.deadlineExceeded, permanent: false, name: 'DeadlineExceeded' },
    { code: GRPC.notFound, permanent: true, name: 'NotFound' },
    { code: GRPC.alreadyExists, permanent: true, name: 'AlreadyExists' },
    { code: GRPC.permissionDenied, permanent: true, name: 'PermissionDenied' },
    { code: GRPC.resourceExhausted, permanent: true, name: 'ResourceExhausted' },
    { code: GRPC.failedPrecondition, permanent: true, name: 'FailedPrecondition' },
    { code: GRPC.aborted, permanent: false, name: 'Aborted' },
    { code: GRPC.outOfRange, permanent: false, name: 'OutOfRange' },
    { code: GRPC.unimplemented, permanent: true, name: 'Unimplemented' },
    { code: GRPC.internal, permanent: true, name: 'Internal' },
    { code: GRPC.unavailable, permanent: false, name: 'Unavailable' },
    { code: GRPC.dataLoss, permanent: false, name: 'DataLoss' },
    { code: GRPC.unauthenticated, permanent: true, name: 'Unauthenticated' },
  ])('$name: permanent is $permanent', async ({ code, permanent, name }) => {
    const side = await new FarSide().listen();
    side.fail(code, 'zu viel – 100 %');
    const { exporter } = await start({ endpoint: side.endpoint });
    const error = await errorOf(exporter.consume(sampleBatch('traces', 1)));
    expect(error).toMatchObject({ permanent, grpcCode: code, reason: `grpc_${name}`, retryAfterMs: undefined });
    expect(error.message).toBe(`rpc error: code = ${name} desc = zu viel – 100 %`);
  });

  test.each([GRPC.resourceExhausted, GRPC.unavailable])('RetryInfo with code %i', async (code) => {
    const side = await new FarSide().listen();
    const metadata = new Metadata();
    const details = encodeStatus({ code, message: 'slow down', retryAfterMs: 4500 });
    metadata.set('grpc-status-details-bin', Buffer.from(details));
    side.fail(code, 'slow down', metadata);
    const { exporter } = await start({ endpoint: side.endpoint });
    expect(await errorOf(exporter.consume(sampleBatch('traces', 1)))).toMatchObject({
      permanent: false,
      retryAfterMs: 4500,
    });
  });

  test('a partial success is logged and counted, and is a success', async () => {
    const side = await new FarSide().listen();
    side.answer = (_, done) => done(null, Buffer.from(encodeExportResponse(3, 'too old')));
    const { exporter, settings } = await start({ endpoint: side.endpoint });
    await exporter.consume(sampleBatch('traces', 5));
    expect(settings.logged).toEqual(['warn Partial success response']);
    expect(settings.account.sum('lost', 'rejected_by_peer')).toBe(3);
  });

  test('bytes that are no answer do no harm', async () => {
    const side = await new FarSide().listen();
    side.answer = (_, done) => done(null, Buffer.from([0xff, 0xff]));
    const { exporter } = await start({ endpoint: side.endpoint });
    await exporter.consume(sampleBatch('traces', 5));
  });
});

/** A plain HTTP/2 server that answers each request as `respond` says. */
async function http2Side(
  respond: Parameters<Http2Server['on']>[1],
): Promise<{ endpoint: string; server: Http2Server }> {
  const server = createHttp2();
  server.on('stream', respond);
  server.on('sessionError', () => {});
  const sessions: { destroy(): void }[] = [];
  server.on('session', (session) => sessions.push(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { endpoint: `127.0.0.1:${(server.address() as { port: number }).port}`, server };
}

type Stream = import('node:http2').ServerHttp2Stream;

describe('a far side that does not speak gRPC', () => {
  test.each([
    { status: 404, permanent: true, code: GRPC.unimplemented },
    { status: 401, permanent: true, code: GRPC.unauthenticated },
    { status: 503, permanent: false, code: GRPC.unavailable },
    { status: 200, permanent: false, code: GRPC.unavailable },
  ])('HTTP status $status', async ({ status, permanent, code }) => {
    const { endpoint } = await http2Side((stream: Stream) =>
      stream.respond({ ':status': status }, { endStream: true }),
    );
    const { exporter } = await start({ endpoint });
    expect(await errorOf(exporter.consume(sampleBatch('traces', 1)))).toMatchObject({ permanent, grpcCode: code });
  });

  test('an answer without end is not read', async () => {
    const { endpoint } = await http2Side((stream: Stream) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200 });
      stream.write(Buffer.from([0, 0, 1, 0, 0]));
      const timer = setInterval(() => stream.write(Buffer.alloc(50_000)), 1);
      stream.on('close', () => clearInterval(timer));
    });
    const { exporter } = await start({ endpoint });
    expect(await errorOf(exporter.consume(sampleBatch('traces', 1)))).toMatchObject({ grpcCode: GRPC.internal });
  });

  test('HTTP/1.1', async () => {
    const server = createHttp1((_, response) => response.end('hello'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => server.close());
    const { exporter } = await start({ endpoint: `127.0.0.1:${(server.address() as { port: number }).port}` });
    expect(await errorOf(exporter.consume(sampleBatch('traces', 1)))).toMatchObject({ permanent: false });
  });

  test('a call that was refused unseen goes out again at once', async () => {
    let calls = 0;
    const { endpoint } = await http2Side((stream: Stream) => {
      calls++;
      stream.on('error', () => {});
      if (calls === 1) stream.close(7);
      else stream.respond({ ':status': 200, 'grpc-status': '8' }, { endStream: true });
    });
    const { exporter } = await start({ endpoint });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).grpcCode).toBe(GRPC.resourceExhausted);
    expect(calls).toBe(2);
  });
});

describe('a proxy of the environment', () => {
  const tls = { ca_file: join(TESTDATA, 'ca.crt'), server_name_override: 'localhost' };

  /** Passes tunnels on to `endpoint`, or refuses them. */
  async function proxyTo(endpoint: string | undefined): Promise<string[]> {
    const asked: string[] = [];
    const proxy = createHttp1();
    proxy.on('connect', (request, socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      if (endpoint === undefined) {
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        return;
      }
      const onward = createTcpConnection(Number(endpoint.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      for (const one of [socket, onward]) one.on('error', () => socket.destroy());
      undo.push(() => socket.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    undo.push(() => proxy.close());
    vi.stubEnv('HTTPS_PROXY', `http://me:pw@127.0.0.1:${(proxy.address() as { port: number }).port}`);
    undo.push(() => vi.unstubAllEnvs());
    return asked;
  }

  test('tunnels plain text and TLS, and looks the name up itself', async () => {
    const side = await new FarSide().listen();
    const asked = await proxyTo(side.endpoint);
    await (await start({ endpoint: 'otel.invalid:4317' })).exporter.consume(sampleBatch('traces', 1));
    expect(side.received.length).toBe(1);
    const [ca, cert_chain, private_key] = await Promise.all(
      ['ca.crt', 'server.crt', 'server.key'].map((name) => readFile(join(TESTDATA, name))),
    );
    const pair = { cert_chain: cert_chain!, private_key: private_key! };
    const secure = await new FarSide().listen('127.0.0.1:0', ServerCredentials.createSsl(ca!, [pair], false));
    const askedToo = await proxyTo(secure.endpoint);
    await (await start({ endpoint: 'otel.invalid:4317', tls })).exporter.consume(sampleBatch('traces', 1));
    expect(secure.received.length).toBe(1);
    const request = `otel.invalid:4317 Basic ${Buffer.from('me:pw').toString('base64')}`;
    expect([...asked, ...askedToo]).toEqual([request, request]);
  });

  test('is left out where NO_PROXY says so, and on the own machine', async () => {
    const side = await new FarSide().listen();
    const asked = await proxyTo(undefined);
    await (await start({ endpoint: side.endpoint })).exporter.consume(sampleBatch('traces', 1));
    vi.stubEnv('NO_PROXY', '.invalid:4317');
    await errorOf((await start({ endpoint: 'otel.invalid:4317' })).exporter.consume(sampleBatch('traces', 1)));
    expect(asked).toEqual([]);
  });

  test('that refuses is named', async () => {
    await proxyTo(undefined);
    const { exporter } = await start({ endpoint: 'otel.invalid:4317' });
    const error = await errorOf(exporter.consume(sampleBatch('traces', 1)));
    expect(error).toMatchObject({ permanent: false, grpcCode: GRPC.unavailable });
    expect(error.message).toMatch(/proxy 127\.0\.0\.1:\d+: CONNECT otel\.invalid:4317 was answered 403/);
  });
});

describe('when the far side cannot be reached', () => {
  test('nobody listens', async () => {
    const { exporter } = await start({ endpoint: '127.0.0.1:1' });
    const error = await errorOf(exporter.consume(sampleBatch('traces', 1)));
    expect(error).toMatchObject({ permanent: false, grpcCode: GRPC.unavailable });
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('the name does not exist', async () => {
    const { exporter } = await start({ endpoint: 'no-such-host.invalid:4317' });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).message).toContain('name resolver error');
  });

  test('the time runs out, while connecting and while waiting for the answer', async () => {
    const mute = createTcp(() => {});
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    undo.push(() => mute.close());
    const connecting = await start({
      endpoint: `127.0.0.1:${(mute.address() as { port: number }).port}`,
      timeout: '60ms',
    });
    expect((await errorOf(connecting.exporter.consume(sampleBatch('traces', 1)))).grpcCode).toBe(GRPC.deadlineExceeded);

    const side = await new FarSide().listen();
    side.answer = () => {};
    const waiting = await start({ endpoint: side.endpoint, timeout: '60ms' });
    expect((await errorOf(waiting.exporter.consume(sampleBatch('traces', 1)))).grpcCode).toBe(GRPC.deadlineExceeded);
  });

  test('wait_for_ready waits for it', async () => {
    const probe = createTcp();
    probe.listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const endpoint = `127.0.0.1:${(probe.address() as { port: number }).port}`;
    const { exporter } = await start({ endpoint, wait_for_ready: true, timeout: '20s' });
    const sending = exporter.consume(sampleBatch('traces', 1));
    const [refused] = (await once(probe, 'connection')) as [Socket];
    refused.destroy();
    probe.close();
    await once(probe, 'close');
    const side = await new FarSide().listen(endpoint);
    await sending;
    expect(side.received.length).toBe(1);
  });

  test('a lost connection is made again', async () => {
    const first = await new FarSide().listen();
    const { exporter } = await start({ endpoint: first.endpoint });
    await exporter.consume(sampleBatch('traces', 1));
    first.server.forceShutdown();
    const second = await new FarSide().listen(first.endpoint);
    await expect
      .poll(
        () =>
          exporter
            .consume(sampleBatch('traces', 1))
            .then(() => true)
            .catch(() => false),
        { timeout: 10_000 },
      )
      .toBe(true);
    expect(second.received.length).toBe(1);
  });

  test('a far side that shuts down gracefully ends what it has, and loses nothing', async () => {
    const first = await new FarSide().listen();
    const { exporter } = await start({ endpoint: first.endpoint });
    let answerOpen = (): void => {};
    const entered = new Promise<void>((enter) => {
      first.answer = (_, done) => {
        answerOpen = () => done(null, Buffer.alloc(0));
        enter();
      };
    });
    const open = exporter.consume(sampleBatch('traces', 1));
    await entered;
    const closed = new Promise((resolve) => first.server.tryShutdown(resolve));
    answerOpen();
    await open;
    await closed;
  });

  test('a shutdown ends what is under way', async () => {
    const side = await new FarSide().listen();
    const entered = new Promise<void>((enter) => {
      side.answer = () => enter();
    });
    const { exporter } = await start({ endpoint: side.endpoint });
    const sending = errorOf(exporter.consume(sampleBatch('traces', 1)));
    await entered;
    await exporter.shutdown(0);
    expect((await sending).permanent).toBe(false);
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).message).toContain('the client is closed');
  });

  test('keepalive gives a silent connection up', async () => {
    const frozen: { pause(): void }[] = [];
    const { endpoint } = await http2Side((stream: Stream) => {
      for (const socket of frozen) socket.pause();
      stream.on('error', () => {});
    });
    const proxy = createTcp((socket) => {
      const [host, port] = endpoint.split(':');
      const onward = createTcpConnection(Number(port), host!);
      socket.pipe(onward).pipe(socket);
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
      frozen.push({ pause: () => socket.unpipe(onward) });
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    undo.push(() => proxy.close());
    const keepalive = { time: '20ms', timeout: '40ms' };
    const { exporter } = await start({
      endpoint: `127.0.0.1:${(proxy.address() as { port: number }).port}`,
      keepalive,
      timeout: '20s',
    });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).grpcCode).toBe(GRPC.unavailable);
  });
});

describe('configuration', () => {
  test('the defaults of otelcol', () => {
    const config = otlpGrpcExporterSchema.parse({ endpoint: 'tempo:4317' });
    expect(config).toMatchObject({
      client: { compression: 'gzip', balancerName: 'round_robin', waitForReady: false, keepalive: undefined },
      delivery: { timeoutMs: 5000, retry: { enabled: true }, queue: { enabled: true, queueSize: 1000 } },
    });
    expect(validateOtlpGrpcExporter(config)).toEqual([]);
  });

  test.each([
    { raw: {}, path: 'endpoint', message: 'requires a non-empty "endpoint"' },
    { raw: { endpoint: 'ftp://a:1' }, path: 'endpoint', message: 'got "ftp://a:1"' },
    { raw: { endpoint: 'a:b' }, path: 'endpoint', message: 'expected host:port' },
    { raw: { endpoint: 'a:1', balancer_name: 'x' }, path: 'balancer_name', message: 'invalid balancer_name: x' },
  ])('$message', ({ raw, path, message }) => {
    const mistakes = validateOtlpGrpcExporter(otlpGrpcExporterSchema.parse(raw));
    expect(mistakes).toEqual([{ path: [path], message: expect.stringContaining(message) }]);
  });
});
