import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { FLAG, HTTP2_ERROR, PREFACE } from './protocol.ts';
import { data, OPEN, RawClient, SETTINGS, times } from './testing/raw-client.ts';
import { ask, nodeClient, serve, undoAll } from './testing/sides.ts';

afterEach(undoAll);

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

  test('content that comes a byte a frame while nobody wants it is kept in one piece', async () => {
    const side = await serve();
    const client = new RawClient(side.port);
    client.send(PREFACE, SETTINGS, OPEN);
    await eventually('the stream is there', () => side.streams.length === 1);
    const { stream, got } = side.streams[0]!;
    stream.pause();
    client.send(times(50_000, (i) => data(1, 1, i === 49_999 ? FLAG.endStream : 0)));
    await eventually('all of it came', () => stream.isRemoteEnded);
    expect(got.isEnded).toBe(false);
    stream.resume();
    expect(got.isEnded).toBe(true);
    expect(got.parts.map(({ length }) => length)).toEqual([50_000]);
  });

  test('who gets what was kept may pause again: the end comes once, after that', async () => {
    const side = await serve({ silent: true });
    const client = new RawClient(side.port);
    client.send(PREFACE, SETTINGS, OPEN);
    await eventually('the stream is there', () => side.streams.length === 1);
    const { stream } = side.streams[0]!;
    const seen: string[] = [];
    stream.receiver = {
      headers: () => undefined,
      held: (bytes) => void seen.push(`held ${bytes}`),
      data: (bytes) => {
        seen.push(`data ${bytes.length}`);
        stream.pause();
      },
      end: () => void seen.push('end'),
      closed: () => undefined,
    };
    stream.pause();
    client.send(data(1, 5), data(1, 6, FLAG.endStream));
    await eventually('all of it came', () => stream.isRemoteEnded);
    stream.resume();
    expect(seen).toEqual(['held 5', 'held 6', 'data 11']);
    stream.resume();
    stream.resume();
    expect(seen.slice(3)).toEqual(['end']);
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
