/** A query's expressions as the engine runs them: what is known is reckoned, ids are written in full. */
import type {
  ArithmeticOperator,
  CompareOperator,
  FieldExpr,
  IntrinsicName,
  MetricExpr,
  ScalarExpr,
  Stage,
} from '#lang/traceql';
import { arithmetic, COMPARISONS, compare, isDenial } from './field-value.ts';

/** Digits of the ids that intrinsics are. */
const ID_DIGITS: { readonly [name in IntrinsicName]?: number } = {
  'trace:id': 32,
  'link:traceID': 32,
  'span:id': 16,
  'span:parentID': 16,
  'link:spanID': 16,
  parent: 16,
};

export function normalizedStages(stages: readonly Stage[]): readonly Stage[] {
  return stages.map(normalizedStage);
}

function normalizedStage<T extends Stage>(stage: T): T {
  const one: Stage = stage;
  switch (one.kind) {
    case 'filter':
      return { ...stage, condition: one.condition === undefined ? undefined : normalizedExpr(one.condition) };
    case 'spansets':
      return { ...stage, left: normalizedStage(one.left), right: normalizedStage(one.right) };
    case 'wrapped':
      return { ...stage, stages: normalizedStages(one.stages) };
    case 'scalar-filter':
      return { ...stage, left: normalizedScalar(one.left), right: normalizedScalar(one.right) };
    case 'by':
    case 'select':
    case 'coalesce':
      return stage;
  }
}

function normalizedScalar(expr: ScalarExpr): ScalarExpr {
  switch (expr.kind) {
    case 'static':
    case 'aggregate':
      return expr;
    case 'scalars':
      return { ...expr, left: normalizedScalar(expr.left), right: normalizedScalar(expr.right) };
    case 'scalar-pipeline':
      return { ...expr, stages: normalizedStages(expr.stages), value: normalizedScalar(expr.value) };
  }
}

export function normalizedMetric<T extends MetricExpr>(expr: T): T {
  const one: MetricExpr = expr;
  if (one.kind === 'math') return { ...expr, left: normalizedMetric(one.left), right: normalizedMetric(one.right) };
  if (one.kind === 'static') return expr;
  const { metric } = one;
  const own = metric.kind === 'compare' ? { ...metric, selection: normalizedStage(metric.selection) } : metric;
  return { ...expr, stages: normalizedStages(one.stages), metric: own };
}

const ARITHMETIC: ReadonlySet<string> = new Set<ArithmeticOperator>(['+', '-', '*', '/', '%', '^']);

function normalizedExpr(expr: FieldExpr): FieldExpr {
  if (expr.kind === 'unary') return { ...expr, operand: normalizedExpr(expr.operand) };
  if (expr.kind !== 'binary') return expr;
  const [left, right] = [normalizedExpr(expr.left), normalizedExpr(expr.right)];
  const { operator } = expr;
  if (left.kind === 'static' && right.kind === 'static' && ARITHMETIC.has(operator)) {
    const value = arithmetic(left.value, operator as ArithmeticOperator, right.value);
    if (value !== undefined && value.type !== 'many')
      return { kind: 'static', value, start: expr.start, end: expr.end };
  }
  if (left.kind === 'static' && right.kind === 'static' && Object.hasOwn(COMPARISONS, operator)) {
    const holds = COMPARISONS[operator as keyof typeof COMPARISONS];
    const isNil = left.value.type === 'nil' || right.value.type === 'nil';
    const value = isNil
      ? (left.value.type === right.value.type) === (operator === '=')
      : compare(left.value, right.value, isDenial(operator as CompareOperator), holds);
    return { kind: 'static', value: { type: 'bool', value }, start: expr.start, end: expr.end };
  }
  return { ...expr, left: asId(left, right), right: asId(right, left) };
}

/** A text that is compared with an id. */
function asId(expr: FieldExpr, other: FieldExpr): FieldExpr {
  if (expr.kind !== 'static' || expr.value.type !== 'string' || other.kind !== 'intrinsic') return expr;
  const digits = ID_DIGITS[other.name];
  if (digits === undefined || !/^[0-9a-fA-F]+$/.test(expr.value.value)) return expr;
  return { ...expr, value: { type: 'string', value: expr.value.value.toLowerCase().padStart(digits, '0') } };
}
