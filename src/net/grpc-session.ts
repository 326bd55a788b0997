import type { ServerHttp2Session } from 'node:http2';
import type { GrpcServerKeepalive } from '#config';

/** Ages are shortened or lengthened by up to a tenth, so that clients don't come back all at once (grpc-go does the same). */
const AGE_JITTER = 0.1;

/** Watches one connection: pings a silent client, and closes what is idle or too old. Times of 0 mean never. */
export class SessionKeeper {
  readonly #session: ServerHttp2Session;
  readonly #keepalive: GrpcServerKeepalive | undefined;
  /** `host:port` of the client. */
  readonly peer: string;
  #openCalls = 0;
  #idle: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #age: NodeJS.Timeout | undefined;

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

  opened(): void {
    this.#openCalls++;
    clearTimeout(this.#idle);
  }

  closed(): void {
    this.#openCalls--;
    this.#watchIdle();
  }

  stop(): void {
    clearTimeout(this.#idle);
    clearInterval(this.#ping);
    clearTimeout(this.#age);
  }

  #watchIdle(): void {
    const idleMs = this.#keepalive?.maxConnectionIdleMs ?? 0;
    if (idleMs === 0 || this.#openCalls > 0 || this.#session.destroyed) return;
    clearTimeout(this.#idle);
    this.#idle = after(idleMs, () => this.#session.close());
  }

  #sendPing(timeoutMs: number): void {
    if (this.#session.destroyed || this.#session.closed) return;
    const lost = after(timeoutMs, () => this.#session.destroy());
    this.#session.ping(() => clearTimeout(lost));
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

function after(ms: number, run: () => void): NodeJS.Timeout {
  const timer = setTimeout(run, ms);
  timer.unref();
  return timer;
}

function every(ms: number, run: () => void): NodeJS.Timeout {
  const timer = setInterval(run, ms);
  timer.unref();
  return timer;
}
