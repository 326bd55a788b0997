/** Times of the week, month and year in which routes are muted or active (alertmanager/timeinterval). */

/** Both ends are part of it. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** All that is given has to hold; of each list one. */
export interface TimeInterval {
  /** Minutes of the day; the end is no part of it. */
  readonly times: readonly NumberRange[] | undefined;
  /** Sunday is 0. A range may go over the end of the week. */
  readonly weekdays: readonly NumberRange[] | undefined;
  /** Below zero counted from the end of the month: -1 is its last day. */
  readonly daysOfMonth: readonly NumberRange[] | undefined;
  /** January is 1. */
  readonly months: readonly NumberRange[] | undefined;
  readonly years: readonly NumberRange[] | undefined;
  /** A name of the IANA time zones; undefined for UTC. */
  readonly location: string | undefined;
}

interface Moment {
  readonly minute: number;
  readonly weekday: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
}

export function containsTime(interval: TimeInterval, nowMs: number): boolean {
  const moment = momentAt(nowMs, interval.location);
  const { times, weekdays, daysOfMonth, months, years } = interval;
  return (
    (times?.some(({ from, to }) => moment.minute >= from && moment.minute < to) ?? true) &&
    (daysOfMonth?.some((range) => isDayIn(range, moment)) ?? true) &&
    (months?.some((range) => isWithin(range, moment.month)) ?? true) &&
    (weekdays?.some((range) => isWeekdayIn(range, moment.weekday)) ?? true) &&
    (years?.some((range) => isWithin(range, moment.year)) ?? true)
  );
}

function isWithin({ from, to }: NumberRange, value: number): boolean {
  return value >= from && value <= to;
}

function isWeekdayIn({ from, to }: NumberRange, weekday: number): boolean {
  return from <= to ? isWithin({ from, to }, weekday) : weekday >= from || weekday <= to;
}

function isDayIn(range: NumberRange, { day, month, year }: Moment): boolean {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const [from, to] = [range.from, range.to].map((end) => (end < 0 ? last + end + 1 : end)) as [number, number];
  return from <= last && day >= from && day <= Math.min(to, last);
}

const ZONES = new Map<string, Intl.DateTimeFormat>();
const ZONES_LIMIT = 1000;
const WEEKDAYS: readonly string[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function momentAt(nowMs: number, location: string | undefined): Moment {
  const parts = Object.fromEntries(
    formatOf(location ?? 'UTC')
      .formatToParts(nowMs)
      .map(({ type, value }) => [type, value]),
  );
  return {
    minute: Number(parts['hour']) * 60 + Number(parts['minute']),
    weekday: WEEKDAYS.indexOf(parts['weekday']!),
    day: Number(parts['day']),
    month: Number(parts['month']),
    year: Number(parts['year']),
  };
}

function formatOf(location: string): Intl.DateTimeFormat {
  let format = ZONES.get(location);
  if (format === undefined) {
    if (ZONES.size >= ZONES_LIMIT) ZONES.clear();
    format = new Intl.DateTimeFormat('en-US', {
      ...(location !== 'Local' && { timeZone: location === '' ? 'UTC' : location }),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      weekday: 'short',
      hour: 'numeric',
      minute: 'numeric',
    });
    ZONES.set(location, format);
  }
  return format;
}

/** Whether the name of a time zone is known. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

const DAYS: readonly string[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS: readonly string[] = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** `monday:friday`, or what is wrong with it. */
export function parseWeekdays(text: string): NumberRange | string {
  return parseRange(text, (word) => {
    const day = DAYS.indexOf(word);
    return day >= 0 ? day : `${word} is not a valid weekday`;
  });
}

/** `1:5`, `-3:-1`, or what is wrong with it. */
export function parseDays(text: string): NumberRange | string {
  const range = parseRange(text, wholeNumber);
  if (typeof range === 'string') return range;
  const { from, to } = range;
  for (const day of [from, to]) {
    if (day === 0 || day < -31 || day > 31) return `${day} is not a valid day of the month: out of range`;
  }
  if (from < 0 && to > 0) return 'end day must be negative if start day is negative';
  const ofFebruary = (day: number): number => (day < 0 ? 28 + day : day);
  return ofFebruary(from) > ofFebruary(to) ? `end day ${to} is always before start day ${from}` : range;
}

/** `january:march`, `4:6`, or what is wrong with it. */
export function parseMonths(text: string): NumberRange | string {
  const range = parseRange(text, (word) => {
    const month = MONTHS.indexOf(word) + 1;
    if (month > 0) return month;
    return /^[-+]?\d+$/.test(word) ? Number(word) : `${word} is not a valid month`;
  });
  if (typeof range === 'string') return range;
  const { from, to } = range;
  for (const month of [from, to]) if (month < 1 || month > 12) return `${month} is not a valid month: out of range`;
  return from > to ? `end month ${MONTHS[to - 1]} is before start month ${MONTHS[from - 1]}` : range;
}

/** `2026:2028`, or what is wrong with it. */
export function parseYears(text: string): NumberRange | string {
  const range = parseRange(text, wholeNumber);
  if (typeof range === 'string' || range.from <= range.to) return range;
  return `end year ${range.to} is before start year ${range.from}`;
}

/** Minutes of the day from `09:00` and `24:00`, or what is wrong with them. */
export function parseTimes(start: string, end: string): NumberRange | string {
  if (start === '' || end === '') return 'both start and end times must be provided';
  const minutes: number[] = [];
  for (const text of [start, end]) {
    if (!/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text)) return `couldn't parse timestamp ${text}, invalid format`;
    minutes.push(Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
  }
  const [from, to] = minutes as [number, number];
  return from >= to ? 'start time cannot be equal or greater than end time' : { from, to };
}

function wholeNumber(word: string): number | string {
  return /^[-+]?\d{1,15}$/.test(word) ? Number(word) : `${word} is not a whole number`;
}

function parseRange(text: string, member: (word: string) => number | string): NumberRange | string {
  const words = text.toLowerCase().split(':');
  if (words.length > 2) return `couldn't parse range ${text.toLowerCase()}, invalid format`;
  const [from, to] = [member(words[0]!), member(words.at(-1)!)];
  if (typeof from === 'string') return from;
  return typeof to === 'string' ? to : { from, to };
}
