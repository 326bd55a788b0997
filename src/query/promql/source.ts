import type { LabelMatcher } from '#lang/promql';
import type { FloatHistogram } from './histogram/index.ts';
import type { Labels } from './labels.ts';
import type { Grid } from './matrix.ts';

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

/**
 * `counter`: what each has counted, added up, through resets; `level`: their newest values, added up; `gauge`: the newest value of any of them.
 */
export type Sharing = 'counter' | 'level' | 'gauge';

/** All samples of a set of labels in a range. */
export interface StoredSeries {
  readonly labels: Labels;
  readonly floats: FloatSamples;
  readonly histograms: HistogramSamples | undefined;
  /** When it ended: times of stale markers, ascending. */
  readonly staleMs: Float64Array | undefined;
  /** Samples are changes since the one before: rate and increase add them up. */
  readonly isDelta?: boolean;
  /** What several writers of one set of labels come to. */
  readonly sharing?: Sharing;
  /** Of series that a subquery made: the name goes at the end. */
  readonly dropsName?: boolean;
}

export interface Selection {
  readonly matchers: readonly LabelMatcher[];
  /** Exclusive. */
  readonly fromMs: number;
  /** Inclusive. */
  readonly toMs: number;
  /** Is told what the answer is to be read with. */
  readonly note?: (text: string) => void;
  /** Whether start times of samples are looked at. Default true. */
  readonly needsStarts?: boolean;
  /** Samples of a part are of no use any more when the next one is asked for, and may be written over. Default false. */
  readonly isBrief?: boolean;
}

/**
 * Functions of a range whose value a source may find itself. `last` is the sample that stands for a series: none where the series has ended,
 * while `last_over_time` takes no notice of that.
 */
export const WINDOW_FUNCTIONS = [
  'last',
  'last_over_time',
  'rate',
  'increase',
  'delta',
  'irate',
  'idelta',
  'changes',
  'resets',
  'max_over_time',
  'min_over_time',
  'present_over_time',
  'sum_over_time',
  'avg_over_time',
  'count_over_time',
] as const;
export type WindowFunction = (typeof WINDOW_FUNCTIONS)[number];

export const WINDOW_AGGREGATORS = ['sum', 'min', 'max', 'count', 'avg', 'group'] as const;
export type WindowAggregator = (typeof WINDOW_AGGREGATORS)[number];

/** Asks for a function of the samples before each step, of each series that matches. */
export interface WindowRequest {
  readonly matchers: readonly LabelMatcher[];
  readonly fn: WindowFunction;
  /** Where the ranges end, inclusive; whole milliseconds. */
  readonly grid: Grid;
  /** They begin so much earlier, exclusive. */
  readonly rangeMs: number;
  /** Start times of samples tell something. */
  readonly usesStarts: boolean;
  /** Samples of series of changes (delta) are wanted, whatever the function. */
  readonly leavesChanges: boolean;
  readonly group?: WindowGroup;
  /** Is told who finds them, and why. */
  readonly why?: (text: string) => void;
  readonly note?: Selection['note'];
}

/** The series are put together, too. */
export interface WindowGroup {
  readonly operator: WindowAggregator;
  /** As a series is called behind the function; two that are called alike are an error, which the asker finds. */
  readonly named: (labels: Labels) => Labels;
  /** Which group it is in then. */
  readonly labelsOf: (named: Labels) => Labels;
}

export interface WindowSeries {
  readonly labels: Labels;
  /** One per step. */
  readonly values: Float64Array;
  /** 1 where there is a value. */
  readonly present: Uint8Array;
}

export interface WindowAnswer {
  readonly series: readonly WindowSeries[];
  /** Series that only their samples can answer for; none where groups were asked for. */
  readonly rest: readonly StoredSeries[];
}

/** Where samples come from. */
export interface SampleSource {
  /** All series whose labels match, each once, with what they have in the range. */
  select(selection: Selection): Promise<readonly StoredSeries[]>;
  /** The same in parts, each series whole in one of them, so that not all samples are held at a time. */
  parts?(selection: Selection): AsyncIterable<readonly StoredSeries[]>;
  /** Undefined where the asker has to look at samples: the source can't find it, or handing them out costs less. */
  windows?(request: WindowRequest): Promise<WindowAnswer | undefined>;
}
