import { type Clock, ConsumeError, isPermanent, messageOf, type Reason, reasonOf } from '#base';
import type { Account, Consumer, Logger } from '#component';
import type { Batch } from '#pdata';

const CONCURRENT_SENDS = 4;
/** No new decisions are made while more spans than this wait here: their traces wait in memory instead. */
const SPAN_LIMIT = 65_536;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
const GIVE_UP_MS = 300_000;

export interface ReleaseQueueSettings {
  readonly next: Consumer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly account: Account;
  /** There may be room again. */
  readonly onProgress: () => void;
}

/**
 * Batches of sampled spans on their way to the next component, a few at a time. Their senders were answered long ago, so a refusal is
 * tried again with growing pauses; after five minutes, or at once if the refusal is permanent, the batch is lost and counted.
 */
export class ReleaseQueue {
  readonly #settings: ReleaseQueueSettings;
  readonly #waiting: Batch[] = [];
  /** By batch: ends the hold of what it is made of. */
  readonly #endHold = new Map<Batch, () => void>();
  #flying = 0;
  #spanCount = 0;
  #isRunning = false;
  #closed = false;
  /** Aborted when what is under way is given up. */
  readonly #end = new AbortController();
  /** Batches that wait for their next attempt, and what ends the wait. */
  readonly #paused = new Map<Batch, () => void>();
  #onIdle: (() => void)[] = [];

  constructor(settings: ReleaseQueueSettings) {
    this.#settings = settings;
  }

  get hasRoom(): boolean {
    return this.#spanCount < SPAN_LIMIT;
  }

  get spanCount(): number {
    return this.#spanCount;
  }

  /** Begins to send. */
  start(): void {
    this.#isRunning = true;
    this.#pump();
  }

  push(batch: Batch): void {
    this.#waiting.push(batch);
    this.#endHold.set(batch, batch.hold());
    this.#spanCount += batch.itemCount;
    this.#pump();
  }

  /** Resolves when everything was sent or given up. */
  async idle(): Promise<void> {
    if (this.#spanCount > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Gives what is not on its way to the queue of the instance that follows this one. */
  handTo(heir: ReleaseQueue): void {
    for (const batch of [...this.#waiting.splice(0), ...this.#paused.keys()]) this.#bequeath(batch, heir);
  }

  /** Gives up what has not been taken, or hands it to an heir: nothing is tried again here. */
  close(heir?: ReleaseQueue): void {
    this.#closed = true;
    this.#waiting.length = 0;
    for (const batch of [...this.#endHold.keys()]) {
      if (heir === undefined) this.#finish(batch, 'shutdown');
      else this.#bequeath(batch, heir);
    }
    for (const end of [...this.#paused.values()]) end();
    this.#end.abort();
  }

  #pump(): void {
    while (this.#isRunning && this.#flying < CONCURRENT_SENDS && this.#waiting.length > 0)
      void this.#deliver(this.#waiting.shift()!);
  }

  async #deliver(batch: Batch): Promise<void> {
    this.#flying++;
    const lostBecause = await this.#attempt(batch);
    this.#flying--;
    if (this.#endHold.has(batch)) this.#finish(batch, lostBecause);
    else if (lostBecause === undefined) this.#settings.account.added('traces', batch.itemCount, 'taken_after_all');
    this.#pump();
    this.#settings.onProgress();
  }

  /** Tries until it succeeds or is hopeless. Returns the reason of a loss. */
  async #attempt(batch: Batch): Promise<Reason | undefined> {
    const { next, clock, random } = this.#settings;
    const startMs = clock.monotonicMs();
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_RETRY_MS)) {
      try {
        // A component further on may change what it is given before another one refuses it: each attempt gets its own.
        await next.consume(batch.clone(), this.#end.signal);
        return undefined;
      } catch (error) {
        if (this.#closed) return reasonOf(error);
        if (isPermanent(error) || clock.monotonicMs() - startMs >= GIVE_UP_MS) {
          this.#settings.logger.error('sampled spans are lost: the next component refused them', {
            error: messageOf(error),
            spans: batch.itemCount,
          });
          return reasonOf(error);
        }
        const askedMs = error instanceof ConsumeError ? (error.retryAfterMs ?? 0) : 0;
        await this.#pause(batch, Math.max(askedMs, pauseMs * (0.5 + random())));
      }
      if (this.#closed) return 'shutdown';
    }
  }

  #pause(batch: Batch, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#paused.delete(batch);
        cancelTimer();
        resolve();
      };
      const cancelTimer = this.#settings.clock.after(delayMs, end);
      this.#paused.set(batch, end);
    });
  }

  #bequeath(batch: Batch, heir: ReleaseQueue): void {
    heir.push(batch);
    this.#finish(batch, undefined);
  }

  #finish(batch: Batch, lostBecause: Reason | undefined): void {
    const count = batch.itemCount;
    this.#spanCount -= count;
    if (lostBecause !== undefined) this.#settings.account.dropped('traces', count, lostBecause);
    this.#endHold.get(batch)!();
    this.#endHold.delete(batch);
    if (this.#spanCount === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
