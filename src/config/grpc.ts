import type { z } from 'zod';
import { type AuthConfig, auth, type MiddlewareConfig, middleware } from './auth.ts';
import { BUFFERS } from './facts.ts';
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
  /** Empty: the program's own. */
  readonly userAgent: string;
  readonly auth: AuthConfig | undefined;
  readonly middlewares: readonly MiddlewareConfig[];
}

const clientKeepalive: z.ZodType<GrpcClientKeepalive> = strictObject({
  time: positiveDuration(10_000).describe('a connection is pinged when nothing came for so long'),
  timeout: positiveDuration(10_000).describe('it is closed when the ping is not answered in this time'),
  permit_without_stream: boolean(false).describe('pings also while no call is open'),
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
  readonly user_agent: string;
  readonly auth?: AuthConfig | undefined;
  readonly middlewares: readonly MiddlewareConfig[];
}

/** The shape, to be spread into a component's own. Read it back with `toGrpcClient`. */
export function grpcClientShape(defaults: { readonly compression?: GrpcCompression } = {}): ShapeOf<RawGrpcClient> {
  return {
    endpoint: text('').describe(
      '`host:port`, `http://…` (plain text), `https://…` (TLS even with `insecure`), `dns:///…`, `unix://…`',
    ),
    compression: oneOf(['', 'none', 'gzip', 'snappy', 'zstd'], defaults.compression ?? '').describe('of messages'),
    tls: tlsClient.meta({ description: 'TLS is on; `insecure: true` turns it off', block: 'tls_client' }),
    keepalive: clientKeepalive
      .optional()
      .meta({ description: 'pings of silent connections', block: 'keepalive_client' }),
    read_buffer_size: integer(0, { min: 0 }).meta({
      description: 'of a connection',
      unit: 'bytes',
      idle: { why: BUFFERS, quiet: [0, 512 * 1024] },
    }),
    write_buffer_size: integer(512 * 1024, { min: 0 }).meta({
      description: 'of a connection',
      unit: 'bytes',
      idle: { why: BUFFERS, quiet: [0, 512 * 1024] },
    }),
    wait_for_ready: boolean(false).describe(
      'waits for a connection until the timeout, instead of failing at once while the far side is away',
    ),
    headers: headers().describe('sent as metadata'),
    balancer_name: text('round_robin').describe('`round_robin` over all addresses of the name, or `pick_first`'),
    authority: text('').meta({ description: 'the `:authority` header', defaultText: 'the endpoint' }),
    user_agent: text('').meta({ description: 'the `user-agent` header', defaultText: '`signalbox/` and its version' }),
    auth: auth.optional().describe('an extension that adds credentials, `basicauth` for instance'),
    middlewares: list(middleware).describe(
      'extensions that look at each request; none offers it yet, so the list must be empty',
    ),
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
    userAgent: raw.user_agent,
    auth: raw.auth,
    middlewares: raw.middlewares,
  };
}

/** A gRPC client as a block of its own. */
export function grpcClient(defaults: { readonly compression?: GrpcCompression } = {}): z.ZodType<GrpcClientConfig> {
  return strictObject(grpcClientShape(defaults)).transform(toGrpcClient);
}

const PINGS = 'clients may ping as often as they want';

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
    max_connection_idle: positiveDuration(0).describe('a connection without calls is closed after it; 0 for never'),
    max_connection_age: positiveDuration(0).describe(
      'a connection is closed after it, so that clients spread anew; 0 for never',
    ),
    max_connection_age_grace: positiveDuration(0).describe(
      'what calls get to end on a connection that is closed for its age; 0 for no limit',
    ),
    time: positiveDuration(7_200_000).describe('a connection is pinged when nothing came for so long'),
    timeout: positiveDuration(20_000).describe('it is closed when the ping is not answered in this time'),
  }),
  enforcement_policy: strictObject({
    min_time: positiveDuration(300_000).meta({
      description: 'clients that ping more often are sent away',
      idle: { why: PINGS, quiet: [300_000] },
    }),
    permit_without_stream: boolean(false).meta({
      description: 'clients may ping while no call is open',
      idle: { why: PINGS, quiet: [false] },
    }),
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
    endpoint: text(defaults.endpoint).describe(
      'the address to listen on, `host:port`; `localhost` is 127.0.0.1 and ::1, no host all addresses',
    ),
    transport: oneOf(['tcp', 'tcp4', 'tcp6', 'unix'], 'tcp').describe('`unix` takes a path as `endpoint`'),
    dialer: strictObject({
      timeout: positiveDuration(0).meta({
        description: 'of connections that the server opens',
        idle: { why: 'a server dials nobody', quiet: [0] },
      }),
    }),
    tls: tlsServer.optional().meta({ description: 'speaks TLS; without the block plain text', block: 'tls_server' }),
    max_recv_msg_size_mib: integer(0, { min: 0 }).meta({
      description: 'of a message, before and after decompression; 0 for 4 MiB',
      unit: 'MiB',
    }),
    max_concurrent_streams: integer(0, { min: 0 }).meta({
      description: 'calls at a time on one connection; 0 for 250',
      unit: 'calls',
    }),
    read_buffer_size: integer(512 * 1024, { min: 0 }).meta({
      description: 'of a connection',
      unit: 'bytes',
      idle: { why: BUFFERS, quiet: [0, 512 * 1024] },
    }),
    write_buffer_size: integer(0, { min: 0 }).meta({
      description: 'of a connection',
      unit: 'bytes',
      idle: { why: BUFFERS, quiet: [0, 512 * 1024] },
    }),
    keepalive: serverKeepalive
      .optional()
      .meta({ description: 'pings, and an end to old connections', block: 'keepalive_server' }),
    auth: auth.optional().describe('who may send is decided by an extension: `basicauth` or `bearertokenauth`'),
    include_metadata: boolean(false).describe('keeps the metadata of the client in the context of its batches'),
    middlewares: list(middleware).describe(
      'extensions that look at each request; none offers it yet, so the list must be empty',
    ),
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
