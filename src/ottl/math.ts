import type { OttlOperator } from '#lang/ottl';
import type { Double } from '#pdata';
import type { Expression } from './expression.ts';
import {
  Duration,
  EvaluationError,
  fail,
  float64,
  int64,
  isInt,
  isNumber,
  numberOf,
  Time,
  typeName,
  type Value,
} from './values.ts';

/** Arithmetic (pkg/ottl/math.go): whole numbers stay whole, and times and durations can be added and subtracted. */
export function calculate(left: Expression, operator: OttlOperator, right: Expression): Expression {
  return { get: (at) => calculated(left.get(at), operator, right.get(at)) };
}

function calculated(left: Value, operator: OttlOperator, right: Value): Value {
  if (isNumber(left)) {
    if (!isNumber(right)) throw notNumber(right);
    return isInt(left) && isInt(right) ? ofInts(left, operator, right) : ofDoubles(left, operator, right);
  }
  if (left instanceof Time) return ofTime(left, operator, right);
  if (left instanceof Duration) return ofDuration(left, operator, right);
  return fail(`${typeName(left)} can not be calculated with: int64, float64, time and duration can`);
}

function notNumber(value: Value): EvaluationError {
  return new EvaluationError(`${typeName(value)} can not be calculated with: int64 and float64 can`);
}

function ofInts(left: number | bigint, operator: OttlOperator, right: number | bigint): Value {
  if (operator === '/' && Number(right) === 0) fail('attempted to divide by 0');
  if (typeof left === 'number' && typeof right === 'number') {
    const result = ofNumbers(left, operator, right);
    if (Number.isSafeInteger(result)) return result + 0;
  }
  const one = BigInt(left);
  const other = BigInt(right);
  switch (operator) {
    case '+':
      return int64(one + other);
    case '-':
      return int64(one - other);
    case '*':
      return int64(one * other);
    case '/':
      return int64(one / other);
  }
}

function ofNumbers(left: number, operator: OttlOperator, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return Math.trunc(left / right);
  }
}

function ofDoubles(left: number | bigint | Double, operator: OttlOperator, right: number | bigint | Double): Value {
  const one = numberOf(left);
  const other = numberOf(right);
  if (operator === '/') return other === 0 ? fail('attempted to divide by 0') : float64(one / other);
  return float64(ofNumbers(one, operator, other));
}

function ofTime(left: Time, operator: OttlOperator, right: Value): Value {
  if (operator === '+' && right instanceof Duration) return new Time(left.ns + right.ns, left.zone);
  if (operator === '-' && right instanceof Duration) return new Time(left.ns - right.ns, left.zone);
  if (operator === '-' && right instanceof Time) return new Duration(BigInt.asIntN(64, left.ns - right.ns));
  return fail(`time ${operator} ${typeName(right)} can not be calculated`);
}

function ofDuration(left: Duration, operator: OttlOperator, right: Value): Value {
  if (operator === '+' && right instanceof Time) return new Time(right.ns + left.ns, right.zone);
  if (operator === '+' && right instanceof Duration) return new Duration(BigInt.asIntN(64, left.ns + right.ns));
  if (operator === '-' && right instanceof Duration) return new Duration(BigInt.asIntN(64, left.ns - right.ns));
  return fail(`duration ${operator} ${typeName(right)} can not be calculated`);
}

export function negated(value: Value): Value {
  if (isInt(value)) return typeof value === 'number' ? 0 - value : int64(-value);
  if (isNumber(value)) return float64(-numberOf(value));
  return fail(`${typeName(value)} has no sign`);
}
