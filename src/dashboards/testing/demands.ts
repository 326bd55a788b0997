import { examplesOf } from '#lang/pattern';
import {
  type BinaryExpr,
  type Call,
  type LabelMatcher,
  matcherTest,
  type PromExpr,
  type VectorSelector,
} from '#lang/promql';

/** What expressions want of the series of a metric. */
export class MetricDemand {
  readonly name: string;
  kind: 'counter' | 'gauge' | 'native-histogram';
  /** What each selector wants of labels, each once. */
  readonly variants: Map<string, readonly LabelMatcher[]> = new Map();
  /** Labels that something groups or joins by, or reads. */
  readonly labels: Set<string> = new Set(['job', 'instance']);
  /** Patterns that values of a label should match, for `label_replace`. */
  readonly patterns: Map<string, string> = new Map();
  /** Values that comparisons let through. */
  readonly values: number[] = [];

  constructor(name: string) {
    this.name = name;
    this.kind = /_(total|count|sum|bucket)$/.test(name) ? 'counter' : 'gauge';
  }
}

interface Context {
  readonly kind?: MetricDemand['kind'];
  readonly value?: number;
}

/** Metrics whose labels must be the same so that one-to-one operations find partners. */
interface Joined {
  readonly metrics: readonly MetricDemand[];
  readonly except: ReadonlySet<string>;
}

const OF_COUNTERS = new Set(['rate', 'irate', 'increase', 'resets']);
const OF_NATIVE = new Set([
  'histogram_count',
  'histogram_sum',
  'histogram_avg',
  'histogram_fraction',
  'histogram_stddev',
]);
/** What gives back one of the values that went in. */
const KEEPS_VALUE = new Set([
  'max_over_time',
  'min_over_time',
  'avg_over_time',
  'last_over_time',
  'sort',
  'sort_desc',
  'label_replace',
  'label_join',
]);
const KEEPS_VALUE_AGGREGATED = new Set(['max', 'min', 'avg', 'topk', 'bottomk']);

/** Gathers what expressions want. */
export class Demands {
  readonly metrics: Map<string, MetricDemand> = new Map();
  readonly #joined: Joined[] = [];

  add(expr: PromExpr): void {
    this.#visit(expr, {});
  }

  /** That the series of a selector have a label, as a variable's query asks. */
  addLabel(expr: PromExpr, label: string): void {
    for (const metric of this.#visit(expr, {})) metric.labels.add(label);
  }

  /** Gives metrics that are joined the same labels. */
  settle(): void {
    for (let isChanged = true; isChanged; ) {
      isChanged = false;
      for (const { metrics, except } of this.#joined) {
        const all = new Set(metrics.flatMap(({ labels }) => [...labels]).filter((label) => !except.has(label)));
        for (const metric of metrics)
          for (const label of all) {
            if (metric.labels.has(label)) continue;
            metric.labels.add(label);
            isChanged = true;
          }
      }
    }
  }

  /** The metrics whose own labels the result still has. */
  #visit(expr: PromExpr, context: Context): readonly MetricDemand[] {
    switch (expr.kind) {
      case 'number':
      case 'string':
        return [];
      case 'selector':
        return this.#select(expr, context);
      case 'matrix':
        return this.#select(expr.selector, context);
      case 'paren':
      case 'subquery':
        return this.#visit(expr.expr, context);
      case 'unary':
        return this.#visit(expr.expr, {});
      case 'call':
        return this.#call(expr, context);
      case 'binary':
        return this.#binary(expr, context);
      case 'aggregation': {
        const inside = KEEPS_VALUE_AGGREGATED.has(expr.operator) ? context : kindOnly(context);
        if (expr.parameter !== undefined) this.#visit(expr.parameter, {});
        const metrics = this.#visit(expr.expr, inside);
        for (const label of expr.grouping) for (const metric of metrics) metric.labels.add(label);
        const keepsLabels = expr.isWithout || ['topk', 'bottomk', 'limitk'].includes(expr.operator);
        return keepsLabels ? metrics : [];
      }
    }
  }

