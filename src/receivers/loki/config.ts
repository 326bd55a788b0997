import {
  type AdmissionConfig,
  admission,
  boolean,
  type GrpcServerConfig,
  grpcServer,
  type HttpServerConfig,
  httpServerShape,
  type Schema,
  strictObject,
  toHttpServer,
} from '#config';

/** What users write under `loki:` (otelcol-contrib receiver/lokireceiver). */
export interface LokiReceiverConfig {
  /** At least one of them. */
  readonly grpc: GrpcServerConfig | undefined;
  readonly http: HttpServerConfig | undefined;
  readonly keepsTimestamps: boolean;
  readonly admission: AdmissionConfig;
}

const http = strictObject(httpServerShape({ endpoint: 'localhost:3500', writeTimeoutMs: 0, idleTimeoutMs: 0 }));

export const lokiReceiverSchema: Schema<LokiReceiverConfig> = strictObject({
  protocols: strictObject({
    grpc: grpcServer({ endpoint: 'localhost:3600' })
      .optional()
      .describe('the service logproto.Pusher; on when its key is there, also if empty'),
    http: http
      .transform(toHttpServer)
      .optional()
      .describe('`/loki/api/v1/push`; on when its key is there, also if empty; at least one of the two must be'),
  }),
  use_incoming_timestamp: boolean(false).describe(
    'a record has the time that its client gave it; else that of its arrival',
  ),
  admission,
}).transform((raw) => ({
  grpc: raw.protocols.grpc,
  http: raw.protocols.http,
  keepsTimestamps: raw.use_incoming_timestamp,
  admission: raw.admission,
}));
