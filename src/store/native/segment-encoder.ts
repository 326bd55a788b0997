import { type Chunk, LogChunk, PointChunk, type Signal, SpanChunk } from '#pdata';
import type { TableBlock } from './columns.ts';
import { LogBlockEncoder } from './log-block.ts';
import { PointBlockEncoder, type PointRows, type PointTable, pointTableOf } from './point-blocks.ts';
import { seriesIdsOf } from './point-series.ts';
import { SeriesBlockEncoder } from './series-block.ts';
import type { SeriesSet } from './series-set.ts';
import { SpanBlockEncoder } from './span-block.ts';
import { TraceIndexBlockEncoder } from './trace-index-block.ts';

/** A live series or stream is written again after so long, so that `last_seen` is right to the hour and it outlives its first row. */
const SERIES_RENEW_SECONDS = 3600;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Turns the chunks of a segment into one block per table. The same chunks and time give the same rows, so a block can be sent again under
 * the same token after a crash; only `metric_series` also depends on what was written before, and there rows that are sent
 * twice merge away; so it is with `log_streams`. Spans and logs become columns when they are added; points are kept until the blocks are made.
 */
export class SegmentEncoder {
  readonly #spans = new SpanBlockEncoder();
  readonly #traceIndex = new TraceIndexBlockEncoder();
  readonly #logs = new LogBlockEncoder();
  readonly #points = new PointBlockEncoder();
  readonly #series = new SeriesBlockEncoder();
  #pointChunks: PointChunk[] = [];
  #pointCount = 0;

  /** Begins an empty segment. */
  reset(): void {
    this.#spans.reset();
    this.#logs.reset();
    this.#pointChunks = [];
    this.#pointCount = 0;
  }

  add(chunk: Chunk): void {
    if (chunk.count === 0) return;
    if (chunk instanceof SpanChunk) this.#spans.add(chunk);
    else if (chunk instanceof LogChunk) this.#logs.add(chunk);
    else if (chunk instanceof PointChunk) {
      this.#pointChunks.push(chunk);
      this.#pointCount += chunk.count;
    }
  }

  /** What was added. */
  get items(): Readonly<Record<Signal, number>> {
    return { traces: this.#spans.count, metrics: this.#pointCount, logs: this.#logs.count };
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
    if (this.#pointCount > 0) yield* this.#encodePoints(this.#pointChunks, ingestedAtNs, knownSeries);
  }

  *#encodePoints(chunks: readonly PointChunk[], ingestedAtNs: bigint, knownSeries: SeriesSet): Generator<TableBlock> {
    const tables = new Map<PointTable, PointRows[]>();
    const newSeries: PointRows[] = [];
    const seconds = Number(ingestedAtNs / NS_PER_SECOND);
    for (const chunk of chunks) {
      const seriesIds = seriesIdsOf(chunk);
      const due = dueRows(chunk, seriesIds, knownSeries, seconds);
      if (due.length > 0) newSeries.push({ chunk, rows: Uint32Array.from(due), seriesIds });
      for (const [table, rows] of rowsByTable(chunk)) {
        const parts = tables.get(table) ?? [];
        parts.push({ chunk, rows: Uint32Array.from(rows), seriesIds });
        tables.set(table, parts);
      }
    }
    if (newSeries.length > 0) yield this.#series.encode(newSeries, seconds);
    for (const [table, parts] of tables) yield this.#points.encode(table, parts, ingestedAtNs);
    const exemplars = this.#points.encodeExemplars([...tables.values()].flat(), ingestedAtNs);
    if (exemplars !== undefined) yield exemplars;
  }
}

function dueRows(chunk: PointChunk, seriesIds: Uint32Array, known: SeriesSet, nowSeconds: number): number[] {
  const due: number[] = [];
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    if (known.isDue(seriesIds[row * 2]!, seriesIds[row * 2 + 1]!, nowSeconds, SERIES_RENEW_SECONDS)) due.push(row);
  }
  return due;
}

function rowsByTable(chunk: PointChunk): Map<PointTable, number[]> {
  const tables = new Map<PointTable, number[]>();
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    const table = pointTableOf(chunk.metrics.type[chunk.columns.metric[row]!]!);
    if (table === undefined) continue;
    const rows = tables.get(table);
    if (rows === undefined) tables.set(table, [row]);
    else rows.push(row);
  }
  return tables;
}
