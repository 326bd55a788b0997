import { converterFunction, type OttlFunction, type Surroundings } from '../function.ts';
import { constantText, duration, int, optional, text, time } from '../parameters.ts';
import { parseDuration } from '../time/duration.ts';
import { formatTime, parseTime, readTimeFormat } from '../time/strptime.ts';
import { type CalendarTime, calendarOf, isZone } from '../time/zones.ts';
import { Duration, fail, float64, int64, Time, type Value } from '../values.ts';

/** Moments and durations. */
export const TIME_FUNCTIONS: readonly OttlFunction[] = [
  {
    name: 'Now',
    meaning: 'The time of the clock.',
    parameters: [],
    contexts: undefined,
    create: (_, { nowMs }: Surroundings) => {
      const zone = localZone();
      return () => new Time(BigInt(Math.floor(nowMs() * 1000)) * 1000n, zone);
    },
  },
  {
    name: 'Time',
    meaning: 'The moment that a text writes in a format of strptime: %Y-%m-%dT%H:%M:%S%z.',
    parameters: [
      text('target'),
      constantText('format'),
      optional(constantText('location')),
      optional(constantText('locale')),
    ],
    contexts: undefined,
    create: (values, { nowMs }: Surroundings) => {
      const [target, format, location, locale] = values as [{ get: (at: never) => string }, string, string?, string?];
      const parts = readTimeFormat(format);
      const zone = zoneOf(location, format);
      checkLocale(locale);
      return (at) => {
        const written = target.get(at as never);
        return written === '' ? fail('a time must not be empty') : parseTime(parts, written, zone, nowMs);
      };
    },
  },
  converterFunction(
    'FormatTime',
    'Writes a moment in a format of strptime.',
    [time('time'), constantText('format')],
    (of, format) => {
      const parts = readTimeFormat(format);
      return (at) => formatTime(parts, of.get(at));
    },
  ),
  converterFunction(
    'Duration',
    'The duration that a text writes: 1h30m, 1.5s, 200ms.',
    [text('duration')],
    (of) => (at) => new Duration(parseDuration(of.get(at))),
  ),
  converterFunction(
    'TruncateTime',
    'A moment rounded down to a multiple of a duration.',
    [time('time'), duration('duration')],
    (of, to) => (at) => truncated(of.get(at), to.get(at).ns),
  ),
  converterFunction(
    'Unix',
    'The moment so many seconds, and nanoseconds, after 1970.',
    [int('seconds'), optional(int('nanoseconds'))],
    (seconds, nanoseconds) => {
      const zone = localZone();
      return (at) => new Time(BigInt(seconds.get(at)) * 1_000_000_000n + BigInt(nanoseconds?.get(at) ?? 0), zone);
    },
  ),
  since('UnixSeconds', 'seconds', 1_000_000_000n),
  since('UnixMilli', 'milliseconds', 1_000_000n),
  since('UnixMicro', 'microseconds', 1000n),
  since('UnixNano', 'nanoseconds', 1n),
  part('Year', 'year', ({ year }) => year),
  part('Month', 'month, 1 to 12,', ({ month }) => month),
  part('Day', 'day of the month', ({ day }) => day),
  part('Weekday', 'day of the week, 0 for Sunday,', ({ weekday }) => weekday),
  part('Hour', 'hour', ({ hour }) => hour),
  part('Minute', 'minute', ({ minute }) => minute),
  part('Second', 'second', ({ second }) => second),
  part('Nanosecond', 'fraction of the second in nanoseconds', ({ nanosecond }) => nanosecond),
  length('Hours', 'hours, as a double', (ns) => double(ns, 3_600_000_000_000n)),
  length('Minutes', 'minutes, as a double', (ns) => double(ns, 60_000_000_000n)),
  length('Seconds', 'seconds, as a double', (ns) => double(ns, 1_000_000_000n)),
  length('Milliseconds', 'whole milliseconds', (ns) => int64(ns / 1_000_000n)),
  length('Microseconds', 'whole microseconds', (ns) => int64(ns / 1000n)),
  length('Nanoseconds', 'nanoseconds', int64),
];

function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** Where a text has no zone: the named one, UTC where the format ends with a Z, that of the machine. */
function zoneOf(location: string | undefined, format: string): string {
  if (location !== undefined && location !== '') {
    return isZone(location) ? location : fail(`there is no time zone "${location}"`);
  }
  return format.endsWith('Z') ? 'UTC' : localZone();
}

/** Names of months and days are read in English. */
function checkLocale(locale: string | undefined): void {
  if (locale === undefined || /^en\b/i.test(locale)) return;
  fail(`the locale "${locale}" is not supported: names of months and days are read in English only`);
}

function floorDivided(ns: bigint, unit: bigint): bigint {
  const whole = ns / unit;
  return ns < 0n && ns % unit !== 0n ? whole - 1n : whole;
}

/** Go counts multiples from the beginning of the year 1. */
const YEAR_ONE_NS = 62_135_596_800n * 1_000_000_000n;

function truncated(of: Time, step: bigint): Time {
  if (step <= 0n) return of;
  return new Time(of.ns - ((of.ns + YEAR_ONE_NS) % step), of.zone);
}

function double(ns: bigint, unit: bigint): Value {
  return float64(Number(ns / unit) + Number(ns % unit) / Number(unit));
}

function since(name: string, what: string, unit: bigint): OttlFunction {
  return converterFunction(
    name,
    `The ${what} of a moment since 1970.`,
    [time('time')],
    (of) => (at) => int64(floorDivided(of.get(at).ns, unit)),
  );
}

function part(name: string, what: string, of: (at: CalendarTime) => number): OttlFunction {
  return converterFunction(
    name,
    `The ${what} of a moment, in its zone.`,
    [time('time')],
    (moment) => (at) => of(calendarOf(moment.get(at))),
  );
}

function length(name: string, what: string, of: (ns: bigint) => Value): OttlFunction {
  return converterFunction(
    name,
    `A duration in ${what}.`,
    [duration('duration')],
    (value) => (at) => of(value.get(at).ns),
  );
}
