/**
 * How many bytes of bodies may be in the memory at once, from their first byte until the pipeline has taken or refused them. Taking never
 * waits: who gets none must refuse its client, which will come again.
 */
export class ByteBudget {
  readonly limitBytes: number;
  #usedBytes = 0;

  /** `limitBytes` 0 means no limit. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes === 0 ? Number.POSITIVE_INFINITY : limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  tryTake(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}

/** What one request has taken from a budget. `release` may be called more than once. */
export class Share {
  readonly #budget: ByteBudget;
  #bytes = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  tryTake(bytes: number): boolean {
    if (!this.#budget.tryTake(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  release(): void {
    this.#budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }
}
