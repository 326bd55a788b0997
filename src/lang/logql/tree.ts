/** What a LogQL query is made of, as of Loki 3. Offsets count UTF-16 units from the start of the text. */
import { lineAndColumn } from '../token-row.ts';

export interface LogqlRange {
  readonly start: number;
  readonly end: number;
}

export type MatchOperator = '=' | '!=' | '=~' | '!~';

export interface StreamMatcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/** `|=` contains, `|~` matches, `|>` is like a pattern; each with its denial. */
export type LineOperator = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';

/** One of the texts of `|= "a" or "b"`. */
export interface LineTerm {
  readonly value: string;
  /** `ip("10.0.0.0/8")`. */
  readonly isIp: boolean;
}

export interface LineFilter {
  readonly kind: 'line';
  readonly operator: LineOperator;
  /** One must match; of a denial none may. */
  readonly terms: readonly LineTerm[];
}

/** `name="expression"` behind json and logfmt: what to take out, and under which label. */
export interface Extraction {
  readonly label: string;
  readonly expression: string;
}

export interface JsonParser {
  readonly kind: 'json';
  /** Empty: all of it. */
  readonly extractions: readonly Extraction[];
}

export interface LogfmtParser {
  readonly kind: 'logfmt';
  readonly extractions: readonly Extraction[];
  /** `--strict`: a line that is no logfmt is an error. */
  readonly isStrict: boolean;
  /** `--keep-empty`: keys without a value become labels. */
  readonly keepsEmpty: boolean;
}

export interface PatternParser {
  readonly kind: 'pattern' | 'regexp';
  readonly pattern: string;
}

export interface UnpackParser {
  readonly kind: 'unpack';
}

export type ComparisonOperator = '==' | '!=' | '>' | '>=' | '<' | '<=';

/** A condition on labels. */
export type LabelFilter =
  | { readonly kind: 'and' | 'or'; readonly left: LabelFilter; readonly right: LabelFilter }
  | { readonly kind: 'text'; readonly name: string; readonly operator: MatchOperator; readonly value: string }
  | { readonly kind: 'ip'; readonly name: string; readonly operator: '=' | '!='; readonly value: string }
  | {
      readonly kind: 'compare';
      readonly name: string;
      readonly operator: ComparisonOperator;
      /** Durations in seconds. */
      readonly value: number;
      readonly unit: 'number' | 'duration' | 'bytes';
      /** As written, for printing. */
      readonly written: string;
    };

export interface FilterStage {
  readonly kind: 'filter';
  readonly filter: LabelFilter;
}

export interface LineFormat {
  readonly kind: 'line_format';
  readonly template: string;
  readonly range: LogqlRange;
}

export interface LabelAssignment {
  readonly label: string;
  /** A label whose value moves here, or a template. */
  readonly from: { readonly label: string } | { readonly template: string };
}

export interface LabelFormat {
  readonly kind: 'label_format';
  readonly assignments: readonly LabelAssignment[];
  readonly range: LogqlRange;
}

export interface Decolorize {
  readonly kind: 'decolorize';
}

/** Labels by name, or by name and value. */
export interface LabelChoice {
  readonly kind: 'drop' | 'keep';
  readonly labels: readonly (string | StreamMatcher)[];
}

export type Stage =
  | LineFilter
  | JsonParser
  | LogfmtParser
  | PatternParser
  | UnpackParser
  | FilterStage
  | LineFormat
  | LabelFormat
  | Decolorize
  | LabelChoice;

/** A query for lines. */
export interface LogExpr extends LogqlRange {
  readonly kind: 'logs';
  readonly matchers: readonly StreamMatcher[];
  readonly stages: readonly Stage[];
}

export interface Unwrap {
  readonly label: string;
  readonly conversion: 'bytes' | 'duration' | 'duration_seconds' | undefined;
  /** Conditions behind it. */
  readonly filters: readonly LabelFilter[];
  /** Of the word. */
  readonly range: LogqlRange;
}

export const RANGE_AGGREGATIONS = [
  'rate',
  'rate_counter',
  'count_over_time',
  'bytes_rate',
  'bytes_over_time',
  'avg_over_time',
  'sum_over_time',
  'min_over_time',
  'max_over_time',
  'stdvar_over_time',
  'stddev_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
  'absent_over_time',
] as const;
export type RangeOperator = (typeof RANGE_AGGREGATIONS)[number];

export const VECTOR_AGGREGATIONS = [
  'sum',
  'avg',
  'count',
  'max',
  'min',
  'stddev',
  'stdvar',
  'bottomk',
  'topk',
  'approx_topk',
  'sort',
  'sort_desc',
] as const;
export type VectorOperator = (typeof VECTOR_AGGREGATIONS)[number];

export interface Grouping {
  readonly labels: readonly string[];
  readonly isWithout: boolean;
}

export interface RangeAggregation extends LogqlRange {
  readonly kind: 'range';
  readonly operator: RangeOperator;
  /** Of quantile_over_time. */
  readonly parameter: number | undefined;
  readonly logs: LogExpr;
  readonly unwrap: Unwrap | undefined;
  /** Nanoseconds. */
  readonly rangeNs: number;
  readonly offsetNs: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number | undefined;
  readonly atEdge: 'start' | 'end' | undefined;
  readonly grouping: Grouping | undefined;
}

export interface VectorAggregation extends LogqlRange {
  readonly kind: 'vector-aggregation';
  readonly operator: VectorOperator;
  readonly parameter: number | undefined;
  readonly expr: MetricExpr;
  readonly grouping: Grouping | undefined;
}

export type BinaryOperator = 'or' | 'and' | 'unless' | '+' | '-' | '*' | '/' | '%' | '^' | ComparisonOperator;

export interface Matching {
  readonly labels: readonly string[];
  readonly isOn: boolean;
  readonly group: 'left' | 'right' | undefined;
  readonly include: readonly string[];
}

export interface BinaryExpr extends LogqlRange {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: MetricExpr;
  readonly right: MetricExpr;
  readonly isBool: boolean;
  readonly matching: Matching | undefined;
}

export interface Literal extends LogqlRange {
  readonly kind: 'literal';
  readonly value: number;
}

/** `vector(1)`. */
export interface VectorExpr extends LogqlRange {
  readonly kind: 'vector';
  readonly value: number;
}

export interface LabelReplace extends LogqlRange {
  readonly kind: 'label_replace';
  readonly expr: MetricExpr;
  readonly destination: string;
  readonly replacement: string;
  readonly source: string;
  readonly pattern: string;
}

export type MetricExpr = RangeAggregation | VectorAggregation | BinaryExpr | Literal | VectorExpr | LabelReplace;
export type LogqlExpr = LogExpr | MetricExpr;

/** A mistake in a query, and where it is. */
export class LogqlError extends Error {
  override name = 'LogqlError';
  readonly range: LogqlRange;
  /** What is wrong, without the place. */
  readonly reason: string;
  /** `text`: the query's; undefined where Loki names no place, since the grammar let it pass. */
  constructor(
    reason: string,
    range: LogqlRange,
    text: string | undefined,
    { hasLine = true }: { readonly hasLine?: boolean } = {},
  ) {
    const place = text === undefined ? '' : `at ${lineAndColumn(text, range.start)}`;
    super(`parse error ${hasLine ? place : place.replace(/line \d+/, 'line 0')}: ${reason}`);
    this.reason = reason;
    this.range = range;
  }
}
