/**
 * Memory for what is of no use any more when the next of its kind comes, such as the bytes of one slice of a long answer after the other. New arrays
 * for each make V8 collect its whole heap again and again: half of the CPU of a query over many samples.
 */
export class ReusedMemory {
  #buffer = new ArrayBuffer(0);
  #used = 0;

  /** What was taken before may be written over from now on. */
  reset(): void {
    this.#used = 0;
  }

  /** So many bytes, with anything in them, at a place where numbers of any width may begin. */
  take(byteLength: number): Uint8Array<ArrayBuffer> {
    if (this.#used + byteLength > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(Math.max(byteLength, this.#buffer.byteLength * GROWTH));
      this.#used = 0;
    }
    const bytes = new Uint8Array(this.#buffer, this.#used, byteLength);
    this.#used = Math.ceil((this.#used + byteLength) / WIDEST) * WIDEST;
    return bytes;
  }

  /** So many doubles, with anything in them. */
  takeDoubles(length: number): Float64Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.take(length * Float64Array.BYTES_PER_ELEMENT);
    return new Float64Array(buffer, byteOffset, length);
  }
}

const GROWTH = 1.5;
const WIDEST = 8;
