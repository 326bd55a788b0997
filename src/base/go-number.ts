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
