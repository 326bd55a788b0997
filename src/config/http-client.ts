import type { z } from 'zod';
import { type AuthConfig, auth, type MiddlewareConfig, middleware } from './auth.ts';
import { BUFFERS } from './facts.ts';
import { type ShapeOf, strictObject } from './object.ts';
import { type TlsClientConfig, tlsClient } from './tls.ts';
import { boolean, type Header, headers, integer, list, oneOf, positiveDuration, text } from './values.ts';

export type Compression = '' | 'none' | 'gzip' | 'zstd' | 'zlib' | 'deflate' | 'snappy' | 'x-snappy-framed' | 'lz4';

/** An HTTP client's keys (otelcol config/confighttp ClientConfig). */
export interface HttpClientConfig {
  /** A URL; may be empty where the component has other addresses. */
  readonly endpoint: string;
  readonly proxyUrl: string;
  readonly tls: TlsClientConfig;
  readonly readBufferSizeBytes: number;
  readonly writeBufferSizeBytes: number;
  /** 0: no limit. */
  readonly timeoutMs: number;
  readonly headers: readonly Header[];
  readonly auth: AuthConfig | undefined;
  readonly compression: Compression;
  /** 0: the algorithm's default. */
  readonly compressionLevel: number;
  readonly maxIdleConns: number;
  readonly maxIdleConnsPerHost: number;
  /** 0: no limit. */
  readonly maxConnsPerHost: number;
  readonly idleConnTimeoutMs: number;
  readonly disableKeepAlives: boolean;
  readonly http2ReadIdleTimeoutMs: number;
  readonly http2PingTimeoutMs: number;
  readonly forceAttemptHttp2: boolean;
  readonly cookiesEnabled: boolean;
  readonly middlewares: readonly MiddlewareConfig[];
}

export interface HttpClientDefaults {
  readonly timeoutMs?: number;
  readonly compression?: Compression;
  readonly writeBufferSizeBytes?: number;
}

const COMPRESSIONS = ['', 'none', 'gzip', 'zstd', 'zlib', 'deflate', 'snappy', 'x-snappy-framed', 'lz4'] as const;
const compressionParams = strictObject({
  level: integer(0).meta({ description: 'how hard to compress', defaultText: '1' }),
});
const cookies = strictObject({
  enabled: boolean(false).meta({
    description: 'sends back the cookies of answers',
    idle: { why: 'cookies are not kept', quiet: [false] },
  }),
});
const HTTP1 = 'the exporter speaks HTTP/1.1';

/** The shape, to be spread into a component's own: most put these keys on their top level. Read it back with `toHttpClient`. */
export function httpClientShape(defaults: HttpClientDefaults = {}): ShapeOf<RawHttpClient> {
  return {
    endpoint: text('').describe('the base URL'),
    proxy_url: text('').meta({
      description: 'sends through this proxy',
      defaultText: '`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`',
    }),
    tls: tlsClient.meta({ description: 'of connections to https addresses', block: 'tls_client' }),
    read_buffer_size: integer(0, { min: 0 }).meta({
      description: 'of a connection',
      unit: 'bytes',
      idle: { why: BUFFERS, quiet: [0, 512 * 1024] },
    }),
    write_buffer_size: integer(defaults.writeBufferSizeBytes ?? 0, { min: 0 }).meta({
      description: 'of a connection',
      unit: 'bytes',
      idle: { why: BUFFERS, quiet: [0, 512 * 1024] },
    }),
    timeout: positiveDuration(defaults.timeoutMs ?? 0).describe('of one attempt; 0 for no limit'),
    headers: headers().describe('sent with each request; may replace our own, `User-Agent` too'),
    auth: auth.optional().describe('an extension that adds credentials, `basicauth` for instance'),
    compression: oneOf(COMPRESSIONS, defaults.compression ?? '').describe('of request bodies'),
    compression_params: compressionParams,
    max_idle_conns: integer(100, { min: 0 }).meta({
      description: 'that are kept for the next request; 0 for no limit',
      unit: 'connections',
    }),
    max_idle_conns_per_host: integer(0, { min: 0 }).meta({
      description: 'that are kept for one host; 0 for no limit besides `max_idle_conns`',
      unit: 'connections',
    }),
    max_conns_per_host: integer(0, { min: 0 }).meta({
      description: 'to one host; 0 for no limit',
      unit: 'connections',
    }),
    idle_conn_timeout: positiveDuration(90_000).describe(
      'a connection without requests is closed after it; 0 for never',
    ),
    disable_keep_alives: boolean(false).describe('a connection for each request'),
    http2_read_idle_timeout: positiveDuration(0).meta({
      description: 'a silent HTTP/2 connection is pinged',
      idle: { why: HTTP1, quiet: [0] },
    }),
    http2_ping_timeout: positiveDuration(0).meta({
      description: 'how long the answer to that ping may take',
      idle: { why: HTTP1, quiet: [0] },
    }),
    force_attempt_http2: boolean(true).meta({
      description: 'tries HTTP/2',
      idle: { why: HTTP1, quiet: [true, false] },
    }),
    cookies,
    middlewares: list(middleware).describe(
      'extensions that look at each request; none offers it yet, so the list must be empty',
    ),
  };
}

/** What the YAML says, key by key. */
export interface RawHttpClient {
  readonly endpoint: string;
  readonly proxy_url: string;
  readonly tls: TlsClientConfig;
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
  readonly timeout: number;
  readonly headers: readonly Header[];
  readonly auth?: AuthConfig | undefined;
  readonly compression: Compression;
  readonly compression_params: { level: number };
  readonly max_idle_conns: number;
  readonly max_idle_conns_per_host: number;
  readonly max_conns_per_host: number;
  readonly idle_conn_timeout: number;
  readonly disable_keep_alives: boolean;
  readonly http2_read_idle_timeout: number;
  readonly http2_ping_timeout: number;
  readonly force_attempt_http2: boolean;
  readonly cookies: { enabled: boolean };
  readonly middlewares: readonly MiddlewareConfig[];
}

export function toHttpClient(raw: RawHttpClient): HttpClientConfig {
  return {
    endpoint: raw.endpoint,
    proxyUrl: raw.proxy_url,
    tls: raw.tls,
    readBufferSizeBytes: raw.read_buffer_size,
    writeBufferSizeBytes: raw.write_buffer_size,
    timeoutMs: raw.timeout,
    headers: raw.headers,
    auth: raw.auth,
    compression: raw.compression,
    compressionLevel: raw.compression_params.level,
    maxIdleConns: raw.max_idle_conns,
    maxIdleConnsPerHost: raw.max_idle_conns_per_host,
    maxConnsPerHost: raw.max_conns_per_host,
    idleConnTimeoutMs: raw.idle_conn_timeout,
    disableKeepAlives: raw.disable_keep_alives,
    http2ReadIdleTimeoutMs: raw.http2_read_idle_timeout,
    http2PingTimeoutMs: raw.http2_ping_timeout,
    forceAttemptHttp2: raw.force_attempt_http2,
    cookiesEnabled: raw.cookies.enabled,
    middlewares: raw.middlewares,
  };
}

/** An HTTP client as a block of its own. */
export function httpClient(defaults: HttpClientDefaults = {}): z.ZodType<HttpClientConfig> {
  return strictObject(httpClientShape(defaults)).transform(toHttpClient);
}
