import type { ArithmeticOperator, ComparisonOperator } from '#lang/promql';

export type Arithmetic = Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>>;

/** What operators do with numbers, as Go does it. */
export const ARITHMETIC: Arithmetic = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': power,
  atan2: Math.atan2,
};

export const COMPARISON: Readonly<Record<ComparisonOperator, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

export function isComparison(operator: string): operator is ComparisonOperator {
  return operator in COMPARISON;
}

export function isArithmetic(operator: string): operator is ArithmeticOperator {
  return operator in ARITHMETIC;
}

/** 1 to any power, and -1 to an infinite one, are 1. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}
