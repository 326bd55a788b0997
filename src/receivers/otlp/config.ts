import { serverMistakes } from '#component';
import {
  type AdmissionConfig,
  admission,
  type GrpcServerConfig,
  grpcServer,
  type HttpServerConfig,
  httpServerShape,
  type Schema,
  strictObject,
  text,
  toHttpServer,
} from '#config';

export interface OtlpReceiverConfig extends AdmissionConfig {
  /** At least one of them. */
  readonly grpc: GrpcServerConfig | undefined;
  readonly http: OtlpHttpConfig | undefined;
}

export interface OtlpHttpConfig extends HttpServerConfig {
  readonly tracesUrlPath: string;
  readonly metricsUrlPath: string;
  readonly logsUrlPath: string;
}

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
  admission,
}).transform((raw) => ({ grpc: raw.protocols.grpc, http: raw.protocols.http, ...raw.admission }));

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
    if (server !== undefined) mistakes.push(...serverMistakes(server, ['protocols', name]));
  }
  return mistakes;
}
