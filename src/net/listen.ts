import { unlink } from 'node:fs/promises';
import { connect, createServer, Server } from 'node:net';
import { messageOf, StartError } from '#base';
import { parseHostPort } from '#config';

/** Where a server's address stands in the configuration, for the error when it can't be had. */
export interface ListenPlace {
  /** For example `receivers::otlp::protocols::grpc::endpoint`. */
  readonly key: string;
  readonly endpoint: string;
  readonly transport: 'tcp' | 'tcp4' | 'tcp6' | 'unix';
}

export interface Listening {
  /** `host:port` with the real port, or the path. */
  readonly address: string;
  readonly port: number;
  /** Takes no more connections. Those that are open stay. */
  stop(): void;
  /**
   * Hands the address to another server: all connections from now on are its own, and none is refused between. This one has stopped
   * then. Undefined for unix sockets, where there is no way.
   */
  readonly moveTo: ((server: Server) => Promise<Listening>) | undefined;
}

/**
 * Binds a server (HTTP, HTTPS, HTTP/2) to an endpoint of the configuration. `localhost` means both 127.0.0.1 and ::1, because clients
 * take one or the other; an empty host means all addresses. Throws a StartError that names the key, and the flag that sets it.
 */
export async function listenOn(server: Server, place: ListenPlace): Promise<Listening> {
  if (place.transport === 'unix') return listenOnPath(server, place);
  const address = parseHostPort(place.endpoint);
  if (address === undefined) throw new StartError(`${place.key}: expected host:port, got "${place.endpoint}"`);
  const { host, port } = address;
  if (host !== 'localhost' || place.transport === 'tcp6') {
    await bind(server, { port, ...hostOption(host, place.transport) }, place);
    return listening(server, host === '' ? '0.0.0.0' : host, undefined);
  }
  await bind(server, { port, host: '127.0.0.1' }, place);
  const second = place.transport === 'tcp' ? await listenOnLoopback6(server) : undefined;
  return listening(server, 'localhost', second);
}

interface BindOptions {
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
  readonly ipv6Only?: boolean;
}

function hostOption(host: string, transport: ListenPlace['transport']): BindOptions {
  if (host !== '') return { host };
  if (transport === 'tcp4') return { host: '0.0.0.0' };
  return transport === 'tcp6' ? { host: '::', ipv6Only: true } : {};
}

/** A listener that hands its connections to the server that it belongs to at the time. */
interface SecondListener {
  readonly server: Server;
  owner: Server;
}

/** A second listener on ::1. Absent where the machine has no ::1 or the port is taken there. */
async function listenOnLoopback6(owner: Server): Promise<SecondListener | undefined> {
  const { port } = owner.address() as { port: number };
  const server = createServer({ noDelay: true }, (socket) => second.owner.emit('connection', socket));
  if (owner.maxConnections !== undefined) server.maxConnections = owner.maxConnections;
  server.on('drop', (place) => second.owner.emit('drop', place));
  const second = { server, owner };
  try {
    await listen(server, { port, host: '::1' });
    return second;
  } catch {
    return undefined;
  }
}

function listening(server: Server, host: string, second: SecondListener | undefined): Listening {
  const { port } = server.address() as { port: number };
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    stop: () => {
      stopListening(server);
      if (second?.owner === server) stopListening(second.server);
    },
    moveTo: async (next) => {
      await move(server, next);
      if (second !== undefined) second.owner = next;
      return listening(next, host, second);
    },
  };
}

/** Those of HTTP close connections too. */
function stopListening(server: Server): void {
  if (server.listening) Server.prototype.close.call(server);
}

/** Node lets a server listen on another one's handle, which then belongs to both: the other one must forget it. */
function move(server: Server, next: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    next.once('error', reject);
    next.listen(server, () => {
      next.off('error', reject);
      resolve();
    });
    (server as unknown as { _handle: unknown })._handle = null;
  });
}

async function listenOnPath(server: Server, place: ListenPlace): Promise<Listening> {
  const path = place.endpoint.replace(/^unix:(\/\/)?/, '');
  if (await isStaleSocket(path)) await unlink(path);
  await bind(server, { path }, place);
  return { address: path, port: 0, stop: () => stopListening(server), moveTo: undefined };
}

/** A socket file that nobody listens on: left behind by a process that was killed. */
function isStaleSocket(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error) => resolve((error as NodeJS.ErrnoException).code === 'ECONNREFUSED'));
  });
}

async function bind(server: Server, options: BindOptions, place: ListenPlace): Promise<void> {
  try {
    await listen(server, options);
  } catch (error) {
    throw bindError(error, place);
  }
}

function listen(server: Server, options: BindOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error);
    server.once('error', fail);
    server.listen({ backlog: 1024, ...options }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function bindError(error: unknown, place: ListenPlace): StartError {
  const { key, endpoint } = place;
  const code = (error as NodeJS.ErrnoException).code;
  const set = `--set ${key}=${place.transport === 'unix' ? 'PATH' : 'HOST:PORT'}`;
  switch (code) {
    case 'EADDRINUSE':
      return new StartError(
        `${key}: ${endpoint} is already in use`,
        `stop the program that has it, or choose another address: ${set}`,
        { cause: error },
      );
    case 'EACCES':
      return new StartError(`${key}: no permission to listen on ${endpoint}`, `choose another address: ${set}`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartError(
        `${key}: ${endpoint} is not an address of this machine`,
        `use localhost:PORT for this machine only or 0.0.0.0:PORT for all addresses: ${set}`,
        { cause: error },
      );
    default:
      return new StartError(`${key}: can't listen on ${endpoint}: ${messageOf(error)}`, undefined, { cause: error });
  }
}
