import { HASH_KEY, type HashKey, keyedHashOfWords, PROBE_LIMIT } from '#base';

/**
 * Points so much earlier than all before, in seconds, have their series written again, which lowers its `first_seen`. Who reads allows for more
 * (SEEN_LAG_SECONDS).
 */
const EARLIER_SECONDS = 3600;
/** Words of a place, so that one lies in one line of the processor's cache. */
const PLACE_WORDS = 4;
/** Places at first: of few ids all lie in few pages. Spread over 32 MB, to look for one took longer than all else that is done for a point. */
const FIRST_PLACES = 1024;

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
  #places: Uint32Array = new Uint32Array(FIRST_PLACES * PLACE_WORDS);
  #mask: number = FIRST_PLACES - 1;
  readonly #limit: number;
  readonly #hashKey: HashKey;
  #count = 0;

  /** Holds up to `limit` ids; half of its places stay empty. */
  constructor(limit: number, hashKey: HashKey = HASH_KEY) {
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
    if (this.#count * 2 > this.#mask) this.#grow();
    return true;
  }

  /** An id that finds no place near its own is forgotten. */
  #grow(): void {
    const old = this.#places;
    const mask = this.#mask * 2 + 1;
    const places = new Uint32Array((mask + 1) * PLACE_WORDS);
    this.#count = 0;
    for (let from = 0; from < old.length; from += PLACE_WORDS) {
      if (old[from + 2] === 0) continue;
      const home = keyedHashOfWords(old[from]!, old[from + 1]!, 0, 0, this.#hashKey) & mask;
      let distance = 0;
      while (distance < PROBE_LIMIT && places[((home + distance) & mask) * PLACE_WORDS + 2] !== 0) distance++;
      if (distance === PROBE_LIMIT) continue;
      const to = ((home + distance) & mask) * PLACE_WORDS;
      for (let word = 0; word < PLACE_WORDS; word++) places[to + word] = old[from + word]!;
      this.#count++;
    }
    this.#places = places;
    this.#mask = mask;
  }

  /** Forgets all ids: after a failure, when it isn't sure what the store knows. */
  clear(): void {
    this.#places.fill(0);
    this.#count = 0;
  }
}
