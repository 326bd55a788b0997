import type { PromRange } from '#lang/promql';
import { type Annotations, NOTES } from './annotations.ts';
import type { FloatHistogram, HistogramSum } from './histogram/index.ts';
import { added, IncompatibleHistograms, subtracted } from './histogram/index.ts';
import type { FloatSamples, HistogramSamples, StoredSeries } from './source.ts';

const NO_HISTOGRAMS: HistogramSamples = { timesMs: new Float64Array(0), values: [], startsMs: undefined };

/**
 * The samples of a series that a range function sees at one step, as places in arrays that hold all of them. One object serves all steps of
 * a series: a function keeps nothing of it.
 */
export class Window {
  readonly series: StoredSeries;
  readonly floats: FloatSamples;
  readonly histograms: HistogramSamples;
  /** The first sample and the one behind the last. */
  fromFloat = 0;
  toFloat = 0;
  fromHistogram = 0;
  toHistogram = 0;
  /** The time of the step. */
  timeMs = 0;
  /** The range that was written, without what a modifier sees beyond it. */
  rangeStartMs = 0;
  rangeEndMs = 0;
  rangeSeconds = 0;
  lookbackMs = 0;
  modifier: 'anchored' | 'smoothed' | undefined;
  readonly annotations: Annotations;
  /** Of the first argument in the query. */
  readonly place: PromRange;
  /** Of the second one, where there is one. */
  readonly secondPlace: PromRange;

  constructor(
    series: StoredSeries,
    annotations: Annotations,
    places: readonly [first: PromRange, second: PromRange],
    usesStarts: boolean,
  ) {
    this.series = series;
    const { floats, histograms = NO_HISTOGRAMS } = series;
    this.floats = usesStarts ? floats : { ...floats, startsMs: undefined };
    this.histograms = usesStarts ? histograms : { ...histograms, startsMs: undefined };
    this.annotations = annotations;
    [this.place, this.secondPlace] = places;
  }

  /** Moves on to what lies behind `fromMs`, up to `toMs`. Both only grow, from call to call. */
  slide(fromMs: number, toMs: number): void {
    const { timesMs } = this.floats;
    while (this.toFloat < timesMs.length && timesMs[this.toFloat]! <= toMs) this.toFloat++;
    while (this.fromFloat < this.toFloat && timesMs[this.fromFloat]! <= fromMs) this.fromFloat++;
    const histogramTimes = this.histograms.timesMs;
    while (this.toHistogram < histogramTimes.length && histogramTimes[this.toHistogram]! <= toMs) this.toHistogram++;
    while (this.fromHistogram < this.toHistogram && histogramTimes[this.fromHistogram]! <= fromMs) this.fromHistogram++;
  }

  get floatCount(): number {
    return this.toFloat - this.fromFloat;
  }

  get histogramCount(): number {
    return this.toHistogram - this.fromHistogram;
  }

  get metricName(): string {
    return this.series.labels.metricName;
  }

  /** Both kinds in one range can't be put together. */
  get isMixed(): boolean {
    if (this.floatCount === 0 || this.histogramCount === 0) return false;
    this.annotations.warn(NOTES.mixedFloatsHistograms(this.metricName), this.place);
    return true;
  }

  noteIgnoredHistograms(): void {
    if (this.histogramCount > 0) this.annotations.inform(NOTES.ignoredInRange(this.metricName), this.place);
  }

  /** Undefined, and a warning, where they have nothing in common. */
  add(a: FloatHistogram, b: FloatHistogram): FloatHistogram | undefined {
    return this.#combine(added, a, b, 'addition');
  }

  subtract(a: FloatHistogram, b: FloatHistogram): FloatHistogram | undefined {
    return this.#combine(subtracted, a, b, 'subtraction');
  }

  #combine(
    operation: (a: FloatHistogram, b: FloatHistogram) => HistogramSum,
    a: FloatHistogram,
    b: FloatHistogram,
    name: 'addition' | 'subtraction',
  ): FloatHistogram | undefined {
    try {
      const { histogram, isReconciled } = operation(a, b);
      if (isReconciled) this.annotations.inform(NOTES.reconciledBounds(name), this.place);
      return histogram;
    } catch (error) {
      if (!(error instanceof IncompatibleHistograms)) throw error;
      this.annotations.warn(NOTES.mixedSchemas(this.metricName), this.place);
      return undefined;
    }
  }
}

/** Where a range function puts its answer; without one the step stays empty. */
export class RangeAnswer {
  hasFloat = false;
  float = 0;
  histogram: FloatHistogram | undefined;

  clear(): void {
    this.hasFloat = false;
    this.histogram = undefined;
  }

  setFloat(value: number): void {
    this.hasFloat = true;
    this.float = value;
  }
}

/** `parameters` are the scalar arguments beside the range, as they are at the step. */
export type RangeFunction = (window: Window, answer: RangeAnswer, parameters: readonly number[]) => void;

/** The first place from `from` to `to` whose time is more than `timeMs`. */
export function firstAfter(timesMs: Float64Array, from: number, to: number, timeMs: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesMs[middle]! > timeMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first place from `from` to `to` whose time is not less than `timeMs`. */
export function firstAtOrAfter(timesMs: Float64Array, from: number, to: number, timeMs: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesMs[middle]! >= timeMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
