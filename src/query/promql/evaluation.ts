import type { VectorSelector } from '#lang/promql';
import type { EvaluationTrace } from './absence/trace.ts';
import type { Annotations } from './annotations.ts';
import type { Arithmetic } from './arithmetic.ts';
import type { Explanation } from './explanation.ts';
import type { Labels } from './labels.ts';
import { type Grid, PromqlExecutionError, SeriesTable } from './matrix.ts';
import type { PushdownPlan } from './pushdown.ts';
import type { SampleSource } from './source.ts';

/** How Prometheus' engine was started. */
export interface EngineOptions {
  /** How long a sample stands for its series, milliseconds. */
  readonly lookbackMs: number;
  /** Between the steps of a subquery that names no step, milliseconds. */
  readonly subqueryStepMs: number;
  /** `promql-delayed-name-removal`: names go once the whole expression is evaluated. */
  readonly delaysNameRemoval: boolean;
  /** `promql-use-start-timestamps`. */
  readonly usesStarts: boolean;
  /** `type-and-unit-labels`. */
  readonly hasTypeLabels: boolean;
  /** Other languages differ in what a division by 0 gives. */
  readonly arithmetic: Arithmetic;
  /** Samples that are held at a time. */
  readonly maxSamples: number;
  /** That of all queries of a server. */
  readonly pool?: SamplePool;
}

/** What the evaluations of one query share. */
export interface QueryContext {
  readonly options: EngineOptions;
  readonly source: SampleSource;
  readonly annotations: Annotations;
  readonly budget: SampleBudget;
  /** What the source is asked to find itself. */
  readonly pushdown: PushdownPlan;
  /** Where somebody wants to know how the answer came about. */
  readonly explanation: Explanation | undefined;
  /** Selectors whose histograms need no buckets. */
  readonly statsOnly: ReadonlySet<VectorSelector>;
  /** Is told what each expression came to. */
  readonly trace: EvaluationTrace | undefined;
  /** Lets others run; throws where the query is cancelled or out of time. */
  pause(): Promise<void>;
}

/** What all queries that run at a time may hold together. */
export class SamplePool {
  readonly limit: number;
  held = 0;
  constructor(limit: number) {
    this.limit = limit;
  }
}

/** Counts what a query holds in memory, of what it reads and makes. */
export class SampleBudget {
  readonly #limit: number;
  readonly #pool: SamplePool | undefined;
  #held = 0;
  #total = 0;
  #peak = 0;
  constructor(limit: number, pool?: SamplePool) {
    this.#limit = limit;
    this.#pool = pool;
  }

  take(samples: number): void {
    this.#held += samples;
    this.#total += samples;
    this.#peak = Math.max(this.#peak, this.#held);
    if (this.#pool !== undefined) this.#pool.held += samples;
    this.check(0);
  }

  /** They are no longer held. */
  giveBack(samples: number): void {
    this.#held -= samples;
    if (this.#pool !== undefined) this.#pool.held -= samples;
  }

  /** The query has ended. */
  end(): void {
    this.giveBack(this.#held);
  }

  /** Throws where so many more would be too many; counts nothing. For what is still being made. */
  check(samples: number): void {
    if (this.#held + samples > this.#limit) throw tooManySamples(`${this.#limit} at a time are allowed`);
    const pool = this.#pool;
    if (pool !== undefined && pool.held + samples > pool.limit)
      throw tooManySamples(`all queries that run may hold ${pool.limit} at a time; try again when others have ended`);
  }

  /** All that were ever taken. */
  get total(): number {
    return this.#total;
  }

  /** As many as were held at a time. */
  get peak(): number {
    return this.#peak;
  }
}

const TAKES_LESS = 'a shorter range, a longer step or fewer series (a label more) take less';

/** Prometheus' words, then which limit it is, and what helps. */
function tooManySamples(limit: string): PromqlExecutionError {
  return new PromqlExecutionError(
    `query processing would load too many samples into memory in query execution: ${limit}; ${TAKES_LESS}`,
  );
}

/** An evaluation on one grid: that of the query, or of a subquery in it. */
export class Evaluation {
  readonly context: QueryContext;
  readonly grid: Grid;
  constructor(context: QueryContext, grid: Grid) {
    this.context = context;
    this.grid = grid;
  }

  /** For the series of an answer. In an instant query whose names go later the same labels may come twice until then. */
  newTable(): SeriesTable {
    const mayRepeat = this.context.options.delaysNameRemoval && this.grid.count === 1;
    return new SeriesTable(this.grid.count, mayRepeat, (samples) => this.context.budget.check(samples));
  }

  /** Labels of a series that is no longer the metric's, unless names go later. */
  nameless(labels: Labels): Labels {
    return this.context.options.delaysNameRemoval ? labels : labels.withoutName();
  }
}
