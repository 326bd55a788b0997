/** Answers queries that make series. */
import type { Hint, MetricExpr, MetricPipeline, MetricStage } from '#lang/traceql';
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import type { TimeRange } from '../source/index.ts';
import type { TraceqlInstantAnswer, TraceqlQuestion, TraceqlRange, TraceqlRangeAnswer } from './answers.ts';
import { compareSpans } from './compare.ts';
import { Budget, MAX_SAMPLES, readQuery, tooMuch } from './limits.ts';
import { alignedIntervals, type Groups, type Intervals, oneInterval } from './metric-cells.ts';
import { afterStages, answered, reckonSeries, seriesOf, type WorkingSeries } from './metric-series.ts';
import { countHere } from './metric-spans.ts';
import { countInStore, planMetric } from './metric-sql.ts';
import { fieldsOfPipeline, needsOf } from './needs.ts';
import { normalizedMetric } from './normalize.ts';
import { rangeOf } from './search.ts';
import { countInSlots } from './slot-counts.ts';

/** Steps of a range, as Prometheus allows. */
const MAX_STEPS = 11_000;
const DEFAULT_EXEMPLARS = 100;
const MAX_EXEMPLARS = 1_000;
const NS_PER_MS = 1_000_000n;

/** Which way spans are counted: where it is left out, in the store if that can be, else one by one. */
export interface MetricOptions extends ReadOptions {
  readonly plan?: 'spans' | undefined;
}

interface Asked {
  readonly reader: StoreReader;
  readonly intervals: Intervals;
  readonly range: TimeRange;
  /** Per series. */
  readonly exemplars: number;
  readonly budget: Budget;
  readonly plan: 'spans' | undefined;
  readonly warnings: string[];
}

/** Evaluates over steps. Samples have the time of the end of their step, which is a multiple of it. Throws QueryError. */
export async function queryTraceqlRange(
  reader: StoreReader,
  question: TraceqlRange,
  options?: MetricOptions,
): Promise<TraceqlRangeAnswer> {
  const { startNs, endNs, stepNs } = question;
  rangeOf(question);
  if (stepNs < NS_PER_MS) throw new QueryError('bad_query', 'the step must be a millisecond at least');
  if ((endNs - startNs) / stepNs > BigInt(MAX_STEPS)) {
    const hint = `choose a longer step or a shorter range: at most ${MAX_STEPS} steps are allowed`;
    throw new QueryError('bad_query', `${(endNs - startNs) / stepNs} steps in this range`, { hint });
  }
  const intervals = alignedIntervals(startNs, endNs, stepNs);
  const { series, asked } = await evaluateQuery(reader, question, intervals, question.exemplars, options);
  return { series: answered(series, intervals), ...told(asked) };
}

/** Evaluates over the whole range at once. Throws QueryError. */
export async function queryTraceqlInstant(
  reader: StoreReader,
  question: TraceqlQuestion,
  options?: MetricOptions,
): Promise<TraceqlInstantAnswer> {
  rangeOf(question);
  const intervals = oneInterval(question.startNs, question.endNs);
  const { series, asked } = await evaluateQuery(reader, question, intervals, 0, options);
  const values = answered(series, intervals).map(({ labels, promLabels, samples }) => ({
    labels,
    promLabels,
    value: samples[0]!.value,
  }));
  return { series: values, ...told(asked) };
}

function told({ budget, warnings }: Asked): Pick<TraceqlRangeAnswer, 'inspected' | 'warnings'> {
  return { inspected: { bytes: budget.bytes, traces: budget.traces, spans: budget.spans }, warnings };
}

async function evaluateQuery(
  reader: StoreReader,
  { query }: TraceqlQuestion,
  intervals: Intervals,
  exemplars: number,
  options: MetricOptions = {},
): Promise<{ readonly series: readonly WorkingSeries[]; readonly asked: Asked }> {
  const { root, hints } = readQuery(query);
  if (root.kind === 'search') {
    const hint = 'add | rate(), | count_over_time() or another function that makes series';
    throw new QueryError('bad_query', 'the query selects spans, and is asked for series', { hint, query });
  }
  const range = rangeOf({ startNs: intervals.firstNs, endNs: intervals.lastNs + 1n });
  const asked: Asked = {
    reader,
    intervals,
    range,
    exemplars: exemplarsAsked(hints, exemplars),
    budget: new Budget(options),
    plan: options.plan,
    warnings: [],
  };
  const series = await evaluate(normalizedMetric(root), asked);
  return { series: typeof series === 'number' ? [] : series, asked };
}

/** What the query says of exemplars wins over what the question says. */
function exemplarsAsked(hints: readonly Hint[], asked: number): number {
  const hint = hints.findLast(({ name }) => name === 'exemplars')?.value;
  if (hint?.type === 'bool' && !hint.value) return 0;
  const wanted =
    hint?.type === 'int' ? Number(hint.value) : hint !== undefined && asked === 0 ? DEFAULT_EXEMPLARS : asked;
  return Math.min(Math.max(0, wanted), MAX_EXEMPLARS);
}

async function evaluate(expr: MetricExpr, asked: Asked): Promise<readonly WorkingSeries[] | number> {
  if (expr.kind === 'static') return expr.value.type === 'nil' ? Number.NaN : Number(expr.value.value);
  if (expr.kind === 'metrics') return afterStages(await evaluatePipeline(expr, asked), expr.after);
  const [left, right] = [await evaluate(expr.left, asked), await evaluate(expr.right, asked)];
  return afterStages(reckonSeries(left, expr.operator, right), expr.after);
}

function countSpans(
  pipeline: MetricPipeline,
  metric: MetricStage,
  { reader, intervals, range, budget, plan }: Asked,
  hasExemplars: boolean,
): Promise<Groups> {
  const { stages } = pipeline;
  const planned = plan === 'spans' ? undefined : planMetric(stages, metric, range);
  if (planned !== undefined) return countInStore(reader, planned, intervals, hasExemplars, budget);
  const needs = needsOf(fieldsOfPipeline(pipeline));
  return countHere(reader, stages, metric, needs, range, intervals, hasExemplars, budget);
}

async function evaluatePipeline(pipeline: MetricPipeline, asked: Asked): Promise<readonly WorkingSeries[]> {
  const { stages, metric } = pipeline;
  const { reader, intervals, range, exemplars, budget } = asked;
  if (metric.kind === 'compare') {
    const { series, warning } = await compareSpans(reader, stages, metric, range, intervals, budget, asked.plan);
    if (warning !== undefined) asked.warnings.push(warning);
    return series;
  }
  const hasExemplars = exemplars > 0;
  const isFree = asked.plan !== 'spans';
  const ofSlots = isFree ? await countInSlots(reader, stages, metric, intervals, hasExemplars, budget) : undefined;
  const groups = ofSlots ?? (await countSpans(pipeline, metric, asked, hasExemplars));
  const all = groups.all();
  if (all.length * intervals.count > MAX_SAMPLES) throw tooMuch(`${MAX_SAMPLES} samples`);
  return seriesOf(all, metric, intervals, exemplars);
}
