/** What a rule's expression compares, so that a person sees the value beside its limit; and the same in words. */
import {
  ALL_OF_PROMQL,
  type ComparisonOperator,
  childrenOf,
  type PromExpr,
  parsePromql,
  printPromql,
} from '#lang/promql';

export interface Condition {
  /** What is measured, in PromQL. */
  readonly measured: string;
  readonly operator: ComparisonOperator;
  /** A number, where the limit is one. */
  readonly limit: number | undefined;
  /** As it is written. */
  readonly limitText: string;
}

const TURNED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

const LOGQL_LIMIT = /^(.*\S)\s*(==|!=|>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)$/s;

/** As `conditionOf`, of an expression in LogQL, where its last comparison is with a number. */
export function logqlConditionOf(text: string): Condition | undefined {
  const [, measured, operator, limitText] = LOGQL_LIMIT.exec(text.trim()) ?? [];
  if (measured === undefined || operator === undefined || limitText === undefined) return undefined;
  // Within quotes or brackets it compares something else.
  if (openBrackets(measured) !== 0) return undefined;
  return { measured, operator: operator as ComparisonOperator, limit: Number(limitText), limitText };
}

function openBrackets(text: string): number {
  const bare = text.replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '');
  if (/["`]/.test(bare)) return -1;
  return [...bare].reduce((depth, char) => depth + ('({['.includes(char) ? 1 : ')}]'.includes(char) ? -1 : 0), 0);
}

/** undefined for an expression that compares nothing at its top: any value of it is an alert. */
export function conditionOf(text: string): Condition | undefined {
  const expr = parsed(text);
  if (expr?.kind !== 'binary' || expr.isBool || !(expr.operator in TURNED)) return undefined;
  const operator = expr.operator as ComparisonOperator;
  const [left, right] = [numberOf(expr.left), numberOf(expr.right)];
  if (left !== undefined && right === undefined)
    return {
      measured: printPromql(expr.right),
      operator: TURNED[operator],
      limit: left,
      limitText: printPromql(expr.left),
    };
  return { measured: printPromql(expr.left), operator, limit: right, limitText: printPromql(expr.right) };
}

/** Rules ask in LogQL, too, and those of Grafana combine several queries: these are evaluated by the server alone. */
export function isPromql(text: string): boolean {
  return parsed(text) !== undefined;
}

function parsed(text: string): PromExpr | undefined {
  try {
    return unwrapped(parsePromql(text, ALL_OF_PROMQL));
  } catch {
    // What can't be read is said where the rule is evaluated.
    return undefined;
  }
}

function unwrapped(expr: PromExpr): PromExpr {
  return expr.kind === 'paren' ? unwrapped(expr.expr) : expr;
}

/** Of a literal with its sign. */
function numberOf(expr: PromExpr): number | undefined {
  const inner = unwrapped(expr);
  if (inner.kind === 'number') return inner.value;
  if (inner.kind !== 'unary') return undefined;
  const value = numberOf(inner.expr);
  return value === undefined ? undefined : inner.operator === '-' ? -value : value;
}

export function isMet({ operator }: Condition, value: number, limit: number): boolean {
  if (operator === '==') return value === limit;
  if (operator === '!=') return value !== limit;
  if (operator === '<') return value < limit;
  if (operator === '<=') return value <= limit;
  return operator === '>' ? value > limit : value >= limit;
}

/** A part of an expression in words, with the parts that it is made of. */
export interface Explained {
  readonly text: string;
  readonly words: string;
  readonly parts: readonly Explained[];
}

const MAX_DEPTH = 6;

/** undefined for what can't be read. */
export function explainExpr(text: string): Explained | undefined {
  const expr = parsed(text);
  return expr === undefined ? undefined : explained(expr, 0);
}

function explained(expr: PromExpr, depth: number): Explained {
  const parts = depth >= MAX_DEPTH ? [] : childrenOf(expr).flatMap(meaningful);
  return { text: printPromql(expr), words: wordsOf(expr), parts: parts.map((part) => explained(part, depth + 1)) };
}

/** Numbers and brackets say nothing of their own. */
function meaningful(expr: PromExpr): readonly PromExpr[] {
  const inner = expr.kind === 'matrix' ? expr.selector : unwrapped(expr);
  return inner.kind === 'number' || inner.kind === 'string' ? [] : [inner];
}

const COMPARED: Readonly<Record<string, string>> = {
  '==': 'equals',
  '!=': 'differs from',
  '<': 'is below',
  '<=': 'is at most',
  '>': 'is above',
  '>=': 'is at least',
};
const COMBINED: Readonly<Record<string, string>> = {
  '+': 'the sum of both',
  '-': 'the first less the second',
  '*': 'the product of both',
  '/': 'the first as a share of the second',
  '%': 'what is left of the first after the second',
  '^': 'the first to the power of the second',
  and: 'those of the first that the second has too',
  or: 'those of the first, and those of the second that the first lacks',
  unless: 'those of the first that the second lacks',
};
const CALLS: Readonly<Record<string, string>> = {
  absent: 'one value where there is no series at all, nothing else',
  absent_over_time: 'one value where there was no sample in the range, nothing else',
  changes: 'how often the value changed in the range',
  deriv: 'how fast a gauge goes up or down, per second',
  histogram_quantile: 'the value below which that share of all observations lies',
  increase: 'by how much a counter grew in the range',
  irate: 'how fast a counter grew between its last two samples, per second',
  predict_linear: 'what the value will be, if it goes on as in the range',
  rate: 'how fast a counter grew in the range, per second',
  resets: 'how often a counter began anew in the range',
  time: 'the time of the evaluation',
  vector: 'a number as a series without labels',
};

function wordsOf(expr: PromExpr): string {
  switch (expr.kind) {
    case 'binary':
      if (expr.operator in COMPARED)
        return `keeps the series whose value ${COMPARED[expr.operator]!} ${printPromql(expr.right)}`;
      return COMBINED[expr.operator] ?? `combined by ${expr.operator}`;
    case 'aggregation': {
      const { operator, grouping, isWithout } = expr;
      const what = operator === 'avg' ? 'the mean' : operator === 'sum' ? 'the sum' : operator;
      if (grouping.length === 0) return `${what} of all series`;
      return `${what} for each ${isWithout ? 'set of labels without' : ''} ${grouping.join(', ')}`.replace('  ', ' ');
    }
    case 'call':
      if (expr.name.endsWith('_over_time') && !(expr.name in CALLS))
        return `${expr.name.slice(0, -'_over_time'.length)} of the samples in the range`;
      return CALLS[expr.name] ?? `the function ${expr.name}`;
    case 'selector': {
      const others = expr.matchers.length - (expr.name === '' ? 0 : 1);
      const of = expr.name === '' ? 'series' : `the metric ${expr.name}`;
      return others > 0 ? `${of} where the labels match` : of;
    }
    case 'subquery':
      return 'evaluated again and again over the range';
    case 'unary':
      return 'with its sign turned';
    default:
      return '';
  }
}
