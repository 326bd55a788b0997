import { boolean, duration, integer, list, positiveDuration, type Schema, strictObject, text } from '#config';

/** What users write under `service_graph:` (otelcol-contrib connector/servicegraphconnector 0.159). */
export interface ServiceGraphConfig {
  /** In milliseconds; undefined where buckets are exponential. */
  readonly boundsMs: readonly number[] | undefined;
  readonly exponentialMaxSize: number;
  readonly dimensions: readonly string[];
  readonly ttlMs: number;
  readonly maxItems: number;
  readonly cacheLoopMs: number;
  readonly expirationLoopMs: number;
  readonly peerAttributes: readonly string[];
  readonly virtualNodeLabel: boolean;
  /** 0: with each batch. */
  readonly flushIntervalMs: number;
  readonly databaseAttributes: readonly string[];
  readonly timestampOffsetMs: number;
}

const BOUNDS_MS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000];

export const serviceGraphSchema: Schema<ServiceGraphConfig> = strictObject({
  latency_histogram_buckets: list(duration())
    .optional()
    .meta({ description: 'the bounds, in ascending order', unit: 'ms', defaultText: '`2ms` to `15s` in 16 steps' }),
  exponential_histogram_max_size: integer(0, { min: 0, max: 10_000 }).meta({
    description: 'instead of bounds: at most so many buckets whose bounds follow from the values; 0 for bounds',
    unit: 'buckets',
  }),
  dimensions: list(text()).describe(
    'attributes of the resource, or else of the span, that both ends give to the series, as `client_<name>` and `server_<name>`',
  ),
  store: strictObject({
    ttl: positiveDuration(2000).describe('so long a span waits for the other end of its call'),
    max_items: integer(1000, { min: 1, max: 10_000_000 }).meta({
      description: 'that wait at a time; spans beyond are left out',
      unit: 'calls',
    }),
  }).describe('spans that wait for the other end of their call'),
  cache_loop: positiveDuration(60_000).describe(
    'between two looks for series without a call for 15 minutes, which are forgotten',
  ),
  store_expiration_loop: positiveDuration(2000).describe('between two looks for spans that have waited too long'),
  virtual_node_peer_attributes: list(text(), ['peer.service', 'db.name', 'db.system']).describe(
    'of a client span whose server sends no spans, the first of these that it has names the server; without any there are no such servers',
  ),
  virtual_node_extra_label: boolean(false).describe(
    'an attribute `virtual_node` says which end (`client`, `server`) sends no spans',
  ),
  metrics_flush_interval: duration(60_000)
    .refine((ms) => ms >= 0, { error: 'must not be negative' })
    .describe('between two points of a series; 0 for points with each batch'),
  database_name_attributes: list(text(), ['db.name']).describe(
    'a client span with one of these (or whose resource has it) is a call of that database, which sends no spans',
  ),
  metrics_timestamp_offset: duration(0).describe('points are dated so long before now'),
}).transform((raw) => ({
  boundsMs: boundsOf(raw.latency_histogram_buckets ?? [], raw.exponential_histogram_max_size > 0),
  exponentialMaxSize: raw.exponential_histogram_max_size,
  dimensions: raw.dimensions,
  ttlMs: raw.store.ttl,
  maxItems: raw.store.max_items,
  cacheLoopMs: raw.cache_loop,
  expirationLoopMs: raw.store_expiration_loop,
  peerAttributes: raw.virtual_node_peer_attributes,
  virtualNodeLabel: raw.virtual_node_extra_label,
  flushIntervalMs: raw.metrics_flush_interval,
  // As in otelcol an empty list is none of the user's.
  databaseAttributes: raw.database_name_attributes.length === 0 ? ['db.name'] : raw.database_name_attributes,
  timestampOffsetMs: raw.metrics_timestamp_offset,
}));

/** An empty list is none. */
function boundsOf(given: readonly number[], isExponential: boolean): readonly number[] | undefined {
  if (given.length > 0) return given;
  return isExponential ? undefined : BOUNDS_MS;
}

export function validateServiceGraph(
  config: ServiceGraphConfig,
): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const { boundsMs, exponentialMaxSize } = config;
  const path = ['latency_histogram_buckets'];
  if (boundsMs !== undefined && exponentialMaxSize > 0) {
    return [{ path, message: 'use either `latency_histogram_buckets` or `exponential_histogram_max_size`' }];
  }
  const unordered = boundsMs?.findIndex((bound, i) => i > 0 && bound <= boundsMs[i - 1]!) ?? -1;
  return unordered > 0 ? [{ path: [...path, unordered], message: 'is not greater than the one before' }] : [];
}
