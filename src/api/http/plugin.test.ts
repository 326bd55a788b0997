import { connect } from 'node:net';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually, turns } from '#base/testing.ts';
import { JSON_TYPE, listPieces, NDJSON_TYPE, StreamedAnswer } from './answers.ts';
import { AnswerError } from './errors.ts';
import type { ApiPlugin, ApiRoute } from './plugin.ts';
import { type RunningServer, type ServerOptions, startHttpServer } from './server.ts';

/** What the server promises to every API, tried with one that exists here alone. */

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Answer = ApiRoute['answer'];

async function serve(
  routes: { readonly [path: string]: Answer | Partial<ApiRoute> },
  limits: Partial<ApiPlugin['limits']> = {},
  options: ServerOptions = {},
): Promise<string> {
  const plugin: ApiPlugin = {
    name: 'trial',
    prefixes: ['/trial'],
    limits: { answerBytes: 1e6, bodyBytes: 100, deadlineMs: 60_000, concurrency: 8, largeConcurrency: 2, ...limits },
    failed: ({ status, message }) => ({ said: message, status }),
    routes: () =>
      Object.entries(routes).map(([path, route]): ApiRoute => {
        const own = typeof route === 'function' ? { answer: route } : route;
        return { method: 'GET', path, answer: () => ({}), ...own };
      }),
  };
  server = await startHttpServer([plugin], { port: 0, engineUrl: 'http://127.0.0.1:9', ...options });
  return `${server.url}/trial`;
}

