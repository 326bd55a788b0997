import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConsumeError } from '#base';
import type { Exporter } from '#component';
import { type FakeSettings, fakeHost, fakeSettings, sampleBatch, sampleBody } from '#component/testing.ts';
import { tlsServer } from '#config';
import { readServerTls } from '#net';
import { otlpHttpExporterSchema } from './config.ts';
import { otlpHttpExporterFactory } from './factory.ts';

const TESTDATA = join(import.meta.dirname, '../../net/testdata');
const testFile = (name: string): string => join(TESTDATA, name);
const IDENTITY = { cert_file: testFile('server.crt'), key_file: testFile('server.key') };

const undo: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const step of undo.splice(0).reverse()) await step();
});

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The name in the client's certificate. */
  readonly client: string;
}

/** A server that keeps what it gets and answers with `reply`. */
interface Side {
  readonly url: string;
  readonly received: Received[];
  readonly server: Server;
  reply: { status: number; location?: string };
}

async function side(tls?: object): Promise<Side> {
  const received: Received[] = [];
  const listener: RequestListener = async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const client = String((request.socket as TLSSocket).getPeerCertificate?.()?.subject?.CN ?? '');
    received.push({ url: request.url!, headers: request.headers, body: Buffer.concat(parts), client });
    const { status, location } = made.reply;
    response.writeHead(status, location === undefined ? {} : { location }).end();
  };
  const server =
    tls === undefined
      ? createServer(listener)
      : createSecureServer(await readServerTls(tlsServer.parse(tls), 'tls'), listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const made: Side = { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, received, server, reply: { status: 200 } };
  return made;
}

async function start(raw: object): Promise<{ exporter: Exporter; settings: FakeSettings; send(): Promise<void> }> {
  const settings = fakeSettings({ id: 'otlp_http' });
  const config = otlpHttpExporterSchema.parse({ compression: 'none', ...raw });
  const exporter = otlpHttpExporterFactory.create(settings, config, 'traces');
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));
  return { exporter, settings, send: () => exporter.consume(sampleBatch('traces', 3)) };
}

async function errorOf(work: Promise<unknown>): Promise<ConsumeError> {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConsumeError);
  return error as ConsumeError;
}

describe('an address that has moved', () => {
  test.each([307, 308])('%i is followed with the body', async (status) => {
    const [first, second] = [await side(), await side()];
    first.reply = { status, location: `${second.url}/elsewhere/traces?a=b` };
    const { send } = await start({ endpoint: first.url, headers: { 'X-Key': 'secret' } });
    await send();
    await send();
    expect(second.received.map(({ url }) => url)).toEqual(['/elsewhere/traces?a=b', '/elsewhere/traces?a=b']);
    const [request] = second.received;
    expect(Buffer.compare(request!.body, sampleBody('traces', 3))).toBe(0);
    expect(request!.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'content-length': String(request!.body.length),
      'x-key': 'secret',
    });
  });

  test('a path alone, and compressed bodies', async () => {
    const far = await side();
    far.reply = { status: 307, location: '/v2/traces' };
    far.server.on('request', (request) => {
      if (request.url === '/v2/traces') far.reply = { status: 200 };
    });
    const { send } = await start({ endpoint: far.url.replace('//', '//user:pass@'), compression: 'gzip' });
    await send();
    expect(far.received.map(({ url }) => url)).toEqual(['/v1/traces', '/v2/traces']);
    expect(far.received[1]!.headers['content-encoding']).toBe('gzip');
    expect(far.received[1]!.headers.authorization).toBe(far.received[0]!.headers.authorization);
    expect(Buffer.compare(far.received[0]!.body, far.received[1]!.body)).toBe(0);
  });

  test('another host gets the body, and neither headers nor credentials', async () => {
    const [first, second] = [await side(), await side()];
    first.reply = { status: 308, location: `${second.url.replace('127.0.0.1', 'localhost')}/v1/traces` };
    const headers = { Authorization: 'Bearer secret', 'X-Key': 'secret', Cookie: 'a=b' };
    const { send } = await start({ endpoint: first.url.replace('//', '//user:pass@'), headers });
    await send();
    expect(second.received).toHaveLength(1);
    expect(second.received[0]!.body.length).toBe(sampleBody('traces', 3).length);
    expect(JSON.stringify(second.received[0]!.headers)).not.toMatch(/secret|pass|dXNlcjpwYXNz|a=b/);
  });

  test('a circle ends, and may be tried again', async () => {
    const far = await side();
    far.reply = { status: 307, location: '/again' };
    const { send } = await start({ endpoint: far.url });
    const error = await errorOf(send());
    expect(error).toMatchObject({ permanent: false });
    expect(error.message).toContain('stopped after 10 redirects');
    expect(far.received).toHaveLength(11);
  });

  test('from https to plain text nobody is followed', async () => {
    const [secure, plain] = [await side(IDENTITY), await side()];
    secure.reply = { status: 307, location: `${plain.url}/v1/traces` };
    const { send } = await start({ endpoint: secure.url, tls: { ca_file: testFile('ca.crt') } });
    const error = await errorOf(send());
    expect(error.message).toContain('was redirected from https to http://127.0.0.1');
    expect(plain.received).toEqual([]);
  });

  test('from plain text to https', async () => {
    const [plain, secure] = [await side(), await side(IDENTITY)];
    plain.reply = { status: 307, location: `${secure.url}/v1/traces` };
    const { send } = await start({ endpoint: plain.url, tls: { ca_file: testFile('ca.crt') } });
    await send();
    expect(secure.received).toHaveLength(1);
  });

  test.each([
    { status: 301, location: '/x' },
    { status: 302, location: '/x' },
    { status: 303, location: '/x' },
    { status: 307 },
  ])('$status with $location is an answer like any other', async (reply) => {
    const far = await side();
    far.reply = reply;
    const { send } = await start({ endpoint: far.url });
    const error = await errorOf(send());
    expect(error).toMatchObject({ permanent: true, reason: `http_${reply.status}` });
    expect(far.received).toHaveLength(1);
  });

  test.each(['ftp://example.com/', 'http://:x'])('to %s there is no way', async (location) => {
    const far = await side();
    far.reply = { status: 307, location };
    const { send } = await start({ endpoint: far.url });
    expect((await errorOf(send())).message).toContain(`was redirected to "${location}"`);
  });
});

