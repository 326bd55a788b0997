/** What the values of an expression are, as far as the names of its metrics tell: they end in their units. */
import { ALL_OF_PROMQL, type BinaryExpr, type Call, type PromExpr, parsePromql } from '#lang/promql';

/** UCUM, as frames have it; empty where nothing tells. */
export function unitOfQuery(text: string): string {
  try {
    return printed(quantityOf(parsePromql(text, ALL_OF_PROMQL)));
  } catch {
    // A query that can't be read has no answer either.
    return '';
  }
}

interface Quantity {
  /** Of a count of observations, what was observed in each. */
  readonly unit: string;
  readonly isCount: boolean;
  readonly isRate: boolean;
}

function printed(quantity: Quantity | undefined): string {
  if (quantity === undefined) return '';
  const { unit, isCount, isRate } = quantity;
  if (isCount) return isRate ? '{event}/s' : '';
  // Seconds per second are a share of time.
  return isRate ? (unit === 's' ? '1' : `${unit}/s`) : unit;
}

const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ['_milliseconds', 'ms'],
  ['_seconds', 's'],
  ['_bytes', 'By'],
  ['_ratio', '1'],
  ['_percent', '%'],
];
const PLAIN: Quantity = { unit: '1', isCount: false, isRate: false };
const PER_SECOND: ReadonlySet<string> = new Set(['rate', 'irate', 'deriv']);
const KEEPING: ReadonlySet<string> = new Set(
  'avg bottomk limitk limit_ratio max min quantile stddev sum topk abs avg_over_time ceil clamp clamp_max clamp_min delta floor histogram_avg histogram_stddev idelta increase label_join label_replace last_over_time max_over_time min_over_time predict_linear quantile_over_time round scalar sort sort_desc sort_by_label sort_by_label_desc stddev_over_time sum_over_time vector'.split(
    ' ',
  ),
);

/** undefined where the names tell nothing. */
function quantityOf(expr: PromExpr): Quantity | undefined {
  switch (expr.kind) {
    case 'selector':
      return quantityOfName(expr.name);
    case 'matrix':
      return quantityOf(expr.selector);
    case 'paren':
    case 'unary':
    case 'subquery':
      return quantityOf(expr.expr);
    case 'aggregation':
      return KEEPING.has(expr.operator) ? quantityOf(expr.expr) : undefined;
    case 'call':
      return quantityOfCall(expr);
    case 'binary':
      return quantityOfBoth(expr);
    default:
      return undefined;
  }
}

function quantityOfName(name: string): Quantity | undefined {
  const base = name.replace(/_(?:bucket|count|sum|total)$/, '');
  const unit = UNITS.find(([suffix]) => base.endsWith(suffix))?.[1];
  const isCount = /_(?:bucket|count)$/.test(name) || (unit === undefined && name.endsWith('_total'));
  return unit === undefined && !isCount ? undefined : { unit: unit ?? '', isCount, isRate: false };
}

function quantityOfCall({ name, arguments: given }: Call): Quantity | undefined {
  const inner = given.map(quantityOf).find((quantity) => quantity !== undefined);
  if (inner === undefined) return undefined;
  // Buckets are counts, and their quantiles what was counted.
  if (name.startsWith('histogram_quantile')) return { unit: inner.unit, isCount: false, isRate: false };
  if (name === 'histogram_count') return { ...inner, isCount: true };
  if (name === 'histogram_fraction') return PLAIN;
  if (PER_SECOND.has(name)) return { ...inner, isRate: true };
  return KEEPING.has(name) ? inner : undefined;
}

function quantityOfBoth({ operator, left, right }: BinaryExpr): Quantity | undefined {
  const [a, b] = [quantityOf(left), quantityOf(right)];
  if (operator === '/') {
    if (a === undefined || b === undefined) return right.kind === 'number' ? a : undefined;
    if (a.isRate !== b.isRate) return undefined;
    // What was added up by how often that was: the mean.
    if (b.isCount && !a.isCount) return { ...a, isRate: false };
    return a.isCount === b.isCount && a.unit === b.unit ? PLAIN : undefined;
  }
  // What is scaled is in another unit: `* 1000` makes milliseconds of seconds.
  if (operator === '*' || operator === '^') return undefined;
  if (a === undefined || b === undefined) return left.kind === 'number' ? b : right.kind === 'number' ? a : undefined;
  return printed(a) === printed(b) || ['and', 'unless'].includes(operator) ? a : undefined;
}
