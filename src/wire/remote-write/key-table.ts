import { HASH_KEY, type HashKey, keyedHashIn, PROBE_LIMIT } from '#base';

const FIRST_KEYS = 1024;
const FIRST_WORDS = 1 << 14;

/**
 * Byte strings with a number each, from 1 on; bounded by their count and their bytes. Whoever sends the same strings in the same order again and
 * again, as remote write does, has them compared with what followed last time, which takes a fifth of a hash that is safe with keys from outside.
 */
export class KeyTable {
  readonly #limit: number;
  readonly #limitWords: number;
  readonly #hashKey: HashKey;
  /** Number of the last key; 0 where there is none. */
  count = 0;
  #places = new Int32Array(FIRST_KEYS * 2);
  #hashes = new Int32Array(FIRST_KEYS);
  #starts = new Uint32Array(FIRST_KEYS);
  #lengths = new Uint32Array(FIRST_KEYS);
  /** Per key the one that was looked for next, the last time. */
  #following = new Uint32Array(FIRST_KEYS);
  /** The strings, each in whole words; what is over in the last one is 0. */
  #words = new Int32Array(FIRST_WORDS);
  #wordCount = 0;
  #last = 0;
  #missedHash = 0;

  constructor(limit: number, limitBytes: number, hashKey: HashKey = HASH_KEY) {
    this.#limit = limit;
    this.#limitWords = limitBytes >>> 2;
    this.#hashKey = hashKey;
  }

  clear(): void {
    this.count = 0;
    this.#places.fill(0);
    this.#following.fill(0);
    this.#wordCount = 0;
    this.#last = 0;
  }

  /** The number of the string in `view`; 0 where it is not there. */
  find(view: DataView, at: number, length: number): number {
    const next = this.#following[this.#last]!;
    if (next !== 0 && this.#equals(next, view, at, length)) {
      this.#last = next;
      return next;
    }
    const hash = keyedHashIn(view, at, length, this.#hashKey);
    this.#missedHash = hash;
    const places = this.#places;
    const mask = places.length - 1;
    for (let distance = 0; distance <= PROBE_LIMIT; distance++) {
      const index = places[(hash + distance) & mask]!;
      if (index === 0) return 0;
      if (this.#hashes[index] === hash && this.#equals(index, view, at, length)) {
        this.#follow(index);
        return index;
      }
    }
    return 0;
  }

  /** Adds the string that `find` has just not found. 0 where it has no place. */
  add(view: DataView, at: number, length: number): number {
    const words = (length + 3) >>> 2;
    if (this.count >= this.#limit || this.#wordCount + words > this.#limitWords) return 0;
    if (this.count + 2 > this.#hashes.length) this.#grow();
    const place = this.#freePlace(this.#missedHash);
    if (place < 0) return 0;
    if (this.#wordCount + words > this.#words.length)
      this.#words = grown(this.#words, Math.max(this.#words.length * 2, this.#wordCount + words));
    const index = ++this.count;
    this.#places[place] = index;
    this.#hashes[index] = this.#missedHash;
    this.#starts[index] = this.#wordCount;
    this.#lengths[index] = length;
    const last = length >>> 2;
    for (let i = 0; i < last; i++) this.#words[this.#wordCount + i] = view.getInt32(at + i * 4, true);
    if (words > last) this.#words[this.#wordCount + last] = restOf(view, at + last * 4, length & 3);
    this.#wordCount += words;
    this.#follow(index);
    return index;
  }

  /** The string with this number, without a copy. What `clear` leaves is written over: whoever clears must not hold one. */
  bytesOf(index: number): Uint8Array {
    const { buffer } = this.#words;
    return new Uint8Array(buffer, this.#starts[index]! * 4, this.#lengths[index]);
  }

  #follow(index: number): void {
    this.#following[this.#last] = index;
    this.#last = index;
  }

  #equals(index: number, view: DataView, at: number, length: number): boolean {
    if (this.#lengths[index] !== length) return false;
    const words = this.#words;
    let word = this.#starts[index]!;
    const end = at + (length & ~3);
    for (; at < end; at += 4) if (words[word++] !== view.getInt32(at, true)) return false;
    const rest = length & 3;
    return rest === 0 || words[word] === restOf(view, at, rest);
  }

  #freePlace(hash: number): number {
    const mask = this.#places.length - 1;
    for (let distance = 0; distance <= PROBE_LIMIT; distance++) {
      const place = (hash + distance) & mask;
      if (this.#places[place] === 0) return place;
    }
    return -1;
  }

  #grow(): void {
    const size = this.#hashes.length * 2;
    this.#hashes = grown(this.#hashes, size);
    this.#starts = grown(this.#starts, size);
    this.#lengths = grown(this.#lengths, size);
    this.#following = grown(this.#following, size);
    this.#places = new Int32Array(size * 2);
    for (let index = 1; index <= this.count; index++) {
      const place = this.#freePlace(this.#hashes[index]!);
      // One without a place is not found again, and comes once more under another number.
      if (place >= 0) this.#places[place] = index;
    }
  }
}

/** One to three bytes as a word. */
function restOf(view: DataView, at: number, count: number): number {
  let word = view.getUint8(at);
  if (count > 1) word |= view.getUint8(at + 1) << 8;
  if (count > 2) word |= view.getUint8(at + 2) << 16;
  return word;
}

export function grown<T extends Int32Array | Uint32Array | Uint8Array | Float64Array>(array: T, length: number): T {
  const next = new (array.constructor as new (length: number) => T)(length);
  next.set(array);
  return next;
}
