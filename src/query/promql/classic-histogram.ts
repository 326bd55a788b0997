import { goGeneral, goNumber, openMetricsNumber } from '#base';
import type { PromExpr } from '#lang/promql';
import { NOTES, type Note } from './annotations.ts';
import type { Evaluation } from './evaluation.ts';
import { type Estimate, type FloatHistogram, histogramFraction, histogramQuantile } from './histogram/index.ts';
import type { Labels } from './labels.ts';
import { FLOAT, HISTOGRAM, histogramAt, type StepSeries, setFloat, timeAt } from './matrix.ts';
import { readFloat } from './text.ts';

/** Quantiles and fractions of histograms in both forms: native ones, and buckets that are series of their own with a label `le`. */

/** The buckets of one histogram, ascending by their upper bounds. */
interface Group {
  /** Without `le`. */
  readonly labels: Labels;
  readonly buckets: { readonly upper: number; readonly series: StepSeries }[];
}

interface Grouped {
  readonly groups: readonly Group[];
  readonly natives: readonly { readonly series: StepSeries; readonly twin: Group | undefined }[];
}

function group(evaluation: Evaluation, input: readonly StepSeries[], argument: PromExpr): Grouped {
  const groups = new Map<string, Group>();
  const natives: StepSeries[] = [];
  for (const series of input) {
    if (series.kinds.includes(HISTOGRAM)) natives.push(series);
    if (!series.kinds.includes(FLOAT)) continue;
    const le = series.labels.get('le');
    const upper = readFloat(le);
    if (upper === undefined || Number.isNaN(upper)) {
      const name = evaluation.context.options.delaysNameRemoval ? series.labels.metricName : '';
      evaluation.context.annotations.warn(NOTES.badBucketLabel(name, le), argument);
      continue;
    }
    const labels = series.labels.with('le', '');
    let found = groups.get(labels.key);
    if (found === undefined) {
      found = { labels, buckets: [] };
      groups.set(labels.key, found);
    }
    found.buckets.push({ upper, series });
  }
  for (const { buckets } of groups.values()) buckets.sort((a, b) => a.upper - b.upper);
  return {
    groups: [...groups.values()],
    natives: natives.map((series) => ({ series, twin: groups.get(series.labels.key) })),
  };
}

/** What is asked of each histogram, in both forms. `step` is a step of the grid. */
interface Question {
  native(histogram: FloatHistogram, step: number): Estimate;
  /** Upper bounds and cumulative counts, ascending, each bound once; the last one is infinite. */
  classic(buckets: ClassicBuckets, step: number): number;
  /** A label and its value that tell answers apart. */
  label?(step: number): readonly [string, string];
}

/** Asks several questions of the same histograms; `argument` is where they stand in the query. */
async function ask(
  evaluation: Evaluation,
  input: readonly StepSeries[],
  argument: PromExpr,
  questions: readonly Question[],
): Promise<StepSeries[]> {
  const { grid, context } = evaluation;
  const { groups, natives } = group(evaluation, input, argument);
  const table = evaluation.newTable();
  const buckets = new ClassicBuckets();
  const answer = (step: number, labels: Labels, question: Question, value: number): void => {
    const [name, label] = question.label?.(step) ?? ['', ''];
    const named = name === '' ? labels : labels.with(name, label);
    setFloat(table.at(step, evaluation.nameless(named), true), step, value);
  };
  for (let step = 0; step < grid.count; step++) {
    const isPresent = ({ series }: { series: StepSeries }): boolean => series.kinds[step] === FLOAT;
    const mixed = new Set<Group>();
    for (const { series, twin } of natives) {
      if (series.kinds[step] !== HISTOGRAM || twin === undefined || !twin.buckets.some(isPresent)) continue;
      mixed.add(twin);
      const name = context.options.delaysNameRemoval ? series.labels.metricName : '';
      context.annotations.warn(NOTES.mixedClassicNative(name), argument);
    }
    for (const question of questions) {
      for (const { series, twin } of natives) {
        if (series.kinds[step] !== HISTOGRAM || (twin !== undefined && mixed.has(twin))) continue;
        const { value, note } = question.native(histogramAt(series, step), step);
        if (note !== undefined) {
          const name = evaluation.nameless(series.labels).metricName;
          context.annotations.inform(ESTIMATE_NOTES[note](name), argument);
        }
        answer(step, series.labels, question, value);
      }
      for (const each of groups) {
        if (mixed.has(each)) continue;
        buckets.clear();
        for (const bucket of each.buckets) {
          if (isPresent(bucket)) buckets.push(bucket.upper, bucket.series.floats[step]!);
        }
        if (buckets.length === 0) continue;
        answer(step, each.labels, question, question.classic(buckets, step));
        if (buckets.forced !== undefined) {
          const name = context.options.delaysNameRemoval ? each.labels.metricName : '';
          context.annotations.add(new MonotonicityNote(name, argument, timeAt(grid, step), buckets.forced));
        }
      }
    }
    await context.pause();
  }
  return table.series;
}

