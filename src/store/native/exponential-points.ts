import { EXACT_COUNTS_FIELD, findField, readExponentialBuckets } from '#pdata';
import { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock } from './columns.ts';
import { ListColumn } from './list-column.ts';
import { addWords, PointHead, type PointRun, writeSink } from './point-head.ts';
import { viewOf } from './series-hash.ts';
import { WordColumn } from './word-column.ts';

/** Points of exponential histograms. */
export class ExponentialPoints {
  readonly #head = new PointHead();
  readonly #sink = new BlockSink(1 << 14);
  readonly #counts = new WordColumn();
  readonly #sums = new WordColumn();
  readonly #mins = new WordColumn();
  readonly #maxs = new WordColumn();
  readonly #scales = new ByteSink();
  readonly #zeroCounts = new ByteSink();
  readonly #zeroThresholds = new ByteSink();
  readonly #offsets = [new ByteSink(), new ByteSink()] as const;
  readonly #bucketCounts = [new ListColumn(), new ListColumn()] as const;
  readonly #exactCounts = new ListColumn();

  get count(): number {
    return this.#head.count;
  }

  reset(): void {
    this.#head.reset();
    for (const column of [
      this.#counts,
      this.#sums,
      this.#mins,
      this.#maxs,
      this.#scales,
      this.#zeroCounts,
      this.#zeroThresholds,
      ...this.#offsets,
      ...this.#bucketCounts,
      this.#exactCounts,
    ])
      column.reset();
  }

  add(run: PointRun): void {
    this.#head.add(run);
    const { chunk, words, from, to } = run;
    addWords(this.#counts, words.pointCount, run);
    addWords(this.#sums, words.sum, run);
    addWords(this.#mins, words.min, run);
    addWords(this.#maxs, words.max, run);
    for (let i = from; i < to; i++) {
      const { scale, zeroCount, zeroThreshold, positive, negative } = readExponentialBuckets(chunk, chunk.rowAt(i));
      putInt32(this.#scales, scale);
      const zeroAt = this.#zeroCounts.take(8);
      this.#zeroCounts.view.setBigUint64(zeroAt, zeroCount, true);
      const thresholdAt = this.#zeroThresholds.take(8);
      this.#zeroThresholds.view.setFloat64(thresholdAt, zeroThreshold, true);
      for (const [side, { offset, counts }] of [positive, negative].entries()) {
        putInt32(this.#offsets[side]!, offset);
        const bytes = new Uint8Array(counts.buffer, counts.byteOffset, counts.byteLength);
        this.#bucketCounts[side]!.addBytes(viewOf(bytes), 0, bytes.length);
        this.#bucketCounts[side]!.endRow();
      }
      const row = chunk.rowAt(i);
      const exact = findField(chunk.arena, chunk.layout.rowStart[row]!, chunk.layout.rowEnd[row]!, EXACT_COUNTS_FIELD);
      if (exact !== undefined) this.#exactCounts.addBytes(words.view, exact.at, exact.length & ~7);
      this.#exactCounts.endRow();
    }
  }

  finish(arrivalNs: bigint): TableBlock {
    const sink = this.#sink;
    this.#head.begin(sink, arrivalNs);
    writeSink(sink, 'count', 'UInt64', this.#counts);
    writeSink(sink, 'sum', 'Float64', this.#sums);
    writeSink(sink, 'min', 'Float64', this.#mins);
    writeSink(sink, 'max', 'Float64', this.#maxs);
    writeSink(sink, 'scale', 'Int32', this.#scales);
    writeSink(sink, 'zero_count', 'UInt64', this.#zeroCounts);
    writeSink(sink, 'zero_threshold', 'Float64', this.#zeroThresholds);
    for (const [side, name] of ['positive', 'negative'].entries()) {
      writeSink(sink, `${name}_offset`, 'Int32', this.#offsets[side]!);
      this.#bucketCounts[side]!.write(sink, `${name}_counts`, 'UInt64');
    }
    this.#exactCounts.writeUnlessEmpty(sink, 'exact_counts', 'Float64');
    return this.#head.finish(sink, 'metric_exponential_histograms', arrivalNs);
  }
}

function putInt32(sink: ByteSink, value: number): void {
  const at = sink.take(4);
  sink.view.setInt32(at, value, true);
}
