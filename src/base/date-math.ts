/**
 * Relative times as Grafana writes them in dashboards and addresses: `now`, followed by any number of steps `-6h`, `+1d` and `/d`, read from left to
 * right. A step of `/unit` rounds: where a range begins down to the unit's first moment, where it ends up to its last millisecond.
 * `now-1d/d` to `now-1d/d` is the whole of yesterday. Source: Grafana's manual, "Dashboards, set dashboard time range".
 */

export type DateUnit = 's' | 'm' | 'h' | 'd' | 'w' | 'M' | 'Q' | 'y';

export type RangeEdge = 'from' | 'to';

type Step =
  | { readonly kind: 'move'; readonly count: number; readonly unit: DateUnit }
  | { readonly kind: 'round'; readonly unit: DateUnit };

const STEP = /([+-])(\d*)([smhdwMQy])|\/([smhdwMQy])/y;
/** Digits of a step: more would leave what a Date can hold. */
const MAX_DIGITS = 6;
const MONDAY = 1;

export interface DateMathOptions {
  /** The day that weeks begin with, 0 for Sunday to 6; Monday where absent. */
  readonly firstDay?: number;
}

/**
 * The time in ms that a relative time stands for at `nowMs`, by this process' time zone; undefined where it can't be read, or no Date holds it. Days, weeks,
 * months and years are those of the calendar: a day with a change of the clocks has 23 or 25 hours, and a month before the 31st is the 30th.
 */
export function resolveDateMath(
  text: string,
  nowMs: number,
  edge: RangeEdge,
  options: DateMathOptions = {},
): number | undefined {
  const steps = readSteps(text);
  if (steps === undefined) return undefined;
  const date = new Date(nowMs);
  for (const step of steps) {
    if (step.kind === 'move') moveBy(date, step.count, step.unit);
    else roundTo(date, step.unit, edge, options.firstDay ?? MONDAY);
  }
  return Number.isNaN(date.getTime()) ? undefined : date.getTime();
}

/** Whether a text is such a time. */
export function isDateMath(text: string): boolean {
  return readSteps(text) !== undefined;
}

function readSteps(text: string): readonly Step[] | undefined {
  if (!text.startsWith('now')) return undefined;
  const steps: Step[] = [];
  for (let at = 3; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (found === null) return undefined;
    const [, sign, digits = '', moved, rounded] = found;
    if (digits.length > MAX_DIGITS) return undefined;
    if (moved === undefined) steps.push({ kind: 'round', unit: rounded as DateUnit });
    else {
      // Without a number it is one.
      const count = (digits === '' ? 1 : Number(digits)) * (sign === '-' ? -1 : 1);
      steps.push({ kind: 'move', count, unit: moved as DateUnit });
    }
  }
  return steps;
}

const CLOCK_MS: Readonly<Partial<Record<DateUnit, number>>> = { s: 1e3, m: 6e4, h: 3.6e6 };
const MONTHS: Readonly<Partial<Record<DateUnit, number>>> = { M: 1, Q: 3, y: 12 };

function moveBy(date: Date, count: number, unit: DateUnit): void {
  const ms = CLOCK_MS[unit];
  const months = MONTHS[unit];
  if (ms !== undefined) date.setTime(date.getTime() + count * ms);
  else if (months !== undefined) moveByMonths(date, count * months);
  else date.setDate(date.getDate() + count * (unit === 'w' ? 7 : 1));
}

/** To the same day of another month, or to its last one where it has no such day. */
function moveByMonths(date: Date, count: number): void {
  const day = date.getDate();
  date.setDate(1);
  date.setMonth(date.getMonth() + count);
  const lastDay = new Date(date.getFullYear(), date.getMonth() + 1, 0).getDate();
  date.setDate(Math.min(day, lastDay));
}

function roundTo(date: Date, unit: DateUnit, edge: RangeEdge, firstDay: number): void {
  toStart(date, unit, firstDay);
  if (edge === 'from') return;
  moveBy(date, 1, unit);
  date.setTime(date.getTime() - 1);
}

function toStart(date: Date, unit: DateUnit, firstDay: number): void {
  switch (unit) {
    case 's':
      date.setMilliseconds(0);
      return;
    case 'm':
      date.setSeconds(0, 0);
      return;
    case 'h':
      date.setMinutes(0, 0, 0);
      return;
    case 'w':
      date.setDate(date.getDate() - ((date.getDay() - firstDay + 7) % 7));
      break;
    case 'M':
      date.setDate(1);
      break;
    case 'Q':
      date.setMonth(date.getMonth() - (date.getMonth() % 3), 1);
      break;
    case 'y':
      date.setMonth(0, 1);
      break;
    case 'd':
      break;
  }
  date.setHours(0, 0, 0, 0);
}
