import { ArenaWriter } from '#pdata';
import { STALE_NAN } from '../remote-write/write-request.ts';

/** A histogram of remote read, with counts of any size. */
export interface ReadHistogram {
  readonly schema: number;
  readonly customValues: readonly number[];
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positive: ReadBuckets;
  readonly negative: ReadBuckets;
  /** RESET_HINT. */
  readonly hint: number;
}
/** Buckets that hold something: index ascending. */
export interface ReadBuckets {
  readonly indices: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

export const RESET_HINT = { unknown: 0, reset: 1, 'not-reset': 2, gauge: 3 } as const;

const HISTOGRAM = {
  count: 2,
  sum: 3,
  schema: 4,
  zeroThreshold: 5,
  zeroCount: 7,
  negativeSpans: 8,
  negativeCounts: 10,
  positiveSpans: 11,
  positiveCounts: 13,
  resetHint: 14,
  timestamp: 15,
  customValues: 16,
} as const;

/** Writes a prometheus.ReadResponse: results = 1 { timeseries = 1 { labels = 1, samples = 2, histograms = 4 } }. */
export class ReadAnswer {
  readonly #out = new ArenaWriter(64 * 1024);
  #result = -1;
  #series = -1;

  get byteLength(): number {
    return this.#out.length;
  }

  beginResult(): void {
    this.#result = this.#out.begin(1);
  }

  endResult(): void {
    this.#out.end(this.#result);
  }

  /** Labels sorted by name. */
  beginSeries(labels: readonly (readonly [string, string])[]): void {
    this.#series = this.#out.begin(1);
    for (const [name, value] of labels) {
      const mark = this.#out.begin(1);
      this.#out.textField(1, name);
      this.#out.textField(2, value);
      this.#out.end(mark);
    }
  }

  endSeries(): void {
    this.#out.end(this.#series);
  }

  sample(timeMs: number, value: number): void {
    const mark = this.#out.begin(2);
    this.#out.doubleField(1, value);
    this.#out.uintField(2, timeMs);
    this.#out.end(mark);
  }

  /** The series ends here. */
  stale(timeMs: number): void {
    const mark = this.#out.begin(2);
    this.#out.fixed64Field(1, STALE_NAN);
    this.#out.uintField(2, timeMs);
    this.#out.end(mark);
  }

  histogram(timeMs: number, histogram: ReadHistogram): void {
    const out = this.#out;
    const mark = out.begin(4);
    out.doubleField(HISTOGRAM.count, histogram.count);
    out.doubleField(HISTOGRAM.sum, histogram.sum);
    out.sintField(HISTOGRAM.schema, histogram.schema);
    out.doubleField(HISTOGRAM.zeroThreshold, histogram.zeroThreshold);
    out.doubleField(HISTOGRAM.zeroCount, histogram.zeroCount);
    this.#buckets(histogram.negative, HISTOGRAM.negativeSpans, HISTOGRAM.negativeCounts);
    this.#buckets(histogram.positive, HISTOGRAM.positiveSpans, HISTOGRAM.positiveCounts);
    out.uintField(HISTOGRAM.resetHint, histogram.hint);
    out.uintField(HISTOGRAM.timestamp, timeMs);
    out.fixedListField(HISTOGRAM.customValues, Float64Array.from(histogram.customValues));
    out.end(mark);
  }

  /** Buckets that stand side by side are one span. */
  #buckets({ indices, counts }: ReadBuckets, spanField: number, countField: number): void {
    let behind = 0;
    for (let from = 0, to = 0; from < indices.length; from = to) {
      to = from + 1;
      while (to < indices.length && indices[to] === indices[to - 1]! + 1) to++;
      const span = this.#out.begin(spanField);
      this.#out.sintField(1, indices[from]! - behind);
      this.#out.uintField(2, to - from);
      this.#out.end(span);
      behind = indices[to - 1]! + 1;
    }
    this.#out.fixedListField(countField, Float64Array.from(counts));
  }

  finish(): Uint8Array {
    return this.#out.view();
  }
}
