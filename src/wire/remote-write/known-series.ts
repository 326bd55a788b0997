import { grown, KeyTable } from './key-table.ts';
import { type KnownMetric, KnownSamples } from './known-samples.ts';

/** Bytes of the labels of all series, and of all symbols. */
const SERIES_BYTES = 32 * 1024 * 1024;
const SYMBOL_BYTES = 16 * 1024 * 1024;
/** A full table is only given up so often: with more series than it holds, those beyond go the long way. */
const RENEW_TABLE_SECONDS = 600;
/** Points so much earlier than all before, in seconds, need all of their series: see SeriesSet in src/store. */
const EARLIER_SECONDS = 3600;
/** Metrics that say more of themselves are not kept. */
const MAX_METRIC_BYTES = 1024;
const FIRST_SERIES = 1024;
/** What a point takes besides its labels, at most. */
const POINT_BYTES = 64;

/** A metric's name in `bytes`, its hash, and the bytes of its texts together. */
interface MetricPlace {
  readonly bytes: Uint8Array;
  readonly nameAt: number;
  readonly nameLength: number;
  readonly textBytes: number;
  readonly hash: number;
}

/** What was written of a series. */
interface FullSeries {
  readonly idLow: number;
  readonly idHigh: number;
  /** Of one of its points, with all labels. */
  readonly pointBytes: number;
  readonly metric: MetricPlace;
}

/**
 * Series of remote write by the bytes that name them there, with the ids that the store gave them: a series that is known need not be read again.
 * A reader finds them; the store says what they are once it has written them in full, and when that was long ago they count as unknown.
 *
 * Of version 1 those bytes are the labels of a TimeSeries as they came; of version 2 numbers of symbols, which are kept from one request
 * to the next.
 */
export class KnownSeries {
  readonly #renewSeconds: number;
  readonly #series: KeyTable;
  readonly symbols: KeyTable;
  /** Counts how often all was forgotten: what was left out before has to be said again. */
  generation = 0;
  /** Counts how often the table was emptied: numbers of series from before mean others now. */
  #tableNumber = 0;
  #clearedSeconds = 0;
  /** Per series, by its number: its id, low and high word; its metric; the bytes of a point; when it was last given in full, and its earliest time then. */
  #ids = new Uint32Array(FIRST_SERIES * 2);
  #metrics = new Uint32Array(FIRST_SERIES);
  #pointBytes = new Uint32Array(FIRST_SERIES);
  #fullSeconds = new Uint32Array(FIRST_SERIES);
  #earliestSeconds = new Uint32Array(FIRST_SERIES);
  #knownMetrics: KnownMetric[] = [];
  #metricNumbers = new Map<string, number>();
  readonly #pool: KnownSamples[] = [];

  /** Up to `limit` series; each is asked for in full again after `renewSeconds`. */
  constructor(limit: number, renewSeconds: number) {
    this.#renewSeconds = renewSeconds;
    this.#series = new KeyTable(limit, SERIES_BYTES);
    this.symbols = new KeyTable(limit * 4, SYMBOL_BYTES);
  }

  /** Begins with the samples of a request. They belong to who asked until `release`. */
  begin(): KnownSamples {
    const samples = this.#pool.pop() ?? new KnownSamples();
    samples.reset(this.#knownMetrics, this.generation, this.#tableNumber);
    return samples;
  }

  release(samples: KnownSamples): void {
    if (this.#pool.length < 4) this.#pool.push(samples);
  }

  /** The number of a series; 0 for a new one. */
  find(key: DataView, at: number, length: number): number {
    return this.#series.find(key, at, length);
  }

  /** Adds the one that `find` has just not found, to be described by `describe`. 0 where there is no room for it. */
  add(key: DataView, at: number, length: number): number {
    const index = this.#series.add(key, at, length);
    if (index < this.#metrics.length) {
      this.#fullSeconds[index] = 0;
      return index;
    }
    const size = this.#metrics.length * 2;
    this.#ids = grown(this.#ids, size * 2);
    this.#metrics = grown(this.#metrics, size);
    this.#pointBytes = grown(this.#pointBytes, size);
    this.#fullSeconds = grown(this.#fullSeconds, size);
    this.#earliestSeconds = grown(this.#earliestSeconds, size);
    return index;
  }

  /** After a request in which a series or symbol found no room. */
  overflowed(nowSeconds: number): void {
    if (nowSeconds - this.#clearedSeconds < RENEW_TABLE_SECONDS) return;
    this.#clearedSeconds = nowSeconds;
    this.#tableNumber++;
    this.#series.clear();
    this.symbols.clear();
    this.#knownMetrics = [];
    this.#metricNumbers = new Map();
  }

  /** Whether samples of the series, from `atSeconds` on, may come without it. */
  isKnown(series: number, nowSeconds: number, atSeconds: number): boolean {
    const fullSeconds = this.#fullSeconds[series]!;
    return (
      fullSeconds !== 0 &&
      nowSeconds - fullSeconds < this.#renewSeconds &&
      atSeconds + EARLIER_SECONDS >= this.#earliestSeconds[series]!
    );
  }

  idLow(series: number): number {
    return this.#ids[series * 2]!;
  }

  idHigh(series: number): number {
    return this.#ids[series * 2 + 1]!;
  }

  metricOf(series: number): number {
    return this.#metrics[series]!;
  }

  /** What `samples` of the series take at most where they are written in full. */
  fullBytes(series: number, samples: number): number {
    return MAX_METRIC_BYTES * 2 + samples * (this.#pointBytes[series]! + POINT_BYTES);
  }

  /** Whether numbers of series in a request still mean the same. */
  isCurrent({ tableNumber, generation }: KnownSamples): boolean {
    return tableNumber === this.#tableNumber && generation === this.generation;
  }

  /** Notes that a series was given in full. */
  describe(series: number, full: FullSeries, nowSeconds: number, atSeconds: number): void {
    const { idLow, idHigh, pointBytes, metric } = full;
    if (metric.textBytes > MAX_METRIC_BYTES) return;
    const isNew = this.#fullSeconds[series] === 0;
    this.#ids[series * 2] = idLow;
    this.#ids[series * 2 + 1] = idHigh;
    this.#pointBytes[series] = pointBytes;
    this.#metrics[series] = this.#metricNumber(metric);
    this.#fullSeconds[series] = Math.max(1, nowSeconds);
    if (isNew || atSeconds < this.#earliestSeconds[series]!) this.#earliestSeconds[series] = atSeconds;
  }

  #metricNumber({ bytes, nameAt, nameLength, hash }: MetricPlace): number {
    const name = bytes.slice(nameAt, nameAt + nameLength);
    const key = `${hash} ${Buffer.from(name.buffer).toString('latin1')}`;
    const known = this.#metricNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.#knownMetrics.length;
    this.#metricNumbers.set(key, number);
    this.#knownMetrics.push({ name: new DataView(name.buffer), hash });
    return number;
  }

  /** After a failure, when it isn't sure what the store knows: all series are asked for in full again. */
  forget(): void {
    this.generation++;
    this.#fullSeconds.fill(0);
  }
}
