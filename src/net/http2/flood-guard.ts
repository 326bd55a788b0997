/**
 * Counts what costs us work and a peer next to nothing: resets of streams that it has just opened, empty frames. So many at once are a client
 * that gives up all its calls, and so many a second for long; more are an attack. As nghttp2 has them.
 */
const BURST = 1000;
const PER_SECOND = 33;

export class FloodGuard {
  #left = BURST;
  #atMs = performance.now();

  /** Whether one more is still fine. */
  admits(): boolean {
    if (this.#left < 1) {
      const nowMs = performance.now();
      this.#left = Math.min(BURST, this.#left + ((nowMs - this.#atMs) / 1000) * PER_SECOND);
      this.#atMs = nowMs;
    }
    return --this.#left >= 0;
  }
}
