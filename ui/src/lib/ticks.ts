/** Where an axis has its marks. */

const TIME_STEPS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1.5e4, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5,
  216e5, 432e5, 864e5, 1728e5, 6048e5, 12096e5, 25920e5,
];

const HOUR_MS = 36e5;
const DAY_MS = 864e5;

/** Round local times in [fromMs, toMs], about `maxCount` at most: round on both sides of a change of the clock. */
export function timeTicks(fromMs: number, toMs: number, maxCount: number): number[] {
  const spanMs = toMs - fromMs;
  if (!(spanMs > 0) || maxCount < 1) return [];
  const stepMs = TIME_STEPS_MS.find((step) => spanMs / step <= maxCount) ?? spanMs / maxCount;
  const ticks = stepMs < HOUR_MS ? shortTicks(fromMs, toMs, stepMs) : calendarTicks(fromMs, toMs, stepMs);
  return ticks.filter((at) => at >= fromMs && at <= toMs);
}

/** Parts of an hour are round whichever hour it is. */
function shortTicks(fromMs: number, toMs: number, stepMs: number): number[] {
  const offsetMs = new Date(fromMs).getTimezoneOffset() * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs; at <= toMs; at += stepMs) ticks.push(at);
  return ticks;
}

/** Hours and days as the calendar has them: a day of a change has 23 or 25 hours, and midnight is midnight after it, too. */
function calendarTicks(fromMs: number, toMs: number, stepMs: number): number[] {
  const first = new Date(fromMs);
  const dayStep = Math.max(1, Math.round(stepMs / DAY_MS));
  const hourStep = stepMs < DAY_MS ? stepMs / HOUR_MS : 24;
  const ticks: number[] = [];
  for (let day = 0; ; day++) {
    const midnight = new Date(first.getFullYear(), first.getMonth(), first.getDate() + day);
    if (midnight.getTime() > toMs) return ticks;
    // Counted from a fixed day, so that the marks don't move with the range.
    const number = Math.round(Date.UTC(midnight.getFullYear(), midnight.getMonth(), midnight.getDate()) / DAY_MS);
    if (number % dayStep !== 0) continue;
    for (let hour = 0; hour < 24; hour += hourStep) {
      const at = new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate(), hour);
      // An hour that the clock leaps over is the next one: no mark of its own.
      if (at.getHours() === hour) ticks.push(at.getTime());
    }
  }
}

/** Round values from 0 to just above `max`, about `count` of them: steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(max: number, count: number): number[] {
  if (!(max > 0)) return [0];
  const step = niceStep(max / Math.max(1, count));
  const ticks: number[] = [];
  for (let i = 0; i * step <= max * 1.0001; i++) ticks.push(i * step);
  return ticks;
}

/** Powers of ten in [min, max], with 3s between them where only a few decades are in view. */
export function logTicks(min: number, max: number): number[] {
  const ticks: number[] = [];
  const few = Math.log10(max / min) < 2.2;
  for (let exponent = Math.floor(Math.log10(min)); exponent <= Math.ceil(Math.log10(max)); exponent++) {
    for (const factor of few ? [1, 3] : [1]) {
      const value = factor * 10 ** exponent;
      if (value >= min && value <= max) ticks.push(value);
    }
  }
  return ticks;
}

/** The next of 1, 2, 5 times a power of ten at or above `value`. */
export function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const scaled = value / power;
  return (scaled <= 1 ? 1 : scaled <= 2 ? 2 : scaled <= 5 ? 5 : 10) * power;
}

/** The rows of buckets whose bound is written: powers of ten where there are some that far apart, or else each one of `every`. */
export function labelledRows(
  bounds: readonly number[] | undefined,
  rowCount: number,
  every: number,
): ReadonlySet<number> {
  const round = (bounds ?? []).flatMap((bound, row) => (isPowerOfTen(bound) ? row : []));
  if (round.length > 1 && round.every((row, i) => i === 0 || row - round[i - 1]! >= every)) return new Set(round);
  return new Set(Array.from({ length: Math.ceil(rowCount / every) }, (_, i) => i * every));
}

function isPowerOfTen(value: number): boolean {
  const power = Math.log10(value);
  return Number.isFinite(power) && Math.abs(power - Math.round(power)) < 1e-9;
}
