import { EvaluationError } from './values.ts';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
const PREFIXES: Readonly<Record<string, number>> = { '0x': 16, '0b': 2, '0o': 8 };

/** Go's strconv.ParseInt of 64 bits. Base 0 reads the base from a prefix, and allows underscores between digits. */
export function parseIntText(text: string, base: number): number | bigint {
  const sign = /^[+-]/.test(text) ? text[0]! : '';
  let digits = text.slice(sign.length).toLowerCase();
  let radix = base;
  if (base === 0) {
    const prefix = PREFIXES[digits.slice(0, 2)];
    radix = prefix ?? (digits.length > 1 && digits.startsWith('0') ? 8 : 10);
    if (prefix !== undefined) digits = digits.slice(2).replace(/^_/, '');
    if (/^_|__|_$/.test(digits)) throw notAnInt(text);
    digits = digits.replaceAll('_', '');
  }
  if (radix < 2 || radix > 36) throw new EvaluationError(`invalid base ${base}`);
  if (digits === '') throw notAnInt(text);
  // Longer ones are out of range whatever they are, once zeros in front are gone.
  const significant = digits.replace(/^0+(?=.)/, '');
  let value = 0n;
  for (const char of significant.length > 64 ? significant.slice(0, 65) : significant) {
    const digit = DIGITS.indexOf(char);
    if (digit < 0 || digit >= radix) throw notAnInt(text);
    value = value * BigInt(radix) + BigInt(digit);
  }
  if (sign === '-') value = -value;
  if (value < MIN || value > MAX) throw new EvaluationError(`out of the range of 64 bits: "${text.slice(0, 80)}"`);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function notAnInt(text: string): EvaluationError {
  return new EvaluationError(`not a whole number: "${text.slice(0, 80)}"`);
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL = /^([+-]?)(?:(inf|infinity)|nan)$/i;
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/i;

/** Go's strconv.ParseFloat of 64 bits. */
export function parseDoubleText(text: string): number {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new EvaluationError(`out of the range of doubles: "${text.slice(0, 80)}"`);
  }
  const special = SPECIAL.exec(text);
  if (special !== null && (special[2] !== undefined || special[1] === '')) {
    return special[2] === undefined ? NaN : special[1] === '-' ? -Infinity : Infinity;
  }
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) {
    const [, sign, whole, fraction, exponent] = hexadecimal as unknown as [string, string, string, string, string];
    const digits = whole + fraction;
    if (digits !== '') {
      const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - fraction.length * 4);
      return sign === '-' ? -value : value;
    }
  }
  throw new EvaluationError(`not a number: "${text.slice(0, 80)}"`);
}
