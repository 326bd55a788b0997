import { type AdmissionConfig, type HttpServerConfig, parseHostPort } from '#config';
import {
  type BodyHandler,
  BodyServer,
  ByteBudget,
  connectionRefusals,
  ListenerRefusals,
  type Listening,
  readServerTls,
  TlsRejections,
  watchServerTls,
} from '#net';
import type { Batch } from '#pdata';
import type { Consumer, CreateSettings } from './contracts.ts';
import type { ReceiverCounters } from './observe.ts';

export interface HttpIntakeSettings {
  readonly settings: CreateSettings;
  /** The block of the server, for errors: `receivers::zipkin`. */
  readonly path: string;
  readonly config: HttpServerConfig;
  readonly admission: AdmissionConfig;
  /** What it shares with other ports of the receiver. */
  readonly budget?: ByteBudget;
  readonly handler: BodyHandler;
}

const STREAMS_PER_CONNECTION = 250;

/** The port of a receiver that takes bodies over HTTP. */
export class HttpIntake {
  readonly #with: HttpIntakeSettings;
  readonly #undo: (() => void)[] = [];
  #server: BodyServer | undefined;
  #listening: Listening | undefined;

  constructor(settings: HttpIntakeSettings) {
    this.#with = settings;
  }

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    return this.#listening?.address ?? '';
  }

  /** Throws a StartError where the address can't be had or a TLS file can't be read. */
  async start(): Promise<void> {
    const { settings, path, config, admission, handler } = this.#with;
    const labels = { transport: 'http' };
    const budget = this.#with.budget ?? new ByteBudget(admission.requestLimitBytes);
    const tls = config.tls && (await readServerTls(config.tls, `${path}::tls`));
    const refusals = new ListenerRefusals(settings, labels);
    const ownHost = parseHostPort(config.endpoint)?.host ?? '';
    const limitKey = `receivers::${settings.id}::admission::max_connections`;
    const server = new BodyServer({
      config,
      tls,
      handler,
      budget,
      hosts: refusals.hostGuard(path, ownHost, settings.allowedHosts),
      rejections: new TlsRejections(settings, labels),
      maxConcurrentStreams: STREAMS_PER_CONNECTION,
      maxStreams: admission.maxStreams,
      maxConnections: admission.maxConnections,
      onConnectionDropped: connectionRefusals(settings, limitKey, admission.maxConnections, labels),
      requestTimeoutMs: admission.requestTimeoutMs,
      logger: settings.logger,
    });
    this.#server = server;
    this.#listening = await server.listen({ key: `${path}::endpoint`, ...config });
    if (tls !== undefined) {
      const { logger } = settings;
      const watching = { path: `${path}::tls`, logger, apply: (renewed: typeof tls) => server.setTls(renewed) };
      this.#undo.push(watchServerTls(config.tls!, tls, watching));
    }
    settings.logger.info('Starting HTTP server', { endpoint: this.#listening.address });
  }

  async shutdown(deadlineMs: number): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    this.#listening = undefined;
    await this.#server?.shutdown(deadlineMs);
    this.#server = undefined;
  }
}

/** Hands on what a client has sent, and counts it. Resolves to the refusal of the pipeline; undefined where it has taken the batch. */
export async function handOn(
  next: Consumer,
  counters: ReceiverCounters,
  batch: Batch,
  abort: AbortSignal,
): Promise<unknown> {
  const count = batch.itemCount;
  if (count === 0) return undefined;
  try {
    await next.consume(batch, abort);
  } catch (error) {
    counters.refused(count, error);
    return error;
  }
  counters.accepted(count);
  return undefined;
}

type Mistake = { readonly path: readonly string[]; readonly message: string };

/** What a server can't do yet. Ignoring one of these would open the port to those whom the user wants to keep out. */
export function serverMistakes(
  config: { readonly auth: unknown; readonly middlewares: readonly unknown[] },
  path: readonly string[] = [],
): readonly Mistake[] {
  const unsupported = [
    ...(config.auth === undefined ? [] : ['auth']),
    ...(config.middlewares.length > 0 ? ['middlewares'] : []),
  ];
  return unsupported.map((key) => ({
    path: [...path, key],
    message: `no extension offers ${key} yet; take the block out and put a proxy in front that does it`,
  }));
}
