import { Busy } from './busy.ts';
import { LargeBodies } from './large-bodies.ts';

/** What may wait unread, where the limit is less: a few calls with their windows full. */
const LEAST_HELD_BYTES = 32 * 1024 * 1024;

/**
 * How many bytes of bodies may be in the memory at once, from their first byte until the pipeline has taken or refused them. Taking never
 * waits: who gets none must refuse its client, which will come again.
 */
export class ByteBudget {
  readonly limitBytes: number;
  /** Who announces much comes in through this first. */
  readonly large: LargeBodies;
  #usedBytes = 0;
  #heldBytes = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** `limitBytes` 0 means no limit. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes === 0 ? Number.POSITIVE_INFINITY : limitBytes;
    this.large = new LargeBodies(this.limitBytes);
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }
  get heldBytes(): number {
    return this.#heldBytes;
  }

  tryTake(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /**
   * For what comes of bodies that wait in front, where their clients could not be stopped any more. As much as the limit is for that besides:
   * it must not keep out those that are being read, which all of them wait for.
   */
  tryHold(bytes: number): boolean {
    if (this.#heldBytes + bytes > Math.max(this.limitBytes, LEAST_HELD_BYTES)) return false;
    this.#heldBytes += bytes;
    return true;
  }

  letGo(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  /** Runs works that need very much one after the other, so that they don't keep each other from it. */
  async inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => undefined);
    return await result;
  }
}

/** What one request has taken from a budget. `release` may be called more than once. */
export class Share {
  readonly #budget: ByteBudget;
  #bytes = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** Throws Busy where the budget has no room. */
  take(bytes: number): void {
    if (!this.#budget.tryTake(bytes)) throw new Busy();
    this.#bytes += bytes;
  }

  /** Of what was taken. */
  giveBack(bytes: number): void {
    const returned = Math.min(bytes, this.#bytes);
    this.#budget.giveBack(returned);
    this.#bytes -= returned;
  }

  /** See `ByteBudget.inTurn`. */
  inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#budget.inTurn(work);
  }

  release(): void {
    this.giveBack(this.#bytes);
  }
}
