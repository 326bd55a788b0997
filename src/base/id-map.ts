import { type HashKey, keyedHashOfWords, PROBE_LIMIT } from './keyed-hash.ts';

/**
 * Ids of 16 bytes to small integers, without an object or a string per id: open addressing with linear probing, at most half full.
 *
 *   ids       4 words per index: the 16 bytes of the id
 *   buckets   index + 1, 0 for empty; an id lies at hash & mask or in the run behind it
 *
 * Indices are the caller's (a row of its own columns). Ids come from outside, so the hash has a key, and an id that finds no place near its
 * own is not taken (`hasPlace`). Words are signed, so that they stay small integers in V8.
 */
export class IdMap {
  ids: Int32Array;
  #buckets: Int32Array;
  #mask: number;
  readonly #hashKey: HashKey;
  /** No id lies further from its place. */
  #reach = 0;

  constructor(capacity: number, hashKey: HashKey) {
    this.ids = new Int32Array(capacity * 4);
    this.#buckets = new Int32Array(bucketCountFor(capacity));
    this.#mask = this.#buckets.length - 1;
    this.#hashKey = hashKey;
  }

  /** How many indices there is room for. */
  get capacity(): number {
    return this.ids.length >> 2;
  }

  get byteLength(): number {
    return this.ids.byteLength + this.#buckets.byteLength;
  }

  hash(word0: number, word1: number, word2: number, word3: number): number {
    return keyedHashOfWords(word0, word1, word2, word3, this.#hashKey);
  }

  /** The index of the id, or -1. */
  find(word0: number, word1: number, word2: number, word3: number, hash: number): number {
    const ids = this.ids;
    const buckets = this.#buckets;
    const mask = this.#mask;
    for (let distance = 0; distance <= this.#reach; distance++) {
      const index = buckets[(hash + distance) & mask]! - 1;
      if (index < 0) return -1;
      const at = index << 2;
      if (ids[at] === word0 && ids[at + 1] === word1 && ids[at + 2] === word2 && ids[at + 3] === word3) return index;
    }
    return -1;
  }

  /** Whether an id with this hash can be added. */
  hasPlace(hash: number): boolean {
    return this.#distanceToFree(hash, PROBE_LIMIT) <= PROBE_LIMIT;
  }

  /** Adds an id that is not there, and has a place, under an index that is free. */
  insert(index: number, word0: number, word1: number, word2: number, word3: number, hash: number): void {
    const at = index << 2;
    this.ids[at] = word0;
    this.ids[at + 1] = word1;
    this.ids[at + 2] = word2;
    this.ids[at + 3] = word3;
    this.#place(index, hash);
  }

  /** Removes the id of an index, and moves the ids behind it up, so that no run has a hole. */
  remove(index: number): void {
    const buckets = this.#buckets;
    const mask = this.#mask;
    let hole = this.#hashOf(index) & mask;
    while (buckets[hole] !== index + 1) hole = (hole + 1) & mask;
    let bucket = hole;
    for (;;) {
      bucket = (bucket + 1) & mask;
      const other = buckets[bucket]! - 1;
      if (other < 0) break;
      const home = this.#hashOf(other) & mask;
      // It may move to the hole unless its home lies between the hole and where it is.
      if (((bucket - home) & mask) >= ((bucket - hole) & mask)) {
        buckets[hole] = other + 1;
        hole = bucket;
      }
    }
    buckets[hole] = 0;
  }

  /** Makes room for `capacity` indices. `isUsed` says which of those so far have an id. */
  grow(capacity: number, isUsed: (index: number) => boolean): void {
    const before = this.capacity;
    const ids = new Int32Array(capacity * 4);
    ids.set(this.ids);
    this.ids = ids;
    this.#buckets = new Int32Array(bucketCountFor(capacity));
    this.#mask = this.#buckets.length - 1;
    this.#reach = 0;
    for (let index = 0; index < before; index++) if (isUsed(index)) this.#place(index, this.#hashOf(index));
  }

  #hashOf(index: number): number {
    const at = index << 2;
    const ids = this.ids;
    return keyedHashOfWords(ids[at]!, ids[at + 1]!, ids[at + 2]!, ids[at + 3]!, this.#hashKey);
  }

  #place(index: number, hash: number): void {
    const distance = this.#distanceToFree(hash, Number.POSITIVE_INFINITY);
    this.#buckets[(hash + distance) & this.#mask] = index + 1;
    if (distance > this.#reach) this.#reach = distance;
  }

  /** More than `limit` where none is nearer. */
  #distanceToFree(hash: number, limit: number): number {
    const buckets = this.#buckets;
    const mask = this.#mask;
    let distance = 0;
    while (distance <= limit && buckets[(hash + distance) & mask] !== 0) distance++;
    return distance;
  }
}

function bucketCountFor(capacity: number): number {
  let count = 16;
  while (count < capacity * 2) count *= 2;
  return count;
}

/** The little-endian word at `at`, signed. */
export function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
