import type { Modernized } from '#component';
import { integer, list, type MapNode, positiveDuration, type Schema, strictObject, text } from '#config';

/** What users write under `batch:` (otelcol processor/batchprocessor, plus `max_pending_items`, which is ours). */
export interface BatchConfig {
  /** A batch is sent when so many items wait. Not a cap; 0 sends every arrival at once. */
  readonly sendBatchSize: number;
  /** Items wait no longer than this for others. At most 1 s counts, because senders wait too (README.md). */
  readonly timeoutMs: number;
  /** Larger batches are split; 0 for no cap. */
  readonly sendBatchMaxSize: number;
  /** One batch per combination of these client metadata values. Lower case. */
  readonly metadataKeys: readonly string[];
  readonly metadataCardinalityLimit: number;
  /** Items held in all, waiting or on their way downstream; 0 chooses ten batches. Beyond it senders are refused for now. */
  readonly maxPendingItems: number;
}

export const batchSchema: Schema<BatchConfig> = strictObject({
  send_batch_size: integer(8192, { min: 0 }).meta({
    description: 'a batch is sent when so many wait; 0 sends at once',
    unit: 'items',
  }),
  timeout: positiveDuration(200).describe('items wait no longer than this; at most 1 s counts; 0 sends at once'),
  send_batch_max_size: integer(0, { min: 0 }).meta({
    description: 'larger batches are split; 0 for no cap, else at least `send_batch_size`',
    unit: 'items',
  }),
  metadata_keys: list(text()).describe('a batch of its own for each combination of these client metadata values'),
  metadata_cardinality_limit: integer(1000, { min: 0 }).describe('more combinations are refused for good'),
  max_pending_items: integer(0, { min: 0 }).meta({
    description: 'ours: items held in all; beyond it senders are told to try again',
    unit: 'items',
    defaultText: 'ten batches',
  }),
}).transform((raw) => ({
  sendBatchSize: raw.send_batch_size,
  timeoutMs: raw.timeout,
  sendBatchMaxSize: raw.send_batch_max_size,
  metadataKeys: raw.metadata_keys.map((key) => key.toLowerCase()),
  metadataCardinalityLimit: raw.metadata_cardinality_limit,
  maxPendingItems: raw.max_pending_items,
}));

/** The rules across fields, in otelcol's words. */
export function validateBatch(config: BatchConfig): { path: readonly (string | number)[]; message: string }[] {
  const mistakes: { path: readonly (string | number)[]; message: string }[] = [];
  if (config.sendBatchMaxSize > 0 && config.sendBatchMaxSize < config.sendBatchSize) {
    mistakes.push({
      path: ['send_batch_max_size'],
      message: 'send_batch_max_size must be greater or equal to send_batch_size',
    });
  }
  config.metadataKeys.forEach((key, index) => {
    if (config.metadataKeys.indexOf(key) !== index) {
      mistakes.push({
        path: ['metadata_keys', index],
        message: `duplicate entry in metadata_keys: "${key}" (case-insensitive)`,
      });
    }
  });
  return mistakes;
}

/** Settings of the first versions, about how work was divided; they changed nothing of what was sent. */
const WITHOUT_EFFECT = ['num_tickers', 'tick_time', 'remove_after_ticks'];

export function modernizeBatch(block: MapNode): Modernized {
  const old = WITHOUT_EFFECT.filter((key) => block.entries.has(key));
  if (old.length === 0) return { block, warnings: [] };
  const entries = new Map([...block.entries].filter(([key]) => !old.includes(key)));
  const warnings = old.map((key) => ({ key, message: `"${key}" has no effect any more; take it out` }));
  return { block: { ...block, entries }, warnings };
}
