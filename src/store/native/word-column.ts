import { ByteSink } from './byte-sink.ts';

/** A column of 64-bit values as pairs of words, low word first, that grows at its end. Kernels write into `words` behind `reserve`. */
export class WordColumn extends ByteSink {
  words: Uint32Array<ArrayBuffer> = new Uint32Array(this.bytes.buffer);

  override reserve(byteCount: number): void {
    // Asking both for their buffers takes longer than all the rest of this.
    if (this.length + byteCount <= this.bytes.length) return;
    super.reserve(byteCount);
    this.words = new Uint32Array(this.bytes.buffer, 0, this.bytes.length >>> 2);
  }

  /** Makes room for `count` values and moves the end behind them. Returns the index of their first word. */
  takeValues(count: number): number {
    return this.take(count * 8) >>> 2;
  }

  get count(): number {
    return this.length >>> 3;
  }

  push(low: number, high: number): void {
    const word = this.takeValues(1);
    this.words[word] = low;
    this.words[word + 1] = high;
  }
}
