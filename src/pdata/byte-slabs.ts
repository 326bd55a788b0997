/** One string that stays keeps a whole piece. */
const SLAB_BYTES = 4096;
/** Longer ones get memory of their own. */
const SHARED_LIMIT = 1024;

/**
 * Keeps copies of many short byte strings, some dozens in one piece of memory: a piece of its own for each takes the garbage collector longer to look
 * at than the bytes are worth. A piece goes when all that is in it has gone.
 */
export class ByteSlabs {
  #slab = new Uint8Array(0);
  #used = 0;

  copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length > SHARED_LIMIT) return bytes.slice();
    if (this.#used + bytes.length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const copy = this.#slab.subarray(this.#used, this.#used + bytes.length);
    copy.set(bytes);
    this.#used += bytes.length;
    return copy;
  }
}
