import type { MatrixSelector, Subquery } from '#lang/promql';
import type { EngineOptions } from './evaluation.ts';
import { leftEdge, rightEdge } from './extended-rate.ts';
import { PromqlExecutionError } from './matrix.ts';
import type { FloatSamples, StoredSeries } from './source.ts';
import { type QueryTimes, rangeMsOf, referenceTime } from './timing.ts';
import { firstAfter, firstAtOrAfter } from './window.ts';

/** The samples of a range that is asked for itself: an `anchored` or `smoothed` one has a value at each of its edges. */
export function extendedSamples(
  stored: readonly StoredSeries[],
  range: MatrixSelector | Subquery,
  times: QueryTimes,
  { lookbackMs, usesStarts }: EngineOptions,
): StoredSeries[] {
  const named = stored.map((series) =>
    series.dropsName === true ? { ...series, labels: series.labels.withoutName() } : series,
  );
  if (range.kind !== 'matrix' || range.selector.modifier === undefined) return named.filter(hasSamples);
  const { modifier } = range.selector;
  const endMs = referenceTime(range.selector, times)(times.endMs);
  const startMs = endMs - rangeMsOf(range, times);
  return named
    .map((series) => {
      if (series.histograms !== undefined)
        throw new PromqlExecutionError(`${modifier} modifier is not supported with histograms`);
      const floats = usesStarts ? series.floats : { ...series.floats, startsMs: undefined };
      return { ...series, floats: extended(floats, startMs, endMs, startMs - lookbackMs, modifier === 'smoothed') };
    })
    .filter(hasSamples);
}

function hasSamples({ floats, histograms }: StoredSeries): boolean {
  return floats.timesMs.length > 0 || histograms !== undefined;
}

const NOTHING: FloatSamples = { timesMs: new Float64Array(0), values: new Float64Array(0), startsMs: undefined };

function extended(
  samples: FloatSamples,
  startMs: number,
  endMs: number,
  lookbackStartMs: number,
  isSmoothed: boolean,
): FloatSamples {
  const { timesMs, values } = samples;
  let last = timesMs.length - 1;
  if (last < 0) return NOTHING;
  let first = Math.max(0, firstAfter(timesMs, 0, last, startMs) - 1);
  if (isSmoothed) last = firstAtOrAfter(timesMs, 0, last, endMs);
  if (timesMs[last]! <= startMs) return NOTHING;
  const edge = { samples, lookbackStartMs, isSmoothed, isCounter: false };
  const left = leftEdge(first, { ...edge, edgeMs: startMs }).value;
  const right = rightEdge(last, 0, { ...edge, edgeMs: endMs }).value;
  if (timesMs[first]! <= startMs) first++;
  if (timesMs[last]! >= endMs) last--;
  return {
    timesMs: Float64Array.of(startMs, ...timesMs.subarray(first, last + 1), endMs),
    values: Float64Array.of(left, ...values.subarray(first, last + 1), right),
    startsMs: undefined,
  };
}
