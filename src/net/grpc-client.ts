import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { after, messageOf, onAbort, sleep, type Timer } from '#base';
import type { GrpcClientKeepalive } from '#config';
import { type Coding, deflate } from './codings.ts';
import { AnswerReader } from './grpc-answer.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { ACCEPTED_ENCODINGS, PREFIX_BYTES } from './grpc-frames.ts';
import type { GrpcTarget } from './grpc-target.ts';
import { encodeHeaders } from './http2/index.ts';
import type { ProxyOf } from './proxy.ts';
import { type RequestHeaders, sentHeaders } from './request-headers.ts';
import { GRPC, type RpcStatus } from './status.ts';
import type { ClientTls } from './tls.ts';

export interface GrpcClientSettings {
  readonly target: GrpcTarget;
  /** For connections made from now on. */
  readonly tls: (() => ClientTls) | undefined;
  /** Says through which proxy the target is reached. */
  readonly proxyOf: ProxyOf;
  /** Replaces the target's own `:authority`; '' to keep it. */
  readonly authority: string;
  readonly userAgent: string;
  /** Names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'snappy' | 'zstd' | undefined;
  readonly keepalive: GrpcClientKeepalive | undefined;
  /** Wait for a connection until the deadline, where otherwise a call fails at once while the peer can't be reached. */
  readonly waitForReady: boolean;
  /** Spread calls over all addresses of the name; otherwise use the first that answers. */
  readonly isRoundRobin: boolean;
  /** In [0, 1). */
  readonly random: () => number;
}

/** A call that failed, at the peer or on the way. */
export class GrpcCallError extends Error {
  override name = 'GrpcCallError';
  readonly status: RpcStatus;
  constructor(status: RpcStatus) {
    super(status.message);
    this.status = status;
  }
}

/** What a `grpc-encoding` is in our content codings: Go's snappy for gRPC writes the framed format. */
const CODINGS: Readonly<Record<'gzip' | 'snappy' | 'zstd', Coding>> = {
  gzip: 'gzip',
  snappy: 'x-snappy-framed',
  zstd: 'zstd',
};
/** A call that the peer has refused to look at goes out again at once, so often. */
const TRANSPARENT_RETRIES = 2;
const RESOLVE_AGAIN_MS = 1000;

/** Unary gRPC calls over HTTP/2, with messages as bytes. Connects when it is first called, and again when a connection is lost. */
export class GrpcClient {
  readonly #settings: GrpcClientSettings;
  readonly #headers: Readonly<Record<string, string>>;
  #connections: GrpcConnection[] = [];
  #resolving: Promise<void> | undefined;
  #needsResolve = true;
  #next = 0;
  #isClosed = false;

