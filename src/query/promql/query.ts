import { type PromExpr, promType } from '#lang/promql';
import type { EvaluationTrace } from './absence/trace.ts';
import { Annotations } from './annotations.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { Evaluator } from './evaluate.ts';
import { type EngineOptions, Evaluation, SampleBudget } from './evaluation.ts';
import type { Explanation } from './explanation.ts';
import { extendedSamples } from './extended-samples.ts';
import { merged } from './label-functions.ts';
import { compareLabels } from './labels.ts';
import { type Grid, PromqlExecutionError, relabelled, type StepSeries, sameLabelsError } from './matrix.ts';
import { NO_PUSHDOWN, planPushdown } from './pushdown.ts';
import type { SampleSource, StoredSeries } from './source.ts';
import { statsOnlySelectors } from './stats-only.ts';
import { type QueryTimes, unwrapped } from './timing.ts';

/** As Prometheus is started without flags. */
export const DEFAULT_OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
  delaysNameRemoval: false,
  usesStarts: false,
  hasTypeLabels: false,
  arithmetic: ARITHMETIC,
  maxSamples: 50_000_000,
};

export interface PromqlQuery {
  readonly expr: PromExpr;
  readonly source: SampleSource;
  readonly options: EngineOptions;
  /** Whether the source may find parts of the answer itself, by what it costs. Default true. */
  readonly isPushed?: boolean;
  /** Is told how the answer comes about. */
  readonly explanation?: Explanation | undefined;
  /** Stops the evaluation; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Is told what each part of the query came to. */
  readonly trace?: EvaluationTrace;
}

export type PromqlAnswer = {
  readonly annotations: Annotations;
  /** All that were read and made, and as many as were held at a time. */
  readonly samples: number;
  readonly peakSamples: number;
} & (
  | { readonly type: 'string'; readonly text: string; readonly timeMs: number }
  | { readonly type: 'scalar' | 'vector'; readonly grid: Grid; readonly series: readonly StepSeries[] }
  /** On a grid, of a range query. */
  | { readonly type: 'matrix'; readonly grid: Grid; readonly series: readonly StepSeries[] }
  /** Samples as they are stored, of an instant query for a range. */
  | { readonly type: 'samples'; readonly stored: readonly StoredSeries[] }
);

/** Evaluates at one time. Throws PromqlExecutionError. */
export async function queryInstant(query: PromqlQuery, timeMs: number): Promise<PromqlAnswer> {
  const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
  const grid = { startMs: timeMs, stepMs: 1, count: 1 };
  const run = new Run(query, times, grid);
  try {
    return await instantAnswer(run, query, times, grid);
  } finally {
    run.end();
  }
}

async function instantAnswer(run: Run, query: PromqlQuery, times: QueryTimes, grid: Grid): Promise<PromqlAnswer> {
  const timeMs = times.endMs;
  const expr = unwrapped(query.expr);
  if (expr.kind === 'string') return run.answer({ type: 'string', text: expr.value, timeMs });
  if (expr.kind === 'matrix' || expr.kind === 'subquery') {
    const stored = await run.evaluator.samples(expr);
    const named = extendedSamples(stored, expr, times, query.options).sort((a, b) => compareLabels(a.labels, b.labels));
    return run.answer({ type: 'samples', stored: named });
  }
  const series = run.named(await run.evaluator.evaluate(query.expr), true);
  return run.answer({ type: promType(query.expr) === 'scalar' ? 'scalar' : 'vector', grid, series });
}

/** Evaluates at each step of a range; series come sorted by their labels. Throws PromqlExecutionError. */
export async function queryRange(query: PromqlQuery, times: QueryTimes): Promise<PromqlAnswer> {
  const { startMs, endMs, stepMs } = times;
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  const mistake = rangeMistake(query.expr);
  if (mistake !== undefined) throw new PromqlExecutionError(mistake);
  const grid = { startMs, stepMs, count };
  const run = new Run(query, times, grid);
  try {
    const series = run.named(await run.evaluator.evaluate(query.expr), false);
    return run.answer({ type: 'matrix', grid, series: [...series].sort((a, b) => compareLabels(a.labels, b.labels)) });
  } finally {
    run.end();
  }
}

/** Why an expression can't be asked for over a range; undefined where it can. */
export function rangeMistake(expr: PromExpr): string | undefined {
  const type = promType(expr);
  if (type === 'scalar' || type === 'vector') return undefined;
  const name = type === 'matrix' ? 'range vector' : type;
  return `invalid expression type "${name}" for range query, must be Scalar or instant Vector`;
}

/** For how long an evaluation may hold the thread before it lets others run. */
const TURN_MS = 15;

type Result = PromqlAnswer extends infer Answer
  ? Answer extends PromqlAnswer
    ? Omit<Answer, 'annotations' | 'samples' | 'peakSamples'>
    : never
  : never;

class Run {
  readonly evaluator: Evaluator;
  readonly #evaluation: Evaluation;
  readonly #annotations = new Annotations();
  readonly #budget: SampleBudget;
  readonly #signal: AbortSignal | undefined;
  #turnMs = performance.now();

  constructor(
    { expr, source, options, signal, trace, isPushed = true, explanation }: PromqlQuery,
    times: QueryTimes,
    grid: Grid,
  ) {
    this.#budget = new SampleBudget(options.maxSamples, options.pool);
    this.#signal = signal;
    const context = {
      options,
      source,
      annotations: this.#annotations,
      budget: this.#budget,
      explanation,
      pushdown: isPushed && source.windows !== undefined ? planPushdown(expr) : NO_PUSHDOWN,
      statsOnly: statsOnlySelectors(expr),
      trace,
      pause: () => this.#pause(),
    };
    this.#evaluation = new Evaluation(context, grid);
    this.evaluator = new Evaluator(context, times, grid);
  }

  #pause(): Promise<void> {
    this.#signal?.throwIfAborted();
    if (performance.now() - this.#turnMs < TURN_MS) return DONE;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#turnMs = performance.now();
        resolve();
      });
    });
  }

  /** With the names gone that were to go at the end. */
  named(series: readonly StepSeries[], isInstant: boolean): readonly StepSeries[] {
    if (!this.#evaluation.context.options.delaysNameRemoval) return series;
    const named = series.map((each) => (each.dropsName ? relabelled(each, each.labels.withoutName(), false) : each));
    if (!isInstant) return merged(this.#evaluation, named);
    if (new Set(named.map(({ labels }) => labels.key)).size < named.length) throw sameLabelsError();
    return named;
  }

  end(): void {
    this.#budget.end();
  }

  answer(result: Result): PromqlAnswer {
    return {
      ...result,
      annotations: this.#annotations,
      samples: this.#budget.total,
      peakSamples: this.#budget.peak,
    } as PromqlAnswer;
  }
}

const DONE = Promise.resolve();
