import type { OttlComparisonOperator } from '#lang/ottl';
import type { Double } from '#pdata';
import { Duration, Id, isInt, isNumber, numberOf, Time, type Value } from './values.ts';

/** How values compare (pkg/ottl/compare.go). What can't be compared is not equal, and neither less nor more. */
export function compare(left: Value, right: Value, operator: OttlComparisonOperator): boolean {
  if (left === null || right === null) {
    if (left === right) return operator === '==' || operator === '<=' || operator === '>=';
    return operator === '!=';
  }
  const order = orderOf(left, right);
  if (order !== undefined) return holds(order, operator);
  if (operator !== '==' && operator !== '!=') return false;
  return areEqual(left, right) === (operator === '==');
}

/** NaN where nothing holds but that they differ. */
function holds(order: number, operator: OttlComparisonOperator): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** Negative, 0 or positive for values of types that have an order among each other. */
function orderOf(left: Value, right: Value): number | undefined {
  if (isNumber(left) && isNumber(right)) return numberOrder(left, right);
  if (typeof left === 'string' && typeof right === 'string') return textOrder(left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  if (left instanceof Time && right instanceof Time) return bigOrder(left.ns, right.ns);
  if (left instanceof Duration && right instanceof Duration) return bigOrder(left.ns, right.ns);
  return undefined;
}

function numberOrder(left: number | bigint | Double, right: number | bigint | Double): number {
  if (isInt(left) && isInt(right)) return left < right ? -1 : left > right ? 1 : 0;
  const one = numberOf(left);
  const other = numberOf(right);
  return one < other ? -1 : one > other ? 1 : one === other ? 0 : NaN;
}

function bigOrder(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** By their UTF-8 bytes, as Go compares: JavaScript's order of UTF-16 differs beyond the first plane. */
export function textOrder(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const one = left.charCodeAt(i);
    const other = right.charCodeAt(i);
    if (one !== other)
      return (one & 0xf800) === 0xd800 || (other & 0xf800) === 0xd800 ? surrogateOrder(one, other) : one - other;
  }
  return left.length - right.length;
}

/** A half of a pair stands for a character behind all others. */
function surrogateOrder(one: number, other: number): number {
  const rank = (unit: number): number => ((unit & 0xf800) === 0xd800 ? unit + 0x1_0000 : unit);
  return rank(one) - rank(other);
}

export function areEqual(left: Value, right: Value): boolean {
  const order = left === null || right === null ? undefined : orderOf(left, right);
  if (order !== undefined) return order === 0;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, i) => areSame(item, right[i]!));
  }
  if (left instanceof Map && right instanceof Map) {
    if (left.size !== right.size) return false;
    for (const [key, item] of left) {
      const other = right.get(key);
      if (other === undefined || !areSame(item, other)) return false;
    }
    return true;
  }
  if (left instanceof Id && right instanceof Id) return left.kind === right.kind && left.hex === right.hex;
  return left === right;
}

/** Within lists and maps a whole number is not equal to a double. */
function areSame(left: Value, right: Value): boolean {
  if (isNumber(left) && isNumber(right) && isInt(left) !== isInt(right)) return false;
  return areEqual(left, right);
}
