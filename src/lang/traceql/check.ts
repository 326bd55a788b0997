import { Pattern } from '../pattern/index.ts';
import { printScalar, printTraceqlExpr } from './print.ts';
import {
  type BinaryExpr,
  type FieldExpr,
  INTRINSICS,
  type MetricExpr,
  type ScalarExpr,
  type ScalarFilter,
  type Stage,
  TraceqlError,
  type TraceqlPlace,
  type TraceqlQuery,
  type TraceqlType,
} from './tree.ts';

/** A type, or that of an attribute, which only its value tells. */
type Implied = TraceqlType | 'any';

const NUMBERS: ReadonlySet<Implied> = new Set<Implied>(['int', 'float', 'duration', 'any']);

/** Throws TraceqlError for what reads well and means nothing. */
export function checkQuery({ root, hints }: TraceqlQuery, text: string): void {
  const checker = new Checker(text);
  if (root.kind === 'search') checker.stages(root.stages);
  else checker.metric(root);
  for (const hint of hints) checker.hint(hint.name, hint.value.type, hint);
}

/** Values of an attribute that `compare` tells at most. */
const MAX_TOP_N = 1_000;

/** Hints that change an answer, and the types of their values. All others are taken and change nothing. */
const HINTS: Readonly<Record<string, readonly TraceqlType[]>> = {
  most_recent: ['bool'],
  exemplars: ['bool', 'int'],
  sample: ['bool', 'float', 'int'],
};

class Checker {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  #error(reason: string, place: TraceqlPlace): TraceqlError {
    return new TraceqlError(reason, place, this.#text);
  }

  hint(name: string, type: TraceqlType, place: TraceqlPlace): void {
    const types = Object.hasOwn(HINTS, name) ? HINTS[name] : undefined;
    if (types !== undefined && !types.includes(type))
      throw this.#error(`the hint ${name} takes a value of type ${types.join(' or ')}, not ${type}`, place);
  }

  stages(stages: readonly Stage[]): void {
    for (const stage of stages) this.#stage(stage);
  }

  #stage(stage: Stage): void {
    switch (stage.kind) {
      case 'filter':
        if (stage.condition !== undefined) this.#condition(stage.condition);
        return;
      case 'spansets':
        this.#stage(stage.left);
        this.#stage(stage.right);
        return;
      case 'wrapped':
        this.stages(stage.stages);
        return;
      case 'scalar-filter':
        comparable(this.#scalar(stage.left), stage.operator, this.#scalar(stage.right), stage, comparison(stage));
        return;
      case 'by':
        for (const field of stage.fields) {
          this.#typeOf(field);
          if (!asksSpans(field))
            throw unfit('grouping field expressions must reference the span', `by(${written(field)})`, '', field);
        }
        return;
      case 'select':
      case 'coalesce':
        return;
    }
  }

  metric(expr: MetricExpr): void {
    if (expr.kind === 'static') {
      if (expr.value.type !== 'int' && expr.value.type !== 'float')
        throw this.#error('series are put together with other series or with a number', expr);
      return;
    }
    if (expr.kind === 'math') {
      for (const side of [expr.left, expr.right]) {
        this.metric(side);
        if (side.kind === 'metrics' && side.metric.kind === 'compare')
          throw this.#error('nothing is reckoned with what compare makes', side);
      }
      return;
    }
    this.stages(expr.stages);
    const { metric } = expr;
    if (metric.kind === 'compare') {
      if (metric.selection.condition !== undefined) this.#condition(metric.selection.condition);
      if (metric.topN < 1 || metric.topN > MAX_TOP_N)
        throw this.#error(`compare tells from 1 to ${MAX_TOP_N} values of each attribute`, metric);
      if (expr.after.length > 0) throw this.#error('nothing stands behind compare', expr.after[0]!);
      if (metric.window !== undefined && metric.window.endNs <= metric.window.startNs)
        throw this.#error('the selection of compare must begin before it ends', metric);
      return;
    }
    if (metric.of !== undefined && !NUMBERS.has(this.#typeOf(metric.of)))
      throw this.#error(`${metric.operator} takes numbers or durations`, metric.of);
    if (metric.quantiles.some((quantile) => quantile < 0 || quantile > 1))
      throw this.#error('a quantile is a number from 0 to 1', metric);
  }

  #condition(expr: FieldExpr): void {
    const type = this.#typeOf(expr);
    if (type !== 'bool' && (type !== 'any' || expr.kind !== 'attribute'))
      throw unfit('span filter field expressions must resolve to a boolean', `{ ${written(expr)} }`, shown(type), expr);
  }

  #typeOf(expr: FieldExpr): Implied {
    switch (expr.kind) {
      case 'static':
        return expr.value.type;
      case 'attribute':
        return 'any';
      case 'intrinsic':
        return INTRINSICS[expr.name];
      case 'unary': {
        const type = this.#typeOf(expr.operand);
        const isFit = expr.operator === '!' ? type === 'bool' || type === 'any' : NUMBERS.has(type);
        if (!isFit) throw unfit('illegal operation for the given type', written(expr), shown(type), expr);
        return expr.operator === '!' ? 'bool' : type;
      }
      case 'binary':
        return this.#binary(expr);
    }
  }

