import { type AdmissionConfig, type GrpcServerConfig, parseHostPort } from '#config';
import {
  type ByteBudget,
  connectionRefusals,
  type GrpcHandler,
  GrpcServer,
  ListenerRefusals,
  type Listening,
  readServerTls,
  TlsRejections,
  watchServerTls,
} from '#net';
import type { CreateSettings } from './contracts.ts';

export interface GrpcIntakeSettings {
  readonly settings: CreateSettings;
  /** The block of the server, for errors: `receivers::jaeger::protocols::grpc`. */
  readonly path: string;
  readonly config: GrpcServerConfig;
  readonly admission: AdmissionConfig;
  /** What it shares with other ports of the receiver. */
  readonly budget: ByteBudget;
  /** By path: `/logproto.Pusher/Push`. */
  readonly handlers: ReadonlyMap<string, GrpcHandler>;
  /** A call failed before its handler had it. */
  readonly onFailure: (what: string) => void;
}

const MIB = 1024 * 1024;
const DEFAULT_MESSAGE_MIB = 4;
const STREAMS_PER_CONNECTION = 250;

/** The port of a receiver that takes unary gRPC calls. */
export class GrpcIntake {
  readonly #with: GrpcIntakeSettings;
  readonly #undo: (() => void)[] = [];
  #server: GrpcServer | undefined;
  #listening: Listening | undefined;

  constructor(settings: GrpcIntakeSettings) {
    this.#with = settings;
  }

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    return this.#listening?.address ?? '';
  }

  /** Throws a StartError where the address can't be had or a TLS file can't be read. */
  async start(): Promise<void> {
    const { settings, path, config, admission, budget, handlers, onFailure } = this.#with;
    const labels = { transport: 'grpc' };
    const tls = config.tls && (await readServerTls(config.tls, `${path}::tls`));
    const rejections = new TlsRejections(settings, labels);
    const refusals = new ListenerRefusals(settings, labels);
    const ownHost = parseHostPort(config.endpoint)?.host ?? '';
    const limitKey = `receivers::${settings.id}::admission::max_connections`;
    const server = new GrpcServer({
      maxMessageBytes: (config.maxRecvMsgSizeMib || DEFAULT_MESSAGE_MIB) * MIB,
      maxConcurrentStreams: config.maxConcurrentStreams || STREAMS_PER_CONNECTION,
      maxStreams: admission.maxStreams,
      maxConnections: admission.maxConnections,
      onConnectionDropped: connectionRefusals(settings, limitKey, admission.maxConnections, labels),
      requestTimeoutMs: admission.requestTimeoutMs,
      keepalive: config.keepalive,
      tls,
      hosts: refusals.hostGuard(path, ownHost, settings.allowedHosts),
      budget,
      random: settings.random,
      handlers,
      onFailure: (method, status) => onFailure(`${method}: ${status.message}`),
      onBadConnection: (error) => settings.logger.debug('gRPC connection failed', { error }),
      onTlsRejected: (error, socket) => rejections.note(error, socket),
      onTlsHello: (socket) => rejections.noteHello(socket),
    });
    this.#server = server;
    this.#listening = await server.listen({ key: `${path}::endpoint`, ...config });
    if (tls !== undefined) {
      const { logger } = settings;
      const watching = { path: `${path}::tls`, logger, apply: (renewed: typeof tls) => server.setTls(renewed) };
      this.#undo.push(watchServerTls(config.tls!, tls, watching));
    }
    settings.logger.info('Starting GRPC server', { endpoint: this.#listening.address });
  }

  async shutdown(deadlineMs: number): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    this.#listening = undefined;
    await this.#server?.shutdown(deadlineMs);
    this.#server = undefined;
  }
}
