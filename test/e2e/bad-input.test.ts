import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeReference } from '../../src/wire/testing/otlp-reference.ts';
import {
  decodeStatus,
  exportByGrpc,
  grpcFrame,
  grpcPath,
  JSON_TYPE,
  logsRequest,
  newTraceId,
  PROTO,
  post,
  rawGrpc,
  send,
  tracesRequest,
} from '../lib/otlp.ts';
import { peakBytes, ROLES, type RunningSignalbox, residentBytes, startSignalbox } from '../lib/signalbox.ts';
import { isStored, spanCount } from './ask.ts';
import {
  compressedBombs,
  HOSTILE_ITEMS,
  HOSTILE_JSON,
  HOSTILE_PROTOBUF,
  mutated,
  randomBytes,
  randomFrom,
} from './hostile.ts';
import { fullLogs, fullMetrics, fullTraces } from './samples.ts';

/** The "Bad input", what can be wrong with bytes, against one running instance. bad-values.test.ts has well-formed requests. */

const MIB = 1024 * 1024;
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;

let box: RunningSignalbox;
let pids: (number | undefined)[];
const before = newTraceId();

beforeAll(async () => {
  box = await startSignalbox();
  pids = ROLES.map((role) => box.pidOf(role));
  await send(box.otlpUrl, 'traces', tracesRequest('before', [{ traceId: before }]));
  await isStored(box, before);
});

afterAll(async () => {
  await box?.stop();
});

/** Each part ends with it: all processes live, what was there is there, and more is taken. */
async function expectWell(): Promise<void> {
  expect(ROLES.map((role) => box.pidOf(role))).toEqual(pids);
  expect((await fetch(`${box.consoleUrl}/-/ready`)).status).toBe(200);
  const traceId = newTraceId();
  await send(box.otlpUrl, 'traces', tracesRequest('after', [{ traceId }]));
  expect(await exportByGrpc(box.grpcAddress, 'logs', encodeReference('logs', logsRequest('after', ['x'])))).toEqual({
    rejectedCount: 0,
    message: '',
  });
  await isStored(box, traceId);
  expect(await spanCount(box, before)).toBe(1);
  expect(box.output()).not.toMatch(/unhandled|ended (by|with)/);
}

async function refusal(path: string, body: Uint8Array | string, headers = PROTO) {
  const response = await post(`${box.otlpUrl}${path}`, body, headers);
  const content = new Uint8Array(await response.arrayBuffer());
  const text = Buffer.from(content).toString();
  if (response.headers.get('content-type') === 'application/x-protobuf') {
    return { http: response.status, ...decodeStatus(content) };
  }
  if (response.headers.get('content-type') === 'application/json') {
    return { http: response.status, ...(JSON.parse(text) as { code: number; message: string }) };
  }
  return { http: response.status, code: 0, message: text };
}

const SIGNALS = ['traces', 'logs', 'metrics'] as const;
const VALID = {
  traces: encodeReference('traces', fullTraces(newTraceId())),
  logs: encodeReference('logs', fullLogs(newTraceId())),
  metrics: encodeReference('metrics', fullMetrics('mutated', newTraceId())),
};

