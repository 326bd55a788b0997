import { after } from '#base';
import type { HostGuard } from '#base/host-guard.ts';
import type { Component, Consumer, CreateSettings, Host, Receiver } from '#component';
import { type GrpcServerConfig, isSameConfig, parseHostPort } from '#config';
import {
  BodyServer,
  type BodyServerSettings,
  ByteBudget,
  connectionRefusals,
  type GrpcAnswer,
  type GrpcCall,
  GrpcServer,
  type GrpcServerSettings,
  ListenerRefusals,
  type Listening,
  type ListenPlace,
  OTLP_GRPC_PATHS,
  readServerTls,
  type ServerTls,
  TlsRejections,
  watchServerTls,
} from '#net';
import type { BatchContext, Signal } from '#pdata';
import { encodeExportResponse } from '#wire';
import type { OtlpHttpConfig, OtlpReceiverConfig } from './config.ts';
import { OtlpRoutes } from './http-routes.ts';
import { Intake } from './intake.ts';
import { watchInFlight } from './metrics.ts';

const DEFAULT_GRPC_MESSAGE_MIB = 4;
/** More than an SDK or a collector has under way at a time. */
const DEFAULT_STREAMS_PER_CONNECTION = 250;
const MIB = 1024 * 1024;
const NO_BYTES = new Uint8Array(0);
/**
 * After a reload that changed a server's settings, connections to the old one get so long to send something, and learn with the answer that
 * they are over. Longer than the 5 s between two exports of an SDK; closed earlier, a request on its way would meet a reset.
 */
const LINGER_MS = 10_000;
const CUT_AFTER_MS = 10_000;

type ServerConfig = GrpcServerConfig | OtlpHttpConfig;

/** A server with what belongs to it. */
interface Running<Server extends GrpcServer | BodyServer> {
  readonly server: Server;
  readonly intake: Intake;
  readonly listening: Listening;
  /** It listens no more. */
  isRetired: boolean;
}

/** Receives OTLP: one gRPC and one HTTP server for all signals that some pipeline takes from it. */
export class OtlpReceiver implements Receiver {
  readonly #settings: CreateSettings;
  readonly config: OtlpReceiverConfig;
  readonly #next: Partial<Record<Signal, Consumer>>;
  readonly #undo: (() => void)[] = [];
  #budget: ByteBudget;
  #grpc: Running<GrpcServer> | undefined;
  #http: Running<BodyServer> | undefined;
  /** In a reload, until it has started: the one before, whose servers and addresses it takes. */
  #predecessor: OtlpReceiver | undefined;
  /** In a reload, from its announcement on. */
  #isHandingOver = false;
  #successor: OtlpReceiver | undefined;

  constructor(settings: CreateSettings, config: OtlpReceiverConfig, next: Partial<Record<Signal, Consumer>>) {
    this.#settings = settings;
    this.config = config;
    this.#next = next;
    this.#budget = new ByteBudget(config.requestLimitBytes);
  }

