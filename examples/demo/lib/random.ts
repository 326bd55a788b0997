/** A small seeded source of chance (mulberry32), so that a run can be repeated. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `least` to `most`, both inclusive. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new Error('pick: the list is empty');
    return item;
  }

  /** One of the keys; a key of weight 3 comes three times as often as one of weight 1. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const keys = Object.keys(weights) as Key[];
    let left = this.next() * keys.reduce((sum, key) => sum + weights[key], 0);
    for (const key of keys) {
      left -= weights[key];
      if (left < 0) return key;
    }
    return keys[keys.length - 1]!;
  }

  /**
   * A latency in milliseconds around a median, log-normal as real latencies are: half of the
   * draws are above the median, and with a spread of 0.4 one in a hundred is above 2.5 medians.
   */
  latencyMs(medianMs: number, spread = 0.4): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return medianMs * Math.exp(spread * radius * Math.cos(2 * Math.PI * this.next()));
  }

  /** Time until the next arrival of a Poisson process, in milliseconds. */
  arrivalMs(ratePerSecond: number): number {
    return (-Math.log(1 - this.next()) / ratePerSecond) * 1000;
  }

  /** A new source that does not disturb this one's further draws. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 4_294_967_296));
  }
}
