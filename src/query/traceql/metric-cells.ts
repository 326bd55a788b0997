/** What is counted of spans, per series and interval, before it becomes the samples of a function. */
import type { FieldValue } from './field-value.ts';
import { valueKey } from './field-value.ts';

/** Intervals of time: `(startNs + (i - 1) * stepNs, startNs + i * stepNs]` has the number i and the time of its end. */
export interface Intervals {
  readonly startNs: bigint;
  readonly stepNs: bigint;
  readonly count: number;
  /** Spans that are looked at, both inclusive. */
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/** One interval for all of `[startNs, endNs)`. */
export function oneInterval(startNs: bigint, endNs: bigint): Intervals {
  return { startNs: endNs, stepNs: endNs - startNs, count: 1, firstNs: startNs, lastNs: endNs - 1n };
}

/** Intervals that end at multiples of the step, from the one of the start to that behind the end. */
export function alignedIntervals(startNs: bigint, endNs: bigint, stepNs: bigint): Intervals {
  const first = startNs - (startNs % stepNs);
  const last = endNs + ((stepNs - (endNs % stepNs)) % stepNs);
  return { startNs: first, stepNs, count: Number((last - first) / stepNs) + 1, firstNs: first, lastNs: last };
}

export function intervalOf({ startNs, stepNs }: Intervals, ns: bigint): number {
  return ns <= startNs ? 0 : Number((ns - startNs + stepNs - 1n) / stepNs);
}

/** A span that stands for others of its series and interval. */
export interface CellExemplar {
  readonly traceId: string;
  readonly timeNs: bigint;
  /** What is measured of it; undefined where spans are counted. */
  readonly value: number | undefined;
}

/** Spans of one series in one interval, and what is measured of those that have it. */
export interface Cell {
  count: number;
  sum: number;
  min: number;
  max: number;
  exemplar: CellExemplar | undefined;
}

/** Of one set of values of the fields that spans are grouped by, and of one bucket where there are any. */
export interface Group {
  readonly values: readonly FieldValue[];
  /** The upper end of the bucket in which the measured values lie. */
  readonly bucket: number | undefined;
  /** By the number of the interval. */
  readonly cells: (Cell | undefined)[];
}

export class Groups {
  readonly #groups = new Map<string, Group>();
  readonly #maxGroups: number;
  #cellCount = 0;

  constructor(maxGroups: number) {
    this.#maxGroups = maxGroups;
  }

  get isTooLarge(): boolean {
    return this.#groups.size > this.#maxGroups;
  }

  get cellCount(): number {
    return this.#cellCount;
  }

  all(): readonly Group[] {
    return [...this.#groups.values()];
  }

  /** Adds what was counted to a group's interval. */
  add(values: readonly FieldValue[], bucket: number | undefined, interval: number, more: Cell): void {
    const key = `${bucket}\0${values.map(valueKey).join('\0')}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { values, bucket, cells: [] };
      this.#groups.set(key, group);
    }
    const cell = group.cells[interval];
    if (cell === undefined) {
      group.cells[interval] = { ...more };
      this.#cellCount++;
      return;
    }
    cell.count += more.count;
    cell.sum += more.sum;
    cell.min = Math.min(cell.min, more.min);
    cell.max = Math.max(cell.max, more.max);
    cell.exemplar ??= more.exemplar;
  }
}

/** The least power of two that is not below a value; undefined for values below 2, which have no bucket. */
export function bucketOf(value: number): number | undefined {
  if (!(value >= 2) || value === Number.POSITIVE_INFINITY) return undefined;
  let upper = 2 ** Math.ceil(Math.log2(value));
  // The logarithm may be off by its last bit.
  if (upper < value) upper *= 2;
  if (upper / 2 >= value) upper /= 2;
  return upper;
}
