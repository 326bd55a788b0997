/** What a PromQL expression is made of, as of Prometheus 3.16. Offsets count UTF-16 units from the start of the text. */

export interface PromRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export type PromType = 'scalar' | 'vector' | 'matrix' | 'string';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

export interface LabelMatcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/** When a selector or a subquery is read, where that isn't the time of the evaluation: `offset 5m`, `@ 1609746000`, `@ end()`. */
export interface TimeShift {
  /** Nanoseconds; 0 where none is given or `offsetExpr` has to be worked out. */
  offsetNs: number;
  offsetExpr: DurationExpr | undefined;
  /** Milliseconds since the epoch. */
  atMs: number | undefined;
  atEdge: 'start' | 'end' | undefined;
}

export interface VectorSelector extends PromRange, TimeShift {
  readonly kind: 'selector';
  /** Of the metric, where it stands before the braces; it is among the matchers too, as the last. */
  readonly name: string;
  readonly matchers: readonly LabelMatcher[];
  /** Changes how a range function sees the edges of its range. */
  modifier: 'anchored' | 'smoothed' | undefined;
  end: number;
}

export interface MatrixSelector extends PromRange {
  readonly kind: 'matrix';
  readonly selector: VectorSelector;
  /** Nanoseconds; 0 where `rangeExpr` has to be worked out. */
  readonly rangeNs: number;
  readonly rangeExpr: DurationExpr | undefined;
  end: number;
}

export interface Subquery extends PromRange, TimeShift {
  readonly kind: 'subquery';
  readonly expr: PromExpr;
  readonly rangeNs: number;
  readonly rangeExpr: DurationExpr | undefined;
  /** Nanoseconds; 0 stands for the default. */
  readonly stepNs: number;
  readonly stepExpr: DurationExpr | undefined;
  end: number;
}

export interface NumberLiteral extends PromRange {
  readonly kind: 'number';
  readonly value: number;
  /** Written as `5m`: `value` is in seconds then. */
  readonly isDuration: boolean;
}

export interface StringLiteral extends PromRange {
  readonly kind: 'string';
  readonly value: string;
}

export interface ParenExpr extends PromRange {
  readonly kind: 'paren';
  readonly expr: PromExpr;
}

export interface UnaryExpr extends PromRange {
  readonly kind: 'unary';
  readonly operator: '+' | '-';
  readonly expr: PromExpr;
}

export type Aggregator =
  | 'avg'
  | 'bottomk'
  | 'count'
  | 'count_values'
  | 'group'
  | 'limit_ratio'
  | 'limitk'
  | 'max'
  | 'min'
  | 'quantile'
  | 'stddev'
  | 'stdvar'
  | 'sum'
  | 'topk';

export interface Aggregation extends PromRange {
  readonly kind: 'aggregation';
  readonly operator: Aggregator;
  readonly expr: PromExpr;
  readonly parameter: PromExpr | undefined;
  readonly grouping: readonly string[];
  /** The labels of `grouping` are left out, instead of kept. */
  readonly isWithout: boolean;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
/** Cut native histograms off above or below a value. */
export type TrimOperator = '</' | '>/';
export type SetOperator = 'and' | 'or' | 'unless';
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | TrimOperator | SetOperator;

export interface VectorMatching {
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  readonly labels: readonly string[];
  /** The labels are those to match on, instead of those to ignore. */
  readonly isOn: boolean;
  /** Labels of the one side that the result takes over. */
  readonly include: readonly string[];
  /** What stands in for series that one side lacks. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface BinaryExpr extends PromRange {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: PromExpr;
  readonly right: PromExpr;
  readonly isBool: boolean;
  /** Between two vectors only. */
  matching: VectorMatching | undefined;
}

export interface Call extends PromRange {
  readonly kind: 'call';
  readonly name: string;
  readonly arguments: readonly PromExpr[];
}

export type PromExpr =
  | Aggregation
  | BinaryExpr
  | Call
  | MatrixSelector
  | NumberLiteral
  | ParenExpr
  | StringLiteral
  | Subquery
  | UnaryExpr
  | VectorSelector;

/** `1h / 2`, `step()`, `max_of(5m, range())`: worked out once a query's range and step are known. */
export interface DurationExpr extends PromRange {
  readonly kind: 'duration';
  readonly operator: '+' | '-' | '*' | '/' | '%' | '^' | 'step' | 'range' | 'max_of' | 'min_of';
  /** undefined for signs and for `step()` and `range()`. */
  readonly left: DurationTerm | undefined;
  readonly right: DurationTerm | undefined;
  readonly isWrapped: boolean;
}

export type DurationTerm = DurationExpr | NumberLiteral;

/** A mistake in an expression, and where it is. The message of the first one that Prometheus would report. */
export class PromqlError extends Error {
  override name = 'PromqlError';
  readonly range: PromRange;
  /** What is wrong, without the place. */
  readonly reason: string;
  constructor(reason: string, range: PromRange, text: string) {
    super(`${positionOf(text, range.start)}: parse error: ${reason}`);
    this.reason = reason;
    this.range = { start: range.start, end: range.end };
  }
}

/** `line:column` from 1, the column in bytes of UTF-8, as Prometheus counts. */
export function positionOf(text: string, offset: number): string {
  if (text === '') return 'unknown position';
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `${line}:${new TextEncoder().encode(before.slice(lineStart)).length + 1}`;
}

/** The offset of such a place; undefined where the text has none. */
export function offsetOf(text: string, line: number, column: number): number | undefined {
  const lines = text.split('\n');
  const own = lines[line - 1];
  if (own === undefined || column < 1) return undefined;
  const bytes = new TextEncoder().encode(own);
  if (column > bytes.length + 1) return undefined;
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + new TextDecoder().decode(bytes.subarray(0, column - 1)).length;
}
