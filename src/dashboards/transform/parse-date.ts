import { quotePattern } from '#base/quote-pattern.ts';
import type { Cell } from '../frames/data-frame.ts';

/** What each letter of a format of dates stands for, and which part of a date it is. */
const PARTS: Readonly<Record<string, readonly [pattern: string, part: string]>> = {
  YYYY: ['\\d{4}', 'year'],
  YY: ['\\d{2}', 'shortYear'],
  MMMM: ['[A-Za-z]+', 'monthName'],
  MMM: ['[A-Za-z]{3}', 'monthName'],
  MM: ['\\d{1,2}', 'month'],
  M: ['\\d{1,2}', 'month'],
  DD: ['\\d{1,2}', 'day'],
  D: ['\\d{1,2}', 'day'],
  HH: ['\\d{1,2}', 'hour'],
  H: ['\\d{1,2}', 'hour'],
  hh: ['\\d{1,2}', 'hour'],
  h: ['\\d{1,2}', 'hour'],
  mm: ['\\d{1,2}', 'minute'],
  m: ['\\d{1,2}', 'minute'],
  ss: ['\\d{1,2}', 'second'],
  s: ['\\d{1,2}', 'second'],
  SSS: ['\\d{1,3}', 'milli'],
  A: ['[AaPp][Mm]', 'half'],
  a: ['[AaPp][Mm]', 'half'],
  X: ['-?\\d+(?:\\.\\d+)?', 'unix'],
  x: ['-?\\d+', 'unixMs'],
};
const TOKEN = /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|HH|H|hh|h|mm|m|ss|s|SSS|A|a|X|x/g;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * Milliseconds since the epoch of a written time: by a format of moment's letters, or as ISO 8601 where there is none. Without an offset it is
 * UTC. undefined for what is no time.
 */
export function parseDate(value: Cell, format: string): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const parsed = format === '' ? parseIso(value) : parseWith(value, format);
  return parsed === undefined || Number.isNaN(parsed) ? undefined : parsed;
}

function parseIso(text: string): number | undefined {
  if (!/^\s*[+-]?\d{4}/.test(text)) return undefined;
  const hasOffset = /(Z|[+-]\d{2}:?\d{2})\s*$/i.test(text) || !text.includes(':');
  return Date.parse(hasOffset ? text : `${text.trim().replace(' ', 'T')}Z`);
}

function parseWith(text: string, format: string): number | undefined {
  const names: string[] = [];
  let pattern = '';
  let at = 0;
  for (const match of format.matchAll(TOKEN)) {
    pattern += quotePattern(format.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] !== undefined) {
      pattern += quotePattern(match[1]);
      continue;
    }
    const [digits, name] = PARTS[match[0]]!;
    pattern += `(${digits})`;
    names.push(name);
  }
  const found = new RegExp(`^\\s*${pattern}${quotePattern(format.slice(at))}`).exec(text);
  if (found === null) return undefined;
  return timeOf(new Map(names.map((name, i) => [name, found[i + 1]!])));
}

function timeOf(parts: ReadonlyMap<string, string>): number | undefined {
  const unix = parts.get('unix');
  if (unix !== undefined) return Number(unix) * 1000;
  const unixMs = parts.get('unixMs');
  if (unixMs !== undefined) return Number(unixMs);
  const number = (name: string, usual: number): number => Number(parts.get(name) ?? usual);
  const shortYear = parts.get('shortYear');
  const year =
    shortYear === undefined ? number('year', 1970) : Number(shortYear) + (Number(shortYear) > 68 ? 1900 : 2000);
  const monthName = parts.get('monthName')?.slice(0, 3).toLowerCase();
  const month = monthName === undefined ? number('month', 1) - 1 : MONTHS.indexOf(monthName);
  const half = parts.get('half')?.toLowerCase();
  const written = number('hour', 0);
  const hour = half === undefined ? written : (written % 12) + (half === 'pm' ? 12 : 0);
  if (month < 0 || month > 11 || number('day', 1) > 31 || hour > 24) return undefined;
  return Date.UTC(year, month, number('day', 1), hour, number('minute', 0), number('second', 0), number('milli', 0));
}
