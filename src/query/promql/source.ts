import type { LabelMatcher } from '#lang/promql';
import type { FloatHistogram } from './histogram/index.ts';
import type { Labels } from './labels.ts';

/** Samples of one kind, by time. */
export interface FloatSamples {
  /** Milliseconds since the epoch, ascending, each once. */
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** Of each sample: when its counter began, 0 for unknown. */
  readonly startsMs: Float64Array | undefined;
}

export interface HistogramSamples {
  readonly timesMs: Float64Array;
  readonly values: readonly FloatHistogram[];
  readonly startsMs: Float64Array | undefined;
}

/** All samples of a set of labels in a range. */
export interface StoredSeries {
  readonly labels: Labels;
  readonly floats: FloatSamples;
  readonly histograms: HistogramSamples | undefined;
  /** When it ended: times of stale markers, ascending. */
  readonly staleMs: Float64Array | undefined;
  /** Samples are changes since the one before: rate and increase add them up. */
  readonly isDelta?: boolean;
  /** Samples only grow, but for resets. */
  readonly isCounter?: boolean;
  /** Of series that a subquery made: the name goes at the end. */
  readonly dropsName?: boolean;
}

export interface Selection {
  readonly matchers: readonly LabelMatcher[];
  /** Exclusive. */
  readonly fromMs: number;
  /** Inclusive. */
  readonly toMs: number;
}

/** Where samples come from. */
export interface SampleSource {
  /** All series whose labels match, each once, with what they have in the range. */
  select(selection: Selection): Promise<readonly StoredSeries[]>;
}
