import { type HashKey, IdMap } from '#base';

const FIRST_CAPACITY = 1024;

/**
 * Remembers the ids of the last traces with one decision, after their spans are gone. A ring: when it is full, the oldest decision
 * makes room. 24 to 32 bytes per id; the memory grows with use, up to the size.
 */
export class DecisionCache {
  readonly #size: number;
  readonly #map: IdMap;
  #count = 0;
  /** Where the next id goes once the ring is full: the oldest. */
  #oldest = 0;

  constructor(size: number, hashKey: HashKey) {
    this.#size = size;
    this.#map = new IdMap(Math.min(size, FIRST_CAPACITY), hashKey);
  }

  get isOn(): boolean {
    return this.#size > 0;
  }

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#map.byteLength;
  }

  has(word0: number, word1: number, word2: number, word3: number, hash: number): boolean {
    return this.#count > 0 && this.#map.find(word0, word1, word2, word3, hash) >= 0;
  }

  /** Calls back with the words of each id, the oldest first. */
  eachId(visit: (word0: number, word1: number, word2: number, word3: number) => void): void {
    const { ids } = this.#map;
    for (let n = 0; n < this.#count; n++) {
      const at = ((this.#count === this.#size ? this.#oldest + n : n) % this.#count) * 4;
      visit(ids[at]!, ids[at + 1]!, ids[at + 2]!, ids[at + 3]!);
    }
  }

  add(word0: number, word1: number, word2: number, word3: number, hash: number): void {
    if (this.#size === 0 || this.#map.find(word0, word1, word2, word3, hash) >= 0) return;
    if (!this.#map.hasPlace(hash)) return;
    let index = this.#count;
    if (index === this.#size) {
      index = this.#oldest;
      this.#oldest = (index + 1) % this.#size;
      this.#map.remove(index);
    } else {
      if (index === this.#map.capacity) this.#map.grow(Math.min(this.#size, index * 2), () => true);
      this.#count++;
    }
    this.#map.insert(index, word0, word1, word2, word3, hash);
  }
}
