import type { z } from 'zod';
import { type AuthConfig, auth, type MiddlewareConfig, middleware } from './auth.ts';
import { type ShapeOf, strictObject } from './object.ts';
import { type TlsClientConfig, type TlsServerConfig, tlsClient, tlsServer } from './tls.ts';
import { boolean, type Header, headers, integer, list, oneOf, positiveDuration, text } from './values.ts';

export type GrpcCompression = '' | 'none' | 'gzip' | 'snappy' | 'zstd';

export interface GrpcClientKeepalive {
  readonly timeMs: number;
  readonly timeoutMs: number;
  readonly permitWithoutStream: boolean;
}

/** A gRPC client's keys (otelcol config/configgrpc ClientConfig). */
export interface GrpcClientConfig {
  /** `host:port`, `http://…`, `https://…`, `dns:///…` or `unix://…`; empty if not given. */
  readonly endpoint: string;
  readonly compression: GrpcCompression;
  readonly tls: TlsClientConfig;
  readonly keepalive: GrpcClientKeepalive | undefined;
  readonly readBufferSizeBytes: number;
  readonly writeBufferSizeBytes: number;
  readonly waitForReady: boolean;
  readonly headers: readonly Header[];
  readonly balancerName: string;
  readonly authority: string;
  readonly auth: AuthConfig | undefined;
  readonly middlewares: readonly MiddlewareConfig[];
}

const clientKeepalive: z.ZodType<GrpcClientKeepalive> = strictObject({
  time: positiveDuration(10_000),
  timeout: positiveDuration(10_000),
  permit_without_stream: boolean(false),
}).transform((raw) => ({
  timeMs: raw.time,
  timeoutMs: raw.timeout,
  permitWithoutStream: raw.permit_without_stream,
}));

/** What the YAML says, key by key. */
export interface RawGrpcClient {
  readonly endpoint: string;
  readonly compression: GrpcCompression;
  readonly tls: TlsClientConfig;
  readonly keepalive?: GrpcClientKeepalive | undefined;
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
  readonly wait_for_ready: boolean;
  readonly headers: readonly Header[];
  readonly balancer_name: string;
  readonly authority: string;
  readonly auth?: AuthConfig | undefined;
  readonly middlewares: readonly MiddlewareConfig[];
}

/** The shape, to be spread into a component's own. Read it back with `toGrpcClient`. */
export function grpcClientShape(defaults: { readonly compression?: GrpcCompression } = {}): ShapeOf<RawGrpcClient> {
  return {
    endpoint: text(''),
    compression: oneOf(['', 'none', 'gzip', 'snappy', 'zstd'], defaults.compression ?? ''),
    tls: tlsClient,
    keepalive: clientKeepalive.optional(),
    read_buffer_size: integer(0, { min: 0 }),
    write_buffer_size: integer(512 * 1024, { min: 0 }),
    wait_for_ready: boolean(false),
    headers: headers(),
    balancer_name: text('round_robin'),
    authority: text(''),
    auth: auth.optional(),
    middlewares: list(middleware),
  };
}

export function toGrpcClient(raw: RawGrpcClient): GrpcClientConfig {
  return {
    endpoint: raw.endpoint,
    compression: raw.compression,
    tls: raw.tls,
    keepalive: raw.keepalive,
    readBufferSizeBytes: raw.read_buffer_size,
    writeBufferSizeBytes: raw.write_buffer_size,
    waitForReady: raw.wait_for_ready,
    headers: raw.headers,
    balancerName: raw.balancer_name,
    authority: raw.authority,
    auth: raw.auth,
    middlewares: raw.middlewares,
  };
}

/** A gRPC client as a block of its own. */
export function grpcClient(defaults: { readonly compression?: GrpcCompression } = {}): z.ZodType<GrpcClientConfig> {
  return strictObject(grpcClientShape(defaults)).transform(toGrpcClient);
}

/** Times of 0 mean no limit. */
export interface GrpcServerKeepalive {
  readonly maxConnectionIdleMs: number;
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  readonly timeMs: number;
  readonly timeoutMs: number;
  readonly enforcementMinTimeMs: number;
  readonly enforcementPermitWithoutStream: boolean;
}

