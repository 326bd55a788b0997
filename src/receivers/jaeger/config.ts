import { z } from 'zod';
import {
  type AdmissionConfig,
  admission,
  type GrpcServerConfig,
  grpcServer,
  type HttpServerConfig,
  httpServerShape,
  integer,
  listenAddress,
  parseHostPort,
  type Schema,
  strictObject,
  toHttpServer,
} from '#config';

/** What users write under `jaeger:` (otelcol-contrib receiver/jaegerreceiver). At least one protocol is there. */
export interface JaegerReceiverConfig {
  readonly grpc: GrpcServerConfig | undefined;
  readonly thriftHttp: HttpServerConfig | undefined;
  readonly thriftCompact: UdpConfig | undefined;
  readonly thriftBinary: UdpConfig | undefined;
  readonly admission: AdmissionConfig;
  readonly hasRemoteSampling: boolean;
}

export interface UdpConfig {
  readonly endpoint: string;
  /** Packets that wait for the pipeline. */
  readonly queueSize: number;
  readonly maxPacketBytes: number;
  /** 0: what the system gives. */
  readonly socketBufferBytes: number;
}

/** The clients' own limit is 65,000 bytes: a datagram holds no more than 65,507. */
const MAX_PACKET_BYTES = 65_000;

function udp(endpoint: string): z.ZodType<UdpConfig> {
  return strictObject({
    endpoint: listenAddress(endpoint).describe('the address to listen on, `host:port`; `localhost` is 127.0.0.1'),
    queue_size: integer(1000, { min: 1 }).meta({
      description: 'of those that wait for the pipeline; more are dropped, and counted',
      unit: 'packets',
    }),
    max_packet_size: integer(MAX_PACKET_BYTES, { min: 1 }).meta({
      description: 'larger ones are dropped, and counted',
      unit: 'bytes',
    }),
    workers: integer(10).meta({
      description: 'that read packets',
      idle: { why: 'packets are read as they come, without workers', quiet: [10] },
    }),
    socket_buffer_size: integer(0, { min: 0 }).meta({
      description: 'of what the system holds; 0 for its own choice',
      unit: 'bytes',
    }),
  }).transform((raw) => ({
    endpoint: raw.endpoint,
    queueSize: raw.queue_size,
    maxPacketBytes: raw.max_packet_size,
    socketBufferBytes: raw.socket_buffer_size,
  }));
}

const http = strictObject(httpServerShape({ endpoint: 'localhost:14268', writeTimeoutMs: 0, idleTimeoutMs: 0 }));

export const jaegerReceiverSchema: Schema<JaegerReceiverConfig> = strictObject({
  protocols: strictObject({
    grpc: grpcServer({ endpoint: 'localhost:14250' })
      .optional()
      .describe('what agents and the collector of Jaeger speak; on when its key is there, also if empty'),
    thrift_http: http
      .transform(toHttpServer)
      .optional()
      .describe('`/api/traces`; on when its key is there, also if empty'),
    thrift_compact: udp('localhost:6831').optional().describe('what most clients send to their agent, by UDP'),
    thrift_binary: udp('localhost:6832').optional().describe("what Node's client sends to its agent, by UDP"),
  }).describe('at least one of them must be there'),
  remote_sampling: z.any().optional().describe('refused: otelcol has an extension for it'),
  admission,
}).transform((raw) => ({
  grpc: raw.protocols.grpc,
  thriftHttp: raw.protocols.thrift_http,
  thriftCompact: raw.protocols.thrift_compact,
  thriftBinary: raw.protocols.thrift_binary,
  admission: raw.admission,
  hasRemoteSampling: raw.remote_sampling !== undefined && raw.remote_sampling !== null,
}));

type Mistake = { readonly path: readonly string[]; readonly message: string };

export function jaegerMistakes(config: JaegerReceiverConfig): readonly Mistake[] {
  const { grpc, thriftHttp, thriftCompact, thriftBinary } = config;
  const mistakes: Mistake[] = [];
  if ([grpc, thriftHttp, thriftCompact, thriftBinary].every((protocol) => protocol === undefined)) {
    mistakes.push({ path: [], message: 'must specify at least one protocol when using the Jaeger receiver' });
  }
  for (const [name, protocol] of [
    ['thrift_compact', thriftCompact],
    ['thrift_binary', thriftBinary],
  ] as const) {
    if (protocol === undefined || parseHostPort(protocol.endpoint) !== undefined) continue;
    mistakes.push({ path: ['protocols', name, 'endpoint'], message: 'a path is no address for UDP; write host:port' });
  }
  if (config.hasRemoteSampling) {
    const message =
      'remote sampling config detected in the Jaeger receiver; otelcol has the `jaegerremotesampling` extension for it';
    mistakes.push({ path: ['remote_sampling'], message });
  }
  return mistakes;
}
