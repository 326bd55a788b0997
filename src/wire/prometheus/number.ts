import { latin1 } from './text-bytes.ts';

const NUMBER = /^(?:[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|nan)$/i;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
const ZERO = 0x30;
const NINE = 0x39;

/** Whether the last `readNumber` found a number: NaN is one, too. */
export let isNumber = true;

/**
 * The number in bytes[from, to), as the Prometheus formats write it: Go's strconv.ParseFloat without hexadecimal digits and underscores.
 * Sets `isNumber`; what is too large for a double is none.
 */
export function readNumber(bytes: Uint8Array, from: number, to: number): number {
  isNumber = true;
  let at = from;
  const isNegative = bytes[at] === 0x2d;
  if (isNegative || bytes[at] === 0x2b) at++;
  // Up to 15 digits and a power of ten up to 22 are exact in doubles, and so is their quotient: most numbers need no text.
  let digits = 0;
  let mantissa = 0;
  let fraction = -1;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + byte - ZERO;
      digits++;
      if (fraction >= 0) fraction++;
    } else if (byte === 0x2e && fraction < 0) fraction = 0;
    else return slowNumber(bytes, from, to);
  }
  if (digits === 0 || digits > 15) return slowNumber(bytes, from, to);
  const value = fraction > 0 ? mantissa / POWERS_OF_TEN[fraction]! : mantissa;
  return isNegative ? -value : value;
}

function slowNumber(bytes: Uint8Array, from: number, to: number): number {
  return parsePrometheusNumber(latin1(bytes, from, to));
}

/** The same of a text. Sets `isNumber`. */
export function parsePrometheusNumber(text: string): number {
  isNumber = true;
  const infinity = INFINITY.exec(text);
  if (infinity !== null) return infinity[1] === '-' ? -Infinity : Infinity;
  if (NUMBER.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value) || text.length === 3) return value;
  }
  isNumber = false;
  return Number.NaN;
}
