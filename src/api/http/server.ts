/** The HTTP server below all APIs: one port, whoever asks, and what is no API. It keeps no state; all that is said comes from the store. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type FastifyInstance, fastify } from 'fastify';
import type { ActiveGroup } from '#alerting';
import type { Notifier } from '#alerting/notify';
import { messageOf, StartError } from '#base';
import { HostGuard, refuseHost } from '#base/host-guard.ts';
import { isTlsHello } from '#base/tls-hello.ts';
import { type ReadLimits, StoreReader } from '#query';
import type { MetricSink } from '#store';
import type { DashboardSource } from '../dashboards.ts';
import type { LogLinker } from '../log-links.ts';
import type { OttlPlayground } from '../playground.ts';
import type { SearchShelf } from '../searches.ts';
import { type Access, OPEN_ACCESS } from './access.ts';
import { compressAnswers } from './compress.ts';
import { type ApiFailure, failureOf, nothingAt, plainError } from './errors.ts';
import { GrpcSide } from './grpc-side.ts';
import { frameworkLogger, type ServerLogger, stderrLogger } from './logger.ts';
import { type ApiHost, makeGates, mountPlugin, sendFailure, sendForm } from './mount.ts';
import type { ApiPlugin, TracePins } from './plugin.ts';
import { serveConsole } from './static.ts';
import { Websockets } from './websocket.ts';

export interface ServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 4300; 0 takes a free one. */
  readonly port?: number;
  /** ClickHouse's HTTP interface. Default http://127.0.0.1:4380, or SIGNALBOX_ENGINE_URL. */
  readonly engineUrl?: string;
  readonly database?: string;
  readonly username?: string;
  readonly password?: string;
  /** The console's built files. Default: ui/dist of this package. */
  readonly uiDir?: string;
  /** Where services send telemetry; shown on the first-run page. A protocol without a port is not taken. Default 4317 and 4318. */
  readonly ingest?: { readonly grpcPort?: number; readonly httpPort?: number };
  readonly version?: string;
  /** Where it answers gRPC besides its own port, `host:port`. */
  readonly grpcAddress?: string;
  /** A `grpcAddress` that another program has is no reason not to start: a warning says so. */
  readonly mayLackGrpc?: boolean;
  /** Names besides localhost that it answers to (#base/host-guard.ts). */
  readonly allowedHosts?: readonly string[];
  /** No request of an API waits for the store for longer, whatever its own limit; then it is answered with 504. */
  readonly requestTimeoutMs?: number;
  /** How much one statement may read of the store. */
  readonly readLimits?: Partial<ReadLimits>;
  /** Who may ask, and whose data. Default: whoever reaches the address, and the tenant without a name. */
  readonly access?: Access;
  /** Where the collector of this machine answers (#base/local-socket.ts). */
  readonly collectorSocket?: string | undefined;
  /** Takes the metrics that are pushed to the APIs. Without one they are refused. */
  readonly sink?: MetricSink;
  /** The rules that this process evaluates. */
  readonly rules?: { readonly groups: readonly ActiveGroup[] };
  /** Addresses that alerts of the rules are sent to. */
  readonly alertmanagers?: readonly string[];
  /** Tells people of alerts. Stopped by who made it. */
  readonly notifier?: Notifier;
  /** Keeps traces whatever the retention. Without it none can be archived. */
  readonly pins?: TracePins;
  /** Keeps searches of people. */
  readonly searches?: SearchShelf;
  /** Finds what log records lead to, besides their traces. */
  readonly logLinks?: LogLinker;
  /** Runs statements in OTTL that people try. Ends with the server. */
  readonly ottl?: OttlPlayground;
  /** Dashboards that the console draws. */
  readonly dashboards?: DashboardSource;
  /** Default: warnings and errors to stderr. */
  readonly logger?: ServerLogger;
}

export interface RunningServer {
  /** `http://host:port` */
  readonly address: string;
  readonly url: string;
  readonly port: number;
  /** `host:port` of gRPC alone, where it has one. */
  readonly grpcAddress: string | undefined;
  /** Lets requests under way end, then closes the port. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 4300;
const DEFAULT_INGEST = { grpcPort: 4317, httpPort: 4318 };

/** Throws StartError for a port that can't be had. A store that does not answer is no reason not to start. */
export async function startHttpServer(plugins: readonly ApiPlugin[], options: ServerOptions): Promise<RunningServer> {
  const reader = new StoreReader({
    ...(options.engineUrl !== undefined && { url: options.engineUrl }),
    ...(options.database !== undefined && { database: options.database }),
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
    readLimits: options.readLimits,
    keepsSeries: true,
  });
  const grpc = new GrpcSide(options);
  const app = buildServer(plugins, reader, options, grpc);
  await app.ready();
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? DEFAULT_PORT;
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    await reader.close();
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
  try {
    await grpc.listen();
  } catch (error) {
    await app.close();
    await reader.close();
    throw error;
  }
  const { port: boundPort } = app.server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await grpc.close();
    await app.close();
    options.ottl?.close();
    await reader.close();
  };
  return { address: url, url, port: boundPort, grpcAddress: grpc.address, close: () => (closing ??= close()) };
}

