import type { LabelMatcher } from '#lang/promql';
import type { FloatHistogram, Labels } from '#query/promql.ts';
import type { RuleExpr } from './rule-expr.ts';
import type { ScanPlan } from './shared-scan.ts';

/** One series of an instant query. */
export interface VectorSample {
  readonly labels: Labels;
  readonly value: number;
  readonly histogram: FloatHistogram | undefined;
}

/** Answers a rule's questions to the store. */
export interface RuleQueries {
  /** The same for the rules of one evaluation of a group, which reads together what the plan says. */
  together(plan: ScanPlan): RuleQueries;
  /** At one time. A scalar is one sample without labels. Throws where the expression gives a text or a range. */
  instant(expr: RuleExpr, timeMs: number, signal: AbortSignal): Promise<readonly VectorSample[]>;
  /** At each step of a range, both ends inclusive, as numbers: each series has the points that it has. Throws as `instant`. */
  range(expr: RuleExpr, times: RangeTimes, signal: AbortSignal): Promise<readonly SeriesPoints[]>;
  /**
   * The last sample between two times, both inclusive, of each series that matches; `isStale` where the series has ended. What the state
   * of alerts is restored from.
   */
  lastSamples(
    matchers: readonly LabelMatcher[],
    fromMs: number,
    toMs: number,
    signal: AbortSignal,
  ): Promise<readonly LastSample[]>;
}

export interface RangeTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface SeriesPoints {
  readonly labels: Labels;
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

export interface LastSample {
  readonly labels: Labels;
  readonly timeMs: number;
  /** NaN of a histogram. */
  readonly value: number;
  readonly isStale: boolean;
}
