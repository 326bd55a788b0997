import { after, every, type Timer } from '#base';
import type { GrpcServerKeepalive } from '#config';
import type { Watched } from './due-watch.ts';
import type { Http2ServerConnection } from './http2/index.ts';

/** Ages are shortened or lengthened by up to a tenth, so that clients don't come back all at once (grpc-go does the same). */
const AGE_JITTER = 0.1;

export interface SessionKeeping {
  readonly keepalive: GrpcServerKeepalive | undefined;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Watches one connection: pings a silent client, and closes what is idle or too old. Times of 0 mean never. */
export class SessionKeeper {
  readonly connection: Http2ServerConnection;
  /** `host:port` of the client. */
  readonly peer: string;
  /** Calls whose requests are not complete, the oldest first. */
  readonly halfSent: Set<Watched> = new Set();
  /** Resolves when the connection's socket is closed: what was sent on it has reached the client. */
  readonly closed: Promise<void>;
  readonly #keepalive: GrpcServerKeepalive | undefined;
  #openCalls = 0;
  #idle: Timer | undefined;
  #ping: Timer | undefined;
  #age: Timer | undefined;

  constructor(connection: Http2ServerConnection, peer: string, { keepalive, random }: SessionKeeping) {
    this.connection = connection;
    this.peer = peer;
    this.closed = new Promise((resolve) => void connection.socket.once('close', () => resolve()));
    this.#keepalive = keepalive;
    if (keepalive === undefined) return;
    if (keepalive.timeMs > 0) this.#ping = every(keepalive.timeMs, () => this.#sendPing(keepalive.timeoutMs));
    if (keepalive.maxConnectionAgeMs > 0) {
      const jitter = 1 + (random() * 2 - 1) * AGE_JITTER;
      this.#age = after(keepalive.maxConnectionAgeMs * jitter, () =>
        this.#endOfLife(keepalive.maxConnectionAgeGraceMs),
      );
    }
    this.#watchIdle();
  }

  get openCalls(): number {
    return this.#openCalls;
  }

  opened(): void {
    this.#openCalls++;
    this.#idle?.cancel();
  }

  ended(): void {
    this.#openCalls--;
    this.#watchIdle();
  }

  /** The connection is over. */
  stop(): void {
    this.#idle?.cancel();
    this.#ping?.cancel();
    this.#age?.cancel();
  }

  #watchIdle(): void {
    const idleMs = this.#keepalive?.maxConnectionIdleMs ?? 0;
    if (idleMs === 0 || this.#openCalls > 0 || this.connection.isOver) return;
    this.#idle?.cancel();
    this.#idle = after(idleMs, () => this.connection.close());
  }

  #sendPing(timeoutMs: number): void {
    if (this.connection.isClosing) return;
    const lost = after(timeoutMs, () => this.connection.destroy());
    this.connection.ping(() => lost.cancel());
  }

  #endOfLife(graceMs: number): void {
    this.connection.close();
    if (graceMs > 0) this.#age = after(graceMs, () => this.connection.destroy());
  }
}

/** `host:port`, with brackets around an IPv6 address; '' for a unix socket. */
export function peerText(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