describe('protobuf', () => {
  test.each(SIGNALS)('%s that are cut off anywhere are refused as undecodable', async (signal) => {
    const whole = VALID[signal];
    const cuts = Array.from({ length: 40 }, (_, i) => 1 + Math.floor((i / 40) * (whole.length - 1)));
    for (const cut of cuts) {
      const answer = await refusal(`/v1/${signal}`, whole.subarray(0, cut));
      expect(answer).toMatchObject({ http: 400, code: INVALID_ARGUMENT });
      expect(answer.message).toMatch(new RegExp(`^can't decode the ${signal} request: .*(end|cut off)`));
    }
    const frame = grpcFrame(whole.subarray(0, whole.length - 1), false);
    expect(await rawGrpc(box.grpcAddress, grpcPath(signal), frame)).toMatchObject({ code: INVALID_ARGUMENT });
  });

  test.each(HOSTILE_ITEMS)('$name costs its item, and the answer says so', async ({ body }) => {
    const answer = await fetch(`${box.otlpUrl}/v1/traces`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/x-protobuf' },
    });
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).toString()).toMatch(/1 spans? rejected|nest/);
    expect(await rawGrpc(box.grpcAddress, grpcPath('traces'), grpcFrame(body, false))).toMatchObject({
      httpStatus: 200,
      code: 0,
    });
  });

  test.each(HOSTILE_PROTOBUF)('$name is refused over HTTP and gRPC', async ({ body }) => {
    const answer = await refusal('/v1/traces', body);
    expect(answer).toMatchObject({ http: 400, code: INVALID_ARGUMENT });
    expect(answer.message.length).toBeLessThan(300);
    expect(await rawGrpc(box.grpcAddress, grpcPath('traces'), grpcFrame(body, false))).toEqual({
      httpStatus: 200,
      code: INVALID_ARGUMENT,
      message: answer.message,
    });
  });

  test.each(SIGNALS)('random and damaged %s get an answer each', async (signal) => {
    const random = randomFrom(1);
    for (let i = 0; i < 100; i++) {
      const noise = randomBytes(random, Math.floor(random() * 300));
      expect([200, 400]).toContain((await post(`${box.otlpUrl}/v1/${signal}`, noise)).status);
      const damaged = mutated(random, VALID[signal]);
      expect([200, 400]).toContain((await post(`${box.otlpUrl}/v1/${signal}`, damaged)).status);
    }
  });

  test('nothing else was harmed', expectWell);
});

