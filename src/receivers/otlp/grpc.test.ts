import { connect as connectHttp2, constants as http2 } from 'node:http2';
import { connect } from 'node:net';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { eventually } from '#base/testing.ts';
import { decodeStatus, deflate, GRPC } from '#net';
import { decodeExportResponse } from '#wire';
import {
  logsRequest,
  metricsRequest,
  type Running,
  type RunOptions,
  runReceiver,
  tracesRequest,
  tracesWithOneBadId,
} from './testing/receiver.ts';

const PATHS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
} as const;

const undo: (() => unknown)[] = [];
async function start(options: RunOptions = {}): Promise<Running> {
  const running = await runReceiver(options);
  undo.push(() => running.receiver.shutdown(1000));
  return running;
}
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Answered {
  readonly error: ServiceError | null;
  readonly message: Buffer;
}

/** A client of grpc-js, which shares no code with our server. `compression` 2 is gzip. */
function clientOf(
  running: Running,
  options: object = {},
): (path: string, message: Uint8Array, metadata?: Metadata) => Promise<Answered> {
  const client = new Client(running.grpcTarget, credentials.createInsecure(), { 'grpc.enable_retries': 0, ...options });
  undo.push(() => client.close());
  return (path, message, metadata = new Metadata()) =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        path,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => bytes,
        message,
        metadata,
        (error, answer) => resolve({ error, message: answer ?? Buffer.alloc(0) }),
      );
    });
}

