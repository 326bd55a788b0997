/** What the grammar lets pass and Loki refuses. */
import { matcherTest } from '../promql/matcher.ts';
import {
  type LogExpr,
  LogqlError,
  type LogqlExpr,
  type MetricExpr,
  type RangeAggregation,
  type RangeOperator,
  type VectorAggregation,
  type VectorOperator,
} from './tree.ts';

/** Counts of lines and bytes, which need no value. */
const OF_LINES: ReadonlySet<RangeOperator> = new Set(['count_over_time', 'bytes_rate', 'bytes_over_time']);
/** These work on lines, and on values too. */
const OF_BOTH: ReadonlySet<RangeOperator> = new Set(['rate', 'absent_over_time']);
const GROUPED: ReadonlySet<RangeOperator> = new Set([
  'avg_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'max_over_time',
  'min_over_time',
  'first_over_time',
  'last_over_time',
]);

const TAKE_NUMBER: ReadonlySet<VectorOperator> = new Set(['topk', 'bottomk', 'approx_topk']);

export function checkExpression(expr: LogqlExpr): void {
  switch (expr.kind) {
    case 'logs':
      checkSelector(expr);
      return;
    case 'range':
      checkRange(expr);
      return;
    case 'vector-aggregation':
      checkVector(expr);
      checkExpression(expr.expr);
      return;
    case 'label_replace':
      checkExpression(expr.expr);
      return;
    case 'binary':
      checkSide(expr.operator, 'left', expr.left);
      checkSide(expr.operator, 'right', expr.right);
      checkExpression(expr.left);
      checkExpression(expr.right);
      return;
    case 'literal':
    case 'vector':
      return;
  }
}

function checkSelector(logs: LogExpr): void {
  const narrows = logs.matchers.some((matcher) => !matcherTest(matcher)(''));
  if (narrows) return;
  throw new LogqlError(
    'queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
      'For instance, app=~".*" does not meet this requirement, but app=~".+" will',
    logs,
    undefined,
  );
}

function checkRange(expr: RangeAggregation): void {
  checkSelector(expr.logs);
  const { operator, unwrap, grouping, parameter } = expr;
  const fail = (reason: string): never => {
    throw new LogqlError(reason, expr, undefined);
  };
  const takesNumber = operator === 'quantile_over_time';
  if (takesNumber && parameter === undefined) fail(`parameter required for operation ${operator}`);
  if (!takesNumber && parameter !== undefined) fail(`parameter ${parameter} not supported for operation ${operator}`);
  if (unwrap !== undefined && OF_LINES.has(operator)) fail(`invalid aggregation ${operator} with unwrap`);
  if (unwrap === undefined && !OF_LINES.has(operator) && !OF_BOTH.has(operator))
    fail(`invalid aggregation ${operator} without unwrap`);
  if (grouping !== undefined && !GROUPED.has(operator)) fail(`grouping not allowed for ${operator} aggregation`);
  if (!(expr.rangeNs > 0)) fail('invalid range: a range must be longer than nothing');
}

function checkVector({ operator, parameter, grouping, start, end }: VectorAggregation): void {
  const fail = (reason: string): never => {
    throw new LogqlError(reason, { start, end }, undefined);
  };
  const takesNumber = TAKE_NUMBER.has(operator);
  if (takesNumber && parameter === undefined) fail(`parameter required for operation ${operator}`);
  if (!takesNumber && parameter !== undefined) fail(`unsupported parameter for operation ${operator}(${parameter},`);
  if (parameter !== undefined && !(parameter >= 1))
    fail(`invalid parameter (must be greater than 0) ${operator}(${parameter}`);
  if (parameter !== undefined && !Number.isInteger(parameter))
    fail(`invalid parameter ${operator}(${parameter}, a whole number is expected`);
  if (grouping !== undefined && (operator === 'sort' || operator === 'sort_desc'))
    fail(`grouping not allowed for ${operator} aggregation`);
  if (grouping !== undefined && operator === 'approx_topk') fail('grouping not allowed for approx_topk aggregation');
}

function checkSide(operator: string, leg: 'left' | 'right', side: MetricExpr): void {
  if (side.kind !== 'literal' || !/^(?:and|or|unless)$/.test(operator)) return;
  throw new LogqlError(
    `unexpected literal for ${leg} leg of logical/binary operation (${operator}): ${side.value.toFixed(6)}`,
    side,
    undefined,
  );
}
