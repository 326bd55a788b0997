import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, test } from 'vitest';
import { StartError } from '#base';
import { freePort } from '#base/testing.ts';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { otlpReceiverSchema, validateOtlpReceiver } from './config.ts';
import { otlpReceiverFactory } from './factory.ts';
import type { OtlpReceiver } from './otlp.ts';
import { PROTO, post } from './testing/http.ts';
import { Pipeline, type Running, type RunOptions, runReceiver, tracesRequest } from './testing/receiver.ts';

const TESTDATA = join(import.meta.dirname, '../../net/testdata');
const file = (name: string): string => join(TESTDATA, name);
const TRACE_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

const undo: (() => unknown)[] = [];
async function start(options: RunOptions = {}): Promise<Running> {
  const running = await runReceiver(options);
  undo.push(() => running.receiver.shutdown(1000));
  return running;
}
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe('the official JavaScript SDK', () => {
  const resource = resourceFromAttributes({ 'service.name': 'shop' });

  test.each(['none', 'gzip'] as const)('sends spans (compression: %s)', async (compression) => {
    const { httpUrl, pipelines } = await start();
    const exporter = new OTLPTraceExporter({ url: `${httpUrl}/v1/traces`, compression: compression as never });
    const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const span = provider
      .getTracer('test', '1.2')
      .startSpan('checkout', { attributes: { items: 3, ok: true, list: ['a'] } });
    span.addEvent('paid', { amount: 9.5 });
    span.recordException(new Error('late'));
    span.end();
    await provider.shutdown();
    expect(pipelines.traces.requests()).toMatchObject([
      {
        resourceSpans: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
            scopeSpans: [
              {
                scope: { name: 'test', version: '1.2' },
                spans: [{ name: 'checkout', events: [{ name: 'paid' }, { name: 'exception' }] }],
              },
            ],
          },
        ],
      },
    ]);
  });

  test('sends metrics', async () => {
    const { httpUrl, pipelines } = await start();
    const exporter = new OTLPMetricExporter({ url: `${httpUrl}/v1/metrics` });
    const provider = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter })] });
    const meter = provider.getMeter('test');
    meter.createCounter('orders').add(2, { region: 'eu' });
    meter.createHistogram('latency', { unit: 'ms' }).record(12);
    await provider.forceFlush();
    await provider.shutdown();
    const request = JSON.stringify(pipelines.metrics.requests()[0]);
    expect(request).toContain('"name":"orders"');
    expect(request).toContain('"name":"latency"');
  });

  test('sends logs', async () => {
    const { httpUrl, pipelines } = await start();
    const exporter = new OTLPLogExporter({ url: `${httpUrl}/v1/logs` });
    const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
    provider.getLogger('test').emit({ body: 'hello', severityNumber: SeverityNumber.WARN, attributes: { a: 1 } });
    await provider.forceFlush();
    await provider.shutdown();
    expect(pipelines.logs.requests()).toMatchObject([
      { resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 13, body: { stringValue: 'hello' } }] }] }] },
    ]);
  });
});

