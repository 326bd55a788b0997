import { connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { pace } from '#base/testing.ts';
import { post } from './testing/http.ts';
import { type Running, runReceiver, tracesRequest } from './testing/receiver.ts';

const undo: (() => unknown)[] = [];
async function start(): Promise<Running> {
  const running = await runReceiver();
  undo.push(() => running.receiver.shutdown(1000));
  return running;
}
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function handshake(target: string): Promise<void> {
  const { hostname, port } = new URL(`http://${target}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

test.each(['grpc', 'http'] as const)(
  'TLS on the plaintext %s port is counted, and said once with the cure',
  async (transport) => {
    const running = await start();
    const target = transport === 'grpc' ? running.grpcTarget : new URL(running.httpUrl).host;
    const counted = (): number =>
      running.settings.meter.sum('listener_refused_requests', { transport, reason: 'tls_unexpected' });
    expect(counted()).toBe(0);
    for (let i = 0; i < 3; i++) await handshake(target);
    expect(counted()).toBe(3);
    const said = running.settings.logged.filter((line) => line.includes('speaks TLS') && line.startsWith('warn'));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /^warn Refused: .*http:\/\/ in place of https:\/\/ or grpc:\/\/.*OTEL_EXPORTER_OTLP_INSECURE/,
    );
  },
);

test('a client of grpc-js that was set up for TLS fails, and others go on', async () => {
  const running = await start();
  // grpc-js can't do TLS to an address on this Node.
  const client = new Client(running.grpcTarget.replace('127.0.0.1', 'localhost'), credentials.createSsl());
  undo.push(() => client.close());
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const asIs = (bytes: Buffer): Buffer => bytes;
  const deadline = Date.now() + 3_000;
  await new Promise<void>((resolve) =>
    client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), { deadline }, () => resolve()),
  );
  expect(running.settings.logged.some((line) => line.includes('speaks TLS'))).toBe(true);
  expect((await post(`${running.httpUrl}/v1/traces`, tracesRequest(1))).status).toBe(200);
});

test('the first bytes of a connection may come one by one', async () => {
  const running = await start();
  const { hostname, port } = new URL(`http://${running.grpcTarget}`);
  const session = connectHttp2(`http://${running.grpcTarget}`, {
    createConnection: () => {
      const socket = connectPlain(Number(port), hostname);
      socket.setNoDelay(true);
      return socket;
    },
  });
  undo.push(() => session.destroy());
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  const silent = connectPlain(Number(port), hostname);
  const closed = new Promise((resolve) => silent.once('close', resolve));
  await new Promise((resolve) => silent.once('connect', resolve));
  const slow = connectPlain(Number(port), hostname);
  undo.push(() => slow.destroy());
  for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') {
    slow.write(byte);
    await pace(1);
  }
  const settings = new Promise((resolve) => slow.once('data', resolve));
  slow.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  expect(((await settings) as Buffer)[3]).toBe(4);
  await running.receiver.shutdown(1000);
  silent.resume();
  await closed;
});

test('what is no HTTP is answered as before', async () => {
  const running = await start();
  const { hostname, port } = new URL(running.httpUrl);
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connectPlain(Number(port), hostname, () => socket.write('nonsense\r\n\r\n'));
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.on('close', () => resolve(text));
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
});
