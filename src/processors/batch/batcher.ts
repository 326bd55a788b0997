import { type Clock, ConsumeError, cancelledError, onAbort } from '#base';
import type { Account, Consumer } from '#component';
import { Batch, type BatchContext, type Chunk, type Signal } from '#pdata';
import { compact } from '#wire';
import type { BatchMetrics } from './metrics.ts';
import { WaitingSender } from './sender.ts';

/** So many batches may be on their way downstream at a time, so that one slow answer doesn't hold up the next batch. */
const CONCURRENT_SENDS = 8;
/** Bodies that are not worth an effort. */
const LARGE_BODY_BYTES = 64 * 1024;
/** Items that take less than this part of their bodies are put into one of their own. */
const SPARSE_FACTOR = 8;

export interface BatcherSettings {
  readonly signal: Signal;
  readonly context: BatchContext;
  readonly next: Consumer;
  readonly clock: Clock;
  readonly metrics: BatchMetrics;
  readonly account: Account;
  readonly sendBatchSize: number;
  readonly sendBatchMaxSize: number;
  readonly timeoutMs: number;
}

/** What is left of one sender's batch. */
interface Pending {
  readonly sender: WaitingSender;
  readonly chunks: readonly Chunk[];
  readonly arrivedMs: number;
  /** The first chunk with items left, and how many of its selected items are gone. */
  chunkIndex: number;
  taken: number;
  itemCount: number;
}

/** A batch on its way, and whose items are in it. */
interface Departure {
  readonly batch: Batch;
  readonly shares: { readonly sender: WaitingSender; readonly itemCount: number }[];
  readonly itemCount: number;
  /** Aborted when nobody waits for it any more. */
  readonly end: AbortController;
}

/**
 * Collects batches with the same context and sends them on together. Chunks are put side by side and split by selecting rows, so no byte
 * of telemetry is copied and no item is touched but those of a chunk that is split.
 */
export class Batcher {
  readonly #settings: BatcherSettings;
  #pending: Pending[] = [];
  #pendingItems = 0;
  #flyingItems = 0;
  readonly #departures = new Set<Departure>();
  #flying = 0;
  /** The oldest items have waited long enough: send whatever is there. */
  #due = false;
  #cancelTimer: (() => void) | undefined = undefined;
  #idle: (() => void)[] = [];

  constructor(settings: BatcherSettings) {
    this.#settings = settings;
  }

  /** Items that wait, and those that are on their way. */
  get heldItems(): number {
    return this.#pendingItems + this.#flyingItems;
  }

