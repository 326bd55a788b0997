import type { Clock } from '#base';
import type { Signal } from '#pdata';
import type { MergeLimits } from './leftovers.ts';
import type { Segment } from './segment.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
const LONGEST_SEGMENT_WAIT_MS = 60_000;
/** So many small segments are worth being written anew as one. */
const MERGE_COUNT = 16;

/** Waits that double from 0.1 s to 5 s, each shortened at random by up to a half so that many senders don't come at once. */
export class Backoff {
  readonly #random: () => number;
  #attempts = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  nextMs(): number {
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(10, this.#attempts++));
    return waitMs * (1 - this.#random() / 2);
  }

  reset(): void {
    this.#attempts = 0;
  }
}

/** A segment on its way into the store. */
export class Delivery<T> {
  readonly segment: Segment<T>;
  /** Tables that have their block already. */
  readonly doneTables: Set<string> = new Set();
  /** How often a table's token turned out to be spent without its block being stored. */
  readonly again: Map<string, number> = new Map();
  items: Readonly<Record<Signal, number>> = { traces: 0, metrics: 0, logs: 0 };
  contentFailures = 0;
  brokenCount = 0;
  lastError = '';
  notBeforeMs = 0;
  /** An earlier attempt may have reached the store without our hearing of it. */
  isDoubtful: boolean;
  /** Whether it may be merged with others: not where that was tried in vain. */
  mayMerge = true;
  /** How many other segments were delivered when this one failed first. */
  doneBefore = -1;
  #refusals = 0;

  constructor(segment: Segment<T>, isDoubtful: boolean) {
    this.segment = segment;
    this.isDoubtful = isDoubtful;
  }

  /** Nothing of it was ever sent, so the store doesn't know it by its id yet. */
  get isUnsent(): boolean {
    return !this.segment.isSent && !this.isDoubtful && this.doneTables.size === 0;
  }

  /** The wait after a refusal of this segment alone: doubles up to a minute. */
  backoffMs(random: () => number): number {
    const waitMs = Math.min(LONGEST_SEGMENT_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(12, this.#refusals++));
    return waitMs * (1 - random() / 2);
  }
}

/** Segments that wait for delivery, oldest first; those that failed wait their time while others go on. */
export class DeliveryQueue<T> {
  readonly #clock: Clock;
  readonly #waiting: Delivery<T>[] = [];
  readonly #running: Set<Delivery<T>> = new Set();
  #pausedUntilMs = 0;
  #doneCount = 0;
  #isClosed = false;
  #hasGivenUp = false;
  #takers: ((delivery: Delivery<T> | undefined) => void)[] = [];
  #drainers: (() => void)[] = [];
  #cancelTimer: (() => void) | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(delivery: Delivery<T>): void {
    this.#waiting.push(delivery);
    this.#serve();
  }

  /** The next segment whose time has come; undefined once the queue is closed. */
  next(): Promise<Delivery<T> | undefined> {
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#serve();
    });
  }

  putBack(delivery: Delivery<T>, waitMs: number): void {
    if (delivery.doneBefore < 0) delivery.doneBefore = this.#doneCount;
    this.#running.delete(delivery);
    delivery.notBeforeMs = this.#clock.monotonicMs() + waitMs;
    this.#insert(delivery);
    this.#serve();
    this.#wakeDrainers();
  }

