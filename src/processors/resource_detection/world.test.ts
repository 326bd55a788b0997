import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fakeSettings } from '#component/testing.ts';
import { thisMachine, type World } from './world.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function served(answer: RequestListener): Promise<string> {
  const made = createServer(answer);
  server = made;
  await new Promise<void>((resolve) => {
    made.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

function machine(abort: AbortSignal = new AbortController().signal): World {
  return thisMachine({ abort, path: 'processors::a', userAgent: 'a', logger: fakeSettings().logger });
}

test('asks with a method and headers', async () => {
  const url = await served((request, response) => response.end(`${request.method} ${request.headers['x-a']}`));
  expect(await machine().ask(url, { method: 'PUT', headers: { 'x-a': 'b' } })).toEqual({ status: 200, text: 'PUT b' });
});

test('follows no redirect', async () => {
  const paths: unknown[] = [];
  const url = await served((request, response) => {
    paths.push(request.url);
    response.writeHead(302, { location: '/other' }).end();
  });
  expect((await machine().ask(`${url}/a`)).status).toBe(302);
  expect(paths).toEqual(['/a']);
});

test('takes no more than 1 MiB', async () => {
  const url = await served((_, response) => response.end(Buffer.alloc(2 * 1024 * 1024)));
  await expect(machine().ask(url)).rejects.toThrow('larger than 1 MiB');
});

test('stops with what it is asked for, or in time', async () => {
  const url = await served(() => undefined);
  await expect(machine().ask(url, { timeoutMs: 20 })).rejects.toThrow();
  const abort = new AbortController();
  const asked = machine(abort.signal).ask(url);
  abort.abort();
  await expect(asked).rejects.toThrow();
});
