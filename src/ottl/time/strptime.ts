import { EvaluationError, Time } from '../values.ts';
import { formatOffset } from './rfc3339.ts';
import { type CalendarTime, calendarOf, epochMs, isZone, momentOf, offsetAt } from './zones.ts';

/**
 * Times as texts, by formats in the manner of strptime(3). What each directive reads and writes is that of timeutils in
 * opentelemetry-collector-contrib internal/coreinternal: numbers may lack leading zeros, fractions may have any number of digits.
 */
const MONTHS = [
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
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const SHORT_MONTHS = MONTHS.map((name) => name.slice(0, 3));
const SHORT_DAYS = DAYS.map((name) => name.slice(0, 3));

/** What longer directives stand for. */
const COMPOSED: Readonly<Record<string, string>> = {
  D: '%m/%d/%Y',
  x: '%m/%d/%Y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  r: '%I:%M:%S %P',
  R: '%H:%M',
  c: '%a %b %d %H:%M:%S %Y',
  n: '\n',
  t: '\t',
};
const DIRECTIVES = 'YymoqbhBdegaAHlIpPMSLfsZzwijkDxFTXrRntc%';
const FRACTION_DIGITS: Readonly<Record<string, number>> = { L: 3, f: 6, s: 9 };

/** A format in parts: texts, and directives by their letter. */
type Part = { readonly text: string } | { readonly directive: string };

/** Throws where the format is not valid. */
export function readTimeFormat(format: string): readonly Part[] {
  if (format === '') throw new EvaluationError('the format of a time must not be empty');
  if (/\d/.test(format))
    throw new EvaluationError('a format must not have digits: directives such as %Y stand for them');
  const fraction = /[^.,]%[Lfs]/.exec(format);
  if (fraction !== null) {
    throw new EvaluationError(
      `invalid fractional seconds directive "${fraction[0]}": a point or comma must stand before it`,
    );
  }
  const unknown = Array.from(format.matchAll(/%(.)/g)).find(([, letter]) => !DIRECTIVES.includes(letter!));
  if (unknown !== undefined) throw new EvaluationError(`unknown directive ${unknown[0]} in the format of a time`);
  return partsOf(format);
}

function partsOf(format: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  const addText = (text: string): void => {
    if (text !== '') parts.push({ text });
  };
  for (const match of format.matchAll(/%(.)/g)) {
    const letter = match[1]!;
    // The point before a fraction belongs to it: both may be missing.
    const isFraction = FRACTION_DIGITS[letter] !== undefined;
    addText(format.slice(at, isFraction && match.index > at ? match.index - 1 : match.index));
    at = match.index + 2;
    if (letter === '%') addText('%');
    else if (COMPOSED[letter] !== undefined) parts.push(...partsOf(COMPOSED[letter]));
    else parts.push({ directive: isFraction ? `${format[match.index - 1] ?? '.'}${letter}` : letter });
  }
  addText(format.slice(at));
  return parts;
}

const two = (value: number): string => String(value).padStart(2, '0');

export function formatTime(parts: readonly Part[], time: Time): string {
  const at = calendarOf(time);
  return parts.map((part) => ('text' in part ? part.text : formatDirective(part.directive, at, time))).join('');
}

function formatDirective(directive: string, at: CalendarTime, time: Time): string {
  switch (directive) {
    case 'Y':
      return String(at.year).padStart(4, '0');
    case 'y':
      return two(at.year % 100);
    case 'm':
      return two(at.month);
    // Go knows no month that is padded with a blank, and writes the underscore of the layout.
    case 'o':
      return `_${at.month}`;
    case 'q':
      return String(at.month);
    case 'b':
    case 'h':
      return SHORT_MONTHS[at.month - 1]!;
    case 'B':
      return MONTHS[at.month - 1]!;
    case 'd':
      return two(at.day);
    case 'e':
      return String(at.day).padStart(2, ' ');
    case 'g':
      return String(at.day);
    case 'a':
      return SHORT_DAYS[at.weekday]!;
    case 'A':
      return DAYS[at.weekday]!;
    case 'M':
      return two(at.minute);
    case 'S':
      return two(at.second);
    case 'H':
      return two(at.hour);
    case 'I':
      return two(at.hour % 12 || 12);
    case 'l':
      return String(at.hour % 12 || 12);
    case 'p':
      return at.hour < 12 ? 'AM' : 'PM';
    case 'P':
      return at.hour < 12 ? 'am' : 'pm';
    default:
      return formatOther(directive, at, time);
  }
}

function formatOther(directive: string, at: CalendarTime, time: Time): string {
  const sign = at.offsetMinutes < 0 ? '-' : '+';
  switch (directive) {
    case 'z':
      return formatOffset(at.offsetMinutes, 'Z', '');
    case 'Z':
      return zoneName(time, at.offsetMinutes);
    case 'w':
      return `${formatOffset(at.offsetMinutes, '', '')}00`;
    case 'i':
      return sign + two(Math.floor(Math.abs(at.offsetMinutes) / 60));
    case 'j':
      return formatOffset(at.offsetMinutes, '');
    case 'k':
      return `${formatOffset(at.offsetMinutes, '')}:00`;
    default: {
      const digits = String(at.nanosecond)
        .padStart(9, '0')
        .slice(0, FRACTION_DIGITS[directive[1]!]!)
        .replace(/0+$/, '');
      return digits === '' ? '' : `${directive[0]}${digits}`;
    }
  }
}

/** `CET`: English of some countries each name their own zones. */
function zoneName({ zone, ns }: Time, offsetMinutes: number): string {
  if (zone === 'UTC') return 'UTC';
  if (typeof zone === 'string') {
    for (const locale of ['en-US', 'en-GB', 'en-AU', 'en-IN']) {
      const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(
        epochMs(ns),
      );
      const name = parts.find(({ type }) => type === 'timeZoneName')!.value;
      if (/^[A-Z]{3,5}$/.test(name)) return name;
    }
  }
  return formatOffset(offsetMinutes, '', '');
}

interface Fields {
  year: number | undefined;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  half: 'am' | 'pm' | undefined;
  /** Minutes east of Greenwich that the text names. */
  offset: number | undefined;
  zone: string | undefined;
}

/** Reads a time. `zone` holds where the text has none; `nowMs` gives the year where it has none. */
export function parseTime(parts: readonly Part[], text: string, zone: string, nowMs: () => number): Time {
  const reader = new TimeReader(text);
  parts.forEach((part, i) => {
    if ('text' in part) reader.text(part.text);
    else reader.directive(part.directive, isFraction(parts[i + 1]));
  });
  return timeOf(reader.end(), text, zone, nowMs);
}

function isFraction(part: Part | undefined): boolean {
  return part !== undefined && 'directive' in part && part.directive.length === 2;
}

class TimeReader {
  readonly #source: string;
  #at = 0;
  readonly #fields: Fields = {
    year: undefined,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    half: undefined,
    offset: undefined,
    zone: undefined,
  };

  constructor(source: string) {
    this.#source = source;
  }

  end(): Fields {
    if (this.#at < this.#source.length)
      this.#fail(`there is extra text: "${this.#source.slice(this.#at, this.#at + 40)}"`);
    return this.#fields;
  }

  #fail(what: string): never {
    throw new EvaluationError(`can not read "${this.#source.slice(0, 80)}" as a time: ${what}`);
  }

  /** Blanks match any number of blanks. */
  text(text: string): void {
    for (let i = 0; i < text.length; ) {
      if (text[i] === ' ') {
        while (text[i] === ' ') i++;
        if (this.#at < this.#source.length && this.#source[this.#at] !== ' ') this.#fail('a blank is missing');
        while (this.#source[this.#at] === ' ') this.#at++;
      } else if (this.#source[this.#at] === text[i]) {
        this.#at++;
        i++;
      } else this.#fail(`expected "${text.slice(i)}" at position ${this.#at + 1}`);
    }
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match;
  }

  #number(pattern: RegExp, what: string, min: number, max: number): number {
    const match = this.#match(pattern);
    if (match === undefined) return this.#fail(`expected ${what} at position ${this.#at + 1}`);
    const value = Number(match[1]);
    return value >= min && value <= max ? value : this.#fail(`${what} is out of range`);
  }

  #name(names: readonly string[], what: string): number {
    const rest = this.#source.slice(this.#at, this.#at + 9).toLowerCase();
    const index = names.findIndex((name) => rest.startsWith(name.toLowerCase()));
    if (index < 0) this.#fail(`expected ${what} at position ${this.#at + 1}`);
    this.#at += names[index]!.length;
    return index;
  }

  directive(directive: string, beforeFraction: boolean): void {
    const fields = this.#fields;
    switch (directive) {
      case 'Y':
        fields.year = this.#number(/\s*(\d{4})/y, 'a year', 0, 9999);
        break;
      case 'y': {
        const year = this.#number(/\s*(\d\d)/y, 'a year', 0, 99);
        fields.year = year >= 69 ? 1900 + year : 2000 + year;
        break;
      }
      case 'm':
      case 'o':
      case 'q':
        fields.month = this.#number(ONE_OR_TWO, 'a month', 1, 12);
        break;
      case 'b':
      case 'h':
        fields.month = this.#name(SHORT_MONTHS, 'a month') + 1;
        break;
      case 'B':
        fields.month = this.#name(MONTHS, 'a month') + 1;
        break;
      case 'd':
      case 'e':
      case 'g':
        fields.day = this.#number(ONE_OR_TWO, 'a day', 1, 31);
        break;
      case 'a':
        this.#name(SHORT_DAYS, 'a day of the week');
        break;
      case 'A':
        this.#name(DAYS, 'a day of the week');
        break;
      default:
        this.#clock(directive, beforeFraction);
    }
  }

  #clock(directive: string, beforeFraction: boolean): void {
    const fields = this.#fields;
    switch (directive) {
      case 'H':
        fields.hour = this.#number(ONE_OR_TWO, 'an hour', 0, 23);
        break;
      case 'I':
      case 'l':
        fields.hour = this.#number(ONE_OR_TWO, 'an hour', 0, 12);
        break;
      case 'p':
      case 'P':
        fields.half = this.#name(directive === 'p' ? ['AM', 'PM'] : ['am', 'pm'], 'am or pm') === 0 ? 'am' : 'pm';
        break;
      case 'M':
        fields.minute = this.#number(ONE_OR_TWO, 'minutes', 0, 59);
        break;
      case 'S':
        fields.second = this.#number(ONE_OR_TWO, 'seconds', 0, 59);
        // Go reads a fraction that the format does not name.
        if (!beforeFraction) this.#fraction();
        break;
      case 'Z':
        fields.zone =
          this.#match(/(?:UTC|[A-Z]{3,5}|[+-]\d\d)/y)?.[0] ?? this.#fail('expected the name of a time zone');
        break;
      default:
        if (directive.length === 2) this.#fraction();
        else this.#offset(directive);
    }
  }

  #fraction(): void {
    const digits = this.#match(/[.,](\d+)/y)?.[1];
    if (digits !== undefined) this.#fields.nanosecond = Number(digits.slice(0, 9).padEnd(9, '0'));
  }

  #offset(directive: string): void {
    if (directive === 'z' && this.#match(/\s*Z/y) !== undefined) {
      this.#fields.offset = 0;
      return;
    }
    const match = this.#match(OFFSETS[directive]!);
    if (match === undefined) this.#fail(`expected an offset from UTC at position ${this.#at + 1}`);
    const [, sign, hours, minutes = '0'] = match as unknown as [string, string, string, string | undefined];
    const value = Number(hours) * 60 + Number(minutes);
    this.#fields.offset = sign === '-' ? 0 - value : value;
  }
}