  #insert(delivery: Delivery<T>): void {
    const index = this.#waiting.findIndex((other) => other.segment.id > delivery.segment.id);
    this.#waiting.splice(index < 0 ? this.#waiting.length : index, 0, delivery);
  }

  /**
   * Takes out unsent small segments that wait in a row, by their ids, to be merged: as many as a segment may have, or else at least
   * `MERGE_COUNT`, so that nothing is written over and over. None where there are no such. `replace` must follow.
   */
  takeRun({ segmentBytes, segmentItems }: MergeLimits): readonly Delivery<T>[] {
    if (this.#waiting.length < MERGE_COUNT) return [];
    let run: Delivery<T>[] = [];
    let bytes = 0;
    let items = 0;
    let isFull = false;
    for (const delivery of [...this.#waiting, ...this.#running].sort(byId)) {
      const { segment } = delivery;
      const isSmall = segment.bytes * 2 <= segmentBytes && segment.items * 2 <= segmentItems;
      const isFit = isSmall && delivery.mayMerge && delivery.isUnsent && !this.#running.has(delivery);
      isFull =
        isFit && run.length > 0 && (bytes + segment.bytes > segmentBytes || items + segment.items > segmentItems);
      // Two small ones are half a segment or more together, where a third does not fit.
      if (isFull || run.length >= MERGE_COUNT) break;
      if (!isFit) {
        run = [];
        bytes = 0;
        items = 0;
        continue;
      }
      run.push(delivery);
      bytes += segment.bytes;
      items += segment.items;
    }
    if (run.length < (isFull ? 2 : MERGE_COUNT)) return [];
    for (const delivery of run) {
      this.#waiting.splice(this.#waiting.indexOf(delivery), 1);
      this.#running.add(delivery);
    }
    return run;
  }

  /** Puts others in the place of what `takeRun` gave, or those themselves. */
  replace(run: readonly Delivery<T>[], others: readonly Delivery<T>[]): void {
    for (const delivery of run) this.#running.delete(delivery);
    for (const delivery of others) this.#insert(delivery);
    this.#serve();
    this.#wakeDrainers();
  }

  done(delivery: Delivery<T>): void {
    this.#running.delete(delivery);
    this.#doneCount++;
    this.#wakeDrainers();
  }

  /** Gives nothing out for so long. */
  pause(waitMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.monotonicMs() + waitMs);
  }

  /** Whether some are being delivered. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Whether others were delivered since this one failed first. */
  overtaken(delivery: Delivery<T>): boolean {
    return delivery.doneBefore >= 0 && this.#doneCount > delivery.doneBefore;
  }

  /** When the oldest segment that isn't delivered was made. */
  oldestMs(): number | undefined {
    let oldestMs: number | undefined;
    for (const { segment } of [...this.#running, ...this.#waiting.slice(0, 1)]) {
      if (oldestMs === undefined || segment.createdMs < oldestMs) oldestMs = segment.createdMs;
    }
    return oldestMs;
  }

  /** Resolves when all segments are delivered, the time is over, or giveUpDraining was called. */
  async drained(deadlineMs: number): Promise<void> {
    const endMs = this.#clock.monotonicMs() + deadlineMs;
    while (this.#running.size + this.#waiting.length > 0) {
      const leftMs = endMs - this.#clock.monotonicMs();
      if (leftMs <= 0 || this.#isClosed || this.#hasGivenUp) return;
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(leftMs, resolve);
        this.#drainers.push(() => {
          cancel();
          resolve();
        });
      });
    }
  }

  /** The store is away while the process ends: what waits stays in the spool. */
  giveUpDraining(): void {
    this.#hasGivenUp = true;
    this.#wakeDrainers();
  }

  #wakeDrainers(): void {
    const drainers = this.#drainers;
    this.#drainers = [];
    for (const wake of drainers) wake();
  }

  /** Nothing is given out any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    const takers = this.#takers;
    this.#takers = [];
    for (const taker of takers) taker(undefined);
    this.#wakeDrainers();
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#isClosed) {
      this.close();
      return;
    }
    while (this.#takers.length > 0 && this.#waiting.length > 0) {
      const nowMs = this.#clock.monotonicMs();
      const index = nowMs < this.#pausedUntilMs ? -1 : this.#waiting.findIndex((item) => item.notBeforeMs <= nowMs);
      if (index < 0) {
        const dueMs = Math.min(...this.#waiting.map((item) => item.notBeforeMs));
        const waitMs = Math.max(this.#pausedUntilMs, dueMs) - nowMs;
        this.#cancelTimer = this.#clock.after(Math.max(1, waitMs), () => this.#serve());
        return;
      }
      const [delivery] = this.#waiting.splice(index, 1);
      this.#running.add(delivery!);
      this.#takers.shift()!(delivery);
    }
  }
}

function byId<T>(a: Delivery<T>, b: Delivery<T>): number {
  return a.segment.id < b.segment.id ? -1 : 1;
}
