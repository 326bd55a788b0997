import type { Call, MatrixSelector } from '#lang/promql';
import { FLOAT, type Grid, type StepSeries } from './matrix.ts';
import { HISTOGRAM_WEIGHT } from './range-call.ts';
import type { StoredSeries, WindowSeries } from './source.ts';
import { unwrapped } from './timing.ts';

/** Between the evaluator's steps and what a source finds itself. */

/** The ends of ranges that a source is asked for; one where all steps look at the same. Undefined where they aren't whole milliseconds. */
export function windowGrid(grid: Grid, reference: (step: number) => number): Grid | undefined {
  const startMs = reference(0);
  if (!Number.isInteger(startMs) || !Number.isInteger(grid.stepMs)) return undefined;
  const isFixed = grid.count > 1 && reference(grid.count - 1) === startMs;
  if (isFixed || grid.count === 1) return { startMs, stepMs: 1, count: 1 };
  return reference(1) - startMs === grid.stepMs ? { startMs, stepMs: grid.stepMs, count: grid.count } : undefined;
}

/** Takes over what a source has found; one value stands for all steps. */
export function filled(result: StepSeries, { values, present }: WindowSeries): StepSeries {
  if (values.length === 1) {
    result.floats.fill(values[0]!);
    result.kinds.fill(present[0]! * FLOAT);
  } else {
    result.floats.set(values);
    result.kinds.set(present);
  }
  return result;
}

export function samplesOf({ floats, histograms }: StoredSeries): number {
  return floats.timesMs.length + HISTOGRAM_WEIGHT * (histograms?.timesMs.length ?? 0);
}

export async function* onePart<T>(part: T | Promise<T>): AsyncGenerator<T> {
  yield await part;
}

/** The range of a function that is planned to be pushed down. */
export function matrixOf(call: Call): MatrixSelector {
  return unwrapped(call.arguments[0]!) as MatrixSelector;
}
