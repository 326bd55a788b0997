/**
 * LogQL's metrics are PromQL over samples that lines make: what a range aggregation reads becomes a series of samples, one a line, and the rest
 * of the expression is the same in both languages.
 */
import type {
  BinaryExpr,
  Grouping,
  MetricExpr,
  RangeAggregation,
  RangeOperator,
  StreamMatcher,
  VectorAggregation,
} from '#lang/logql';
import type { Aggregation, Aggregator, PromExpr, VectorMatching, VectorSelector } from '#lang/promql';

/** What stands in a PromQL tree for lines. */
export interface Leaf {
  readonly expr: RangeAggregation;
  /** Labels by which a sum over it is asked for, so that lines can be counted by them; undefined where they can't. */
  readonly sumBy: readonly string[] | undefined;
}

/** By the matchers of their selectors. */
export type Leaves = Map<readonly StreamMatcher[], Leaf>;

export interface MetricTree {
  readonly expr: PromExpr;
  readonly leaves: Leaves;
}

export function asPromql(expr: MetricExpr): MetricTree {
  const leaves: Leaves = new Map();
  return { expr: translated(expr, leaves), leaves };
}

function translated(expr: MetricExpr, leaves: Leaves, sumBy?: readonly string[]): PromExpr {
  const { start, end } = expr;
  switch (expr.kind) {
    case 'literal':
      return number(expr.value, expr);
    case 'vector':
      return { kind: 'call', name: 'vector', arguments: [number(expr.value, expr)], start, end };
    case 'range':
      return rangeCall(expr, leaves, sumBy);
    case 'vector-aggregation':
      return aggregation(expr, leaves);
    case 'label_replace': {
      const texts = [expr.destination, expr.replacement, expr.source, expr.pattern];
      const strings = texts.map((value): PromExpr => ({ kind: 'string', value, start, end }));
      return {
        kind: 'call',
        name: 'label_replace',
        arguments: [translated(expr.expr, leaves), ...strings],
        start,
        end,
      };
    }
    case 'binary':
      return binary(expr, leaves);
  }
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function number(value: number, { start, end }: Place): PromExpr {
  return { kind: 'number', value, isDuration: false, start, end };
}

/** Samples are the bytes of lines, a 1 for each, or a value: their sum is what counts ask for. */
const FUNCTIONS: { readonly [operator in RangeOperator]: string } = {
  rate: 'sum_over_time',
  rate_counter: 'rate',
  count_over_time: 'sum_over_time',
  bytes_rate: 'sum_over_time',
  bytes_over_time: 'sum_over_time',
  avg_over_time: 'avg_over_time',
  sum_over_time: 'sum_over_time',
  min_over_time: 'min_over_time',
  max_over_time: 'max_over_time',
  stdvar_over_time: 'stdvar_over_time',
  stddev_over_time: 'stddev_over_time',
  quantile_over_time: 'quantile_over_time',
  first_over_time: 'first_over_time',
  last_over_time: 'last_over_time',
  absent_over_time: 'absent_over_time',
};

/** Whether its value over several series of samples is the sum of its values over each. */
export function isSum(operator: RangeOperator): boolean {
  return FUNCTIONS[operator] === 'sum_over_time';
}

function rangeCall(expr: RangeAggregation, leaves: Leaves, sumBy: readonly string[] | undefined): PromExpr {
  const { operator, parameter, rangeNs, offsetNs, atMs, atEdge, start, end } = expr;
  // Each its own list: by it the samples are found.
  const matchers = [...expr.logs.matchers];
  leaves.set(matchers, { expr, sumBy });
  const selector: VectorSelector = {
    kind: 'selector',
    name: '',
    matchers,
    offsetNs,
    offsetExpr: undefined,
    atMs,
    atEdge,
    modifier: undefined,
    start,
    end,
  };
  const matrix: PromExpr = { kind: 'matrix', selector, rangeNs, rangeExpr: undefined, start, end };
  const parameters = parameter === undefined ? [] : [number(parameter, expr)];
  const call: PromExpr = { kind: 'call', name: FUNCTIONS[operator], arguments: [...parameters, matrix], start, end };
  if (operator !== 'rate' && operator !== 'bytes_rate') return call;
  const seconds = number(rangeNs / 1e9, expr);
  return { kind: 'binary', operator: '/', left: call, right: seconds, isBool: false, matching: undefined, start, end };
}

function aggregation({ operator, parameter, grouping, expr, start, end }: VectorAggregation, leaves: Leaves): PromExpr {
  const isSumBy = operator === 'sum' && grouping?.isWithout !== true;
  const inner = translated(expr, leaves, isSumBy ? (grouping?.labels ?? []) : undefined);
  if (operator === 'sort' || operator === 'sort_desc')
    return { kind: 'call', name: operator, arguments: [inner], start, end };
  const name: Aggregator = operator === 'approx_topk' ? 'topk' : operator;
  return {
    kind: 'aggregation',
    operator: name,
    expr: inner,
    parameter: parameter === undefined ? undefined : number(parameter, { start, end }),
    ...grouped(grouping),
    start,
    end,
  };
}

function grouped(grouping: Grouping | undefined): Pick<Aggregation, 'grouping' | 'isWithout'> {
  return { grouping: grouping?.labels ?? [], isWithout: grouping?.isWithout ?? false };
}

function binary(expr: BinaryExpr, leaves: Leaves): PromExpr {
  const { operator, isBool, start, end } = expr;
  const [left, right] = [translated(expr.left, leaves), translated(expr.right, leaves)];
  const isOfVectors = left.kind !== 'number' && right.kind !== 'number';
  // Two plain numbers have an answer in LogQL, whatever is asked of them.
  const isOfNumbers = left.kind === 'number' && right.kind === 'number';
  const matching = isOfVectors ? matchingOf(expr) : undefined;
  return {
    kind: 'binary',
    operator,
    left,
    right,
    isBool: isBool || (isOfNumbers && COMPARES.test(operator)),
    matching,
    start,
    end,
  };
}

const COMPARES = /^(?:[=!]=|[<>]=?)$/;

function matchingOf({ operator, matching }: BinaryExpr): VectorMatching {
  const isSet = operator === 'and' || operator === 'or' || operator === 'unless';
  const group = matching?.group;
  return {
    cardinality: isSet
      ? 'many-to-many'
      : group === 'left'
        ? 'many-to-one'
        : group === 'right'
          ? 'one-to-many'
          : 'one-to-one',
    labels: matching?.labels ?? [],
    isOn: matching?.isOn ?? false,
    include: matching?.include ?? [],
    fillLeft: undefined,
    fillRight: undefined,
  };
}