const ONE_OR_TWO = /\s*(\d{1,2})/y;
const OFFSETS: Readonly<Record<string, RegExp>> = {
  z: /\s*([+-])(\d\d)(?::?(\d\d))?/y,
  w: /([+-])(\d\d)(\d\d)\d\d/y,
  i: /([+-])(\d\d)/y,
  j: /([+-])(\d\d):(\d\d)/y,
  k: /([+-])(\d\d):(\d\d):\d\d/y,
};
const WEEK_MS = 7 * 24 * 3_600_000;

function timeOf(fields: Fields, text: string, zone: string, nowMs: () => number): Time {
  const fail = (what: string): never => {
    throw new EvaluationError(`can not read "${text.slice(0, 80)}" as a time: ${what}`);
  };
  const { half, offset } = fields;
  const hour =
    half === 'pm' && fields.hour < 12 ? fields.hour + 12 : half === 'am' && fields.hour === 12 ? 0 : fields.hour;
  const named = fields.zone;
  if (named !== undefined && named !== 'UTC' && !isZone(named)) fail(`there is no time zone ${named}`);
  const place = offset ?? named ?? zone;
  const at = (year: number): bigint => momentOf(place, { ...fields, year, hour });
  // A day that the month does not have would become one of the next.
  const checked = new Date(Date.UTC(fields.year ?? 2000, fields.month - 1, fields.day));
  if (checked.getUTCDate() !== fields.day) fail('the month does not have so many days');
  let ns: bigint;
  if (fields.year !== undefined && fields.year > 0) ns = at(fields.year);
  else {
    // Without a year it is this one, or the last where the time would lie more than a week ahead.
    const now = nowMs();
    const year = new Date(now).getUTCFullYear();
    ns = at(year);
    if (epochMs(ns) > now + WEEK_MS) ns = at(year - 1);
  }
  const keepsZone = offset === undefined || offset === offsetAt(zone, epochMs(ns));
  return new Time(ns, offset === undefined ? place : keepsZone ? zone : offset === 0 ? 'UTC' : offset);
}
