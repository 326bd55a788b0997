/**
 * A bounded set of 64-bit series ids with the time at which each was last written to the store. Open addressing over typed arrays: 12
 * bytes per place. When it is full it forgets everything; the series are then written once more, which the store merges away.
 *
 *   low, high: the id · time: seconds since the epoch, 0 for an empty place
 */
export class SeriesSet {
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  readonly #time: Uint32Array;
  readonly #limit: number;
  #count = 0;

  /** Holds up to `limit` ids in the next power of two above twice as many places. */
  constructor(limit: number) {
    let size = 1024;
    while (size < limit * 2) size *= 2;
    this.#low = new Uint32Array(size);
    this.#high = new Uint32Array(size);
    this.#time = new Uint32Array(size);
    this.#limit = limit;
  }

  get size(): number {
    return this.#count;
  }

  /** Whether the series has to be written: it is new, or was last written `renewSeconds` ago or more. Then `nowSeconds` is noted. */
  isDue(low: number, high: number, nowSeconds: number, renewSeconds: number): boolean {
    const mask = this.#low.length - 1;
    let place = low & mask;
    while (this.#time[place] !== 0) {
      if (this.#low[place] === low && this.#high[place] === high) {
        if (nowSeconds - this.#time[place]! < renewSeconds) return false;
        this.#time[place] = nowSeconds;
        return true;
      }
      place = (place + 1) & mask;
    }
    if (this.#count >= this.#limit) {
      this.clear();
      place = low & mask;
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
