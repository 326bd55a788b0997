import type { LabelMatcher, PromRange } from '#lang/promql';
import { NOTES } from './annotations.ts';
import type { Evaluation } from './evaluation.ts';
import { interpolatedHistogram } from './extended-rate.ts';
import { type FloatHistogram, isCustom, withHint } from './histogram/index.ts';
import type { Labels } from './labels.ts';
import { FLOAT, isEmpty, newSeries, type StepSeries, setFloat, setHistogram } from './matrix.ts';
import type { FloatSamples, SampleSource, StoredSeries } from './source.ts';
import { firstAtOrAfter, Window } from './window.ts';

/** Instant selectors: the last sample of a series within the lookback, at each step. */

/** Where the sample that stands for a series at a time is. */
export interface Found {
  isHistogram: boolean;
  at: number;
}

/** Goes through a series with times that don't fall. */
export class LookbackCursor {
  readonly #series: StoredSeries;
  readonly #lookbackMs: number;
  #float = 0;
  #histogram = 0;
  #stale = 0;
  readonly #found: Found = { isHistogram: false, at: 0 };

  constructor(series: StoredSeries, lookbackMs: number) {
    this.#series = series;
    this.#lookbackMs = lookbackMs;
  }

  /** Undefined where there is none, or where the series has ended. The object is the same each time. */
  at(timeMs: number): Found | undefined {
    const { floats, histograms, staleMs } = this.#series;
    while (this.#float < floats.timesMs.length && floats.timesMs[this.#float]! <= timeMs) this.#float++;
    const floatMs = this.#float > 0 ? floats.timesMs[this.#float - 1]! : Number.NEGATIVE_INFINITY;
    let histogramMs = Number.NEGATIVE_INFINITY;
    if (histograms !== undefined) {
      const { timesMs } = histograms;
      while (this.#histogram < timesMs.length && timesMs[this.#histogram]! <= timeMs) this.#histogram++;
      if (this.#histogram > 0) histogramMs = timesMs[this.#histogram - 1]!;
    }
    const lastMs = Math.max(floatMs, histogramMs);
    if (lastMs <= timeMs - this.#lookbackMs) return undefined;
    if (staleMs !== undefined) {
      while (this.#stale < staleMs.length && staleMs[this.#stale]! <= timeMs) this.#stale++;
      if (this.#stale > 0 && staleMs[this.#stale - 1]! > lastMs) return undefined;
    }
    const found = this.#found;
    found.isHistogram = histogramMs > floatMs;
    found.at = (found.isHistogram ? this.#histogram : this.#float) - 1;
    return found;
  }
}

/** `referenceMs` says which time a step looks at. Series without a value at any step are left out. */
export function instantSeries(
  { context, grid }: Evaluation,
  stored: StoredSeries,
  referenceMs: (step: number) => number,
): StepSeries | undefined {
  const series = newSeries(stored.labels, stored.dropsName ?? false, grid.count);
  const { lookbackMs } = context.options;
  if (stored.histograms === undefined && stored.staleMs === undefined)
    return lastFloats(stored.floats, referenceMs, lookbackMs, series) ? series : undefined;
  const cursor = new LookbackCursor(stored, lookbackMs);
  for (let step = 0; step < grid.count; step++) {
    const found = cursor.at(referenceMs(step));
    if (found === undefined) continue;
    if (found.isHistogram) setHistogram(series, step, stored.histograms!.values[found.at]!);
    else setFloat(series, step, stored.floats.values[found.at]!);
  }
  return isEmpty(series) ? undefined : series;
}

/** The same of a series that has floats only and never ends; says whether any step has a value. */
function lastFloats(
  { timesMs, values }: FloatSamples,
  referenceMs: (step: number) => number,
  lookbackMs: number,
  { kinds, floats }: StepSeries,
): boolean {
  let next = 0;
  let hasAny = false;
  for (let step = 0; step < kinds.length; step++) {
    const timeMs = referenceMs(step);
    while (next < timesMs.length && timesMs[next]! <= timeMs) next++;
    if (next === 0 || timesMs[next - 1]! <= timeMs - lookbackMs) continue;
    floats[step] = values[next - 1]!;
    kinds[step] = FLOAT;
    hasAny = true;
  }
  return hasAny;
}

export interface NewestSample {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number;
}

/** Of each series that matches: the sample that stands for it at `timeMs`, with its own time. Native histograms are left out. */
export async function newestSamples(
  source: SampleSource,
  matchers: readonly LabelMatcher[],
  timeMs: number,
  lookbackMs: number,
): Promise<readonly NewestSample[]> {
  const newest: NewestSample[] = [];
  for (const stored of await source.select({ matchers, fromMs: timeMs - lookbackMs, toMs: timeMs })) {
    const { labels, floats } = stored;
    const found = new LookbackCursor(stored, lookbackMs).at(timeMs);
    if (found === undefined || found.isHistogram) continue;
    newest.push({ labels, timeMs: floats.timesMs[found.at]!, value: floats.values[found.at]! });
  }
  return newest;
}

/** When the sample was taken, or, with `isStart`, when its counter began; in seconds. */
export function timestampSeries(
  evaluation: Evaluation,
  stored: StoredSeries,
  labels: Labels,
  referenceMs: (step: number) => number,
  isStart: boolean,
): StepSeries | undefined {
  const { context, grid } = evaluation;
  if (isStart && !context.options.usesStarts) return undefined;
  const series = newSeries(labels, true, grid.count);
  const cursor = new LookbackCursor(stored, context.options.lookbackMs);
  for (let step = 0; step < grid.count; step++) {
    const found = cursor.at(referenceMs(step));
    if (found === undefined) continue;
    const samples = found.isHistogram ? stored.histograms! : stored.floats;
    const timeMs = isStart ? (samples.startsMs?.[found.at] ?? 0) : samples.timesMs[found.at]!;
    setFloat(series, step, timeMs / 1000);
  }
  return isEmpty(series) ? undefined : series;
}

/** `metric smoothed`: between the samples before and behind, or the one before where there is none behind. */
export function smoothedSeries(
  { context, grid }: Evaluation,
  stored: StoredSeries,
  referenceMs: (step: number) => number,
  place: PromRange,
): StepSeries | undefined {
  const { lookbackMs } = context.options;
  const series = newSeries(stored.labels, stored.dropsName ?? false, grid.count);
  const window = new Window(stored, context.annotations, [place, place], false);
  for (let step = 0; step < grid.count; step++) {
    const timeMs = referenceMs(step);
    window.slide(timeMs - lookbackMs, timeMs + lookbackMs);
    if (window.isMixed) continue;
    if (window.histogramCount > 0) {
      const histogram = smoothedHistogram(window, timeMs);
      if (histogram !== undefined) setHistogram(series, step, histogram);
    } else if (window.floatCount > 0) {
      const value = smoothedFloat(window, timeMs);
      if (value !== undefined) setFloat(series, step, value);
    }
  }
  return isEmpty(series) ? undefined : series;
}

function smoothedFloat(
  { floats: { timesMs, values }, fromFloat, toFloat }: Window,
  timeMs: number,
): number | undefined {
  const at = firstAtOrAfter(timesMs, fromFloat, toFloat, timeMs);
  if (at < toFloat && timesMs[at] === timeMs) return values[at]!;
  if (at === fromFloat) return undefined;
  const before = values[at - 1]!;
  if (at === toFloat) return before;
  const share = (timeMs - timesMs[at - 1]!) / (timesMs[at]! - timesMs[at - 1]!);
  return before + (values[at]! - before) * share;
}

function smoothedHistogram(window: Window, timeMs: number): FloatHistogram | undefined {
  const { fromHistogram, toHistogram } = window;
  const { timesMs, values } = window.histograms;
  const at = firstAtOrAfter(timesMs, fromHistogram, toHistogram, timeMs);
  if (at < toHistogram && timesMs[at] === timeMs) return values[at]!;
  if (at === fromHistogram) return undefined;
  const before = values[at - 1]!;
  if (at === toHistogram) return withHint(before, 'unknown');
  const after = values[at]!;
  if (isCustom(before) !== isCustom(after)) {
    window.annotations.warn(NOTES.mixedSchemas(window.metricName), window.place);
    return undefined;
  }
  const isCounter = before.hint !== 'gauge' || after.hint !== 'gauge';
  return interpolatedHistogram(window, timesMs[at - 1]!, before, timesMs[at]!, after, timeMs, isCounter);
}