describe('a proxy of the environment', () => {
  /** Passes everything on to `to`, and remembers what it was asked for. */
  async function proxyTo(to: Side): Promise<{ url: string; asked: string[]; credentials: (string | undefined)[] }> {
    const { port } = to.server.address() as AddressInfo;
    const asked: string[] = [];
    const credentials: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      request.resume().on('end', () => response.end());
    });
    server.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      credentials.push(request.headers['proxy-authorization']);
      const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      socket.pipe(onward).pipe(socket);
      for (const one of [socket, onward]) one.on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://user:pa%20ss@127.0.0.1:${(server.address() as AddressInfo).port}`, asked, credentials };
  }

  test('takes what NO_PROXY leaves to it', async () => {
    const far = await side();
    const proxy = await proxyTo(far);
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', '10.0.0.0/8');
    await (await start({ endpoint: 'http://otel.invalid:4318' })).send();
    expect(proxy.asked).toEqual(['http://otel.invalid:4318/v1/traces']);
    vi.stubEnv('NO_PROXY', '*.invalid');
    await errorOf((await start({ endpoint: 'http://otel.invalid:4318', timeout: '1s' })).send());
    await (await start({ endpoint: far.url })).send();
    expect(proxy.asked).toHaveLength(1);
    expect(far.received).toHaveLength(1);
  });

  test('tunnels https', async () => {
    const far = await side(IDENTITY);
    const proxy = await proxyTo(far);
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    const tls = { ca_file: testFile('ca.crt'), server_name_override: 'localhost' };
    await (await start({ endpoint: 'https://otel.invalid:4318', tls })).send();
    expect(proxy.asked).toEqual(['CONNECT otel.invalid:4318']);
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from('user:pa ss').toString('base64')}`]);
    expect(far.received).toHaveLength(1);
  });
});

describe('TLS files', () => {
  test('a mistake is found at the start, also where the URL is plain text', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'otlp-http-'));
    undo.push(() => rm(folder, { recursive: true }));
    const ca_file = join(folder, 'ca');
    await writeFile(ca_file, '');
    for (const endpoint of ['http://127.0.0.1:1', 'https://127.0.0.1:1']) {
      await expect(start({ endpoint, tls: { ca_file } })).rejects.toThrow(
        `exporters::otlp_http::tls::ca_file: "${ca_file}": is empty`,
      );
    }
  });

  test('reload_interval: a renewed certificate is shown, a damaged one is not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'otlp-http-'));
    undo.push(() => rm(folder, { recursive: true }));
    const [cert_file, key_file] = [join(folder, 'cert'), join(folder, 'key')];
    await copyFile(testFile('client.crt'), cert_file);
    await copyFile(testFile('client.key'), key_file);
    const far = await side({ ...IDENTITY, client_ca_file: testFile('ca.crt') });
    const { send, settings } = await start({
      endpoint: far.url,
      disable_keep_alives: true,
      tls: { ca_file: testFile('ca.crt'), cert_file, key_file, reload_interval: '5ms' },
    });
    const seen = async (): Promise<string> => {
      await send();
      return far.received.at(-1)!.client;
    };
    expect(await seen()).toBe('signalbox test client');
    await writeFile(cert_file, '');
    const FAILED = 'warn Reloading the TLS files failed, the old ones stay in use';
    await expect.poll(() => settings.logged, { timeout: 20_000 }).toContain(FAILED);
    expect(await seen()).toBe('signalbox test client');
    await copyFile(testFile('server.key'), key_file);
    await copyFile(testFile('server.crt'), cert_file);
    await expect.poll(seen, { timeout: 20_000 }).toBe('signalbox test server');
  });
});