const ESTIMATE_NOTES: Readonly<Record<NonNullable<Estimate['note']>, (name: string) => string>> = {
  'nan-result': NOTES.nanResult,
  'nan-skew': NOTES.nanSkew,
  'nan-excluded': NOTES.nanExcluded,
};

/** Between which bounds counts had to be lifted, and by how much at most. */
interface Forced {
  lowest: number;
  highest: number;
  difference: number;
}

/** Says once, for all samples it happened to, between which bounds and when. */
class MonotonicityNote implements Note {
  readonly level = 'info';
  readonly text: string;
  readonly range: PromExpr;
  readonly #forced: Forced;
  #fromMs: number;
  #toMs: number;
  #count = 1;

  constructor(name: string, range: PromExpr, timeMs: number, forced: Forced) {
    this.text = NOTES.forcedMonotonicity(name);
    this.range = range;
    this.#fromMs = timeMs;
    this.#toMs = timeMs;
    this.#forced = forced;
  }

  merge(known: Note): void {
    if (!(known instanceof MonotonicityNote)) return;
    known.#fromMs = Math.min(known.#fromMs, this.#fromMs);
    known.#toMs = Math.max(known.#toMs, this.#toMs);
    known.#forced.lowest = Math.min(known.#forced.lowest, this.#forced.lowest);
    known.#forced.highest = Math.max(known.#forced.highest, this.#forced.highest);
    known.#forced.difference = Math.max(known.#forced.difference, this.#forced.difference);
    known.#count++;
  }

  details(): string {
    const { lowest, highest, difference } = this.#forced;
    const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
    const [least, most, size] = [goNumber(lowest), goNumber(highest), goGeneral(difference, 2)];
    return `, from buckets ${least} to ${most}, with a max diff of ${size}, over ${this.#count} samples from ${time(this.#fromMs)} to ${time(this.#toMs)}`;
  }
}

/** Differences that are smaller than this share of the counts come from rounding. */
const SMALL_DELTA = 1e-12;

/** The cumulative buckets of one histogram at one step. */
class ClassicBuckets {
  readonly #uppers: number[] = [];
  readonly #counts: number[] = [];
  /** What made the counts ascend, where they did not. */
  forced: Forced | undefined;

  get length(): number {
    return this.#uppers.length;
  }

  clear(): void {
    this.#uppers.length = 0;
    this.#counts.length = 0;
    this.forced = undefined;
  }

  /** Bounds ascend; counts of the same bound are added. */
  push(upper: number, count: number): void {
    if (this.#uppers.at(-1) === upper) this.#counts[this.#counts.length - 1]! += count;
    else {
      this.#uppers.push(upper);
      this.#counts.push(count);
    }
  }

  get #hasInfinite(): boolean {
    return this.#uppers.at(-1) === Number.POSITIVE_INFINITY;
  }

