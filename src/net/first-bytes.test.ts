import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { lookAtFirstBytes } from './first-bytes.ts';

const open: { destroy?(): void; close?(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) (one.destroy ?? one.close)?.call(one);
});

async function listening(
  isWanted: (first: Uint8Array) => boolean,
): Promise<{ server: Server; got: string[]; end: () => void }> {
  const got: string[] = [];
  const server = createServer((socket) => {
    open.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => got.push(data.toString()));
  });
  const end = lookAtFirstBytes(server, isWanted);
  server.listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  return { server, got, end };
}

async function client(server: Server): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  open.push(socket);
  await once(socket, 'connect');
  return socket;
}

test('a connection that is wanted loses none of its bytes', async () => {
  const { server, got } = await listening((first) => first[0] === 'a'.charCodeAt(0));
  const socket = await client(server);
  socket.write('ab');
  await eventually('the first bytes', () => got.join('') === 'ab');
  socket.write('cd');
  await eventually('the next bytes', () => got.join('') === 'abcd');
});

test('another one is closed, and the server never sees it', async () => {
  const { server, got } = await listening((first) => first[0] === 'a'.charCodeAt(0));
  const socket = await client(server);
  const closed = once(socket, 'close');
  socket.write('xy');
  await closed;
  expect(got).toEqual([]);
});

test('those that have said nothing are closed when asked for', async () => {
  const { server, end } = await listening(() => true);
  const socket = await client(server);
  const closed = once(socket, 'close');
  await eventually('the connection', async () => {
    const count = await new Promise<number>((resolve) => server.getConnections((_error, value) => resolve(value)));
    return count === 1;
  });
  end();
  await closed;
});
