import { ArenaWriter, type PointChunk } from '#pdata';
import { type ExposedLabel, encodeLabels, grown, KeyTable } from '#wire';

/** Series that are kept, and bytes of what names them: with more, all are forgotten and found anew. */
const MAX_SERIES = 1_000_000;
const MAX_BYTES = 96 * 1024 * 1024;
const MAX_CONTEXTS = 50_000;
const FIRST_PLACES = 1024;

/** Which of a point's series: a histogram is several of them. */
export const PART = { plain: 0, sum: 1, count: 2, bucket: 3, quantile: 4 } as const;

/** What stands for a point whose labels can't be written. */
const UNWRITABLE = -1;
/** No number of a series. */
export const UNKNOWN = 0;

/**
 * Series by what they are made of here (metric, resource, scope, attributes, part), with their labels as they are sent. The same points come again and
 * again: of those that are known nothing is made anew. One for all batches.
 */
export class SeriesTable {
  #contexts = new Map<string, number>();
  /** What names a point's series, and of each the number of its labels. */
  #points = new KeyTable(MAX_SERIES, MAX_BYTES);
  #labelsOf = new Int32Array(FIRST_PLACES);
  /** Labels: several points may have the same. */
  #labels = new KeyTable(MAX_SERIES, MAX_BYTES);
  /** Where the labels' series is in a batch, and in which. */
  #places = new Uint32Array(FIRST_PLACES);
  #batches = new Uint32Array(FIRST_PLACES);
  #batch = 0;
  #isFull = false;
  readonly #key = new ArenaWriter(512);
  #view = new DataView(this.#key.view().buffer);

  /** A batch begins: none of the series is in it. */
  begin(): void {
    this.#batch++;
    if (!this.#isFull && this.#batch < 2 ** 32) return;
    // Batches before may still be on their way with labels of these.
    this.#isFull = false;
    this.#batch = 1;
    this.#contexts = new Map();
    this.#points = new KeyTable(MAX_SERIES, MAX_BYTES);
    this.#labels = new KeyTable(MAX_SERIES, MAX_BYTES);
    this.#batches.fill(0);
  }

  /** A number for what points have in common; 0 where there is no room for it. */
  contextOf(text: string): number {
    const known = this.#contexts.get(text);
    if (known !== undefined) return known;
    if (this.#contexts.size >= MAX_CONTEXTS) {
      this.#isFull = true;
      return 0;
    }
    const context = this.#contexts.size + 1;
    this.#contexts.set(text, context);
    return context;
  }

  /** The labels of a point's part, of which `number` is the bound or the quantile: UNKNOWN, or undefined where they are known to be unwritable. */
  find(context: number, chunk: PointChunk, row: number, part: number, number: number): number | undefined {
    if (context === 0) return UNKNOWN;
    const key = this.#key;
    key.reset();
    key.varint(context);
    key.varint(part);
    if (part >= PART.bucket) key.double(number);
    chunk.writeRowAttributes(row, key);
    const bytes = key.view();
    if (bytes.buffer !== this.#view.buffer) this.#view = new DataView(bytes.buffer);
    const found = this.#points.find(this.#view, 0, bytes.length);
    if (found === 0) return UNKNOWN;
    const labels = this.#labelsOf[found]!;
    return labels === UNWRITABLE ? undefined : labels;
  }

  /** Keeps the labels of the part that `find` has just not found; undefined where they can't be written. UNKNOWN where there is no room. */
  keep(labels: readonly ExposedLabel[] | undefined): number {
    const number = labels === undefined ? UNWRITABLE : this.#numberOf(encodeLabels(labels));
    if (number === UNKNOWN) return UNKNOWN;
    const point = this.#points.add(this.#view, 0, this.#key.length);
    if (point === 0) this.#isFull = true;
    else {
      if (point >= this.#labelsOf.length) this.#labelsOf = grown(this.#labelsOf, point * 2);
      this.#labelsOf[point] = number;
    }
    return Math.max(UNKNOWN, number);
  }

  #numberOf(encoded: Uint8Array): number {
    const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.length);
    const known = this.#labels.find(view, 0, encoded.length);
    if (known !== 0) return known;
    const number = this.#labels.add(view, 0, encoded.length);
    if (number === 0) this.#isFull = true;
    if (number >= this.#places.length) {
      this.#places = grown(this.#places, number * 2);
      this.#batches = grown(this.#batches, number * 2);
    }
    return number;
  }

  /** As they are sent. */
  labelsOf(number: number): Uint8Array {
    return this.#labels.bytesOf(number);
  }

  /** Where the series is in this batch; -1 where it is not in it yet. */
  placeOf(number: number): number {
    return this.#batches[number] === this.#batch ? this.#places[number]! : -1;
  }

  setPlace(number: number, place: number): void {
    this.#batches[number] = this.#batch;
    this.#places[number] = place;
  }
}
