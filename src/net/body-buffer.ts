import { unfilledBytes } from '#pdata';
import type { Share } from './budget.ts';
import { ownBytes } from './own-bytes.ts';

/** A body of one byte takes so much; what arrived must be a quarter of what is taken for it beyond that. */
const MIN_CAPACITY_BYTES = 4096;
const GROWTH = 4;
/** Of a body whose length is known all is taken once a sixteenth is there: so the last copy holds a quarter more than the body, not twice as much. */
const EARLY_SHARE = 1 / 16;
const NO_BYTES = new Uint8Array(0);

/**
 * Collects a body that comes in parts, in memory of its own. Node's parts are slices of what it read from the socket, and one byte of them
 * keeps all 64 KiB: a thousand half-sent bodies of a byte would hold 64 MB that no budget sees. Here the share pays for what is held.
 */
export class BodyBuffer {
  readonly #share: Share | undefined;
  #bytes: Uint8Array = NO_BYTES;
  #length = 0;
  /** Whether nobody else knows its memory. */
  #isOwn = false;

  /** Without a share nobody counts. */
  constructor(share?: Share) {
    this.#share = share;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Takes the part over: it is empty afterwards where it is all of its memory. `expectedBytes`: the length of the whole body where it is known,
   * else 0. Throws Busy where the share has no room.
   */
  append(part: Uint8Array, expectedBytes: number): void {
    const needed = this.#length + part.length;
    if (this.#length === 0 && part.length === expectedBytes) {
      // All of it at once, the most frequent case: copied only where the part is a small one of a large read.
      const whole = ownBytes(part);
      this.#share?.take(whole.buffer.byteLength);
      this.#bytes = whole;
    } else {
      if (needed > this.#bytes.length) this.#grow(needed, expectedBytes);
      this.#bytes.set(part, this.#length);
      // So is a part that is all of its memory, as those of HTTP/1.1 are.
      if (part.length > 0 && part.buffer.byteLength === part.length) (part.buffer as ArrayBuffer).transfer(0);
    }
    this.#length = needed;
  }

  #grow(needed: number, expectedBytes: number): void {
    const wanted = Math.max(MIN_CAPACITY_BYTES, needed * GROWTH);
    const isEarly = needed >= expectedBytes * EARLY_SHARE || wanted >= expectedBytes;
    const capacity = expectedBytes >= needed && isEarly ? expectedBytes : wanted;
    const before = this.#bytes;
    this.#share?.take(capacity);
    this.#bytes = unfilledBytes(capacity);
    this.#bytes.set(before.subarray(0, this.#length));
    this.#share?.giveBack(before.length);
    // Freed now: the collector, which sees small objects only, would take its time.
    if (this.#isOwn) (before.buffer as ArrayBuffer).transfer(0);
    this.#isOwn = true;
  }

  /** The body. The buffer is empty again; what the share has taken stays. */
  take(): Uint8Array {
    const whole = this.#length === this.#bytes.length ? this.#bytes : ownBytes(this.#bytes.subarray(0, this.#length));
    this.#share?.giveBack(Math.max(0, this.#bytes.length - whole.buffer.byteLength));
    this.#bytes = NO_BYTES;
    this.#length = 0;
    this.#isOwn = false;
    return whole;
  }
}
