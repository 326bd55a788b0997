import type { PromRange } from '#lang/promql';
import type { Annotations } from './annotations.ts';
import { NOTES } from './annotations.ts';
import {
  added,
  addedExactly,
  divided,
  type FloatHistogram,
  hasOverflow,
  IncompatibleHistograms,
  multiplied,
} from './histogram/index.ts';
import { KahanSum } from './kahan.ts';
import type { RangeAnswer, RangeFunction, Window } from './window.ts';

/** The functions `…_over_time` that put samples together. */

export const sumOverTime: RangeFunction = (window, answer) => {
  if (window.isMixed) return;
  if (window.floatCount > 0) {
    const sum = new KahanSum();
    const { values } = window.floats;
    for (let i = window.fromFloat; i < window.toFloat; i++) sum.add(values[i]!);
    answer.setFloat(sum.total);
  } else {
    answer.histogram = ofHistograms(window, new HistogramSummary());
  }
};

export const avgOverTime: RangeFunction = (window, answer) => {
  if (window.isMixed) return;
  if (window.floatCount > 0) {
    const mean = new Mean();
    const { values } = window.floats;
    for (let i = window.fromFloat; i < window.toFloat; i++) mean.add(values[i]!);
    answer.setFloat(mean.value);
  } else {
    answer.histogram = ofHistograms(window, new HistogramMean());
  }
};

function ofHistograms(window: Window, summary: HistogramSummary): FloatHistogram | undefined {
  const { values } = window.histograms;
  try {
    for (let i = window.fromHistogram; i < window.toHistogram; i++) summary.add(values[i]!);
  } catch (error) {
    if (!(error instanceof IncompatibleHistograms)) throw error;
    window.annotations.warn(NOTES.mixedSchemas(window.metricName), window.place);
    return undefined;
  }
  summary.note(window.annotations, window.place);
  return summary.value;
}

/** A mean that stays exact as long as the sum is finite, and goes on step by step from then on. */
export class Mean {
  readonly #sum = new KahanSum();
  #count = 0;
  #isIncremental = false;

