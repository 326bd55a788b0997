/**
 * What a scalar of YAML means, as otelcol reads it (go.yaml.in/yaml/v3@v3.0.4 resolve.go): YAML 1.2 with 1.1's octal, binary and
 * underscores, and with texts where a number would not fit. The answers of the real one are the table in scalar.test.ts.
 */

/** A value of which a JavaScript number would forget what it was. */
export class TypedScalar {
  /** `float`: a whole number that was written as one with a fraction or exponent. `time`: a date, for which no setting has a use. */
  readonly kind: 'float' | 'time';
  /** NaN for a time. */
  readonly number: number;
  readonly #source: string;

  constructor(kind: 'float' | 'time', number: number, source: string) {
    this.kind = kind;
    this.number = number;
    this.#source = source;
  }

  toString(): string {
    return this.#source;
  }

  /** As YAML that is read as the same value again. */
  get printed(): string {
    if (this.kind === 'time') return this.#source;
    if (Object.is(this.number, -0)) return '-0.0';
    const digits = String(this.number);
    return digits.includes('e') ? digits : `${digits}.0`;
  }
}

/** Whole numbers beyond 2^53 are bigints. */
export type ScalarValue = string | number | bigint | boolean | null | TypedScalar;

const CORE = 'tag:yaml.org,2002:';

const WORDS: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

/** A scalar without quotes and without a tag. */
export function plainScalar(source: string): ScalarValue {
  const word = WORDS.get(source);
  if (word !== undefined) return word;
  if (source.startsWith('.')) return /^\.\d+([eE][-+]?\d+)?$/.test(source) ? floatOf(source, source) : source;
  if (!/^[-+0-9]/.test(source)) return source;
  if (isTimestamp(source)) return new TypedScalar('time', Number.NaN, source);
  return numberOf(source);
}

/** A scalar with a tag (`!!int`, `!custom`), whatever its quotes; undefined where the value doesn't go with it. */
export function taggedScalar(tag: string, source: string): ScalarValue | undefined {
  if (!tag.startsWith(CORE) || tag === `${CORE}str`) return source;
  if (tag === `${CORE}binary`) return Buffer.from(source, 'base64').toString();
  const value = plainScalar(source);
  switch (tag.slice(CORE.length)) {
    case 'null':
      return value === null ? null : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'int':
      return typeof value === 'bigint' || Number.isSafeInteger(value) ? value : undefined;
    case 'float':
      if (typeof value === 'bigint' || typeof value === 'number') return floatOf(String(value), source);
      return value instanceof TypedScalar && value.kind === 'float' ? value : undefined;
    case 'timestamp':
      return value instanceof TypedScalar && value.kind === 'time' ? value : undefined;
    default:
      return undefined;
  }
}

const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const WHOLE: readonly (readonly [RegExp, string])[] = [
  [/^0[xX]([0-9a-fA-F]+)$/, '0x'],
  [/^0[bB]([01]+)$/, '0b'],
  [/^0[oO]([0-7]+)$/, '0o'],
  [/^0([0-7]+)$/, '0o'],
  [/^(0|[1-9]\d*)$/, ''],
];
const INT64_LEAST = -(2n ** 63n);
const UINT64_MOST = 2n ** 64n - 1n;

function numberOf(source: string): ScalarValue {
  const plain = source.replaceAll('_', '');
  const isNegative = plain.startsWith('-');
  const digits = /^[-+]/.test(plain) ? plain.slice(1) : plain;
  for (const [pattern, prefix] of WHOLE) {
    const match = pattern.exec(digits);
    if (match === null) continue;
    const size = BigInt(`${prefix}${match[1]}`);
    const value = isNegative ? -size : size;
    if (value < INT64_LEAST || value > UINT64_MOST) break;
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  return FLOAT.test(plain) ? floatOf(plain, source) : source;
}

function floatOf(digits: string, source: string): ScalarValue {
  const value = Number(digits);
  // As Go: what is too large for a float is a text.
  if (!Number.isFinite(value)) return WORDS.has(source) ? value : source;
  return Number.isInteger(value) ? new TypedScalar('float', value, source) : value;
}

const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d{1,9})?(?:Z|[-+]\d\d:\d\d))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d{1,9})?))?$/;

function isTimestamp(source: string): boolean {
  const match = TIMESTAMP.exec(source);
  if (match === null) return false;
  const [year, month, day] = [1, 2, 3].map((i) => Number(match[i])) as [number, number, number];
  const [hour, minute, second] = [4, 5, 6].map((i) => Number(match[i] ?? match[i + 4] ?? 0)) as [
    number,
    number,
    number,
  ];
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
  return isDay && hour < 24 && minute < 60 && second < 60;
}
