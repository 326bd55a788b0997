import {
  boolean,
  type DeliveryConfig,
  deliveryShape,
  type HttpClientConfig,
  httpClientShape,
  integer,
  list,
  mapOf,
  oneOf,
  positiveDuration,
  type ResourceLabels,
  resourceLabelsMistakes,
  resourceLabelsShape,
  type Schema,
  size,
  strictObject,
  text,
  toHttpClient,
  toResourceLabels,
} from '#config';
import { NAMING_STRATEGIES, type NamingStrategy, writtenLabelName } from '#wire';
import { clientMistakes, NO_MIDDLEWARES } from '../shared/http-sender.ts';
import type { WalConfig } from './wal.ts';

/** What users write under `prometheus_remote_write:` (otelcol-contrib exporter/prometheusremotewriteexporter@v0.159.0). */
export interface RemoteWriteConfig {
  readonly client: HttpClientConfig;
  readonly delivery: DeliveryConfig;
  readonly isVersion2: boolean;
  readonly namespace: string;
  readonly naming: NamingStrategy;
  /** Under the names that they are sent with. */
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly resourceLabels: ResourceLabels;
  readonly hasTargetInfo: boolean;
  readonly hasScopeLabels: boolean;
  readonly sendsMetadata: boolean;
  readonly maxBatchSizeBytes: number;
  readonly parallelRequests: number;
  readonly metadataKeys: readonly string[];
  /** Undefined: what is taken is sent at once. */
  readonly wal: WalConfig | undefined;
  readonly customBuckets: { readonly enabled: boolean; readonly keepsClassic: boolean };
}

const STRATEGIES = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
] as const;
const VERSION_1 = 'prometheus.WriteRequest';
const VERSION_2 = 'io.prometheus.write.v2.Request';
const BATCH_SIZE_BYTES = 3_000_000;
const WAL_REQUESTS = 300;
const WAL_MS = 60_000;
const HTTP_SHAPE = {
  ...httpClientShape({ writeBufferSizeBytes: 512 * 1024 }),
  compression: oneOf(['', 'snappy'], 'snappy').meta({
    description: 'of request bodies',
    idle: { why: 'remote write is always compressed by snappy', quiet: ['', 'snappy'] },
  }),
};

const { timeout, retry_on_failure: retry, sending_queue: sendingQueue } = deliveryShape({ initialIntervalMs: 50 });