describe('TLS', () => {
  const server = { cert_file: file('server.crt'), key_file: file('server.key') };

  async function postOverTls(running: Running, options: object): Promise<number> {
    const url = running.httpUrl.replace('http:', 'https:');
    const request = httpsRequest(`${url}/v1/traces`, { method: 'POST', headers: PROTO, agent: false, ...options });
    request.end(tracesRequest(1));
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  }

  test('HTTP and gRPC with a certificate', async () => {
    const running = await start({ http: { tls: server }, grpc: { tls: server } });
    const ca = await readFile(file('ca.crt'));
    expect(await postOverTls(running, { ca })).toBe(200);
    const client = new Client(running.grpcTarget.replace('127.0.0.1', 'localhost'), credentials.createSsl(ca));
    undo.push(() => client.close());
    const call = new Promise((resolve, reject) => {
      const same = (bytes: Buffer): Buffer => bytes;
      client.makeUnaryRequest(TRACE_PATH, same, same, Buffer.from(tracesRequest(2)), new Metadata(), (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
    await call;
    expect(running.pipelines.traces.itemCount).toBe(3);
  });

  test('only clients with a certificate, where the configuration asks for it', async () => {
    const tls = { ...server, client_ca_file: file('ca.crt') };
    const running = await start({ http: { tls } });
    const ca = await readFile(file('ca.crt'));
    await expect(postOverTls(running, { ca })).rejects.toThrow();
    const cert = await readFile(file('client.crt'));
    const key = await readFile(file('client.key'));
    expect(await postOverTls(running, { ca, cert, key })).toBe(200);
  });

  test('old versions are refused', async () => {
    const running = await start({ http: { tls: { ...server, min_version: '1.3' } } });
    const ca = await readFile(file('ca.crt'));
    await expect(postOverTls(running, { ca, maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect(await postOverTls(running, { ca })).toBe(200);
  });

  test('a renewed certificate is used without a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'otlp-tls-'));
    undo.push(() => rm(folder, { recursive: true }));
    const copy = async (name: string): Promise<void> => {
      await writeFile(join(folder, 'cert'), await readFile(file(`${name}.crt`)));
      await writeFile(join(folder, 'key'), await readFile(file(`${name}.key`)));
    };
    await copy('server');
    const tls = { cert_file: join(folder, 'cert'), key_file: join(folder, 'key'), reload_interval: '10ms' };
    const running = await start({ http: { tls } });
    const ca = await readFile(file('ca.crt'));
    let subject = '';
    const checkServerIdentity = (_host: string, cert: { subject: { CN: string } }): undefined => {
      subject = cert.subject.CN;
    };
    await postOverTls(running, { ca, checkServerIdentity });
    expect(subject).toBe('signalbox test server');
    await copy('client');
    while (subject !== 'signalbox test client') await postOverTls(running, { ca, checkServerIdentity });
  });

  test('HTTP/2 for those who choose it, with the same answers and limits', async () => {
    const running = await start({ http: { tls: server, include_metadata: true, max_request_body_size: 10_000 } });
    const ca = await readFile(file('ca.crt'));
    const session = connectHttp2(running.httpUrl.replace('http:', 'https:'), { ca });
    undo.push(() => session.destroy());
    session.on('error', () => {});
    const send = async (path: string, body: Uint8Array, headers = {}): Promise<number> => {
      const stream = session.request({ ':method': 'POST', ':path': path, ...PROTO, ...headers });
      stream.end(body);
      const [answer] = (await once(stream, 'response')) as [{ ':status': number }];
      stream.resume();
      return answer[':status'];
    };
    const batch = [1, 2, 3].map((count) => send('/v1/traces', tracesRequest(count), { 'x-tenant': 'a' }));
    expect(await Promise.all(batch)).toEqual([200, 200, 200]);
    expect(running.pipelines.traces.itemCount).toBe(6);
    expect(running.pipelines.traces.batches[0]!.context.metadata?.get('x-tenant')).toEqual(['a']);
    expect(await send('/nowhere', tracesRequest(1))).toBe(404);
    expect(await send('/v1/traces', Buffer.from('x'))).toBe(400);
    expect(await send('/v1/traces', Buffer.alloc(20_000))).toBe(400);
    expect(await send('/v1/traces', tracesRequest(1), { ':authority': 'evil.example' })).toBe(403);
    expect(session.remoteSettings.maxConcurrentStreams).toBe(250);
    expect(await postOverTls(running, { ca, ALPNProtocols: ['http/1.1'] })).toBe(200);
    const closed = once(session, 'close');
    await running.receiver.shutdown(1000);
    await closed;
  });

  test('clients that are kept out are counted by reason, and said once', async () => {
    const ca = await readFile(file('ca.crt'));
    const client = { cert: await readFile(file('client.crt')), key: await readFile(file('client.key')) };
    // The server's own certificate has signed none of the clients'.
    const running = await start({ http: { tls: { ...server, client_ca_file: file('server.crt') } } });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' };
    for (let i = 0; i < 3; i++) {
      await expect(postOverTls(running, { ca })).rejects.toThrow();
      await expect(postOverTls(running, { ca, ...client })).rejects.toThrow();
      await expect(postOverTls(running, { ca, ...old })).rejects.toThrow();
      await expect(post(`${running.httpUrl}/v1/traces`, tracesRequest(1))).rejects.toThrow();
    }
    const { logged, meter } = running.settings;
    for (const reason of ['no_certificate', 'untrusted_certificate', 'version', 'no_tls']) {
      const rejected = (): number =>
        meter.sum('listener_refused_requests', { transport: 'http', reason: `tls_${reason}` });
      await expect.poll(rejected, { timeout: 20_000 }).toBe(3);
    }
    expect(logged.filter((line) => line.startsWith('warn')).sort()).toEqual([
      expect.stringContaining('Refused: the client showed no certificate'),
      expect.stringContaining('Refused: the client speaks no TLS version'),
      expect.stringContaining('Refused: the client speaks plain text'),
      expect.stringContaining("Refused: the client's certificate is not signed"),
    ]);
  });

  test('a file that is not there', async () => {
    const config = otlpReceiverSchema.parse({
      protocols: {
        http: { endpoint: '127.0.0.1:0', tls: { cert_file: '/nowhere.crt', key_file: file('server.key') } },
      },
    });
    const receiver = otlpReceiverFactory.create(fakeSettings({ id: 'otlp' }), config, {});
    await expect(receiver.start(fakeHost())).rejects.toThrow(
      `receivers::otlp::protocols::http::tls::cert_file: can't read "/nowhere.crt"`,
    );
  });
});

describe('addresses', () => {
  test('localhost is 127.0.0.1 and, where the machine has it, ::1', async () => {
    const { receiver, pipelines } = await start({ http: { endpoint: 'localhost:0' } });
    const port = Number(receiver.addresses.http!.split(':').at(-1));
    expect((await post(`http://127.0.0.1:${port}/v1/traces`, tracesRequest(1))).status).toBe(200);
    const hasLoopback6 = await canListen('::1');
    const answer = await post(`http://[::1]:${port}/v1/traces`, tracesRequest(1)).catch(() => undefined);
    expect(answer?.status).toBe(hasLoopback6 ? 200 : undefined);
    expect(pipelines.traces.itemCount).toBe(hasLoopback6 ? 2 : 1);
  });

  test('a unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'otlp-socket-'));
    undo.push(() => rm(folder, { recursive: true }));
    const path = join(folder, 'otlp.sock');
    const http = { endpoint: path, transport: 'unix' };
    const { pipelines } = await start({ http });
    const request = httpRequest({ socketPath: path, path: '/v1/traces', method: 'POST', headers: PROTO });
    request.end(tracesRequest(1));
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(pipelines.traces.itemCount).toBe(1);
    await expect(runReceiver({ http })).rejects.toThrow('already in use');
  });

  test.each(['grpc', 'http'] as const)(
    'a taken port is an error that names the key and the flag (%s)',
    async (protocol) => {
      const taken = createServer();
      taken.listen(0, '127.0.0.1');
      await once(taken, 'listening');
      undo.push(() => taken.close());
      const endpoint = `127.0.0.1:${(taken.address() as { port: number }).port}`;
      const error = await runReceiver({ [protocol]: { endpoint } }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StartError);
      const key = `receivers::otlp::protocols::${protocol}::endpoint`;
      expect((error as StartError).message).toBe(`${key}: ${endpoint} is already in use`);
      expect((error as StartError).hint).toContain(`--set ${key}=HOST:PORT`);
    },
  );

  test('when one server fails to start, the other gives its port back', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    undo.push(() => taken.close());
    const port = (taken.address() as { port: number }).port;
    const free = await freePort();
    const grpc = { endpoint: `127.0.0.1:${free}` };
    await expect(runReceiver({ grpc, http: { endpoint: `127.0.0.1:${port}` } })).rejects.toThrow('already in use');
    const running = await start({ grpc });
    expect(running.grpcTarget).toBe(`127.0.0.1:${free}`);
  });

  test('an address of another machine', async () => {
    await expect(runReceiver({ http: { endpoint: '192.0.2.1:0' } })).rejects.toThrow('not an address of this machine');
  });
});

async function canListen(host: string): Promise<boolean> {
  const probe = createServer();
  probe.listen(0, host);
  const result = await Promise.race([
    once(probe, 'listening').then(() => true),
    once(probe, 'error').then(() => false),
  ]).catch(() => false);
  probe.close();
  return result;
}

describe('configuration', () => {
  const messages = (raw: unknown): string[] =>
    validateOtlpReceiver(otlpReceiverSchema.parse(raw)).map(({ path, message }) => `${path.join('::')}: ${message}`);

  test('the defaults of otelcol', () => {
    const config = otlpReceiverSchema.parse({ protocols: { grpc: null, http: null } });
    expect(config).toMatchObject({
      grpc: { endpoint: 'localhost:4317', maxRecvMsgSizeMib: 0, includeMetadata: false },
      http: {
        endpoint: 'localhost:4318',
        tracesUrlPath: '/v1/traces',
        metricsUrlPath: '/v1/metrics',
        logsUrlPath: '/v1/logs',
        maxRequestBodySizeBytes: 20 * 1024 * 1024,
        keepAlivesEnabled: true,
        writeTimeoutMs: 0,
        idleTimeoutMs: 0,
      },
    });
  });

  test('only the protocols that are named', () => {
    expect(otlpReceiverSchema.parse({ protocols: { grpc: {} } })).toMatchObject({ http: undefined });
    expect(otlpReceiverSchema.parse({ protocols: { http: {} } })).toMatchObject({ grpc: undefined });
  });

  test('no protocol at all', () => {
    expect(messages({})).toEqual([': must specify at least one protocol when using the OTLP receiver']);
  });

  test('middlewares are not ignored', () => {
    const middlewares = [{ id: 'a' }];
    expect(messages({ protocols: { grpc: { middlewares }, http: { middlewares } } })).toEqual([
      expect.stringContaining('protocols::grpc::middlewares: no extension offers middlewares yet'),
      expect.stringContaining('protocols::http::middlewares: no extension offers middlewares yet'),
    ]);
  });

  test('a receiver may be shut down without a start, and twice', async () => {
    const config = otlpReceiverSchema.parse({ protocols: { grpc: { endpoint: '127.0.0.1:0' } } });
    const receiver = otlpReceiverFactory.create(fakeSettings({ id: 'otlp' }), config, {
      traces: new Pipeline(),
    }) as OtlpReceiver;
    await receiver.shutdown(100);
    const started = await start();
    await started.receiver.shutdown(100);
    await started.receiver.shutdown(100);
  });
});
