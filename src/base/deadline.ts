import type { Clock } from './clock.ts';

/** Whoever is waited for ends by so much of the time before the one who waits, and by no more than the limit. */
const RESERVED_SHARE = 0.1;
const RESERVE_LIMIT_MS = 1000;
/** However little time there was: so long an account of what is given up may take. */
const LEAST_RESERVE_MS = 100;

/**
 * A point in time up to which somebody waits. There is one for a whole shutdown, and each step gets a part of it. A step's own limit
 * (`budgetMs`) always ends before the wait for it does (`isOver`): so the step itself gives up what is left, counts it and says so, and the
 * end of the wait is only for those that don't keep to their limit.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #endMs: number;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#endMs = clock.nowMs() + Math.max(0, ms);
  }

  get leftMs(): number {
    return Math.max(0, this.#endMs - this.#clock.nowMs());
  }

  /** What the one who is waited for may take. */
  get budgetMs(): number {
    const leftMs = this.leftMs;
    return leftMs - Math.min(leftMs * RESERVED_SHARE, RESERVE_LIMIT_MS);
  }

  /** For a step that others follow: a share of what is left. */
  part(share: number): Deadline {
    return new Deadline(this.#clock, this.leftMs * share);
  }

  /** Waits for work that has `budgetMs`. Resolves to whether it was over in time; throws what the work throws. */
  async isOver(work: Promise<unknown>): Promise<boolean> {
    let cancel = (): void => undefined;
    const timeout = new Promise<boolean>((resolve) => {
      cancel = this.#clock.after(Math.max(this.leftMs, LEAST_RESERVE_MS), () => resolve(false));
    });
    try {
      return await Promise.race([work.then(() => true), timeout]);
    } finally {
      cancel();
    }
  }
}
