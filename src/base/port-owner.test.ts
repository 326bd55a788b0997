import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { portOwner } from './port-owner.ts';

test.skipIf(!existsSync('/proc/net/tcp')).each(['127.0.0.1', '::', '0.0.0.0'])(
  'the process that listens on a port of %s is named, those that are connected to it are not',
  async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening').catch(() => undefined);
    // No IPv6 on this machine.
    if (!server.listening) return;
    const { port } = server.address() as { port: number };
    const client = connect(port, host === '127.0.0.1' ? host : 'localhost');
    await once(client, 'connect');
    expect(portOwner(port)).toEqual({ pid: process.pid, name: basename(process.argv0) });
    const clientPort = client.localPort!;
    expect(portOwner(clientPort)).toBeUndefined();
    client.destroy();
    server.close();
    await once(server, 'close');
    expect(portOwner(port)).toBeUndefined();
  },
);
