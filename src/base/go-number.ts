/** A double as Go writes it with the format `g` and the shortest precision: `1e+06`, `0.0001`, `1e-05`, `+Inf`. */
export function goNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`;
}

/** The same as OpenMetrics wants it: `1.0`, `1e+06`. */
export function openMetricsNumber(value: number): string {
  const text = goNumber(value);
  return /[.eNI]/.test(text) ? text : `${text}.0`;
}

/** A double as Go writes it with the format `f`: never with an exponent. */
export function goDecimal(value: number): string {
  if (!Number.isFinite(value) || value === 0) return goNumber(value);
  const text = String(value);
  if (!text.includes('e')) return text;
  const [mantissa = '', exponent = ''] = (value < 0 ? text.slice(1) : text).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const sign = value < 0 ? '-' : '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, '0')}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Go's `%.2f`: rounded from the exact value, a half to the even digit. `digits` from 0. */
export function goFixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return goNumber(value);
  const { text, power } = exactDigits(value);
  const kept = text.length + power + digits;
  const rounded = kept < 0 ? '0' : roundedDigits(text, kept, Math.max(0, power + digits));
  const padded = rounded.padStart(digits + 1, '0');
  const whole = padded.slice(0, padded.length - digits);
  return `${isNegative(value) ? '-' : ''}${whole}${digits === 0 ? '' : `.${padded.slice(-digits)}`}`;
}

/** Go's `%.2e`: one digit, so many behind the point, at least two in the exponent. */
export function goExponent(value: number, digits: number): string {
  if (!Number.isFinite(value)) return goNumber(value);
  const { mantissa, exponent } = significantDigits(value, digits + 1);
  const padded = mantissa.padEnd(digits + 1, '0');
  return withExponent(value, digits === 0 ? padded : `${padded[0]}.${padded.slice(1)}`, exponent);
}

/** Go's `%.4g`: so many digits that count, without zeros at the end, and an exponent where the number is small or has more places. */
export function goGeneral(value: number, digits: number): string {
  if (!Number.isFinite(value)) return goNumber(value);
  const places = Math.max(1, digits);
  const { mantissa, exponent } = significantDigits(value, places);
  const bare = mantissa.replace(/0+$/, '') || '0';
  // A number that needs fewer digits than asked for, and has no more places before the point, counts as that short.
  const shortest = exponent + 1 <= bare.length && places > bare.length ? bare.length : places;
  if (exponent < -4 || exponent >= shortest)
    return withExponent(value, bare.length === 1 ? bare : `${bare[0]}.${bare.slice(1)}`, exponent);
  const sign = isNegative(value) ? '-' : '';
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${bare}`;
  const whole = bare.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return bare.length <= exponent + 1 ? sign + whole : `${sign}${whole}.${bare.slice(exponent + 1)}`;
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}

function withExponent(value: number, mantissa: string, exponent: number): string {
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${isNegative(value) ? '-' : ''}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** The first `count` digits, rounded; value = d.ddd × 10^exponent. */
function significantDigits(value: number, count: number): { mantissa: string; exponent: number } {
  const { text, power } = exactDigits(value);
  if (text === '0') return { mantissa: '0', exponent: 0 };
  const exponent = text.length + power - 1;
  if (text.length <= count) return { mantissa: text, exponent };
  const rounded = roundedDigits(text, count, 0);
  return rounded.length > count
    ? { mantissa: rounded.slice(0, count), exponent: exponent + 1 }
    : { mantissa: rounded, exponent };
}

const MANTISSA_BITS = 52n;

/** The exact decimal value of a double: |value| = text × 10^power, text without zeros in front. */
function exactDigits(value: number): { text: string; power: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const field = Number(bits >> MANTISSA_BITS);
  const fraction = bits & ((1n << MANTISSA_BITS) - 1n);
  const mantissa = field === 0 ? fraction : fraction | (1n << MANTISSA_BITS);
  const exponent = Math.max(1, field) - 1075;
  if (mantissa === 0n) return { text: '0', power: 0 };
  // m / 2^n = m × 5^n / 10^n.
  return exponent >= 0
    ? { text: (mantissa << BigInt(exponent)).toString(), power: 0 }
    : { text: (mantissa * 5n ** BigInt(-exponent)).toString(), power: exponent };
}

/** The first `kept` digits rounded half to even, with zeros behind; one digit longer where it carries over. */
function roundedDigits(text: string, kept: number, zeros: number): string {
  if (kept >= text.length) return text + '0'.repeat(zeros);
  const head = text.slice(0, kept);
  const rest = text.slice(kept);
  const isHalf = rest[0] === '5' && /^50*$/.test(rest);
  const isUp = isHalf ? Number(head.at(-1) ?? '0') % 2 === 1 : rest[0]! >= '5';
  return isUp ? (BigInt(head || '0') + 1n).toString().padStart(kept, '0') : head || '0';
}
