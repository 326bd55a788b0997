import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { StartError } from '#base';
import { type ListenPlace, listenOn } from './listen.ts';

const KEY = 'receivers::otlp::protocols::http::endpoint';
const servers: Server[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function server(name = ''): Server {
  const made = createServer((socket) => socket.on('error', () => undefined).end(name));
  servers.push(made);
  return made;
}
const place = (endpoint: string, transport: ListenPlace['transport'] = 'tcp'): ListenPlace => ({
  key: KEY,
  endpoint,
  transport,
});

async function said(options: { port?: number; path?: string }): Promise<string> {
  const socket = connect({ host: '127.0.0.1', ...options } as never);
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (data) => (text += data.toString()));
  await once(socket, 'close');
  return text;
}

test('localhost is named as it was written, with the real port', async () => {
  const { address, port } = await listenOn(server('a'), place('localhost:0'));
  expect(address).toBe(`localhost:${port}`);
  expect(await said({ port })).toBe('a');
});

test('a taken port is a StartError that names the key and the way out', async () => {
  const { port } = await listenOn(server(), place('127.0.0.1:0'));
  const error = await listenOn(server(), place(`127.0.0.1:${port}`)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartError);
  expect(error).toMatchObject({
    message: `${KEY}: 127.0.0.1:${port} is already in use`,
    hint: `stop the program that has it, or choose another address: --set ${KEY}=HOST:PORT`,
  });
});

test.each([
  ['no port', 'localhost', 'expected host:port, got "localhost"'],
  ['an address of elsewhere', '192.0.2.1:0', 'is not an address of this machine'],
])('%s is refused', async (_name, endpoint, message) => {
  await expect(listenOn(server(), place(endpoint))).rejects.toThrow(message);
});

test('an address moves to another server without a gap', async () => {
  const first = await listenOn(server('first'), place('127.0.0.1:0'));
  const second = await first.moveTo!(server('second'));
  expect(second.port).toBe(first.port);
  expect(await said({ port: first.port })).toBe('second');
});

test('a socket file that nobody listens on is replaced, one in use is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'listen-'));
  folders.push(folder);
  const path = join(folder, 's');
  await listenOn(server('a'), place(path, 'unix'));
  await expect(listenOn(server('b'), place(path, 'unix'))).rejects.toThrow('is already in use');
  expect(await said({ path })).toBe('a');
});