  #binary(expr: BinaryExpr): Implied {
    const { operator, left, right } = expr;
    const [a, b] = [this.#typeOf(left), this.#typeOf(right)];
    if (operator === '&&' || operator === '||') {
      for (const [side, type] of [
        [left, a],
        [right, b],
      ] as const) {
        if (type !== 'bool' && (type !== 'any' || side.kind !== 'attribute'))
          throw unfit('illegal operation for the given types', written(expr), shown(type), side);
      }
      return 'bool';
    }
    if (operator === '=~' || operator === '!~') return this.#match(expr, a);
    if (['=', '!=', '<', '<=', '>', '>='].includes(operator)) {
      comparable(a, operator, b, expr, written(expr));
      return 'bool';
    }
    if (!NUMBERS.has(a) || !NUMBERS.has(b))
      throw unfit('illegal operation for the given types', written(expr), shown(NUMBERS.has(a) ? b : a), expr);
    if (a === 'any' || b === 'any') return 'any';
    if (a === 'duration' || b === 'duration') return 'duration';
    return a === 'int' && b === 'int' ? 'int' : 'float';
  }

  #match({ operator, left, right }: BinaryExpr, type: Implied): Implied {
    if (type !== 'string' && type !== 'any') throw this.#error(`${operator} takes texts, not ${shown(type)}`, left);
    if (right.kind !== 'static' || right.value.type !== 'string')
      throw this.#error(`behind ${operator} stands a regular expression, in quotes`, right);
    try {
      new Pattern(anchored(right.value.value));
    } catch (error) {
      throw this.#error(
        `error parsing regexp: ${(error as Error).message.replace(/^error parsing regexp: /, '')}`,
        right,
      );
    }
    return 'bool';
  }

  #scalar(expr: ScalarExpr): Implied {
    switch (expr.kind) {
      case 'static':
        return expr.value.type;
      case 'scalar-pipeline':
        this.stages(expr.stages);
        return this.#scalar(expr.value);
      case 'scalars': {
        const [a, b] = [this.#scalar(expr.left), this.#scalar(expr.right)];
        if (!NUMBERS.has(a) || !NUMBERS.has(b)) throw this.#error(`${expr.operator} takes numbers and durations`, expr);
        return a === 'int' && b === 'int' ? 'int' : a === 'duration' || b === 'duration' ? 'duration' : 'any';
      }
      case 'aggregate': {
        if (expr.of === undefined) return 'int';
        const type = this.#typeOf(expr.of);
        if (!NUMBERS.has(type))
          throw unfit(
            'aggregate field expressions must resolve to a number type',
            printScalar(expr),
            shown(type),
            expr.of,
          );
        if (!asksSpans(expr.of))
          throw unfit('aggregate field expressions must reference the span', printScalar(expr), '', expr.of);
        return type;
      }
    }
  }
}

/** `text`: the comparison as it is written. */
function comparable(a: Implied, operator: string, b: Implied, place: TraceqlPlace, text: string): void {
  const isOrdered = operator !== '=' && operator !== '!=';
  if (a === 'nil' || b === 'nil') {
    if (isOrdered) throw unfit('illegal operation for the given types', text, 'nil has no order', place);
    return;
  }
  const isFit = a === 'any' || b === 'any' || a === b || (NUMBERS.has(a) && NUMBERS.has(b));
  if (!isFit)
    throw unfit('binary operations must operate on the same type', text, `${shown(a)} and ${shown(b)}`, place);
  const odd = [a, b].find((type) => type === 'bool' || type === 'status' || type === 'kind');
  if (isOrdered && odd !== undefined)
    throw unfit('illegal operation for the given types', text, `${shown(odd)} has no order`, place);
}

/** In Tempo's words, which name what was written but not its place; `why` in ours. */
function unfit(rule: string, text: string, why: string, place: TraceqlPlace): TraceqlError {
  return new TraceqlError(`${rule}: ${text}${why === '' ? '' : ` (${why})`}`, place, undefined);
}

function comparison({ left, operator, right }: ScalarFilter): string {
  return `${printScalar(left)} ${operator} ${printScalar(right)}`;
}

function written(expr: FieldExpr): string {
  const text = printTraceqlExpr(expr);
  return expr.kind === 'binary' ? text.slice(1, -1) : text;
}

/** A regular expression of TraceQL matches whole texts. */
export function anchored(pattern: string): string {
  return `^(?:${pattern})$`;
}

function asksSpans(expr: FieldExpr): boolean {
  if (expr.kind === 'unary') return asksSpans(expr.operand);
  if (expr.kind === 'binary') return asksSpans(expr.left) || asksSpans(expr.right);
  return expr.kind !== 'static';
}

const SHOWN: Readonly<Record<Implied, string>> = {
  string: 'a text',
  int: 'a whole number',
  float: 'a number',
  duration: 'a duration',
  bool: 'a truth value',
  status: 'a status',
  kind: 'a kind',
  nil: 'nil',
  any: 'a value of an attribute',
};

function shown(type: Implied): string {
  return SHOWN[type];
}
