import type { ServerHttp2Session } from 'node:http2';
import { after, every, type Timer } from '#base';
import type { GrpcServerKeepalive } from '#config';
import type { Watched } from './due-watch.ts';

/** Ages are shortened or lengthened by up to a tenth, so that clients don't come back all at once (grpc-go does the same). */
const AGE_JITTER = 0.1;

/** Watches one connection: pings a silent client, and closes what is idle or too old. Times of 0 mean never. */
export class SessionKeeper {
  readonly #session: ServerHttp2Session;
  readonly #keepalive: GrpcServerKeepalive | undefined;
  /** `host:port` of the client. */
  readonly peer: string;
  #openCalls = 0;
  /** Calls whose requests are not complete, the oldest first. */
  readonly halfSent: Set<Watched> = new Set();
  #idle: Timer | undefined;
  #ping: Timer | undefined;
  #age: Timer | undefined;

  constructor(session: ServerHttp2Session, keepalive: GrpcServerKeepalive | undefined, random: () => number) {
    this.#session = session;
    this.#keepalive = keepalive;
    const { remoteAddress, remotePort } = session.socket;
    this.peer = peerText(remoteAddress, remotePort);
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

  closed(): void {
    this.#openCalls--;
    this.#watchIdle();
  }

  stop(): void {
    this.#idle?.cancel();
    this.#ping?.cancel();
    this.#age?.cancel();
  }

  #watchIdle(): void {
    const idleMs = this.#keepalive?.maxConnectionIdleMs ?? 0;
    if (idleMs === 0 || this.#openCalls > 0 || this.#session.destroyed) return;
    this.#idle?.cancel();
    this.#idle = after(idleMs, () => this.#session.close());
  }

  #sendPing(timeoutMs: number): void {
    if (this.#session.destroyed || this.#session.closed) return;
    const lost = after(timeoutMs, () => this.#session.destroy());
    this.#session.ping(() => lost.cancel());
  }

  #endOfLife(graceMs: number): void {
    this.#session.close();
    if (graceMs > 0) this.#age = after(graceMs, () => this.#session.destroy());
  }
}

/** `host:port`, with brackets around an IPv6 address; '' for a unix socket. */
export function peerText(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
