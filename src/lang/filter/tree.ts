/** The syntax tree of the console's filter language. Ranges are UTF-16 offsets into the text, end exclusive. */

export type FilterOperator = '=' | '!=' | '>' | '>=' | '<' | '<=' | '~' | '!~';

export interface FilterRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The right side of a comparison. `text` is what was written (without quotes), because a number or a truth value also
 * compares as text with attributes that are text.
 */
export type FilterValue =
  | (FilterRange & { readonly kind: 'text'; readonly text: string })
  | (FilterRange & { readonly kind: 'number'; readonly text: string; readonly value: number })
  | (FilterRange & { readonly kind: 'boolean'; readonly text: string; readonly value: boolean })
  | (FilterRange & { readonly kind: 'duration'; readonly text: string; readonly ns: number });

/** A key as written, without quotes: `http.route`, `resource.host.name`, `duration`. */
export interface FilterKey extends FilterRange {
  readonly text: string;
}

export type FilterNode =
  | (FilterRange & { readonly kind: 'and'; readonly items: readonly FilterNode[] })
  | (FilterRange & { readonly kind: 'or'; readonly items: readonly FilterNode[] })
  | (FilterRange & { readonly kind: 'not'; readonly item: FilterNode })
  | (FilterRange & {
      readonly kind: 'compare';
      readonly key: FilterKey;
      readonly operator: FilterOperator;
      readonly value: FilterValue;
    })
  /** `key=*`, or `key!=*` where `negated`. */
  | (FilterRange & { readonly kind: 'exists'; readonly key: FilterKey; readonly negated: boolean })
  | (FilterRange & { readonly kind: 'text'; readonly text: string });

export type FilterCompare = Extract<FilterNode, { kind: 'compare' }>;
export type FilterExists = Extract<FilterNode, { kind: 'exists' }>;

/** A filter that can't be read, or that asks something impossible. The range is never outside the text. */
export class FilterError extends Error {
  override name = 'FilterError';
  readonly code = 'bad_query';
  readonly start: number;
  readonly end: number;
  /** What to write instead. */
  readonly hint: string | undefined;
  constructor(message: string, range: FilterRange, hint?: string) {
    super(message);
    this.start = range.start;
    this.end = range.end;
    this.hint = hint;
  }
}
