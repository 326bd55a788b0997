/** Completion; why a search found nothing. */
/** Why a list is empty. Counts are of spans or log records. */
export interface EmptyReason {
  /** Items of the range that were looked at: the newest million, and not `all` where there are more. */
  readonly lookedAt: number;
  readonly all: boolean;
  readonly conditions: readonly EmptyReasonCondition[];
  /** Where the range holds nothing at all: the time of the nearest item whatever it is, in epoch ms. */
  readonly nearestMs?: number;
}

export interface EmptyReasonCondition {
  /** `q` for a term of the filter, otherwise the name of the parameter. */
  readonly parameter: string;
  /** The term, or the parameter's value. */
  readonly text: string;
  /** How many items meet this one, whatever the others; 0: it excludes everything. */
  readonly alone: number;
  /** How many items meet all others. */
  readonly without: number;
  /** Of a term: the filter without it. */
  readonly withoutQ?: string;
  /** Values that the range has in place of one that it lacks: those most alike, or where none is alike (`areAlike` false) the most frequent. */
  readonly suggestions: readonly Suggestion[];
  readonly areAlike: boolean;
}

export interface Suggestion {
  readonly value: string;
  readonly count: number;
  /** Of a term: the filter with this in its place. */
  readonly q?: string;
}

export interface AttributeKey {
  readonly key: string;
  readonly scope: 'resource' | 'item' | 'intrinsic';
  readonly type: 'string' | 'int' | 'double' | 'bool' | 'other';
}

export interface AttributeValueCount {
  readonly value: string;
  readonly count: number;
}