describe('a call that is accepted', () => {
  test.each([
    { signal: 'traces', body: tracesRequest(3) },
    { signal: 'metrics', body: metricsRequest(4) },
    { signal: 'logs', body: logsRequest(5) },
  ] as const)('$signal reach their pipeline byte for byte', async ({ signal, body }) => {
    const running = await start();
    const { error, message } = await clientOf(running)(PATHS[signal], body);
    expect(error).toBeNull();
    expect(message.length).toBe(0);
    const [batch] = running.pipelines[signal].batches;
    expect(Buffer.compare(batch!.chunks[0]!.layout.body, body)).toBe(0);
    const name = { traces: 'spans', metrics: 'metric_points', logs: 'log_records' }[signal];
    expect(running.settings.meter.sum(`receiver_accepted_${name}`, { transport: 'grpc' })).toBe(batch!.itemCount);
    expect(running.settings.meter.sum('receiver_requests', { transport: 'grpc', outcome: 'success' })).toBe(1);
  });

  test.each([
    { name: 'deflate', compression: 1 },
    { name: 'gzip', compression: 2 },
  ])('compressed with $name', async ({ compression }) => {
    const running = await start();
    const call = clientOf(running, { 'grpc.default_compression_algorithm': compression });
    expect((await call(PATHS.traces, tracesRequest(500))).error).toBeNull();
    expect(running.pipelines.traces.itemCount).toBe(500);
  });

  test('a large message over many frames', async () => {
    const running = await start();
    const body = tracesRequest(40_000);
    expect(body.length).toBeGreaterThan(3_000_000);
    expect((await clientOf(running)(PATHS.traces, body)).error).toBeNull();
    expect(running.pipelines.traces.itemCount).toBe(40_000);
  });

  test('many at a time on one connection', async () => {
    const running = await start({ grpc: { max_concurrent_streams: 8 } });
    const call = clientOf(running);
    const answers = await Promise.all(Array.from({ length: 200 }, () => call(PATHS.traces, tracesRequest(5))));
    expect(answers.filter(({ error }) => error !== null)).toEqual([]);
    expect(running.pipelines.traces.itemCount).toBe(1000);
  });

  test('an empty message does not reach the pipeline', async () => {
    const running = await start();
    running.pipelines.traces.answer = () => Promise.reject(new Error('must not be called'));
    expect((await clientOf(running)(PATHS.traces, new Uint8Array(0))).error).toBeNull();
  });

  test('partial success has the count and the reason', async () => {
    const running = await start();
    const { message } = await clientOf(running)(PATHS.traces, tracesWithOneBadId());
    expect(decodeExportResponse(message)).toMatchObject({
      rejectedCount: 1,
      message: expect.stringContaining('3 bytes'),
    });
    expect(running.pipelines.traces.itemCount).toBe(2);
    expect(running.settings.meter.sum('receiver_failed_spans', { transport: 'grpc' })).toBe(1);
  });

  test('metadata and the address of the sender', async () => {
    const running = await start({ grpc: { include_metadata: true } });
    const metadata = new Metadata();
    metadata.set('X-Tenant', 'acme');
    await clientOf(running)(PATHS.traces, tracesRequest(1), metadata);
    const { context } = running.pipelines.traces.batches[0]!;
    expect(context.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(context.metadata?.get('x-tenant')).toEqual(['acme']);
    expect(context.metadata?.has('te')).toBe(false);
  });
});

describe('a call that is refused', () => {
  test('a signal that no pipeline takes, and a service that does not exist', async () => {
    const running = await start({ signals: ['traces'] });
    const call = clientOf(running);
    expect((await call(PATHS.logs, logsRequest(1))).error).toMatchObject({
      code: GRPC.unimplemented,
      details: 'unknown service opentelemetry.proto.collector.logs.v1.LogsService',
    });
    expect((await call('/a.B/C', new Uint8Array(0))).error?.code).toBe(GRPC.unimplemented);
    expect((await call(PATHS.traces, tracesRequest(1))).error).toBeNull();
  });

  test('a message that is no OTLP', async () => {
    const running = await start();
    const { error } = await clientOf(running)(PATHS.traces, Uint8Array.of(0x0a, 0xff, 1, 2));
    expect(error?.code).toBe(GRPC.invalidArgument);
    expect(running.settings.meter.sum('receiver_requests', { transport: 'grpc', outcome: 'failure' })).toBe(1);
  });

  test('a message over the limit, and the connection lives on', async () => {
    const running = await start({ grpc: { max_recv_msg_size_mib: 1 } });
    const call = clientOf(running, { 'grpc.max_send_message_length': -1 });
    const { error } = await call(PATHS.traces, new Uint8Array(3_000_000));
    expect(error).toMatchObject({
      code: GRPC.resourceExhausted,
      details: 'grpc: received message larger than max (3000000 vs. 1048576)',
    });
    expect((await call(PATHS.traces, tracesRequest(1))).error).toBeNull();
  });

  test('4 MiB are the limit by default', async () => {
    const running = await start();
    const call = clientOf(running, { 'grpc.max_send_message_length': -1 });
    expect((await call(PATHS.traces, new Uint8Array(4 * 1024 * 1024 + 1))).error?.code).toBe(GRPC.resourceExhausted);
    expect((await call(PATHS.traces, new Uint8Array(4 * 1024 * 1024))).error?.code).toBe(GRPC.invalidArgument);
  });

  test('a bomb', async () => {
    const running = await start({ grpc: { max_recv_msg_size_mib: 1 } });
    const call = clientOf(running, { 'grpc.default_compression_algorithm': 2 });
    const { error } = await call(PATHS.traces, new Uint8Array(30_000_000));
    expect(error).toMatchObject({
      code: GRPC.resourceExhausted,
      details: expect.stringContaining('after decompression'),
    });
  });

  test.each([
    { name: 'an ordinary error', error: new Error('disk'), code: GRPC.unavailable },
    { name: 'a permanent error', error: new ConsumeError('no', { permanent: true }), code: GRPC.internal },
    { name: 'a code of its own', error: new ConsumeError('no', { grpcCode: GRPC.dataLoss }), code: GRPC.dataLoss },
  ])('$name of the pipeline', async ({ error, code }) => {
    const running = await start();
    running.pipelines.traces.answer = () => Promise.reject(error);
    const answer = await clientOf(running)(PATHS.traces, tracesRequest(2));
    expect(answer.error).toMatchObject({ code, details: error.message });
    expect(answer.error?.metadata.get('grpc-status-details-bin')).toEqual([]);
    expect(running.settings.meter.sum('receiver_refused_spans', { transport: 'grpc' })).toBe(2);
  });

  test('a delay comes as RetryInfo', async () => {
    const running = await start();
    running.pipelines.traces.answer = () =>
      Promise.reject(
        new ConsumeError('zu voll, 100 % – später', { grpcCode: GRPC.resourceExhausted, retryAfterMs: 1500 }),
      );
    const { error } = await clientOf(running)(PATHS.traces, tracesRequest(1));
    expect(error).toMatchObject({ code: GRPC.resourceExhausted, details: 'zu voll, 100 % – später' });
    const [details] = error!.metadata.get('grpc-status-details-bin');
    expect(decodeStatus(details as Buffer)).toEqual({
      code: GRPC.resourceExhausted,
      message: 'zu voll, 100 % – später',
      retryAfterMs: 1500,
    });
  });

  test('more bytes in memory than the limit', async () => {
    const running = await start({ admission: { request_limit_mib: 1 }, grpc: { max_recv_msg_size_mib: 10 } });
    const call = clientOf(running, { 'grpc.max_send_message_length': -1 });
    const { error } = await call(PATHS.traces, tracesRequest(20_000));
    expect(error?.code).toBe(GRPC.unavailable);
    const [details] = error!.metadata.get('grpc-status-details-bin');
    expect(decodeStatus(details as Buffer)?.retryAfterMs).toBe(1000);
    expect((await call(PATHS.traces, tracesRequest(10))).error).toBeNull();
    expect(running.settings.meter.read('receiver_in_flight_bytes')).toBe(0);
  });
});

/** One request in raw HTTP/2: gives the answer's headers and trailers in one object. */
async function rawCall(
  target: string,
  headers: object,
  body: Uint8Array,
  abortWhen?: () => boolean,
): Promise<Record<string, unknown>> {
  const session = connectHttp2(`http://${target}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': PATHS.traces,
    'content-type': 'application/grpc',
    ...headers,
  });
  const answer: Record<string, unknown> = {};
  stream.on('response', (got) => Object.assign(answer, got));
  stream.on('trailers', (got) => Object.assign(answer, got));
  stream.resume();
  if (abortWhen !== undefined) {
    stream.write(body);
    await eventually('the moment to abort', abortWhen);
    stream.close(http2.NGHTTP2_CANCEL);
  } else stream.end(body);
  await new Promise((resolve) => stream.once('close', resolve));
  session.close();
  return answer;
}

function framed(message: Uint8Array, flag = 0): Uint8Array {
  const frame = Buffer.alloc(5 + message.length);
  frame[0] = flag;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

describe('the protocol itself', () => {
  test.each(['zstd', 'snappy'] as const)('messages compressed with %s', async (coding) => {
    const running = await start();
    const body = await deflate(coding === 'snappy' ? 'x-snappy-framed' : coding, tracesRequest(100));
    expect(await rawCall(running.grpcTarget, { 'grpc-encoding': coding }, framed(body, 1))).toMatchObject({
      'grpc-status': '0',
    });
    expect(running.pipelines.traces.itemCount).toBe(100);
  });

  test('messages in plain snappy, also where the first byte is that of the framed format', async () => {
    const running = await start();
    const request = tracesRequest(1);
    const firstBytes = new Set<number>();
    for (let padding = 0; padding < 128; padding++) {
      // An unknown field makes the length, and so the first byte, whatever is needed.
      const unknown = Uint8Array.from([0xfa, 0x06, padding, ...new Uint8Array(padding)]);
      const body = await deflate('snappy', Buffer.concat([request, unknown]));
      firstBytes.add(body[0]!);
      const answer = await rawCall(running.grpcTarget, { 'grpc-encoding': 'snappy' }, framed(body, 1));
      expect(answer['grpc-status']).toBe('0');
    }
    expect(firstBytes).toContain(0xff);
    expect(running.pipelines.traces.itemCount).toBe(128);
  });

  test.each([
    {
      name: 'an unknown encoding',
      headers: { 'grpc-encoding': 'br' },
      body: framed(tracesRequest(1), 1),
      status: '12',
    },
    { name: 'compressed without an encoding', headers: {}, body: framed(tracesRequest(1), 1), status: '13' },
    {
      name: 'not compressed as it says',
      headers: { 'grpc-encoding': 'gzip' },
      body: framed(tracesRequest(1), 1),
      status: '13',
    },
    { name: 'no message', headers: {}, body: new Uint8Array(0), status: '13' },
    { name: 'a cut off message', headers: {}, body: framed(tracesRequest(9)).subarray(0, 99), status: '13' },
    {
      name: 'two messages',
      headers: {},
      body: Buffer.concat([framed(tracesRequest(1)), framed(tracesRequest(1))]),
      status: '13',
    },
    { name: 'a wrong flag', headers: {}, body: framed(tracesRequest(1), 7), status: '13' },
  ])('$name', async ({ headers, body, status }) => {
    const running = await start();
    expect(await rawCall(running.grpcTarget, headers, body)).toMatchObject({ ':status': 200, 'grpc-status': status });
    expect(running.pipelines.traces.batches).toEqual([]);
  });

  test('another content type, another method', async () => {
    const { grpcTarget } = await start();
    const json = await rawCall(grpcTarget, { 'content-type': 'application/json' }, framed(tracesRequest(1)));
    expect(json).toMatchObject({ ':status': 415 });
    expect(await rawCall(grpcTarget, { ':method': 'PUT' }, framed(tracesRequest(1)))).toMatchObject({ ':status': 405 });
  });

  test('random bytes, and the receiver lives on', async () => {
    const running = await start();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), fc.boolean(), async (bytes, isFramed) => {
        const answer = await rawCall(running.grpcTarget, {}, isFramed ? framed(bytes) : bytes);
        expect(['0', '3', '8', '13']).toContain(answer['grpc-status']);
      }),
      { numRuns: 30 },
    );
    expect((await clientOf(running)(PATHS.traces, tracesRequest(1))).error).toBeNull();
  });

  test('a client that goes away in the middle leaves nothing behind', async () => {
    const running = await start();
    const inFlight = (): number | undefined => running.settings.meter.read('receiver_in_flight_bytes');
    await rawCall(running.grpcTarget, {}, framed(tracesRequest(100)).subarray(0, 2000), () => inFlight()! > 0);
    const failures = (): number =>
      running.settings.meter.sum('receiver_requests', { transport: 'grpc', outcome: 'failure' });
    await eventually('the failure', () => failures() > 0);
    expect(inFlight()).toBe(0);
    expect((await clientOf(running)(PATHS.traces, tracesRequest(1))).error).toBeNull();
  });

  test('a client that speaks HTTP/1.1 to the port is cut off, and the reason is logged', async () => {
    const running = await start();
    const { hostname, port } = new URL(`http://${running.grpcTarget}`);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write('POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      );
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
      socket.resume();
    });
    expect(running.settings.logged).toContain('debug gRPC connection failed');
    expect((await clientOf(running)(PATHS.traces, tracesRequest(1))).error).toBeNull();
  });

  test('keepalive closes idle connections, and clients come back', async () => {
    const keepalive = { server_parameters: { max_connection_idle: '40ms', time: '20ms', timeout: '1s' } };
    const running = await start({ grpc: { keepalive } });
    const session = connectHttp2(`http://${running.grpcTarget}`);
    await new Promise((resolve) => session.once('close', resolve));
    const call = clientOf(running);
    // Its own connection is idle at once, too: on a slow machine the call may come when that has just ended.
    await eventually('a call to be taken', async () => (await call(PATHS.traces, tracesRequest(1))).error === null);
  });
});

