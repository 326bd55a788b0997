import { readHistogramBuckets } from './details.ts';
import { copyBytes } from './native-bytes.ts';
import { HISTOGRAM_POINT } from './point-fields.ts';
import type { PointRows } from './point-rows.ts';
import { cursor, readVarint32, skipValue } from './protobuf.ts';

const WIRE_BYTES = 2;

/** Bounds and counts of one explicit-bounds histogram point at a time, in memory that the next reading writes over. */
export class HistogramReader {
  bounds: Float64Array<ArrayBuffer> = new Float64Array(32);
  counts: BigUint64Array<ArrayBuffer> = new BigUint64Array(32);
  boundCount = 0;
  countCount = 0;
  #boundBytes = new Uint8Array(this.bounds.buffer);
  #countBytes = new Uint8Array(this.counts.buffer);

  read(chunk: PointRows, row: number): void {
    const { arena } = chunk;
    const end = chunk.layout.rowEnd[row]!;
    this.boundCount = 0;
    this.countCount = 0;
    for (let at = chunk.layout.rowStart[row]!; at < end; ) {
      const tag = readVarint32(arena, at);
      at = cursor.at;
      const next = skipValue(arena, at, tag & 7);
      const field = tag >>> 3;
      if (field === HISTOGRAM_POINT.bucketCounts || field === HISTOGRAM_POINT.explicitBounds) {
        const isCounts = field === HISTOGRAM_POINT.bucketCounts;
        const isRepeated = (isCounts ? this.countCount : this.boundCount) > 0;
        // In one packed run, as nearly always: its bytes are as they lie in memory.
        if (isRepeated || (tag & 7) !== WIRE_BYTES) {
          this.#copy(chunk, row);
          return;
        }
        const count = readVarint32(arena, at) >>> 3;
        if (isCounts) this.#readCounts(arena, cursor.at, count);
        else this.#readBounds(arena, cursor.at, count);
      }
      at = next;
    }
  }

  /** A copy of the counts. */
  ownCounts(): BigUint64Array<ArrayBuffer> {
    return this.counts.slice(0, this.countCount);
  }

  /** `known` where it has the same bounds, else a copy. */
  ownBounds(known: Float64Array | undefined): Float64Array {
    return known !== undefined && this.hasBounds(known) ? known : this.bounds.slice(0, this.boundCount);
  }

  hasBounds(other: Float64Array): boolean {
    if (other.length !== this.boundCount) return false;
    for (let i = 0; i < other.length; i++) if (other[i] !== this.bounds[i]) return false;
    return true;
  }

  #readCounts(arena: Uint8Array, at: number, count: number): void {
    this.#reserve(count);
    copyBytes(arena, at, at + count * 8, this.#countBytes, 0);
    this.countCount = count;
  }

  #readBounds(arena: Uint8Array, at: number, count: number): void {
    this.#reserve(count);
    copyBytes(arena, at, at + count * 8, this.#boundBytes, 0);
    this.boundCount = count;
  }

  /** What comes in several pieces. */
  #copy(chunk: PointRows, row: number): void {
    const { bounds, counts } = readHistogramBuckets(chunk, row);
    this.#reserve(Math.max(bounds.length, counts.length));
    this.bounds.set(bounds);
    this.counts.set(counts);
    this.boundCount = bounds.length;
    this.countCount = counts.length;
  }

  #reserve(count: number): void {
    if (count <= this.counts.length) return;
    const counts = new BigUint64Array(count * 2);
    counts.set(this.counts);
    const bounds = new Float64Array(count * 2);
    bounds.set(this.bounds);
    this.counts = counts;
    this.bounds = bounds;
    this.#countBytes = new Uint8Array(counts.buffer);
    this.#boundBytes = new Uint8Array(bounds.buffer);
  }
}
