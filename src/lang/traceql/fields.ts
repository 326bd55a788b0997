import type { Token } from './lexer.ts';
import type { TokenReader } from './reader.ts';
import {
  type ArithmeticOperator,
  type CompareOperator,
  type FieldExpr,
  type LogicOperator,
  SPAN_KIND_WORDS,
  STATUS_WORDS,
  type TraceqlField,
  type TraceqlPlace,
  type TraceqlValue,
} from './tree.ts';

/** From loose to tight, as in Tempo's grammar: `&&` and `||` bind alike, from left to right. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  '&&': 1,
  '||': 1,
  '=': 2,
  '!=': 2,
  '<': 2,
  '<=': 2,
  '>': 2,
  '>=': 2,
  '=~': 2,
  '!~': 2,
  '+': 3,
  '-': 3,
  '*': 4,
  '/': 4,
  '%': 4,
  '^': 5,
};
const MINUS_PRECEDENCE = 3;
/** Operators at one level, each of which holds all before it. */
const MAX_CHAIN = 500;
/** Each nests all before it. */
const MAX_TURNS = 100;

export function isCompareOperator(operator: string): operator is CompareOperator {
  return PRECEDENCE[operator] === 2;
}

/** What is asked of a span: an expression whose operators bind tighter than `above`. */
export function parseFieldExpr(reader: TokenReader, above = 0): FieldExpr {
  return reader.nested(() => {
    let left = operand(reader);
    let turns = 0;
    for (let length = 1; ; length++) {
      const token = reader.peek();
      const precedence = token.kind === 'sign' ? PRECEDENCE[token.text] : undefined;
      if (precedence === undefined || precedence <= above) return left;
      if (length > MAX_CHAIN) throw reader.error(`more than ${MAX_CHAIN} operators in a row`, token);
      reader.next();
      const operator = token.text as CompareOperator | ArithmeticOperator | LogicOperator;
      // `a ^ b ^ c` is `a ^ (b ^ c)`.
      const right = parseFieldExpr(reader, operator === '^' ? precedence - 1 : precedence);
      if (left.kind === 'binary' && left.operator !== operator && ++turns > MAX_TURNS)
        throw reader.error(`&& and || take turns more than ${MAX_TURNS} times`, token);
      left = { kind: 'binary', operator, left, right, start: left.start, end: right.end };
    }
  });
}

function operand(reader: TokenReader): FieldExpr {
  const token = reader.peek();
  if (reader.accept('sign', '(') !== undefined) {
    const inner = parseFieldExpr(reader);
    reader.expect('sign', ')');
    return inner;
  }
  if (reader.accept('sign', '!') !== undefined) {
    const of = reader.nested(() => operand(reader));
    return { kind: 'unary', operator: '!', operand: of, start: token.start, end: of.end };
  }
  if (reader.accept('sign', '-') !== undefined) {
    const of = parseFieldExpr(reader, MINUS_PRECEDENCE);
    const negated = of.kind === 'static' ? negative(of.value) : undefined;
    const place = { start: token.start, end: of.end };
    if (negated !== undefined) return { kind: 'static', value: inRange(reader, negated, place), ...place };
    return { kind: 'unary', operator: '-', operand: of, ...place };
  }
  const field = parseField(reader);
  if (field !== undefined) return field;
  const value = staticOf(token);
  if (value === undefined) throw reader.unexpected();
  reader.next();
  // Behind a minus is where -2^63 stands.
  const isNegated = reader.is('sign', '-', -2);
  return {
    kind: 'static',
    value: isNegated ? value : inRange(reader, value, token),
    start: token.start,
    end: token.end,
  };
}

/** An attribute or an intrinsic, undefined where there is none. */
export function parseField(reader: TokenReader): TraceqlField | undefined {
  const { start, end, attribute, intrinsic } = reader.peek();
  if (attribute !== undefined) {
    reader.next();
    return { kind: 'attribute', ...attribute, start, end };
  }
  if (intrinsic === undefined) return undefined;
  reader.next();
  return { kind: 'intrinsic', name: intrinsic, start, end };
}

const MAX_INT = 2n ** 63n - 1n;

function inRange<T extends TraceqlValue>(reader: TokenReader, value: T, place: TraceqlPlace): T {
  if (value.type === 'int' && (BigInt(value.value) > MAX_INT || BigInt(value.value) < -MAX_INT - 1n))
    throw reader.error('the number does not fit into 64 bits', place);
  return value;
}

/** Of a number or a duration. */
export function negative(value: TraceqlValue): TraceqlValue | undefined {
  if (value.type === 'int') {
    const negated = typeof value.value === 'bigint' ? -value.value : 0 - value.value;
    return { type: 'int', value: negated };
  }
  return value.type === 'float' || value.type === 'duration' ? { ...value, value: 0 - value.value } : undefined;
}

/** What a literal or a word stands for. */
export function staticOf({ kind, text, value }: Token): TraceqlValue | undefined {
  if (kind === 'value') return value;
  if (kind !== 'word') return undefined;
  if (text === 'true' || text === 'false') return { type: 'bool', value: text === 'true' };
  if (text === 'nil') return { type: 'nil' };
  if (text === 'minInt') return { type: 'int', value: -MAX_INT - 1n };
  if (text === 'maxInt') return { type: 'int', value: MAX_INT };
  const status = STATUS_WORDS.find((word) => word === text);
  if (status !== undefined) return { type: 'status', value: status };
  const word = SPAN_KIND_WORDS.find((each) => each === text);
  return word === undefined ? undefined : { type: 'kind', value: word };
}

/** Whole numbers stay whole, so that 1 / 2 is 0. Undefined where one is no number, and for what is divided by 0. */
export function reckonConstants(
  left: TraceqlValue,
  operator: ArithmeticOperator,
  right: TraceqlValue,
): TraceqlValue | undefined {
  const isNumber = (value: TraceqlValue): boolean => value.type === 'int' || value.type === 'float';
  if (!isNumber(left) || !isNumber(right) || left.type === 'nil' || right.type === 'nil') return undefined;
  const [a, b] = [Number(left.value), Number(right.value)];
  const value = CONSTANTS[operator](a, b);
  if (!Number.isFinite(value)) return undefined;
  if (left.type === 'float' || right.type === 'float') return { type: 'float', value };
  return { type: 'int', value: Math.trunc(value) };
}

const CONSTANTS: { readonly [operator in ArithmeticOperator]: (a: number, b: number) => number } = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
};
