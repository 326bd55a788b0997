import {
  FLAG_EXEMPLARS_ONLY,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointChunk,
  PROMETHEUS_SCOPE,
} from '#pdata';
import type { KnownSamples, KnownSeries, Newcomer } from '#wire';
import { type TableBlock, wordsOf } from './columns.ts';
import { ExemplarRows } from './exemplar-rows.ts';
import { ExponentialPoints } from './exponential-points.ts';
import { HistogramPoints } from './histogram-points.ts';
import { NumberPoints } from './number-points.ts';
import { OWNER_WORDS } from './owner-ids.ts';
import type { Owners } from './owner-rows.ts';
import { ChunkWords, type PointRun } from './point-head.ts';
import { type DueSeries, SeriesBlockEncoder } from './series-block.ts';
import { combine, hash } from './series-hash.ts';
import { SeriesIds } from './series-ids.ts';
import type { SeriesSet } from './series-set.ts';
import { SummaryPoints } from './summary-points.ts';
import { WordColumn } from './word-column.ts';

const NS_PER_SECOND = 1_000_000_000;
const WORD = 0x1_0000_0000;
/** Tells the ids of bounds from those of series in the set of what is known. */
const BOUNDS_KEY = 0x5161_0006;

/** Whether the series, or bounds, of this id have to be written; of series with the seconds of a point, 0 for one without a time. */
type IsDue = (low: number, high: number, atSeconds: number) => boolean;

/** Whether the row, whose flags say that it is there for its exemplars only, has that from us. */
function hasNoPoint(chunk: PointChunk, row: number): boolean {
  return chunk.scopeName(chunk.scopeOf(row)) === PROMETHEUS_SCOPE;
}

/** A chunk with the words of its resources and scopes (OwnerIds). */
interface AddedChunk {
  readonly chunk: PointChunk;
  readonly ownerWords: Uint32Array;
}

/** What the encoders of the tables of points have in common. */
interface PointTable {
  readonly count: number;
  reset(): void;
  add(run: PointRun): void;
  finish(arrivalNs: bigint): TableBlock;
}

/**
 * Turns data points into one block per table. Points become columns when they are added, while their bytes are in the processor's caches;
 * the chunks are kept until the blocks are made, because only then is it known which series have to be written.
 */
export class PointEncoder {
  readonly #numbers = new NumberPoints();
  readonly #histograms = new HistogramPoints();
  readonly #exponentials = new ExponentialPoints();
  readonly #summaries = new SummaryPoints();
  readonly #tables: readonly PointTable[] = [this.#numbers, this.#histograms, this.#exponentials, this.#summaries];
  readonly #exemplars = new ExemplarRows();
  readonly #series = new SeriesIds();
  readonly #seriesBlock = new SeriesBlockEncoder();
  /** Per point, in the order of the series ids: the id of its bounds; zero where it has none. */
  readonly #boundsIds = new WordColumn();
  #chunks: AddedChunk[] = [];
  count = 0;

