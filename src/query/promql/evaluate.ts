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
import { multiplied } from './histogram/index.ts';
import { addInfo } from './info.ts';
import { instantSeries, smoothedSeries, timestampSeries } from './instant.ts';
import { floatsOf, joinLabels, merged, replaceLabel, sortByLabels, sortByValue } from './label-functions.ts';
import { compareLabels, groupKey, Labels } from './labels.ts';
import { type Grid, newSeries, PromqlExecutionError, type StepSeries, setFloat, timeAt } from './matrix.ts';
import { pick } from './pick.ts';
import { filled, matrixOf, onePart, samplesOf, windowGrid } from './pushed-windows.ts';
import { type FoundRange, RangeCall } from './range-call.ts';
import {
  ANCHORED_FUNCTIONS,
  KEEPS_NAME,
  noteNonCounter,
  RANGE_FUNCTIONS,
  SMOOTHED_FUNCTIONS,
  USES_STARTS,
} from './range-functions.ts';
import type { StoredSeries, WindowGroup, WindowSeries } from './source.ts';
import { statsOf } from './stats-only.ts';
import { isStepInvariant } from './step-invariant.ts';
import { NO_MARGINS, StepChanges, toStored } from './subquery.ts';
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

const PICKS: ReadonlySet<string> = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio']);

