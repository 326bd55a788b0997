/** Finds spans by their ids without making a string or an object per span. */

/** A span id in bytes. */
export const SPAN_ID_BYTES = 8;

/** The rows of spans by id: open addressing over the ids' two 32-bit words, two to four slots a span. */
export class SpanIndex {
  readonly #words: Uint32Array;
  /** A row + 1, or 0 for a free slot. */
  readonly #slots: Int32Array;

  /** `ids`: eight bytes a span, not copied. Where several spans share an id, the first one is found. */
  constructor(ids: Uint8Array) {
    const words = wordsOf(ids);
    const count = words.length / 2;
    const slots = new Int32Array(1 << Math.max(1, 32 - Math.clz32(count * 2)));
    const mask = slots.length - 1;
    for (let row = 0; row < count; row++) {
      const first = words[2 * row]!;
      const second = words[2 * row + 1]!;
      let slot = hashOf(first, second) & mask;
      for (let taken = slots[slot]!; taken !== 0; taken = slots[slot]!) {
        if (words[2 * taken - 2] === first && words[2 * taken - 1] === second) break;
        slot = (slot + 1) & mask;
      }
      if (slots[slot] === 0) slots[slot] = row + 1;
    }
    this.#words = words;
    this.#slots = slots;
  }

  /** The row of the span with the id whose words are given; -1 if there is none. */
  find(first: number, second: number): number {
    const words = this.#words;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOf(first, second) & mask;
    for (let taken = slots[slot]!; taken !== 0; taken = slots[slot]!) {
      if (words[2 * taken - 2] === first && words[2 * taken - 1] === second) return taken - 1;
      slot = (slot + 1) & mask;
    }
    return -1;
  }
}

/** Ids as pairs of 32-bit words. */
export function wordsOf(ids: Uint8Array): Uint32Array {
  const aligned = ids.byteOffset % 4 === 0 ? ids : new Uint8Array(ids);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, (ids.length / SPAN_ID_BYTES) * 2);
}

/** Some SDKs count ids up, so all bits are mixed. */
function hashOf(first: number, second: number): number {
  const hash = Math.imul(first ^ (first >>> 15), 0x85ebca6b) ^ Math.imul(second ^ (second >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
