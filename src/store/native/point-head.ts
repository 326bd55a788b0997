import type { PointChunk } from '#pdata';
import type { KnownSamples } from '#wire';
import type { ByteSink } from './byte-sink.ts';
import { type BlockSink, fillTimes, RowCounts, type TableBlock, wordsOf, writeConstant64 } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { viewOf } from './series-hash.ts';
import type { SeriesIds } from './series-ids.ts';
import { WordColumn } from './word-column.ts';

export const TIME_TYPE = "DateTime64(9, 'UTC')";
const LOW_CARDINALITY = 'LowCardinality(String)';
const NS_PER_MS = 1_000_000;
const WORD = 0x1_0000_0000;

/** Points of one metric that stand behind each other in a chunk's selection: places [from, to). */
export interface PointRun {
  readonly chunk: PointChunk;
  readonly words: ChunkWords;
  readonly from: number;
  readonly to: number;
  readonly metric: number;
  readonly series: SeriesIds;
  /** Where in `series.ids` those of this chunk begin, as an index of words. */
  readonly idsAt: number;
}

/** The 64-bit columns of a chunk as words, made once for all of its runs. */
export class ChunkWords {
  readonly view: DataView;
  readonly time: Uint32Array;
  readonly start: Uint32Array;
  readonly int: Uint32Array;
  readonly double: Uint32Array;
  readonly pointCount: Uint32Array;
  readonly sum: Uint32Array;
  readonly min: Uint32Array;
  readonly max: Uint32Array;

  constructor({ arena, columns }: PointChunk) {
    this.view = viewOf(arena);
    this.time = wordsOf(columns.timeNs);
    this.start = wordsOf(columns.startNs);
    this.int = wordsOf(columns.valueInt);
    this.double = wordsOf(columns.valueDouble);
    this.pointCount = wordsOf(columns.pointCount);
    this.sum = wordsOf(columns.sum);
    this.min = wordsOf(columns.min);
    this.max = wordsOf(columns.max);
  }
}

/** The columns that all tables of points have. */
export class PointHead {
  count = 0;
  readonly #names = new DictionaryColumn();
  readonly #seriesIds = new WordColumn();
  readonly #times = new WordColumn();
  readonly #starts = new WordColumn();
  readonly #flags = new RowCounts();

  reset(): void {
    this.count = 0;
    this.#names.reset(0);
    this.#seriesIds.reset();
    this.#times.reset();
    this.#starts.reset();
    this.#flags.reset();
  }

  /** Adds the points of a run. Returns the number of the first row. */
  add({ chunk, words, from, to, metric, series, idsAt }: PointRun): number {
    const first = this.count;
    const count = to - from;
    const { rows, metrics } = chunk;
    const { flags } = chunk.columns;
    const { time, start } = words;
    this.#names.reserveRows(first + count);
    const name = this.#names.indexIn(words.view, metrics.nameAt[metric]!, metrics.nameLength[metric]!);
    this.#names.indices.fill(name, first, first + count);
    let out = this.#seriesIds.takeValues(count);
    this.#times.takeValues(count);
    this.#starts.takeValues(count);
    const ids = series.ids.words;
    const seriesIds = this.#seriesIds.words;
    const times = this.#times.words;
    const starts = this.#starts.words;
    for (let i = from; i < to; i++, out += 2) {
      const row = rows === undefined ? i : rows[i]!;
      const word = row * 2;
      seriesIds[out] = ids[idsAt + i * 2]!;
      seriesIds[out + 1] = ids[idsAt + i * 2 + 1]!;
      putTime(times, out, time[word]!, time[word + 1]!);
      putTime(starts, out, start[word]!, start[word + 1]!);
      if (flags[row] !== 0) this.#flags.set(first + i - from, flags[row]!);
    }
    this.count = first + count;
    return first;
  }

  /** Adds samples [from, to) of one metric whose series are known. Returns the number of the first row. */
  addKnown(samples: KnownSamples, from: number, to: number): number {
    const first = this.count;
    const count = to - from;
    this.#names.reserveRows(first + count);
    const { name } = samples.knownMetrics[samples.metrics[from]!]!;
    this.#names.indices.fill(this.#names.indexIn(name, 0, name.byteLength), first, first + count);
    let out = this.#seriesIds.takeValues(count);
    this.#times.takeValues(count);
    this.#starts.takeValues(count);
    const { ids, timesMs, startsMs, flags } = samples;
    const seriesIds = this.#seriesIds.words;
    const times = this.#times.words;
    const starts = this.#starts.words;
    for (let i = from; i < to; i++, out += 2) {
      seriesIds[out] = ids[i * 2]!;
      seriesIds[out + 1] = ids[i * 2 + 1]!;
      putMs(times, out, timesMs[i]!);
      putMs(starts, out, startsMs[i]!);
      if (flags[i] !== 0) this.#flags.set(first + i - from, flags[i]!);
    }
    this.count = first + count;
    return first;
  }

  /** The first columns of the table's block. Points without a time get that of the arrival. */
  begin(sink: BlockSink, arrivalNs: bigint): void {
    const { count } = this;
    fillTimes(this.#times, 0, count, arrivalNs);
    sink.begin(count);
    sink.column('name', LOW_CARDINALITY);
    this.#names.write(sink, count);
    writeSink(sink, 'series_id', 'UInt64', this.#seriesIds);
    writeSink(sink, 'time', TIME_TYPE, this.#times);
    writeSink(sink, 'start_time', TIME_TYPE, this.#starts);
  }

  /** The last columns, and the block. */
  finish(sink: BlockSink, table: string, arrivalNs: bigint): TableBlock {
    if (!this.#flags.isZero) {
      sink.column('flags', 'UInt32');
      this.#flags.write(sink, this.count);
    }
    sink.column('ingested_at', TIME_TYPE);
    writeConstant64(sink, arrivalNs, this.count);
    return sink.finish(table);
  }
}

/** Times beyond 2262-04-11, the last of DateTime64(9), become that. */
function putTime(words: Uint32Array, at: number, low: number, high: number): void {
  const isBeyond = high >= 0x8000_0000;
  words[at] = isBeyond ? 0xffff_ffff : low;
  words[at + 1] = isBeyond ? 0x7fff_ffff : high;
}

/** Milliseconds below 2^49 as nanoseconds. */
function putMs(words: Uint32Array, at: number, ms: number): void {
  const highMs = Math.floor(ms / WORD);
  const low = (ms - highMs * WORD) * NS_PER_MS;
  const carry = Math.floor(low / WORD);
  const high = highMs * NS_PER_MS + carry;
  putTime(words, at, low - carry * WORD, Math.min(high, 0xffff_ffff));
}

export function writeSink(sink: BlockSink, name: string, type: string, values: ByteSink): void {
  sink.column(name, type);
  sink.refer(values);
}

/** Appends the values of a run as they are. */
export function addWords(target: WordColumn, source: Uint32Array, { chunk, from, to }: PointRun): void {
  const { rows } = chunk;
  let out = target.takeValues(to - from);
  const { words } = target;
  for (let i = from; i < to; i++, out += 2) {
    const word = (rows === undefined ? i : rows[i]!) * 2;
    words[out] = source[word]!;
    words[out + 1] = source[word + 1]!;
  }
}
