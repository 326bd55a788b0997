import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { after, every, type Timer } from '#base';
import type { GrpcClientKeepalive } from '#config';
import { Http2ClientConnection } from './http2/index.ts';
import { networkMessage } from './network-error.ts';
import { connectThroughProxy } from './proxy.ts';
import type { ClientTls } from './tls.ts';

/** One address that a target's name stands for. */
export interface GrpcAddress {
  readonly host: string;
  /** 0: `host` is the path of a unix socket. */
  readonly port: number;
}

export interface GrpcConnectionSettings {
  readonly address: GrpcAddress;
  /** The name that the certificate must be for, where the address is not it. */
  readonly serverName: string;
  /** For connections made from now on. */
  readonly tls: (() => ClientTls) | undefined;
  /** The proxy on the way, which looks `address.host` up itself. */
  readonly proxy: URL | undefined;
  readonly keepalive: GrpcClientKeepalive | undefined;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called when a connection that was ready is no more. */
  onLost(): void;
}

/** grpc/grpc doc/connection-backoff.md. */
const BACKOFF_INITIAL_MS = 1000;
const BACKOFF_FACTOR = 1.6;
const BACKOFF_MAX_MS = 120_000;
const BACKOFF_JITTER = 0.2;
const CONNECT_TIMEOUT_MS = 20_000;

/** One HTTP/2 connection to one address: opened when it is needed, and not sooner after a failure than the backoff says. */
export class GrpcConnection {
  readonly #settings: GrpcConnectionSettings;
  #session: Http2ClientConnection | undefined;
  /** All that aren't over: also the one that is not ready yet, and those that the peer goes away from, whose calls go on. */
  readonly #sessions = new Set<Http2ClientConnection>();
  #connecting: Promise<void> | undefined;
  #failures = 0;
  #retryAtMs = 0;
  #error = '';
  #openCalls = 0;
  #isClosed = false;
  #ping: Timer | undefined;

  constructor(settings: GrpcConnectionSettings) {
    this.#settings = settings;
  }

  get address(): GrpcAddress {
    return this.#settings.address;
  }
  /** The session to send on; undefined while there is none. */
  get session(): Http2ClientConnection | undefined {
    return this.#session;
  }
  /** Settles, and never rejects, when the attempt that is under way is over. */
  get connecting(): Promise<void> | undefined {
    return this.#connecting;
  }
  /** Why the last attempt failed. */
  get error(): string {
    return this.#error;
  }
  /** When the next attempt may begin, in milliseconds of performance.now(). */
  get retryAtMs(): number {
    return this.#retryAtMs;
  }

  /** Starts an attempt, if there is neither a connection nor an attempt and the backoff is over. */
  ensure(): void {
    if (this.#session !== undefined || this.#connecting !== undefined || this.#isClosed) return;
    if (performance.now() < this.#retryAtMs) return;
    this.#connecting = this.#connect().then(
      (session) => this.#ready(session),
      (error: unknown) => this.#failed(error),
    );
  }

  /** Marks a call as open; the result marks it as done. */
  enter(): () => void {
    this.#openCalls++;
    return () => {
      this.#openCalls--;
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#ping?.cancel();
    for (const session of this.#sessions) session.destroy();
    this.#session = undefined;
  }

  async #connect(): Promise<Http2ClientConnection> {
    const socket = await this.#open();
    return this.#speak(socket);
  }

  #speak(socket: Socket): Promise<Http2ClientConnection> {
    return new Promise((resolve, reject) => {
      const session = new Http2ClientConnection(socket, {
        // Only the peer's settings prove that it speaks HTTP/2.
        onReady: () => {
          tooLate.cancel();
          resolve(session);
        },
        onLeaving: () => this.#lost(session),
        onEnded: (error) => {
          tooLate.cancel();
          this.#sessions.delete(session);
          reject(error ?? new Error('the connection was closed before it was ready'));
          this.#lost(session);
        },
      });
      const giveUp = (): void => session.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`));
      const tooLate = after(CONNECT_TIMEOUT_MS, giveUp, { keepsAlive: true });
      this.#sessions.add(session);
      if (this.#isClosed) session.destroy();
    });
  }

  #lost(session: Http2ClientConnection): void {
    if (this.#session !== session) return;
    this.#ping?.cancel();
    this.#session = undefined;
    this.#settings.onLost();
  }

  async #open(): Promise<Socket> {
    const { address, tls, serverName, proxy } = this.#settings;
    const { host, port } = address;
    const hostPort = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const tunnel = proxy && (await connectThroughProxy(proxy, hostPort, CONNECT_TIMEOUT_MS));
    const where = port === 0 ? { path: host } : { host, port };
    if (tls === undefined) return tunnel ?? connectTcp({ ...where, noDelay: true });
    const { servername, ...context } = tls();
    const name = servername || serverName;
    return connectTls({
      ...(tunnel === undefined ? where : { socket: tunnel }),
      ...context,
      ...(isIP(name) === 0 ? { servername: name } : { host: name }),
      ALPNProtocols: ['h2'],
    });
  }

  #ready(session: Http2ClientConnection): void {
    this.#connecting = undefined;
    if (this.#isClosed || session.isClosing) {
      session.destroy();
      // Waits before the next attempt, or a server that sends everybody away at once would have us come back without a pause.
      this.#failed(new Error('the server goes away'));
      return;
    }
    this.#session = session;
    this.#failures = 0;
    this.#error = '';
    this.#keepAlive(session);
  }

  #failed(error: unknown): void {
    this.#connecting = undefined;
    this.#error = networkMessage(error);
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_INITIAL_MS * BACKOFF_FACTOR ** this.#failures);
    const jitter = 1 + (this.#settings.random() * 2 - 1) * BACKOFF_JITTER;
    this.#retryAtMs = performance.now() + backoffMs * jitter;
    this.#failures++;
  }

  /** Pings the peer and gives the connection up when no answer comes. */
  #keepAlive(session: Http2ClientConnection): void {
    const { keepalive } = this.#settings;
    if (keepalive === undefined || keepalive.timeMs <= 0) return;
    this.#ping = every(keepalive.timeMs, () => {
      if (this.#openCalls === 0 && !keepalive.permitWithoutStream) return;
      const giveUp = (): void => session.destroy(new Error('keepalive ping was not answered'));
      const silent = after(keepalive.timeoutMs, giveUp);
      session.ping(() => silent.cancel());
    });
  }
}
