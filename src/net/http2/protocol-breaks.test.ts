import { afterEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '#base/testing.ts';
import { encodeHeaders } from './header-encoder.ts';
import { FLAG, FRAME, frameOf, HTTP2_ERROR, PREFACE } from './protocol.ts';
import { data, EMPTY, headers, number, OPEN, RawClient, SETTINGS, times } from './testing/raw-client.ts';
import { ask, nodeClient, REQUEST, serve, undo, undoAll } from './testing/sides.ts';

afterEach(undoAll);

/** Where the timers are not real. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a client that breaks the protocol is told why, and cut off', () => {
  const block = encodeHeaders(REQUEST);
  test.each([
    { name: 'a frame before its settings', frames: [OPEN], code: HTTP2_ERROR.protocol, bare: true },
    {
      name: 'a frame larger than 16 KiB',
      frames: [Buffer.from('004001000000000001', 'hex')],
      code: HTTP2_ERROR.frameSize,
    },
    { name: 'content on no stream', frames: [data(0, 1)], code: HTTP2_ERROR.protocol },
    { name: 'content on a stream that was never opened', frames: [data(3, 1)], code: HTTP2_ERROR.protocol },
    {
      name: 'content behind the end',
      frames: [OPEN, data(1, 1, FLAG.endStream), data(1, 1)],
      code: HTTP2_ERROR.streamClosed,
      silent: true,
    },
    { name: 'a request on a stream of the server', frames: [headers(2, FLAG.endHeaders)], code: HTTP2_ERROR.protocol },
    {
      name: 'a frame within headers',
      frames: [headers(1, 0), frameOf(FRAME.ping, 0, 0, Buffer.alloc(8))],
      code: HTTP2_ERROR.protocol,
    },
    { name: 'content within headers', frames: [headers(1, 0), data(1, 1)], code: HTTP2_ERROR.protocol },
    {
      name: 'the continuation of nothing',
      frames: [frameOf(FRAME.continuation, 0, 1, EMPTY)],
      code: HTTP2_ERROR.protocol,
    },
    {
      name: 'the continuation of another',
      frames: [headers(1, 0), frameOf(FRAME.continuation, 4, 3, EMPTY)],
      code: HTTP2_ERROR.protocol,
    },
    {
      name: 'headers that are all padding',
      frames: [frameOf(FRAME.headers, FLAG.endHeaders | FLAG.padded, 1, Buffer.of(9, 1))],
      code: HTTP2_ERROR.protocol,
    },
    {
      name: 'headers that are no HPACK',
      frames: [frameOf(FRAME.headers, FLAG.endHeaders, 1, Buffer.of(0xff))],
      code: HTTP2_ERROR.compression,
    },
    { name: 'a push', frames: [frameOf(FRAME.pushPromise, 4, 1, Buffer.alloc(4))], code: HTTP2_ERROR.protocol },
    { name: 'a ping of 7 bytes', frames: [frameOf(FRAME.ping, 0, 0, Buffer.alloc(7))], code: HTTP2_ERROR.frameSize },
    { name: 'a ping on a stream', frames: [frameOf(FRAME.ping, 0, 1, Buffer.alloc(8))], code: HTTP2_ERROR.protocol },
    {
      name: 'settings of 5 bytes',
      frames: [frameOf(FRAME.settings, 0, 0, Buffer.alloc(5))],
      code: HTTP2_ERROR.frameSize,
    },
    {
      name: 'a thousand settings in a frame',
      frames: [frameOf(FRAME.settings, 0, 0, Buffer.alloc(6000))],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: 'an initial window that is too large',
      frames: [frameOf(FRAME.settings, 0, 0, Buffer.from('0004ffffffff', 'hex'))],
      code: HTTP2_ERROR.flowControl,
    },
    {
      name: 'a window that grows by nothing',
      frames: [frameOf(FRAME.windowUpdate, 0, 0, number(0))],
      code: HTTP2_ERROR.protocol,
    },
    {
      name: 'a window that grows too large',
      frames: [frameOf(FRAME.windowUpdate, 0, 0, number(0x7fff_ffff))],
      code: HTTP2_ERROR.flowControl,
    },
    {
      name: 'a window of a stream that was never opened',
      frames: [frameOf(FRAME.windowUpdate, 0, 9, number(1))],
      code: HTTP2_ERROR.protocol,
    },
    {
      name: 'a reset of a stream that was never opened',
      frames: [frameOf(FRAME.resetStream, 0, 9, number(8))],
      code: HTTP2_ERROR.protocol,
    },
    {
      name: 'a priority of 4 bytes',
      frames: [frameOf(FRAME.priority, 0, 1, Buffer.alloc(4))],
      code: HTTP2_ERROR.frameSize,
    },
    {
      name: 'a GOAWAY of 7 bytes',
      frames: [frameOf(FRAME.goAway, 0, 0, Buffer.alloc(7))],
      code: HTTP2_ERROR.frameSize,
    },
    {
      name: 'more than a stream may take',
      frames: [OPEN, times(7, () => data(1, 16_384))],
      code: HTTP2_ERROR.flowControl,
      paused: true,
    },
    {
      name: 'headers without an end',
      frames: [headers(1, 0), times(9, () => frameOf(FRAME.continuation, 0, 1, EMPTY))],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: 'headers of 80 KiB',
      frames: [headers(1, 0), times(5, () => frameOf(FRAME.continuation, 0, 1, Buffer.alloc(16_000, 0x82)))],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: 'empty frames without an end',
      frames: [OPEN, times(2000, () => data(1, 0))],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    { name: 'settings without an end', frames: [times(2000, () => SETTINGS)], code: HTTP2_ERROR.enhanceYourCalm },
    {
      name: 'unknown frames without an end',
      frames: [times(2000, () => frameOf(200, 0, 0, EMPTY))],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: 'streams that it gives up at once',
      frames: [
        times(2000, (i) =>
          Buffer.concat([headers(2 * i + 1, FLAG.endHeaders), frameOf(FRAME.resetStream, 0, 2 * i + 1, number(8))]),
        ),
      ],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: 'streams that it has us reset, by trailers that are none',
      frames: [
        times(2000, (i) =>
          Buffer.concat([headers(2 * i + 1, FLAG.endHeaders), headers(2 * i + 1, FLAG.endHeaders, { a: 'b' })]),
        ),
      ],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: 'streams that it has us reset, by a length that is another',
      frames: [
        times(2000, (i) =>
          Buffer.concat([
            headers(2 * i + 1, FLAG.endHeaders, { ...REQUEST, 'content-length': '2' }),
            data(2 * i + 1, 1, FLAG.endStream),
          ]),
        ),
      ],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: 'far more streams than it may open',
      frames: [times(300, (i) => headers(2 * i + 1, FLAG.endHeaders))],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: 'malformed requests without an end',
      frames: [times(2000, (i) => headers(2 * i + 1, FLAG.endHeaders, { ':method': 'POST' }))],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
  ])('$name', async ({ frames, code, bare = false, silent = false, paused = false }: BreakCase) => {
    const side = await serve({ silent });
    const client = new RawClient(side.port);
    client.send(PREFACE, ...(bare ? [] : [SETTINGS]));
    if (paused) {
      client.send(frames[0]!);
      await eventually('the stream is there', () => side.streams.length === 1);
      side.streams[0]!.stream.pause();
      client.send(...frames.slice(1));
    } else client.send(...frames);
    expect(await client.goAwayCode()).toBe(code);
    await eventually('all is over', () => side.endings.length === 1);
    expect(side.endings[0]).toBeInstanceOf(Error);
    for (const { got } of side.streams) expect(got.isClosed).toBe(true);
    // Others are served.
    if (silent) return;
    expect((await ask(nodeClient(side.port), {}, block)).body).toHaveLength(block.length);
  });

  interface BreakCase {
    readonly name: string;
    readonly frames: readonly Uint8Array[];
    readonly code: number;
    readonly bare?: boolean;
    readonly silent?: boolean;
    readonly paused?: boolean;
  }

  test('and learns why also where it never stops sending', async () => {
    const side = await serve();
    for (let i = 0; i < 10; i++) {
      const client = new RawClient(side.port);
      // More than the server reads at once: what is unread when it closes would take its words back.
      client.send(PREFACE, SETTINGS, headers(2, FLAG.endHeaders));
      const goesOn = setInterval(() => client.send(times(100, () => data(1, 16_000))), 0);
      expect(await client.goAwayCode().finally(() => clearInterval(goesOn))).toBe(HTTP2_ERROR.protocol);
    }
  });

  test('what is no HTTP/2 is closed without an answer', async () => {
    const side = await serve();
    const client = new RawClient(side.port);
    client.socket.write('GET / HTTP/1.1\r\n\r\n');
    await eventually('it is closed', () => client.isClosed);
    expect(Buffer.from(side.foreign[0]!).toString()).toMatch(/^GET \//);
    expect(client.frames).toEqual([]);
  });

  test('pings are answered only as fast as they are read', async () => {
    const side = await serve();
    const client = new RawClient(side.port);
    client.socket.pause();
    client.send(PREFACE, SETTINGS);
    const pings = times(10_000, () => frameOf(FRAME.ping, 0, 0, Buffer.alloc(8)));
    for (let i = 0; i < 200; i++) client.socket.write(pings);
    await eventually('nothing more is read', () => side.connections[0]?.socket.isPaused() === true);
    const held = side.connections[0]!.socket.writableLength;
    expect(held).toBeLessThan(8 * 1024 * 1024);
    client.socket.resume();
    await eventually('all are answered', () => client.frames.length > 1_000_000 || client.isClosed, 60_000);
    expect(client.isClosed).toBe(false);
  });

  test('and a client that never reads them is given up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    undo.push(() => vi.useRealTimers());
    const side = await serve();
    const client = new RawClient(side.port);
    client.socket.pause();
    client.send(PREFACE, SETTINGS);
    const pings = times(10_000, () => frameOf(FRAME.ping, 0, 0, Buffer.alloc(8)));
    for (let i = 0; i < 200; i++) client.socket.write(pings);
    await until(() => side.connections[0]?.socket.isPaused() === true);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(side.endings).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(side.endings[0]?.message).toBe('the peer reads nothing');
  });

  test('headers have their time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    undo.push(() => vi.useRealTimers());
    const side = await serve({ silent: true });
    const [slow, whole] = [new RawClient(side.port), new RawClient(side.port)];
    whole.send(PREFACE, SETTINGS, headers(1, 0), frameOf(FRAME.continuation, FLAG.endHeaders, 1, EMPTY));
    slow.send(PREFACE, SETTINGS, headers(1, 0));
    await until(() => side.streams.length === 1 && slow.frames.length > 0);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(side.endings).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(side.endings.map((error) => error?.message)).toEqual(['headers that never end']);
  });
});

describe('a stream that breaks the protocol is reset, and the connection goes on', () => {
  const long = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-${i}`, 'v'.repeat(300)]));
  test.each([
    { name: 'no path', fields: { ':method': 'POST', ':scheme': 'http' }, code: HTTP2_ERROR.protocol },
    { name: 'an unknown pseudo field', fields: { ...REQUEST, ':status': '200' }, code: HTTP2_ERROR.protocol },
    { name: 'a field of HTTP/1.1', fields: { ...REQUEST, connection: 'close' }, code: HTTP2_ERROR.protocol },
    { name: 'te that is not trailers', fields: { ...REQUEST, te: 'gzip' }, code: HTTP2_ERROR.protocol },
    { name: 'a value with a space in front', fields: { ...REQUEST, a: ' b' }, code: HTTP2_ERROR.protocol },
    { name: 'a length that is none', fields: { ...REQUEST, 'content-length': '4, 4' }, code: HTTP2_ERROR.protocol },
    { name: 'less content than announced', fields: { ...REQUEST, 'content-length': '5' }, code: HTTP2_ERROR.protocol },
  ])('$name', async ({ fields, code }) => {
    const side = await serve();
    const client = new RawClient(side.port);
    client.send(
      PREFACE,
      SETTINGS,
      headers(1, FLAG.endHeaders, fields as Record<string, string>),
      data(1, 4, FLAG.endStream),
    );
    expect(await client.resetCode(1)).toBe(code);
    client.send(headers(3, FLAG.endHeaders | FLAG.endStream));
    await eventually('the next is answered', () => client.frames.some(({ stream }) => stream === 3));
    expect(client.isClosed).toBe(false);
  });

  test('names in capitals, and pseudo fields behind others', async () => {
    const side = await serve();
    const client = new RawClient(side.port);
    const raw = (text: string): Buffer =>
      Buffer.concat([Buffer.of(0, text.length), Buffer.from(text), Buffer.of(1), Buffer.from('b')]);
    const start = encodeHeaders(REQUEST);
    const send = (stream: number, ...parts: Uint8Array[]): void =>
      client.send(frameOf(FRAME.headers, FLAG.endHeaders, stream, Buffer.concat(parts)));
    client.send(PREFACE, SETTINGS);
    send(1, start, raw('Abc'));
    send(3, raw('abc'), start);
    send(5, start, start);
    for (const stream of [1, 3, 5]) expect(await client.resetCode(stream)).toBe(HTTP2_ERROR.protocol);
    expect(side.streams).toEqual([]);
  });

  test('more headers than we take, by what they mean', async () => {
    const side = await serve();
    const client = new RawClient(side.port);
    const fields = encodeHeaders({ ...REQUEST, ...long });
    // Of one field that the table remembers, named 20,000 times.
    const kept = Buffer.concat([Buffer.of(0x40, 1), Buffer.from('y'), Buffer.of(10), Buffer.alloc(10, 0x61)]);
    client.send(PREFACE, SETTINGS, frameOf(FRAME.headers, 0, 1, fields), frameOf(FRAME.continuation, 0, 1, kept));
    client.send(frameOf(FRAME.continuation, FLAG.endHeaders, 1, Buffer.alloc(16_000, 0xbe)));
    expect(await client.resetCode(1)).toBe(HTTP2_ERROR.enhanceYourCalm);
    expect(client.isClosed).toBe(false);
  });

  test('content on a stream that we reset is thrown away, and what it takes of the window is given back', async () => {
    const side = await serve();
    const client = new RawClient(side.port);
    client.send(PREFACE, SETTINGS, OPEN);
    await eventually('the stream is there', () => side.streams.length === 1);
    side.streams[0]!.stream.reset(HTTP2_ERROR.cancel);
    client.send(times(9, () => data(1, 16_384)));
    await eventually(
      'the window grows',
      () => client.frames.filter(({ type }) => type === FRAME.windowUpdate).length > 1,
    );
    expect(client.isClosed).toBe(false);
  });
});
