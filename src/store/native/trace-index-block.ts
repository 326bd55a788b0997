import { HASH_KEY, type HashKey, keyedHash, PROBE_LIMIT } from '#base';
import { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock, writeConstant32 } from './columns.ts';
import type { TraceRows } from './span-block.ts';

const TIME = "DateTime64(9, 'UTC')";

/**
 * Writes the block for `trace_index`: one row per trace that occurs in a block of spans, with the earliest and latest start of its spans.
 *
 * A trace that finds no place near its own in the hash table gets a row for each run of its spans; the store merges them.
 *
 *   slots   open addressing: index of the trace + 1, 0 for empty
 *   traces  id: 16 bytes in `ids` · min, max: two words each, as the spans' start times have them
 */
export class TraceIndexBlockEncoder {
  readonly #sink = new BlockSink(1 << 14);
  readonly #ids = new ByteSink(1 << 14);
  #slots = new Int32Array(1024);
  #min = new Uint32Array(1024);
  #max = new Uint32Array(1024);
  #count = 0;
  readonly #hashKey: HashKey;

  constructor(hashKey: HashKey = HASH_KEY) {
    this.#hashKey = hashKey;
  }

  encode(rows: TraceRows, ingestedAtSeconds: number): TableBlock {
    this.#collect(rows);
    const sink = this.#sink;
    const count = this.#count;
    sink.begin(count);
    sink.column('trace_id', 'FixedString(16)');
    sink.append(this.#ids);
    this.#writeTimes('time_min', this.#min);
    this.#writeTimes('time_max', this.#max);
    sink.column('ingested_at', "SimpleAggregateFunction(max, DateTime('UTC'))");
    writeConstant32(sink, ingestedAtSeconds, count);
    return sink.finish('trace_index');
  }

  #writeTimes(name: 'time_min' | 'time_max', words: Uint32Array): void {
    this.#sink.column(name, `SimpleAggregateFunction(${name.slice(5)}, ${TIME})`);
    const at = this.#sink.take(this.#count * 8);
    this.#sink.bytes.set(new Uint8Array(words.buffer, words.byteOffset, this.#count * 8), at);
  }

  #collect({ traceIds, times, count }: TraceRows): void {
    this.#reset(count);
    const ids = traceIds.bytes;
    const { view } = times;
    let last = -1;
    for (let row = 0; row < count; row++) {
      if (last < 0 || !this.#isTrace(last, ids, row * 16)) last = this.#indexOf(ids, row * 16);
      this.#extend(last, view.getUint32(row * 8, true), view.getUint32(row * 8 + 4, true));
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
    const hash = keyedHash(arena, at, 16, this.#hashKey);
    for (let distance = 0; distance <= PROBE_LIMIT; distance++) {
      const slot = (hash + distance) & mask;
      const index = this.#slots[slot]! - 1;
      if (index < 0) {
        this.#slots[slot] = this.#count + 1;
        break;
      }
      if (this.#isTrace(index, arena, at)) return index;
    }
    this.#ids.copy(arena, at, 16);
    this.#min.fill(0xffff_ffff, this.#count * 2, this.#count * 2 + 2);
    this.#max.fill(0, this.#count * 2, this.#count * 2 + 2);
    return this.#count++;
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
