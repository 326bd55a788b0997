import type { Pattern } from '#lang/pattern';

/** Bytes for which there is one mark: values are longer than that, and few lie beside an occurrence. */
const BLOCK_SHIFT = 4;
/** Shorter texts are everywhere. */
const SHORTEST = 3;

/**
 * Where in the bytes of a chunk a blocked value may be: each pattern has a text that all of its matches contain, and these are looked for in all
 * bytes at once, instead of each pattern in each value. A mark says that one begins in the block.
 *
 *   arena    … c u s t o m e r . i d . . c u s t - 1 7 3 …      for cust-[0-9]+
 *   blocks     0               0               1
 */
export class Needles {
  readonly #texts: readonly Buffer[];
  #blocks = new Uint8Array(0);

  private constructor(texts: readonly Buffer[]) {
    this.#texts = texts;
  }

  /** Undefined where a pattern may match what has no known text, or a short one. */
  static of(patterns: readonly Pattern[]): Needles | undefined {
    if (patterns.some(({ needed }) => needed.length < SHORTEST)) return undefined;
    return new Needles([...new Set(patterns.map(({ needed }) => needed))].map((text) => Buffer.from(text, 'latin1')));
  }

  /** Looks at the bytes that values lie in from now on; those that come behind them later are not known. */
  enter(arena: Uint8Array): void {
    const count = (arena.length >> BLOCK_SHIFT) + 1;
    if (this.#blocks.length < count) this.#blocks = new Uint8Array(count * 2);
    else this.#blocks.fill(0, 0, count);
    const bytes = Buffer.from(arena.buffer, arena.byteOffset, arena.length);
    for (const text of this.#texts) {
      for (let at = bytes.indexOf(text); at >= 0; ) {
        const block = at >> BLOCK_SHIFT;
        this.#blocks[block] = 1;
        at = bytes.indexOf(text, (block + 1) << BLOCK_SHIFT);
      }
    }
  }

  /** Whether one may lie in the `length` bytes at `at`. */
  mayBeIn(at: number, length: number): boolean {
    const last = (at + length) >> BLOCK_SHIFT;
    for (let block = at >> BLOCK_SHIFT; block <= last; block++) if (this.#blocks[block] !== 0) return true;
    return false;
  }
}
