/** Numbers in [0, 1) that are the same each time (xorshift32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

/** The usual questions to such a source. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    // Seeds near each other give sequences that begin alike.
    this.#random = randomFrom((seed * 0x9e3779b1) | 1);
    for (let i = 0; i < 8; i++) this.#random();
  }

  /** A whole number in [0, below). */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(...of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }
}
