/** The server role: query APIs and the console over HTTP. It keeps no state; all that it says comes from the store. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type FastifyInstance, fastify } from 'fastify';
import { messageOf, StartError } from '#base';
import { HostGuard, refuseHost } from '#base/host-guard.ts';
import { isTlsHello } from '#base/tls-hello.ts';
import { StoreReader } from '#query';
import { compressAnswers } from './compress.ts';
import { consoleRoutes } from './console/routes.ts';
import { apiError, handleError } from './errors.ts';
import { jaegerRoutes } from './jaeger/index.ts';
import { frameworkLogger, type ServerLogger, stderrLogger } from './logger.ts';
import { serveConsole } from './static.ts';

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
  /** Names besides localhost that it answers to (#base/host-guard.ts). */
  readonly allowedHosts?: readonly string[];
  /** How long a request of an API may wait for the store before it is answered with 504. Default 25 s. */
  readonly requestTimeoutMs?: number;
  /** Default: warnings and errors to stderr. */
  readonly logger?: ServerLogger;
}

export interface RunningServer {
  /** `http://host:port` */
  readonly address: string;
  readonly url: string;
  readonly port: number;
  /** Lets requests under way end, then closes the port. */
  close(): Promise<void>;
}

/** A little more than a query may take: whoever waits longer waits for a store that hangs. */
const DEFAULT_REQUEST_TIMEOUT_MS = 25_000;
const DEFAULT_PORT = 4300;
const defaultIngest = { grpcPort: 4317, httpPort: 4318 };

/** Throws StartError for a port that can't be had. A store that does not answer is no reason not to start. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const reader = new StoreReader({
    ...(options.engineUrl !== undefined && { url: options.engineUrl }),
    ...(options.database !== undefined && { database: options.database }),
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
  });
  const app = buildServer(reader, options);
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? DEFAULT_PORT;
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    await reader.close();
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
  const { port: boundPort } = app.server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await app.close();
    await reader.close();
  };
  return { address: url, url, port: boundPort, close: () => (closing ??= close()) };
}

function buildServer(reader: StoreReader, options: ServerOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: frameworkLogger(options.logger ?? stderrLogger),
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    serverFactory: (handler) => guardedServer(handler, options),
    // Names of services and operations are part of paths.
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
    bodyLimit: 8 * 1024 * 1024,
  });
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!.slice(0, 200);
    reply.code(404).send({ error: { code: 'not_found', message: `nothing is at ${request.method} ${path}` } });
  });
  compressAnswers(app);
  healthRoutes(app, reader);
  consoleRoutes(app, reader, {
    version: options.version ?? '',
    ingest: options.ingest ?? defaultIngest,
    requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
  });
  jaegerRoutes(app, reader, options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS);
  serveConsole(app, options.uiDir ?? fileURLToPath(new URL('../../ui/dist/', import.meta.url)));
  return app;
}

/** A request that goes on for longer is cut: questions are short, and a slow sender would hold its connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/** The guard comes before everything else, so that no route, error page or file can be forgotten. */
function guardedServer(handler: RequestListener, options: ServerOptions): Server {
  const logger = options.logger ?? stderrLogger;
  const guard = new HostGuard({
    listener: 'server',
    ownHost: options.host ?? '',
    allowed: options.allowedHosts ?? [],
    onRefused: (message, isFirst) => {
      if (isFirst) logger.warn(message);
    },
  });
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS };
  const server = createServer(limits, (request, response) => {
    if (!refuseHost(guard, request, response)) handler(request, response);
  });
  let hasSaidTls = false;
  server.on('clientError', (error: Error & { readonly rawPacket?: Uint8Array }) => {
    if (hasSaidTls || !isTlsHello(error.rawPacket)) return;
    hasSaidTls = true;
    logger.warn(
      'a client speaks TLS, and this port speaks plain text: open it with http://, or put a proxy with TLS in front',
    );
  });
  server.on('listening', () => guard.listensOn(server.address()));
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
      const { status, body } = apiError(error);
      return reply.code(status).send(body);
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
