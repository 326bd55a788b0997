import { Double } from '#pdata';

/**
 * What OTTL's values are in JavaScript. OTTL tells whole numbers of 64 bits from doubles, which JavaScript's numbers don't:
 *
 *   int64     a number that is a safe integer; a bigint beyond 2^53
 *   float64   a number with a fraction, NaN and infinities; a Double where it is whole
 *   nil       null
 *   bytes     Uint8Array
 *   list      an array
 *   map       a Map, which keeps the order of its keys whatever they are
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | Double
  | string
  | Uint8Array
  | readonly Value[]
  | ValueMap
  | Time
  | Duration
  | Id
  | Parts;

export type ValueMap = Map<string, Value>;

/** A moment, and the zone in which its hours and days are counted. */
export class Time {
  /** Nanoseconds since the epoch. */
  readonly ns: bigint;
  /** A name of the IANA database, `UTC`, or minutes east of Greenwich. */
  readonly zone: string | number;
  constructor(ns: bigint, zone: string | number = 'UTC') {
    this.ns = ns;
    this.zone = zone;
  }
}

export class Duration {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = ns;
  }
}

/** The id of a trace, span or profile. */
export class Id {
  readonly kind: 'trace' | 'span' | 'profile';
  readonly hex: string;
  constructor(kind: 'trace' | 'span' | 'profile', hex: string) {
    this.kind = kind;
    this.hex = hex;
  }
}

/** What has no value of its own in OTTL: the events of a span, a status, buckets. It has a length and can be copied to where it fits. */
export class Parts {
  readonly kind: string;
  /** -1 where it is not a list. */
  readonly count: number;
  /** What only the path of this kind can read. */
  readonly content: unknown;
  constructor(kind: string, count: number, content: unknown) {
    this.kind = kind;
    this.count = count;
    this.content = content;
  }
}

/** Something that went wrong with one item. It is made a million times where a statement is wrong: without a stack it costs little. */
export class EvaluationError {
  readonly message: string;
  /** A value was not of the type that was asked for. */
  readonly isType: boolean;
  constructor(message: string, isType = false) {
    this.message = message;
    this.isType = isType;
  }
}

export function fail(message: string): never {
  throw new EvaluationError(message);
}

/** The name of a value's type, as pkg/ottl prints it, or nearly so. */
export function typeName(value: Value): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (isInt(value)) return 'int64';
  if (typeof value === 'number' || value instanceof Double) return 'float64';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'map';
  if (value instanceof Time) return 'time';
  if (value instanceof Duration) return 'duration';
  if (value instanceof Id) return `${value.kind} id`;
  return (value as Parts).kind;
}

export function isInt(value: Value): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

export function isDouble(value: Value): value is number | Double {
  return value instanceof Double || (typeof value === 'number' && !Number.isSafeInteger(value));
}

export function isNumber(value: Value): value is number | bigint | Double {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Double;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Any of the numbers as JavaScript's. */
export function numberOf(value: number | bigint | Double): number {
  return typeof value === 'number' ? value : Number(value instanceof Double ? value.value : value);
}

/** A whole number of 64 bits in its shortest form; what is beyond wraps around, as in Go. */
export function int64(value: bigint): number | bigint {
  const wrapped = BigInt.asIntN(64, value);
  const number = Number(wrapped);
  return Number.isSafeInteger(number) ? number : wrapped;
}

/** A double, told from a whole number. */
export function float64(value: number): number | Double {
  return Number.isSafeInteger(value) ? new Double(value) : value;
}

/** A copy that shares nothing that can be changed. */
export function copyOf(value: Value): Value {
  if (value instanceof Map) {
    const copy: ValueMap = new Map();
    for (const [key, item] of value) copy.set(key, copyOf(item));
    return copy;
  }
  return Array.isArray(value) ? value.map(copyOf) : value;
}
