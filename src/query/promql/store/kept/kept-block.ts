import { FIRST_PLACE, SegmentReader, type SegmentSamples, SegmentWriter } from './segment.ts';

/** Milliseconds in a block of time: so much is read again for a sample more. The store's own buckets are some of these. */
export const BLOCK_MS = 900_000;

/** Begin of the block in which a time lies. */
export function blockOf(ms: number): number {
  return Math.floor(ms / BLOCK_MS) * BLOCK_MS;
}

/** Of a series in a block: nobody has looked; it has no samples there; it ended there, or not all of it began at the same time. */
export const UNKNOWN = 0;
export const NONE = 1;
export const ODD = 2;

/** Samples that began at the same time. */
export interface KeptRun {
  readonly place: number;
  readonly count: number;
}

/** Of a series that is odd in a block. */
export interface KeptDetails {
  readonly runs: readonly KeptRun[];
  /** When it ended. */
  readonly staleMs: readonly number[];
}

/** What is known of one metric in one block of time. */
export class KeptBlock {
  readonly fromMs: number;
  usedMs = 0;
  readonly #writer = new SegmentWriter();
  #reader: SegmentReader | undefined;
  /** By numbers of series: one of the words above, or where the segment lies. */
  #places = new Int32Array(0);
  /** How many samples lie there. */
  #counts = new Uint16Array(0);
  readonly #details = new Map<number, KeptDetails>();
  #detailsBytes = 0;

  constructor(fromMs: number) {
    this.fromMs = fromMs;
  }

  placeOf(series: number): number {
    return this.#places[series] ?? UNKNOWN;
  }

  countOf(series: number): number {
    return this.#counts[series] ?? 0;
  }

  noteNone(series: number): void {
    this.#reserve(series);
    this.#places[series] = NONE;
  }

  /** Samples `[from, to)` of a series, at least one, all of which began then. */
  keep(series: number, samples: SegmentSamples, from: number, to: number, startMs: number): void {
    this.#reserve(series);
    if (to - from > MAX_COUNT) {
      this.#places[series] = ODD;
      return;
    }
    this.#places[series] = this.#writer.add(samples, from, to, this.fromMs, startMs);
    this.#counts[series] = to - from;
    this.#reader = undefined;
  }

  /** The same of a series that ended at these times, or whose samples differ in when they began. */
  keepOdd(
    series: number,
    samples: SegmentSamples & { readonly startsMs: Float64Array },
    from: number,
    to: number,
    staleMs: readonly number[],
  ): void {
    this.#reserve(series);
    this.#places[series] = ODD;
    if (to - from > MAX_COUNT) return;
    const runs: KeptRun[] = [];
    const { startsMs } = samples;
    for (let begin = from, end = from; begin < to; begin = end) {
      while (end < to && startsMs[end] === startsMs[begin]) end++;
      const place = this.#writer.add(samples, begin, end, this.fromMs, startsMs[begin]!);
      runs.push({ place, count: end - begin });
    }
    this.#details.set(series, { runs, staleMs });
    this.#detailsBytes += DETAILS_BYTES + RUN_BYTES * runs.length + Float64Array.BYTES_PER_ELEMENT * staleMs.length;
    this.#reader = undefined;
  }

  /** What it has of a series, odd or not; undefined where only the store can tell. */
  detailsOf(series: number): KeptDetails | undefined {
    const place = this.placeOf(series);
    if (place === ODD) return this.#details.get(series);
    return place < FIRST_PLACE ? NO_DETAILS : { runs: [{ place, count: this.#counts[series]! }], staleMs: [] };
  }

  /** Unpacks the samples of a series that has some and is not odd, from `to` on in these arrays. Gives where they end. */
  read(series: number, into: SegmentSamples, to: number): number {
    return this.#segments.read(this.#places[series]!, this.#counts[series]!, this.fromMs, into, to);
  }

  readRun({ place, count }: KeptRun, into: SegmentSamples, to: number): number {
    return this.#segments.read(place, count, this.fromMs, into, to);
  }

  /** When the counter began, of what lies at a place. */
  startAt(place: number): number {
    return this.#segments.startAt(place);
  }

  get #segments(): SegmentReader {
    this.#reader ??= new SegmentReader(this.#writer.bytes);
    return this.#reader;
  }

  get bytes(): number {
    return (
      BLOCK_BYTES +
      this.#places.byteLength +
      this.#counts.byteLength +
      this.#writer.bytes.byteLength +
      this.#detailsBytes
    );
  }

  /** Gives back what was reserved and not needed. */
  trim(): void {
    if (this.#writer.trim()) this.#reader = undefined;
  }

  #reserve(series: number): void {
    if (series < this.#places.length) return;
    const places = new Int32Array(Math.max(MIN_PLACES, Math.ceil((series + 1) * GROWTH)));
    places.set(this.#places);
    this.#places = places;
    const counts = new Uint16Array(places.length);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}

/** Of a series: more than one each 14 ms. */
const MAX_COUNT = 65_535;
const NO_DETAILS: KeptDetails = { runs: [], staleMs: [] };
const DETAILS_BYTES = 250;
const RUN_BYTES = 50;
const BLOCK_BYTES = 1_000;
const MIN_PLACES = 64;
const GROWTH = 1.25;
