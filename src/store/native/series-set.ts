import { HASH_KEY, type HashKey, keyedHashOfWords, PROBE_LIMIT } from '#base';

/**
 * A bounded set of 64-bit series ids with the time at which each was last written to the store. Open addressing over typed arrays: 12
 * bytes per place. When it is full it forgets everything; the series are then written once more, which the store merges away. So is one that
 * finds no place near its own: ids can be chosen from outside, which is also why the place is not simply their low bits.
 *
 *   low, high: the id · time: seconds since the epoch, 0 for an empty place
 */
export class SeriesSet {
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  readonly #time: Uint32Array;
  readonly #limit: number;
  readonly #hashKey: HashKey;
  #count = 0;

  /** Holds up to `limit` ids in the next power of two above twice as many places. */
  constructor(limit: number, hashKey: HashKey = HASH_KEY) {
    let size = 1024;
    while (size < limit * 2) size *= 2;
    this.#low = new Uint32Array(size);
    this.#high = new Uint32Array(size);
    this.#time = new Uint32Array(size);
    this.#limit = limit;
    this.#hashKey = hashKey;
  }

  get size(): number {
    return this.#count;
  }

  /** Whether the series has to be written: it is new, or was last written `renewSeconds` ago or more. Then `nowSeconds` is noted. */
  isDue(low: number, high: number, nowSeconds: number, renewSeconds: number): boolean {
    const mask = this.#low.length - 1;
    const home = keyedHashOfWords(low, high, 0, 0, this.#hashKey) & mask;
    let distance = 0;
    let place = home;
    for (; this.#time[place] !== 0; place = (home + ++distance) & mask) {
      if (distance >= PROBE_LIMIT) return true;
      if (this.#low[place] === low && this.#high[place] === high) {
        if (nowSeconds - this.#time[place]! < renewSeconds) return false;
        this.#time[place] = nowSeconds;
        return true;
      }
    }
    if (this.#count >= this.#limit) {
      this.clear();
      place = home;
    }
    this.#low[place] = low;
    this.#high[place] = high;
    this.#time[place] = Math.max(1, nowSeconds);
    this.#count++;
    return true;
  }

  /** Forgets all ids: after a failure, when it isn't sure what the store knows. */
  clear(): void {
    this.#time.fill(0);
    this.#count = 0;
  }
}
