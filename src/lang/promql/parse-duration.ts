import type { Token } from './lexer.ts';
import type { TokenReader } from './reader.ts';
import type { DurationExpr, DurationTerm, NumberLiteral, PromRange } from './tree.ts';

/** Arithmetic on durations, as it may stand between brackets and behind `offset`. */

const PRECEDENCE: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '^': 3 };
const UNARY_PRECEDENCE = 2;
/** Seconds that fit into 64 bits of nanoseconds. */
const MAX_SECONDS = 2 ** 63 / 1e9;

/** What may stand between brackets. */
export function parseDurationExpr(reader: TokenReader, above = 0): DurationTerm {
  let left = unary(reader);
  for (;;) {
    const token = reader.peek();
    const precedence = token.kind === 'operator' ? PRECEDENCE[token.text] : undefined;
    if (precedence === undefined || precedence <= above) return left;
    reader.next();
    const operator = token.text as '+' | '-' | '*' | '/' | '%' | '^';
    const right = parseDurationExpr(reader, operator === '^' ? precedence - 1 : precedence);
    if (right.kind === 'number' && right.value === 0 && (operator === '/' || operator === '%'))
      throw reader.error(operator === '/' ? 'division by zero' : 'modulo by zero', token);
    left = node(operator, left, right, { start: left.start, end: right.end });
  }
}

/**
 * What may stand behind `offset`: one term without arithmetic, so that `foo offset -2^2` is a power of the shifted `foo`, or arithmetic
 * that begins with a parenthesis.
 */
export function parseOffset(reader: TokenReader): DurationTerm {
  // Prometheus' grammar reads on behind parentheses without a sign and behind two signs, and only there.
  const [first, second] = [reader.peek(), reader.peek(1)];
  if (first.text === '(' || (isSign(first) && isSign(second))) return parseDurationExpr(reader);
  const sign = reader.acceptSign();
  if (sign === undefined) return primary(reader);
  const next = reader.peek();
  const isLiteral = next.kind === 'number' || next.kind === 'duration';
  return signed(reader, sign.text as '+' | '-', isLiteral ? reader.numberOrDuration() : primary(reader), sign);
}

function isSign({ kind, text }: Token): boolean {
  return kind === 'operator' && (text === '+' || text === '-');
}

function unary(reader: TokenReader): DurationTerm {
  const sign = reader.acceptSign();
  if (sign === undefined) return primary(reader);
  return signed(reader, sign.text as '+' | '-', parseDurationExpr(reader, UNARY_PRECEDENCE), sign);
}

function signed(reader: TokenReader, operator: '+' | '-', term: DurationTerm, sign: PromRange): DurationTerm {
  if (term.kind === 'number') {
    const value = operator === '-' ? -term.value : term.value;
    return inRange(reader, { ...term, value, start: sign.start }, sign);
  }
  return operator === '+' ? term : node('-', undefined, term, { start: sign.start, end: term.end });
}

function primary(reader: TokenReader): DurationTerm {
  const token = reader.peek();
  if (token.kind === 'preprocessor' && token.text !== 'start' && token.text !== 'end') return call(reader);
  if (token.text === '(' && token.kind === 'punctuation') {
    reader.next();
    const inner = parseDurationExpr(reader);
    const close = reader.expect('punctuation', ')');
    if (inner.kind === 'duration') return { ...inner, isWrapped: true };
    // The parentheses of a plain number are kept by a sign that does nothing.
    return { ...node('+', undefined, inner, { start: token.start, end: close.end }), isWrapped: true };
  }
  const literal = reader.numberOrDuration();
  return inRange(reader, literal, literal);
}

function inRange(reader: TokenReader, literal: NumberLiteral, place: PromRange): NumberLiteral {
  // NaN, too, which Prometheus takes for a time before time.
  if (!(Math.abs(literal.value) <= MAX_SECONDS)) throw reader.error('duration out of range', place);
  return literal;
}

function call(reader: TokenReader): DurationExpr {
  const token = reader.next();
  reader.expect('punctuation', '(');
  const operator = token.text as 'step' | 'range' | 'max_of' | 'min_of';
  let left: DurationTerm | undefined;
  let right: DurationTerm | undefined;
  if (operator === 'max_of' || operator === 'min_of') {
    left = parseDurationExpr(reader);
    reader.expect('punctuation', ',');
    right = parseDurationExpr(reader);
  }
  const close = reader.expect('punctuation', ')');
  return node(operator, left, right, { start: token.start, end: close.end });
}

function node(
  operator: DurationExpr['operator'],
  left: DurationTerm | undefined,
  right: DurationTerm | undefined,
  range: PromRange,
): DurationExpr {
  return { kind: 'duration', operator, left, right, isWrapped: false, start: range.start, end: range.end };
}
