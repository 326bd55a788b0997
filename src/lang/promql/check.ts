import { goQuoted } from '#base';
import { PROM_FUNCTIONS, type PromFunction } from './functions.ts';
import { matcherTest } from './matcher.ts';
import {
  type Aggregation,
  type BinaryExpr,
  type Call,
  type PromExpr,
  PromqlError,
  type PromRange,
  type PromType,
  type VectorSelector,
} from './tree.ts';

/** Which type an expression has, by its form alone. */
export function promType(expr: PromExpr): PromType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'paren':
    case 'unary':
      return promType(expr.expr);
    case 'call':
      return PROM_FUNCTIONS.get(expr.name)!.returns;
    case 'binary':
      return promType(expr.left) === 'scalar' && promType(expr.right) === 'scalar' ? 'scalar' : 'vector';
    default:
      return 'vector';
  }
}

/** As Prometheus documents the types to people. */
const DOCUMENTED: Readonly<Record<PromType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/**
 * Throws the first PromqlError of an expression whose parts don't fit together, in the order in which promql/parser/parse.go of Prometheus
 * looks: the inner parts of an operand before the operand's own type.
 */
export function checkTypes(expr: PromExpr, text: string): void {
  new Checker(text).check(expr);
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const SETS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

class Checker {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }

  #error(reason: string, range: PromRange): PromqlError {
    return new PromqlError(reason, range, this.#text);
  }

  check(expr: PromExpr): PromType {
    switch (expr.kind) {
      case 'aggregation':
        this.#aggregation(expr);
        break;
      case 'binary':
        this.#binary(expr);
        break;
      case 'call':
        this.#call(expr);
        break;
      case 'paren':
        this.check(expr.expr);
        break;
      case 'unary': {
        const type = this.check(expr.expr);
        if (type !== 'scalar' && type !== 'vector')
          throw this.#error(
            `unary expression only allowed on expressions of type scalar or instant vector, got "${DOCUMENTED[type]}"`,
            expr,
          );
        break;
      }
      case 'subquery': {
        const type = this.check(expr.expr);
        if (type !== 'vector')
          throw this.#error(`subquery is only allowed on instant vector, got ${type} instead`, expr);
        break;
      }
      case 'matrix':
        this.#selector(expr.selector, false);
        break;
      case 'selector':
        this.#selector(expr, false);
        break;
    }
    return promType(expr);
  }

  #expect(expr: PromExpr, wanted: PromType, place: string): void {
    const type = this.check(expr);
    if (type !== wanted)
      throw this.#error(`expected type ${DOCUMENTED[wanted]} in ${place}, got ${DOCUMENTED[type]}`, expr);
  }

  #aggregation(expr: Aggregation): void {
    this.#expect(expr.expr, 'vector', 'aggregation expression');
    if (expr.parameter !== undefined)
      this.#expect(expr.parameter, expr.operator === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
  }

  #binary(expr: BinaryExpr): void {
    const left = this.check(expr.left);
    const right = this.check(expr.right);
    const { operator } = expr;
    const matching = expr.matching!;
    const operatorRange = this.#operatorRange(expr);
    if (expr.isBool && !COMPARISONS.has(operator))
      throw this.#error('bool modifier can only be used on comparison operators', operatorRange);
    if (COMPARISONS.has(operator) && !expr.isBool && left === 'scalar' && right === 'scalar')
      throw this.#error('comparisons between scalars must use BOOL modifier', operatorRange);
    const twice = matching.isOn ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
    if (twice !== undefined)
      throw this.#error(`label ${goQuoted(twice)} must not occur in ON and GROUP clause at once`, operatorRange);
    for (const [type, side] of [
      [left, expr.left],
      [right, expr.right],
    ] as const) {
      if (type !== 'scalar' && type !== 'vector')
        throw this.#error('binary expression must contain only scalar and instant vector types', side);
    }
    this.#matching(expr, left === 'vector' && right === 'vector');
    if ((left === 'scalar' || right === 'scalar') && SETS.has(operator))
      throw this.#error(`set operator ${goQuoted(operator)} not allowed in binary scalar expression`, expr);
  }

  #matching(expr: BinaryExpr, areVectors: boolean): void {
    const { cardinality, labels, fillLeft, fillRight } = expr.matching!;
    const fills = (fillLeft ?? fillRight) !== undefined;
    if (!areVectors) {
      if (labels.length > 0) throw this.#error('vector matching only allowed between instant vectors', expr);
      if (fills) throw this.#error('filling in missing series only allowed between instant vectors', expr);
      expr.matching = undefined;
    } else if (SETS.has(expr.operator)) {
      if (cardinality === 'one-to-many' || cardinality === 'many-to-one')
        throw this.#error(`no grouping allowed for ${goQuoted(expr.operator)} operation`, expr);
      if (fills) throw this.#error('filling in missing series not allowed for set operators', expr);
      expr.matching = { ...expr.matching!, cardinality: 'many-to-many' };
    }
  }

  /** Between the operands, without blanks. */
  #operatorRange({ left, right }: BinaryExpr): PromRange {
    let start = left.end;
    let end = right.start - 1;
    while (/\s/.test(this.#text[start] ?? '')) start++;
    while (/\s/.test(this.#text[end] ?? '')) end--;
    return { start, end };
  }

  #call(call: Call): void {
    const known = PROM_FUNCTIONS.get(call.name)!;
    this.#argumentCount(call, known);
    if (call.name === 'info' && call.arguments.length > 1) this.#infoSelector(call.arguments[1]!);
    call.arguments.forEach((argument, i) => {
      const wanted = known.arguments[Math.min(i, known.arguments.length - 1)]!;
      const isInfoSelector = call.name === 'info' && i === 1 && argument.kind === 'selector';
      if (isInfoSelector) this.#selector(argument, true);
      else this.#expect(argument, wanted, `call to function ${goQuoted(call.name)}`);
    });
  }

  #argumentCount(call: Call, { arguments: wanted, variadic }: PromFunction): void {
    const found = call.arguments.length;
    const least = variadic === 0 ? wanted.length : wanted.length - 1;
    const place = `in call to ${goQuoted(call.name)}, got ${found}`;
    if (variadic === 0) {
      if (found !== least) throw this.#error(`expected ${least} argument(s) ${place}`, call);
    } else if (found < least) {
      throw this.#error(`expected at least ${least} argument(s) ${place}`, call);
    } else if (variadic > 0 && found > least + variadic) {
      throw this.#error(`expected at most ${least + variadic} argument(s) ${place}`, call);
    }
  }

  #infoSelector(argument: PromExpr): void {
    const type = promType(argument);
    if (type !== 'vector')
      throw this.#error(`expected type instant vector in call to function "info", got ${DOCUMENTED[type]}`, argument);
    if (argument.kind !== 'selector') throw this.#error('expected label selectors only', argument);
    if (argument.name !== '') throw this.#error('expected label selectors only, got vector selector instead', argument);
  }

  #selector(selector: VectorSelector, mayBeEmpty: boolean): void {
    if (selector.name !== '') {
      const second = selector.matchers.slice(0, -1).find(({ name }) => name === '__name__');
      if (second !== undefined)
        throw this.#error(
          `metric name must not be set twice: ${goQuoted(selector.name)} or ${goQuoted(second.value)}`,
          selector,
        );
    } else if (!mayBeEmpty && selector.matchers.every((matcher) => matcherTest(matcher)(''))) {
      throw this.#error('vector selector must contain at least one non-empty matcher', selector);
    }
  }
}
