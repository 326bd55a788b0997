import { Double } from '#pdata';
import { parseDoubleText, parseIntText } from './numbers.ts';
import { EvaluationError, int64, isInt, isNumber, numberOf, typeName, type Value } from './values.ts';

/** Values as functions take them that convert what they get (pkg/ottl/expression.go, the Like getters). undefined stands for nil. */

function unsupported(value: Value): never {
  throw new EvaluationError(`unsupported type: ${typeName(value)}`, true);
}

export function asIntLike(value: Value): number | bigint | undefined {
  if (value === null) return undefined;
  if (isInt(value)) return value;
  if (typeof value === 'string') return parseIntText(value, 10);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isNumber(value)) return truncated(numberOf(value));
  return unsupported(value);
}

/** Go leaves open what becomes of doubles beyond 64 bits; on its most common machines it is the lowest number. */
function truncated(value: number): number | bigint {
  const whole = Math.trunc(value);
  if (!(whole >= -(2 ** 63) && whole < 2 ** 63)) return -(2n ** 63n);
  return int64(BigInt(whole));
}

export function asDoubleLike(value: Value): number | undefined {
  if (value === null) return undefined;
  if (isNumber(value)) return numberOf(value);
  if (typeof value === 'string') return parseDoubleText(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return unsupported(value);
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export function asBoolLike(value: Value): boolean | undefined {
  if (value === null) return undefined;
  if (typeof value === 'boolean') return value;
  if (isNumber(value)) return numberOf(value) !== 0;
  if (typeof value !== 'string') return unsupported(value);
  if (TRUE.has(value)) return true;
  if (FALSE.has(value)) return false;
  throw new EvaluationError(`not a bool: "${value}"`);
}

/** Numbers in 8 bytes, the highest first. */
export function asBytesLike(value: Value): Uint8Array | undefined {
  if (value === null) return undefined;
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  if (!isNumber(value)) return unsupported(value);
  const bytes = Buffer.alloc(8);
  if (isInt(value)) bytes.writeBigInt64BE(BigInt(value));
  else bytes.writeDoubleBE(value instanceof Double ? value.value : (value as number));
  return bytes;
}
