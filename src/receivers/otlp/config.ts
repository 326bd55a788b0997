import {
  type GrpcServerConfig,
  grpcServer,
  type HttpServerConfig,
  httpServerShape,
  integer,
  positiveDuration,
  type Schema,
  strictObject,
  text,
  toHttpServer,
} from '#config';

export interface OtlpReceiverConfig {
  /** At least one of them. */
  readonly grpc: GrpcServerConfig | undefined;
  readonly http: OtlpHttpConfig | undefined;
  /** Bytes of requests in memory, of both protocols together; 0 means no limit. */
  readonly requestLimitBytes: number;
  /** Connections at a time, of each protocol; 0 means no limit. */
  readonly maxConnections: number;
  /** gRPC calls at a time, of all connections together; 0 means no limit. */
  readonly maxStreams: number;
  /** How long a client may take for a request; 0 means no limit. */
  readonly requestTimeoutMs: number;
}

export interface OtlpHttpConfig extends HttpServerConfig {
  readonly tracesUrlPath: string;
  readonly metricsUrlPath: string;
  readonly logsUrlPath: string;
}

const MIB = 1024 * 1024;
/** 12 bodies of the largest size that HTTP takes by default. */
const DEFAULT_REQUEST_LIMIT_MIB = 256;
/** Of idle ones a connection takes some 20 KB; a gateway for more agents than that asks for more. */
const DEFAULT_MAX_CONNECTIONS = 4096;
const DEFAULT_MAX_STREAMS = 4096;
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

const http = strictObject({
  ...httpServerShape({ endpoint: 'localhost:4318', writeTimeoutMs: 0, idleTimeoutMs: 0 }),
  traces_url_path: text('/v1/traces').describe('where traces are sent to'),
  metrics_url_path: text('/v1/metrics').describe('where metrics are sent to'),
  logs_url_path: text('/v1/logs').describe('where logs are sent to'),
}).transform((raw) => ({
  ...toHttpServer(raw),
  tracesUrlPath: urlPath(raw.traces_url_path),
  metricsUrlPath: urlPath(raw.metrics_url_path),
  logsUrlPath: urlPath(raw.logs_url_path),
}));

function urlPath(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

export const otlpReceiverSchema: Schema<OtlpReceiverConfig> = strictObject({
  protocols: strictObject({
    grpc: grpcServer({ endpoint: 'localhost:4317' })
      .optional()
      .describe('OTLP over gRPC; on when its key is there, also if empty'),
    http: http
      .optional()
      .describe('OTLP over HTTP; on when its key is there, also if empty; at least one of the two must be'),
  }),
  admission: strictObject({
    request_limit_mib: integer(DEFAULT_REQUEST_LIMIT_MIB, { min: 0 }).meta({
      description: 'ours: of requests in memory, of both protocols together; 0 for no limit',
      unit: 'MiB',
    }),
    max_connections: integer(DEFAULT_MAX_CONNECTIONS, { min: 0 }).meta({
      description: 'ours: connections at a time, of each protocol; 0 for no limit',
      unit: 'connections',
    }),
    max_streams: integer(DEFAULT_MAX_STREAMS, { min: 0 }).meta({
      description: 'ours: gRPC calls at a time on all connections; 0 for no limit',
      unit: 'calls',
    }),
    request_timeout: positiveDuration(DEFAULT_REQUEST_TIMEOUT_MS).describe(
      'ours: how long a client may take for a request, and a second more for each 16 KB; 0 for no limit',
    ),
  }),
}).transform((raw) => ({
  grpc: raw.protocols.grpc,
  http: raw.protocols.http,
  requestLimitBytes: raw.admission.request_limit_mib * MIB,
  maxConnections: raw.admission.max_connections,
  maxStreams: raw.admission.max_streams,
  requestTimeoutMs: raw.admission.request_timeout,
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateOtlpReceiver(config: OtlpReceiverConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (config.grpc === undefined && config.http === undefined) {
    mistakes.push({ path: [], message: 'must specify at least one protocol when using the OTLP receiver' });
  }
  for (const [name, server] of [
    ['grpc', config.grpc],
    ['http', config.http],
  ] as const) {
    // Ignoring one of these would open the receiver to those whom the user wants to keep out.
    if (server?.auth !== undefined) mistakes.push(unsupported(name, 'auth'));
    if (server !== undefined && server.middlewares.length > 0) mistakes.push(unsupported(name, 'middlewares'));
  }
  return mistakes;
}

function unsupported(protocol: string, key: string): Mistake {
  return {
    path: ['protocols', protocol, key],
    message: `no extension offers ${key} yet; take the block out and put a proxy in front that does it`,
  };
}