  reset(): void {
    for (const table of this.#tables) table.reset();
    this.#exemplars.reset();
    this.#series.reset();
    this.#boundsIds.reset();
    this.#chunks = [];
    this.count = 0;
  }

  /** Adds the selected points of a chunk; their resources and scopes to `owners`. */
  add(chunk: PointChunk, owners: Owners): void {
    const { count, metrics } = chunk;
    const { metric, flags } = chunk.columns;
    const idsAt = this.#series.ids.length >>> 2;
    this.#series.add(chunk, owners);
    const boundsAt = this.#boundsIds.takeValues(count);
    this.#boundsIds.words.fill(0, boundsAt, boundsAt + count * 2);
    const words = new ChunkWords(chunk);
    for (let from = 0; from < count; ) {
      const first = chunk.rowAt(from);
      const index = metric[first]!;
      let to = from + 1;
      if (flags[first] === FLAG_EXEMPLARS_ONLY && hasNoPoint(chunk, first)) {
        from = to;
        continue;
      }
      for (; to < count; to++) {
        const row = chunk.rowAt(to);
        if (metric[row] !== index || (flags[row] === FLAG_EXEMPLARS_ONLY && hasNoPoint(chunk, row))) break;
      }
      const run: PointRun = { chunk, words, from, to, metric: index, series: this.#series, idsAt };
      const table = this.#tableOf(metrics.type[index]!);
      table?.add(run);
      if (table === this.#histograms) this.#noteBounds(boundsAt + from * 2, to - from);
      from = to;
    }
    this.#addExemplars(chunk, words, idsAt);
    this.#chunks.push({ chunk, ownerWords: this.#series.owners.words.slice(0, chunk.scopeCount * OWNER_WORDS) });
    this.count += count;
  }

  /** Adds samples whose series are known. */
  addKnown(samples: KnownSamples): void {
    this.#numbers.addKnown(samples);
    this.count += samples.count;
  }

  /** Tells `known` what series have begun in the chunk that was added last. */
  describe(newcomers: readonly Newcomer[], chunk: PointChunk, known: KnownSeries, nowSeconds: number): void {
    const ids = this.#series.ids.words;
    const idsAt = (this.#series.ids.length >>> 2) - chunk.count * 2;
    const times = wordsOf(chunk.columns.timeNs);
    const { arena: bytes, metrics } = chunk;
    const { rowStart, rowEnd } = chunk.layout;
    for (const { series, row } of newcomers) {
      const metric = chunk.columns.metric[row]!;
      const nameLength = metrics.nameLength[metric]!;
      const full = {
        idLow: ids[idsAt + row * 2]!,
        idHigh: ids[idsAt + row * 2 + 1]!,
        pointBytes: rowEnd[row]! - rowStart[row]!,
        metric: {
          bytes,
          nameAt: metrics.nameAt[metric]!,
          nameLength,
          textBytes: nameLength + metrics.descriptionLength[metric]! + metrics.unitLength[metric]!,
          hash: this.#series.metricWords[metric * 2]!,
        },
      };
      known.describe(series, full, nowSeconds, secondsAt(times, row));
    }
  }

  #tableOf(type: number): PointTable | undefined {
    if (type === METRIC_GAUGE || type === METRIC_SUM) return this.#numbers;
    if (type === METRIC_HISTOGRAM) return this.#histograms;
    if (type === METRIC_EXPONENTIAL_HISTOGRAM) return this.#exponentials;
    return type === METRIC_SUMMARY ? this.#summaries : undefined;
  }

  /** The bounds of the `count` histograms that were added last. */
  #noteBounds(word: number, count: number): void {
    const { boundsIndices, bounds } = this.#histograms;
    const { words } = this.#boundsIds;
    for (let row = this.#histograms.count - count; row < this.#histograms.count; row++, word += 2) {
      const index = boundsIndices[row]! * 2;
      words[word] = bounds.ids.words[index]!;
      words[word + 1] = bounds.ids.words[index + 1]!;
    }
  }

  #addExemplars(chunk: PointChunk, words: ChunkWords, idsAt: number): void {
    for (const place of this.#series.exemplarPlaces) {
      const metric = chunk.columns.metric[chunk.rowAt(place)]!;
      this.#exemplars.add({ chunk, words, from: place, to: place + 1, metric, series: this.#series, idsAt }, place);
    }
  }

  /**
   * The blocks of all that was added, series first; may be asked for again. `known` learns the series that are written, and are written again
   * after `renewSeconds`.
   */
  *blocks(ingestedAtNs: bigint, known: SeriesSet, renewSeconds: number): Generator<TableBlock> {
    const seconds = Number(ingestedAtNs / BigInt(NS_PER_SECOND));
    const isDue: IsDue = (low, high, atSeconds) =>
      known.isDue(low, high, seconds, renewSeconds, atSeconds === 0 ? seconds : atSeconds);
    const bounds = this.#dueBounds(isDue);
    if (bounds.length > 0) yield this.#histograms.bounds.encode(bounds, seconds);
    const due = this.#dueSeries(isDue);
    if (due.length > 0) yield this.#seriesBlock.encode(due, this.#series.owners.serviceName, seconds);
    for (const table of this.#tables) if (table.count > 0) yield table.finish(ingestedAtNs);
    if (this.#exemplars.count > 0) yield this.#exemplars.finish(ingestedAtNs);
  }

  #dueBounds(isDue: IsDue): number[] {
    const { ids } = this.#histograms.bounds;
    const due: number[] = [];
    for (let index = 0; index < ids.count; index++) {
      combine(ids.words[index * 2]!, ids.words[index * 2 + 1]!, BOUNDS_KEY, 0);
      if (isDue(hash.low, hash.high, 0)) due.push(index);
    }
    return due;
  }

  /** A series is also due with bounds that it was not seen with. */
  #dueSeries(isDue: IsDue): DueSeries[] {
    const due: DueSeries[] = [];
    const ids = this.#series.ids.words;
    const bounds = this.#boundsIds.words;
    let word = 0;
    for (const { chunk, ownerWords } of this.#chunks) {
      const rows: number[] = [];
      const places: number[] = [];
      const times = wordsOf(chunk.columns.timeNs);
      for (let i = 0; i < chunk.count; i++, word += 2) {
        let low = ids[word]!;
        let high = ids[word + 1]!;
        if (bounds[word] !== 0 || bounds[word + 1] !== 0) {
          combine(low, high, bounds[word]!, bounds[word + 1]!);
          low = hash.low;
          high = hash.high;
        }
        const row = chunk.rowAt(i);
        if (!isDue(low, high, secondsAt(times, row))) continue;
        rows.push(row);
        places.push(word);
      }
      if (rows.length > 0)
        due.push({
          chunk,
          ownerWords,
          rows: Uint32Array.from(rows),
          places: Uint32Array.from(places),
          ids,
          bounds,
        });
    }
    return due;
  }
}

/** The time of a row in seconds, of words of nanoseconds. */
function secondsAt(times: Uint32Array, row: number): number {
  return Math.floor((times[row * 2 + 1]! * WORD + times[row * 2]!) / NS_PER_SECOND);
}
