import {
  type Aggregation,
  type BinaryExpr,
  type Call,
  type MatrixSelector,
  type PromExpr,
  promType,
  type Subquery,
  type VectorSelector,
} from '#lang/promql';
import { aggregate, countValues } from './aggregate.ts';
import { NOTES } from './annotations.ts';
import { scalarsAndScalars, setOperation, vectorAndScalar, vectorsWithVectors } from './binary.ts';
import { fractionOfHistograms, quantileOfHistograms, quantilesOfHistograms } from './classic-histogram.ts';
import { Evaluation, type QueryContext } from './evaluation.ts';
import { type FloatHistogram, multiplied, withHint } from './histogram/index.ts';
import { addInfo } from './info.ts';
import { instantSeries, smoothedSeries, timestampSeries } from './instant.ts';
import { joinLabels, merged, replaceLabel, sortByLabels, sortByValue } from './label-functions.ts';
import { Labels } from './labels.ts';
import {
  FLOAT,
  type Grid,
  HISTOGRAM,
  histogramAt,
  isEmpty,
  newSeries,
  PromqlExecutionError,
  type StepSeries,
  setFloat,
  setHistogram,
  timeAt,
} from './matrix.ts';
import { pick } from './pick.ts';
import {
  ANCHORED_FUNCTIONS,
  KEEPS_NAME,
  noteNonCounter,
  RANGE_FUNCTIONS,
  SMOOTHED_FUNCTIONS,
  USES_STARTS,
} from './range-functions.ts';
import type { StoredSeries } from './source.ts';
import { withFoundResets } from './stats-only.ts';
import { type QueryTimes, rangeMsOf, referenceTime, subqueryStepMs, unwrapped } from './timing.ts';
import {
  absentOf,
  DATE_FUNCTIONS,
  FLOAT_FUNCTIONS,
  HISTOGRAM_FUNCTIONS,
  mapFloats,
  mapHistograms,
  ofSeconds,
  scalarOf,
  scalarSeries,
  timeSeries,
} from './vector-functions.ts';
import { RangeAnswer, Window } from './window.ts';

const PICKS: ReadonlySet<string> = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio']);

/**
 * Evaluates an expression on a grid, node by node: each gives all its series for all steps. Scalars are one series without labels. The
 * behaviour is that of promql/engine.go of Prometheus 3.16.
 */
export class Evaluator {
  readonly #context: QueryContext;
  readonly #times: QueryTimes;
  readonly #evaluation: Evaluation;

  constructor(context: QueryContext, times: QueryTimes, grid: Grid) {
    this.#context = context;
    this.#times = times;
    this.#evaluation = new Evaluation(context, grid);
  }

