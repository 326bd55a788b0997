import { EvaluationError } from '../values.ts';

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const PART = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const LIMIT = 2n ** 63n;

/** Go's time.ParseDuration: `1h30m`, `-1.5s`; in nanoseconds. */
export function parseDuration(text: string): bigint {
  const sign = /^[+-]/.test(text) ? text[0]! : '';
  const rest = text.slice(sign.length);
  if (rest === '0') return 0n;
  let total = 0n;
  let at = 0;
  while (at < rest.length) {
    PART.lastIndex = at;
    const match = PART.exec(rest);
    const [whole, digits = '', fraction = '', unit = ''] = match ?? [];
    if (whole === undefined || digits + fraction === '') throw notADuration(text);
    const factor = UNITS[unit]!;
    total += BigInt(digits || 0) * factor;
    if (fraction !== '')
      total += (BigInt(fraction.slice(0, 20)) * factor) / 10n ** BigInt(Math.min(20, fraction.length));
    if (total > LIMIT) throw notADuration(text);
    at += whole.length;
  }
  if (at === 0) throw notADuration(text);
  const value = sign === '-' ? -total : total;
  if (value === LIMIT) throw notADuration(text);
  return value;
}

function notADuration(text: string): EvaluationError {
  return new EvaluationError(`not a duration: "${text.slice(0, 80)}"; write for example 1h30m or 1.5s`);
}

/** As Go prints a duration: `1h0m0s`, `1.5s`, `2ms`. */
export function durationText(ns: bigint): string {
  if (ns === 0n) return '0s';
  const sign = ns < 0n ? '-' : '';
  const total = ns < 0n ? -ns : ns;
  if (total < 1_000n) return `${sign}${total}ns`;
  if (total < 1_000_000n) return `${sign}${decimal(total, 1_000n)}µs`;
  if (total < 1_000_000_000n) return `${sign}${decimal(total, 1_000_000n)}ms`;
  const seconds = total / 1_000_000_000n;
  const hours = seconds / 3600n;
  const minutes = (seconds / 60n) % 60n;
  const last = `${decimal(total % 60_000_000_000n, 1_000_000_000n)}s`;
  return `${sign}${hours > 0n ? `${hours}h` : ''}${hours > 0n || minutes > 0n ? `${minutes}m` : ''}${last}`;
}

function decimal(value: bigint, unit: bigint): string {
  const rest = String(value % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return rest === '' ? String(value / unit) : `${value / unit}.${rest}`;
}