/** Everything that comes on a plain connection, and how it ends. */
function rawAnswer(
  url: string,
  version: string,
  headers = '',
): Promise<{ readonly text: string; readonly end: string }> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${pathname} HTTP/${version}\r\nHost: ${hostname}\r\nConnection: close\r\n${headers}\r\n`),
    );
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ text, end: error.code! }));
    socket.on('end', () => resolve({ text, end: 'end' }));
  });
}

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('failures', () => {
  test("are said in the API's form, also where nothing is, or a body is too large", async () => {
    const url = await serve({
      '/refuses': () => {
        throw new AnswerError(418, 'teapot', 'no coffee here');
      },
      '/breaks': () => {
        throw new Error('secret');
      },
      '/takes': { method: 'POST' },
    });
    const get = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).json();
    expect(await get('/refuses')).toEqual({ said: 'no coffee here', status: 418 });
    expect(await get('/breaks')).toEqual({ said: 'the server failed; its log says why', status: 500 });
    expect(await get('/nothing')).toEqual({ said: 'nothing is at GET /trial/nothing', status: 404 });
    const large = await get('/takes', { method: 'POST', body: 'x'.repeat(101) });
    expect(large).toMatchObject({ status: 413 });
  });

  test('are logged, but not that a client went away before its answer', async () => {
    const logged: string[] = [];
    const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => void logged.push(text) };
    const asked = gate();
    const ended = gate();
    const waits: Answer = ({ options: { signal } }) => {
      asked.open();
      return new Promise((_, reject) =>
        signal!.addEventListener('abort', () => {
          reject(signal!.reason as Error);
          ended.open();
        }),
      );
    };
    const breaks: Answer = () => {
      throw new DOMException('of its own', 'AbortError');
    };
    const url = await serve({ '/waits': waits, '/breaks': breaks }, {}, { logger });
    const client = new AbortController();
    const gone = expect(fetch(`${url}/waits`, { signal: client.signal })).rejects.toThrow();
    await asked.opened;
    client.abort();
    await Promise.all([gone, ended.opened]);
    expect((await fetch(`${url}/breaks`)).status).toBe(500);
    expect(logged).toEqual([expect.stringContaining('of its own')]);
  });

  test('of a hook refuse the request', async () => {
    let isAnswered = false;
    const answer = () => {
      isAnswered = true;
      return {};
    };
    const access = {
      authenticate: () => Promise.reject(new Error('directory is away')),
      tenantOf: () => '',
    };
    const url = await serve({ '/x': answer }, {}, { access });
    expect((await fetch(`${url}/x`)).status).toBe(500);
    expect(isAnswered).toBe(false);
  });
});

describe('limits', () => {
  test('an answer that is longer than allowed is refused', async () => {
    const url = await serve({ '/long': () => ({ text: 'x'.repeat(200) }) }, { answerBytes: 100 });
    const answer = await fetch(`${url}/long`);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ said: 'the answer is longer than the 100 bytes that are allowed' });
  });

  test('answers beyond the concurrency wait for their turn; urgent ones do not', async () => {
    const held = gate();
    let running = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++running);
      await held.opened;
      running--;
      return {};
    };
    const url = await serve(
      { '/slow': slow, '/urgent': { answer: () => ({ ok: true }), isUrgent: true } },
      { concurrency: 2 },
    );
    const all = Array.from({ length: 5 }, () => fetch(`${url}/slow`));
    await eventually('two are in the making', () => running === 2);
    expect(await (await fetch(`${url}/urgent`)).json()).toEqual({ ok: true });
    held.open();
    for (const answer of await Promise.all(all)) expect(answer.status).toBe(200);
    expect(most).toBe(2);
  });
});

describe('streamed answers', () => {
  test('are one valid whole, compressed where the client takes it', async () => {
    const pieces = () => listPieces(Array.from({ length: 5000 }, (_, i) => JSON.stringify({ i })));
    const url = await serve({ '/list': () => new StreamedAnswer(JSON_TYPE, pieces()) });
    const plain = (await (await fetch(`${url}/list`)).json()) as unknown[];
    expect(plain).toHaveLength(5000);
    const { text } = await rawAnswer(`${url}/list`, '1.0', 'Accept-Encoding: zstd\r\n');
    const [head, body] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)];
    expect(head).toMatch(/content-encoding: zstd/i);
    expect(JSON.parse(zstdDecompressSync(Buffer.from(body, 'latin1')).toString())).toEqual(plain);
    expect(await (await fetch(`${url}/list`, { method: 'HEAD' })).text()).toBe('');
  });

  test('make no more than the client takes', async () => {
    let made = 0;
    let isEnded = false;
    function* pieces() {
      try {
        for (;;) {
          made++;
          yield 'x'.repeat(16 * 1024);
        }
      } finally {
        isEnded = true;
      }
    }
    const url = await serve({ '/endless': () => new StreamedAnswer(NDJSON_TYPE, pieces()) }, { answerBytes: 1e12 });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write('GET /trial/endless HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await eventually('the server waits for its client', async () => {
      const before = made;
      await turns(500);
      return before > 1 && made === before;
    });
    // What the sockets of both sides hold, and little more.
    expect(made * 16 * 1024).toBeLessThan(32 * 1024 * 1024);
    socket.destroy();
    await eventually('the pieces end', () => isEnded);
  });

  test('that fail before the first piece are a failure with its status', async () => {
    function* pieces(): Generator<string> {
      if (server !== undefined) throw new AnswerError(404, 'none', 'there is none');
      yield '';
    }
    const url = await serve({ '/none': () => new StreamedAnswer(JSON_TYPE, pieces()) });
    const answer = await fetch(`${url}/none`);
    expect([answer.status, await answer.json()]).toEqual([404, { said: 'there is none', status: 404 }]);
  });

  test.each([
    { name: 'fails', limit: 1e9, fails: true },
    { name: 'is too long', limit: 100_000, fails: false },
  ])('that $name in the middle ends in an error for every client', async ({ limit, fails }) => {
    function* pieces() {
      for (let i = 0; i < 20; i++) yield `${'line '.repeat(2000)}\n`;
      if (fails) throw new Error('the store went away');
      for (let i = 0; i < 200; i++) yield `${'line '.repeat(2000)}\n`;
    }
    const url = await serve({ '/lines': () => new StreamedAnswer(NDJSON_TYPE, pieces()) }, { answerBytes: limit });
    await expect(fetch(`${url}/lines`).then((answer) => answer.text())).rejects.toThrow();
    await expect(
      fetch(`${url}/lines`, { headers: { 'accept-encoding': 'zstd' } }).then((answer) => answer.text()),
    ).rejects.toThrow();
    // Without chunks the end of the connection would be the end of the answer.
    expect((await rawAnswer(`${url}/lines`, '1.0')).end).toBe('ECONNRESET');
  });
});
