import { fileURLToPath } from 'node:url';
import { type FastifyInstance, fastify } from 'fastify';
import { messageOf, StartError } from '#base';
import { StoreReader } from '#query';
import { jaegerRoutes } from './jaeger/index.ts';
import { consoleFiles } from './static.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The store's HTTP interface. */
  readonly engineUrl: string;
  readonly version: string;
  /** Default `signalbox`. */
  readonly database?: string;
  readonly username?: string;
  readonly password?: string;
  /** The built console. Default: ui/dist of this checkout. */
  readonly uiDir?: string;
  /** Where services send telemetry, for the first-run page. Default 4317 and 4318. */
  readonly ingest?: { readonly grpcPort: number; readonly httpPort: number };
  readonly log?: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export interface Server {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const UI_DIR = fileURLToPath(new URL('../../ui/dist', import.meta.url));
const DEFAULT_INGEST = { grpcPort: 4317, httpPort: 4318 };
const API_PATH = /^\/(?:api|jaeger|prometheus|loki|tempo|zipkin|-)\//;

/** What all routes share. */
export interface ServerContext {
  readonly reader: StoreReader;
  readonly version: string;
  readonly ingest: { readonly grpcPort: number; readonly httpPort: number };
}

/** Starts the query APIs and the console. Throws a StartError when the port is taken. The store may come and go. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const reader = new StoreReader({
    url: options.engineUrl,
    database: options.database ?? 'signalbox',
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
  });
  const app = fastify({ routerOptions: { maxParamLength: 500 }, forceCloseConnections: true });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) options.log?.('error', `server: ${error.stack ?? messageOf(error)}`);
    return reply.code(status).send({
      error: {
        code: status < 500 ? 'bad_query' : 'internal',
        message: status < 500 ? error.message : 'internal error',
      },
    });
  });
  registerRoutes(app, { reader, version: options.version, ingest: options.ingest ?? DEFAULT_INGEST });
  consoleFiles(app, options.uiDir ?? UI_DIR, (path) => API_PATH.test(path));
  await listen(app, options);
  const { port } = app.server.address() as { port: number };
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    port,
    async close() {
      await app.close();
      await reader.close();
    },
  };
}

function registerRoutes(app: FastifyInstance, context: ServerContext): void {
  app.get('/-/healthy', async () => ({ status: 'ok' }));
  app.get('/-/ready', async (_request, reply) => {
    const isReady = await context.reader.ping().catch(() => false);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'the store does not answer' });
  });
  jaegerRoutes(app, context.reader);
}

async function listen(app: FastifyInstance, { host, port }: ServerOptions): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'the port is taken by another program' : messageOf(error);
    throw new StartError(
      `server: can't listen on ${host}:${port}: ${reason}`,
      'choose another with --http-address or SIGNALBOX_HTTP_ADDRESS',
      {
        cause: error,
      },
    );
  }
}
