import { type Chunk, LogChunk, PointChunk, SpanChunk } from '#pdata';
import type { TableBlock } from './columns.ts';
import { LogBlockEncoder } from './log-block.ts';
import { PointBlockEncoder, type PointRows, type PointTable, pointTableOf } from './point-blocks.ts';
import { seriesIdsOf } from './point-series.ts';
import { SeriesBlockEncoder } from './series-block.ts';
import type { SeriesSet } from './series-set.ts';
import { SpanBlockEncoder } from './span-block.ts';
import { TraceIndexBlockEncoder } from './trace-index-block.ts';

/** A live series is written again after so long, so that `last_seen` is right to the hour and the series outlives its first row. */
const SERIES_RENEW_SECONDS = 3600;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Turns the chunks of a segment into one block per table. The same chunks and time give the same rows, so a block can be sent again under
 * the same token after a crash; only `metric_series` also depends on what was written before, and there rows that are sent
 * twice merge away.
 */
export class SegmentEncoder {
  readonly #spans = new SpanBlockEncoder();
  readonly #traceIndex = new TraceIndexBlockEncoder();
  readonly #logs = new LogBlockEncoder();
  readonly #points = new PointBlockEncoder();
  readonly #series = new SeriesBlockEncoder();

  /** `ingestedAtNs` since the epoch goes into every row; `knownSeries` learns the series that are written. */
  *encode(chunks: readonly Chunk[], ingestedAtNs: bigint, knownSeries: SeriesSet): Generator<TableBlock> {
    const seconds = Number(ingestedAtNs / NS_PER_SECOND);
    const spans = chunks.filter((chunk) => chunk instanceof SpanChunk && chunk.count > 0) as SpanChunk[];
    if (spans.length > 0) {
      const block = this.#spans.encode(spans, ingestedAtNs);
      // The index first: a trace that a search finds can be opened.
      yield this.#traceIndex.encode(this.#spans.traces, seconds);
      yield block;
    }
    const logs = chunks.filter((chunk) => chunk instanceof LogChunk && chunk.count > 0) as LogChunk[];
    if (logs.length > 0) yield this.#logs.encode(logs, ingestedAtNs);
    const points = chunks.filter((chunk) => chunk instanceof PointChunk && chunk.count > 0) as PointChunk[];
    if (points.length > 0) yield* this.#encodePoints(points, ingestedAtNs, knownSeries);
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
