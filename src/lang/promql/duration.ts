import { goQuoted } from '#base';

/** Prometheus' durations, `1h30m`, as model.Duration of prometheus/common reads and writes them. */

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];
const MAX_MS = 9_223_372_036_854.775;

/** Milliseconds; throws an Error with Prometheus' words for what is none, or more than 292 years. */
export function parsePromDuration(text: string): number {
  if (text === '0') return 0;
  if (text === '') throw new Error('empty duration string');
  let ms = 0;
  let last = -1;
  let end = 0;
  for (const [piece, digits, unit] of text.matchAll(/(\d+)(\D*)/gy)) {
    end += piece.length;
    const at = UNITS.findIndex(([name]) => name === unit);
    if (unit !== '' && at < 0) throw new Error(`unknown unit ${goQuoted(unit!)} in duration ${goQuoted(text)}`);
    // From the biggest to the smallest, each once.
    if (at <= last) throw new Error(`not a valid duration string: ${goQuoted(text)}`);
    last = at;
    ms += Number(digits) * UNITS[at]![1];
    if (ms > MAX_MS) throw new Error('duration out of range');
  }
  if (end !== text.length) throw new Error(`not a valid duration string: ${goQuoted(text)}`);
  return ms;
}

/** `5400000` → `1h30m`. Weeks and years only where nothing is left over, as Prometheus prints them. */
export function printPromDuration(ms: number): string {
  let rest = Math.trunc(ms);
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, unitMs] of UNITS) {
    const isExactOnly = unit === 'y' || unit === 'w';
    if (rest < unitMs || (isExactOnly && rest % unitMs !== 0)) continue;
    text += `${Math.floor(rest / unitMs)}${unit}`;
    rest %= unitMs;
  }
  return text;
}
