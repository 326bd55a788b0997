import type { z } from 'zod';
import { type ShapeOf, strictObject } from './object.ts';
import { boolean, integer, list, number, oneOf, positiveDuration, text } from './values.ts';

/** `sending_queue`, `retry_on_failure` and `timeout` of an exporter (otelcol exporterhelper; research: collector §1.5). */
export interface DeliveryConfig {
  /** One attempt may take so long; 0 means no limit. */
  readonly timeoutMs: number;
  readonly retry: RetryConfig;
  readonly queue: QueueConfig;
}

export interface RetryConfig {
  readonly enabled: boolean;
  readonly initialIntervalMs: number;
  readonly randomizationFactor: number;
  readonly multiplier: number;
  readonly maxIntervalMs: number;
  /** 0 means forever. */
  readonly maxElapsedTimeMs: number;
}

export interface QueueConfig {
  readonly enabled: boolean;
  readonly numConsumers: number;
  /** In units of `sizer`. */
  readonly queueSize: number;
  /** Of what a queue in memory holds; 0 for no limit. */
  readonly maxBytes: number;
  readonly sizer: 'requests' | 'items' | 'bytes';
  readonly blockOnOverflow: boolean;
  readonly waitForResult: boolean;
  /** The id of a storage extension. */
  readonly storage: string | undefined;
  readonly batch: QueueBatchConfig | undefined;
}

export interface QueueBatchConfig {
  readonly flushTimeoutMs: number;
  readonly minSize: number;
  /** 0 means no limit. */
  readonly maxSize: number;
  readonly sizer: 'items' | 'bytes';
  /** Requests whose client metadata differ in these keys are not put into one batch. */
  readonly partitionMetadataKeys: readonly string[];
}

const batch: z.ZodType<QueueBatchConfig> = strictObject({
  flush_timeout: positiveDuration(200).describe('a batch waits no longer than this for more'),
  min_size: integer(8192, { min: 0 }).meta({ description: 'a batch is sent when it has so much', unit: 'of `sizer`' }),
  max_size: integer(0, { min: 0 }).meta({
    description: 'larger batches are split; 0 for no limit',
    unit: 'of `sizer`',
  }),
  sizer: oneOf(['items', 'bytes'], 'items').describe('what `min_size` and `max_size` count'),
  partition: strictObject({
    metadata_keys: list(text()).describe('requests whose client metadata differ in these keys are not put together'),
  }),
}).transform((raw) => ({
  flushTimeoutMs: raw.flush_timeout,
  minSize: raw.min_size,
  maxSize: raw.max_size,
  sizer: raw.sizer,
  partitionMetadataKeys: raw.partition.metadata_keys,
}));

const queue: z.ZodType<QueueConfig> = strictObject({
  enabled: boolean(true).describe('without it a batch is sent while its sender waits'),
  num_consumers: integer(10).describe('requests that are sent at a time'),
  queue_size: integer(1000).meta({
    description: 'how much waits at most; beyond it senders are refused, retryably',
    unit: 'of `sizer`',
  }),
  max_bytes: integer(256 * 1024 * 1024, { min: 0 }).meta({
    description:
      'so much a queue in memory holds at most, where `queue_size` counts something else, but one request in any case; 0 for no limit. Not of otelcol',
    unit: 'bytes',
  }),
  sizer: oneOf(['requests', 'items', 'bytes'], 'requests').describe('what `queue_size` counts'),
  block_on_overflow: boolean(false).describe('senders wait for room, instead of being refused'),
  wait_for_result: boolean(false).describe('senders wait until their data has been sent'),
  storage: text().optional().describe('the id of a storage extension that keeps the queue over a restart'),
  batch: batch.optional().describe('puts requests together before they are sent'),
})
  .transform((raw) => ({
    enabled: raw.enabled,
    numConsumers: raw.num_consumers,
    queueSize: raw.queue_size,
    // What waits on disk is bounded by its storage, and a size in bytes by itself.
    maxBytes: raw.storage === undefined && raw.sizer !== 'bytes' ? raw.max_bytes : 0,
    sizer: raw.sizer,
    blockOnOverflow: raw.block_on_overflow,
    waitForResult: raw.wait_for_result,
    storage: raw.storage,
    batch: raw.batch,
  }))
  .superRefine((config, context) => {
    if (!config.enabled) return;
    const add = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    if (config.numConsumers <= 0) add(['num_consumers'], '`num_consumers` must be positive');
    if (config.queueSize <= 0) add(['queue_size'], '`queue_size` must be positive');
    if (config.storage !== undefined && config.waitForResult) {
      add(['wait_for_result'], '`wait_for_result` is not supported with a persistent queue configured with `storage`');
    }
    if (config.batch === undefined) return;
    const { flushTimeoutMs, minSize, maxSize, sizer } = config.batch;
    if (flushTimeoutMs <= 0) add(['batch', 'flush_timeout'], '`flush_timeout` must be positive');
    if (maxSize !== 0 && maxSize < minSize) {
      const message = `\`max_size\` (${maxSize}) must be greater or equal to \`min_size\` (${minSize})`;
      add(['batch', 'max_size'], message);
    }
    if (sizer === config.sizer && minSize > config.queueSize) {
      add(['batch'], '`min_size` must be less than or equal to `queue_size`');
    }
  });

