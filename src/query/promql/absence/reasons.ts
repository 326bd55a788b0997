import type { PromRange } from '#lang/promql';

/** Why a query has no answer. `place` is that of the part of the query to blame. */
export type NoDataReason = {
  readonly place: PromRange;
  /** As people read it, without a full stop. */
  readonly text: string;
} & (
  | { readonly kind: 'no-metric'; readonly metric: string; readonly suggestions: readonly string[] }
  /** Only what Signalbox says of itself has such a name. */
  | { readonly kind: 'own-metric'; readonly metric: string }
  | { readonly kind: 'no-label'; readonly label: string; readonly suggestions: readonly string[] }
  | {
      readonly kind: 'no-value';
      readonly label: string;
      readonly value: string;
      /** Values that series have, those most like it first. */
      readonly suggestions: readonly string[];
    }
  /** Each of these labels has series, and all of them together have none. */
  | { readonly kind: 'no-combination'; readonly labels: readonly string[] }
  /** There are series, and their sample nearest to the range is outside of it. */
  | { readonly kind: 'outside'; readonly nearestMs: number | undefined }
  /** A function needs more samples than a range has. */
  | { readonly kind: 'too-few-samples'; readonly samples: number }
  /** A comparison took all away. */
  | { readonly kind: 'filtered'; readonly least: number; readonly most: number }
  /** The labels of both sides of an operator differ. */
  | {
      readonly kind: 'unmatched';
      readonly onlyLeft: readonly string[];
      readonly onlyRight: readonly string[];
      readonly otherValues: readonly string[];
    }
  /** `unless` took all away, or `absent` found what it looked for. */
  | { readonly kind: 'present' }
  /** A function or an aggregation made nothing of what it was given. */
  | { readonly kind: 'nothing-made' }
);