  #select({ matchers }: VectorSelector, { kind, value }: Context): readonly MetricDemand[] {
    const wanted = matchers.filter(({ name }) => name !== '__name__');
    const key = JSON.stringify(wanted.map(({ name, operator, value: of }) => [name, operator, of]));
    // Of those that a pattern can mean only one is there in truth.
    const names = namesOf(matchers);
    const name = names.find((each) => this.metrics.has(each)) ?? names[0];
    if (name === undefined) return [];
    const metric = this.metrics.get(name) ?? new MetricDemand(name);
    this.metrics.set(name, metric);
    metric.variants.set(key, wanted);
    if (kind === 'native-histogram' && !name.endsWith('_bucket')) metric.kind = kind;
    else if (kind === 'counter' && metric.kind === 'gauge') metric.kind = kind;
    if (value !== undefined) metric.values.push(value);
    return [metric];
  }

  #call(call: Call, context: Context): readonly MetricDemand[] {
    // What is absent must not be there.
    if (call.name === 'absent' || call.name === 'absent_over_time') return [];
    const isQuantile = call.name === 'histogram_quantile';
    const inside: Context = OF_COUNTERS.has(call.name)
      ? { kind: context.kind === 'native-histogram' ? context.kind : 'counter' }
      : isQuantile || OF_NATIVE.has(call.name)
        ? { kind: 'native-histogram' }
        : KEEPS_VALUE.has(call.name)
          ? context
          : kindOnly(context);
    const metrics = call.arguments.flatMap((argument) => this.#visit(argument, inside));
    const texts = call.arguments.map((argument) => (argument.kind === 'string' ? argument.value : ''));
    if (isQuantile) for (const metric of metrics) if (metric.name.endsWith('_bucket')) metric.labels.add('le');
    if (call.name === 'label_replace')
      for (const metric of metrics) {
        metric.labels.add(texts[3]!);
        if (!metric.patterns.has(texts[3]!)) metric.patterns.set(texts[3]!, texts[4]!);
      }
    if (call.name === 'label_join')
      for (const metric of metrics) for (const label of texts.slice(3)) metric.labels.add(label);
    return metrics;
  }

  #binary(expr: BinaryExpr, context: Context): readonly MetricDemand[] {
    const { operator, matching } = expr;
    const rightNumber = numberOf(expr.right);
    const leftNumber = numberOf(expr.left);
    const keeps = operator === 'and' || operator === 'unless' || operator === 'or' ? context : {};
    const left = this.#visit(expr.left, rightNumber === undefined ? keeps : wantedBy(operator, rightNumber));
    const right = this.#visit(expr.right, leftNumber === undefined ? {} : wantedBy(mirrored(operator), leftNumber));
    if (matching === undefined) return [...left, ...right];
    if (matching.isOn) {
      for (const metric of [...left, ...right]) for (const label of matching.labels) metric.labels.add(label);
      const one = matching.cardinality === 'one-to-many' ? left : right;
      for (const metric of one) for (const label of matching.include) metric.labels.add(label);
    } else if (operator !== 'or' && left.length > 0 && right.length > 0)
      this.#joined.push({ metrics: [...left, ...right], except: new Set(matching.labels) });
    return matching.cardinality === 'one-to-many' ? right : operator === 'or' ? [...left, ...right] : left;
  }
}

function kindOnly({ kind }: Context): Context {
  return kind === undefined ? {} : { kind };
}

/** The metrics that a selector can mean. */
function namesOf(matchers: readonly LabelMatcher[]): string[] {
  const names = matchers.filter(({ name }) => name === '__name__');
  const found = names.flatMap(({ operator, value }) => {
    if (operator === '=') return [value];
    return operator === '=~' ? examplesOf(value, 8) : [];
  });
  return found.filter((name) => names.every((matcher) => matcherTest(matcher)(name)));
}

function numberOf(expr: PromExpr): number | undefined {
  if (expr.kind === 'number') return expr.value;
  if (expr.kind === 'paren') return numberOf(expr.expr);
  if (expr.kind === 'unary') {
    const value = numberOf(expr.expr);
    return value === undefined ? undefined : expr.operator === '-' ? -value : value;
  }
  return undefined;
}

/** A value that a comparison with `bound` lets through. */
function wantedBy(operator: string, bound: number): Context {
  if (operator === '==' || operator === '>=' || operator === '<=') return { value: bound };
  if (operator === '>' || operator === '!=') return { value: bound + 1 };
  if (operator === '<') return { value: bound - 1 };
  return {};
}

function mirrored(operator: string): string {
  const at = ['<', '>', '<=', '>='].indexOf(operator);
  return at < 0 ? operator : ['>', '<', '>=', '<='][at]!;
}
