import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually, pace } from '#base/testing.ts';
import { ByteBudget } from './budget.ts';
import { GrpcCallError, GrpcClient } from './grpc-client.ts';
import type { GrpcAnswer } from './grpc-handler.ts';
import { GrpcServer, type GrpcServerSettings } from './grpc-server.ts';
import { grpcTarget } from './grpc-target.ts';
import { encodeHeaders } from './http2/index.ts';
import { FLAG, FRAME, frameOf, HTTP2_ERROR, PREFACE, readUint32 } from './http2/protocol.ts';
import { data, EMPTY, headers, number, RawClient, SETTINGS } from './http2/testing/raw-client.ts';
import { portOf, REQUEST, undoAll } from './http2/testing/sides.ts';
import { GRPC, type RpcStatus } from './status.ts';
import { grpcServerSettings } from './testing/grpc-server-settings.ts';

/** Peers that hold on to what they were given, and ask for more. */

const PATH = '/test.Service/Echo';
const CALL = { ...REQUEST, ':path': PATH, 'content-type': 'application/grpc' };
const OK: RpcStatus = { code: GRPC.ok, message: '', retryAfterMs: undefined };
/** With its prefix. */
const message = (length: number): Buffer => Buffer.concat([Buffer.of(0), number(length), Buffer.alloc(length)]);
const content = (stream: number, bytes: Uint8Array, flags = 0): Buffer => frameOf(FRAME.data, flags, stream, bytes);

const undo: (() => unknown)[] = [];
afterEach(async () => {
  undoAll();
  for (const step of undo.splice(0).reverse()) await step();
});

async function serve(own: Partial<GrpcServerSettings> & { readonly answer?: () => Promise<GrpcAnswer> }) {
  const failures: RpcStatus[] = [];
  const server = new GrpcServer(
    grpcServerSettings({
      handlers: new Map([[PATH, own.answer ?? (async () => ({ message: new Uint8Array(0) }))]]),
      onFailure: (_path, failure) => void failures.push(failure),
      ...own,
    }),
  );
  undo.push(() => server.shutdown(0));
  const { address } = await server.listen({ key: 'test::endpoint', endpoint: '127.0.0.1:0', transport: 'tcp' });
  return { server, failures, port: Number(address.split(':')[1]) };
}

