import { readTemplate, type Template } from '#lang/pattern';
import { EvaluationError } from '#ottl';
import { checkCombined, combined } from './combine.ts';
import type { TransformConfig } from './config.ts';
import { Match } from './match.ts';
import { Metric } from './metric.ts';
import { type Counts, compileOperation, mergeEqual, type Operation } from './operations.ts';

/** What transforms do to the metrics of a scope. */
export interface ScopeMetrics {
  metrics: Metric[];
  /** Metrics that go to a resource of their own, with these attributes. */
  readonly groups: { readonly labels: ReadonlyMap<string, string>; readonly metrics: readonly Metric[] }[];
  /** There are others than before, and not just fewer points of them. */
  isRearranged: boolean;
}

/** A transform, ready to run. */
export class Transform {
  readonly #config: TransformConfig;
  readonly #match: Match;
  readonly #operations: readonly Operation[];
  readonly #newName: Template;
  readonly #onFailure: (what: string, message: string) => void;

  constructor(config: TransformConfig, version: string, onFailure: (what: string, message: string) => void) {
    this.#config = config;
    this.#match = new Match(config);
    this.#operations = config.operations.map((operation) => compileOperation(operation, version));
    this.#newName = readTemplate(config.newName);
    this.#onFailure = onFailure;
  }

  run(scope: ScopeMetrics, counts: Counts): void {
    switch (this.#config.action) {
      case 'update':
        this.#update(scope, counts);
        break;
      case 'insert':
        this.#insert(scope, counts);
        break;
      case 'combine':
        this.#combine(scope, counts);
        break;
      case 'group':
        this.#group(scope);
    }
  }

  #update(scope: ScopeMetrics, counts: Counts): void {
    for (const metric of scope.metrics) {
      if (!this.#match.isNamed(metric)) continue;
      const matching = this.#match.rowsOf(metric).length;
      if (matching > 0) this.#change(metric, matching === metric.rows.length, counts);
    }
    scope.metrics = scope.metrics.filter(({ rows }) => rows.length > 0);
  }

  #insert(scope: ScopeMetrics, counts: Counts): void {
    for (const metric of [...scope.metrics]) {
      const rows = this.#match.isNamed(metric) ? this.#match.rowsOf(metric) : [];
      if (rows.length === 0) continue;
      const copy = metric.copy(rows);
      counts.copied += rows.length;
      this.#change(copy, true, counts);
      if (copy.rows.length > 0) scope.metrics.push(copy);
      scope.isRearranged = true;
    }
  }

  #combine(scope: ScopeMetrics, counts: Counts): void {
    const isMatching = (metric: Metric): boolean =>
      this.#match.isNamed(metric) && this.#match.rowsOf(metric).length > 0;
    const matching = scope.metrics.filter(isMatching);
    if (matching.length === 0) return;
    try {
      checkCombined(matching);
    } catch (error) {
      this.#fail(error);
      return;
    }
    const metric = combined(this.#takeOut(scope), this.#match, this.#config);
    this.#attempt(() => mergeEqual(metric, this.#config.aggregationType, counts));
    this.#change(metric, true, counts);
    if (metric.rows.length > 0) scope.metrics.push(metric);
  }

  #group(scope: ScopeMetrics): void {
    const metrics = this.#takeOut(scope);
    if (metrics.length > 0) scope.groups.push({ labels: this.#config.groupResourceLabels!, metrics });
  }

  /** The matching points, which the scope then has no more. */
  #takeOut(scope: ScopeMetrics): Metric[] {
    const taken: Metric[] = [];
    scope.metrics = scope.metrics.filter((metric) => {
      const rows = this.#match.isNamed(metric) ? this.#match.rowsOf(metric) : [];
      if (rows.length === 0) return true;
      scope.isRearranged = true;
      const { chunk, index, name } = metric;
      taken.push(new Metric(chunk, index, rows, name));
      const wanted = new Set(rows);
      metric.rows = metric.rows.filter((row) => !wanted.has(row));
      return metric.rows.length > 0;
    });
    return taken;
  }

  /** `isWhole`: what is done to metrics, and not to points alone, is done, too. */
  #change(metric: Metric, isWhole: boolean, counts: Counts): void {
    if (this.#config.newName !== '' && isWhole) {
      metric.name = this.#match.renamed(this.#newName, this.#config.newName, metric);
    }
    this.#attempt(() => {
      for (const operation of this.#operations) {
        if (isWhole || operation.isOfPoints) operation.run(metric, this.#match, counts);
      }
    });
  }

  #attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof EvaluationError)) throw error;
    this.#onFailure(`${this.#config.action} ${this.#config.include}`, error.message);
  }
}
