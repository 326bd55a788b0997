import { SegmentReader, type SegmentSamples, SegmentWriter } from './segment.ts';

/** Milliseconds in a block of time: so much is read again for a sample more. The store's own buckets are some of these. */
export const BLOCK_MS = 900_000;

/** Begin of the block in which a time lies. */
export function blockOf(ms: number): number {
  return Math.floor(ms / BLOCK_MS) * BLOCK_MS;
}

/** Of a series in a block: nobody has looked; it has no samples there; only their details tell what they are. */
export const UNKNOWN = 0;
export const NONE = 1;
export const ODD = 2;

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

  constructor(fromMs: number) {
    this.fromMs = fromMs;
  }

  placeOf(series: number): number {
    return this.#places[series] ?? UNKNOWN;
  }

  countOf(series: number): number {
    return this.#counts[series] ?? 0;
  }

  /** As NONE or ODD. */
  note(series: number, word: typeof NONE | typeof ODD): void {
    this.#reserve(series);
    this.#places[series] = word;
  }

  /** Samples `[from, to)`, at least one. */
  keep(series: number, samples: SegmentSamples, from: number, to: number, startMs: number): void {
    if (to - from > MAX_COUNT) {
      this.note(series, ODD);
      return;
    }
    this.#reserve(series);
    this.#places[series] = this.#writer.add(samples, from, to, this.fromMs, startMs);
    this.#counts[series] = to - from;
    this.#reader = undefined;
  }

  /** Unpacks the samples of a series that has some, from `to` on in these arrays. Gives where they end. */
  read(series: number, into: SegmentSamples, to: number): number {
    return this.#segments.read(this.#places[series]!, this.#counts[series]!, this.fromMs, into, to);
  }

  /** When the counter began, of a series that has samples. */
  startOf(series: number): number {
    return this.#segments.startAt(this.#places[series]!);
  }

  get #segments(): SegmentReader {
    this.#reader ??= new SegmentReader(this.#writer.bytes);
    return this.#reader;
  }

  get bytes(): number {
    return BLOCK_BYTES + this.#places.byteLength + this.#counts.byteLength + this.#writer.bytes.byteLength;
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
const BLOCK_BYTES = 1_000;
const MIN_PLACES = 64;
const GROWTH = 1.25;
