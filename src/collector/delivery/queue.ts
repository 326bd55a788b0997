import { type Clock, ConsumeError } from '#base';
import type { QueueConfig } from '#config';
import type { Batch } from '#pdata';
import { Batcher, type QueueEntry } from './batcher.ts';
import { sizeOf } from './split.ts';

export interface QueueSettings {
  readonly clock: Clock;
  /** Sends one batch; its error says that the batch is lost. */
  send(batch: Batch): Promise<void>;
}

/**
 * An exporter's sending queue in memory: bounded by requests, items or bytes, emptied by a number of senders. A batch counts until it was
 * sent or given up, so the bound holds for everything that the exporter holds (otelcol exporterhelper/internal/queue).
 */
export class SendingQueue {
  readonly #config: QueueConfig;
  readonly #settings: QueueSettings;
  readonly #batcher: Batcher | undefined;
  /** Ready to be sent, in order. */
  readonly #ready: QueueEntry[][] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  #used = 0;
  #itemCount = 0;
  #entryCount = 0;
  #inFlight = 0;
  #stopped = false;
  #isTakenBack = false;

  constructor(config: QueueConfig, settings: QueueSettings) {
    this.#config = config;
    this.#settings = settings;
    this.#batcher = config.batch && new Batcher(config.batch, settings.clock, (entries) => this.#enqueueReady(entries));
  }

  get size(): number {
    return this.#used;
  }
  get capacity(): number {
    return this.#config.queueSize;
  }
  /** Items that were taken and are neither sent nor lost yet. */
  get itemCount(): number {
    return this.#itemCount;
  }
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Takes a batch, or throws a ConsumeError when the queue is full. Resolves once the batch is in the queue; `done` resolves when it was
   * sent or lost, and with `wait_for_result` throws what the sending threw.
   */
  async offer(batch: Batch): Promise<{ readonly done: Promise<void> }> {
    const size = sizeOf(batch, this.#config.sizer);
    const { queueSize, sizer, blockOnOverflow } = this.#config;
    if (size > queueSize) {
      const message = `element size too large: ${size} ${sizer} for a queue of ${queueSize}`;
      throw new ConsumeError(message, { permanent: true, reason: 'queue_full' });
    }
    while (this.#used + size > queueSize && !this.#stopped) {
      if (!blockOnOverflow) throw new ConsumeError('sending queue is full', { reason: 'queue_full' });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#stopped) throw new ConsumeError('sending queue is stopped', { reason: 'shutdown' });
    return { done: this.#take(batch) };
  }

  /** Takes a batch that this queue's predecessor had taken already: however full it is. Resolves when it was sent or lost. */
  adopt(batch: Batch): Promise<void> {
    return this.#take(batch);
  }

  #take(batch: Batch): Promise<void> {
    const size = sizeOf(batch, this.#config.sizer);
    const { waitForResult } = this.#config;
    const items = batch.itemCount;
    this.#used += size;
    this.#itemCount += items;
    this.#entryCount++;
    return new Promise<void>((resolve, reject) => {
      const settle = (error: unknown): void => {
        this.#release(size, items);
        if (error === undefined || !waitForResult) resolve();
        else reject(error);
      };
      this.#add({ batch, settle });
    });
  }

  /** Takes nothing more, sends everything that is left. Resolves when all of it was sent or given up. */
  async drain(): Promise<void> {
    this.#close();
    if (this.#entryCount === 0) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Takes nothing more, and gives back what nobody has begun to send. `error` is for the senders that wait for the result. */
  takeBack(error: unknown): Batch[] {
    this.#isTakenBack = true;
    this.#close();
    return this.#ready.splice(0).map((entries) => {
      const batch = mergedBatch(entries);
      for (const entry of entries) entry.settle(error);
      return batch;
    });
  }

  #close(): void {
    this.#stopped = true;
    for (const wake of this.#waiting.splice(0)) wake();
    this.#batcher?.stop();
  }

  #add(entry: QueueEntry): void {
    if (this.#batcher === undefined) this.#enqueueReady([entry]);
    else this.#batcher.add(entry);
  }

  #enqueueReady(entries: QueueEntry[]): void {
    this.#ready.push(entries);
    this.#startSenders();
  }

  #startSenders(): void {
    while (!this.#isTakenBack && this.#inFlight < this.#config.numConsumers && this.#ready.length > 0) {
      this.#inFlight++;
      void this.#send(this.#ready.shift()!);
    }
  }

  async #send(entries: QueueEntry[]): Promise<void> {
    let error: unknown;
    try {
      await this.#settings.send(mergedBatch(entries));
    } catch (thrown) {
      error = thrown ?? new ConsumeError('refused without a reason');
    }
    this.#inFlight--;
    for (const entry of entries) entry.settle(error);
    this.#startSenders();
  }

  #release(size: number, items: number): void {
    this.#used -= size;
    this.#itemCount -= items;
    this.#entryCount--;
    for (const wake of this.#waiting.splice(0)) wake();
    if (this.#entryCount === 0) for (const done of this.#idleWaiters.splice(0)) done();
  }
}

function mergedBatch(entries: readonly QueueEntry[]): Batch {
  const first = entries[0]!.batch;
  return entries.length === 1 ? first : first.with(entries.flatMap((entry) => entry.batch.chunks));
}