  /** Settles when all items of `batch` were accepted or refused downstream. */
  add(batch: Batch, abort?: AbortSignal): Promise<void> {
    const itemCount = batch.itemCount;
    const { account, signal } = this.#settings;
    const sender = new WaitingSender(itemCount, (count) => account.added(signal, count, 'sent_again'));
    const pending: Pending = {
      sender,
      chunks: condensed(batch),
      arrivedMs: this.#settings.clock.monotonicMs(),
      chunkIndex: 0,
      taken: 0,
      itemCount,
    };
    this.#pending.push(pending);
    const stopWatching = onAbort(abort, () => this.#leave(pending));
    this.#pendingItems += itemCount;
    if (this.#settings.timeoutMs === 0) this.#due = true;
    this.#pump();
    return abort === undefined ? sender.outcome : sender.outcome.finally(stopWatching);
  }

  /** Sends what waits without waiting for more; resolves when nothing is held. */
  async drain(): Promise<void> {
    this.#due = true;
    this.#pump();
    if (this.heldItems > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Refuses what has not been sent yet, and waits no longer for what has. */
  abandon(error: ConsumeError): void {
    for (const { end } of this.#departures) end.abort();
    const left = this.#pending;
    this.#pending = [];
    this.#pendingItems = 0;
    this.#stopTimer();
    for (const { sender, itemCount } of left) sender.refused(itemCount, error);
    this.#checkIdle();
  }

  /** Its sender waits no more: refuses what has not been sent. What is on its way is given up with the last of its senders. */
  #leave(pending: Pending): void {
    const { sender } = pending;
    sender.hasLeft = true;
    const index = this.#pending.indexOf(pending);
    if (index >= 0) {
      this.#pending.splice(index, 1);
      this.#pendingItems -= pending.itemCount;
      sender.refused(pending.itemCount, cancelledError());
    }
    for (const { shares, end } of this.#departures) {
      if (shares.every((share) => share.sender.hasLeft)) end.abort();
    }
    this.#checkIdle();
  }

  #pump(): void {
    const { sendBatchSize, metrics } = this.#settings;
    let sent = false;
    while (this.#pendingItems > 0 && this.#flying < CONCURRENT_SENDS) {
      const full = this.#pendingItems >= sendBatchSize;
      if (!full && !this.#due) break;
      (full ? metrics.sizeTriggers : metrics.timeoutTriggers).add(1);
      void this.#send(this.#take());
      sent = true;
    }
    if (this.#pendingItems === 0) this.#due = this.#settings.timeoutMs === 0;
    if (sent || this.#due) this.#stopTimer();
    this.#startTimer();
  }

  /** Runs while items wait: it fires when the oldest of them have waited long enough. */
  #startTimer(): void {
    const oldest = this.#pending[0];
    if (oldest === undefined || this.#due || this.#cancelTimer !== undefined) return;
    const { clock, timeoutMs } = this.#settings;
    this.#cancelTimer = clock.after(Math.max(0, oldest.arrivedMs + timeoutMs - clock.monotonicMs()), () => {
      this.#cancelTimer = undefined;
      this.#due = true;
      this.#pump();
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Takes the next batch off the front of what waits. */
  #take(): Departure {
    const limit = this.#settings.sendBatchMaxSize || Number.POSITIVE_INFINITY;
    const chunks: Chunk[] = [];
    const shares: { sender: WaitingSender; itemCount: number }[] = [];
    let room = limit;
    let finished = 0;
    for (const pending of this.#pending) {
      if (room === 0) break;
      const itemCount = takeItems(pending, room, chunks);
      shares.push({ sender: pending.sender, itemCount });
      room -= itemCount;
      if (pending.itemCount === 0) finished++;
    }
    this.#pending.splice(0, finished);
    const itemCount = shares.reduce((sum, share) => sum + share.itemCount, 0);
    this.#pendingItems -= itemCount;
    const batch = new Batch(this.#settings.signal, chunks, this.#settings.context);
    return { batch, shares, itemCount, end: new AbortController() };
  }

  async #send(departure: Departure): Promise<void> {
    const { metrics, next } = this.#settings;
    const { batch, shares, itemCount, end } = departure;
    this.#departures.add(departure);
    this.#flying++;
    this.#flyingItems += itemCount;
    metrics.sendSize.record(itemCount);
    metrics.sendSizeBytes.record(batch.byteLength);
    try {
      await next.consume(batch, end.signal);
      for (const share of shares) share.sender.accepted(share.itemCount);
    } catch (error) {
      for (const share of shares) share.sender.refused(share.itemCount, error);
    }
    this.#departures.delete(departure);
    this.#flying--;
    this.#flyingItems -= itemCount;
    this.#pump();
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.heldItems > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** Moves up to `room` items of `pending` to `chunks`; returns how many. */
function takeItems(pending: Pending, room: number, chunks: Chunk[]): number {
  let moved = 0;
  while (moved < room && pending.itemCount > 0) {
    const chunk = pending.chunks[pending.chunkIndex]!;
    const from = pending.taken;
    const to = Math.min(chunk.count, from + room - moved);
    if (to > from) chunks.push(from === 0 && to === chunk.count ? chunk : selectRange(chunk, from, to));
    moved += to - from;
    pending.itemCount -= to - from;
    pending.taken = to;
    if (to === chunk.count) {
      pending.chunkIndex++;
      pending.taken = 0;
    }
  }
  return moved;
}

/**
 * What a batch waits as: where a filter or sampler has left few items of large bodies, these in a small body of their own. The large ones would
 * wait too, and what outlives a collection of V8's young memory takes one of all memory to go.
 */
function condensed(batch: Batch): readonly Chunk[] {
  let bodyBytes = 0;
  for (const chunk of batch.chunks) bodyBytes += chunk.layout.bodyLength;
  if (bodyBytes < LARGE_BODY_BYTES || batch.byteLength * SPARSE_FACTOR > bodyBytes) return batch.chunks;
  const { chunks } = compact(batch);
  // An item that a component has made so that no receiver would take it stays where it is.
  return chunks[0]!.count === batch.itemCount ? chunks : batch.chunks;
}

function selectRange(chunk: Chunk, from: number, to: number): Chunk {
  const rows = new Uint32Array(to - from);
  for (let i = from; i < to; i++) rows[i - from] = chunk.rowAt(i);
  return chunk.select(rows);
}

export function shutdownError(): ConsumeError {
  return new ConsumeError('the batch processor is shutting down; send again', { reason: 'shutdown' });
}
