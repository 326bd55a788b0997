import { HASH_KEY, type HashKey, keyedHashOfWords, PROBE_LIMIT } from '#base';

/**
 * Points so much earlier than all before, in seconds, have their series written again, which lowers its `first_seen`. Who reads allows for more
 * (SEEN_LAG_SECONDS).
 */
const EARLIER_SECONDS = 3600;
/** Words of a place, so that one lies in one line of the processor's cache. */
const PLACE_WORDS = 4;

/**
 * A bounded set of 64-bit ids of series with the time at which each was last written to the store. Open addressing over one typed array. When
 * it is full it forgets everything; the series are then written once more, which the store merges away. So is one that finds no place near
 * its own: ids can be chosen from outside, which is also why the place is not simply their low bits.
 *
 *   a place: low word of the id · high word · when it was written, 0 for an empty place · its earliest time that was written
 *
 * Times are seconds since the epoch.
 */
export class SeriesSet {
  readonly #places: Uint32Array;
  readonly #mask: number;
  readonly #limit: number;
  readonly #hashKey: HashKey;
  #count = 0;

  /** Holds up to `limit` ids in the next power of two above twice as many places. */
  constructor(limit: number, hashKey: HashKey = HASH_KEY) {
    let size = 1024;
    while (size < limit * 2) size *= 2;
    this.#places = new Uint32Array(size * PLACE_WORDS);
    this.#mask = size - 1;
    this.#limit = limit;
    this.#hashKey = hashKey;
  }

  get size(): number {
    return this.#count;
  }

  /**
   * Whether the series has to be written: it is new, was last written `renewSeconds` ago or more, or has something at `atSeconds`, long before
   * what it was written for. Then both times are noted.
   */
  isDue(low: number, high: number, nowSeconds: number, renewSeconds: number, atSeconds: number = nowSeconds): boolean {
    const places = this.#places;
    const home = keyedHashOfWords(low, high, 0, 0, this.#hashKey) & this.#mask;
    let distance = 0;
    let place = home * PLACE_WORDS;
    for (; places[place + 2] !== 0; place = ((home + ++distance) & this.#mask) * PLACE_WORDS) {
      if (distance >= PROBE_LIMIT) return true;
      if (places[place] === low && places[place + 1] === high) {
        const isEarlier = atSeconds + EARLIER_SECONDS < places[place + 3]!;
        if (nowSeconds - places[place + 2]! < renewSeconds && !isEarlier) return false;
        places[place + 2] = nowSeconds;
        if (atSeconds < places[place + 3]!) places[place + 3] = atSeconds;
        return true;
      }
    }
    if (this.#count >= this.#limit) {
      this.clear();
      place = home * PLACE_WORDS;
    }
    places[place] = low;
    places[place + 1] = high;
    places[place + 2] = Math.max(1, nowSeconds);
    places[place + 3] = Math.min(atSeconds, nowSeconds);
    this.#count++;
    return true;
  }

  /** Forgets all ids: after a failure, when it isn't sure what the store knows. */
  clear(): void {
    this.#places.fill(0);
    this.#count = 0;
  }
}