describe('a server of gRPC', () => {
  test('gives up a client that never takes what a streaming call answers, also where only its window is closed', async () => {
    let ended = 0;
    async function* messages(): AsyncGenerator<Uint8Array, RpcStatus> {
      try {
        for (let i = 0; i < 10; i++) yield new Uint8Array(100);
        return OK;
      } finally {
        ended++;
      }
    }
    const { port } = await serve({ requestTimeoutMs: 300, answer: async () => ({ messages: messages() }) });
    const closed = new RawClient(port);
    const noWindow = frameOf(FRAME.settings, 0, 0, Buffer.from('000400000000', 'hex'));
    closed.send(PREFACE, noWindow, headers(1, FLAG.endHeaders, CALL), content(1, message(0), FLAG.endStream));
    const open = new RawClient(port);
    open.send(PREFACE, SETTINGS, headers(1, FLAG.endHeaders, CALL), content(1, message(0), FLAG.endStream));
    await eventually('the other has all of it', () =>
      open.frames.some(({ stream, flags }) => stream === 1 && (flags & FLAG.endStream) !== 0),
    );
    await eventually('it is cut off', () => closed.isClosed);
    await eventually('nobody makes more of it', () => ended === 2);
    expect(open.isClosed).toBe(false);
  });

  test('bounds what comes of all calls that nobody may read yet', async () => {
    const budget = new ByteBudget(1_000_000);
    const { port } = await serve({ budget, authenticate: () => new Promise(() => undefined) });
    const client = new RawClient(port);
    client.send(PREFACE, SETTINGS);
    const open = Array.from({ length: 40 }, (_, i) => 2 * i + 1);
    for (const stream of open) {
      client.send(headers(stream, FLAG.endHeaders, CALL), ...Array.from({ length: 64 }, () => data(stream, 16_000)));
    }
    expect(await client.resetCode(...open)).toBe(HTTP2_ERROR.refusedStream);
    expect(budget.heldBytes).toBeGreaterThan(20_000_000);
    expect(budget.heldBytes).toBeLessThanOrEqual(32 * 1024 * 1024);
    client.socket.destroy();
    await eventually('all of it is let go', () => budget.heldBytes === 0 && budget.usedBytes === 0);
  });

  test('pays for the headers of open calls', async () => {
    const budget = new ByteBudget(300_000);
    const { port, failures } = await serve({ budget });
    const client = new RawClient(port);
    client.send(PREFACE, SETTINGS);
    const large = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-${i}`, 'v'.repeat(200)]));
    for (let i = 0; i < 20; i++) client.send(headers(2 * i + 1, FLAG.endHeaders, { ...CALL, ...large }));
    await eventually('some are refused', () => failures.length > 0);
    expect(failures[0]!.code).toBe(GRPC.unavailable);
    client.socket.destroy();
    await eventually('all of it is given back', () => budget.usedBytes === 0);
  });

  test('has ended when its clients have all that it answered', async () => {
    const large = new Uint8Array(3_000_000);
    let asked = 0;
    const answer = async (): Promise<GrpcAnswer> => {
      asked++;
      return { message: large };
    };
    const { server, port } = await serve({ answer });
    const client = new RawClient(port);
    const windows = frameOf(FRAME.settings, 0, 0, Buffer.from('000470000000', 'hex'));
    client.send(PREFACE, windows, frameOf(FRAME.windowUpdate, 0, 0, number(0x7000_0000)));
    client.send(headers(1, FLAG.endHeaders, CALL), content(1, message(0), FLAG.endStream));
    await eventually('it is asked', () => asked === 1);
    client.socket.pause();
    let hasEnded = false;
    const ending = server.shutdown(10_000).then(() => {
      hasEnded = true;
    });
    await pace(200);
    expect(hasEnded).toBe(false);
    client.socket.resume();
    await eventually('the answer is there', () =>
      client.frames.some(({ stream, flags }) => stream === 1 && (flags & FLAG.endStream) !== 0),
    );
    const got = client.frames.reduce((sum, { type, payload }) => sum + (type === FRAME.data ? payload.length : 0), 0);
    expect(got).toBe(3_000_005);
    await ending;
    expect(hasEnded && client.isClosed).toBe(true);
    const away = client.frames.find(({ type }) => type === FRAME.goAway);
    expect(readUint32(away!.payload, 0)).toBe(1);
  });
});

describe('a client of gRPC', () => {
  /** A client of ours, and a server that says `hello` to everybody, and `answer` to the first call of a connection. */
  async function against(hello: Uint8Array, { closes = false, answer = EMPTY, waitForReady = true } = {}) {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      if (closes) socket.end(hello);
      else socket.write(hello);
      // The headers of a call are there: the preface and the settings are shorter.
      let gotBytes = 0;
      socket.on('data', (bytes) => {
        if (gotBytes < 200 && gotBytes + bytes.length >= 200) socket.write(answer);
        gotBytes += bytes.length;
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const client = new GrpcClient({
      target: grpcTarget(`127.0.0.1:${portOf(server)}`)!,
      tls: undefined,
      proxyOf: () => undefined,
      authority: '',
      userAgent: 'test/1',
      metadata: {},
      compression: undefined,
      keepalive: undefined,
      waitForReady,
      isRoundRobin: false,
      random: () => 0.5,
    });
    undo.push(() => client.close());
    const codeOf = (timeoutMs: number): Promise<unknown> =>
      client.call(PATH, [new Uint8Array(1)], timeoutMs).then(
        () => GRPC.ok,
        (error: unknown) => (error instanceof GrpcCallError ? error.status.code : error),
      );
    return { client, sockets, codeOf };
  }

  const away = frameOf(FRAME.goAway, 0, 0, Buffer.alloc(8));
  test.each([
    { what: 'sends everybody away', hello: Buffer.concat([SETTINGS, away]), closes: false },
    { what: 'sends everybody away and closes', hello: Buffer.concat([SETTINGS, away]), closes: true },
    { what: 'closes at once', hello: SETTINGS, closes: true },
    { what: 'speaks something else', hello: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), closes: true },
    { what: 'says nothing', hello: EMPTY, closes: false },
  ])('comes back with pauses to a server that $what', async ({ hello, closes }) => {
    const { sockets, codeOf } = await against(hello, { closes });
    expect([GRPC.deadlineExceeded, GRPC.unavailable]).toContain(await codeOf(700));
    expect(sockets.length).toBeLessThanOrEqual(3);
  });

  test.each([
    { what: 'says nothing', hello: EMPTY, answer: EMPTY },
    {
      what: 'goes away and never answers',
      hello: SETTINGS,
      answer: frameOf(FRAME.goAway, 0, 0, Buffer.concat([number(1), number(0)])),
    },
  ])('that is closed ends its calls to a server that $what', async ({ hello, answer }) => {
    const { client, sockets, codeOf } = await against(hello, { answer });
    const code = codeOf(0);
    await eventually('it is connected', () => sockets.length === 1 && sockets[0]!.bytesRead > 60);
    await pace(50);
    client.close();
    expect(await code).toBe(GRPC.unavailable);
    await eventually('no connection is left', () => sockets.every((socket) => socket.destroyed));
  });

  const begin = headers(1, FLAG.endHeaders, { ':status': '200', 'content-type': 'application/grpc' });
  const trailers = (fields: Record<string, string>): Buffer => headers(1, FLAG.endHeaders | FLAG.endStream, fields);
  const many = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'v'.repeat(200)]));
  const reset = (code: number): Buffer => frameOf(FRAME.resetStream, 0, 1, number(code));
  const goAway = (last: number): Buffer => frameOf(FRAME.goAway, 0, 0, Buffer.concat([number(last), number(0)]));
  const block = encodeHeaders(many(80));
  const inParts = [...Array(12).keys()].map((i) => frameOf(i === 0 ? FRAME.headers : FRAME.continuation, 0, 1, block));
  test.each([
    { what: 'nothing', answer: EMPTY, code: GRPC.deadlineExceeded },
    { what: 'headers alone', answer: begin, code: GRPC.deadlineExceeded },
    // It goes out again, as the stream 3.
    { what: 'that it refuses', answer: reset(HTTP2_ERROR.refusedStream), code: GRPC.deadlineExceeded },
    { what: 'that it cancels', answer: reset(HTTP2_ERROR.cancel), code: GRPC.cancelled },
    { what: 'that there is too much', answer: reset(HTTP2_ERROR.enhanceYourCalm), code: GRPC.resourceExhausted },
    { what: 'half a message', answer: Buffer.concat([begin, data(1, 3), trailers({ 'grpc-status': '0' })]), code: 13 },
    { what: 'a message of 4 GB', answer: Buffer.concat([begin, content(1, Buffer.alloc(5, 255))]), code: 13 },
    {
      what: 'a message of 2 GB',
      answer: Buffer.concat([begin, content(1, Buffer.from('007fffffff', 'hex'))]),
      code: GRPC.resourceExhausted,
    },
    { what: 'no message', answer: trailers({ ':status': '200', 'grpc-status': '0' }), code: GRPC.internal },
    { what: 'a code that is none', answer: trailers({ ':status': '200', 'grpc-status': 'x' }), code: GRPC.unknown },
    {
      what: 'details that are none',
      answer: trailers({ ':status': '200', 'grpc-status': '8', 'grpc-status-details-bin': '//////8=' }),
      code: GRPC.resourceExhausted,
    },
    {
      what: 'a message that is cut off in %',
      answer: trailers({ ':status': '200', 'grpc-status': '5', 'grpc-message': '%E' }),
      code: 5,
    },
    { what: 'a status of HTTP', answer: trailers({ ':status': '503' }), code: GRPC.unavailable },
    { what: 'content without headers', answer: data(1, 3), code: GRPC.unavailable },
    { what: 'to another call', answer: headers(7, FLAG.endHeaders, { ':status': '200' }), code: GRPC.unavailable },
    { what: 'with a push', answer: frameOf(FRAME.pushPromise, 4, 1, number(2)), code: GRPC.unavailable },
    { what: 'headers without an end', answer: Buffer.concat(inParts), code: GRPC.unavailable },
    {
      what: 'more than its window',
      answer: Buffer.concat([begin, ...[...Array(5)].map(() => data(1, 16_000))]),
      code: 13,
    },
    { what: 'that it goes away, and no more', answer: goAway(1), code: GRPC.deadlineExceeded },
    { what: 'that it goes away and has not looked', answer: goAway(0), code: GRPC.unavailable },
  ])('ends a call that a server answers: $what', async ({ answer, code }) => {
    const { client, sockets, codeOf } = await against(SETTINGS, { answer, waitForReady: false });
    expect(await codeOf(700)).toBe(code);
    expect(sockets.length).toBeLessThanOrEqual(3);
    client.close();
    await eventually('no connection is left', () => sockets.every((socket) => socket.destroyed));
  });
});
