import { type Clock, ConsumeError, cancelledError, onAbort } from '#base';
import type { QueueConfig } from '#config';
import type { Batch } from '#pdata';
import { Batcher, type QueueEntry } from './batcher.ts';
import { sizeOf } from './split.ts';

export interface QueueSettings {
  readonly clock: Clock;
  /** Sends one batch; its error says that the batch is lost. */
  send(batch: Batch): Promise<void>;
  /** So many items were sent, and their sender is told to send them again, because others of its batch failed. */
  onSentAgain(items: number): void;
}

/** Where the queue's batches are kept beside the memory. */
export interface QueueKeeper {
  /** Resolves with a key when the batch is safe. */
  put(batch: Batch): Promise<string>;
  remove(key: string): void;
  /** What failed with this error is to be sent by the next run. */
  isForLater(error: unknown): boolean;
}

/**
 * An exporter's sending queue in memory: bounded by requests, items or bytes, emptied by a number of senders. A batch counts until it was
 * sent or given up, so the bound holds for everything that the exporter holds (otelcol exporterhelper/internal/queue). A thousand requests can be any number
 * of bytes, so these are bounded too.
 */
export class SendingQueue {
  readonly #config: QueueConfig;
  readonly #settings: QueueSettings;
  readonly #batcher: Batcher | undefined;
  /** Ready to be sent, in order. */
  readonly #ready: QueueEntry[][] = [];
  readonly #waiting = new Set<() => void>();
  readonly #idleWaiters: (() => void)[] = [];
  /** Of what its batches are made of. */
  readonly #endHolds = new Set<() => void>();
  #used = 0;
  #byteCount = 0;
  #itemCount = 0;
  #entryCount = 0;
  #inFlight = 0;
  #stopped = false;
  #isGivenBack = false;
  #keeper: QueueKeeper | undefined;

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
  async offer(batch: Batch, abort?: AbortSignal): Promise<{ readonly done: Promise<void> }> {
    const size = sizeOf(batch, this.#config.sizer);
    const { queueSize, sizer, blockOnOverflow } = this.#config;
    if (size > queueSize) {
      const message = `element size too large: ${size} ${sizer} for a queue of ${queueSize}`;
      throw new ConsumeError(message, { permanent: true, reason: 'queue_full' });
    }
    while ((this.#used + size > queueSize || this.#isOverBytes(batch)) && !this.#stopped) {
      if (!blockOnOverflow) throw new ConsumeError('sending queue is full', { reason: 'queue_full' });
      if (abort?.aborted === true) throw cancelledError();
      await this.#room(abort);
    }
    if (this.#stopped) throw new ConsumeError('sending queue is stopped', { reason: 'shutdown' });
    if (this.#keeper === undefined) return { done: this.#take(batch, undefined) };
    // The place is taken while the batch is written.
    this.#used += size;
    try {
      return { done: this.#take(batch, await this.#keeper.put(batch)) };
    } finally {
      this.#used -= size;
    }
  }

  /** One batch is taken, however large it is. */
  #isOverBytes(batch: Batch): boolean {
    const { maxBytes } = this.#config;
    return maxBytes > 0 && this.#byteCount > 0 && this.#byteCount + batch.byteLength > maxBytes;
  }

  /** Waits until there may be room, or nobody wants it any more. */
  async #room(abort: AbortSignal | undefined): Promise<void> {
    let stopWatching = (): void => undefined;
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      stopWatching = onAbort(abort, () => {
        this.#waiting.delete(resolve);
        resolve();
      });
    });
    stopWatching();
  }

  /** Takes a batch that this queue's predecessor had taken already: however full it is. Resolves when it was sent or lost. */
  adopt(batch: Batch, key?: string): Promise<void> {
    return this.#take(batch, key);
  }

  /** From now on batches are kept. */
  keepIn(keeper: QueueKeeper): void {
    this.#keeper = keeper;
  }

  #take(batch: Batch, key: string | undefined): Promise<void> {
    const size = sizeOf(batch, this.#config.sizer);
    const { waitForResult } = this.#config;
    const endHold = batch.hold();
    this.#endHolds.add(endHold);
    const bytes = batch.byteLength;
    this.#used += size;
    this.#byteCount += bytes;
    this.#itemCount += batch.itemCount;
    this.#entryCount++;
    return new Promise<void>((resolve, reject) => {
      const settle = (error: unknown, sent: number): void => {
        this.#release(size, bytes);
        endHold();
        this.#endHolds.delete(endHold);
        const isForLater = error !== undefined && this.#keeper?.isForLater(error) === true;
        if (key !== undefined && !isForLater) this.#keeper?.remove(key);
        if (error === undefined || !waitForResult) resolve();
        else {
          if (sent > 0) this.#settings.onSentAgain(sent);
          reject(error);
        }
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

  /** Takes nothing more, and gives `take` what nobody has begun to send. `error` is for the senders that wait for the result. */
  giveBack(error: unknown, take: (batch: Batch) => void): void {
    this.#isGivenBack = true;
    this.#close();
    for (const entries of this.#ready.splice(0)) {
      const batch = mergedBatch(entries);
      this.#itemCount -= batch.itemCount;
      take(batch);
      for (const entry of entries) entry.settle(error, 0);
    }
  }

  /** All that is here was given up: nobody needs to remember it, whatever becomes of the attempts under way. */
  letGo(): void {
    for (const endHold of this.#endHolds) endHold();
    this.#endHolds.clear();
  }

  #close(): void {
    this.#stopped = true;
    this.#wake();
    this.#batcher?.stop();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
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
    while (!this.#isGivenBack && this.#inFlight < this.#config.numConsumers && this.#ready.length > 0) {
      this.#inFlight++;
      void this.#send(this.#ready.shift()!);
    }
  }

  async #send(entries: QueueEntry[]): Promise<void> {
    const batch = mergedBatch(entries);
    let error: unknown;
    try {
      await this.#settings.send(batch);
    } catch (thrown) {
      error = thrown ?? new ConsumeError('refused without a reason');
    }
    this.#inFlight--;
    // Part by part: an entry may have been cut in two.
    this.#itemCount -= batch.itemCount;
    for (const entry of entries) entry.settle(error, error === undefined ? entry.batch.itemCount : 0);
    this.#startSenders();
  }

  #release(size: number, bytes: number): void {
    this.#used -= size;
    this.#byteCount -= bytes;
    this.#entryCount--;
    this.#wake();
    if (this.#entryCount === 0) for (const done of this.#idleWaiters.splice(0)) done();
  }
}

function mergedBatch(entries: readonly QueueEntry[]): Batch {
  const first = entries[0]!.batch;
  return entries.length === 1 ? first : first.with(entries.flatMap((entry) => entry.batch.chunks));
}