  /** Lifts counts that are less than the one before. */
  #makeMonotonic(): void {
    let before = this.#counts[0]!;
    for (let i = 1; i < this.#counts.length; i++) {
      const count = this.#counts[i]!;
      if (count === before) continue;
      if (isAlmost(before, count)) {
        this.#counts[i] = before;
      } else if (count < before) {
        this.#counts[i] = before;
        const upper = this.#uppers[i]!;
        this.forced ??= { lowest: upper, highest: upper, difference: 0 };
        this.forced.lowest = Math.min(this.forced.lowest, upper);
        this.forced.highest = Math.max(this.forced.highest, upper);
        this.forced.difference = Math.max(this.forced.difference, before - count);
      } else {
        before = count;
      }
    }
  }

  /** As histogram_quantile: linear within a bucket, from 0 in the lowest one where its bound is positive. */
  quantile(q: number): number {
    if (Number.isNaN(q)) return Number.NaN;
    if (q < 0) return Number.NEGATIVE_INFINITY;
    if (q > 1) return Number.POSITIVE_INFINITY;
    if (!this.#hasInfinite) return Number.NaN;
    this.#makeMonotonic();
    const uppers = this.#uppers;
    const counts = this.#counts;
    const last = uppers.length - 1;
    if (last < 1 || counts[last] === 0) return Number.NaN;
    let rank = q * counts[last]!;
    let at = 0;
    // A rank that is NaN, as an infinite count makes it, is behind all of them.
    while (at < last && !(counts[at]! >= rank)) at++;
    if (at === last) return uppers[last - 1]!;
    if (at === 0 && uppers[0]! <= 0) return uppers[0]!;
    let start = 0;
    let count = counts[at]!;
    if (at > 0) {
      start = uppers[at - 1]!;
      count -= counts[at - 1]!;
      rank -= counts[at - 1]!;
    }
    return start + (uppers[at]! - start) * (rank / count);
  }

  /** As histogram_fraction: the share of observations between two values. */
  fraction(lower: number, upper: number): number {
    const total = this.#counts.at(-1)!;
    if (!this.#hasInfinite || total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
    if (lower >= upper) return 0;
    return (Math.min(this.#rankOf(upper), total) - Math.min(this.#rankOf(lower), total)) / total;
  }

  #rankOf(value: number): number {
    let rank = 0;
    for (let i = 0; i < this.#uppers.length; i++) {
      const lower = i > 0 ? this.#uppers[i - 1]! : this.#uppers[0]! <= 0 ? Number.NEGATIVE_INFINITY : 0;
      const upper = this.#uppers[i]!;
      const count = this.#counts[i]!;
      if (lower >= value) return rank;
      if (upper > value) {
        if (lower === Number.NEGATIVE_INFINITY) return count;
        return rank + ((count - rank) * (value - lower)) / (upper - lower);
      }
      rank = count;
    }
    return this.#counts.at(-1)!;
  }
}

function isAlmost(a: number, b: number): boolean {
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < Number.MIN_VALUE * 2 ** 52)
    return difference < SMALL_DELTA * Number.MIN_VALUE * 2 ** 52;
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DELTA;
}

/** `histogram_quantile(q, argument)`. */
export function quantileOfHistograms(
  evaluation: Evaluation,
  q: StepSeries,
  input: readonly StepSeries[],
  argument: PromExpr,
): Promise<StepSeries[]> {
  return ask(evaluation, input, argument, [quantileQuestion(q)]);
}

function quantileQuestion(q: StepSeries): Question {
  return {
    native: (histogram, step) => histogramQuantile(q.floats[step]!, histogram),
    classic: (buckets, step) => buckets.quantile(q.floats[step]!),
  };
}

/** `histogram_quantiles(argument, label, q…)`: the label says which quantile it is. */
export function quantilesOfHistograms(
  evaluation: Evaluation,
  label: string,
  quantiles: readonly StepSeries[],
  input: readonly StepSeries[],
  argument: PromExpr,
): Promise<StepSeries[]> {
  const questions = quantiles.map((q) => ({
    ...quantileQuestion(q),
    label: (step: number) => [label, openMetricsNumber(q.floats[step]!)] as const,
  }));
  return ask(evaluation, input, argument, questions);
}

/** `histogram_fraction(lower, upper, argument)`. */
export function fractionOfHistograms(
  evaluation: Evaluation,
  lower: StepSeries,
  upper: StepSeries,
  input: readonly StepSeries[],
  argument: PromExpr,
): Promise<StepSeries[]> {
  return ask(evaluation, input, argument, [
    {
      native: (histogram, step) => histogramFraction(lower.floats[step]!, upper.floats[step]!, histogram),
      classic: (buckets, step) => buckets.fraction(lower.floats[step]!, upper.floats[step]!),
    },
  ]);
}
