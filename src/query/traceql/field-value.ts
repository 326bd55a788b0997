/** Values of fields while a query runs, and how they are compared and reckoned with. */
import { type ArithmeticOperator, type CompareOperator, printGoDuration, type TraceqlValue } from '#lang/traceql';
import type { StoredValue } from '../reader/index.ts';

/** Several values under one name: a list, or what the events of a span have. */
export interface ManyValues {
  readonly type: 'many';
  readonly items: readonly TraceqlValue[];
  /** As it is stored, where it is one attribute. */
  readonly stored: StoredValue | undefined;
}

/** Undefined: the field is not there. */
export type FieldValue = TraceqlValue | ManyValues | undefined;

/** An attribute's value. Bytes and maps are there, but equal nothing that a query can write. */
export function fieldValue(stored: StoredValue | null | undefined): FieldValue {
  if (stored === null || stored === undefined) return undefined;
  switch (stored.type) {
    case 'string':
    case 'int':
    case 'bool':
      return stored;
    case 'double':
      return { type: 'float', value: stored.value };
    case 'array':
      return {
        type: 'many',
        items: stored.value.flatMap((item) => {
          const value = fieldValue(item);
          return value === undefined || value.type === 'many' ? [] : [value];
        }),
        stored,
      };
    case 'empty':
      return undefined;
    default:
      return { type: 'many', items: [], stored };
  }
}

/** As an answer of Tempo has it (AsAnyValue of pkg/traceql): status, kind and durations are texts. */
export function storedValue(value: FieldValue): StoredValue {
  if (value === undefined || value.type === 'nil') return { type: 'string', value: 'nil' };
  switch (value.type) {
    case 'many': {
      if (value.stored !== undefined) return value.stored;
      const [only] = value.items;
      return value.items.length === 1 ? storedValue(only) : { type: 'array', value: value.items.map(storedValue) };
    }
    case 'float':
      return { type: 'double', value: value.value };
    case 'duration':
      return { type: 'string', value: printGoDuration(value.value) };
    case 'status':
    case 'kind':
      return { type: 'string', value: value.value };
    default:
      return value;
  }
}

/** Tells values apart. */
export function valueKey(value: FieldValue): string {
  if (value === undefined || value.type === 'nil') return '';
  if (value.type === 'many') return `many ${value.items.map(valueKey).join('\n')}`;
  return `${value.type} ${value.value}`;
}

function isNumber(value: TraceqlValue): value is Extract<TraceqlValue, { type: 'int' | 'float' | 'duration' }> {
  return value.type === 'int' || value.type === 'float' || value.type === 'duration';
}

/** A number or a duration in nanoseconds; undefined for what is neither. */
export function numberOf(value: FieldValue): number | undefined {
  return value !== undefined && value.type !== 'many' && isNumber(value) ? Number(value.value) : undefined;
}

/** Whether two values may be equal at all. */
function isComparable(a: TraceqlValue, b: TraceqlValue): boolean {
  return a.type === b.type || (isNumber(a) && isNumber(b));
}

const DENIALS: ReadonlySet<string> = new Set(['!=', '!~']);

/** What a comparison does with two single values. */
export type Comparison = (a: TraceqlValue, b: TraceqlValue) => boolean;

/**
 * Whether a comparison holds. Of several values one must meet it; of a denial all. What is not there, or of another type, meets none, and no
 * denial either. `holds` is the comparison without its denial.
 */
export function compare(a: FieldValue, b: FieldValue, isDenied: boolean, holds: Comparison): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.type !== 'many' && b.type !== 'many') return isComparable(a, b) && holds(a, b) !== isDenied;
  const [left, right] = [itemsOf(a), itemsOf(b)];
  const pairs = left.flatMap((one) => right.filter((other) => isComparable(one, other)).map((other) => [one, other]));
  return pairs.length > 0 && pairs.some(([one, other]) => holds(one!, other!)) !== isDenied;
}

function itemsOf(value: TraceqlValue | ManyValues): readonly TraceqlValue[] {
  return value.type === 'many' ? value.items : [value];
}

export function isDenial(operator: CompareOperator): boolean {
  return DENIALS.has(operator);
}

/** Texts in the order of their code points, as the store has them. */
function textOrder(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    // Surrogates stand for what lies behind all other units.
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? rank(x) - rank(y) : x - y;
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x2000 : unit + 0x2000;
}

function order(a: TraceqlValue, b: TraceqlValue): number {
  if (a.type === 'string' && b.type === 'string') return textOrder(a.value, b.value);
  if (!isNumber(a) || !isNumber(b)) return Number.NaN;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : a.value >= b.value ? 0 : Number.NaN;
}

function isEqual(a: TraceqlValue, b: TraceqlValue): boolean {
  if (isNumber(a) && isNumber(b)) return order(a, b) === 0;
  return a.type !== 'nil' && b.type !== 'nil' && a.value === b.value;
}

/** Comparisons other than by patterns; those of denials are of what they deny. */
export const COMPARISONS: Readonly<Record<Exclude<CompareOperator, '=~' | '!~'>, Comparison>> = {
  '=': isEqual,
  '!=': isEqual,
  '<': (a, b) => order(a, b) < 0,
  '<=': (a, b) => order(a, b) <= 0,
  '>': (a, b) => order(a, b) > 0,
  '>=': (a, b) => order(a, b) >= 0,
};

/** Whether a single number meets a comparison with another. */
export function compareNumbers(a: number, operator: Exclude<CompareOperator, '=~' | '!~'>, b: number): boolean {
  switch (operator) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

export function reckon(a: number, operator: ArithmeticOperator, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return a ** b;
  }
}

/** Undefined where one is no number, or nothing comes of it. */
export function arithmetic(a: FieldValue, operator: ArithmeticOperator, b: FieldValue): FieldValue {
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left === undefined || right === undefined) return undefined;
  const types = [a!.type, b!.type];
  const areWhole = types[0] === 'int' && types[1] === 'int';
  // Whole numbers are divided as Go divides them.
  if (areWhole && right === 0 && operator === '/') return undefined;
  const value = areWhole && operator === '/' ? Math.trunc(left / right) : reckon(left, operator, right);
  if (Number.isNaN(value)) return undefined;
  if (types.includes('duration')) return { type: 'duration', value };
  return areWhole && Number.isSafeInteger(value) ? { type: 'int', value } : { type: 'float', value };
}
