/** `YYYY`, `MM`, …: a piece of a time in UTC. The letters are those of Moment, which Grafana's documentation refers to. */
const PIECES: Readonly<Record<string, (date: Date) => string>> = {
  YYYY: (date) => String(date.getUTCFullYear()),
  YY: (date) => pad(date.getUTCFullYear() % 100),
  MMMM: (date) => MONTHS[date.getUTCMonth()]!,
  MMM: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  MM: (date) => pad(date.getUTCMonth() + 1),
  M: (date) => String(date.getUTCMonth() + 1),
  DD: (date) => pad(date.getUTCDate()),
  D: (date) => String(date.getUTCDate()),
  dddd: (date) => DAYS[date.getUTCDay()]!,
  ddd: (date) => DAYS[date.getUTCDay()]!.slice(0, 3),
  HH: (date) => pad(date.getUTCHours()),
  H: (date) => String(date.getUTCHours()),
  hh: (date) => pad(((date.getUTCHours() + 11) % 12) + 1),
  h: (date) => String(((date.getUTCHours() + 11) % 12) + 1),
  mm: (date) => pad(date.getUTCMinutes()),
  m: (date) => String(date.getUTCMinutes()),
  ss: (date) => pad(date.getUTCSeconds()),
  s: (date) => String(date.getUTCSeconds()),
  SSS: (date) => String(date.getUTCMilliseconds()).padStart(3, '0'),
  A: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  a: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
  X: (date) => String(Math.floor(date.getTime() / 1000)),
  x: (date) => String(date.getTime()),
  Z: () => '+00:00',
};
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
/** Text in square brackets stands as it is. */
const PIECE = /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a|X|x|Z/g;
/** Both ends of what a Date can be. */
const MS_LIMIT = 8.64e15;

/** A time as `${__from:date:FORMAT}` wants it: `iso`, `seconds`, `ms` or letters of Moment. */
export function formatDate(ms: number, format: string): string {
  if (Number.isNaN(ms) || Math.abs(ms) > MS_LIMIT) return 'NaN';
  if (format === 'ms') return String(ms);
  if (format === 'seconds') return String(Math.round(ms / 1000));
  const date = new Date(ms);
  if (format === 'iso') return date.toISOString();
  return format.replace(PIECE, (piece, literal: string | undefined) => literal ?? PIECES[piece]!(date));
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
