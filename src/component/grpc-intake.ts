import type { GrpcServerConfig } from '#config';
import {
  GRPC,
  type GrpcAnswer,
  type GrpcCall,
  type GrpcHandler,
  GrpcServer,
  type GrpcServerSettings,
  type RpcStatus,
} from '#net';
import type { BatchContext } from '#pdata';
import { RESTARTING, RESTARTING_RETRY_MS } from './gate.ts';
import { Intake, type IntakeOptions, type SharedSettings } from './intake.ts';

export interface GrpcIntakeOptions extends IntakeOptions<GrpcServerConfig> {
  /** By path: `/logproto.Pusher/Push`. */
  readonly handlers: ReadonlyMap<string, GrpcHandler>;
  /** A call failed before its handler had it. */
  readonly onFailure: (what: string) => void;
}

const MIB = 1024 * 1024;
const DEFAULT_MESSAGE_MIB = 4;
/** More than an SDK or a collector has under way at a time. */
const STREAMS_PER_CONNECTION = 250;

type Handlers = ReadonlyMap<string, GrpcHandler>;

/** The port of a receiver that takes unary gRPC calls. */
export class GrpcIntake extends Intake<GrpcServer, GrpcServerSettings, GrpcServerConfig, Handlers> {
  protected override readonly transport = 'grpc';
  readonly #onFailure: (what: string) => void;
  readonly #handlers: Handlers;

  constructor(options: GrpcIntakeOptions) {
    super(options);
    this.#onFailure = options.onFailure;
    this.#handlers = new Map(
      [...options.handlers].map(([path, handler]): [string, GrpcHandler] => [
        path,
        (message, call) => this.#pass(path, handler, message, call),
      ]),
    );
  }

  protected override get next(): Handlers {
    return this.#handlers;
  }

  protected override settingsOf(shared: SharedSettings): GrpcServerSettings {
    const { settings, config } = this.options;
    const { rejections } = shared;
    return {
      ...shared,
      maxMessageBytes: (config.maxRecvMsgSizeMib || DEFAULT_MESSAGE_MIB) * MIB,
      maxConcurrentStreams: config.maxConcurrentStreams || STREAMS_PER_CONNECTION,
      keepalive: config.keepalive,
      random: settings.random,
      handlers: this.#handlers,
      onFailure: (method, status) => this.#onFailure(`${method}: ${status.message}`),
      onBadConnection: (error) => settings.logger.debug('gRPC connection failed', { error }),
      onTlsRejected: (error, socket) => rejections.note(error, socket),
      onTlsHello: (socket) => rejections.noteHello(socket),
    };
  }

  protected override create(settings: GrpcServerSettings): GrpcServer {
    return new GrpcServer(settings);
  }

  #pass(path: string, handler: GrpcHandler, message: Uint8Array, call: GrpcCall): Promise<GrpcAnswer> {
    return this.gate.pass(
      () => handler(message, call),
      async (next) => {
        if (next === undefined) {
          this.#onFailure(`${path}: ${RESTARTING}`);
          return { status: STOPPED };
        }
        return next.get(path)?.(message, call) ?? { status: { ...STOPPED, code: GRPC.unimplemented, message: GONE } };
      },
    );
  }
}

const STOPPED: RpcStatus = { code: GRPC.unavailable, message: RESTARTING, retryAfterMs: RESTARTING_RETRY_MS };
const GONE = 'no pipeline takes this any more';

/** Headers of gRPC itself, which are no metadata. */
const PROTOCOL_HEADERS: ReadonlySet<string> = new Set([
  'te',
  'content-type',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
]);

/** What a batch is told of the sender of a call. */
export function grpcContext(call: GrpcCall, includeMetadata: boolean): BatchContext {
  const who: BatchContext = call.auth === undefined ? { peer: call.peer } : { peer: call.peer, auth: call.auth };
  if (!includeMetadata) return who;
  const metadata = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(call.headers)) {
    if (value === undefined || name.startsWith(':') || PROTOCOL_HEADERS.has(name)) continue;
    metadata.set(name, Array.isArray(value) ? value : [value]);
  }
  const authority = call.headers[':authority'];
  if (authority !== undefined) metadata.set(':authority', [authority]);
  return { ...who, metadata };
}
