import type { LineFilter, StreamMatcher } from '#lang/logql';
import type { Labels } from '../promql/labels.ts';
import type { Sql } from '../sql/index.ts';
import type { WantedLabel } from './line-filters.ts';
import type { ParsedFilters } from './parsed-filters.ts';
import type { StoredLine } from './pipeline/entry.ts';

export type Direction = 'forward' | 'backward';

export interface LineSelection {
  readonly matchers: readonly StreamMatcher[];
  /** Lines that these let pass; the source may give others too. */
  readonly lineFilters: readonly LineFilter[];
  /** Labels that lines have which are taken; of those that lack them the source may leave out any. */
  readonly wanted?: readonly WantedLabel[];
  /** No other labels of lines are looked at than these; undefined for any. The source may leave out what has none of them. */
  readonly labels?: readonly string[] | undefined;
  /** Nanoseconds since the epoch, both inclusive. */
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** Only what arrived at one of these times, nanoseconds since the epoch. */
  readonly arrivedNs?: readonly bigint[] | undefined;
  /** Only what lies behind this one in the direction. */
  readonly beyond?: LinePlace | undefined;
  /** Only stored records that meet a condition as well. */
  readonly also?: Sql | undefined;
  /** Only lines of text that meet another, of which nobody has told yet; see `Counted`. */
  readonly unsure?: Sql | undefined;
  readonly direction: Direction;
  /** About so many are wanted; undefined for all. */
  readonly limit: number | undefined;
}

/** The place of a line among all. */
export interface LinePlace {
  readonly timeNs: bigint;
  /** When it arrived, and which one of what arrived then. */
  readonly arrivedNs: bigint;
  readonly record: number;
}

/** How lines are to be counted: in buckets of one length, each with its end and without its begin, the last of which ends with the selection. */
export interface CountedBy {
  readonly labels: readonly string[];
  readonly of: 'lines' | 'bytes';
  /** Milliseconds; divides the selection's length. */
  readonly bucketMs: number;
  /** Only lines that meet these. */
  readonly parsed?: ParsedFilters | undefined;
}

export interface Counted {
  /** In the order of their times. */
  readonly counts: readonly LineCount[];
  /** Lines of which the store can't tell whether they count; undefined where there are none. */
  readonly unsure: Sql | undefined;
}

export interface LineCount {
  readonly labels: Labels;
  /** When the bucket ends. */
  readonly timeMs: number;
  readonly value: number;
}

/** Where lines come from, as they arrive. */
export interface ArrivingLines extends LineSource {
  /** When lines arrived, whatever their streams, after the first and until the second time; nanoseconds since the epoch. */
  arrivals(afterNs: bigint, untilNs: bigint): Promise<readonly bigint[]>;
}

/** Where lines come from. */
export interface LineSource {
  /** How many there are, as far as that can be told exactly without reading them; undefined where it can't. */
  count?(selection: LineSelection, by: CountedBy): Promise<Counted | undefined>;

  /** Lines of the streams that match, in the order of their times, part by part. */
  read(selection: LineSelection): AsyncIterable<readonly StoredLine[]>;
}