  /** `host:port` of each server with its real port, once started. */
  get addresses(): { readonly grpc?: string; readonly http?: string } {
    return {
      ...(this.#grpc && { grpc: this.#grpc.listening.address }),
      ...(this.#http && { http: this.#http.listening.address }),
    };
  }

  async start(_host: Host): Promise<void> {
    const before = this.#predecessor;
    this.#predecessor = undefined;
    // What the requests of before hold counts until they are done.
    if (before !== undefined && before.config.requestLimitBytes === this.config.requestLimitBytes) {
      this.#budget = before.#budget;
    }
    try {
      this.#undo.push(watchInFlight(this.#settings, () => this.#budget.usedBytes));
      if (this.config.grpc !== undefined) await this.#startGrpc(this.config.grpc, before);
      if (this.config.http !== undefined) await this.#startHttp(this.config.http, before);
    } catch (error) {
      await this.shutdown(0);
      throw error;
    }
  }

  /**
   * A server whose configuration stays goes over to the successor with its connections. Where only the address stays, a new server of the
   * successor takes that over, and the old connections end with their next answer. What comes in between waits.
   */
  handOver(successor: Component | undefined): () => void {
    this.#isHandingOver = true;
    this.#successor = successor instanceof OtlpReceiver ? successor : undefined;
    if (this.#successor !== undefined) this.#successor.#predecessor = this;
    return () => this.#closeRest();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    const running = [this.#grpc, this.#http];
    if (this.#isHandingOver) {
      const next = this.#successor?.config;
      if (keeping(this.#grpc, this.config.grpc, next?.grpc) === 'nothing') retire(this.#grpc);
      if (keeping(this.#http, this.config.http, next?.http) === 'nothing') retire(this.#http);
      await Promise.all(running.map((one) => one?.intake.pause(deadlineMs)));
      return;
    }
    this.#grpc = undefined;
    this.#http = undefined;
    await Promise.all(running.map((one) => one?.server.shutdown(deadlineMs)));
  }

  /** After a reload: closes what the successor has not taken. */
  #closeRest(): void {
    for (const one of [this.#grpc, this.#http]) {
      one?.intake.resume(undefined);
      retire(one);
      if (one !== undefined) after(LINGER_MS, () => one.server.shutdown(CUT_AFTER_MS));
    }
    this.#grpc = undefined;
    this.#http = undefined;
  }

  async #startGrpc(config: GrpcServerConfig, before: OtlpReceiver | undefined): Promise<void> {
    const { logger, random } = this.#settings;
    const intake = new Intake(this.#settings, this.#next, 'grpc');
    const path = this.#path('grpc');
    const tls = config.tls && (await readServerTls(config.tls, `${path}::tls`));
    const rejections = new TlsRejections(this.#settings, { transport: 'grpc' });
    const settings: GrpcServerSettings = {
      maxMessageBytes: (config.maxRecvMsgSizeMib || DEFAULT_GRPC_MESSAGE_MIB) * MIB,
      maxConcurrentStreams: config.maxConcurrentStreams || DEFAULT_STREAMS_PER_CONNECTION,
      maxStreams: this.config.maxStreams,
      maxConnections: this.config.maxConnections,
      onConnectionDropped: this.#connectionRefusals('grpc'),
      requestTimeoutMs: this.config.requestTimeoutMs,
      keepalive: config.keepalive,
      tls,
      hosts: this.#hostGuard('grpc', config),
      budget: this.#budget,
      random,
      handlers: grpcHandlers(intake, config.includeMetadata),
      onFailure: (method, status) => intake.countFailure(`${method}: ${status.message}`),
      onBadConnection: (error) => logger.debug('gRPC connection failed', { error }),
      onTlsRejected: (error, socket) => rejections.note(error, socket),
      onTlsHello: (socket) => rejections.noteHello(socket),
    };
    const old = before === undefined ? undefined : before.#grpc;
    const kept = keeping(old, before?.config.grpc, config);
    const running = await takeOrOpen(kept, old, intake, {
      create: () => new GrpcServer(settings),
      adopt: (server) => server.adopt(settings),
      place: { key: `${path}::endpoint`, ...config },
    });
    if (kept === 'server') before!.#grpc = undefined;
    this.#grpc = running;
    if (tls !== undefined) this.#watchTls(config, tls, `${path}::tls`, running.server);
    const message = kept === 'server' ? 'GRPC server goes on' : 'Starting GRPC server';
    logger.info(message, { endpoint: running.listening.address });
  }

  async #startHttp(config: OtlpHttpConfig, before: OtlpReceiver | undefined): Promise<void> {
    const { logger } = this.#settings;
    const intake = new Intake(this.#settings, this.#next, 'http');
    const path = this.#path('http');
    const tls = config.tls && (await readServerTls(config.tls, `${path}::tls`));
    const settings: BodyServerSettings = {
      config,
      tls,
      maxConcurrentStreams: DEFAULT_STREAMS_PER_CONNECTION,
      maxStreams: this.config.maxStreams,
      maxConnections: this.config.maxConnections,
      onConnectionDropped: this.#connectionRefusals('http'),
      rejections: new TlsRejections(this.#settings, { transport: 'http' }),
      hosts: this.#hostGuard('http', config),
      handler: new OtlpRoutes(config, intake),
      budget: this.#budget,
      requestTimeoutMs: this.config.requestTimeoutMs,
      logger,
    };
    const old = before === undefined ? undefined : before.#http;
    const kept = keeping(old, before?.config.http, config);
    const running = await takeOrOpen(kept, old, intake, {
      create: () => new BodyServer(settings),
      adopt: (server) => server.adopt(settings),
      place: { key: `${path}::endpoint`, ...config },
    });
    if (kept === 'server') before!.#http = undefined;
    this.#http = running;
    if (tls !== undefined) this.#watchTls(config, tls, `${path}::tls`, running.server);
    const message = kept === 'server' ? 'HTTP server goes on' : 'Starting HTTP server';
    logger.info(message, { endpoint: running.listening.address });
  }

  #watchTls(config: ServerConfig, tls: ServerTls, path: string, server: GrpcServer | BodyServer): void {
    const { logger } = this.#settings;
    this.#undo.push(watchServerTls(config.tls!, tls, { path, logger, apply: (renewed) => server.setTls(renewed) }));
  }

  #hostGuard(transport: 'grpc' | 'http', config: ServerConfig): HostGuard {
    const refusals = new ListenerRefusals(this.#settings, { transport });
    const ownHost = parseHostPort(config.endpoint)?.host ?? '';
    return refusals.hostGuard(this.#path(transport), ownHost, this.#settings.allowedHosts);
  }

  #connectionRefusals(transport: 'grpc' | 'http'): () => void {
    const key = `receivers::${this.#settings.id}::admission::max_connections`;
    return connectionRefusals(this.#settings, key, this.config.maxConnections, { transport });
  }

  #path(protocol: 'grpc' | 'http'): string {
    return `receivers::${this.#settings.id}::protocols::${protocol}`;
  }
}

/** What of a running server is left as it is in a reload. */
type Keeping = 'server' | 'address' | 'nothing';

function keeping(
  old: Running<GrpcServer | BodyServer> | undefined,
  before: ServerConfig | undefined,
  next: ServerConfig | undefined,
): Keeping {
  if (old === undefined || old.isRetired || before === undefined || next === undefined) return 'nothing';
  if (isSameConfig(before, next)) return 'server';
  const isSameAddress = before.endpoint === next.endpoint && before.transport === next.transport;
  return isSameAddress && old.listening.moveTo !== undefined ? 'address' : 'nothing';
}

interface Opening<Server> {
  create(): Server;
  adopt(server: Server): void;
  readonly place: ListenPlace;
}

/** Takes over an old server, or makes a new one, on the old one's address where that is kept. The old intake's bodies go to `intake`. */
async function takeOrOpen<Server extends GrpcServer | BodyServer>(
  kept: Keeping,
  old: Running<Server> | undefined,
  intake: Intake,
  { create, adopt, place }: Opening<Server>,
): Promise<Running<Server>> {
  let running: Running<Server>;
  if (kept === 'server') {
    adopt(old!.server);
    running = { ...old!, intake };
  } else {
    const server = create();
    const listening = await server.listen(place, kept === 'address' ? old?.listening : undefined);
    running = { server, intake, listening, isRetired: false };
    if (kept === 'address') retire(old);
  }
  old?.intake.resume(intake);
  return running;
}

function retire(one: Running<GrpcServer | BodyServer> | undefined): void {
  if (one === undefined || one.isRetired) return;
  one.isRetired = true;
  one.server.retire();
}

function grpcHandlers(
  intake: Intake,
  includeMetadata: boolean,
): Map<string, (message: Uint8Array, call: GrpcCall) => Promise<GrpcAnswer>> {
  const handlers = new Map<string, (message: Uint8Array, call: GrpcCall) => Promise<GrpcAnswer>>();
  for (const [signal, path] of Object.entries(OTLP_GRPC_PATHS) as [Signal, string][]) {
    if (!intake.takes(signal)) continue;
    handlers.set(path, async (message, call) => {
      const outcome = await intake.receive(signal, message, 'proto', contextOf(call, includeMetadata), call.abort);
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
