/** Below it a number is written with an exponent, and above it, as JavaScript does. */
const SMALL = 1e-6;
const LARGE = 1e21;

/**
 * A number with so many decimals, or with about three figures that matter where nobody says how many: 0.0500, 1.50, 12.3, 123. Whole numbers have
 * no decimals then.
 */
export function writeNumber(value: number, decimals: number | undefined): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-∞' : '∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < SMALL || size >= LARGE) && decimals === undefined) return String(value);
  return toFixed(value, decimals ?? usualDecimals(value));
}

function usualDecimals(value: number): number {
  if (value === 0 || Number.isInteger(value)) return 0;
  return Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
}

/** Halves go up, -1.5 to -1, as Grafana's do. */
function toFixed(value: number, decimals: number): string {
  const factor = 10 ** Math.max(0, decimals);
  const rounded = Math.round(value * factor) / factor;
  const text = String(rounded === 0 ? 0 : rounded);
  if (decimals <= 0 || /[e∞]/.test(text) || !Number.isFinite(rounded)) return text;
  const [whole, fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(decimals, '0')}`;
}

export interface Scaled {
  readonly value: number;
  readonly step: number;
}

/** Divides by `base` until what is left is below it; `least` and `most` bound how often, and `from` is where the value stands. */
export function scale(value: number, base: number, from: number, least: number, most: number): Scaled {
  if (!Number.isFinite(value) || value === 0) return { value, step: from };
  let step = from + Math.floor(Math.log(Math.abs(value)) / Math.log(base) + 1e-12);
  step = Math.min(most, Math.max(least, step));
  return { value: value / base ** (step - from), step };
}
