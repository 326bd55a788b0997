import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { GRPC } from '#net';
import { headersFrame, openHttp2 } from '../../../test/lib/http2-frames.ts';
import { PROTO, post } from './testing/http.ts';
import { type Running, type RunOptions, runReceiver, tracesRequest } from './testing/receiver.ts';

/** What clients can hold that send half of a request and wait, or ask and never read. */

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

const undo: (() => unknown)[] = [];
async function start(options: RunOptions = {}): Promise<Running> {
  const running = await runReceiver(options);
  undo.push(() => running.receiver.shutdown(1000));
  return running;
}
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function session(running: Running): Promise<ClientHttp2Session> {
  const client = connectHttp2(`http://${running.grpcTarget}`);
  undo.push(() => client.destroy());
  client.on('error', () => undefined);
  await new Promise((resolve) => client.once('remoteSettings', resolve));
  return client;
}

interface Call {
  readonly stream: ClientHttp2Stream;
  /** `grpc-status`, or `reset` with HTTP/2's code. */
  readonly end: Promise<string>;
}

function call(client: ClientHttp2Session, body: Uint8Array, endStream: boolean): Call {
  const stream = client.request({
    ':method': 'POST',
    ':path': PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let status: string | undefined;
  const note = (headers: object): void => {
    status ??= (headers as Record<string, string>)['grpc-status'];
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.on('error', () => undefined);
  stream.resume();
  const end = new Promise<string>((resolve) =>
    stream.once('close', () => resolve(status ?? `reset ${stream.rstCode}`)),
  );
  if (endStream) stream.end(body);
  else stream.write(body);
  return { stream, end };
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

const inFlight = (running: Running): number => running.settings.meter.read('receiver_in_flight_bytes') ?? 0;

describe('gRPC', () => {
  test.each([
    { given: {}, streams: 250 },
    { given: { max_concurrent_streams: 7 }, streams: 7 },
  ])('a connection may have $streams calls at a time', async ({ given, streams }) => {
    const client = await session(await start({ grpc: given }));
    expect(client.remoteSettings.maxConcurrentStreams).toBe(streams);
  });

  test('a connection that opens more calls than it may is cut off', async () => {
    const running = await start({ grpc: { max_concurrent_streams: 10 } });
    const [host, port] = running.grpcTarget.split(':');
    const socket = await openHttp2(host!, Number(port));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let stream = 1; stream < 500; stream += 2) socket.write(headersFrame(stream, { path: PATH }));
    await closed;
    const client = await session(running);
    expect(await call(client, framed(tracesRequest(1)), true).end).toBe('0');
    await eventually('nothing in flight', () => inFlight(running) === 0);
  });

  test('half-sent calls hold what they cost of the bytes that may be in memory, and give it back', async () => {
    const running = await start();
    const client = await session(running);
    const calls = Array.from({ length: 100 }, () => call(client, Buffer.of(0), false));
    await eventually('that much in flight', () => inFlight(running) >= 100 * 8 * 1024);
    const more = Array.from({ length: 50 }, () =>
      call(client, Buffer.concat([framed(tracesRequest(1000)).subarray(0, 6)]), false),
    );
    await eventually('that much in flight', () => inFlight(running) >= 150 * 8 * 1024 + 50 * 4096);
    for (const { stream } of [...calls, ...more]) stream.close();
    await eventually('nothing in flight', () => inFlight(running) === 0);
  });

  test('with no room for one more call, the connection with the most half-sent ones gives one up', async () => {
    const running = await start({ admission: { max_streams: 20 } });
    const greedy = await session(running);
    const held = Array.from({ length: 20 }, () => call(greedy, Buffer.of(0), false));
    await eventually('that much in flight', () => inFlight(running) >= 20 * 8 * 1024);
    const other = await session(running);
    for (let i = 0; i < 5; i++) expect(await call(other, framed(tracesRequest(1)), true).end).toBe('0');
    expect(await held[0]!.end).toBe(String(GRPC.deadlineExceeded));
    // The one that holds them all gets no more.
    const again = Array.from({ length: 30 }, () => call(greedy, Buffer.of(0), false));
    expect(await again.at(-1)!.end).toMatch(/^(14|reset 7)$/);
    expect(await call(other, framed(tracesRequest(1)), true).end).toBe('0');
  });

  test('a call that does not come within its time ends, whatever else the connection does', async () => {
    const running = await start({ admission: { request_timeout: '100ms' } });
    const client = await session(running);
    const slow = call(client, framed(tracesRequest(10)).subarray(0, 40), false);
    const silent = call(client, Buffer.alloc(0), false);
    expect(await call(client, framed(tracesRequest(1)), true).end).toBe('0');
    expect(await slow.end).toBe(String(GRPC.deadlineExceeded));
    expect(await silent.end).toBe(String(GRPC.deadlineExceeded));
    await eventually('nothing in flight', () => inFlight(running) === 0);
  });

  test('a large request has more time than a small one', async () => {
    const running = await start({ admission: { request_timeout: '500ms' } });
    const client = await session(running);
    const bytes = framed(tracesRequest(2000));
    const slow = call(client, bytes.subarray(0, bytes.length - 1), false);
    const small = call(client, Buffer.of(0), false);
    expect(await small.end).toBe(String(GRPC.deadlineExceeded));
    slow.stream.end(bytes.subarray(bytes.length - 1));
    expect(bytes.length / 16).toBeGreaterThan(5_000);
    expect(await slow.end).toBe('0');
  });
});

describe('connections', () => {
  test('beyond the limit they are closed, counted and said once', async () => {
    const running = await start({ admission: { max_connections: 2 } });
    for (const address of [running.receiver.addresses.http!, running.grpcTarget]) {
      const [host, port] = address.split(':');
      const sockets = Array.from({ length: 5 }, () => connect(Number(port), host));
      let closedCount = 0;
      for (const socket of sockets) {
        socket.on('error', () => undefined);
        socket.on('close', () => closedCount++);
        undo.push(() => socket.destroy());
      }
      await eventually('the others are closed', () => closedCount === 3);
      const transport = address === running.grpcTarget ? 'grpc' : 'http';
      expect(running.settings.meter.sum('listener_refused_requests', { transport, reason: 'connections' })).toBe(3);
    }
    const said = running.settings.logged.filter((line) => line.includes('max_connections'));
    expect(said).toEqual(
      Array.from(
        { length: 2 },
        () =>
          'warn Refused: a connection beyond the 2 of receivers::otlp::admission::max_connections; more of the same are only counted',
      ),
    );
  });

  test.each([
    { given: {}, want: 200 },
    { given: { max_connections: 0 }, want: 200 },
  ])('$given takes many', async ({ given, want }) => {
    const running = await start({ admission: given });
    const answers = Array.from({ length: 50 }, () => post(`${running.httpUrl}/v1/traces`, tracesRequest(1)));
    for (const { status } of await Promise.all(answers)) expect(status).toBe(want);
  });
});

describe('HTTP', () => {
  test('timeouts of parts of a millisecond are taken: Node knows whole ones', async () => {
    const http = { read_timeout: '4000.5ms', read_header_timeout: '3000.5ms', idle_timeout: '1500.25ms' };
    const running = await start({ http });
    expect((await post(`${running.httpUrl}/v1/traces`, tracesRequest(1))).status).toBe(200);
  });

  function half(running: Running, sent: number, length: number): Promise<string> {
    const { hostname, port } = new URL(running.httpUrl);
    return new Promise((resolve) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${length}\r\n\r\n`,
        );
        socket.write(new Uint8Array(sent));
      });
      socket.on('data', (data: Buffer) => (text += data.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
      undo.push(() => socket.destroy());
    });
  }

  test('a body that does not come within its time is answered 408', async () => {
    const running = await start({ admission: { request_timeout: '100ms' } });
    expect(await half(running, 10, 1000)).toMatch(/^HTTP\/1\.1 408 /);
    expect((await post(`${running.httpUrl}/v1/traces`, tracesRequest(1))).status).toBe(200);
    await eventually('nothing in flight', () => inFlight(running) === 0);
  });

  test('bodies hold the memory that they take, not only what has come of them', async () => {
    const running = await start();
    const answers = Array.from({ length: 20 }, () => half(running, 1, 1_000_000));
    await eventually('that much in flight', () => inFlight(running) >= 20 * 4096);
    expect(inFlight(running)).toBeLessThan(20 * 8192);
    for (const step of undo.splice(1)) step();
    await Promise.all(answers);
    await eventually('nothing in flight', () => inFlight(running) === 0);
  });

  test('large bodies come in one after the other, and all of them', async () => {
    const body = tracesRequest(13_000);
    const mib = Math.ceil((body.length * 1.5) / 2 ** 20);
    const running = await start({ admission: { request_limit_mib: mib } });
    let peak = 0;
    running.pipelines.traces.answer = async () => {
      peak = Math.max(peak, inFlight(running));
      await new Promise((resolve) => setImmediate(resolve));
    };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(`${running.httpUrl}/v1/traces`, body)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(peak).toBeLessThanOrEqual(mib * 2 ** 20);
    const client = await session(running);
    const calls = Array.from({ length: 8 }, () => call(client, framed(body), true).end);
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 8 }, () => '0'));
    await eventually('nothing in flight', () => inFlight(running) === 0);
  });

  test('clients that announce much and send nothing keep nobody out for long', async () => {
    const body = tracesRequest(13_000);
    const running = await start({ admission: { request_limit_mib: Math.ceil((body.length * 1.5) / 2 ** 20) } });
    void half(running, 1, body.length);
    await eventually('it has begun', () => inFlight(running) > 0);
    expect((await post(`${running.httpUrl}/v1/traces`, body)).status).toBe(200);
  });

  test('what a body inflates to is taken before it is inflated', async () => {
    const running = await start({ admission: { request_limit_mib: 8 }, http: { max_request_body_size: 20_000_000 } });
    const bomb = gzipSync(new Uint8Array(9_000_000));
    const headers = { ...PROTO, 'content-encoding': 'gzip' };
    expect((await post(`${running.httpUrl}/v1/traces`, bomb, headers)).status).toBe(503);
    // Two members: the length at the end is the second one's, and the first is too much for what may be in memory.
    const lying = Buffer.concat([bomb, gzipSync(new Uint8Array(10))]);
    expect((await post(`${running.httpUrl}/v1/traces`, lying, headers)).status).toBe(503);
    const small = gzipSync(tracesRequest(100));
    expect((await post(`${running.httpUrl}/v1/traces`, small, headers)).status).toBe(200);
    await eventually('nothing in flight', () => inFlight(running) === 0);
  });
});
