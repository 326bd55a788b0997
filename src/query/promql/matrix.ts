import type { FloatHistogram } from './histogram/index.ts';
import type { Labels } from './labels.ts';

/** The times at which an expression is evaluated. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export function timeAt({ startMs, stepMs }: Grid, step: number): number {
  return startMs + step * stepMs;
}

export const ABSENT = 0;
export const FLOAT = 1;
export const HISTOGRAM = 2;

/** The values of a set of labels on a grid. */
export interface StepSeries {
  readonly labels: Labels;
  /** The name goes once the whole expression is evaluated. */
  readonly dropsName: boolean;
  /** Of each step: ABSENT, FLOAT or HISTOGRAM. */
  readonly kinds: Uint8Array;
  readonly floats: Float64Array;
  /** Of each step, where there are any. */
  histograms: (FloatHistogram | undefined)[] | undefined;
}

export function newSeries(labels: Labels, dropsName: boolean, steps: number): StepSeries {
  return {
    labels,
    dropsName,
    kinds: new Uint8Array(steps),
    floats: new Float64Array(steps),
    histograms: undefined,
  };
}

export function setFloat(series: StepSeries, step: number, value: number): void {
  series.kinds[step] = FLOAT;
  series.floats[step] = value;
}

export function setHistogram(series: StepSeries, step: number, histogram: FloatHistogram): void {
  series.kinds[step] = HISTOGRAM;
  series.histograms ??= [];
  series.histograms[step] = histogram;
}

/** The histogram at a step of kind HISTOGRAM. */
export function histogramAt(series: StepSeries, step: number): FloatHistogram {
  return series.histograms![step]!;
}

export function copyValue(from: StepSeries, to: StepSeries, step: number): void {
  if (from.kinds[step] === HISTOGRAM) setHistogram(to, step, histogramAt(from, step));
  else if (from.kinds[step] === FLOAT) setFloat(to, step, from.floats[step]!);
}

export function isEmpty(series: StepSeries): boolean {
  return series.kinds.every((kind) => kind === ABSENT);
}

/** The same values under other labels. */
export function relabelled(series: StepSeries, labels: Labels, dropsName: boolean): StepSeries {
  return { ...series, labels, dropsName };
}

/** What a query asks for can't be answered. */
export class PromqlExecutionError extends Error {
  override name = 'PromqlExecutionError';
}

/** Two series of an answer that have the same labels would have two values at one time. */
export function sameLabelsError(): PromqlExecutionError {
  return new PromqlExecutionError('vector cannot contain metrics with the same labelset');
}

/**
 * Series by their labels. Where a value is set twice for one set of labels, that is an error; `mayRepeat` leaves it to the end of the
 * evaluation, when names are gone.
 */
export class SeriesTable {
  readonly #steps: number;
  readonly #mayRepeat: boolean;
  readonly #byKey = new Map<string, StepSeries>();
  readonly #list: StepSeries[] = [];
  readonly #check: (samples: number) => void;

  /** `check` throws where the table holds too many samples. */
  constructor(steps: number, mayRepeat: boolean, check: (samples: number) => void) {
    this.#steps = steps;
    this.#mayRepeat = mayRepeat;
    this.#check = check;
  }

  /** The series to set a step of. */
  at(step: number, labels: Labels, dropsName: boolean): StepSeries {
    const found = this.#byKey.get(labels.key);
    if (found !== undefined && found.kinds[step] === ABSENT) return found;
    if (found !== undefined && !this.#mayRepeat) throw sameLabelsError();
    this.#check((this.#list.length + 1) * this.#steps);
    const series = newSeries(labels, dropsName, this.#steps);
    this.#byKey.set(labels.key, series);
    this.#list.push(series);
    return series;
  }

  get series(): StepSeries[] {
    return this.#list;
  }
}
