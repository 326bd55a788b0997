import { cursor, EXACT_COUNTS_FIELD, HISTOGRAM_POINT, readVarint32, skipValue } from '#pdata';
import { Bounds } from './bounds.ts';
import { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock } from './columns.ts';
import { ListColumn } from './list-column.ts';
import { addWords, PointHead, type PointRun, writeSink } from './point-head.ts';
import { viewOf } from './series-hash.ts';
import { WordColumn } from './word-column.ts';

const PACKED_COUNTS = (HISTOGRAM_POINT.bucketCounts << 3) | 2;
const EXACT_COUNTS = (EXACT_COUNTS_FIELD << 3) | 2;
const ONE_COUNT = (HISTOGRAM_POINT.bucketCounts << 3) | 1;
const PACKED_BOUNDS = (HISTOGRAM_POINT.explicitBounds << 3) | 2;
const ONE_BOUND = (HISTOGRAM_POINT.explicitBounds << 3) | 1;

/** Points of histograms with explicit bounds. A point has the id of its bounds, which stand once in `bounds`. */
export class HistogramPoints {
  readonly bounds: Bounds = new Bounds();
  /** Per row the index in `bounds`. */
  boundsIndices: Uint32Array = new Uint32Array(1024);
  readonly #head = new PointHead();
  readonly #sink = new BlockSink(1 << 14);
  readonly #counts = new WordColumn();
  readonly #sums = new WordColumn();
  readonly #mins = new WordColumn();
  readonly #maxs = new WordColumn();
  readonly #boundsIds = new WordColumn();
  readonly #bucketCounts = new ListColumn();
  readonly #exactCounts = new ListColumn();
  /** Bounds that don't stand in one piece. */
  readonly #pieces = new ByteSink();

  get count(): number {
    return this.#head.count;
  }

  reset(): void {
    this.bounds.reset();
    this.#head.reset();
    const lists = [this.#bucketCounts, this.#exactCounts];
    for (const column of [this.#counts, this.#sums, this.#mins, this.#maxs, this.#boundsIds, ...lists]) column.reset();
  }

  add(run: PointRun): void {
    let blockRow = this.#head.add(run);
    const { chunk, words, from, to } = run;
    addWords(this.#counts, words.pointCount, run);
    addWords(this.#sums, words.sum, run);
    addWords(this.#mins, words.min, run);
    addWords(this.#maxs, words.max, run);
    this.#reserve(this.#head.count);
    const { rowStart, rowEnd } = chunk.layout;
    let out = this.#boundsIds.takeValues(to - from);
    for (let i = from; i < to; i++, out += 2) {
      const row = chunk.rowAt(i);
      const index = this.#addBuckets(chunk.arena, words.view, rowStart[row]!, rowEnd[row]!);
      this.boundsIndices[blockRow++] = index;
      this.#boundsIds.words[out] = this.bounds.ids.words[index * 2]!;
      this.#boundsIds.words[out + 1] = this.bounds.ids.words[index * 2 + 1]!;
    }
  }

  #reserve(count: number): void {
    if (this.boundsIndices.length >= count) return;
    const indices = new Uint32Array(Math.max(count, this.boundsIndices.length * 2));
    indices.set(this.boundsIndices);
    this.boundsIndices = indices;
  }

  /** Adds the counts of the point in `arena[at, end)`; returns the index of its bounds. Both lists are packed, or one by one, or mixed. */
  #addBuckets(arena: Uint8Array, view: DataView, at: number, end: number): number {
    let boundsAt = 0;
    let boundsLength = 0;
    const pieces = this.#pieces;
    pieces.reset();
    while (at < end) {
      let tag = arena[at++]!;
      if (tag >= 0x80) {
        tag = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      if (tag === PACKED_COUNTS || tag === PACKED_BOUNDS) {
        const length = readVarint32(arena, at);
        at = cursor.at;
        if (tag === PACKED_COUNTS) this.#bucketCounts.addBytes(view, at, length);
        else if (boundsLength === 0 && pieces.length === 0) {
          boundsAt = at;
          boundsLength = length;
        } else this.#addPiece(arena, boundsAt, boundsLength, at, length);
        at += length;
      } else if (tag === ONE_COUNT) {
        this.#bucketCounts.addBytes(view, at, 8);
        at += 8;
      } else if (tag === ONE_BOUND) {
        this.#addPiece(arena, boundsAt, boundsLength, at, 8);
        at += 8;
      } else if (tag === EXACT_COUNTS) {
        const length = readVarint32(arena, at);
        at = cursor.at;
        this.#exactCounts.addBytes(view, at, length & ~7);
        at += length;
      } else at = skipValue(arena, at, tag & 7);
    }
    this.#bucketCounts.endRow();
    this.#exactCounts.endRow();
    if (pieces.length === 0) return this.bounds.indexOf(view, boundsAt, boundsLength);
    return this.bounds.indexOf(viewOf(pieces.bytes), 0, pieces.length);
  }

  /** Puts bounds behind those that were found before. */
  #addPiece(arena: Uint8Array, firstAt: number, firstLength: number, at: number, length: number): void {
    if (this.#pieces.length === 0) this.#pieces.copy(arena, firstAt, firstLength);
    this.#pieces.copy(arena, at, length);
  }

  finish(arrivalNs: bigint): TableBlock {
    const sink = this.#sink;
    this.#head.begin(sink, arrivalNs);
    writeSink(sink, 'count', 'UInt64', this.#counts);
    writeSink(sink, 'sum', 'Float64', this.#sums);
    writeSink(sink, 'min', 'Float64', this.#mins);
    writeSink(sink, 'max', 'Float64', this.#maxs);
    writeSink(sink, 'bounds_id', 'UInt64', this.#boundsIds);
    this.#bucketCounts.write(sink, 'bucket_counts', 'UInt64');
    this.#exactCounts.writeUnlessEmpty(sink, 'exact_counts', 'Float64');
    return this.#head.finish(sink, 'metric_histograms', arrivalNs);
  }
}
