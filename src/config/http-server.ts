import type { z } from 'zod';
import { type AuthConfig, type MiddlewareConfig, middleware } from './auth.ts';
import { type ShapeOf, strictObject } from './object.ts';
import { type TlsServerConfig, tlsServer } from './tls.ts';
import {
  boolean,
  type Header,
  headers,
  integer,
  list,
  listenAddress,
  oneOf,
  positiveDuration,
  text,
} from './values.ts';

export interface CorsConfig {
  /** Exact origins or with `*` wildcards. */
  readonly allowedOrigins: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds: number;
}

/** An HTTP server's keys (otelcol config/confighttp ServerConfig). Times of 0 mean no limit. */
export interface HttpServerConfig {
  /** `host:port`, or a path where the transport is `unix`. */
  readonly endpoint: string;
  readonly transport: 'tcp' | 'tcp4' | 'tcp6' | 'unix';
  readonly tls: TlsServerConfig | undefined;
  readonly cors: CorsConfig | undefined;
  readonly auth: (AuthConfig & { readonly requestParams: readonly string[] }) | undefined;
  /** Limit before and after decompression; 0 means the default of 20 MiB. */
  readonly maxRequestBodySizeBytes: number;
  readonly includeMetadata: boolean;
  readonly responseHeaders: readonly Header[];
  readonly compressionAlgorithms: readonly string[];
  readonly readTimeoutMs: number;
  readonly readHeaderTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAlivesEnabled: boolean;
  readonly middlewares: readonly MiddlewareConfig[];
}

export interface HttpServerDefaults {
  readonly endpoint?: string;
  readonly writeTimeoutMs?: number;
  readonly readHeaderTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
}

export const DEFAULT_MAX_BODY_BYTES: number = 20 * 1024 * 1024;
/** What a server takes where the configuration doesn't say; the default of `compression_algorithms`. */
export const COMPRESSION_ALGORITHMS = [
  '',
  'gzip',
  'zstd',
  'zlib',
  'snappy',
  'deflate',
  'lz4',
  'x-snappy-framed',
] as const;

const cors: z.ZodType<CorsConfig> = strictObject({
  allowed_origins: list(text()),
  allowed_headers: list(text()),
  exposed_headers: list(text()),
  max_age: integer(0, { min: 0 }),
}).transform((raw) => ({
  allowedOrigins: raw.allowed_origins,
  allowedHeaders: raw.allowed_headers,
  exposedHeaders: raw.exposed_headers,
  maxAgeSeconds: raw.max_age,
}));

const serverAuth = strictObject({ authenticator: text(), request_params: list(text()) }).transform((raw) => ({
  authenticator: raw.authenticator,
  requestParams: raw.request_params,
}));

/** What the YAML says, key by key. */
export interface RawHttpServer {
  readonly endpoint: string;
  readonly transport: HttpServerConfig['transport'];
  readonly tls?: TlsServerConfig | undefined;
  readonly cors?: CorsConfig | undefined;
  readonly auth?: { readonly authenticator: string; readonly requestParams: readonly string[] } | undefined;
  readonly max_request_body_size: number;
  readonly include_metadata: boolean;
  readonly response_headers: readonly Header[];
  readonly compression_algorithms: readonly string[];
  readonly read_timeout: number;
  readonly read_header_timeout: number;
  readonly write_timeout: number;
  readonly idle_timeout: number;
  readonly keep_alives_enabled: boolean;
  readonly middlewares: readonly MiddlewareConfig[];
}

/** The shape, to be spread into a component's own. Read it back with `toHttpServer`. */
export function httpServerShape(defaults: HttpServerDefaults = {}): ShapeOf<RawHttpServer> {
  return {
    endpoint: listenAddress(defaults.endpoint),
    transport: oneOf(['tcp', 'tcp4', 'tcp6', 'unix'], 'tcp'),
    tls: tlsServer.optional(),
    cors: cors.optional(),
    auth: serverAuth.optional(),
    max_request_body_size: integer(DEFAULT_MAX_BODY_BYTES, { min: 0 }),
    include_metadata: boolean(false),
    response_headers: headers(),
    compression_algorithms: list(oneOf(COMPRESSION_ALGORITHMS), COMPRESSION_ALGORITHMS),
    read_timeout: positiveDuration(0),
    read_header_timeout: positiveDuration(defaults.readHeaderTimeoutMs ?? 60_000),
    write_timeout: positiveDuration(defaults.writeTimeoutMs ?? 30_000),
    idle_timeout: positiveDuration(defaults.idleTimeoutMs ?? 60_000),
    keep_alives_enabled: boolean(true),
    middlewares: list(middleware),
  };
}

export function toHttpServer(raw: RawHttpServer): HttpServerConfig {
  return {
    endpoint: raw.endpoint,
    transport: raw.transport,
    tls: raw.tls,
    cors: raw.cors,
    auth: raw.auth,
    maxRequestBodySizeBytes: raw.max_request_body_size === 0 ? DEFAULT_MAX_BODY_BYTES : raw.max_request_body_size,
    includeMetadata: raw.include_metadata,
    responseHeaders: raw.response_headers,
    compressionAlgorithms: raw.compression_algorithms,
    readTimeoutMs: raw.read_timeout,
    readHeaderTimeoutMs: raw.read_header_timeout,
    writeTimeoutMs: raw.write_timeout,
    idleTimeoutMs: raw.idle_timeout,
    keepAlivesEnabled: raw.keep_alives_enabled,
    middlewares: raw.middlewares,
  };
}

/** An HTTP server as a block of its own. */
export function httpServer(defaults: HttpServerDefaults = {}): z.ZodType<HttpServerConfig> {
  return strictObject(httpServerShape(defaults)).transform(toHttpServer);
}
