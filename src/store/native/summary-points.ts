import { findField, readSummaryQuantiles, SUMMARY_POINT } from '#pdata';
import { BlockSink, type TableBlock } from './columns.ts';
import { ListColumn } from './list-column.ts';
import { addWords, PointHead, type PointRun, writeSink } from './point-head.ts';
import { viewOf } from './series-hash.ts';
import { WordColumn } from './word-column.ts';

/** Points of summaries. */
export class SummaryPoints {
  readonly #head = new PointHead();
  readonly #sink = new BlockSink(1 << 14);
  readonly #counts = new WordColumn();
  readonly #sums = new WordColumn();
  readonly #quantiles = new ListColumn();
  readonly #values = new ListColumn();

  get count(): number {
    return this.#head.count;
  }

  reset(): void {
    this.#head.reset();
    for (const column of [this.#counts, this.#sums, this.#quantiles, this.#values]) column.reset();
  }

  add(run: PointRun): void {
    this.#head.add(run);
    addWords(this.#counts, run.words.pointCount, run);
    this.#addSums(run);
    for (let i = run.from; i < run.to; i++) {
      const { quantiles, values } = readSummaryQuantiles(run.chunk, run.chunk.rowAt(i));
      for (const [column, list] of [
        [this.#quantiles, quantiles],
        [this.#values, values],
      ] as const) {
        const bytes = new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
        column.addBytes(viewOf(bytes), 0, bytes.length);
        column.endRow();
      }
    }
  }

  /** A sum that was left out is 0: the field isn't optional here. */
  #addSums(run: PointRun): void {
    const { chunk, words, from, to } = run;
    const { rowStart, rowEnd } = chunk.layout;
    const first = this.#sums.length >>> 2;
    addWords(this.#sums, words.sum, run);
    for (let i = from; i < to; i++) {
      const row = chunk.rowAt(i);
      if (!Number.isNaN(chunk.columns.sum[row]!)) continue;
      if (findField(chunk.arena, rowStart[row]!, rowEnd[row]!, SUMMARY_POINT.sum) !== undefined) continue;
      const word = first + (i - from) * 2;
      this.#sums.words[word] = 0;
      this.#sums.words[word + 1] = 0;
    }
  }

  finish(arrivalNs: bigint): TableBlock {
    const sink = this.#sink;
    this.#head.begin(sink, arrivalNs);
    writeSink(sink, 'count', 'UInt64', this.#counts);
    writeSink(sink, 'sum', 'Float64', this.#sums);
    this.#quantiles.write(sink, 'quantiles', 'Float64');
    this.#values.write(sink, 'values', 'Float64');
    return this.#head.finish(sink, 'metric_summaries', arrivalNs);
  }
}
