import type { FloatHistogram, Labels } from '#query/promql.ts';

/** Where the series go that rules make: results of recording rules, `ALERTS` and `ALERTS_FOR_STATE`. */
export interface RuleSeriesSink {
  /**
   * Takes the samples of one evaluation of one rule, all or none. Resolves when they are safe; rejects where they can't be taken, which makes
   * the rule unhealthy.
   */
  append(samples: readonly RuleSample[]): Promise<void>;
}

export interface RuleSample {
  readonly labels: Labels;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly value: number;
  /** In place of the value. */
  readonly histogram: FloatHistogram | undefined;
  /** The series ends here: `value` means nothing. */
  readonly isStale: boolean;
}

/** Says that a series has ended. */
export function endOf(labels: Labels, timeMs: number): RuleSample {
  return { labels, timeMs, value: Number.NaN, histogram: undefined, isStale: true };
}
