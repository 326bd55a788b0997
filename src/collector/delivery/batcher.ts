import type { Clock } from '#base';
import type { QueueBatchConfig } from '#config';
import type { Batch } from '#pdata';
import { sizeOf, splitBatch } from './split.ts';

/** A batch in the queue. `settle` is called once; `sent` of its items were sent, not all of them where it was cut and a part failed. */
export interface QueueEntry {
  readonly batch: Batch;
  settle(error: unknown, sent: number): void;
}

interface Partition {
  entries: QueueEntry[];
  size: number;
  cancelTimer: () => void;
}

/**
 * Puts queued requests together until `min_size` is reached or `flush_timeout` is over, and cuts what is larger than `max_size`.
 * Requests with different values of the partition keys are kept apart; in a merged batch only those survive of the senders' metadata.
 */
export class Batcher {
  readonly #config: QueueBatchConfig;
  readonly #clock: Clock;
  readonly #flush: (entries: QueueEntry[]) => void;
  readonly #partitions = new Map<string, Partition>();
  #stopped = false;

  constructor(config: QueueBatchConfig, clock: Clock, flush: (entries: QueueEntry[]) => void) {
    this.#config = config;
    this.#clock = clock;
    this.#flush = flush;
  }

  add(entry: QueueEntry): void {
    const { minSize, maxSize, sizer } = this.#config;
    const key = this.#partitionKey(entry.batch);
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      partition = { entries: [], size: 0, cancelTimer: () => undefined };
      this.#partitions.set(key, partition);
    }
    if (partition.entries.length === 0) {
      partition.cancelTimer = this.#clock.after(this.#config.flushTimeoutMs, () => this.#flushPartition(key));
    }
    partition.entries.push(entry);
    partition.size += sizeOf(entry.batch, sizer);
    if (maxSize > 0) while (partition.size > maxSize) this.#flushFront(partition, maxSize);
    if (partition.size >= minSize || this.#stopped) this.#flushPartition(key);
  }

  /** Flushes everything, and from now on each request at once. */
  stop(): void {
    this.#stopped = true;
    for (const key of [...this.#partitions.keys()]) this.#flushPartition(key);
  }

  #flushPartition(key: string): void {
    const partition = this.#partitions.get(key);
    if (partition === undefined) return;
    this.#partitions.delete(key);
    partition.cancelTimer();
    if (partition.entries.length > 0) this.#flush(partition.entries);
  }

  /** Sends `limit` off the front; an entry that is cut in two settles when both parts have. */
  #flushFront(partition: Partition, limit: number): void {
    const { sizer } = this.#config;
    const front: QueueEntry[] = [];
    let left = limit;
    while (partition.entries.length > 0 && left > 0) {
      const entry = partition.entries[0]!;
      const size = sizeOf(entry.batch, sizer);
      if (size <= left) {
        front.push(entry);
        partition.entries.shift();
        left -= size;
        continue;
      }
      if (front.length > 0 && left < limit / 100) break;
      const { head, rest } = splitBatch(entry.batch, left, sizer);
      const [first, second] = halves(entry, head, rest);
      front.push(first);
      if (second === undefined) partition.entries.shift();
      else partition.entries[0] = second;
      break;
    }
    partition.size = partition.entries.reduce((sum, entry) => sum + sizeOf(entry.batch, sizer), 0);
    this.#flush(front);
  }

  #partitionKey(batch: Batch): string {
    const { metadata } = batch.context;
    return this.#config.partitionMetadataKeys
      .map((key) => (metadata?.get(key.toLowerCase()) ?? []).join('\u0000'))
      .join('\u0001');
  }
}

function halves(entry: QueueEntry, head: Batch, rest: Batch | undefined): [QueueEntry, QueueEntry | undefined] {
  if (rest === undefined) return [entry, undefined];
  let open = 2;
  let failure: unknown;
  let sentSum = 0;
  const settle = (error: unknown, sent: number): void => {
    failure ??= error;
    sentSum += sent;
    if (--open === 0) entry.settle(failure, sentSum);
  };
  return [
    { batch: head, settle },
    { batch: rest, settle },
  ];
}
