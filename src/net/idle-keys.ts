import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '#base';
import { COMPRESSION_ALGORITHMS, DEFAULT_MAX_BODY_BYTES } from '#config';

/** A key of otelcol's that loads and can have no effect here. */
interface IdleKey {
  /** Its name in the parsed configuration. */
  readonly property: string;
  readonly key: string;
  /** Values that ask for nothing: defaults, and what is so anyway. */
  readonly quiet: readonly unknown[];
  readonly why: string;
}

const BUFFERS = 'Node chooses the sizes of its buffers itself';
const HTTP1 = 'the exporter speaks HTTP/1.1';
const PINGS = 'clients may ping as often as they want';

/** All of them; a test holds the list against the schemas. What a user asks for with one of these is said at the start. */
export const IDLE_KEYS: readonly IdleKey[] = [
  { property: 'readBufferSizeBytes', key: 'read_buffer_size', quiet: [0, 512 * 1024], why: BUFFERS },
  { property: 'writeBufferSizeBytes', key: 'write_buffer_size', quiet: [0, 512 * 1024], why: BUFFERS },
  { property: 'http2ReadIdleTimeoutMs', key: 'http2_read_idle_timeout', quiet: [0], why: HTTP1 },
  { property: 'http2PingTimeoutMs', key: 'http2_ping_timeout', quiet: [0], why: HTTP1 },
  { property: 'forceAttemptHttp2', key: 'force_attempt_http2', quiet: [true, false], why: HTTP1 },
  { property: 'cookiesEnabled', key: 'cookies::enabled', quiet: [false], why: 'cookies are not kept' },
  { property: 'dialerTimeoutMs', key: 'dialer::timeout', quiet: [0], why: 'a server dials nobody' },
  {
    property: 'enforcementMinTimeMs',
    key: 'keepalive::enforcement_policy::min_time',
    quiet: [300_000],
    why: PINGS,
  },
  {
    property: 'enforcementPermitWithoutStream',
    key: 'keepalive::enforcement_policy::permit_without_stream',
    quiet: [false],
    why: PINGS,
  },
];

const NO_BODY = 'pages are asked for by GET and HEAD, without a body';

/** Beside those: what servers of pages, such as health_check and zpages, have no use for. */
export const IDLE_PAGE_KEYS: readonly IdleKey[] = [
  { property: 'cors', key: 'cors', quiet: [undefined], why: 'pages are for no other origin' },
  {
    property: 'maxRequestBodySizeBytes',
    key: 'max_request_body_size',
    quiet: [0, DEFAULT_MAX_BODY_BYTES],
    why: NO_BODY,
  },
  {
    property: 'compressionAlgorithms',
    key: 'compression_algorithms',
    quiet: [COMPRESSION_ALGORITHMS],
    why: NO_BODY,
  },
  { property: 'includeMetadata', key: 'include_metadata', quiet: [false], why: 'pages are passed on to nobody' },
];

/** Says which keys of a block, parsed into `config`, have no effect. `path` is its place in the configuration. */
export function sayIdleKeys(logger: Logger, path: string, config: object, keys: readonly IdleKey[] = IDLE_KEYS): void {
  const { keepalive } = config as { keepalive?: object };
  const values = { ...keepalive, ...config } as Readonly<Record<string, unknown>>;
  for (const { property, key, quiet, why } of keys) {
    if (!(property in values) || quiet.some((value) => isDeepStrictEqual(value, values[property]))) continue;
    logger.warn(`${path}::${key} has no effect: ${why}`);
  }
}