  get #grid(): Grid {
    return this.#evaluation.grid;
  }

  async evaluate(expr: PromExpr): Promise<StepSeries[]> {
    const series = await this.#node(expr);
    for (const { floats } of series) this.#context.budget.take(floats.length);
    await this.#context.pause();
    return series;
  }

  async #node(expr: PromExpr): Promise<StepSeries[]> {
    switch (expr.kind) {
      case 'number':
        return [scalarSeries(this.#evaluation, () => expr.value)];
      case 'paren':
        return this.evaluate(expr.expr);
      case 'unary': {
        const input = await this.evaluate(expr.expr);
        return expr.operator === '-' ? this.#negated(input) : input;
      }
      case 'selector':
        return this.#selector(expr);
      case 'call':
        return this.#call(expr);
      case 'binary':
        return this.#binary(expr);
      case 'aggregation':
        return this.#aggregation(expr);
      default:
        throw new PromqlExecutionError(`a ${promType(expr)} has no value at a step`);
    }
  }

  #negated(input: readonly StepSeries[]): StepSeries[] {
    const negated = input.map((series) => ({
      ...series,
      labels: this.#evaluation.nameless(series.labels),
      dropsName: true,
      floats: series.floats.map((value) => -value),
      histograms: series.histograms?.map((histogram) => histogram && multiplied(histogram, -1)),
    }));
    return this.#context.options.delaysNameRemoval ? negated : merged(this.#evaluation, negated);
  }

  async #binary(expr: BinaryExpr): Promise<StepSeries[]> {
    const left = await this.evaluate(expr.left);
    const right = await this.evaluate(expr.right);
    const isLeftScalar = promType(expr.left) === 'scalar';
    const isRightScalar = promType(expr.right) === 'scalar';
    const evaluation = this.#evaluation;
    if (isLeftScalar && isRightScalar) return scalarsAndScalars(evaluation, expr, left[0]!, right[0]!);
    if (isRightScalar) return vectorAndScalar(evaluation, expr, left, right[0]!, false);
    if (isLeftScalar) return vectorAndScalar(evaluation, expr, right, left[0]!, true);
    if (expr.matching!.cardinality === 'many-to-many') return setOperation(evaluation, expr, left, right);
    return vectorsWithVectors(evaluation, expr, left, right);
  }

  async #aggregation(expr: Aggregation): Promise<StepSeries[]> {
    const { operator } = expr;
    const parameter = expr.parameter && unwrapped(expr.parameter);
    if (operator === 'count_values') {
      if (parameter?.kind !== 'string') throw new PromqlExecutionError('count_values needs the name of a label');
      return countValues(this.#evaluation, expr, await this.evaluate(expr.expr), parameter.value);
    }
    const value = parameter && (await this.evaluate(parameter))[0]!;
    const input = await this.evaluate(expr.expr);
    return PICKS.has(operator)
      ? pick(this.#evaluation, expr, input, value!)
      : aggregate(this.#evaluation, expr, input, value);
  }

  /** Of each step: which time is looked at. */
  #reference(shift: VectorSelector | Subquery): (step: number) => number {
    const reference = referenceTime(shift, this.#times);
    return (step) => reference(timeAt(this.#grid, step));
  }

  /** The stored series of a selector with all that steps look at: from `beforeMs` before the first to `behindMs` behind the last. */
  async #select(
    selector: VectorSelector,
    reference: (step: number) => number,
    beforeMs: number,
    behindMs: number,
  ): Promise<readonly StoredSeries[]> {
    const stored = await this.#context.source.select({
      matchers: selector.matchers,
      fromMs: reference(0) - beforeMs,
      toMs: reference(this.#grid.count - 1) + behindMs,
    });
    for (const { floats, histograms } of stored)
      this.#context.budget.take(floats.timesMs.length + HISTOGRAM_WEIGHT * (histograms?.timesMs.length ?? 0));
    return this.#context.statsOnly.has(selector) ? stored.map(withFoundResets) : stored;
  }

  async #selector(selector: VectorSelector): Promise<StepSeries[]> {
    const reference = this.#reference(selector);
    const { lookbackMs } = this.#context.options;
    const isSmoothed = selector.modifier === 'smoothed';
    const stored = await this.#select(selector, reference, lookbackMs, isSmoothed ? lookbackMs : 0);
    return this.#eachStored(stored, (each) =>
      isSmoothed
        ? smoothedSeries(this.#evaluation, each, reference, selector)
        : instantSeries(this.#evaluation, each, reference),
    );
  }

  async #eachStored(
    stored: readonly StoredSeries[],
    read: (each: StoredSeries) => StepSeries | undefined | Promise<StepSeries | undefined>,
  ): Promise<StepSeries[]> {
    const series: StepSeries[] = [];
    for (const each of stored) {
      const found = await read(each);
      if (found !== undefined) series.push(found);
      this.#context.budget.check(series.length * this.#grid.count);
      await this.#context.pause();
    }
    return series;
  }

  async #call(call: Call): Promise<StepSeries[]> {
    const { name } = call;
    if (name in RANGE_FUNCTIONS) return this.#rangeCall(call);
    const ofFloat = FLOAT_FUNCTIONS[name];
    if (ofFloat !== undefined)
      return mapFloats(this.#evaluation, await this.evaluate(call.arguments[0]!), (value) => ofFloat(value));
    if (name in DATE_FUNCTIONS) return this.#date(call);
    const ofHistogram = HISTOGRAM_FUNCTIONS[name];
    if (ofHistogram !== undefined)
      return mapHistograms(this.#evaluation, await this.evaluate(call.arguments[0]!), ofHistogram);
    const special = SPECIAL[name];
    if (special === undefined) throw new PromqlExecutionError(`function ${JSON.stringify(name)} can't be evaluated`);
    return special(new Arguments(call, this, this.#evaluation, this.#times));
  }

  async #date({ name, arguments: list }: Call): Promise<StepSeries[]> {
    const fn = ofSeconds(DATE_FUNCTIONS[name]!);
    if (list.length > 0) return mapFloats(this.#evaluation, await this.evaluate(list[0]!), (value) => fn(value));
    return [scalarSeries(this.#evaluation, (step) => fn(Math.trunc(timeAt(this.#grid, step) / 1000)))];
  }

  /** `timestamp` and `start_timestamp` of a selector: of the sample itself, not of the step. */
  async timestamps(selector: VectorSelector, isStart: boolean): Promise<StepSeries[]> {
    const reference = this.#reference(selector);
    const stored = await this.#select(selector, reference, this.#context.options.lookbackMs, 0);
    const series = await this.#eachStored(stored, (each) =>
      timestampSeries(this.#evaluation, each, this.#evaluation.nameless(each.labels), reference, isStart),
    );
    return this.#context.options.delaysNameRemoval ? series : merged(this.#evaluation, series);
  }

  async #rangeCall(call: Call): Promise<StepSeries[]> {
    const { name } = call;
    const args = call.arguments.map(unwrapped);
    const range = args.find(({ kind }) => kind === 'matrix' || kind === 'subquery') as MatrixSelector | Subquery;
    const parameters: StepSeries[] = [];
    for (const argument of args) if (argument !== range) parameters.push((await this.evaluate(argument))[0]!);
    const found = await this.#range(name, range);
    const drops = !KEEPS_NAME.has(name);
    const { options, annotations } = this.#context;
    const usesStarts = options.usesStarts && USES_STARTS.has(name);
    const places = [args[0]!, args[1] ?? args[0]!] as const;
    const fn = RANGE_FUNCTIONS[name]!;
    const answer = new RangeAnswer();
    const values = parameters.map(() => 0);
    const series = await this.#eachStored(found.stored, async (stored) => {
      const window = new Window(stored, annotations, places, usesStarts);
      window.rangeSeconds = found.rangeSeconds;
      window.lookbackMs = options.lookbackMs;
      window.modifier = found.modifier;
      const dropsName = drops || (stored.dropsName ?? false);
      const labels = dropsName ? this.#evaluation.nameless(stored.labels) : stored.labels;
      const result = newSeries(labels, dropsName, this.#grid.count);
      let hasFloat = false;
      let seen = 0;
      for (let step = 0; step < this.#grid.count; step++) {
        window.timeMs = timeAt(this.#grid, step);
        window.rangeEndMs = found.reference(step);
        window.rangeStartMs = window.rangeEndMs - found.rangeMs;
        window.slide(window.rangeStartMs - found.beforeMs, window.rangeEndMs + found.behindMs);
        if (window.floatCount === 0 && window.histogramCount === 0) continue;
        seen += window.floatCount + HISTOGRAM_WEIGHT * window.histogramCount;
        if (seen > TURN_SAMPLES) {
          seen = 0;
          await this.#context.pause();
        }
        for (let i = 0; i < values.length; i++) values[i] = parameters[i]!.floats[step]!;
        answer.clear();
        fn(window, answer, values);
        if (answer.histogram !== undefined) {
          setHistogram(result, step, answer.histogram);
        } else if (answer.hasFloat) {
          setFloat(result, step, answer.float);
          hasFloat = true;
        }
      }
      if (hasFloat && (name === 'rate' || name === 'increase')) noteNonCounter(window, options.hasTypeLabels);
      return isEmpty(result) ? undefined : result;
    });
    if (name === 'absent_over_time') return absentOf(this.#evaluation, series, range);
    return options.delaysNameRemoval ? series : merged(this.#evaluation, series);
  }

  /** What a range function is to look at. */
  async #range(name: string, range: MatrixSelector | Subquery): Promise<FoundRange> {
    const rangeMs = rangeMsOf(range, this.#times);
    if (range.kind === 'subquery') {
      const reference = this.#reference(range);
      const stored = await this.#subquery(range, rangeMs, reference);
      return { ...NO_MARGINS, stored, rangeMs, rangeSeconds: rangeMs / 1000, reference };
    }
    const { selector } = range;
    checkModifier(name, selector);
    const { lookbackMs } = this.#context.options;
    const beforeMs = selector.modifier === undefined ? 0 : lookbackMs;
    const behindMs = selector.modifier === 'smoothed' ? lookbackMs : 0;
    const reference = this.#reference(selector);
    const stored = await this.#select(selector, reference, rangeMs + beforeMs, behindMs);
    const rangeSeconds = range.rangeExpr === undefined ? range.rangeNs / 1e9 : rangeMs / 1000;
    return { stored, rangeMs, rangeSeconds, beforeMs, behindMs, modifier: selector.modifier, reference };
  }

  /** Evaluates a subquery on its own grid, whose steps are multiples of its step, and takes its values for samples. */
  async #subquery(
    subquery: Subquery,
    rangeMs: number,
    reference: (step: number) => number,
  ): Promise<readonly StoredSeries[]> {
    const stepMs = subqueryStepMs(subquery, this.#times) || this.#context.options.subqueryStepMs;
    const startMs = (Math.floor((reference(0) - rangeMs) / stepMs) + 1) * stepMs;
    const count = Math.floor((reference(this.#grid.count - 1) - startMs) / stepMs) + 1;
    if (count <= 0) return [];
    if (count > MAX_STEPS) throw new PromqlExecutionError(`a subquery of ${count} steps is more than ${MAX_STEPS}`);
    const grid = { startMs, stepMs, count };
    const inner = new Evaluator(this.#context, this.#times, grid);
    return (await inner.evaluate(subquery.expr)).map((series) => toStored(series, grid));
  }

  /** The samples of a range selector or of a subquery at the first step, which a query may ask for as they are. */
  async samples(range: MatrixSelector | Subquery): Promise<readonly StoredSeries[]> {
    return (await this.#range('', range)).stored;
  }
}

/** As how many samples a histogram counts. */
const HISTOGRAM_WEIGHT = 10;
/** After so many samples in the windows of a range function others may have their turn. */
const TURN_SAMPLES = 100_000;

/** A query may ask for 11,000 steps; subqueries of it for more, since each of them has its own range. */
const MAX_STEPS = 10_000_000;

interface FoundRange {
  readonly stored: readonly StoredSeries[];
  readonly rangeMs: number;
  readonly rangeSeconds: number;
  /** What a modifier sees before and behind the range. */
  readonly beforeMs: number;
  readonly behindMs: number;
  readonly modifier: VectorSelector['modifier'];
  readonly reference: (step: number) => number;
}

const NO_MARGINS = { beforeMs: 0, behindMs: 0, modifier: undefined };

function checkModifier(name: string, { modifier }: VectorSelector): void {
  if (modifier === undefined || name === '') return;
  const allowed = modifier === 'anchored' ? ANCHORED_FUNCTIONS : SMOOTHED_FUNCTIONS;
  if (allowed.has(name)) return;
  throw new PromqlExecutionError(
    `${modifier} modifier can only be used with: ${[...allowed].join(', ')} - not with ${name}`,
  );
}

/** What a histogram says about resets is not true between steps that leave samples out. */
function toStored(series: StepSeries, grid: Grid): StoredSeries {
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
  };
}

/** What a function of its own kind is called with. */
class Arguments {
  readonly call: Call;
  readonly evaluation: Evaluation;
  readonly times: QueryTimes;
  readonly #evaluator: Evaluator;

  constructor(call: Call, evaluator: Evaluator, evaluation: Evaluation, times: QueryTimes) {
    this.call = call;
    this.#evaluator = evaluator;
    this.evaluation = evaluation;
    this.times = times;
  }

  expr(i: number): PromExpr {
    return unwrapped(this.call.arguments[i]!);
  }

  vector(i: number): Promise<StepSeries[]> {
    return this.#evaluator.evaluate(this.call.arguments[i]!);
  }

  async scalar(i: number): Promise<StepSeries> {
    return (await this.vector(i))[0]!;
  }

  text(i: number): string {
    const expr = this.expr(i);
    return expr.kind === 'string' ? expr.value : '';
  }

  texts(from: number): string[] {
    return this.call.arguments.slice(from).map((_, i) => this.text(from + i));
  }

  timestamps(selector: VectorSelector, isStart: boolean): Promise<StepSeries[]> {
    return this.#evaluator.timestamps(selector, isStart);
  }

  warnSort(): void {
    const { grid, context } = this.evaluation;
    if (grid.count > 1) context.annotations.warn(NOTES.sortInRange(), this.call);
  }
}

async function clamped(
  args: Arguments,
  lowest: StepSeries | undefined,
  highest: StepSeries | undefined,
): Promise<StepSeries[]> {
  const input = await args.vector(0);
  const bounds = (step: number): readonly [number, number] => [
    lowest?.floats[step] ?? Number.NEGATIVE_INFINITY,
    highest?.floats[step] ?? Number.POSITIVE_INFINITY,
  ];
  const present = input.map((series) => ({
    ...series,
    kinds: series.kinds.map((kind, step) => {
      const [least, most] = bounds(step);
      return most < least ? 0 : kind;
    }),
  }));
  return mapFloats(args.evaluation, present, (value, step) => {
    const [least, most] = bounds(step);
    return Math.max(least, Math.min(most, value));
  });
}

async function timestamped(args: Arguments, isStart: boolean): Promise<StepSeries[]> {
  const argument = args.expr(0);
  if (argument.kind === 'selector') return args.timestamps(argument, isStart);
  const input = await args.vector(0);
  if (isStart) return [];
  const { evaluation } = args;
  const table = evaluation.newTable();
  for (const series of input) {
    const labels = evaluation.nameless(series.labels);
    for (let step = 0; step < evaluation.grid.count; step++) {
      if (series.kinds[step] !== 0) setFloat(table.at(step, labels, true), step, timeAt(evaluation.grid, step) / 1000);
    }
  }
  return table.series;
}

async function sorted(args: Arguments, isDescending: boolean): Promise<StepSeries[]> {
  args.warnSort();
  const input = await args.vector(0);
  if (args.evaluation.grid.count > 1) return input;
  return sortByValue(input, isDescending);
}

async function sortedByLabel(args: Arguments, isDescending: boolean): Promise<StepSeries[]> {
  args.warnSort();
  const input = await args.vector(0);
  return args.evaluation.grid.count > 1 ? input : sortByLabels(input, args.texts(1), isDescending);
}

async function rounded(args: Arguments): Promise<StepSeries[]> {
  const nearest = args.call.arguments.length > 1 ? await args.scalar(1) : undefined;
  return mapFloats(args.evaluation, await args.vector(0), (value, step) => {
    const inverse = 1 / (nearest?.floats[step] ?? 1);
    return Math.floor(value * inverse + 0.5) / inverse;
  });
}

async function ofTwoScalars(args: Arguments, combine: (a: number, b: number) => number): Promise<StepSeries[]> {
  const a = await args.scalar(0);
  const b = await args.scalar(1);
  return [scalarSeries(args.evaluation, (step) => combine(a.floats[step]!, b.floats[step]!))];
}

async function quantiles(args: Arguments): Promise<StepSeries[]> {
  const wanted: StepSeries[] = [];
  for (let i = 2; i < args.call.arguments.length; i++) {
    const q = await args.scalar(i);
    noteQuantile(args, q, i);
    wanted.push(q);
  }
  return quantilesOfHistograms(args.evaluation, args.text(1), wanted, await args.vector(0), args.expr(0));
}

function noteQuantile(args: Arguments, { floats }: StepSeries, i: number): void {
  const bad = floats.find((q) => !(q >= 0 && q <= 1));
  if (bad !== undefined) args.evaluation.context.annotations.warn(NOTES.invalidQuantile(bad), args.call.arguments[i]!);
}

/** Functions that do more than change each value. */
const SPECIAL: Readonly<Record<string, (args: Arguments) => Promise<StepSeries[]>>> = {
  absent: async (args) => absentOf(args.evaluation, await args.vector(0), args.expr(0)),
  clamp: async (args) => clamped(args, await args.scalar(1), await args.scalar(2)),
  clamp_max: async (args) => clamped(args, undefined, await args.scalar(1)),
  clamp_min: async (args) => clamped(args, await args.scalar(1), undefined),
  end: async ({ evaluation, times }) => [scalarSeries(evaluation, () => times.endMs / 1000)],
  histogram_fraction: async (args) =>
    fractionOfHistograms(
      args.evaluation,
      await args.scalar(0),
      await args.scalar(1),
      await args.vector(2),
      args.expr(2),
    ),
  histogram_quantile: async (args) => {
    const q = await args.scalar(0);
    noteQuantile(args, q, 0);
    return quantileOfHistograms(args.evaluation, q, await args.vector(1), args.expr(1));
  },
  histogram_quantiles: quantiles,
  info: async (args) =>
    addInfo(args.evaluation, args.times, await args.vector(0), args.expr(0), args.call.arguments[1]),
  label_join: async (args) => joinLabels(args.evaluation, await args.vector(0), args.texts(1)),
  label_replace: async (args) =>
    replaceLabel(args.evaluation, await args.vector(0), [args.text(1), args.text(2), args.text(3), args.text(4)]),
  max_of: (args) => ofTwoScalars(args, Math.max),
  min_of: (args) => ofTwoScalars(args, Math.min),
  pi: async ({ evaluation }) => [scalarSeries(evaluation, () => Math.PI)],
  range: async ({ evaluation, times }) => [scalarSeries(evaluation, () => (times.endMs - times.startMs) / 1000)],
  round: rounded,
  scalar: async (args) => [scalarOf(args.evaluation, await args.vector(0))],
  sort: (args) => sorted(args, false),
  sort_by_label: (args) => sortedByLabel(args, false),
  sort_by_label_desc: (args) => sortedByLabel(args, true),
  sort_desc: (args) => sorted(args, true),
  start: async ({ evaluation, times }) => [scalarSeries(evaluation, () => times.startMs / 1000)],
  start_timestamp: (args) => timestamped(args, true),
  step: async ({ evaluation, times }) => [scalarSeries(evaluation, () => times.stepMs / 1000)],
  time: async ({ evaluation }) => [timeSeries(evaluation)],
  timestamp: (args) => timestamped(args, false),
  vector: async (args) => [{ ...(await args.scalar(0)), labels: Labels.NONE }],
};
