import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { type FakeSettings, fakeHost, fakeSettings, sampleBatch, sampleBody } from '#component/testing.ts';
import { type Coding, encodeStatus, GRPC, inflate } from '#net';
import type { Signal } from '#pdata';
import { encodeExportResponse } from '#wire';
import { otlpHttpExporterSchema, validateOtlpHttpExporter } from './config.ts';
import { otlpHttpExporterFactory } from './factory.ts';
import type { OtlpHttpExporter } from './otlp-http.ts';

const TESTDATA = join(import.meta.dirname, '../../net/testdata');

interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A far side that keeps what it gets and says `reply`. */
class FarSide {
  readonly received: Received[] = [];
  reply: Reply = {};
  url = '';

  readonly listener: RequestListener = async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    this.received.push({ url: request.url!, headers: request.headers, body: Buffer.concat(parts) });
    response.writeHead(this.reply.status ?? 200, { 'content-type': 'application/x-protobuf', ...this.reply.headers });
    response.end(this.reply.body);
  };

  async listen(server: Server, scheme = 'http'): Promise<this> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => {
      server.closeAllConnections();
      server.close();
    });
    this.url = `${scheme}://127.0.0.1:${(server.address() as { port: number }).port}`;
    return this;
  }
}

function farSide(): Promise<FarSide> {
  const side = new FarSide();
  return side.listen(createServer(side.listener));
}

async function start(
  raw: object,
  signal: Signal = 'traces',
): Promise<{ exporter: OtlpHttpExporter; settings: FakeSettings }> {
  const settings = fakeSettings({ id: 'otlp_http' });
  const exporter = otlpHttpExporterFactory.create(settings, otlpHttpExporterSchema.parse(raw), signal);
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));
  return { exporter: exporter as OtlpHttpExporter, settings };
}

async function errorOf(work: Promise<unknown>): Promise<ConsumeError> {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConsumeError);
  return error as ConsumeError;
}

describe('what is sent', () => {
  test.each(['traces', 'metrics', 'logs'] as const)('%s, untouched, go out as they came in', async (signal) => {
    const side = await farSide();
    const { exporter } = await start({ endpoint: side.url, compression: 'none' }, signal);
    await exporter.consume(sampleBatch(signal, 5));
    const [request] = side.received;
    expect(request!.url).toBe(`/v1/${signal}`);
    expect(request!.headers['content-type']).toBe('application/x-protobuf');
    expect(request!.headers['content-encoding']).toBeUndefined();
    expect(request!.headers['content-length']).toBe(String(request!.body.length));
    expect(request!.headers['user-agent']).toMatch(/^signalbox\/0\.0\.0-test \(\w+\/\w+\)$/);
    expect(Buffer.compare(request!.body, sampleBody(signal, 5))).toBe(0);
  });

  test('gzip by default', async () => {
    const side = await farSide();
    const { exporter } = await start({ endpoint: side.url });
    await exporter.consume(sampleBatch('traces', 50));
    const [request] = side.received;
    expect(request!.headers['content-encoding']).toBe('gzip');
    expect(Buffer.compare(await inflate('gzip', request!.body, 1e6), sampleBody('traces', 50))).toBe(0);
  });

  test.each(['zstd', 'zlib', 'deflate', 'snappy', 'x-snappy-framed', 'lz4'] as const)('%s', async (compression) => {
    const side = await farSide();
    const { exporter } = await start({ endpoint: side.url, compression });
    await exporter.consume(sampleBatch('traces', 50));
    const [request] = side.received;
    expect(request!.headers['content-encoding']).toBe(compression);
    expect(Buffer.compare(await inflate(compression as Coding, request!.body, 1e6), sampleBody('traces', 50))).toBe(0);
  });

  test('several chunks are one body', async () => {
    const side = await farSide();
    const { exporter } = await start({ endpoint: side.url, compression: 'none' });
    const batch = sampleBatch('traces', 2);
    await exporter.consume(batch.with([...batch.chunks, ...sampleBatch('traces', 3).chunks]));
    const want = Buffer.concat([sampleBody('traces', 2), sampleBody('traces', 3)]);
    expect(Buffer.compare(side.received[0]!.body, want)).toBe(0);
  });

  test('JSON', async () => {
    const side = await farSide();
    const { exporter } = await start({ endpoint: side.url, encoding: 'json', compression: 'none' });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received[0]!.headers['content-type']).toBe('application/json');
    expect(JSON.parse(side.received[0]!.body.toString())).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'span 0', kind: 2 }] }] }],
    });
  });

  test('headers of the configuration, which may replace our own', async () => {
    const side = await farSide();
    const headers = { 'X-Honeycomb-Team': 'key', 'User-Agent': 'mine' };
    const { exporter } = await start({ endpoint: side.url, headers });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received[0]!.headers).toMatchObject({ 'x-honeycomb-team': 'key', 'user-agent': 'mine' });
  });

  test('user and password of the URL', async () => {
    const side = await farSide();
    const { exporter } = await start({ endpoint: side.url.replace('//', '//me:a%20b@') });
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received[0]!.headers.authorization).toBe(`Basic ${Buffer.from('me:a b').toString('base64')}`);
  });

  test('an endpoint of its own is used as it is', async () => {
    const side = await farSide();
    const raw = { endpoint: `${side.url}/otlp/`, traces_endpoint: `${side.url}/spans?tenant=1` };
    await (await start(raw)).exporter.consume(sampleBatch('traces', 1));
    await (await start(raw, 'logs')).exporter.consume(sampleBatch('logs', 1));
    expect(side.received.map(({ url }) => url)).toEqual(['/spans?tenant=1', '/otlp/v1/logs']);
  });

  test('one connection serves many requests', async () => {
    const side = new FarSide();
    const server = createServer(side.listener);
    let connections = 0;
    server.on('connection', () => connections++);
    await side.listen(server);
    const { exporter } = await start({ endpoint: side.url });
    for (let i = 0; i < 10; i++) await exporter.consume(sampleBatch('traces', 1));
    expect(connections).toBe(1);
  });

  test('over TLS with a CA and a certificate of its own', async () => {
    const side = new FarSide();
    const [ca, cert, key] = await Promise.all(
      ['ca.crt', 'server.crt', 'server.key'].map((name) => readFile(join(TESTDATA, name))),
    );
    const server = createSecureServer({ ca: ca!, cert: cert!, key: key!, requestCert: true }, side.listener);
    await side.listen(server as unknown as Server, 'https');
    const tls = {
      ca_file: join(TESTDATA, 'ca.crt'),
      cert_file: join(TESTDATA, 'client.crt'),
      key_file: join(TESTDATA, 'client.key'),
    };
    await (await start({ endpoint: side.url, tls })).exporter.consume(sampleBatch('traces', 1));
    const untrusted = await errorOf((await start({ endpoint: side.url })).exporter.consume(sampleBatch('traces', 1)));
    expect(untrusted).toMatchObject({ permanent: false, reason: 'network' });
    const skipping = await start({ endpoint: side.url, tls: { ...tls, ca_file: '', insecure_skip_verify: true } });
    await skipping.exporter.consume(sampleBatch('traces', 1));
    expect(side.received.length).toBe(2);
  });
});

