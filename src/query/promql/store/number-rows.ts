import { wholeMs } from '#base';
import type { ReusedMemory, Table } from '../../reader/index.ts';
import { mergedRuns } from './merged-runs.ts';

/**
 * Samples of many series as the store hands them out: a row each, in runs. A run is of one series and in order of time, which the store's sort
 * key has behind each other; runs come in any order.
 */

/** The words of Prometheus' stale marker. */
const STALE_HIGH = 0x7ff0_0000;
const STALE_LOW = 2;

/** Columns of an answer, a row a sample. */
export interface NumberRows {
  /** Ids of series: low and high word, or only their low words. */
  readonly ids: Uint32Array;
  readonly hasWholeIds: boolean;
  /** Milliseconds since the range began. */
  readonly times: ArrayLike<number>;
  /** When each counter began: nanoseconds in two words, or only their low words. */
  readonly starts: Uint32Array;
  readonly hasWholeStarts: boolean;
  /** The stale marker where the series ends. */
  readonly numbers: Float64Array;
}

/** Of an answer with rows. They lie in `memory`. */
export function numberRows(table: Table, memory: ReusedMemory): NumberRows {
  const hasWholeIds = table.has('ids');
  const hasWholeStarts = table.has('starts');
  const whole = (name: string): Uint32Array => wordsOf(table.integers(name, memory));
  const low = (name: string): Uint32Array => table.vector(name, memory) as Uint32Array;
  return {
    ids: hasWholeIds ? whole('ids') : low('id_words'),
    hasWholeIds,
    times: table.vector('times', memory),
    starts: hasWholeStarts ? whole('starts') : low('start_words'),
    hasWholeStarts,
    numbers: table.vector('numbers', memory) as Float64Array,
  };
}

function wordsOf({ buffer, byteOffset, length }: BigInt64Array | Float64Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length * 2);
}

/** Of one series. */
export interface SeriesRuns {
  /** First rows, and those behind the last. */
  readonly begins: number[];
  readonly ends: number[];
  /** It ends somewhere, or not all of it began at the same time. */
  isOdd: boolean;
}

/** The runs of all series of an answer. */
export class RunsBySeries {
  /** By the low word of the id; of those that have it in common, each by its high word, which is 0 where only low words came. */
  readonly #byLow = new Map<number, { readonly high: number; readonly runs: SeriesRuns }[]>();
  readonly #hasWholeIds: boolean;

  constructor({ ids, hasWholeIds, times, starts, hasWholeStarts, numbers }: NumberRows) {
    this.#hasWholeIds = hasWholeIds;
    const bits = wordsOf(numbers);
    const count = numbers.length;
    const idWords = hasWholeIds ? 2 : 1;
    const startWords = hasWholeStarts ? 2 : 1;
    for (let begin = 0, end = 0; begin < count; begin = end) {
      const low = ids[begin * idWords]!;
      const high = hasWholeIds ? ids[begin * 2 + 1]! : 0;
      const runs = this.#of(low, high);
      const first = (runs.begins[0] ?? begin) * startWords;
      const startLow = starts[first]!;
      const startHigh = hasWholeStarts ? starts[first + 1]! : 0;
      let before = -1;
      for (end = begin; end < count; end++) {
        const time = times[end]!;
        if (time <= before || ids[end * idWords] !== low) break;
        if (hasWholeIds && ids[end * 2 + 1] !== high) break;
        before = time;
        if (starts[end * startWords] !== startLow) runs.isOdd = true;
        if (hasWholeStarts && starts[end * 2 + 1] !== startHigh) runs.isOdd = true;
        if (bits[end * 2 + 1] === STALE_HIGH && bits[end * 2] === STALE_LOW) runs.isOdd = true;
      }
      runs.begins.push(begin);
      runs.ends.push(end);
    }
  }

