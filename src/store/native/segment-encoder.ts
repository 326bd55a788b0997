import { type Chunk, LogChunk, PointChunk, type Signal, SpanChunk } from '#pdata';
import type { TableBlock } from './columns.ts';
import { LogBlockEncoder } from './log-block.ts';
import { PointEncoder } from './point-encoder.ts';
import type { SeriesSet } from './series-set.ts';
import { SpanBlockEncoder } from './span-block.ts';
import { TraceIndexBlockEncoder } from './trace-index-block.ts';

/** A live series or stream is written again after so long, so that `last_seen` is right to the hour and it outlives its first row. */
const SERIES_RENEW_SECONDS = 3600;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Turns the chunks of a segment into one block per table. The same chunks and time give the same rows, so a block can be sent again under
 * the same token after a crash; only `metric_series`, `metric_bounds` and `log_streams` also depend on what was written before, and there
 * rows that are sent twice merge away. Items become columns when they are added.
 */
export class SegmentEncoder {
  readonly #spans = new SpanBlockEncoder();
  readonly #traceIndex = new TraceIndexBlockEncoder();
  readonly #logs = new LogBlockEncoder();
  readonly #points = new PointEncoder();

  /** Begins an empty segment. */
  reset(): void {
    this.#spans.reset();
    this.#logs.reset();
    this.#points.reset();
  }

  add(chunk: Chunk): void {
    if (chunk.count === 0) return;
    if (chunk instanceof SpanChunk) this.#spans.add(chunk);
    else if (chunk instanceof LogChunk) this.#logs.add(chunk);
    else if (chunk instanceof PointChunk) this.#points.add(chunk);
  }

  /** What was added. */
  get items(): Readonly<Record<Signal, number>> {
    return { traces: this.#spans.count, metrics: this.#points.count, logs: this.#logs.count };
  }

  /**
   * The blocks of all that was added; may be asked for again. `ingestedAtNs` since the epoch goes into every row; `knownSeries` learns the
   * series and streams that are written. A block is valid until the next one is taken.
   */
  *blocks(ingestedAtNs: bigint, knownSeries: SeriesSet): Generator<TableBlock> {
    const seconds = Number(ingestedAtNs / NS_PER_SECOND);
    if (this.#spans.count > 0) {
      this.#spans.arriveAt(ingestedAtNs);
      // The index first: a trace that a search finds can be opened.
      yield this.#traceIndex.encode(this.#spans, seconds);
      yield this.#spans.finish(ingestedAtNs);
    }
    if (this.#logs.count > 0) {
      const streams = this.#logs.streams.encode(knownSeries, seconds, SERIES_RENEW_SECONDS);
      if (streams !== undefined) yield streams;
      yield this.#logs.finish(ingestedAtNs);
    }
    if (this.#points.count > 0) yield* this.#points.blocks(ingestedAtNs, knownSeries, SERIES_RENEW_SECONDS);
  }
}