describe('what is answered', () => {
  test.each([
    { status: 200, outcome: 'ok' },
    { status: 202, outcome: 'ok' },
    { status: 204, outcome: 'ok' },
    { status: 301, outcome: 'permanent' },
    { status: 400, outcome: 'permanent', grpcCode: GRPC.invalidArgument },
    { status: 401, outcome: 'permanent', grpcCode: GRPC.unauthenticated },
    { status: 403, outcome: 'permanent', grpcCode: GRPC.permissionDenied },
    { status: 404, outcome: 'permanent', grpcCode: GRPC.unimplemented },
    { status: 408, outcome: 'permanent' },
    { status: 413, outcome: 'permanent' },
    { status: 429, outcome: 'retryable', grpcCode: GRPC.unavailable },
    { status: 500, outcome: 'permanent' },
    { status: 501, outcome: 'permanent' },
    { status: 502, outcome: 'retryable', grpcCode: GRPC.unavailable },
    { status: 503, outcome: 'retryable', grpcCode: GRPC.unavailable },
    { status: 504, outcome: 'retryable', grpcCode: GRPC.unavailable },
  ])('$status is $outcome', async ({ status, outcome, grpcCode }) => {
    const side = await farSide();
    side.reply = { status };
    const { exporter } = await start({ endpoint: side.url });
    const sending = exporter.consume(sampleBatch('traces', 1));
    if (outcome === 'ok') await sending;
    else {
      const error = await errorOf(sending);
      expect(error).toMatchObject({
        permanent: outcome === 'permanent',
        reason: `http_${status}`,
        retryAfterMs: undefined,
      });
      expect(error.grpcCode).toBe(grpcCode);
      expect(error.message).toBe(
        `error exporting items, request to ${side.url}/v1/traces responded with HTTP Status Code ${status}`,
      );
    }
  });

  test.each([
    { status: 429, header: '7', retryAfterMs: 7000 },
    { status: 503, header: '0', retryAfterMs: 0 },
    { status: 503, header: new Date(fakeSettings().clock.nowMs() + 90_000).toUTCString(), retryAfterMs: 90_000 },
    { status: 503, header: new Date(0).toUTCString(), retryAfterMs: 0 },
    { status: 503, header: 'soon', retryAfterMs: undefined },
    { status: 502, header: '7', retryAfterMs: undefined },
    { status: 400, header: '7', retryAfterMs: undefined },
  ])('Retry-After "$header" on $status', async ({ status, header, retryAfterMs }) => {
    const side = await farSide();
    side.reply = { status, headers: { 'retry-after': header } };
    const { exporter } = await start({ endpoint: side.url });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).retryAfterMs).toBe(retryAfterMs);
  });

  test.each([
    {
      name: 'protobuf',
      type: 'application/x-protobuf',
      body: encodeStatus({ code: 3, message: 'bad span', retryAfterMs: undefined }),
    },
    { name: 'JSON', type: 'application/json; charset=utf-8', body: '{"code":3,"message":"bad span"}' },
  ])('the message of an rpc.Status in $name is in the error', async ({ type, body }) => {
    const side = await farSide();
    side.reply = { status: 400, headers: { 'content-type': type }, body };
    const { exporter } = await start({ endpoint: side.url });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).message).toMatch(/400, Message=bad span$/);
  });

  test.each([
    { name: 'broken protobuf', type: 'application/x-protobuf', body: Uint8Array.of(0xff, 0xff) },
    { name: 'broken JSON', type: 'application/json', body: '{' },
    { name: 'null', type: 'application/json', body: 'null' },
    { name: 'HTML', type: 'text/html', body: '<h1>no</h1>' },
    { name: 'a megabyte', type: 'application/json', body: new Uint8Array(1_000_000) },
    { name: 'three megabytes', type: 'application/json', body: new Uint8Array(3_000_000) },
  ])('$name in an answer does no harm', async ({ type, body }) => {
    const side = await farSide();
    const { exporter } = await start({ endpoint: side.url });
    for (const status of [200, 400]) {
      side.reply = { status, headers: { 'content-type': type }, body };
      const sending = exporter.consume(sampleBatch('traces', 1));
      if (status === 200) await sending;
      else expect((await errorOf(sending)).permanent).toBe(true);
    }
  });

  test.each([
    { name: 'protobuf', type: 'application/x-protobuf', body: encodeExportResponse(3, 'too old') },
    {
      name: 'JSON',
      type: 'application/json',
      body: '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}',
    },
  ])('a partial success in $name is logged and counted, and is a success', async ({ type, body }) => {
    const side = await farSide();
    side.reply = { headers: { 'content-type': type }, body };
    const { exporter, settings } = await start({ endpoint: side.url });
    await exporter.consume(sampleBatch('traces', 5));
    expect(settings.logged).toEqual(['warn Partial success response']);
    expect(settings.account.sum('lost', 'rejected_by_peer')).toBe(3);
  });
});

