import type { Call, Subquery } from '#lang/promql';
import type { Evaluation } from './evaluation.ts';
import { type FloatHistogram, withHint } from './histogram/index.ts';
import { FLOAT, type Grid, HISTOGRAM, histogramAt, type StepSeries, timeAt } from './matrix.ts';
import { onePart } from './pushed-windows.ts';
import { type FoundRange, RangeCall } from './range-call.ts';
import type { StoredSeries } from './source.ts';

/** What a subquery hands on: the values of its steps, as samples. */

export const NO_MARGINS: Pick<FoundRange, 'beforeMs' | 'behindMs' | 'modifier'> = {
  beforeMs: 0,
  behindMs: 0,
  modifier: undefined,
};

/** What a histogram says about resets is not true between steps that leave samples out. */
export function toStored(series: StepSeries, grid: Grid, isDelta = false): StoredSeries {
  const floatSteps: number[] = [];
  const histogramSteps: number[] = [];
  series.kinds.forEach((kind, step) => {
    if (kind === FLOAT) floatSteps.push(step);
    else if (kind === HISTOGRAM) histogramSteps.push(step);
  });
  const times = (steps: readonly number[]): Float64Array => Float64Array.from(steps, (step) => timeAt(grid, step));
  const forget = (histogram: FloatHistogram): FloatHistogram =>
    histogram.hint === 'gauge' ? histogram : withHint(histogram, 'unknown');
  return {
    labels: series.labels,
    dropsName: series.dropsName,
    floats: {
      timesMs: times(floatSteps),
      values: Float64Array.from(floatSteps, (step) => series.floats[step]!),
      startsMs: undefined,
    },
    histograms:
      histogramSteps.length === 0
        ? undefined
        : {
            timesMs: times(histogramSteps),
            values: histogramSteps.map((step) => forget(histogramAt(series, step))),
            startsMs: undefined,
          },
    staleMs: undefined,
    isDelta,
  };
}

/** Series of changes on the grid of a subquery: a step says what was added since the step before, so that rate and increase can add steps up. */
export class StepChanges {
  readonly stepMs: number;
  /** Those that were made here. */
  readonly found: Set<StepSeries> = new Set();
  readonly #subquery: Subquery;

  constructor(subquery: Subquery, stepMs: number) {
    this.#subquery = subquery;
    this.stepMs = stepMs;
  }

  async ofSeries(
    evaluation: Evaluation,
    stored: StoredSeries,
    reference: (step: number) => number,
  ): Promise<StepSeries | undefined> {
    const { start, end } = this.#subquery;
    const call: Call = { kind: 'call', name: 'sum_over_time', arguments: [this.#subquery], start, end };
    const range = {
      ...NO_MARGINS,
      parts: onePart([]),
      rangeMs: this.stepMs,
      rangeSeconds: this.stepMs / 1000,
      reference,
    };
    const sums = await new RangeCall(evaluation, call, range, []).ofSeries(stored);
    if (sums === undefined) return undefined;
    const series = { ...sums, labels: stored.labels, dropsName: stored.dropsName ?? false };
    this.found.add(series);
    return series;
  }
}
