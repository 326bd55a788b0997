import { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock, writeConstant32 } from './columns.ts';
import { hash, hashIn } from './series-hash.ts';
import { WordColumn } from './word-column.ts';

const SEED_BOUNDS = 0x5161_0005;
const SECONDS = "DateTime('UTC')";

/**
 * The different lists of bounds of a segment's histograms, each with the hash of its bytes as id. Neighbours most often have the same,
 * which comparing finds.
 */
export class Bounds {
  /** The ids, in the order in which they were found. */
  readonly ids: WordColumn = new WordColumn();
  readonly #content = new ByteSink();
  /** Per id: where its bounds begin in the content, and behind the last one where that ends. */
  readonly #starts: number[] = [0];
  /** By low word of an id: indices of those that have it. */
  readonly #byLow = new Map<number, number>();
  readonly #sink = new BlockSink(1 << 10);
  #last = -1;

  reset(): void {
    this.ids.reset();
    this.#content.reset();
    this.#starts.length = 1;
    this.#byLow.clear();
    this.#last = -1;
  }

  /** The index of the bounds whose doubles stand in the `length` bytes at `at`; they are added if they are new. */
  indexOf(view: DataView, at: number, length: number): number {
    if (this.#last >= 0 && this.#equals(this.#last, view, at, length)) return this.#last;
    hashIn(view, at, length, SEED_BOUNDS);
    const { low, high } = hash;
    const known = this.#byLow.get(low);
    if (known !== undefined && this.ids.words[known * 2 + 1] === high && this.#equals(known, view, at, length)) {
      this.#last = known;
      return known;
    }
    const index = this.#starts.length - 1;
    this.ids.push(low, high);
    this.#content.copy(new Uint8Array(view.buffer, view.byteOffset + at, length), 0, length);
    this.#starts.push(this.#content.length);
    this.#byLow.set(low, index);
    this.#last = index;
    return index;
  }

  #equals(index: number, view: DataView, at: number, length: number): boolean {
    const start = this.#starts[index]!;
    if (this.#starts[index + 1]! - start !== length) return false;
    const own = this.#content.view;
    for (let i = 0; i < length; i += 4) if (own.getInt32(start + i) !== view.getInt32(at + i)) return false;
    return true;
  }

  /** Those at `indices` as a block for `metric_bounds`. */
  encode(indices: readonly number[], seconds: number): TableBlock {
    const sink = this.#sink;
    sink.begin(indices.length);
    sink.column('bounds_id', 'UInt64');
    for (const index of indices) sink.uint64(this.ids.words[index * 2]!, this.ids.words[index * 2 + 1]!);
    sink.column('bounds', 'Array(Float64)');
    let total = 0;
    for (const index of indices) {
      total += (this.#starts[index + 1]! - this.#starts[index]!) / 8;
      sink.uint64(total);
    }
    for (const index of indices) {
      const start = this.#starts[index]!;
      sink.copy(this.#content.bytes, start, this.#starts[index + 1]! - start);
    }
    for (const name of ['first_seen', 'last_seen']) {
      sink.column(name, SECONDS);
      writeConstant32(sink, seconds, indices.length);
    }
    return sink.finish('metric_bounds');
  }
}
