import type { Clock } from '#base';

const TICK_MS = 1000;

/** Lets the first messages of each second through and then every n-th, as otelcol's logger samples. */
export class Sampler {
  readonly #clock: Clock;
  readonly #initial: number;
  readonly #thereafter: number;
  #tickEndMs = 0;
  #count = 0;

  constructor(clock: Clock, initial: number, thereafter: number) {
    this.#clock = clock;
    this.#initial = initial;
    this.#thereafter = thereafter;
  }

  /** Whether the next message is printed. */
  pass(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#tickEndMs) {
      this.#tickEndMs = nowMs + TICK_MS;
      this.#count = 0;
    }
    this.#count++;
    if (this.#count <= this.#initial) return true;
    return this.#thereafter > 0 && (this.#count - this.#initial) % this.#thereafter === 0;
  }
}
