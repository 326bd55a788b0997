import type { LabelMatcher, PromExpr } from '#lang/promql';
import { type LineSource, queryMetricInstant, queryMetricRange } from '#query/logql.ts';
import {
  DEFAULT_OPTIONS,
  type EngineOptions,
  FLOAT,
  HISTOGRAM,
  histogramAt,
  type PromqlAnswer,
  queryInstant,
  queryRange,
  type SampleSource,
} from '#query/promql.ts';
import type { LastSample, RangeTimes, RuleQueries, SeriesPoints, VectorSample } from './queries.ts';
import type { RuleExpr } from './rule-expr.ts';
import type { ScanPlan } from './shared-scan.ts';

export interface RuleSources {
  /** Where the samples are for an expression; undefined where none is evaluated. */
  readonly samples: (signal: AbortSignal, expr?: PromExpr) => SampleSource;
  /** Where the lines are; undefined where rules ask for none. */
  readonly lines?: (signal: AbortSignal) => LineSource;
}

/** Rules' questions, answered by the engines of their languages. */
export class EngineRuleQueries implements RuleQueries {
  readonly #sources: RuleSources;
  readonly #options: EngineOptions;

  constructor(sources: RuleSources, options: EngineOptions = DEFAULT_OPTIONS) {
    this.#sources = sources;
    this.#options = options;
  }

  together(plan: ScanPlan): RuleQueries {
    const samples = plan.over(this.#sources.samples);
    return samples === this.#sources.samples
      ? this
      : new EngineRuleQueries({ ...this.#sources, samples }, this.#options);
  }

  async instant(expr: RuleExpr, timeMs: number, signal: AbortSignal): Promise<readonly VectorSample[]> {
    const answer = await this.#answer(expr, timeMs, signal);
    if (answer.type !== 'vector' && answer.type !== 'scalar') throw new Error('rule result is not a vector or scalar');
    return answer.series.flatMap((series) => {
      const kind = series.kinds[0];
      if (kind !== FLOAT && kind !== HISTOGRAM) return [];
      const histogram = kind === HISTOGRAM ? histogramAt(series, 0) : undefined;
      return [{ labels: series.labels, value: series.floats[0]!, histogram }];
    });
  }

  async range(expr: RuleExpr, times: RangeTimes, signal: AbortSignal): Promise<readonly SeriesPoints[]> {
    const answer = await this.#rangeAnswer(expr, times, signal);
    if (answer.type !== 'matrix') throw new Error('rule result is no range');
    const { startMs, stepMs } = answer.grid;
    return answer.series.map(({ labels, kinds, floats }) => {
      const present = Array.from(kinds.keys()).filter((index) => kinds[index] === FLOAT);
      return {
        labels,
        timesMs: present.map((index) => startMs + index * stepMs),
        values: present.map((index) => floats[index]!),
      };
    });
  }

  #rangeAnswer(expr: RuleExpr, times: RangeTimes, signal: AbortSignal): Promise<PromqlAnswer> {
    const { samples, lines } = this.#sources;
    if (expr.language === 'promql') {
      const { tree } = expr;
      return queryRange({ expr: tree, source: samples(signal, tree), options: this.#options, signal }, times);
    }
    if (lines === undefined) throw new Error('there are no logs here that a rule could ask');
    return queryMetricRange({ expr: expr.tree, text: expr.text, source: lines(signal), signal }, times);
  }

  #answer(expr: RuleExpr, timeMs: number, signal: AbortSignal): Promise<PromqlAnswer> {
    const { samples, lines } = this.#sources;
    if (expr.language === 'promql') {
      const { tree } = expr;
      return queryInstant({ expr: tree, source: samples(signal, tree), options: this.#options, signal }, timeMs);
    }
    if (lines === undefined) throw new Error('there are no logs here that a rule could ask');
    return queryMetricInstant({ expr: expr.tree, text: expr.text, source: lines(signal), signal }, timeMs);
  }

  async lastSamples(
    matchers: readonly LabelMatcher[],
    fromMs: number,
    toMs: number,
    signal: AbortSignal,
  ): Promise<readonly LastSample[]> {
    const stored = await this.#sources.samples(signal).select({ matchers, fromMs: fromMs - 1, toMs });
    return stored.map(({ labels, floats, histograms, staleMs }) => {
      const numberMs = floats.timesMs.at(-1) ?? Number.NEGATIVE_INFINITY;
      const timeMs = Math.max(numberMs, histograms?.timesMs.at(-1) ?? Number.NEGATIVE_INFINITY);
      const endMs = staleMs?.at(-1) ?? Number.NEGATIVE_INFINITY;
      const value = numberMs === timeMs ? (floats.values.at(-1) ?? Number.NaN) : Number.NaN;
      return { labels, timeMs, value, isStale: endMs >= timeMs };
    });
  }
}