  constructor(settings: GrpcClientSettings) {
    const { target, tls, authority, userAgent, metadata, compression } = settings;
    this.#settings = settings;
    this.#headers = {
      ':method': 'POST',
      ':scheme': tls === undefined ? 'http' : 'https',
      ':authority': authority === '' ? target.authority : authority,
      'user-agent': userAgent,
      ...metadata,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-accept-encoding': ACCEPTED_ENCODINGS,
      ...(compression !== undefined && { 'grpc-encoding': compression }),
    };
  }

  /**
   * Sends one message, given in parts, and returns the answer's message. `timeoutMs` 0 means no limit. Rejects with a GrpcCallError;
   * with CANCELLED soon after `abort`. `metadata` is of this call.
   */
  async call(
    path: string,
    parts: readonly Uint8Array[],
    timeoutMs: number,
    abort?: AbortSignal,
    metadata: RequestHeaders = {},
  ): Promise<Uint8Array> {
    const deadlineMs = timeoutMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
    const frame = await this.#frame(parts);
    for (let attempt = 0; ; attempt++) {
      if (abort?.aborted === true) throw new GrpcCallError(CANCELLED);
      const connection = await this.#pick(deadlineMs);
      const leave = connection.enter();
      try {
        return await this.#send(connection, { ...metadata, ':path': path }, frame, deadlineMs, abort);
      } catch (error) {
        if (!(error instanceof NotSent) || attempt === TRANSPARENT_RETRIES) throw error;
      } finally {
        leave();
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections.splice(0)) connection.close();
  }

  /** The message's prefix and its parts. Nothing is copied unless it is compressed. */
  async #frame(parts: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const { compression } = this.#settings;
    const prefix = Buffer.alloc(PREFIX_BYTES);
    let body = parts;
    if (compression !== undefined) {
      body = [await deflate(CODINGS[compression], parts.length === 1 ? parts[0]! : Buffer.concat(parts))];
      prefix[0] = 1;
    }
    prefix.writeUInt32BE(
      body.reduce((bytes, part) => bytes + part.length, 0),
      1,
    );
    return [prefix, ...body];
  }

  #send(
    connection: GrpcConnection,
    own: RequestHeaders,
    frame: readonly Uint8Array[],
    deadlineMs: number,
    abort: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const leftMs = deadlineMs - performance.now();
    const headers = sentHeaders<string>({ ...this.#headers, ...own });
    if (leftMs !== Number.POSITIVE_INFINITY) headers['grpc-timeout'] = grpcTimeout(leftMs);
    let block: Uint8Array;
    try {
      block = encodeHeaders(headers);
    } catch (error) {
      return Promise.reject(new GrpcCallError(failure(GRPC.internal, messageOf(error))));
    }
    const stream = connection.session!.request(block);
    const reader = new AnswerReader(stream, leftMs);
    for (const part of frame) stream.write(part);
    stream.end();
    const stopWatching = onAbort(abort, () => reader.cancel());
    return reader.answer.then((outcome) => {
      stopWatching();
      if (outcome.kind === 'message') return outcome.message;
      throw outcome.wasRefused ? new NotSent(outcome.status) : new GrpcCallError(outcome.status);
    });
  }

  /** A connection that is ready. Rejects with UNAVAILABLE where none can be had now, or DEADLINE_EXCEEDED. */
  async #pick(deadlineMs: number): Promise<GrpcConnection> {
    for (;;) {
      if (this.#isClosed) throw new GrpcCallError(unavailable('the client is closed'));
      if (this.#needsResolve) await this.#resolve(deadlineMs);
      this.#ensure();
      const ready = this.#connections.filter((connection) => connection.session !== undefined);
      if (ready.length > 0) return ready[this.#next++ % ready.length]!;
      const pending = this.#connections.flatMap(({ connecting }) => (connecting === undefined ? [] : [connecting]));
      if (pending.length > 0) await within(Promise.race(pending), deadlineMs, 'while connecting');
      else if (!this.#isReady()) await this.#waitOrFail(deadlineMs);
    }
  }

  #isReady(): boolean {
    return this.#connections.some((connection) => connection.session !== undefined);
  }

  /** Opens the connections that are missing: all of them, or for the first-come policy one if there is none. */
  #ensure(): void {
    if (this.#settings.isRoundRobin) {
      for (const connection of this.#connections) connection.ensure();
      return;
    }
    for (const connection of this.#connections) {
      if (connection.session !== undefined) return;
      connection.ensure();
      if (connection.connecting !== undefined) return;
    }
  }

  /** No connection, and no attempt may begin now. */
  async #waitOrFail(deadlineMs: number): Promise<void> {
    this.#needsResolve = true;
    const errors = this.#connections.map(({ error }) => error).filter((error) => error !== '');
    const reason = errors.at(-1) ?? 'no addresses';
    if (!this.#settings.waitForReady) {
      throw new GrpcCallError(unavailable(`connection error: ${this.#settings.target.authority}: ${reason}`));
    }
    const soonestMs = Math.min(...this.#connections.map(({ retryAtMs }) => retryAtMs)) - performance.now();
    await within(sleep(Math.max(10, Math.min(soonestMs, RESOLVE_AGAIN_MS))), deadlineMs, `while waiting: ${reason}`);
  }

  async #resolve(deadlineMs: number): Promise<void> {
    this.#resolving ??= this.#lookUp().finally(() => {
      this.#resolving = undefined;
    });
    try {
      await within(this.#resolving, deadlineMs, 'while resolving the name');
    } catch (error) {
      if (error instanceof GrpcCallError) throw error;
      if (!this.#settings.waitForReady)
        throw new GrpcCallError(unavailable(`name resolver error: ${messageOf(error)}`));
      await within(sleep(RESOLVE_AGAIN_MS), deadlineMs, `while resolving the name: ${messageOf(error)}`);
    }
  }

  /** Looks the name up and keeps the connections to addresses that it still stands for. */
  async #lookUp(): Promise<void> {
    const { target } = this.#settings;
    const isName = target.kind === 'tcp' && isIP(target.host) === 0 && this.#proxy() === undefined;
    const found = isName ? await lookup(target.host, { all: true }) : [{ address: target.host }];
    const hosts = [...new Set(found.map(({ address }) => address))];
    const kept = this.#connections.filter(({ address }) => hosts.includes(address.host));
    for (const connection of this.#connections) if (!kept.includes(connection)) connection.close();
    const added = hosts.filter((host) => !kept.some(({ address }) => address.host === host));
    this.#connections = [...kept, ...added.map((host) => this.#connectionTo(host))];
    this.#needsResolve = false;
    if (this.#isClosed) this.close();
  }

  /** As grpc-go, which asks as for https whatever the target speaks: plain text needs the tunnel, too. */
  #proxy(): URL | undefined {
    const { target, proxyOf } = this.#settings;
    if (target.kind === 'unix') return undefined;
    return proxyOf({ isSecure: true, hostname: target.host, port: String(target.port) });
  }

  #connectionTo(host: string): GrpcConnection {
    const { target, tls, keepalive, random } = this.#settings;
    return new GrpcConnection({
      address: { host, port: target.port },
      proxy: this.#proxy(),
      serverName: target.kind === 'unix' ? 'localhost' : target.host,
      tls,
      keepalive,
      random,
      onLost: () => {
        this.#needsResolve = true;
      },
    });
  }
}

const CANCELLED: RpcStatus = { code: GRPC.cancelled, message: 'cancelled', retryAfterMs: undefined };

/** The peer has not looked at the call: it may go out again without a risk of doing it twice. */
class NotSent extends GrpcCallError {}

function unavailable(message: string): RpcStatus {
  return failure(GRPC.unavailable, message);
}

function failure(code: number, message: string): RpcStatus {
  return { code, message, retryAfterMs: undefined };
}

/** At most 8 digits and a unit. */
function grpcTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  return whole < 100_000_000 ? `${whole}m` : `${Math.ceil(whole / 1000)}S`;
}

/** Rejects with DEADLINE_EXCEEDED where `work` is not over by then. */
async function within<T>(work: Promise<T>, deadlineMs: number, what: string): Promise<T> {
  if (deadlineMs === Number.POSITIVE_INFINITY) return work;
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    const status = {
      code: GRPC.deadlineExceeded,
      message: `context deadline exceeded ${what}`,
      retryAfterMs: undefined,
    };
    timer = after(Math.max(0, deadlineMs - performance.now()), () => reject(new GrpcCallError(status)), {
      keepsAlive: true,
    });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}
