import { goDecimal, goNumber, goQuoted } from '#base';
import { printPromDuration } from './duration.ts';
import type {
  Aggregation,
  BinaryExpr,
  DurationExpr,
  DurationTerm,
  LabelMatcher,
  MatrixSelector,
  NumberLiteral,
  PromExpr,
  Subquery,
  TimeShift,
  VectorMatching,
  VectorSelector,
} from './tree.ts';

/** Tree to text on one line, as promql/parser/printer.go of Prometheus writes it. */
export function printPromql(expr: PromExpr): string {
  switch (expr.kind) {
    case 'aggregation':
      return `${printAggregator(expr)}(${expr.parameter === undefined ? '' : `${printPromql(expr.parameter)}, `}${printPromql(expr.expr)})`;
    case 'binary':
      return `${printPromql(expr.left)} ${printOperator(expr)} ${printPromql(expr.right)}`;
    case 'call':
      return `${expr.name}(${expr.arguments.map(printPromql).join(', ')})`;
    case 'matrix':
      return printMatrix(expr);
    case 'number':
      return printNumberLiteral(expr);
    case 'paren':
      return `(${printPromql(expr.expr)})`;
    case 'string':
      return goQuoted(expr.value);
    case 'subquery':
      return `${printPromql(expr.expr)}${printSubqueryRange(expr)}`;
    case 'unary':
      return `${expr.operator}${printPromql(expr.expr)}`;
    case 'selector':
      return printSelector(expr);
  }
}

/** `sum by (job) `, `sum`. */
export function printAggregator({ operator, grouping, isWithout }: Aggregation): string {
  if (isWithout) return `${operator} without (${printLabels(grouping)}) `;
  return grouping.length > 0 ? `${operator} by (${printLabels(grouping)}) ` : operator;
}

/** `+ on (job) group_left (version)`. */
export function printOperator({ operator, isBool, matching }: BinaryExpr): string {
  return `${operator}${isBool ? ' bool' : ''}${matching === undefined ? '' : printMatching(matching)}`;
}

function printMatching({ cardinality, labels, isOn, include, fillLeft, fillRight }: VectorMatching): string {
  const isGrouped = cardinality === 'many-to-one' || cardinality === 'one-to-many';
  let text = '';
  if (labels.length > 0 || isOn || isGrouped) text += ` ${isOn ? 'on' : 'ignoring'} (${printLabels(labels)})`;
  if (isGrouped) text += ` group_${cardinality === 'many-to-one' ? 'left' : 'right'} (${printLabels(include)})`;
  if (fillLeft !== undefined && fillLeft === fillRight) return `${text} fill (${goNumber(fillLeft)})`;
  if (fillLeft !== undefined) text += ` fill_left (${goNumber(fillLeft)})`;
  if (fillRight !== undefined) text += ` fill_right (${goNumber(fillRight)})`;
  return text;
}

function printLabels(labels: readonly string[]): string {
  return labels.map(printLabelName).join(', ');
}

const PLAIN_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function printLabelName(name: string): string {
  return PLAIN_LABEL.test(name) ? name : goQuoted(name);
}

function printSelector(selector: VectorSelector): string {
  const matchers = selector.matchers
    .filter((matcher) => !isNameOf(matcher, selector.name))
    .map(({ name, operator, value }) => `${printLabelName(name)}${operator}${goQuoted(value)}`)
    .sort(byCodePoint);
  const braces = matchers.length > 0 ? `{${matchers.join(',')}}` : '';
  const modifier = selector.modifier === undefined ? '' : ` ${selector.modifier}`;
  return `${selector.name}${braces}${printAt(selector)}${modifier}${printOffset(selector)}`;
}

function isNameOf({ name, operator, value }: LabelMatcher, metric: string): boolean {
  return name === '__name__' && operator === '=' && value === metric && value !== '';
}

/** As Go compares texts: by bytes of UTF-8, which is by code points. */
function byCodePoint(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function printMatrix({ selector, rangeNs, rangeExpr }: MatrixSelector): string {
  const plain = { ...selector, offsetNs: 0, offsetExpr: undefined, atMs: undefined, atEdge: undefined };
  const modifier = selector.modifier === undefined ? '' : ` ${selector.modifier}`;
  const inner = printSelector({ ...plain, modifier: undefined });
  return `${inner}[${printDuration(rangeNs, rangeExpr)}]${modifier}${printAt(selector)}${printOffset(selector)}`;
}

/** `[5m:1m] @ end() offset 1h`. */
export function printSubqueryRange(subquery: Subquery): string {
  const { rangeNs, rangeExpr, stepNs, stepExpr } = subquery;
  const step = stepExpr !== undefined || stepNs !== 0 ? printDuration(stepNs, stepExpr) : '';
  return `[${printDuration(rangeNs, rangeExpr)}:${step}]${printAt(subquery)}${printOffset(subquery)}`;
}

function printAt({ atMs, atEdge }: TimeShift): string {
  if (atMs !== undefined) return ` @ ${(atMs / 1000).toFixed(3)}`;
  return atEdge === undefined ? '' : ` @ ${atEdge}()`;
}

function printOffset({ offsetNs, offsetExpr }: TimeShift): string {
  if (offsetExpr !== undefined) return ` offset ${printDurationExpr(offsetExpr)}`;
  if (offsetNs === 0) return '';
  return ` offset ${offsetNs < 0 ? '-' : ''}${printPromDuration(Math.abs(offsetNs) / 1e6)}`;
}

function printDuration(ns: number, expr: DurationExpr | undefined): string {
  return expr === undefined ? printPromDuration(ns / 1e6) : printDurationExpr(expr);
}

function printDurationExpr(expr: DurationExpr): string {
  const text = printBareDuration(expr);
  return expr.isWrapped ? `(${text})` : text;
}

function printBareDuration({ operator, left, right }: DurationExpr): string {
  if (operator === 'step' || operator === 'range') return `${operator}()`;
  const second = printDurationTerm(right!);
  if (operator === 'max_of' || operator === 'min_of') return `${operator}(${printDurationTerm(left!)}, ${second})`;
  if (left === undefined) return operator === '-' ? `-${second}` : second;
  return `${printDurationTerm(left)} ${operator} ${second}`;
}

function printDurationTerm(term: DurationTerm): string {
  return term.kind === 'number' ? printNumberLiteral(term) : printDurationExpr(term);
}

function printNumberLiteral({ value, isDuration }: NumberLiteral): string {
  if (isDuration) return `${value < 0 ? '-' : ''}${printPromDuration(Math.abs(value) * 1000)}`;
  return goDecimal(value);
}
