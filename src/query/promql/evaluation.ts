import type { VectorSelector } from '#lang/promql';
import type { Annotations } from './annotations.ts';
import type { Labels } from './labels.ts';
import { type Grid, PromqlExecutionError, SeriesTable } from './matrix.ts';
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
  /** Samples that are held at a time. */
  readonly maxSamples: number;
}

/** What the evaluations of one query share. */
export interface QueryContext {
  readonly options: EngineOptions;
  readonly source: SampleSource;
  readonly annotations: Annotations;
  readonly budget: SampleBudget;
  /** Selectors whose histograms need no buckets. */
  readonly statsOnly: ReadonlySet<VectorSelector>;
  /** Lets others run; throws where the query is cancelled or out of time. */
  pause(): Promise<void>;
}

/** Counts what a query reads and makes. */
export class SampleBudget {
  readonly #limit: number;
  #used = 0;
  constructor(limit: number) {
    this.#limit = limit;
  }

  take(samples: number): void {
    this.#used += samples;
    if (this.#used > this.#limit) throw tooManySamples();
  }

  /** Throws where so many more would be too many; counts nothing. For what is still being made. */
  check(samples: number): void {
    if (this.#used + samples > this.#limit) throw tooManySamples();
  }

  get used(): number {
    return this.#used;
  }
}

function tooManySamples(): PromqlExecutionError {
  return new PromqlExecutionError('query processing would load too many samples into memory in query execution');
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
