import { goDecimal } from '#base';
import {
  type BinaryExpr,
  type DurationTerm,
  PROM_FUNCTIONS,
  type PromExpr,
  type TimeShift,
  type VectorSelector,
} from '#lang/promql';

/** An expression as the tree that `parse_query` answers: the one of web/api/v1/translate_ast.go of Prometheus 3.16. Durations are in milliseconds. */
export function treeOf(expr: PromExpr): object {
  switch (expr.kind) {
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.operator,
        expr: treeOf(expr.expr),
        param: expr.parameter === undefined ? null : treeOf(expr.parameter),
        grouping: expr.grouping,
        without: expr.isWithout,
      };
    case 'binary':
      return {
        type: 'binaryExpr',
        op: expr.operator,
        lhs: treeOf(expr.left),
        rhs: treeOf(expr.right),
        matching: matchingOf(expr),
        bool: expr.isBool,
      };
    case 'call':
      return { type: 'call', func: functionOf(expr.name), args: expr.arguments.map(treeOf) };
    case 'matrix':
      return {
        ...selectorOf(expr.selector),
        type: 'matrixSelector',
        range: milliseconds(expr.rangeNs),
        rangeExpr: durationOf(expr.rangeExpr),
      };
    case 'selector':
      return { type: 'vectorSelector', ...selectorOf(expr) };
    case 'subquery':
      return {
        type: 'subquery',
        expr: treeOf(expr.expr),
        range: milliseconds(expr.rangeNs),
        rangeExpr: durationOf(expr.rangeExpr),
        step: milliseconds(expr.stepNs),
        stepExpr: durationOf(expr.stepExpr),
        ...shiftOf(expr),
      };
    case 'number':
      return { type: 'numberLiteral', val: goDecimal(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'paren':
      return { type: 'parenExpr', expr: treeOf(expr.expr) };
    case 'unary':
      return { type: 'unaryExpr', op: expr.operator, expr: treeOf(expr.expr) };
  }
}

function matchingOf({ matching }: BinaryExpr): object | null {
  if (matching === undefined) return null;
  const { cardinality, labels, isOn, include, fillLeft, fillRight } = matching;
  const fillValues = { lhs: fillLeft ?? null, rhs: fillRight ?? null };
  return { card: cardinality, labels, on: isOn, include, fillValues };
}

function functionOf(name: string): object {
  const { arguments: argTypes, variadic, returns } = PROM_FUNCTIONS.get(name)!;
  return { name, argTypes, variadic, returnType: returns };
}

function selectorOf(selector: VectorSelector): object {
  const { name, matchers, modifier } = selector;
  return {
    name,
    matchers: matchers.map((matcher) => ({ name: matcher.name, value: matcher.value, type: matcher.operator })),
    anchored: modifier === 'anchored',
    smoothed: modifier === 'smoothed',
    ...shiftOf(selector),
  };
}

function shiftOf({ offsetNs, offsetExpr, atMs, atEdge }: TimeShift): object {
  return {
    offset: milliseconds(offsetNs),
    offsetExpr: durationOf(offsetExpr),
    timestamp: atMs ?? null,
    startOrEnd: atEdge ?? null,
  };
}

function durationOf(term: DurationTerm | undefined): object | null {
  if (term === undefined) return null;
  if (term.kind === 'number') return { type: 'numberLiteral', val: goDecimal(term.value), duration: term.isDuration };
  const { operator, left, right, isWrapped } = term;
  return { type: 'durationExpr', op: operator, lhs: durationOf(left), rhs: durationOf(right), wrapped: isWrapped };
}

function milliseconds(ns: number): number {
  return Math.trunc(ns / 1e6);
}
