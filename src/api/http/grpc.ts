/**
 * What APIs answer over gRPC, with the access, limits and failures that they have over HTTP (mount.ts): on the port of HTTP, where connections
 * that begin as HTTP/2's come here, and on ports of their own. Plain text, as on the port of HTTP.
 */
import { EventEmitter } from 'node:events';
import { after, DecodeError, messageOf } from '#base';
import { HostGuard } from '#base/host-guard.ts';
import {
  ByteBudget,
  GRPC,
  type GrpcAnswer,
  type GrpcCall,
  GrpcFailure,
  type GrpcHandler,
  GrpcServer,
  type RpcStatus,
} from '#net';
import { storeHangs } from '#query';
import { type Asking, Refusal } from './access.ts';
import { failureOf } from './errors.ts';
import type { ServerLogger } from './logger.ts';
import type { ApiHost } from './mount.ts';
import type { ApiPlugin, GrpcMethod, GrpcRequest } from './plugin.ts';
import { tooLong } from './stream.ts';

/** Questions are short. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const HELD_BYTES = 64 * 1024 * 1024;
const MAX_STREAMS = 500;
const MAX_STREAMS_OF_ONE = 100;
const MAX_CONNECTIONS = 500;
const REQUEST_TIMEOUT_MS = 60_000;

const CODES: { readonly [status: number]: number } = {
  400: GRPC.invalidArgument,
  401: GRPC.unauthenticated,
  403: GRPC.permissionDenied,
  404: GRPC.notFound,
  422: GRPC.resourceExhausted,
  501: GRPC.unimplemented,
  503: GRPC.unavailable,
  504: GRPC.deadlineExceeded,
};

export interface ApiGrpcOptions {
  readonly ownHost: string;
  readonly allowedHosts: readonly string[];
  readonly logger: ServerLogger;
}

/** A server for the methods of all APIs. It listens where it is told to, or takes connections of the port of HTTP. */
export function makeGrpcServer(
  plugins: readonly ApiPlugin[],
  host: ApiHost,
  { ownHost, allowedHosts, logger }: ApiGrpcOptions,
): GrpcServer {
  const quiet = (): void => undefined;
  return new GrpcServer({
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxConcurrentStreams: MAX_STREAMS_OF_ONE,
    maxStreams: MAX_STREAMS,
    maxConnections: MAX_CONNECTIONS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    keepalive: undefined,
    tls: undefined,
    hosts: new HostGuard({
      listener: 'server (gRPC)',
      ownHost,
      allowed: allowedHosts,
      onRefused: (message, isFirst) => {
        if (isFirst) logger.warn(message);
      },
    }),
    budget: new ByteBudget(HELD_BYTES),
    random: Math.random,
    authenticate: undefined,
    handlers: handlersOf(plugins, host, logger),
    onFailure: quiet,
    onBadConnection: quiet,
    onConnectionDropped: quiet,
    onTlsRejected: quiet,
    onTlsHello: () => logger.warn('a client speaks TLS to a port of gRPC in plain text'),
  });
}

function handlersOf(
  plugins: readonly ApiPlugin[],
  host: ApiHost,
  logger: ServerLogger,
): ReadonlyMap<string, GrpcHandler> {
  const handlers = new Map<string, GrpcHandler>();
  for (const plugin of plugins)
    for (const method of plugin.grpc?.(host.needs) ?? [])
      handlers.set(method.path, (message, call) => answer({ plugin, method, host, logger }, message, call));
  return handlers;
}

interface Answering {
  readonly plugin: ApiPlugin;
  readonly method: GrpcMethod;
  readonly host: ApiHost;
  readonly logger: ServerLogger;
}

async function answer(answering: Answering, message: Uint8Array, call: GrpcCall): Promise<GrpcAnswer> {
  const { plugin, method, host } = answering;
  const life = new CallLife(call.abort, Math.min(plugin.limits.deadlineMs, host.requestTimeoutMs));
  try {
    const admitted = await admit(answering, call);
    const gates = host.gatesOf(plugin);
    if (method.isLarge) await gates.large.enter(life);
    await gates.all.enter(life);
    const made = method.answer({ ...admitted, options: { signal: life.signal, spent: { ms: 0 } }, message });
    if (!(made instanceof Promise)) return { messages: bounded(made, answering, life) };
    const single = await made;
    if (single.length > plugin.limits.answerBytes) throw tooLong(plugin.limits.answerBytes);
    life.end();
    return { message: single };
  } catch (error) {
    life.end();
    throw failed(error, answering);
  }
}

async function admit(
  { plugin, method, host }: Answering,
  call: GrpcCall,
): Promise<Pick<GrpcRequest, 'principal' | 'reader'>> {
  const asking: Asking = {
    api: plugin.name,
    method: 'POST',
    url: method.path,
    headers: call.headers,
    remoteAddress: call.peer.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''),
  };
  const principal = await host.access.authenticate(asking);
  if (principal instanceof Refusal) throw refused(principal);
  const tenant = await host.access.tenantOf(asking, principal);
  if (tenant instanceof Refusal) throw refused(tenant);
  return { principal, reader: host.reader.ofTenant(tenant) };
}

function refused({ status, message }: Refusal): GrpcFailure {
  return new GrpcFailure(status === 401 ? GRPC.unauthenticated : GRPC.permissionDenied, message);
}

const OK: RpcStatus = { code: GRPC.ok, message: '', retryAfterMs: undefined };

/** The messages as long as they are within what the API may answer, each within its time. */
async function* bounded(
  messages: AsyncGenerator<Uint8Array>,
  answering: Answering,
  life: CallLife,
): AsyncGenerator<Uint8Array, RpcStatus> {
  const { answerBytes } = answering.plugin.limits;
  let sentBytes = 0;
  try {
    for await (const message of messages) {
      // Nobody waits for it any more.
      if (life.closed) break;
      sentBytes += message.length;
      if (sentBytes > answerBytes) throw tooLong(answerBytes);
      life.restart();
      yield message;
    }
    return OK;
  } catch (error) {
    throw failed(error, answering);
  } finally {
    life.end();
  }
}

/** A call from its message to its end: what the gates wait for, and when it takes too long. */
class CallLife extends EventEmitter {
  readonly #controller = new AbortController();
  readonly #deadlineMs: number;
  #timer: { cancel(): void } | undefined;
  closed = false;

  constructor(gone: AbortSignal, deadlineMs: number) {
    super();
    this.#deadlineMs = deadlineMs;
    this.restart();
    gone.addEventListener('abort', () => {
      this.#controller.abort();
      this.end();
    });
  }

  get destroyed(): boolean {
    return this.closed;
  }
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.#timer?.cancel();
    if (Number.isFinite(this.#deadlineMs) && !this.closed)
      this.#timer = after(this.#deadlineMs, () => this.#controller.abort(storeHangs()), { keepsAlive: true });
  }

  end(): void {
    this.#timer?.cancel();
    if (this.closed) return;
    this.closed = true;
    this.emit('close');
  }
}

function failed(error: unknown, { method, logger }: Answering): GrpcFailure {
  if (error instanceof GrpcFailure) return error;
  if (error instanceof DecodeError)
    return new GrpcFailure(GRPC.invalidArgument, `the message can't be read: ${error.message}`);
  const { status, message, hint } = failureOf(error);
  if (status === 500) logger.error(`request failed ${method.path} ${messageOf(error)}`);
  return new GrpcFailure(CODES[status] ?? GRPC.internal, hint === undefined ? message : `${message} (${hint})`);
}
