import { every, type Timer } from '#base';

/** Something that a client must have done by a time. */
export interface Watched {
  /** On the clock of `performance.now()`. May move on. */
  dueMs: number;
  /** It hasn't. Called once. */
  expire(): void;
}

const SWEEP_MS = 500;
/**
 * The slowest sender that is waited for. The time for a request grows with what has come of it, so that a large one over a slow line gets
 * through and one that holds its place with a byte now and then doesn't.
 */
const MIN_BYTES_PER_MS = 16;

/** When a request must be complete that began at `startMs` and has `receivedBytes` so far. */
export function requestDueMs(startMs: number, timeoutMs: number, receivedBytes: number): number {
  return startMs + timeoutMs + receivedBytes / MIN_BYTES_PER_MS;
}

/** Watches thousands of them with one timer. */
export class DueWatch {
  readonly #watched = new Set<Watched>();
  #timer: Timer | undefined;

  add(one: Watched): void {
    this.#watched.add(one);
    this.#timer ??= every(SWEEP_MS, () => this.#sweep());
  }

  delete(one: Watched): void {
    this.#watched.delete(one);
  }

  #sweep(): void {
    if (this.#watched.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
      return;
    }
    const nowMs = performance.now();
    for (const one of this.#watched) {
      if (one.dueMs > nowMs) continue;
      this.#watched.delete(one);
      one.expire();
    }
  }
}
