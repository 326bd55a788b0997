import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { compress } from 'snappyjs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { ArenaWriter } from '#pdata';
import { encodeOtlpJson } from '#wire';
import { lokiReceiverFactory } from './index.ts';
import type { LokiReceiver } from './loki.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function receiving(block: object = {}) {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const protocols = { http: { endpoint: '127.0.0.1:0' } };
  const config = lokiReceiverFactory.schema.parse({ protocols, ...block });
  const receiver = lokiReceiverFactory.create(settings, config, { logs: next }) as LokiReceiver;
  await receiver.start(fakeHost());
  closers.push(() => receiver.shutdown(100));
  const post = async (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) => {
    const url = `http://${receiver.addresses.http}/loki/api/v1/push`;
    const response = await fetch(url, { method: 'POST', body: body as string, headers });
    return { status: response.status, text: await response.text() };
  };
  const received = () => {
    const text = encodeOtlpJson(next.batches.at(-1)!).toString();
    // biome-ignore lint/suspicious/noExplicitAny: what is looked at is said by each test
    const [{ scopeLogs }] = (JSON.parse(text) as any).resourceLogs;
    // biome-ignore lint/suspicious/noExplicitAny: as above
    return scopeLogs[0].logRecords.map(({ timeUnixNano, body, attributes }: any) => ({
      time: timeUnixNano,
      line: body.stringValue,
      // biome-ignore lint/suspicious/noExplicitAny: as above
      ...Object.fromEntries((attributes ?? []).map(({ key, value }: any) => [key, value.stringValue])),
    }));
  };
  return { receiver, next, post, received, settings };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTO_TYPE = { 'content-type': 'application/x-protobuf' };
const STREAMS = {
  streams: [
    {
      stream: { app: 'shop', __path__: '/var/log' },
      values: [
        ['1700000000000000001', 'one'],
        ['1700000000000000002', 'two', { user: 'u' }],
      ],
    },
  ],
};

function protobuf(labels: string): Uint8Array {
  const out = new ArenaWriter();
  const stream = out.begin(1);
  out.textField(1, labels);
  const entry = out.begin(2);
  const time = out.begin(1);
  out.uintField(1, 1_700_000_000);
  out.uintField(2, 5);
  out.end(time);
  out.textField(2, 'a line');
  const pair = out.begin(3);
  out.textField(1, 'trace');
  out.textField(2, 't1');
  out.end(pair);
  out.end(entry);
  out.end(stream);
  return out.finish();
}

describe('logs are taken', () => {
  test('in JSON, with labels and structured metadata as attributes', async () => {
    const { post, received } = await receiving({ use_incoming_timestamp: true });
    expect(await post(gzipSync(JSON.stringify(STREAMS)), { ...JSON_TYPE, 'content-encoding': 'gzip' })).toMatchObject({
      status: 204,
    });
    expect(received()).toEqual([
      { time: '1700000000000000001', line: 'one', app: 'shop' },
      { time: '1700000000000000002', line: 'two', app: 'shop', user: 'u' },
    ]);
  });

  test('with the time of their arrival, unless theirs is wanted', async () => {
    const { post, received, settings } = await receiving();
    await post(JSON.stringify(STREAMS));
    expect(received()[0].time).toBe(`${settings.clock.nowMs()}000000`);
  });

  test.each([PROTO_TYPE, { ...PROTO_TYPE, 'content-encoding': 'snappy' }])(
    'in protobuf with snappy: %j',
    async (headers) => {
      const { post, received } = await receiving({ use_incoming_timestamp: true });
      const body = new Uint8Array(compress(protobuf('{app="sh\\"op", env=`a\\b`, __x__="y",}')));
      expect(await post(body, headers)).toMatchObject({ status: 204 });
      expect(received()).toEqual([
        { time: '1700000000000000005', line: 'a line', app: 'sh"op', env: 'a\\b', trace: 't1' },
      ]);
    },
  );
});

describe('bad input', () => {
  test.each([
    ['no JSON', JSON_TYPE, '{', /not JSON/],
    [
      'a number for a line',
      JSON_TYPE,
      '{"streams":[{"stream":{},"values":[["1",5]]}]}',
      /streams\[0\]\.values\[0\]: expected a line/,
    ],
    [
      'a number for a time',
      JSON_TYPE,
      '{"streams":[{"stream":{},"values":[[1,"x"]]}]}',
      /expected nanoseconds as a text/,
    ],
    ['a list of labels', JSON_TYPE, '{"streams":[{"stream":[]}]}', /streams\[0\]\.stream: expected a map/],
    ['protobuf without snappy', PROTO_TYPE, 'garbage', /./],
  ])('%s is answered with 400', async (_, headers, body, message) => {
    const { post, next } = await receiving();
    const answer = await post(body, headers);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(message);
    expect(next.batches).toEqual([]);
  });

  test.each(['{', 'app="x"', '{app=x}', '{app="x"} more', '{app="x" env="y"}', '{a="1",a="2"}'])(
    'the labels %s',
    async (labels) => {
      const { post } = await receiving();
      const answer = await post(new Uint8Array(compress(protobuf(labels))), PROTO_TYPE);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('in the labels');
    },
  );

  test('a block of snappy that promises gigabytes is not inflated', async () => {
    const { post } = await receiving();
    expect((await post(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3), PROTO_TYPE)).status).toBe(400);
  });

  test('another path, method or type', async () => {
    const { post, receiver } = await receiving();
    expect((await fetch(`http://${receiver.addresses.http}/x`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`http://${receiver.addresses.http}/loki/api/v1/push`)).status).toBe(405);
    expect((await post('x', { 'content-type': 'text/html' })).status).toBe(415);
  });

  test('a body that is too large, and one that never ends', async () => {
    const protocols = { http: { endpoint: '127.0.0.1:0', max_request_body_size: 1000 } };
    const { post, receiver } = await receiving({ protocols, admission: { request_timeout: '100ms' } });
    expect((await post(Buffer.alloc(2000, 0x20))).status).toBe(400);
    const [host, port] = receiver.addresses.http.split(':');
    const socket = connect(Number(port), host);
    closers.push(() => socket.destroy());
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.write(
      'POST /loki/api/v1/push HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{',
    );
    await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1\.1 408 /), { timeout: 60_000 });
  });
});
