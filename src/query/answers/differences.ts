/** How a selection of spans differs from the rest. */

/** What is counted: each span, or each trace with anything that one of its spans has. */
export type DifferenceUnit = 'spans' | 'traces';

/** Of one value: how large a share of the selection has it, and of the rest; 0 to 1. */
export interface DifferenceValue {
  readonly value: string;
  readonly selected: number;
  readonly rest: number;
}

export interface Difference {
  readonly key: string;
  /** What has it: spans (an attribute, or `name` and the like), their resources, or their events. */
  readonly of: 'span' | 'intrinsic' | 'resource' | 'event';
  /**
   * 0 to 1: how much more frequent `value` is in the selection, among all or among those that have the key, whichever is more. Half of that for
   * an outcome: how something ended says less of its cause.
   */
  readonly score: number;
  readonly isOutcome: boolean;
  /** What the selection has more often: a value, or of numbers `≥ 300`, `< 12`. */
  readonly value: string;
  readonly selected: number;
  readonly rest: number;
  /** Shares that have the key at all. */
  readonly selectedHave: number;
  readonly restHave: number;
  /** At most ten: those most frequent in the selection; of numbers ranges, in order. */
  readonly values: readonly DifferenceValue[];
}

export interface Differences {
  readonly unit: DifferenceUnit;
  readonly selectedCount: number;
  readonly restCount: number;
  /** How many of them were looked at: fewer than all are a sample. Resources are those of all where spans are counted. */
  readonly selectedLookedAt: number;
  readonly restLookedAt: number;
  /** The largest first. */
  readonly differences: readonly Difference[];
  readonly keyCount: number;
  /** The selection has more keys than are compared; the rarest are left out. */
  readonly truncated: boolean;
}