  add(value: number): void {
    this.#count++;
    const sum = this.#sum;
    if (this.#count === 1) {
      sum.sum = value;
      return;
    }
    if (!this.#isIncremental) {
      const { sum: before, compensation } = sum;
      sum.add(value);
      if (Math.abs(sum.sum) !== Number.POSITIVE_INFINITY) return;
      this.#isIncremental = true;
      sum.sum = before / (this.#count - 1);
      sum.compensation = compensation / (this.#count - 1);
    }
    const share = (this.#count - 1) / this.#count;
    sum.sum *= share;
    sum.compensation *= share;
    sum.add(value / this.#count);
  }

  get value(): number {
    const { sum, compensation } = this.#sum;
    return this.#isIncremental ? sum + compensation : sum / this.#count + compensation / this.#count;
  }
}

/** The sum of histograms, and what is to be said about it. */
export class HistogramSummary {
  protected sum: FloatHistogram | undefined;
  protected lost: FloatHistogram | undefined;
  protected count = 0;
  #hasReset = false;
  #hasNoReset = false;
  #isReconciled = false;

  /** Throws IncompatibleHistograms. */
  add(histogram: FloatHistogram): void {
    this.#hasReset ||= histogram.hint === 'reset';
    this.#hasNoReset ||= histogram.hint === 'not-reset';
    this.count++;
    if (this.sum === undefined) this.sum = histogram;
    else this.accumulate(this.sum, histogram);
  }

  protected accumulate(sum: FloatHistogram, histogram: FloatHistogram): void {
    const result = addedExactly(sum, histogram, this.lost);
    this.#isReconciled ||= result.isReconciled;
    this.sum = result.histogram;
    this.lost = result.lost;
  }

  get value(): FloatHistogram | undefined {
    return this.sum && (this.lost === undefined ? this.sum : added(this.sum, this.lost).histogram);
  }

  note(annotations: Annotations, place: PromRange): void {
    if (this.#hasReset && this.#hasNoReset) annotations.warn(NOTES.resetCollision('aggregation'), place);
    if (this.#isReconciled) annotations.inform(NOTES.reconciledBounds('aggregation'), place);
  }
}

/** The mean of histograms; goes on step by step once a sum would be infinite. */
export class HistogramMean extends HistogramSummary {
  #isIncremental = false;

  protected override accumulate(sum: FloatHistogram, histogram: FloatHistogram): void {
    if (!this.#isIncremental) {
      const { lost } = this;
      super.accumulate(sum, histogram);
      if (!hasOverflow(this.sum!)) return;
      this.#isIncremental = true;
      this.sum = divided(sum, this.count - 1);
      this.lost = lost && divided(lost, this.count - 1);
    }
    const share = (this.count - 1) / this.count;
    this.lost = this.lost && multiplied(this.lost, share);
    super.accumulate(multiplied(this.sum!, share), divided(histogram, this.count));
  }

  override get value(): FloatHistogram | undefined {
    if (!this.#isIncremental) {
      this.sum = this.sum && divided(this.sum, this.count);
      this.lost = this.lost && divided(this.lost, this.count);
      this.#isIncremental = true;
    }
    return super.value;
  }
}

export const countOverTime: RangeFunction = (window, answer) =>
  answer.setFloat(window.floatCount + window.histogramCount);

export const presentOverTime: RangeFunction = (_, answer) => answer.setFloat(1);

export const firstOverTime: RangeFunction = (window, answer) => {
  const { floats, histograms, fromFloat, fromHistogram } = window;
  const isHistogram =
    window.histogramCount > 0 &&
    !(window.floatCount > 0 && floats.timesMs[fromFloat]! < histograms.timesMs[fromHistogram]!);
  if (isHistogram) answer.histogram = histograms.values[fromHistogram];
  else answer.setFloat(floats.values[fromFloat]!);
};

export const lastOverTime: RangeFunction = (window, answer) => {
  const { floats, histograms, toFloat, toHistogram } = window;
  const isHistogram =
    window.histogramCount > 0 &&
    !(window.floatCount > 0 && histograms.timesMs[toHistogram - 1]! < floats.timesMs[toFloat - 1]!);
  if (isHistogram) answer.histogram = histograms.values[toHistogram - 1];
  else answer.setFloat(floats.values[toFloat - 1]!);
};

export const tsOfFirstOverTime: RangeFunction = (window, answer) => {
  const float = window.floatCount > 0 ? window.floats.timesMs[window.fromFloat]! : Number.POSITIVE_INFINITY;
  const histogram =
    window.histogramCount > 0 ? window.histograms.timesMs[window.fromHistogram]! : Number.POSITIVE_INFINITY;
  answer.setFloat(Math.min(float, histogram) / 1000);
};

export const tsOfLastOverTime: RangeFunction = (window, answer) => {
  const float = window.floatCount > 0 ? window.floats.timesMs[window.toFloat - 1]! : Number.NEGATIVE_INFINITY;
  const histogram =
    window.histogramCount > 0 ? window.histograms.timesMs[window.toHistogram - 1]! : Number.NEGATIVE_INFINITY;
  answer.setFloat(Math.max(float, histogram) / 1000);
};

/** A function of the range's floats; histograms beside them are left out with a note. */
function ofFloats(fn: (window: Window, answer: RangeAnswer, parameters: readonly number[]) => void): RangeFunction {
  return (window, answer, parameters) => {
    if (window.floatCount === 0) return;
    window.noteIgnoredHistograms();
    fn(window, answer, parameters);
  };
}

/** The place of the sample that wins over all before it. */
function winner(
  { floats: { values }, fromFloat, toFloat }: Window,
  wins: (value: number, best: number) => boolean,
): number {
  let best = fromFloat;
  for (let i = fromFloat; i < toFloat; i++)
    if (wins(values[i]!, values[best]!) || Number.isNaN(values[best]!)) best = i;
  return best;
}

const isMore = (value: number, best: number): boolean => value > best;
const isLess = (value: number, best: number): boolean => value < best;
const isNotLess = (value: number, best: number): boolean => value >= best;
const isNotMore = (value: number, best: number): boolean => value <= best;

export const maxOverTime: RangeFunction = ofFloats((window, answer) =>
  answer.setFloat(window.floats.values[winner(window, isMore)]!),
);
export const minOverTime: RangeFunction = ofFloats((window, answer) =>
  answer.setFloat(window.floats.values[winner(window, isLess)]!),
);
export const tsOfMaxOverTime: RangeFunction = ofFloats((window, answer) =>
  answer.setFloat(window.floats.timesMs[winner(window, isNotLess)]! / 1000),
);
export const tsOfMinOverTime: RangeFunction = ofFloats((window, answer) =>
  answer.setFloat(window.floats.timesMs[winner(window, isNotMore)]! / 1000),
);

function variance({ floats: { values }, fromFloat, toFloat }: Window): number {
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let i = fromFloat; i < toFloat; i++) {
    const value = values[i]!;
    const delta = value - (mean.sum + mean.compensation);
    mean.add(delta / (i - fromFloat + 1));
    squares.add(delta * (value - (mean.sum + mean.compensation)));
  }
  return (squares.sum + squares.compensation) / (toFloat - fromFloat);
}

export const stdvarOverTime: RangeFunction = ofFloats((window, answer) => answer.setFloat(variance(window)));
export const stddevOverTime: RangeFunction = ofFloats((window, answer) => answer.setFloat(Math.sqrt(variance(window))));

/** The quantile of values; they are sorted in place. NaN for none, infinite outside of 0 to 1. NaN counts as the smallest. */
export function quantileOf(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  // The array's own order has NaN last.
  values.sort();
  let nans = 0;
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans]!)) nans++;
  const at = (i: number): number => (i < nans ? Number.NaN : values[i - nans]!);
  const rank = q * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const weight = rank - Math.floor(rank);
  if (weight === 0) return at(lower);
  return at(lower) * (1 - weight) + at(Math.min(values.length - 1, lower + 1)) * weight;
}

export const quantileOverTime: RangeFunction = ofFloats((window, answer, [q]) => {
  if (!(q! >= 0 && q! <= 1)) window.annotations.warn(NOTES.invalidQuantile(q!), window.place);
  answer.setFloat(quantileOf(q!, window.floats.values.slice(window.fromFloat, window.toFloat)));
});

/** The median of the distances from the median. */
export const madOverTime: RangeFunction = ofFloats((window, answer) => {
  const values = window.floats.values.slice(window.fromFloat, window.toFloat);
  if (values.some(Number.isNaN)) {
    answer.setFloat(Number.NaN);
    return;
  }
  const median = quantileOf(0.5, values);
  answer.setFloat(
    quantileOf(
      0.5,
      values.map((value) => Math.abs(value - median)),
    ),
  );
});

const LEFT = 0;
const TRAPEZOID = 2;

/** The area under the samples in value times seconds: by the left value (0), the right one (1) or the line between both (2). */
export const integral: RangeFunction = ofFloats((window, answer, [given = TRAPEZOID]) => {
  const isKnown = given === LEFT || given === 1 || given === TRAPEZOID;
  if (!isKnown) window.annotations.warn(NOTES.invalidStrategy(given), window.secondPlace);
  const strategy = isKnown ? given : TRAPEZOID;
  const { values, timesMs } = window.floats;
  const area = new KahanSum();
  for (let i = window.fromFloat + 1; i < window.toFloat; i++) {
    const left = values[i - 1]! || 0;
    const right = values[i]! || 0;
    const seconds = (timesMs[i]! - timesMs[i - 1]!) / 1000;
    if (strategy !== TRAPEZOID) area.add((strategy === LEFT ? left : right) * seconds);
    else addMiddle(area, left, right, seconds);
  }
  answer.setFloat(area.total);
});

/** Their mean times the seconds, also where their sum would be infinite or one of them would be lost in it. */
function addMiddle(area: KahanSum, left: number, right: number, seconds: number): void {
  const pair = new KahanSum();
  pair.add(left);
  pair.add(right);
  if (Math.abs(pair.sum) === Number.POSITIVE_INFINITY) {
    area.add((left / 2 + right / 2) * seconds);
    return;
  }
  area.compensation += (pair.compensation / 2) * seconds;
  area.add((pair.sum / 2) * seconds);
}