describe('shutdown', () => {
  test('answers what it has, takes nothing new, and ends', async () => {
    const running = await start();
    let release = (): void => {};
    const entered = new Promise<void>((enter) => {
      running.pipelines.traces.answer = () =>
        new Promise((resolve) => {
          release = resolve;
          enter();
        });
    });
    const open = clientOf(running)(PATHS.traces, tracesRequest(1));
    await entered;
    const closed = running.receiver.shutdown(5000);
    expect((await clientOf(running)(PATHS.traces, tracesRequest(1))).error?.code).toBe(GRPC.unavailable);
    release();
    expect((await open).error).toBeNull();
    await closed;
  });

  test('cuts what does not end before the deadline', async () => {
    const running = await start();
    const entered = new Promise<void>((enter) => {
      running.pipelines.traces.answer = () => {
        enter();
        return new Promise(() => {});
      };
    });
    const open = clientOf(running)(PATHS.traces, tracesRequest(1));
    await entered;
    await running.receiver.shutdown(50);
    expect((await open).error).not.toBeNull();
  });

  test('under load, every call either was taken or failed visibly', async () => {
    const running = await start();
    let answered = 0;
    const senders = Array.from({ length: 8 }, async () => {
      const call = clientOf(running);
      while ((await call(PATHS.traces, tracesRequest(1))).error === null) answered++;
    });
    await eventually('a hundred answers', () => answered >= 100);
    await running.receiver.shutdown(5000);
    await Promise.all(senders);
    expect(running.pipelines.traces.itemCount).toBe(answered);
  });
});