/** A gRPC server's keys (otelcol config/configgrpc ServerConfig). */
export interface GrpcServerConfig {
  /** `host:port`, or a path where the transport is `unix`. */
  readonly endpoint: string;
  readonly transport: 'tcp' | 'tcp4' | 'tcp6' | 'unix';
  readonly dialerTimeoutMs: number;
  readonly tls: TlsServerConfig | undefined;
  /** 0: gRPC's default of 4 MiB. After decompression. */
  readonly maxRecvMsgSizeMib: number;
  /** 0: no limit. */
  readonly maxConcurrentStreams: number;
  readonly readBufferSizeBytes: number;
  readonly writeBufferSizeBytes: number;
  readonly keepalive: GrpcServerKeepalive | undefined;
  readonly auth: AuthConfig | undefined;
  readonly includeMetadata: boolean;
  readonly middlewares: readonly MiddlewareConfig[];
}

const serverKeepalive: z.ZodType<GrpcServerKeepalive> = strictObject({
  server_parameters: strictObject({
    max_connection_idle: positiveDuration(0),
    max_connection_age: positiveDuration(0),
    max_connection_age_grace: positiveDuration(0),
    time: positiveDuration(7_200_000),
    timeout: positiveDuration(20_000),
  }),
  enforcement_policy: strictObject({
    min_time: positiveDuration(300_000),
    permit_without_stream: boolean(false),
  }),
}).transform((raw) => ({
  maxConnectionIdleMs: raw.server_parameters.max_connection_idle,
  maxConnectionAgeMs: raw.server_parameters.max_connection_age,
  maxConnectionAgeGraceMs: raw.server_parameters.max_connection_age_grace,
  timeMs: raw.server_parameters.time,
  timeoutMs: raw.server_parameters.timeout,
  enforcementMinTimeMs: raw.enforcement_policy.min_time,
  enforcementPermitWithoutStream: raw.enforcement_policy.permit_without_stream,
}));

/** What the YAML says, key by key. */
export interface RawGrpcServer {
  readonly endpoint: string;
  readonly transport: GrpcServerConfig['transport'];
  readonly dialer: { readonly timeout: number };
  readonly tls?: TlsServerConfig | undefined;
  readonly max_recv_msg_size_mib: number;
  readonly max_concurrent_streams: number;
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
  readonly keepalive?: GrpcServerKeepalive | undefined;
  readonly auth?: AuthConfig | undefined;
  readonly include_metadata: boolean;
  readonly middlewares: readonly MiddlewareConfig[];
}

/** The shape, to be spread into a component's own. Read it back with `toGrpcServer`. */
function grpcServerShape(defaults: { readonly endpoint?: string } = {}): ShapeOf<RawGrpcServer> {
  return {
    endpoint: text(defaults.endpoint),
    transport: oneOf(['tcp', 'tcp4', 'tcp6', 'unix'], 'tcp'),
    dialer: strictObject({ timeout: positiveDuration(0) }),
    tls: tlsServer.optional(),
    max_recv_msg_size_mib: integer(0, { min: 0 }),
    max_concurrent_streams: integer(0, { min: 0 }),
    read_buffer_size: integer(512 * 1024, { min: 0 }),
    write_buffer_size: integer(0, { min: 0 }),
    keepalive: serverKeepalive.optional(),
    auth: auth.optional(),
    include_metadata: boolean(false),
    middlewares: list(middleware),
  };
}

function toGrpcServer(raw: RawGrpcServer): GrpcServerConfig {
  return {
    endpoint: raw.endpoint,
    transport: raw.transport,
    dialerTimeoutMs: raw.dialer.timeout,
    tls: raw.tls,
    maxRecvMsgSizeMib: raw.max_recv_msg_size_mib,
    maxConcurrentStreams: raw.max_concurrent_streams,
    readBufferSizeBytes: raw.read_buffer_size,
    writeBufferSizeBytes: raw.write_buffer_size,
    keepalive: raw.keepalive,
    auth: raw.auth,
    includeMetadata: raw.include_metadata,
    middlewares: raw.middlewares,
  };
}

/** A gRPC server as a block of its own. */
export function grpcServer(defaults: { readonly endpoint?: string } = {}): z.ZodType<GrpcServerConfig> {
  return strictObject(grpcServerShape(defaults)).transform(toGrpcServer);
}
