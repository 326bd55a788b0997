import { grown } from './key-table.ts';

const FIRST_SAMPLES = 2048;

/** What points of a series have from its metric. */
export interface KnownMetric {
  readonly name: DataView;
  /** 32 bits of a hash of all that the metric says of itself. */
  readonly hash: number;
}

/** A series that a request has in full, and could leave out next time. */
export interface Newcomer {
  /** Its number among known series. */
  readonly series: number;
  /** Of its first sample, in the first chunk of the request's batch. */
  readonly row: number;
}

/**
 * Samples of a request whose series are known, as columns with an entry per sample. Series come metric by metric.
 *
 *   ids        id of the series, low and high word
 *   metrics    index into `knownMetrics`
 *   timesMs    startsMs (0: none)
 *   values     any double; one whose flag is 1 says that the series ended
 */
export class KnownSamples {
  count = 0;
  ids: Uint32Array = new Uint32Array(FIRST_SAMPLES * 2);
  metrics: Uint32Array = new Uint32Array(FIRST_SAMPLES);
  timesMs: Float64Array = new Float64Array(FIRST_SAMPLES);
  startsMs: Float64Array = new Float64Array(FIRST_SAMPLES);
  values: Float64Array = new Float64Array(FIRST_SAMPLES);
  /** The words of the values. */
  valueWords: Uint32Array = new Uint32Array(this.values.buffer);
  flags: Uint8Array = new Uint8Array(FIRST_SAMPLES);
  knownMetrics: readonly KnownMetric[] = [];
  newcomers: Newcomer[] = [];
  generation = 0;
  tableNumber = 0;

  reset(metrics: readonly KnownMetric[], generation: number, tableNumber: number): void {
    this.count = 0;
    this.newcomers = [];
    this.knownMetrics = metrics;
    this.generation = generation;
    this.tableNumber = tableNumber;
  }

  reserve(count: number): void {
    const needed = this.count + count;
    if (needed <= this.metrics.length) return;
    const size = Math.max(needed, this.metrics.length * 2);
    this.ids = grown(this.ids, size * 2);
    this.metrics = grown(this.metrics, size);
    this.timesMs = grown(this.timesMs, size);
    this.startsMs = grown(this.startsMs, size);
    this.values = grown(this.values, size);
    this.valueWords = new Uint32Array(this.values.buffer);
    this.flags = grown(this.flags, size);
  }
}
