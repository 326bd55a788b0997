import { after } from '#base';
import type { HostGuard } from '#base/host-guard.ts';
import {
  type AdmissionConfig,
  type GrpcServerConfig,
  type HttpServerConfig,
  isSameConfig,
  parseHostPort,
} from '#config';
import {
  type Authenticate,
  type ByteBudget,
  connectionRefusals,
  ListenerRefusals,
  type Listening,
  type ListenPlace,
  readServerTls,
  type ServerTls,
  TlsRejections,
  watchServerTls,
} from '#net';
import { authenticatorOf } from './authenticator.ts';
import type { CreateSettings, Host } from './contracts.ts';
import { Gate } from './gate.ts';

/**
 * After a reload that changed a server's settings, connections to the old one get so long to send something, and learn with the answer that
 * they are over. Longer than the 5 s between two exports of an SDK; closed earlier, a request on its way would meet a reset.
 */
const LINGER_MS = 10_000;
const CUT_AFTER_MS = 10_000;

type ServerConfig = HttpServerConfig | GrpcServerConfig;

interface IntakeServer<Settings> {
  adopt(settings: Settings): void;
  listen(place: ListenPlace, before?: Listening): Promise<Listening>;
  setTls(tls: ServerTls): void;
  retire(): void;
  shutdown(deadlineMs: number): Promise<void>;
}

export interface IntakeOptions<Config extends ServerConfig> {
  readonly settings: CreateSettings;
  /** The block of the server, for errors: `receivers::zipkin`. */
  readonly path: string;
  readonly config: Config;
  readonly admission: AdmissionConfig;
}

/** What a port is started with. */
export interface IntakeStart {
  readonly host: Host;
  /** Shared by the ports of a receiver. */
  readonly budget: ByteBudget;
  /** In a reload: the port of the same name that was there before. */
  readonly before: unknown;
}

/** What the settings of both kinds of servers have in common. */
export interface SharedSettings {
  readonly tls: ServerTls | undefined;
  readonly authenticate: Authenticate | undefined;
  readonly budget: ByteBudget;
  readonly hosts: HostGuard;
  readonly rejections: TlsRejections;
  readonly maxStreams: number;
  readonly maxConnections: number;
  readonly requestTimeoutMs: number;
  readonly onConnectionDropped: () => void;
}

/**
 * A port of a receiver, from its start through reloads to its end. In a reload a server whose configuration stays goes over to the successor with its
 * connections. Where only the address stays, a new server takes that over, and the old connections end with their next answer. What comes in
 * between waits.
 */
export abstract class Intake<Server extends IntakeServer<Settings>, Settings, Config extends ServerConfig, Next> {
  readonly options: IntakeOptions<Config>;
  protected readonly gate: Gate<Next> = new Gate<Next>();
  /** Of metrics and of log lines. */
  protected abstract readonly transport: 'http' | 'grpc';
  readonly #undo: (() => void)[] = [];
  #server: Server | undefined;
  #listening: Listening | undefined;
  /** It listens no more. */
  #isRetired = false;

  protected constructor(options: IntakeOptions<Config>) {
    this.options = options;
  }

  protected abstract settingsOf(shared: SharedSettings): Settings;
  protected abstract create(settings: Settings): Server;
  /** This one, as the one before hands its requests on to it. */
  protected abstract get next(): Next;

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    return this.#listening?.address ?? '';
  }

  /** Throws a StartError where the address can't be had, a TLS file can't be read or there is no such authenticator. */
  async start({ host, budget, before }: IntakeStart): Promise<void> {
    const { settings, path, config } = this.options;
    const authenticate = authenticatorOf(config.auth, host);
    const tls = config.tls && (await readServerTls(config.tls, `${path}::tls`));
    const own = this.settingsOf(this.#shared(tls, authenticate, budget));
    const old = before instanceof this.constructor ? (before as this) : undefined;
    const kept = old?.keeping(config) ?? 'nothing';
    if (kept === 'server') this.#takeOver(old!, own);
    else {
      this.#server = this.create(own);
      const place = { key: `${path}::endpoint`, ...config };
      this.#listening = await this.#server.listen(place, kept === 'address' ? old!.#listening : undefined);
      if (kept === 'address') old!.retire();
    }
    old?.gate.resume(this.next);
    if (tls !== undefined) this.#watchTls(tls, this.#server!);
    const name = `${this.transport.toUpperCase()} server`;
    const message = kept === 'server' ? `${name} goes on` : `Starting ${name}`;
    settings.logger.info(message, { endpoint: this.address });
  }

  #takeOver(old: this, own: Settings): void {
    this.#server = old.#server!;
    this.#listening = old.#listening;
    this.#server.adopt(own);
    old.#server = undefined;
    old.#listening = undefined;
  }

  #shared(tls: ServerTls | undefined, authenticate: Authenticate | undefined, budget: ByteBudget): SharedSettings {
    const { settings, path, config, admission } = this.options;
    const labels = { transport: this.transport };
    const ownHost = parseHostPort(config.endpoint)?.host ?? '';
    const limitKey = `receivers::${settings.id}::admission::max_connections`;
    return {
      tls,
      authenticate,
      budget,
      hosts: new ListenerRefusals(settings, labels).hostGuard(path, ownHost, settings.allowedHosts),
      rejections: new TlsRejections(settings, labels),
      maxStreams: admission.maxStreams,
      maxConnections: admission.maxConnections,
      requestTimeoutMs: admission.requestTimeoutMs,
      onConnectionDropped: connectionRefusals(settings, limitKey, admission.maxConnections, labels),
    };
  }

  #watchTls(tls: ServerTls, server: Server): void {
    const { settings, path, config } = this.options;
    const { logger } = settings;
    const watch = { path: `${path}::tls`, logger, apply: (renewed: ServerTls) => server.setTls(renewed) };
    this.#undo.push(watchServerTls(config.tls!, tls, watch));
  }

  /** What of the running server a successor with this configuration leaves as it is. */
  keeping(next: ServerConfig | undefined): 'server' | 'address' | 'nothing' {
    const { config } = this.options;
    if (this.#server === undefined || this.#isRetired || next === undefined) return 'nothing';
    if (isSameConfig(config, next)) return 'server';
    const isSameAddress = config.endpoint === next.endpoint && config.transport === next.transport;
    return isSameAddress && this.#listening?.moveTo !== undefined ? 'address' : 'nothing';
  }

  /** In a reload, in place of `shutdown`: takes nothing more. */
  async handOver(next: ServerConfig | undefined, deadlineMs: number): Promise<void> {
    this.#stopWatching();
    if (this.keeping(next) === 'nothing') this.retire();
    await this.gate.pause(deadlineMs);
  }

  /** After a reload: closes what the successor has not taken. */
  closeRest(): void {
    this.gate.resume(undefined);
    this.retire();
    const server = this.#server;
    if (server !== undefined) after(LINGER_MS, () => server.shutdown(CUT_AFTER_MS));
    this.#server = undefined;
    this.#listening = undefined;
  }

  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#server?.retire();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#stopWatching();
    const server = this.#server;
    this.#server = undefined;
    this.#listening = undefined;
    await server?.shutdown(deadlineMs);
  }

  #stopWatching(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }
}