describe('JSON', () => {
  test.each(HOSTILE_JSON)('$name is refused', async ({ body }) => {
    const answer = await refusal('/v1/traces', body, JSON_TYPE);
    expect(answer).toMatchObject({ http: 400, code: INVALID_ARGUMENT });
    expect(answer.message).toMatch(/^can't decode the traces request: /);
    expect(answer.message.length).toBeLessThan(300);
  });

  test('damaged requests get an answer each', async () => {
    const random = randomFrom(2);
    const whole = Buffer.from(
      '{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"intValue":"5"}}]},"scopeSpans":[{"spans":[{"traceId":' +
        '"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"\\u00e9","startTimeUnixNano":"1"}]}]}]}',
    );
    for (let i = 0; i < 200; i++) {
      expect([200, 400]).toContain((await post(`${box.otlpUrl}/v1/traces`, mutated(random, whole), JSON_TYPE)).status);
    }
  });

  test('nothing else was harmed', expectWell);
});

describe('bodies that are too long', () => {
  test('compressed bombs are stopped at the limit, eight at a time, over HTTP and gRPC', async () => {
    const collector = box.pidOf('collector')!;
    const restBytes = residentBytes(collector);
    const peak = await peakBytes(collector, async () => {
      for (const { name, coding, body } of compressedBombs()) {
        const frame = grpcFrame(body, true);
        const answers = await Promise.all(
          Array.from({ length: 4 }, async () => [
            await refusal('/v1/traces', body, { ...PROTO, 'content-encoding': coding }),
            await rawGrpc(box.grpcAddress, grpcPath('logs'), frame, { 'grpc-encoding': coding }),
          ]),
        );
        for (const [http, grpc] of answers) {
          expect({ name, ...http }).toMatchObject({ name, http: 400, code: INVALID_ARGUMENT });
          expect({ name, ...grpc }).toMatchObject({ name, code: RESOURCE_EXHAUSTED });
        }
      }
    });
    // Eight bodies of 64 MiB at most, and as much again while they grow.
    expect(peak - restBytes).toBeLessThan(900 * MIB);
  });

  test('plain ones too, announced or not', async () => {
    const body = new Uint8Array(64 * MIB + 1);
    expect(await refusal('/v1/traces', body)).toMatchObject({ http: 400, code: INVALID_ARGUMENT });
    const frame = grpcFrame(body, false);
    expect(await rawGrpc(box.grpcAddress, grpcPath('traces'), frame)).toMatchObject({ code: RESOURCE_EXHAUSTED });
    const lie = grpcFrame(new Uint8Array(10), false, 0xffff_ffff);
    expect(await rawGrpc(box.grpcAddress, grpcPath('traces'), lie)).toMatchObject({ code: RESOURCE_EXHAUSTED });
  });

  test('broken compression is refused', async () => {
    for (const coding of ['gzip', 'zstd', 'deflate', 'snappy', 'x-snappy-framed', 'lz4']) {
      const answer = await refusal('/v1/logs', randomBytes(randomFrom(3), 500), {
        ...PROTO,
        'content-encoding': coding,
      });
      expect({ coding, ...answer }).toMatchObject({ coding, http: 400, code: INVALID_ARGUMENT });
    }
    const frame = grpcFrame(randomBytes(randomFrom(3), 500), true);
    const answer = await rawGrpc(box.grpcAddress, grpcPath('logs'), frame, { 'grpc-encoding': 'gzip' });
    expect(answer).toMatchObject({ code: INTERNAL });
  });

  test('nothing else was harmed', expectWell);
});

describe('requests that are none of OTLP', () => {
  test.each([
    {
      name: 'another path',
      path: '/v1/profiles',
      init: { method: 'POST', body: '{}', headers: JSON_TYPE },
      status: 404,
    },
    { name: 'the root', path: '/', init: {}, status: 404 },
    { name: 'another method', path: '/v1/traces', init: { method: 'GET' }, status: 405 },
    {
      name: 'another method with a body',
      path: '/v1/logs',
      init: { method: 'PUT', body: '{}', headers: JSON_TYPE },
      status: 405,
    },
    {
      name: 'text',
      path: '/v1/traces',
      init: { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } },
      status: 415,
    },
    { name: 'no content type', path: '/v1/traces', init: { method: 'POST', body: new Uint8Array([1]) }, status: 415 },
    {
      name: 'an unknown compression',
      path: '/v1/traces',
      init: { method: 'POST', body: 'x', headers: { ...PROTO, 'content-encoding': 'br' } },
      status: 400,
    },
  ])('$name over HTTP: $status', async ({ path, init, status }) => {
    const response = await fetch(`${box.otlpUrl}${path}`, init as RequestInit);
    expect(response.status).toBe(status);
    expect((await response.text()).length).toBeGreaterThan(0);
    if (status === 405) expect(response.headers.get('allow')).toBe('POST');
  });

  const empty = grpcFrame(new Uint8Array(0), false);
  test.each([
    { name: 'an unknown service', path: '/some.Service/Export', body: empty, headers: {}, code: UNIMPLEMENTED },
    { name: 'an unknown method', path: `${grpcPath('traces')}More`, body: empty, headers: {}, code: UNIMPLEMENTED },
    { name: 'no method at all', path: '/', body: empty, headers: {}, code: UNIMPLEMENTED },
    { name: 'no message', path: grpcPath('traces'), body: new Uint8Array(0), headers: {}, code: INTERNAL },
    {
      name: 'half a message',
      path: grpcPath('traces'),
      body: grpcFrame(new Uint8Array(3), false, 9),
      headers: {},
      code: INTERNAL,
    },
    {
      name: 'two messages',
      path: grpcPath('traces'),
      body: Buffer.concat([empty, empty]),
      headers: {},
      code: INTERNAL,
    },
    {
      name: 'an unknown flag',
      path: grpcPath('traces'),
      body: Uint8Array.from([7, 0, 0, 0, 0]),
      headers: {},
      code: INTERNAL,
    },
    {
      name: 'a compressed message without a coding',
      path: grpcPath('logs'),
      body: grpcFrame(new Uint8Array(3), true),
      headers: {},
      code: INTERNAL,
    },
    {
      name: 'an unknown coding',
      path: grpcPath('logs'),
      body: empty,
      headers: { 'grpc-encoding': 'br' },
      code: UNIMPLEMENTED,
    },
  ])('$name over gRPC: code $code', async ({ path, body, headers, code }) => {
    expect(await rawGrpc(box.grpcAddress, path, body, headers)).toMatchObject({ httpStatus: 200, code });
  });

  test('gRPC that is none is refused by its content type', async () => {
    const answer = await rawGrpc(box.grpcAddress, grpcPath('traces'), empty, { 'content-type': 'text/html' });
    expect(answer.httpStatus).toBe(415);
  });

  test('nothing else was harmed', expectWell);
});