describe('when no answer comes', () => {
  test('nobody listens', async () => {
    const { exporter } = await start({ endpoint: 'http://127.0.0.1:1' });
    const error = await errorOf(exporter.consume(sampleBatch('traces', 1)));
    expect(error).toMatchObject({ permanent: false, reason: 'network' });
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('nobody listens on any address of a name', async () => {
    const { exporter } = await start({ endpoint: 'http://localhost:1' });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).message).toContain('ECONNREFUSED');
  });

  test('the time runs out', async () => {
    const silent = createServer(() => {});
    const side = await new FarSide().listen(silent);
    const { exporter } = await start({ endpoint: side.url, timeout: '50ms' });
    const error = await errorOf(exporter.consume(sampleBatch('traces', 1)));
    expect(error).toMatchObject({ permanent: false, message: expect.stringContaining('no answer within 50 ms') });
  });

  test('the time runs out within the answer', async () => {
    const halting = createServer((_, response) => response.writeHead(200, { 'content-length': 10 }).write('half'));
    const side = await new FarSide().listen(halting);
    const { exporter } = await start({ endpoint: side.url, timeout: '50ms' });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).permanent).toBe(false);
  });

  test('the connection breaks', async () => {
    const side = await new FarSide().listen(createServer((request) => request.socket.destroy()));
    const { exporter } = await start({ endpoint: side.url });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).permanent).toBe(false);
  });

  test('the far side speaks no HTTP', async () => {
    const tcp = createTcpServer((socket) => socket.end('220 smtp ready\r\n'));
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    undo.push(() => tcp.close());
    const { exporter } = await start({ endpoint: `http://127.0.0.1:${(tcp.address() as { port: number }).port}` });
    expect((await errorOf(exporter.consume(sampleBatch('traces', 1)))).permanent).toBe(false);
  });

  test('a kept connection that the far side has closed is replaced at once', async () => {
    const side = new FarSide();
    let requests = 0;
    const server = createServer((request, response) => {
      requests++;
      if (requests === 2) request.socket.resetAndDestroy();
      else side.listener(request, response);
    });
    await side.listen(server);
    const { exporter } = await start({ endpoint: side.url });
    await exporter.consume(sampleBatch('traces', 1));
    await exporter.consume(sampleBatch('traces', 2));
    expect(requests).toBe(3);
    expect(side.received.length).toBe(2);
  });

  test('a shutdown ends what is under way', async () => {
    const arrived = Promise.withResolvers<void>();
    const side = await new FarSide().listen(createServer(() => arrived.resolve()));
    const { exporter } = await start({ endpoint: side.url });
    const sending = errorOf(exporter.consume(sampleBatch('traces', 1)));
    await arrived.promise;
    await exporter.shutdown(0);
    expect((await sending).permanent).toBe(false);
  });
});

