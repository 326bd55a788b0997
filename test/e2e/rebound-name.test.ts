import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ListeningSocket, listeningSockets } from '../lib/listeners.ts';
import { ROLES, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';

/**
 * A page whose name was rebound to this machine, once it was loaded, names itself in `Host`. The listeners are found in the kernel's tables,
 * so that none can be forgotten here. An answer is told by its status: of HTTP, or of gRPC where the listener speaks that.
 */
const REBOUND = 'rebound.example';
const INVALID_ARGUMENT = 3;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;

/** The same paths for all: what answers one of them to a foreign name is found. */
const PATHS = ['/', '/ping', '/metrics', '/v1/traces', '/debug/servicez', '/api/console/status', '/%', '/nothing'];

interface Answer {
  readonly protocol: 'http' | 'grpc';
  readonly status: number;
  readonly text: string;
}

function askHttp({ host, port }: ListeningSocket, name: string, path: string, headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host, port, path, agent: false, headers: { host: `${name}:${port}`, ...headers } };
    const asked = request(options, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('end', () => resolve({ protocol: 'http', status: response.statusCode!, text }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The first line of what is answered to a request as it is written here. */
function askRaw({ host, port }: ListeningSocket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port }, () => socket.write(text));
    let answer = '';
    socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
    socket.on('close', () => resolve(answer.split('\r\n')[0]!));
    socket.on('error', reject);
  });
}

function sayTlsHello({ host, port }: ListeningSocket): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTls({ host, port, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

function askGrpc({ host, port }: ListeningSocket, name: string, path: string, headers = {}): Promise<Answer> {
  const session = connectHttp2(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  return new Promise<Answer>((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      ':authority': `${name}:${port}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('error', reject);
    stream.on('response', (headers) => {
      resolve({ protocol: 'grpc', status: Number(headers['grpc-status']), text: String(headers['grpc-message']) });
    });
    stream.end(Buffer.alloc(5));
  }).finally(() => session.destroy());
}

async function ask(socket: ListeningSocket, name: string, path: string): Promise<Answer> {
  try {
    return await askHttp(socket, name, path);
  } catch {
    return askGrpc(socket, name, path);
  }
}

const isRefused = ({ protocol, status }: Answer): boolean =>
  protocol === 'grpc' ? status === PERMISSION_DENIED : status === 403;

describe.runIf(process.platform === 'linux')('every listener of a whole Signalbox', { timeout: 120_000 }, () => {
  let box: RunningSignalbox;
  let sockets: ListeningSocket[];
  beforeAll(async () => {
    box = await startSignalbox({ args: ['--allowed-hosts', 'box.example,*.team.example'] });
    const pids = [box.supervisorPid, ...ROLES.map((role) => box.pidOf(role)!)];
    sockets = pids.flatMap(listeningSockets);
  }, 120_000);
  afterAll(() => box.stop());

  test('is found: OTLP twice, console, store, own metrics, health and zpages', () => {
    expect(sockets.length).toBeGreaterThanOrEqual(7);
    for (const { host } of sockets) expect(['127.0.0.1', '::1']).toContain(host);
  });

  test('refuses a rebound name on every path, with words that name the cure', async () => {
    for (const socket of sockets) {
      for (const path of PATHS) {
        const answer = await ask(socket, REBOUND, path);
        expect(isRefused(answer), `${socket.port}${path}: ${answer.status} ${answer.text}`).toBe(true);
        expect(answer.text).toContain(REBOUND);
        expect(answer.text).toContain('--allowed-hosts');
      }
    }
  });

  test('refuses a rebound name that asks for an upgrade', async () => {
    for (const socket of sockets) {
      const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
      const answer = await askHttp(socket, REBOUND, '/', headers).catch(() => askGrpc(socket, REBOUND, '/'));
      expect(isRefused(answer), `${socket.port}: ${answer.status}`).toBe(true);
    }
  });

  test.each([
    [REBOUND, 'localhost'],
    ['localhost', REBOUND],
    ['localhost', 'localhost'],
  ])('refuses %s and %s in one request as broken', async (first, second) => {
    for (const socket of sockets) {
      const head = `Host: ${first}:${socket.port}\r\nHOST: ${second}:${socket.port}\r\nConnection: close`;
      const line = await askRaw(socket, `GET /nothing HTTP/1.1\r\n${head}\r\n\r\n`);
      if (line.startsWith('HTTP/1.1')) {
        expect(line, String(socket.port)).toMatch(/^HTTP\/1\.1 400 /);
        continue;
      }
      const answer = await askGrpc(socket, first, '/nothing', { host: `${second}.` });
      expect(answer.status, `${socket.port}: ${answer.text}`).toBe(INVALID_ARGUMENT);
    }
  });

  test('says to each port once what to do about a client that speaks TLS', async () => {
    for (const socket of [...sockets, ...sockets]) await sayTlsHello(socket);
    const said = (): string[] =>
      box
        .output()
        .split('\n')
        .filter((line) => line.includes('speaks TLS'));
    await expect.poll(() => said().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(sockets.length);
    expect(said().filter((line) => line.includes('engine: a client speaks TLS'))).toHaveLength(1);
    for (const line of said()) expect(line).toContain('http://');
  });

  test.each(['localhost', '127.0.0.1', 'a.localhost', '[::1]', 'box.example', 'a.team.example'])(
    'answers to %s',
    async (name) => {
      for (const socket of sockets) {
        const answer = await ask(socket, name, '/nothing');
        if (answer.protocol === 'grpc') expect(answer.status).toBe(UNIMPLEMENTED);
        else expect(answer.text, `${socket.port}: ${answer.status}`).not.toMatch(/is not answered here/);
      }
    },
  );

  test('counts the refusals by listener, and says each name once', async () => {
    const metrics = await (await fetch(box.metricsUrl)).text();
    expect(metrics).toMatch(
      /otelcol_listener_refused_requests(_total)?\{[^}]*reason="host"[^}]*receiver="otlp"[^}]*\} \d+/,
    );
    const said = box
      .output()
      .split('\n')
      .filter((line) => line.includes(REBOUND));
    const byPlace = new Set(said.map((line) => /(\S+): the name/.exec(line)?.[1]));
    expect(said.length).toBe(byPlace.size);
    expect(said.length).toBeGreaterThanOrEqual(6);
  });
});