export const remoteWriteSchema: Schema<RemoteWriteConfig> = strictObject({
  ...HTTP_SHAPE,
  timeout,
  http: strictObject(HTTP_SHAPE)
    .transform(toHttpClient)
    .superRefine(({ middlewares }, context) => {
      if (middlewares.length > 0) context.addIssue({ code: 'custom', path: ['middlewares'], message: NO_MIDDLEWARES });
    })
    .optional()
    .describe("the client's keys in a block of their own, which goes before those beside it"),
  retry_on_failure: retry.meta({
    description: 'tries again what failed for now; here `initial_interval` is `50ms`',
    block: 'retry_on_failure',
  }),
  remote_write_queue: strictObject({
    enabled: boolean(true).describe('without it a batch is sent while its sender waits'),
    queue_size: integer(10_000, { min: 1 }).meta({
      description: 'that wait at most; beyond it senders are refused, retryably',
      unit: 'batches',
    }),
    num_consumers: integer(5, { min: 0 }).meta({
      description: 'that a batch is sent with at a time, unless `max_batch_request_parallelism` says it',
      unit: 'requests',
    }),
  }),
  max_batch_request_parallelism: integer(undefined, { min: 1 })
    .optional()
    .meta({ description: 'that a large batch is sent with at a time', unit: 'requests' }),
  max_batch_size_bytes: size(BATCH_SIZE_BYTES).describe('a larger batch becomes several requests; 0 for the default'),
  protobuf_message: oneOf([VERSION_1, VERSION_2], VERSION_1).meta({
    description: 'what is sent',
    words: { [VERSION_1]: 'remote write 1.0', [VERSION_2]: 'remote write 2.0' },
  }),
  namespace: text('').describe('in front of every name, with `_` between'),
  external_labels: mapOf(text()).describe('labels of every series that it does not have already'),
  ...resourceLabelsShape,
  target_info: strictObject({
    enabled: boolean(true).describe('sends a series `target_info` with the attributes of each resource'),
  }),
  disable_scope_info: boolean(false).describe('leaves the labels `otel_scope_…` out'),
  add_metric_suffixes: boolean(true).describe('the older form of `translation_strategy`, which goes before it'),
  translation_strategy: oneOf(STRATEGIES)
    .optional()
    .meta({
      description: 'how names become names of Prometheus; the last two need remote write 2.0',
      words: {
        UnderscoreEscapingWithSuffixes: 'letters that are not known there become `_`, and units and types are added',
        UnderscoreEscapingWithoutSuffixes: 'without the units and types',
        NoUTF8EscapingWithSuffixes: 'all letters stay, and units and types are added',
        NoTranslation: 'names stay as they are',
      },
      defaultText: '`UnderscoreEscapingWithSuffixes`',
    }),
  send_metadata: boolean(false).describe('sends type, unit and description too; remote write 2.0 always does'),
  include_metadata_keys: list(text()).describe(
    'metadata of the client that become headers of the request; not with `wal`, which does not keep them',
  ),
  wal: strictObject({
    directory: text('').describe('requests wait in `prom_remotewrite` in this folder; empty for the current folder'),
    buffer_size: integer(WAL_REQUESTS).meta({
      description: 'a file of the log is sent and deleted when it has so many; 0 for the default',
      unit: 'requests',
    }),
    truncate_frequency: positiveDuration(WAL_MS).describe('or when it is so old; 0 for the default'),
    lag_record_frequency: positiveDuration(15_000).meta({
      description: 'how often the metric of the lag is set',
      idle: { why: 'the metric is right whenever it is read', quiet: [0, 15_000] },
    }),
  })
    .transform(({ directory, buffer_size: size, truncate_frequency: ms }) => ({
      directory,
      bufferSize: size > 0 ? size : WAL_REQUESTS,
      truncateFrequencyMs: ms > 0 ? ms : WAL_MS,
    }))
    .optional()
    .describe('requests are written to disk, acknowledged, and sent later, in their order, as often as it takes'),
  convert_explicit_histograms_to_nhcb: boolean(false).describe(
    'histograms are sent as native ones with custom buckets',
  ),
  keep_classic_histograms: boolean(false).describe('and as classic series too'),
}).transform((raw, context) => {
  for (const { path, message } of resourceLabelsMistakes(raw))
    context.addIssue({ code: 'custom', path: [...path], message });
  const flat = toHttpClient(raw);
  const client = raw.http ?? flat;
  const older = raw.add_metric_suffixes ? STRATEGIES[0] : STRATEGIES[1];
  const naming = NAMING_STRATEGIES[raw.translation_strategy ?? older]!;
  const { enabled, queue_size: queueSize, num_consumers: consumers } = raw.remote_write_queue;
  // One at a time, so that the points of a series arrive in order.
  const queue = { ...sendingQueue.parse({ num_consumers: 1 }), enabled, queueSize };
  return {
    client: { ...client, timeoutMs: 0, compression: 'snappy' as const },
    delivery: { timeoutMs: raw.http?.timeoutMs || raw.timeout, retry: raw.retry_on_failure, queue },
    isVersion2: raw.protobuf_message === VERSION_2,
    namespace: raw.namespace,
    naming,
    externalLabels: new Map(
      [...raw.external_labels].map(([name, value]) => [writtenLabelName(name, OLD_NAMES), value]),
    ),
    resourceLabels: toResourceLabels(raw),
    hasTargetInfo: raw.target_info.enabled,
    hasScopeLabels: !raw.disable_scope_info,
    sendsMetadata: raw.send_metadata,
    maxBatchSizeBytes: raw.max_batch_size_bytes || BATCH_SIZE_BYTES,
    parallelRequests: Math.max(1, raw.max_batch_request_parallelism ?? consumers),
    wal: raw.wal,
    metadataKeys: raw.include_metadata_keys.map((key) => key.toLowerCase()),
    customBuckets: {
      enabled: raw.convert_explicit_histograms_to_nhcb,
      keepsClassic: raw.keep_classic_histograms,
    },
  };
});

const OLD_NAMES: NamingStrategy = { withSuffixes: true, keepsUtf8: false };
const RESERVED = new Set(['content-encoding', 'content-type', 'user-agent', 'x-prometheus-remote-write-version']);

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateRemoteWrite(config: RemoteWriteConfig): readonly Mistake[] {
  const { client } = config;
  const mistakes: Mistake[] = clientMistakes(client, 'https://prometheus:9090/api/v1/write');
  if (config.naming.keepsUtf8 && !config.isVersion2) {
    const message = `needs remote write 2.0: protobuf_message: ${VERSION_2}`;
    mistakes.push({ path: ['translation_strategy'], message });
  }
  for (const [name, value] of config.externalLabels) {
    if (name !== '' && value !== '') continue;
    mistakes.push({
      path: ['external_labels'],
      message: 'external labels configuration contains an empty key or value',
    });
  }
  for (const key of config.metadataKeys) {
    if (!RESERVED.has(key)) continue;
    mistakes.push({ path: ['include_metadata_keys'], message: `"${key}" is a header that remote write sets itself` });
  }
  return mistakes;
}
