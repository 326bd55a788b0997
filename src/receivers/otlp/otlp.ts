import type { Consumer, CreateSettings, Host, Receiver } from '#component';
import type { GrpcServerConfig } from '#config';
import {
  ByteBudget,
  type GrpcAnswer,
  type GrpcCall,
  GrpcServer,
  type Listening,
  OTLP_GRPC_PATHS,
  readServerTls,
  watchTls,
} from '#net';
import type { BatchContext, Signal } from '#pdata';
import { encodeExportResponse } from '#wire';
import type { OtlpHttpConfig, OtlpReceiverConfig } from './config.ts';
import { OtlpHttpServer } from './http-server.ts';
import { Intake } from './intake.ts';
import { watchInFlight } from './metrics.ts';

const DEFAULT_GRPC_MESSAGE_MIB = 4;
const MIB = 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/** Receives OTLP: one gRPC and one HTTP server for all signals that some pipeline takes from it. */
export class OtlpReceiver implements Receiver {
  readonly #settings: CreateSettings;
  readonly #config: OtlpReceiverConfig;
  readonly #next: Partial<Record<Signal, Consumer>>;
  readonly #budget: ByteBudget;
  readonly #undo: (() => void)[] = [];
  #grpc: GrpcServer | undefined;
  #http: OtlpHttpServer | undefined;
  #addresses: { grpc?: string; http?: string } = {};

  constructor(settings: CreateSettings, config: OtlpReceiverConfig, next: Partial<Record<Signal, Consumer>>) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#budget = new ByteBudget(config.requestLimitBytes);
  }

  /** `host:port` of each server with its real port, once started. */
  get addresses(): { readonly grpc?: string; readonly http?: string } {
    return this.#addresses;
  }

  async start(_host: Host): Promise<void> {
    try {
      this.#undo.push(watchInFlight(this.#settings, () => this.#budget.usedBytes));
      if (this.#config.grpc !== undefined) {
        this.#addresses.grpc = (await this.#startGrpc(this.#config.grpc)).address;
      }
      if (this.#config.http !== undefined) {
        this.#addresses.http = (await this.#startHttp(this.#config.http)).address;
      }
    } catch (error) {
      await this.shutdown(0);
      throw error;
    }
  }

  async shutdown(deadlineMs: number): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    const servers = [this.#grpc, this.#http];
    this.#grpc = undefined;
    this.#http = undefined;
    await Promise.all(servers.map((server) => server?.shutdown(deadlineMs)));
  }

  async #startGrpc(config: GrpcServerConfig): Promise<Listening> {
    const { logger, random } = this.#settings;
    const intake = new Intake(this.#settings, this.#next, 'grpc');
    const path = this.#path('grpc');
    const loadTls = async () => config.tls && (await readServerTls(config.tls, `${path}::tls`));
    const server = new GrpcServer({
      maxMessageBytes: (config.maxRecvMsgSizeMib || DEFAULT_GRPC_MESSAGE_MIB) * MIB,
      maxConcurrentStreams: config.maxConcurrentStreams,
      keepalive: config.keepalive,
      tls: await loadTls(),
      budget: this.#budget,
      random,
      handlers: grpcHandlers(intake, config.includeMetadata),
      onFailure: (method, status) => intake.countFailure(`${method}: ${status.message}`),
      onBadConnection: (error) => logger.debug('gRPC connection failed', { error }),
    });
    this.#grpc = server;
    this.#undo.push(this.#watchTls(config, loadTls, server));
    const listening = await server.listen({ key: `${path}::endpoint`, ...config });
    logger.info('Starting GRPC server', { endpoint: listening.address });
    return listening;
  }

  async #startHttp(config: OtlpHttpConfig): Promise<Listening> {
    const { logger } = this.#settings;
    const path = this.#path('http');
    const loadTls = async () => config.tls && (await readServerTls(config.tls, `${path}::tls`));
    const server = new OtlpHttpServer({
      config,
      tls: await loadTls(),
      intake: new Intake(this.#settings, this.#next, 'http'),
      budget: this.#budget,
      logger,
    });
    this.#http = server;
    this.#undo.push(this.#watchTls(config, loadTls, server));
    const listening = await server.listen({ key: `${path}::endpoint`, ...config });
    logger.info('Starting HTTP server', { endpoint: listening.address });
    return listening;
  }

  #watchTls(
    config: GrpcServerConfig | OtlpHttpConfig,
    load: () => Promise<Awaited<ReturnType<typeof readServerTls>> | undefined>,
    server: GrpcServer | OtlpHttpServer,
  ): () => void {
    const apply = (tls: Awaited<ReturnType<typeof load>>): void => {
      if (tls !== undefined) server.setTls(tls);
    };
    return watchTls(config.tls?.reloadIntervalMs ?? 0, load, apply, (error) =>
      this.#settings.logger.warn('Reloading the TLS certificate failed, the old one stays', { error }),
    );
  }

  #path(protocol: 'grpc' | 'http'): string {
    return `receivers::${this.#settings.id}::protocols::${protocol}`;
  }
}

function grpcHandlers(
  intake: Intake,
  includeMetadata: boolean,
): Map<string, (message: Uint8Array, call: GrpcCall) => Promise<GrpcAnswer>> {
  const handlers = new Map<string, (message: Uint8Array, call: GrpcCall) => Promise<GrpcAnswer>>();
  for (const [signal, path] of Object.entries(OTLP_GRPC_PATHS) as [Signal, string][]) {
    if (!intake.takes(signal)) continue;
    handlers.set(path, async (message, call) => {
      const outcome = await intake.receive(signal, message, 'proto', contextOf(call, includeMetadata));
      if (outcome.kind === 'refused') return { status: outcome.status };
      return {
        message:
          outcome.rejectedCount === 0 ? NO_BYTES : encodeExportResponse(outcome.rejectedCount, outcome.rejectedReason),
      };
    });
  }
  return handlers;
}

/** Headers of gRPC itself, which are no metadata. */
const PROTOCOL_HEADERS: ReadonlySet<string> = new Set([
  'te',
  'content-type',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
]);

function contextOf(call: GrpcCall, includeMetadata: boolean): BatchContext {
  if (!includeMetadata) return { peer: call.peer };
  const metadata = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(call.headers)) {
    if (value === undefined || name.startsWith(':') || PROTOCOL_HEADERS.has(name)) continue;
    metadata.set(name, Array.isArray(value) ? value : [value]);
  }
  const authority = call.headers[':authority'];
  if (authority !== undefined) metadata.set(':authority', [authority]);
  return { peer: call.peer, metadata };
}
