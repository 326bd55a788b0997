import type { SpanChunk } from '#pdata';
import { ByteSink } from './byte-sink.ts';
import { beginBlock, beginColumn, clampTimes, rowCountOf, writeConstant32 } from './columns.ts';

const TIME = "DateTime64(9, 'UTC')";

/**
 * Writes the block for `trace_index`: one row per trace that occurs in some chunks, with the earliest and latest start of its spans.
 *
 *   slots   open addressing: index of the trace + 1, 0 for empty
 *   traces  id: 16 bytes in `ids` · min, max: two words each, as the spans' start times have them
 */
export class TraceIndexBlockEncoder {
  readonly #sink = new ByteSink(1 << 14);
  readonly #ids = new ByteSink(1 << 14);
  #slots = new Int32Array(1024);
  #min = new Uint32Array(1024);
  #max = new Uint32Array(1024);
  #count = 0;

  encode(chunks: readonly SpanChunk[], ingestedAtSeconds: number): Uint8Array<ArrayBuffer> {
    this.#collect(chunks);
    const sink = this.#sink;
    const count = this.#count;
    beginBlock(sink, 4, count);
    beginColumn(sink, 'trace_id', 'FixedString(16)');
    sink.copy(this.#ids.bytes, 0, count * 16);
    this.#writeTimes('time_min', this.#min);
    this.#writeTimes('time_max', this.#max);
    beginColumn(sink, 'ingested_at', "SimpleAggregateFunction(max, DateTime('UTC'))");
    writeConstant32(sink, ingestedAtSeconds, count);
    return sink.written();
  }

  #writeTimes(name: 'time_min' | 'time_max', words: Uint32Array): void {
    beginColumn(this.#sink, name, `SimpleAggregateFunction(${name.slice(5)}, ${TIME})`);
    const at = this.#sink.take(this.#count * 8);
    this.#sink.bytes.set(new Uint8Array(words.buffer, words.byteOffset, this.#count * 8), at);
    clampTimes(this.#sink, at, this.#count);
  }

  #collect(chunks: readonly SpanChunk[]): void {
    this.#reset(rowCountOf(chunks));
    let last = -1;
    for (const { arena, rows, columns, count } of chunks) {
      const { traceIdAt, startWords } = columns;
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!;
        const at = traceIdAt[row]!;
        if (last < 0 || !this.#isTrace(last, arena, at)) last = this.#indexOf(arena, at);
        this.#extend(last, startWords[row * 2]!, startWords[row * 2 + 1]!);
      }
    }
  }

  #reset(rowCount: number): void {
    this.#count = 0;
    this.#ids.reset();
    this.#ids.reserve(rowCount * 16);
    if (this.#min.length < rowCount * 2) {
      this.#min = new Uint32Array(rowCount * 2);
      this.#max = new Uint32Array(rowCount * 2);
    }
    let size = this.#slots.length;
    while (size < rowCount * 2) size *= 2;
    if (size === this.#slots.length) this.#slots.fill(0);
    else this.#slots = new Int32Array(size);
  }

  #isTrace(index: number, arena: Uint8Array, at: number): boolean {
    const ids = this.#ids.bytes;
    const from = index * 16;
    // Ids of other traces mostly differ in their last bytes: some senders put a time in front.
    for (let i = 15; i >= 0; i--) if (ids[from + i] !== arena[at + i]) return false;
    return true;
  }

  #indexOf(arena: Uint8Array, at: number): number {
    const mask = this.#slots.length - 1;
    let hash = 0;
    for (let i = 0; i < 16; i++) hash = Math.imul(hash ^ arena[at + i]!, 0x01000193);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]! - 1;
      if (index < 0) {
        this.#slots[slot] = this.#count + 1;
        this.#ids.copy(arena, at, 16);
        this.#min.fill(0xffff_ffff, this.#count * 2, this.#count * 2 + 2);
        this.#max.fill(0, this.#count * 2, this.#count * 2 + 2);
        return this.#count++;
      }
      if (this.#isTrace(index, arena, at)) return index;
    }
  }

  #extend(index: number, low: number, high: number): void {
    const min = this.#min;
    const max = this.#max;
    const word = index * 2;
    if (high < min[word + 1]! || (high === min[word + 1] && low < min[word]!)) {
      min[word] = low;
      min[word + 1] = high;
    }
    if (high > max[word + 1]! || (high === max[word + 1] && low > max[word]!)) {
      max[word] = low;
      max[word + 1] = high;
    }
  }
}