  #of(low: number, high: number): SeriesRuns {
    let known = this.#byLow.get(low);
    if (known === undefined) {
      known = [];
      this.#byLow.set(low, known);
    }
    for (const each of known) if (each.high === high) return each.runs;
    const runs: SeriesRuns = { begins: [], ends: [], isOdd: false };
    known.push({ high, runs });
    return runs;
  }

  /** Of the series with this id, a text of digits; undefined where it has no row. */
  get(id: string): SeriesRuns | undefined {
    const whole = BigInt(id);
    const high = this.#hasWholeIds ? Number(whole >> 32n) : 0;
    return this.#byLow.get(Number(whole & 0xffff_ffffn))?.find((each) => each.high === high)?.runs;
  }
}

interface TimedNumbers {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** Puts the runs of one series after the other behind each other, in two arrays that all of them share. */
export class GatheredNumbers {
  readonly #rows: NumberRows;
  readonly #originMs: number;
  readonly #timesMs: Float64Array;
  readonly #values: Float64Array;
  #at = 0;

  /** With `memory` the arrays lie in it. */
  constructor(rows: NumberRows, originMs: number, memory?: ReusedMemory) {
    this.#rows = rows;
    this.#originMs = originMs;
    const { length } = rows.numbers;
    this.#timesMs = memory?.takeDoubles(length) ?? new Float64Array(length);
    this.#values = memory?.takeDoubles(length) ?? new Float64Array(length);
  }

  /** By time, each time once. */
  add({ begins, ends }: SeriesRuns): TimedNumbers {
    const from = this.#at;
    const { times } = this.#rows;
    if (begins.length === 1) this.#copy(begins[0]!, ends[0]!);
    else {
      const order = begins.map((_, run) => run).sort((a, b) => times[begins[a]!]! - times[begins[b]!]!);
      for (const run of order) this.#copy(begins[run]!, ends[run]!);
    }
    // Parts and threads come in any order, but what each has of a series is seldom among what another has.
    return mergedRuns(this.#timesMs.subarray(from, this.#at), this.#values.subarray(from, this.#at));
  }

  #copy(begin: number, end: number): void {
    const timesMs = this.#timesMs;
    const { times, numbers } = this.#rows;
    const originMs = this.#originMs;
    const shift = this.#at - begin;
    for (let row = begin; row < end; row++) timesMs[row + shift] = originMs + times[row]!;
    this.#values.set(numbers.subarray(begin, end), this.#at);
    this.#at = end + shift;
  }
}

/** What is left of a series whose samples end in between or say when they began. */
export interface DetailedNumbers extends TimedNumbers {
  readonly startsMs: Float64Array;
  /** Times of stale markers. */
  readonly staleMs: Float64Array | undefined;
}

/** By time, each time once. Start times must be whole. */
export function detailedNumbers(rows: NumberRows, { begins, ends }: SeriesRuns, originMs: number): DetailedNumbers {
  const { times, numbers, starts } = rows;
  const places: number[] = [];
  begins.forEach((begin, run) => {
    for (let row = begin; row < ends[run]!; row++) places.push(row);
  });
  places.sort((a, b) => times[a]! - times[b]!);
  const bits = wordsOf(numbers);
  const timesMs = new Float64Array(places.length);
  const values = new Float64Array(places.length);
  const startsMs = new Float64Array(places.length);
  const stale: number[] = [];
  let count = 0;
  let before = -1;
  for (const row of places) {
    const time = times[row]!;
    if (time === before) continue;
    before = time;
    if (bits[row * 2 + 1] === STALE_HIGH && bits[row * 2] === STALE_LOW) {
      stale.push(originMs + time);
      continue;
    }
    timesMs[count] = originMs + time;
    values[count] = numbers[row]!;
    startsMs[count] = wholeMs(starts, row);
    count++;
  }
  return {
    timesMs: timesMs.subarray(0, count),
    values: values.subarray(0, count),
    startsMs: startsMs.subarray(0, count),
    staleMs: stale.length === 0 ? undefined : Float64Array.from(stale),
  };
}
