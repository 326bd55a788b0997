import type { z } from 'zod';
import { type AuthConfig, type MiddlewareConfig, middleware } from './auth.ts';
import type { IdleFacts } from './facts.ts';
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
  /** The server has pages and takes no bodies: some keys have no effect then. */
  readonly servesPages?: boolean;
}

const NO_BODY = 'pages are asked for by GET and HEAD, without a body';

const DEFAULT_MAX_BODY_BYTES = 20 * 1024 * 1024;
/** What a server takes where the configuration doesn't say; the default of `compression_algorithms`. */
const COMPRESSION_ALGORITHMS = ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'lz4', 'x-snappy-framed'] as const;

const cors: z.ZodType<CorsConfig> = strictObject({
  allowed_origins: list(text()).describe('origins whose pages may send, `*` for any part: `https://*.example.com`'),
  allowed_headers: list(text()).describe('headers that they may send besides the simple ones; `"*"` for all'),
  exposed_headers: list(text()).describe('headers of the answer that they may read'),
  max_age: integer(0, { min: 0 }).meta({
    description: 'how long a browser remembers the answer to its preflight',
    unit: 'seconds',
  }),
}).transform((raw) => ({
  allowedOrigins: raw.allowed_origins,
  allowedHeaders: raw.allowed_headers,
  exposedHeaders: raw.exposed_headers,
  maxAgeSeconds: raw.max_age,
}));

const serverAuth = strictObject({
  authenticator: text().describe('the id of an extension'),
  request_params: list(text()).describe('query parameters that it looks at'),
}).transform((raw) => ({
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
  const idle = (why: string, ...quiet: unknown[]): { idle?: IdleFacts } =>
    defaults.servesPages === true ? { idle: { why, quiet } } : {};
  return {
    endpoint: listenAddress(defaults.endpoint).describe(
      'the address to listen on, `host:port`; `localhost` is 127.0.0.1 and ::1, no host all addresses',
    ),
    transport: oneOf(['tcp', 'tcp4', 'tcp6', 'unix'], 'tcp').describe('`unix` takes a path as `endpoint`'),
    tls: tlsServer.optional().meta({ description: 'speaks TLS; without the block plain text', block: 'tls_server' }),
    cors: cors.optional().meta({
      description: 'lets pages of other origins send',
      block: 'cors',
      ...idle('pages are for no other origin'),
    }),
    auth: serverAuth.optional().describe('who may send is decided by an extension: `basicauth` or `bearertokenauth`'),
    max_request_body_size: integer(DEFAULT_MAX_BODY_BYTES, { min: 0 }).meta({
      description: 'of a request, before and after decompression; 0 for the default',
      unit: 'bytes',
      ...idle(NO_BODY, 0, DEFAULT_MAX_BODY_BYTES),
    }),
    include_metadata: boolean(false).meta({
      description: 'keeps the headers of the client in the context of its batches',
      ...idle('pages are passed on to nobody', false),
    }),
    response_headers: headers().describe('added to every answer'),
    compression_algorithms: list(oneOf(COMPRESSION_ALGORITHMS), COMPRESSION_ALGORITHMS).meta({
      description: 'what request bodies may be compressed with',
      defaultText: 'all',
      ...idle(NO_BODY, COMPRESSION_ALGORITHMS),
    }),
    read_timeout: positiveDuration(0).describe('for a whole request; 0 for no limit'),
    read_header_timeout: positiveDuration(defaults.readHeaderTimeoutMs ?? 60_000).describe(
      'for the headers of a request; 0 for no limit',
    ),
    write_timeout: positiveDuration(defaults.writeTimeoutMs ?? 30_000).describe('for an answer; 0 for no limit'),
    idle_timeout: positiveDuration(defaults.idleTimeoutMs ?? 60_000).describe(
      'a connection without requests is closed after it; 0 for no limit',
    ),
    keep_alives_enabled: boolean(true).describe('takes several requests on one connection'),
    middlewares: list(middleware).describe(
      'extensions that look at each request; none offers it yet, so the list must be empty',
    ),
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