function buildServer(
  plugins: readonly ApiPlugin[],
  reader: StoreReader,
  options: ServerOptions,
  grpc: GrpcSide,
): FastifyInstance {
  const websockets = new Websockets();
  const app = fastify({
    loggerInstance: frameworkLogger(options.logger ?? stderrLogger),
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    serverFactory: (handler) => guardedServer(handler, options, { websockets, grpc }),
    // Names of services and operations are part of paths.
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
  });
  app.setErrorHandler((error, request, reply) => sendFailure(error, request, reply, plainError));
  const formOf = formsOf(plugins);
  app.setNotFoundHandler((request, reply) => {
    sendForm(reply, 404, formOf(request.url)(nothingAt(request.method, request.url)));
  });
  app.addHook('preClose', async () => websockets.close());
  compressAnswers(app);
  healthRoutes(app, reader);
  const gates = new Map(plugins.map((plugin) => [plugin, makeGates(plugin)]));
  const host: ApiHost = {
    reader,
    gatesOf: (plugin) => gates.get(plugin)!,
    access: options.access ?? OPEN_ACCESS,
    websockets,
    requestTimeoutMs: options.requestTimeoutMs ?? Number.POSITIVE_INFINITY,
    needs: {
      version: options.version ?? '',
      ingest: options.ingest ?? DEFAULT_INGEST,
      collectorSocket: options.collectorSocket,
      sink: options.sink,
      rules: options.rules,
      alertmanagers: options.alertmanagers,
      notifier: options.notifier,
      pins: options.pins,
      searches: options.searches,
      logLinks: options.logLinks,
      ottl: options.ottl,
      dashboards: options.dashboards,
      onClose: (end: () => void): void => void app.addHook('onClose', async () => end()),
    },
  };
  for (const plugin of plugins) mountPlugin(app, plugin, host);
  grpc.serve(plugins, host);
  serveConsole(app, options.uiDir ?? fileURLToPath(new URL('../../../ui/dist/', import.meta.url)), {
    isApi: (path) => RESERVED.test(path) || plugins.some(({ prefixes }) => prefixes.some((one) => isBelow(path, one))),
  });
  return app;
}

/** Below these are APIs, now or later, and never pages. */
const RESERVED = /^\/(?:api|prometheus|loki|otlp|tempo|zipkin|alertmanager|mcp|-)(?:\/|$)/;

function isBelow(path: string, prefix: string): boolean {
  return prefix !== '' && (path === prefix || path.startsWith(`${prefix}/`));
}

/** The form in which a path that nothing is at gets its failure: that of the API below whose prefix it lies. */
function formsOf(plugins: readonly ApiPlugin[]): (url: string) => (failure: ApiFailure) => object {
  return (url) => {
    const path = url.split('?')[0]!;
    const found = plugins.find(({ prefixes }) => prefixes.some((prefix) => isBelow(path, prefix)));
    return found?.failed ?? plainError;
  };
}

/** A request that goes on for longer is cut: questions are short, and a slow sender would hold its connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/** The guard comes before everything else, so that no route, error page or file can be forgotten. */
function guardedServer(
  handler: RequestListener,
  options: ServerOptions,
  { websockets, grpc }: { readonly websockets: Websockets; readonly grpc: GrpcSide },
): Server {
  const logger = options.logger ?? stderrLogger;
  const guard = new HostGuard({
    listener: 'server',
    ownHost: options.host ?? '',
    allowed: options.allowedHosts ?? [],
    onRefused: (message, isFirst) => {
      if (isFirst) logger.warn(message);
    },
  });
  const limits = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    shouldUpgradeCallback: Websockets.isAsked,
  };
  const guarded: RequestListener = (request, response) => {
    if (!refuseHost(guard, request, response)) handler(request, response);
  };
  const server = createServer(limits, guarded);
  websockets.listen(server, guarded);
  let hasSaidTls = false;
  server.on('clientError', (error: Error & { readonly rawPacket?: Uint8Array }) => {
    if (hasSaidTls || !isTlsHello(error.rawPacket)) return;
    hasSaidTls = true;
    logger.warn(
      'a client speaks TLS, and this port speaks plain text: open it with http://, or put a proxy with TLS in front',
    );
  });
  server.on('listening', () => {
    guard.listensOn(server.address());
    grpc.sharesPortOf(server);
  });
  return server;
}

/** Healthy: the process answers. Ready: the store answers, too. */
function healthRoutes(app: FastifyInstance, reader: StoreReader): void {
  app.get('/-/healthy', async () => ({ status: 'ok' }));
  app.get('/-/ready', async (_request, reply) => {
    try {
      await reader.ping();
      return { status: 'ok' };
    } catch (error) {
      const failure = failureOf(error);
      return reply.code(failure.status).send(plainError(failure));
    }
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): StartError {
  const reasons: { readonly [code: string]: string } = {
    EADDRINUSE: 'the port is taken by another program',
    EACCES: 'no permission to use this port',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  return new StartError(
    `server: can't listen on ${host}:${port}: ${reasons[error.code ?? ''] ?? messageOf(error)}`,
    'choose another with --http-address or SIGNALBOX_HTTP_ADDRESS',
    { cause: error },
  );
}
