import { createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type TLSSocket,
  Server as TlsServer,
} from 'node:tls';
import { after, messageOf } from '#base';
import { type HostGuard, hostRefusal } from '#base/host-guard.ts';
import { isTlsHello } from '#base/tls-hello.ts';
import type { GrpcServerKeepalive } from '#config';
import type { AuthAttributes, Authenticate } from './authenticate.ts';
import type { ByteBudget } from './budget.ts';
import { limitConnections } from './connection-limit.ts';
import { DueWatch } from './due-watch.ts';
import { statusOf, UnaryCall } from './grpc-call.ts';
import type { GrpcHandler } from './grpc-handler.ts';
import { OpenStream } from './grpc-open-stream.ts';
import { peerText, SessionKeeper } from './grpc-session.ts';
import { HTTP2_ERROR, type Http2Headers, Http2ServerConnection, type Http2Stream } from './http2/index.ts';
import { type Listening, type ListenPlace, listenOn } from './listen.ts';
import { networkMessage } from './network-error.ts';
import { GRPC, type RpcStatus } from './status.ts';
import type { ServerTls } from './tls.ts';

export interface GrpcServerSettings {
  readonly maxMessageBytes: number;
  /** Calls at a time on one connection. */
  readonly maxConcurrentStreams: number;
  /** And on all of them; 0 means no limit. */
  readonly maxStreams: number;
  /** Connections at a time; 0 means no limit. */
  readonly maxConnections: number;
  /** How long a client may take for a request, and for reading the answer; 0 means no limit. Longer for what is large: `requestDueMs`. */
  readonly requestTimeoutMs: number;
  readonly keepalive: GrpcServerKeepalive | undefined;
  readonly tls: ServerTls | undefined;
  /** Which authorities calls may name. */
  readonly hosts: HostGuard;
  /** Shared with others: how many bytes of messages may be in the memory. */
  readonly budget: ByteBudget;
  /** In [0, 1). */
  readonly random: () => number;
  /** Who may call; undefined for everyone. */
  readonly authenticate: Authenticate | undefined;
  /** By path: `/package.Service/Method`. */
  readonly handlers: ReadonlyMap<string, GrpcHandler>;
  /** Called for a request that failed before a handler saw it, with the path. */
  onFailure(path: string, failure: RpcStatus): void;
  /** Called when a connection speaks something else than HTTP/2. */
  onBadConnection(message: string): void;
  /** Called for each connection that is one too many. */
  onConnectionDropped(): void;
  /** Called when a client didn't get through the TLS handshake. */
  onTlsRejected(error: Error, socket: TLSSocket): void;
  /** Called when a client speaks TLS and this server doesn't. */
  onTlsHello(socket: Socket): void;
}

/** A client may send so much before it must wait for us. */
const WINDOWS = { streamBytes: 1024 * 1024, connectionBytes: 4 * 1024 * 1024 };
const TOO_MANY_STREAMS: RpcStatus = {
  code: GRPC.unavailable,
  message: 'too many calls at a time',
  retryAfterMs: undefined,
};
const CONTENT_TYPE = /^application\/grpc($|[;+])/;

/** A server for gRPC calls of one message, answered by one or many, with messages as bytes. */
export class GrpcServer {
  #settings: GrpcServerSettings;
  readonly #server: Server;
  readonly #sessions = new Set<SessionKeeper>();
  #listening: Listening | undefined;
  readonly #watch = new DueWatch();
  #openStreams = 0;

