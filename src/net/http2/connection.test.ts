import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually, turns } from '#base/testing.ts';
import { Http2ClientConnection } from './client-connection.ts';
import { encodeHeaders } from './header-encoder.ts';
import type { Http2Headers } from './header-list.ts';
import { FLAG, FRAME, frameOf, HTTP2_ERROR, PREFACE, readUint32 } from './protocol.ts';
import { Http2ServerConnection } from './server-connection.ts';
import type { Http2Stream, StreamReceiver } from './stream.ts';

/** Our two sides against Node's, which are nghttp2's, and the server's against clients that no library is. */

const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
const REQUEST = { ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'a' };

/** Collects what comes on a stream. */
class Collector implements StreamReceiver {
  readonly parts: Buffer[] = [];
  readonly headerLists: Http2Headers[] = [];
  isEnded = false;
  isClosed = false;
  #onEnd: () => void;
  readonly ended: Promise<void>;

  constructor() {
    this.#onEnd = () => undefined;
    this.ended = new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  get body(): Buffer {
    return Buffer.concat(this.parts);
  }
  headers(headers: Http2Headers): void {
    this.headerLists.push(headers);
  }
  data(bytes: Uint8Array): void {
    this.parts.push(Buffer.from(bytes));
  }
  end(): void {
    this.isEnded = true;
    this.#onEnd();
  }
  closed(): void {
    this.isClosed = true;
    this.#onEnd();
  }
}

interface ServerSide {
  readonly server: Server;
  readonly port: number;
  readonly connections: Http2ServerConnection[];
  readonly streams: { readonly stream: Http2Stream; readonly headers: Http2Headers; readonly got: Collector }[];
  readonly endings: (Error | undefined)[];
  readonly foreign: Uint8Array[];
}

/** A server of ours that echoes, headers whose names begin with `x-` included. */
async function serve(
  options: { isFresh?: boolean; maxConcurrentStreams?: number; silent?: boolean } = {},
): Promise<ServerSide> {
  const connections: Http2ServerConnection[] = [];
  const streams: ServerSide['streams'] = [];
  const endings: ServerSide['endings'] = [];
  const foreign: Uint8Array[] = [];
  const answer = async (stream: Http2Stream, headers: Http2Headers, got: Collector): Promise<void> => {
    await got.ended;
    if (!got.isEnded || options.silent === true) return;
    const own = Object.entries(headers).filter(([name]) => name.startsWith('x-')) as [string, string][];
    stream.sendHeaders(encodeHeaders({ ':status': '200', ...Object.fromEntries(own) }));
    stream.write(got.body);
    stream.end(encodeHeaders({ 'x-trailer': 'yes' }));
  };
  const server = createServer((socket) => {
    connections.push(
      new Http2ServerConnection(socket, {
        windows: { streamBytes: 100_000, connectionBytes: 150_000 },
        maxConcurrentStreams: options.maxConcurrentStreams ?? 100,
        isFresh: options.isFresh ?? true,
        onStream: (stream, headers) => {
          const got = new Collector();
          stream.receiver = got;
          streams.push({ stream, headers, got });
          void answer(stream, headers, got);
        },
        onForeign: (first) => void foreign.push(Buffer.from(first)),
        onEnded: (error) => void endings.push(error),
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return { server, port: portOf(server), connections, streams, endings, foreign };
}

/** A client of Node's. */
function nodeClient(port: number, options: object = {}): ClientHttp2Session {
  const client = connectHttp2(`http://127.0.0.1:${port}`, options);
  client.on('error', () => undefined);
  undo.push(() => client.destroy());
  return client;
}

async function ask(client: ClientHttp2Session, headers: Record<string, string>, body: Uint8Array) {
  const stream = client.request({ ':method': 'POST', ...headers });
  const parts: Buffer[] = [];
  let response: Record<string, unknown> = {};
  let trailers: Record<string, unknown> = {};
  stream.on('response', (got) => {
    response = got;
  });
  stream.on('trailers', (got) => {
    trailers = got;
  });
  stream.on('data', (data: Buffer) => parts.push(data));
  stream.on('error', () => undefined);
  stream.end(body);
  await new Promise<void>((resolve) => stream.once('close', () => resolve()));
  return { response, trailers, body: Buffer.concat(parts), code: stream.rstCode };
}

describe('our server and a client of nghttp2', () => {
  test.each([true, false])('bodies larger than all windows come back, read into shared memory: %s', async (isFresh) => {
    const side = await serve({ isFresh });
    const client = nodeClient(side.port, { settings: { initialWindowSize: 1000 } });
    const bodies = Array.from({ length: 8 }, (_, i) => Buffer.alloc(50_000 * i, i));
    const answers = await Promise.all(bodies.map((body) => ask(client, {}, body)));
    for (const [i, { body, trailers }] of answers.entries()) {
      expect(body.equals(bodies[i]!)).toBe(true);
      expect(trailers['x-trailer']).toBe('yes');
    }
  });

  test('an accepted socket is read into shared memory: Node still has its own names for that', async () => {
    const side = await serve();
    await ask(nodeClient(side.port), {}, Buffer.alloc(10));
    expect(side.connections[0]!.socket.listenerCount('data')).toBe(0);
  });

  test('headers are what was sent', async () => {
    const side = await serve();
    const client = nodeClient(side.port);
    const value = fc.stringMatching(/^[!-~]([ -~]*[!-~])?$/);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.stringMatching(/^x-[a-z0-9]{1,12}$/), value), async (headers) => {
        const { response } = await ask(client, headers, Buffer.alloc(0));
        for (const [name, sent] of Object.entries(headers)) expect(response[name]).toBe(sent);
      }),
      { numRuns: 50 },
    );
  });

  test('content that nobody wants yet waits, no more than the window lets come, and is all there afterwards', async () => {
    const side = await serve();
    const client = nodeClient(side.port);
    const body = Buffer.from(Array.from({ length: 400_000 }, (_, i) => i));
    const stream = client.request({ ':method': 'POST' });
    stream.write(body.subarray(0, 10));
    await eventually('the stream is there', () => side.streams[0]?.got.body.length === 10);
    const { stream: ours, got } = side.streams[0]!;
    ours.pause();
    stream.end(body.subarray(10));
    // Another stream isn't held up.
    expect((await ask(client, {}, Buffer.alloc(140_000, 7))).body).toHaveLength(140_000);
    expect(got.body.length).toBe(10);
    ours.resume();
    await got.ended;
    expect(got.body.equals(body)).toBe(true);
  });

  test('pings are answered both ways, and a connection that closes lets open streams end', async () => {
    const side = await serve();
    const client = nodeClient(side.port);
    await once(client, 'remoteSettings');
    await new Promise<void>((resolve) => client.ping(() => resolve()));
    await new Promise<void>((resolve) => side.connections[0]!.ping(resolve));
    const stream = client.request({ ':method': 'POST' });
    stream.write('half');
    await eventually('the stream is there', () => side.streams.length === 1);
    side.connections[0]!.close();
    await once(client, 'goaway');
    stream.end(' and half');
    let text = '';
    stream.on('data', (data: Buffer) => (text += data.toString()));
    await once(stream, 'close');
    expect(text).toBe('half and half');
    await eventually('the connection is over', () => side.endings.length === 1);
    expect(side.endings).toEqual([undefined]);
  });

  test('streams beyond the limit are refused, and later ones are not', async () => {
    const side = await serve({ maxConcurrentStreams: 2 });
    // Settings of its own make a client of Node wait for ours no longer.
    const client = nodeClient(side.port, { peerMaxConcurrentStreams: 100 });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(client, {}, Buffer.alloc(i))));
    const refused = answers.filter(({ code }) => code === HTTP2_ERROR.refusedStream);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(2);
    expect((await ask(client, {}, Buffer.alloc(5))).body).toHaveLength(5);
  });
});

/** A raw client: what it is told, frame by frame. */
class RawClient {
  readonly frames: { type: number; flags: number; stream: number; payload: Buffer }[] = [];
  readonly socket: Socket;
  isClosed = false;
  #rest = Buffer.alloc(0);

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.socket.on('data', (data: Buffer) => this.#take(data));
    undo.push(() => this.socket.destroy());
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      const [type, flags, stream] = [this.#rest[3]!, this.#rest[4]!, this.#rest.readUInt32BE(5)];
      this.frames.push({ type, flags, stream, payload: this.#rest.subarray(9, end) });
      this.#rest = this.#rest.subarray(end);
    }
  }

  send(...frames: Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  async goAwayCode(): Promise<number> {
    await eventually('the server gives up', () => this.isClosed);
    const last = this.frames.find(({ type }) => type === FRAME.goAway);
    return last === undefined ? -1 : readUint32(last.payload, 4);
  }

  async resetCode(stream: number): Promise<number> {
    const isIt = (one: { type: number; stream: number }): boolean =>
      one.type === FRAME.resetStream && one.stream === stream;
    await eventually('the stream is reset', () => this.frames.some(isIt));
    return readUint32(this.frames.find(isIt)!.payload, 0);
  }
}

const EMPTY = Buffer.alloc(0);
const SETTINGS = frameOf(FRAME.settings, 0, 0, EMPTY);
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const headers = (stream: number, flags: number, fields: Record<string, string> = REQUEST): Buffer =>
  frameOf(FRAME.headers, flags, stream, encodeHeaders(fields));
const OPEN = headers(1, FLAG.endHeaders);
const data = (stream: number, length: number, flags = 0): Buffer =>
  frameOf(FRAME.data, flags, stream, Buffer.alloc(length));
const times = (count: number, frame: (i: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => frame(i)));

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
});

describe('a stream that breaks the protocol is reset, and the connection goes on', () => {
  const long = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-${i}`, 'v'.repeat(300)]));
  test.each([
    { name: 'no path', fields: { ':method': 'POST', ':scheme': 'http' }, code: HTTP2_ERROR.protocol },
    { name: 'an unknown pseudo field', fields: { ...REQUEST, ':status': '200' }, code: HTTP2_ERROR.protocol },
    { name: 'a field of HTTP/1.1', fields: { ...REQUEST, connection: 'close' }, code: HTTP2_ERROR.protocol },
    { name: 'te that is not trailers', fields: { ...REQUEST, te: 'gzip' }, code: HTTP2_ERROR.protocol },
    { name: 'a value with a space in front', fields: { ...REQUEST, a: ' b' }, code: HTTP2_ERROR.protocol },
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

describe('our client and a server of nghttp2', () => {
  async function nodeServer(settings: object, answer: (stream: ServerHttp2Stream) => void) {
    const server = createHttp2Server({ settings });
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => undefined);
      answer(stream);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const sessions: ServerHttp2Session[] = [];
    server.on('session', (session) => sessions.push(session));
    undo.push(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
    const events: string[] = [];
    const socket = connect(portOf(server), '127.0.0.1');
    const client = await new Promise<Http2ClientConnection>((resolve, reject) => {
      const made: Http2ClientConnection = new Http2ClientConnection(socket, {
        onReady: () => resolve(made),
        onLeaving: () => void events.push('leaving'),
        onEnded: (error) => {
          events.push(`ended ${error?.message ?? ''}`.trim());
          reject(error);
        },
      });
    });
    undo.push(() => client.destroy());
    return { client, sessions, events };
  }

  function send(client: Http2ClientConnection, parts: readonly Uint8Array[]): Collector & { stream: Http2Stream } {
    const stream = client.request(encodeHeaders({ ...REQUEST, ':path': '/echo' }));
    const got = Object.assign(new Collector(), { stream });
    stream.receiver = got;
    for (const part of parts) stream.write(part);
    stream.end();
    return got;
  }

  const echo = (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  };

  test.each([{ initialWindowSize: 100 }, { initialWindowSize: 65_535 }, { initialWindowSize: 5_000_000 }])(
    'bodies in parts come back, windows %o',
    async (settings) => {
      const { client } = await nodeServer(settings, echo);
      const bodies = Array.from({ length: 6 }, (_, i) =>
        Buffer.from(Array.from({ length: 70_000 * i }, (_x, at) => at * i)),
      );
      const got = bodies.map((body) =>
        send(client, [body.subarray(0, 5), body.subarray(5, 3000), body.subarray(3000)]),
      );
      await Promise.all(got.map(({ ended }) => ended));
      for (const [i, { body, headerLists }] of got.entries()) {
        expect(headerLists[0]![':status']).toBe('200');
        expect(body.equals(bodies[i]!)).toBe(true);
      }
    },
  );

  test('requests beyond what the server takes at a time wait for their turn', async () => {
    let open = 0;
    let most = 0;
    const { client } = await nodeServer({ maxConcurrentStreams: 3 }, (stream) => {
      most = Math.max(most, ++open);
      stream.on('close', () => open--);
      echo(stream);
    });
    const got = Array.from({ length: 30 }, (_, i) => send(client, [Buffer.alloc(i + 1)]));
    await Promise.all(got.map(({ ended }) => ended));
    expect(got.map(({ body }) => body.length)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(most).toBeLessThanOrEqual(3);
  });

  test('a request that is given up tells the server, also one that waits', async () => {
    const codes: (number | undefined)[] = [];
    const { client } = await nodeServer({ maxConcurrentStreams: 1 }, (stream) => {
      stream.on('close', () => codes.push(stream.rstCode));
    });
    const [first, second] = [send(client, [Buffer.alloc(5)]), send(client, [Buffer.alloc(5)])];
    second.stream.reset(HTTP2_ERROR.cancel);
    await turns();
    first.stream.reset(HTTP2_ERROR.cancel);
    await eventually('the server hears of it', () => codes.length === 1);
    expect(codes).toEqual([HTTP2_ERROR.cancel]);
    expect(second.isClosed).toBe(true);
  });

  test('a server that goes away ends what it has taken, and the rest was not sent', async () => {
    const held: ServerHttp2Stream[] = [];
    const { client, sessions, events } = await nodeServer({}, (stream) => void held.push(stream));
    const taken = send(client, [Buffer.from('a')]);
    await eventually('it is there', () => held.length === 1);
    sessions[0]!.close();
    await eventually('the client hears of it', () => events.includes('leaving'));
    const late = send(client, [Buffer.from('b')]);
    expect(late.stream.resetCode).toBe(HTTP2_ERROR.refusedStream);
    echo(held[0]!);
    await taken.ended;
    expect(taken.body.toString()).toBe('a');
    await eventually('the connection is over', () => events.includes('ended'));
  });

  test('a connection that is cut ends all that is open', async () => {
    const { client, sessions, events } = await nodeServer({}, () => undefined);
    const got = send(client, [Buffer.alloc(5)]);
    await eventually('it is there', () => sessions.length === 1);
    sessions[0]!.destroy();
    await eventually('the stream is over', () => got.isClosed);
    expect(got.stream.resetCode === undefined || got.stream.resetCode >= 0).toBe(true);
    expect(events.some((event) => event.startsWith('ended'))).toBe(true);
  });
});