/** Sorts by labels, in place: the source has series in any order, while sums, ties and errors that name series must come out alike each time. */
function inOrder(series: StepSeries[]): StepSeries[] {
  return series.sort((a, b) => compareLabels(a.labels, b.labels));
}

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
    const { explanation } = this.#context;
    const series = await (explanation === undefined
      ? this.#node(expr)
      : explanation.node(expr, () => this.#node(expr)));
    this.#context.trace?.see(expr, series);
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
    const pushed = await this.#pushedGroups(expr);
    if (pushed !== undefined) return pushed;
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

  /**
   * The stored series of a selector with all that steps look at: from `beforeMs` before the first to `behindMs` behind the last. Samples of a part are
   * good until the next one is asked for, with `isBrief: false` for longer.
   */
  async *#select(
    selector: VectorSelector,
    reference: (step: number) => number,
    beforeMs: number,
    behindMs: number,
    { isBrief = true } = {},
  ): AsyncGenerator<readonly StoredSeries[]> {
    const { source, budget, explanation } = this.#context;
    explanation?.say('its samples are read from the store and counted here');
    const selection = {
      matchers: selector.matchers,
      fromMs: reference(0) - beforeMs,
      toMs: reference(this.#grid.count - 1) + behindMs,
      needsStarts: this.#context.options.usesStarts,
      isBrief,
      note: (text: string) => this.#context.annotations.inform(text, selector),
    };
    for await (const stored of source.parts?.(selection) ?? onePart(source.select(selection))) {
      const samples = stored.reduce((sum, series) => sum + samplesOf(series), 0);
      budget.take(samples);
      explanation?.addSamples(samples);
      yield this.#context.statsOnly.has(selector) ? stored.map(statsOf) : stored;
      budget.giveBack(samples);
    }
  }

  /** `changes` adds up what a series of changes (delta) says from step to step; without it each step has the last of them. */
  async #selector(selector: VectorSelector, changes?: StepChanges): Promise<StepSeries[]> {
    const reference = this.#reference(selector);
    const { lookbackMs } = this.#context.options;
    const isSmoothed = selector.modifier === 'smoothed';
    const leavesChanges = changes !== undefined;
    const beforeMs = Math.max(lookbackMs, changes?.stepMs ?? 0);
    // What is left to us is read as far back as the windows of the others.
    const pushed =
      beforeMs > lookbackMs
        ? undefined
        : await this.#pushedWindows(selector, reference, { rangeMs: lookbackMs, leavesChanges });
    const parts = pushed?.rest ?? this.#select(selector, reference, beforeMs, isSmoothed ? lookbackMs : 0);
    const series = await this.#eachStored(parts, (each) => {
      if (each.isDelta === true && changes !== undefined) return changes.ofSeries(this.#evaluation, each, reference);
      return isSmoothed
        ? smoothedSeries(this.#evaluation, each, reference, selector)
        : instantSeries(this.#evaluation, each, reference);
    });
    const found = pushed?.series.map((each) => filled(newSeries(each.labels, false, this.#grid.count), each));
    return inOrder(found === undefined ? series : [...found, ...series]);
  }

  async #eachStored(
    parts: AsyncIterable<readonly StoredSeries[]>,
    read: (each: StoredSeries) => StepSeries | undefined | Promise<StepSeries | undefined>,
  ): Promise<StepSeries[]> {
    const series: StepSeries[] = [];
    for await (const stored of parts) {
      for (const each of stored) {
        const reading = read(each);
        const found = reading instanceof Promise ? await reading : reading;
        if (found !== undefined) series.push(found);
        this.#context.budget.check(series.length * this.#grid.count);
        await this.#context.pause();
      }
    }
    return series;
  }

  /** What the source finds itself; undefined where samples are to be looked at. */
  async #pushedWindows(
    expr: PromExpr,
    reference: (step: number) => number,
    { rangeMs, group, leavesChanges = false }: { rangeMs: number; group?: WindowGroup; leavesChanges?: boolean },
  ): Promise<
    { readonly series: readonly WindowSeries[]; readonly rest: AsyncIterable<readonly StoredSeries[]> } | undefined
  > {
    const node = this.#context.pushdown.get(expr);
    if (node?.kind !== 'window') return undefined;
    const { source, options, budget, explanation, annotations } = this.#context;
    const grid = windowGrid(this.#grid, reference);
    if (grid === undefined || !Number.isInteger(rangeMs)) return undefined;
    const usesStarts = options.usesStarts && USES_STARTS.has(node.fn);
    const { matchers } = node.selector;
    const why = (text: string): void => explanation?.say(text);
    const note = (text: string): void => annotations.inform(text, node.selector);
    const answer = await source.windows?.({
      note,
      why,
      matchers,
      fn: node.fn,
      grid,
      rangeMs,
      usesStarts,
      leavesChanges,
      ...(group && { group }),
    });
    if (answer === undefined) return undefined;
    const rest = this.#context.statsOnly.has(node.selector) ? answer.rest.map(statsOf) : answer.rest;
    const samples = rest.reduce((sum, series) => sum + samplesOf(series), 0);
    budget.take(samples);
    explanation?.addSamples(samples);
    return { series: answer.series, rest: onePart(rest) };
  }

  /** An aggregation that the source does, too. */
  async #pushedGroups(expr: Aggregation): Promise<StepSeries[] | undefined> {
    const node = this.#context.pushdown.get(expr);
    if (node?.kind !== 'group') return undefined;
    const { window, inner } = node;
    const isRate = inner.kind === 'call' && (window.fn === 'rate' || window.fn === 'increase');
    // Rates of several metrics, and those that have a type, are noted one by one.
    if (isRate && (window.selector.name === '' || this.#context.options.hasTypeLabels)) return undefined;
    const dropsName = inner.kind === 'call' && !KEEPS_NAME.has(window.fn);
    const keyOf = groupKey(expr.grouping, expr.isWithout);
    const reference = this.#reference(window.selector);
    const rangeMs = inner.kind === 'call' ? rangeMsOf(matrixOf(inner), this.#times) : this.#context.options.lookbackMs;
    const group: WindowGroup = {
      operator: node.operator,
      named: (labels) => (dropsName ? this.#evaluation.nameless(labels) : labels),
      labelsOf: keyOf,
    };
    const found = await this.#pushedWindows(inner, reference, { rangeMs, group });
    // Why there is nothing is seen at the selector.
    if (found === undefined || found.series.length === 0) return undefined;
    if (isRate)
      noteNonCounter(this.#context.annotations, unwrapped(inner.arguments[0]!), window.selector.name, undefined);
    return found.series.map((each) => filled(newSeries(each.labels, dropsName, this.#grid.count), each));
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
    const parts = this.#select(selector, reference, this.#context.options.lookbackMs, 0);
    const found = await this.#eachStored(parts, (each) =>
      timestampSeries(this.#evaluation, each, this.#evaluation.nameless(each.labels), reference, isStart),
    );
    const series = inOrder(found);
    return this.#context.options.delaysNameRemoval ? series : merged(this.#evaluation, series);
  }

  async #rangeCall(call: Call): Promise<StepSeries[]> {
    const args = call.arguments.map(unwrapped);
    const range = args.find(({ kind }) => kind === 'matrix' || kind === 'subquery') as MatrixSelector | Subquery;
    const parameters: StepSeries[] = [];
    for (const argument of args) if (argument !== range) parameters.push((await this.evaluate(argument))[0]!);
    const found = await this.#range(call.name, range);
    const pushed = await this.#pushedWindows(call, found.reference, { rangeMs: found.rangeMs });
    const parts = pushed?.rest ?? found.parts;
    const ranges = new RangeCall(this.#evaluation, call, { ...found, parts }, parameters);
    const series: StepSeries[] = [];
    for (const each of pushed?.series ?? []) {
      series.push(filled(ranges.newResult(each), each));
      ranges.noteFloats(each.labels.metricName, each.labels.get('__type__'));
    }
    series.push(...(await this.#eachStored(parts, (stored) => ranges.ofSeries(stored))));
    inOrder(series);
    if (call.name === 'absent_over_time') return absentOf(this.#evaluation, series, range);
    return this.#context.options.delaysNameRemoval ? series : merged(this.#evaluation, series);
  }

  /** What a range function is to look at. */
  async #range(name: string, range: MatrixSelector | Subquery, { isBrief = true } = {}): Promise<FoundRange> {
    const rangeMs = rangeMsOf(range, this.#times);
    if (range.kind === 'subquery') {
      const reference = this.#reference(range);
      const parts = onePart(this.#subquery(range, rangeMs, reference));
      return { ...NO_MARGINS, parts, rangeMs, rangeSeconds: rangeMs / 1000, reference };
    }
    const { selector } = range;
    checkModifier(name, selector);
    const { lookbackMs } = this.#context.options;
    const beforeMs = selector.modifier === undefined ? 0 : lookbackMs;
    const behindMs = selector.modifier === 'smoothed' ? lookbackMs : 0;
    const reference = this.#reference(selector);
    const parts = this.#select(selector, reference, rangeMs + beforeMs, behindMs, { isBrief });
    const rangeSeconds = range.rangeExpr === undefined ? range.rangeNs / 1e9 : rangeMs / 1000;
    return { parts, rangeMs, rangeSeconds, beforeMs, behindMs, modifier: selector.modifier, reference };
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
    const expr = unwrapped(subquery.expr);
    if (expr.kind !== 'selector') return (await inner.evaluate(expr)).map((series) => toStored(series, grid));
    const changes = new StepChanges(subquery, stepMs);
    const found = await inner.#selector(expr, changes);
    return found.map((series) => toStored(series, grid, changes.found.has(series)));
  }

  /** The samples of a range selector or of a subquery at the first step, which a query may ask for as they are. */
  async samples(range: MatrixSelector | Subquery): Promise<readonly StoredSeries[]> {
    const found: StoredSeries[] = [];
    for await (const stored of (await this.#range('', range, { isBrief: false })).parts) found.push(...stored);
    return found;
  }
}

/** A query may ask for 11,000 steps; subqueries of it for more, since each of them has its own range. */
const MAX_STEPS = 10_000_000;

function checkModifier(name: string, { modifier }: VectorSelector): void {
  if (modifier === undefined || name === '') return;
  const allowed = modifier === 'anchored' ? ANCHORED_FUNCTIONS : SMOOTHED_FUNCTIONS;
  if (allowed.has(name)) return;
  throw new PromqlExecutionError(
    `${modifier} modifier can only be used with: ${[...allowed].join(', ')} - not with ${name}`,
  );
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

  /** A range that has room for one step only is still one. */
  get isAtOneTime(): boolean {
    return this.evaluation.grid.count === 1 && this.times.startMs === this.times.endMs;
  }

  warnSort(): void {
    const { context } = this.evaluation;
    // What is the same at each step is evaluated once, as an instant query.
    if (!this.isAtOneTime && !isStepInvariant(this.call)) context.annotations.warn(NOTES.sortInRange(), this.call);
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
  const input = await args.vector(0);
  args.warnSort();
  return args.isAtOneTime ? sortByValue(input, isDescending) : floatsOf(args.evaluation, input);
}

async function sortedByLabel(args: Arguments, isDescending: boolean): Promise<StepSeries[]> {
  const input = await args.vector(0);
  args.warnSort();
  return !args.isAtOneTime ? input : sortByLabels(input, args.texts(1), isDescending);
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
  const input = await args.vector(0);
  const wanted: StepSeries[] = [];
  for (let i = 2; i < args.call.arguments.length; i++) wanted.push(await args.scalar(i));
  wanted.forEach((q, i) => {
    noteQuantile(args, q, i + 2);
  });
  return quantilesOfHistograms(args.evaluation, args.text(1), wanted, input, args.expr(0));
}

function noteQuantile(args: Arguments, { floats }: StepSeries, i: number): void {
  const { annotations } = args.evaluation.context;
  const bad = new Set(floats.filter((q) => !(q >= 0 && q <= 1)));
  for (const q of bad) annotations.warn(NOTES.invalidQuantile(q), args.expr(i));
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
    const input = await args.vector(1);
    noteQuantile(args, q, 0);
    return quantileOfHistograms(args.evaluation, q, input, args.expr(1));
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
