import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually, turns } from '#base/testing.ts';
import { Http2ClientConnection } from './client-connection.ts';
import { encodeHeaders } from './header-encoder.ts';
import { HTTP2_ERROR } from './protocol.ts';
import type { Http2Stream } from './stream.ts';
import { Collector, portOf, REQUEST, undo, undoAll } from './testing/sides.ts';

afterEach(undoAll);

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
