import { ConsumeError, Deadline } from '#base';
import type { Consumer, CreateSettings, Processor } from '#component';
import type { Batch, BatchContext, Signal } from '#pdata';
import { Batcher, shutdownError } from './batcher.ts';
import type { BatchConfig } from './config.ts';
import { type BatchMetrics, batchMetrics } from './metrics.ts';

/** An SDK gives an export up after 10 s by default, and its sender waits for us: don't spend that time on collecting. */
const WAIT_LIMIT_MS = 1000;
const PENDING_BATCHES = 10;
const SMALLEST_PENDING_LIMIT = 10_000;

/**
 * Puts small batches together. `consume` answers with the outcome of the batches that carried the caller's items, unlike otelcol's,
 * which answers before it sends and swallows refusals (open-telemetry/opentelemetry-collector@934999f processor/batchprocessor).
 */
export class BatchProcessor implements Processor {
  readonly mutatesData = false;
  readonly #config: BatchConfig;
  readonly #settings: CreateSettings;
  readonly #signal: Signal;
  readonly #next: Consumer;
  readonly #metrics: BatchMetrics;
  readonly #pendingLimit: number;
  readonly #stopHolding: () => void;
  /** By the values of the metadata keys; just one, under '', without metadata keys. */
  readonly #batchers = new Map<string, Batcher>();
  #closed = false;

  constructor(settings: CreateSettings, config: BatchConfig, signal: Signal, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.#next = next;
    const largest = Math.max(config.sendBatchSize, config.sendBatchMaxSize);
    this.#pendingLimit = config.maxPendingItems || Math.max(SMALLEST_PENDING_LIMIT, PENDING_BATCHES * largest);
    this.#metrics = batchMetrics(settings.meter, () => this.#batchers.size);
    this.#stopHolding = settings.account.holds(signal, () => this.#heldItems());
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    if (this.#closed) throw shutdownError();
    const itemCount = batch.itemCount;
    if (itemCount === 0) return;
    const held = this.#heldItems();
    if (held > 0 && held + itemCount > this.#pendingLimit) {
      throw new ConsumeError(
        `${held} items wait for the component behind the batch processor, the limit is ${this.#pendingLimit}; send again later`,
        { reason: 'queue_full' },
      );
    }
    await this.#batcherFor(batch).add(batch, abort);
  }

  async shutdown(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const batchers = [...this.#batchers.values()];
    const deadline = new Deadline(this.#settings.clock, deadlineMs);
    await deadline.isOver(Promise.all(batchers.map((batcher) => batcher.drain())));
    for (const batcher of batchers) batcher.abandon(shutdownError());
    this.#metrics.close();
    this.#stopHolding();
  }

  #heldItems(): number {
    let items = 0;
    for (const batcher of this.#batchers.values()) items += batcher.heldItems;
    return items;
  }

  #batcherFor(batch: Batch): Batcher {
    const { metadataKeys, metadataCardinalityLimit } = this.#config;
    const values = metadataKeys.map((key) => batch.context.metadata?.get(key) ?? []);
    const id = metadataKeys.length === 0 ? '' : JSON.stringify(values);
    const known = this.#batchers.get(id);
    if (known !== undefined) return known;
    if (metadataKeys.length > 0 && metadataCardinalityLimit > 0 && this.#batchers.size >= metadataCardinalityLimit) {
      throw new ConsumeError('too many batcher metadata-value combinations', {
        permanent: true,
        reason: 'metadata_cardinality',
      });
    }
    const metadata = new Map(metadataKeys.map((key, i) => [key, values[i]!] as const).filter(([, v]) => v.length > 0));
    const batcher = this.#makeBatcher(metadata.size === 0 ? {} : { metadata });
    this.#batchers.set(id, batcher);
    return batcher;
  }

  #makeBatcher(context: BatchContext): Batcher {
    return new Batcher({
      signal: this.#signal,
      context,
      next: this.#next,
      clock: this.#settings.clock,
      metrics: this.#metrics,
      account: this.#settings.account,
      sendBatchSize: this.#config.sendBatchSize,
      sendBatchMaxSize: this.#config.sendBatchMaxSize,
      timeoutMs: Math.min(this.#config.timeoutMs, WAIT_LIMIT_MS),
    });
  }
}