describe('configuration', () => {
  test('the defaults of otelcol', () => {
    const config = otlpHttpExporterSchema.parse({ endpoint: 'http://collector:4318' });
    expect(config).toMatchObject({
      encoding: 'proto',
      client: { compression: 'gzip', timeoutMs: 30_000, maxIdleConns: 100, idleConnTimeoutMs: 90_000 },
      delivery: { timeoutMs: 30_000, retry: { enabled: true }, queue: { enabled: true, queueSize: 1000 } },
      urls: { traces: 'http://collector:4318/v1/traces', metrics: 'http://collector:4318/v1/metrics' },
    });
    expect(validateOtlpHttpExporter(config)).toEqual([]);
  });

  test.each([
    { name: 'no endpoint', raw: {}, path: '', message: 'at least one endpoint must be specified' },
    { name: 'no URL', raw: { endpoint: 'collector:4318' }, path: 'endpoint', message: 'must be a URL such as' },
    { name: 'no URL of its own', raw: { logs_endpoint: 'x' }, path: 'logs_endpoint', message: 'got "x"' },
  ])('$name is a mistake', ({ raw, path, message }) => {
    const mistakes = validateOtlpHttpExporter(otlpHttpExporterSchema.parse(raw));
    expect(mistakes).toEqual([{ path: path === '' ? [] : [path], message: expect.stringContaining(message) }]);
  });

  test('a signal without an endpoint is an error at start', async () => {
    await expect(start({ traces_endpoint: 'http://127.0.0.1:1/x' }, 'logs')).rejects.toThrow(
      'exporters::otlp_http: has no endpoint for logs',
    );
  });
});

test('a request for which nobody waits any more ends', async () => {
  let isOpen = (): void => undefined;
  let isClosed = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    isOpen = resolve;
  });
  const closed = new Promise<void>((resolve) => {
    isClosed = resolve;
  });
  const side = await new FarSide().listen(
    createServer((request, response) => {
      response.once('close', isClosed);
      request.resume().once('end', isOpen);
    }),
  );
  const { exporter } = await start({ endpoint: side.url });
  const abort = new AbortController();
  const sent = errorOf(exporter.consume(sampleBatch('traces', 1), abort.signal));
  await opened;
  abort.abort();
  await closed;
  expect(await sent).toMatchObject({ permanent: false });
  expect((await errorOf(exporter.consume(sampleBatch('traces', 1), abort.signal))).message).toContain('cancelled');
});

describe('credentials of an extension', () => {
  test('are sent with each request, and without them nothing is', async () => {
    const side = await farSide();
    const config = otlpHttpExporterSchema.parse({ endpoint: side.url, auth: { authenticator: 'basicauth' } });
    const exporter = otlpHttpExporterFactory.create(fakeSettings(), config, 'traces') as OtlpHttpExporter;
    let answer = (): Promise<Record<string, string>> => Promise.resolve({ authorization: 'Basic x' });
    await exporter.start({ ...fakeHost(), extension: () => ({ headers: () => answer() }) as never });
    undo.push(() => exporter.shutdown(0));
    await exporter.consume(sampleBatch('traces', 1));
    expect(side.received[0]!.headers.authorization).toBe('Basic x');
    answer = () => Promise.reject(new Error('expired'));
    const error = await errorOf(exporter.consume(sampleBatch('traces', 1)));
    expect(error).toMatchObject({
      permanent: false,
      reason: 'no_credentials',
      message: expect.stringContaining('expired'),
    });
    expect(side.received).toHaveLength(1);
  });
});