const retry = (initialIntervalMs: number): z.ZodType<RetryConfig> =>
  strictObject({
    enabled: boolean(true).describe('without it what fails once is lost'),
    initial_interval: positiveDuration(initialIntervalMs).describe('the pause before the first new attempt'),
    randomization_factor: number(0.5, { min: 0, max: 1 }).describe(
      'each pause is this share longer or shorter, at random',
    ),
    multiplier: number(1.5, { min: 0 }).describe('each pause is so many times the one before'),
    max_interval: positiveDuration(30_000).describe('the longest pause'),
    max_elapsed_time: positiveDuration(300_000).describe(
      'what could not be sent in this time is dropped and counted; 0 never gives up',
    ),
  })
    .transform((raw) => ({
      enabled: raw.enabled,
      initialIntervalMs: raw.initial_interval,
      randomizationFactor: raw.randomization_factor,
      multiplier: raw.multiplier,
      maxIntervalMs: raw.max_interval,
      maxElapsedTimeMs: raw.max_elapsed_time,
    }))
    .superRefine((config, context) => {
      if (!config.enabled || config.maxElapsedTimeMs === 0) return;
      const add = (name: string): void => {
        context.addIssue({
          code: 'custom',
          path: ['max_elapsed_time'],
          message: `'max_elapsed_time' must not be less than '${name}'`,
        });
      };
      if (config.maxElapsedTimeMs < config.initialIntervalMs) add('initial_interval');
      if (config.maxElapsedTimeMs < config.maxIntervalMs) add('max_interval');
    });

/** What the YAML says, key by key. */
export interface RawDelivery {
  readonly timeout: number;
  readonly sending_queue: QueueConfig;
  readonly retry_on_failure: RetryConfig;
}

/** What an exporter has another default of. */
export interface DeliveryDefaults {
  readonly timeoutMs?: number;
  readonly initialIntervalMs?: number;
}

/** The three keys, to be spread into an exporter's own shape. Read them back with `toDelivery`. */
export function deliveryShape(defaults: DeliveryDefaults = {}): ShapeOf<RawDelivery> {
  return {
    timeout: positiveDuration(defaults.timeoutMs ?? 5000).describe('of one attempt; 0 for no limit'),
    sending_queue: queue.meta({ description: 'holds what is to be sent', block: 'sending_queue' }),
    retry_on_failure: retry(defaults.initialIntervalMs ?? 5000).meta({
      description: 'tries again what failed for now',
      block: 'retry_on_failure',
    }),
  };
}

export function toDelivery(raw: RawDelivery): DeliveryConfig {
  return { timeoutMs: raw.timeout, retry: raw.retry_on_failure, queue: raw.sending_queue };
}

/** The three keys as a block of their own. */
export function deliverySchema(defaults: { readonly timeoutMs?: number } = {}): z.ZodType<DeliveryConfig> {
  return strictObject(deliveryShape(defaults)).transform(toDelivery);
}
