import { writeNumber } from './numbers.ts';

interface Step {
  /** In seconds: from how long on it is used, and how long it is. */
  readonly from: number;
  readonly size: number;
  readonly name: string;
  /** Where the value isn't 1. */
  readonly names: string;
}

const YEAR_S = 31_536_000;
const SECOND: Step = { from: 1, size: 1, name: ' s', names: ' s' };
const MINUTE: Step = { from: 60, size: 60, name: ' min', names: ' mins' };
const HOUR: Step = { from: 3600, size: 3600, name: ' hour', names: ' hours' };
const DAY: Step = { from: 86_400, size: 86_400, name: ' day', names: ' days' };
const WEEK: Step = { from: 604_800, size: 604_800, name: ' week', names: ' weeks' };
const YEAR: Step = { from: YEAR_S, size: 31_556_900, name: ' year', names: ' years' };
const MILLI: Step = { from: 1e-3, size: 1e-3, name: ' ms', names: ' ms' };
const MICRO: Step = { from: 1e-6, size: 1e-6, name: ' µs', names: ' µs' };
const NANO: Step = { from: 0, size: 1e-9, name: ' ns', names: ' ns' };

/** By unit: how long one is in seconds, and what longer and shorter times are said in. */
const UNITS: Readonly<Record<string, { readonly size: number; readonly steps: readonly Step[] }>> = {
  ns: { size: 1e-9, steps: [DAY, HOUR, MINUTE, SECOND, MILLI, MICRO, NANO] },
  µs: { size: 1e-6, steps: [SECOND, MILLI, { ...MICRO, from: 0 }] },
  ms: { size: 1e-3, steps: [{ ...YEAR, size: YEAR_S }, DAY, HOUR, MINUTE, SECOND, { ...MILLI, from: 0 }] },
  s: { size: 1, steps: [YEAR, WEEK, DAY, HOUR, MINUTE, SECOND, MILLI, MICRO, NANO] },
  m: {
    size: 60,
    steps: [
      { ...YEAR, from: 525_948 * 60 + 1, size: 525_948 * 60 },
      WEEK,
      DAY,
      HOUR,
      { ...MINUTE, from: 0, names: ' min' },
    ],
  },
  h: { size: 3600, steps: [{ ...YEAR, size: YEAR_S }, WEEK, DAY, { ...HOUR, from: 0, names: ' hour' }] },
  d: { size: 86_400, steps: [{ ...YEAR, size: YEAR_S }, WEEK, { ...DAY, from: 0 }] },
};

export function isDuration(unit: string): boolean {
  return Object.hasOwn(UNITS, unit);
}

/** `90` of `s` → `1.50 mins`. */
export function writeDuration(unit: string, value: number, decimals: number | undefined): string {
  const { size, steps } = UNITS[unit]!;
  if (value === 0)
    return `${writeNumber(0, unit === 's' ? 0 : decimals)}${steps.find((step) => step.size === size)!.name}`;
  // Sizes of units are exact where they are counted in the smaller of both.
  const seconds = size < 1 ? value / Math.round(1 / size) : value * size;
  const step = steps.find(({ from }) => Math.abs(seconds) >= from) ?? steps.at(-1)!;
  const scaled = step.size === size ? value : step.size < 1 ? seconds * Math.round(1 / step.size) : seconds / step.size;
  return `${writeNumber(scaled, decimals)}${Math.abs(scaled) <= 1 ? step.name : step.names}`;
}

const WORDS: readonly (readonly [word: string, ms: number])[] = [
  ['year', YEAR_S * 1000],
  ['month', 2_592_000_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
];

/** The largest unit in words, and so many smaller ones as `more` says; `ago` for what is negative. */
export function writeWords(ms: number, more = 0): string {
  const first = WORDS.findIndex(([, unit]) => Math.abs(ms) >= unit);
  const ago = ms < 0 ? ' ago' : '';
  if (first < 0) return ago;
  let rest = Math.abs(ms);
  const parts = WORDS.slice(first, first + 1 + more).map(([word, unit]) => {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    return `${count} ${word}${count === 1 ? '' : 's'}`;
  });
  return parts.join(', ') + ago;
}

const pad = (number: number): string => String(number).padStart(2, '0');

/** `03:25:45`; with days in front of it `12 d 03:16:16`. */
export function writeClock(seconds: number, hasDays: boolean): string {
  const whole = Math.floor(Math.abs(seconds));
  const hours = Math.floor(whole / 3600);
  const days = hasDays ? Math.floor(hours / 24) : 0;
  const clock = `${pad(hours - days * 24)}:${pad(Math.floor((whole % 3600) / 60))}:${pad(whole % 60)}`;
  return `${days > 0 ? `${days} d ` : ''}${clock}${seconds < 0 ? ' ago' : ''}`;
}

/** `8h:45m:36s:000ms`, without the parts that are larger than the time, and so many after the first as `more` says. */
export function writeStopwatch(time: number, more?: number): string {
  const ms = Math.floor(Math.abs(time));
  const parts = [
    ...(ms >= 3_600_000 ? [`${Math.floor(ms / 3_600_000)}h`] : []),
    ...(ms >= 60_000 ? [`${pad(Math.floor(ms / 60_000) % 60)}m`] : []),
    ...(ms >= 1000 ? [`${pad(Math.floor(ms / 1000) % 60)}s`] : []),
    `${String(ms % 1000).padStart(3, '0')}ms`,
  ];
  return parts.slice(0, more === undefined ? parts.length : more + 1).join(':');
}
