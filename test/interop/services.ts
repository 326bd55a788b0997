import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '#base/testing.ts';
import type { Processes } from './processes.ts';

const HERE = import.meta.dirname;
const INSTALLED = join(HERE, '.work');

export interface Receiver {
  readonly grpcPort: number;
  readonly httpPort: number;
}

export interface Services {
  /** The gateway with its head sampler at 100 %. */
  readonly gatewayUrl: string;
  /** The same gateway with its head sampler at 0 %. */
  readonly unsampledGatewayUrl: string;
  /** Why there is no Redis; `undefined` when there is one. */
  readonly noRedis: string | undefined;
}

/** Settings that the article leaves to the environment, the same for all three languages. */
const COMMON = {
  // The article's dashboards ask for http.server.request.duration: the stable names, which older defaults lack.
  OTEL_SEMCONV_STABILITY_OPT_IN: 'http,database',
  // Only so that the test waits less.
  OTEL_BSP_SCHEDULE_DELAY: '500',
  OTEL_BLRP_SCHEDULE_DELAY: '500',
};

/** Starts Redis, the Go payment service, the Python order service and the Node gateway, sending to `receiver`. */
export async function startServices(processes: Processes, receiver: Receiver, folder: string): Promise<Services> {
  const grpc = { ...COMMON, OTLP_GRPC_ENDPOINT: `http://127.0.0.1:${receiver.grpcPort}` };
  const redisUrl = await startRedis(processes, folder);

  const paymentPort = await freePort();
  await processes.start({
    name: 'payment-service',
    command: join(INSTALLED, 'payment-service'),
    args: [],
    directory: folder,
    logFile: join(folder, 'payment-service.log'),
    ports: [paymentPort],
    environment: {
      ...COMMON,
      PORT: String(paymentPort),
      OTEL_SERVICE_NAME: 'payment-service',
      OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.0.0,deployment.environment.name=production',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.httpPort}`,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    },
  });

  const ordersPort = await freePort();
  await processes.start({
    name: 'order-service',
    command: join(INSTALLED, 'venv/bin/uvicorn'),
    args: ['main:app', '--host', '127.0.0.1', '--port', String(ordersPort)],
    directory: join(HERE, 'python'),
    logFile: join(folder, 'order-service.log'),
    ports: [ordersPort],
    environment: {
      ...grpc,
      PYTHONDONTWRITEBYTECODE: '1',
      DATABASE_URL: `sqlite:///${join(folder, 'orders.db')}`,
      PAYMENT_URL: `http://127.0.0.1:${paymentPort}`,
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    },
  });

  const startGateway = (name: string, samplingRatio: string) =>
    startNode(processes, name, folder, {
      ...grpc,
      // Head sampling as the article recommends it: decided once, at the root, by a ratio of the trace ids.
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: samplingRatio,
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `http://127.0.0.1:${receiver.httpPort}/v1/logs`,
      ORDERS_URL: `http://127.0.0.1:${ordersPort}`,
    });
  return {
    gatewayUrl: await startGateway('api-gateway', '1.0'),
    unsampledGatewayUrl: await startGateway('api-gateway-unsampled', '0.0'),
    noRedis: redisUrl === undefined ? 'redis-server is not installed and could not be installed' : undefined,
  };
}

/** INTEROP_NODE names another Node (20 or newer) for the gateway; otherwise it runs on the one of this script. */
async function startNode(
  processes: Processes,
  name: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const port = await freePort();
  await processes.start({
    name,
    command: process.env.INTEROP_NODE ?? process.execPath,
    args: ['--require', './instrumentation.js', 'server.js'],
    directory: join(HERE, 'node'),
    logFile: join(folder, `${name}.log`),
    ports: [port],
    environment: { ...environment, PORT: String(port) },
  });
  return `http://127.0.0.1:${port}`;
}

async function startRedis(processes: Processes, folder: string): Promise<string | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await freePort();
  await processes.start({
    name: 'redis',
    command: 'redis-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    directory: folder,
    logFile: join(folder, 'redis.log'),
    ports: [port],
  });
  return `redis://127.0.0.1:${port}`;
}