  constructor(settings: GrpcServerSettings) {
    this.#settings = settings;
    this.#server = settings.tls === undefined ? this.#plainServer() : this.#tlsServer(settings.tls);
    limitConnections(this.#server, settings.maxConnections);
    this.#server.on('drop', () => this.#settings.onConnectionDropped());
  }

  #plainServer(): Server {
    return createServer({ noDelay: true }, (socket) => this.#take(socket, true));
  }

  #tlsServer(tls: ServerTls): Server {
    const server = createTlsServer({ ...tls, noDelay: true, ALPNProtocols: ['h2'] }, (socket) => {
      if (socket.alpnProtocol === 'h2') this.#take(socket, false);
      else {
        this.#settings.onBadConnection('the client does not offer HTTP/2 (ALPN)');
        socket.on('error', () => undefined).destroy();
      }
    });
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => this.#settings.onTlsRejected(error, socket));
    return server;
  }

  /** Goes on with other handlers; the settings that shape connections must be the same. */
  adopt(settings: GrpcServerSettings): void {
    this.#settings = settings;
    limitConnections(this.#server, settings.maxConnections);
    settings.hosts.listensOn(this.#server.address());
    if (settings.tls !== undefined) this.setTls(settings.tls);
  }

  /** Listens, on the address of another server if one is given. Throws a StartError where the address can't be had. */
  async listen(place: ListenPlace, before?: Listening): Promise<Listening> {
    this.#listening = (await before?.moveTo?.(this.#server)) ?? (await listenOn(this.#server, place));
    this.#settings.hosts.listensOn(this.#server.address());
    this.#server.on('error', (error: Error) => this.#settings.onBadConnection(messageOf(error)));
    return this.#listening;
  }

  /** Where the listener is whose connections it takes. */
  answersAt(address: ReturnType<Server['address']>): void {
    this.#settings.hosts.listensOn(address);
  }

  /** Takes a connection, also of another listener, from its first byte on. */
  take(socket: Socket): void {
    this.#take(socket, false);
  }

  #take(socket: Socket, isFresh: boolean): void {
    const connection = new Http2ServerConnection(socket, {
      windows: WINDOWS,
      maxConcurrentStreams: this.#settings.maxConcurrentStreams,
      isFresh,
      onStream: (stream, headers) => this.#onStream(stream, headers, keeper),
      onForeign: (first) => {
        if (isTlsHello(first)) this.#settings.onTlsHello(socket);
        else this.#settings.onBadConnection('the client does not speak HTTP/2');
      },
      onEnded: (error) => {
        keeper.stop();
        if (error !== undefined) this.#settings.onBadConnection(networkMessage(error));
      },
    });
    const keeper = new SessionKeeper(connection, peerText(socket.remoteAddress, socket.remotePort), this.#settings);
    this.#sessions.add(keeper);
    socket.once('close', () => this.#sessions.delete(keeper));
  }

  /** Uses renewed certificates for new connections. */
  setTls(tls: SecureContextOptions): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(tls);
  }

  /**
   * Takes no more connections, and no more calls on the open ones: clients learn which was the last, repeat what they have sent after it
   * (gRPC does so by itself) elsewhere, and close the connection when its calls are answered.
   */
  retire(): void {
    this.#listening?.stop();
    this.#listening = undefined;
    for (const { connection } of this.#sessions) connection.goAway();
  }

  /** Takes no more calls, lets the open ones end, and cuts what is left after `deadlineMs`. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.#listening?.stop();
    this.#listening = undefined;
    const closed = [...this.#sessions].map((keeper) => keeper.closed);
    for (const { connection } of this.#sessions) connection.close();
    const cutOff = (): void => {
      for (const { connection } of this.#sessions) connection.destroy();
    };
    const cut = after(deadlineMs, cutOff, { keepsAlive: true });
    await Promise.all(closed);
    cut.cancel();
  }

  #onStream(stream: Http2Stream, headers: Http2Headers, keeper: SessionKeeper): void {
    if (!this.#admits(keeper)) {
      this.#settings.onFailure(headers[':path'] ?? '', TOO_MANY_STREAMS);
      stream.reset(HTTP2_ERROR.refusedStream);
      return;
    }
    const open = this.#opened(stream, keeper);
    const contentType = headers['content-type'] ?? '';
    const isPost = headers[':method'] === 'POST';
    if (isPost && CONTENT_TYPE.test(contentType)) this.#begin(open, keeper, headers);
    else open.refuseHttp(isPost ? 415 : 405);
  }

  /** Counts a stream until it ends. */
  #opened(stream: Http2Stream, keeper: SessionKeeper): OpenStream {
    const { budget, requestTimeoutMs } = this.#settings;
    this.#openStreams++;
    keeper.opened();
    const open = new OpenStream(stream, {
      budget,
      timeoutMs: requestTimeoutMs || Number.POSITIVE_INFINITY,
      halfSent: keeper.halfSent,
      cutOff: () => keeper.connection.destroy(),
      onClosed: (closed) => {
        this.#openStreams--;
        keeper.ended();
        this.#watch.delete(closed);
      },
    });
    this.#watch.add(open);
    return open;
  }

  #begin(open: OpenStream, keeper: SessionKeeper, headers: Http2Headers): void {
    const { hosts, handlers, maxMessageBytes, authenticate } = this.#settings;
    const path = headers[':path'] ?? '';
    const fail = (status: RpcStatus): void => {
      this.#settings.onFailure(path, status);
      open.refuse(status);
    };
    try {
      open.take();
    } catch (error) {
      fail(statusOf(error));
      return;
    }
    const refusal = hostRefusal(hosts, headers);
    if (refusal !== undefined) {
      const code = refusal.status === 400 ? GRPC.invalidArgument : GRPC.permissionDenied;
      fail({ code, message: refusal.message, retryAfterMs: undefined });
      return;
    }
    const handler = handlers.get(path);
    if (handler === undefined) {
      fail({ code: GRPC.unimplemented, message: unknownMethod(path), retryAfterMs: undefined });
      return;
    }
    const onCancelled = (status: RpcStatus): void => this.#settings.onFailure(path, status);
    const receive = (auth: AuthAttributes | undefined): void => {
      const call = { headers, peer: keeper.peer, auth };
      new UnaryCall(open, { maxMessageBytes, handler, call, fail, onCancelled }).receive();
    };
    if (authenticate === undefined) receive(undefined);
    else void letIn(authenticate, headers, open, receive, fail);
  }

  /**
   * Whether there is room for one more. Where there is none, the connection that holds most gives up its oldest half-sent call, unless it is
   * the one that asks: so a client that opens streams and leaves them can't keep all others out.
   */
  #admits(keeper: SessionKeeper): boolean {
    const { maxStreams } = this.#settings;
    if (maxStreams === 0 || this.#openStreams < maxStreams) return true;
    let heaviest = keeper;
    for (const one of this.#sessions) if (one.openCalls > heaviest.openCalls) heaviest = one;
    if (heaviest.openCalls <= keeper.openCalls + 1) return false;
    const [oldest] = heaviest.halfSent;
    if (oldest === undefined) return false;
    oldest.expire();
    return true;
  }
}

/** The words of grpc-go. */
function unknownMethod(path: string): string {
  const [, service, method] = /^\/(.*)\/([^/]*)$/.exec(path) ?? [];
  if (service === undefined) return `malformed method name: "${path}"`;
  return method === 'Export' || method === ''
    ? `unknown service ${service}`
    : `unknown method ${method} for service ${service}`;
}

/** Nothing of the message is read before the client is known. */
async function letIn(
  authenticate: Authenticate,
  headers: Http2Headers,
  open: OpenStream,
  receive: (auth: AuthAttributes) => void,
  fail: (status: RpcStatus) => void,
): Promise<void> {
  open.stream.pause();
  try {
    const auth = await authenticate(headers);
    if (!open.stream.isClosed) receive(auth);
  } catch (error) {
    fail({ code: GRPC.unauthenticated, message: messageOf(error), retryAfterMs: undefined });
  } finally {
    open.resume();
  }
}
