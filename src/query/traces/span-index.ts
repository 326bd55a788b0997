/** Finds spans by their ids without making a string or an object per span. */
import { HASH_KEY, type HashKey, keyedHashOfWords, PROBE_LIMIT } from '#base';

/** A span id in bytes. */
const SPAN_ID_BYTES = 8;

/**
 * The rows of spans by id: open addressing over the ids' two 32-bit words, two to four slots a span. Ids come from outside: one that finds no
 * place near its own is not found, so that no lookup takes long.
 */
export class SpanIndex {
  readonly #words: Uint32Array;
  /** A row + 1, or 0 for a free slot. */
  readonly #slots: Int32Array;
  readonly #hashKey: HashKey;

  /** `ids`: eight bytes a span, not copied. Where several spans share an id, the first one is found. */
  constructor(ids: Uint8Array, hashKey: HashKey = HASH_KEY) {
    const words = wordsOf(ids);
    const count = words.length / 2;
    const slots = new Int32Array(1 << Math.max(1, 32 - Math.clz32(count * 2)));
    const mask = slots.length - 1;
    for (let row = 0; row < count; row++) {
      const first = words[2 * row]!;
      const second = words[2 * row + 1]!;
      const hash = keyedHashOfWords(first, second, 0, 0, hashKey);
      for (let distance = 0; distance <= PROBE_LIMIT; distance++) {
        const slot = (hash + distance) & mask;
        const taken = slots[slot]!;
        if (taken === 0) slots[slot] = row + 1;
        else if (words[2 * taken - 2] !== first || words[2 * taken - 1] !== second) continue;
        break;
      }
    }
    this.#words = words;
    this.#slots = slots;
    this.#hashKey = hashKey;
  }

  /** The row of the span with the id whose words are given; -1 if there is none. */
  find(first: number, second: number): number {
    const words = this.#words;
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = keyedHashOfWords(first, second, 0, 0, this.#hashKey);
    for (let distance = 0; distance <= PROBE_LIMIT; distance++) {
      const taken = slots[(hash + distance) & mask]!;
      if (taken === 0) return -1;
      if (words[2 * taken - 2] === first && words[2 * taken - 1] === second) return taken - 1;
    }
    return -1;
  }
}

/** Ids as pairs of 32-bit words. */
export function wordsOf(ids: Uint8Array): Uint32Array {
  const aligned = ids.byteOffset % 4 === 0 ? ids : new Uint8Array(ids);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, (ids.length / SPAN_ID_BYTES) * 2);
}
