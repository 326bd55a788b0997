/** Layouts of Go's package time: `2006-01-02 15:04:05`. */
import { quotePattern } from '#base';
import { namedZone, offsetZone, printOffset, type Zone } from './time-zone.ts';

const NS_PER_SECOND = 1_000_000_000n;
export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const DAYS: readonly string[] = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** What stands for parts of a time; the longer ones first. */
const PART =
  /January|Jan|Monday|Mon|MST|2006|Z07:00:00|Z07:00|Z0700|Z07|-07:00:00|-07:00|-0700|-07|[.,](?:0+|9+)(?!\d)|002|01|02|03|04|05|06|__2|_2|15|PM|pm|1|2|3|4|5/g;

/** `ns` since the epoch, as a clock of the zone shows it. */
export function formatTime(ns: bigint, zone: Zone, layout: string): string {
  const nanos = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const date = new Date(Number((ns - nanos) / 1_000_000n) + zone.offset * 60_000);
  const digits = String(nanos).padStart(9, '0');
  return layout.replace(PART, (part, index: number) => {
    // A longer word than the month's.
    if (part === 'Jan' && /^[a-z]/.test(layout.slice(index + 3))) return part;
    const show = SHOWN[part];
    if (show !== undefined) return show(date);
    if (part === 'MST') return zone.name;
    if (/^[-Z]/.test(part)) return zoneText(part, zone.offset);
    const shown = digits.slice(0, part.length - 1).padEnd(part.length - 1, '0');
    const kept = part[1] === '9' ? shown.replace(/0+$/, '') : shown;
    return kept === '' ? '' : part[0]! + kept;
  });
}

function zoneText(part: string, offset: number): string {
  if (part.startsWith('Z') && offset === 0) return 'Z';
  const text = printOffset(offset, part.includes(':') ? ':' : '');
  if (part.length <= 3) return text.slice(0, 3);
  return part.endsWith(':00:00') ? `${text}:00` : text;
}

const two = (value: number): string => String(value).padStart(2, '0');
const twelve = (date: Date): number => date.getUTCHours() % 12 || 12;

/** Of a date whose UTC is the clock that is shown. */
const SHOWN: Readonly<Record<string, (date: Date) => string>> = {
  January: (date) => MONTHS[date.getUTCMonth()]!,
  Jan: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  '1': (date) => String(date.getUTCMonth() + 1),
  '01': (date) => two(date.getUTCMonth() + 1),
  Monday: (date) => DAYS[date.getUTCDay()]!,
  Mon: (date) => DAYS[date.getUTCDay()]!.slice(0, 3),
  '2': (date) => String(date.getUTCDate()),
  _2: (date) => String(date.getUTCDate()).padStart(2),
  '02': (date) => two(date.getUTCDate()),
  __2: (date) => String(yearDay(date)).padStart(3),
  '002': (date) => String(yearDay(date)).padStart(3, '0'),
  '15': (date) => two(date.getUTCHours()),
  '3': (date) => String(twelve(date)),
  '03': (date) => two(twelve(date)),
  '4': (date) => String(date.getUTCMinutes()),
  '04': (date) => two(date.getUTCMinutes()),
  '5': (date) => String(date.getUTCSeconds()),
  '05': (date) => two(date.getUTCSeconds()),
  '2006': (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  '06': (date) => two(date.getUTCFullYear() % 100),
  PM: (date) => (date.getUTCHours() >= 12 ? 'PM' : 'AM'),
  pm: (date) => (date.getUTCHours() >= 12 ? 'pm' : 'am'),
};

export function yearDay(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

/**
 * A time that is written as the layout says, in a zone of its own or else in `zoneName`; undefined where the text has not that form, or names
 * a day that there is not.
 */
export function parseTime(
  layout: string,
  text: string,
  zoneName = 'UTC',
): { readonly ns: bigint; readonly zone: Zone } | undefined {
  const names: string[] = [];
  let source = '';
  let at = 0;
  for (const { 0: part, index } of layout.matchAll(PART)) {
    source += quotePattern(layout.slice(at, index)) + patternOf(part);
    at = index + part.length;
    names.push(part);
  }
  const match = new RegExp(`^${source}${quotePattern(layout.slice(at))}$`).exec(text);
  return match === null ? undefined : timeOf(new Map(names.map((name, i) => [name, match[i + 1] ?? ''])), zoneName);
}

function patternOf(part: string): string {
  if (/^[.,]/.test(part)) return part[1] === '9' ? '(?:[.,](\\d+))?' : `[.,](\\d{${part.length - 1}})`;
  if (part.startsWith('Z')) return '(Z|[-+]\\d\\d:?(?:\\d\\d)?)';
  if (part.startsWith('-')) return '([-+]\\d\\d:?(?:\\d\\d)?)';
  // Seconds may have a fraction that the layout does not show.
  if (part === '05' || part === '5') return '\\s*(\\d+(?:\\.\\d+)?)';
  return /^[\d_]/.test(part) ? '\\s*(\\d+)' : '([A-Za-z]+)';
}

function timeOf(
  parts: ReadonlyMap<string, string>,
  zoneName: string,
): { readonly ns: bigint; readonly zone: Zone } | undefined {
  const first = (...names: readonly string[]): string | undefined =>
    names.map((name) => parts.get(name)).find((value) => value !== undefined);
  const number = (otherwise: number, ...names: readonly string[]): number => Number(first(...names) ?? otherwise);
  const monthName = first('January', 'Jan')?.slice(0, 3).toLowerCase();
  const month =
    monthName === undefined
      ? number(1, '01', '1')
      : MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === monthName) + 1;
  const short = first('06');
  const year = short === undefined ? number(0, '2006') : Number(short) + (Number(short) >= 69 ? 1900 : 2000);
  const day = number(1, '02', '2', '_2');
  const isAfternoon = first('PM', 'pm')?.toLowerCase() === 'pm';
  const half = first('03', '3');
  const hour = half === undefined ? number(0, '15') : (Number(half) % 12) + (isAfternoon ? 12 : 0);
  const [seconds = '0', ownFraction = ''] = (first('05', '5') ?? '0').split('.');
  const minute = number(0, '04', '4');
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, Number(seconds)));
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isReal || hour > 23 || minute > 59 || Number(seconds) > 59) return undefined;
  const written = Array.from(parts).find(([name]) => /^[-Z]/.test(name))?.[1];
  const zone = written === undefined ? namedZone(zoneName, date.getTime()) : offsetZone(written);
  const fraction = Array.from(parts).find(([name]) => /^[.,]/.test(name))?.[1] || ownFraction;
  const ms = date.getTime() - zone.offset * 60_000;
  return { ns: BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9)), zone };
}
