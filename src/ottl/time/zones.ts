import type { Time } from '../values.ts';

const NS_PER_MS = 1_000_000n;

/** A moment in the calendar of its zone. */
export interface CalendarTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly offsetMinutes: number;
}

/** Whole milliseconds since the epoch, rounded down. */
export function epochMs(ns: bigint): number {
  const ms = ns / NS_PER_MS;
  return Number(ns < 0n && ns % NS_PER_MS !== 0n ? ms - 1n : ms);
}

export function calendarOf(time: Time): CalendarTime {
  const ms = epochMs(time.ns);
  const offsetMinutes = offsetAt(time.zone, ms);
  const local = new Date(ms + offsetMinutes * 60_000);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    nanosecond: Number(((time.ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n),
    weekday: local.getUTCDay(),
    offsetMinutes,
  };
}

/** Minutes east of Greenwich in a zone at a moment. */
export function offsetAt(zone: string | number, ms: number): number {
  if (typeof zone === 'number') return zone;
  if (zone === 'UTC') return 0;
  const parts = formatOf(zone).formatToParts(ms);
  const part = (type: string): number => Number(parts.find((each) => each.type === type)!.value);
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour') % 24,
    part('minute'),
    part('second'),
  );
  return Math.round((local - Math.floor(ms / 1000) * 1000) / 60_000);
}

/** Making one costs more than all of its uses; there are only as many as the configuration names. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Whether there is such a zone. */
export function isZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** The moment at which the calendar of a zone shows this. Where clocks are turned back, the first of the two. */
export function momentOf(
  zone: string | number,
  fields: Pick<CalendarTime, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'nanosecond'>,
): bigint {
  const local = new Date(0);
  local.setUTCFullYear(fields.year, fields.month - 1, fields.day);
  local.setUTCHours(fields.hour, fields.minute, fields.second);
  const localMs = local.getTime();
  let ms = localMs - offsetAt(zone, localMs) * 60_000;
  ms = localMs - offsetAt(zone, ms) * 60_000;
  return BigInt(ms) * NS_PER_MS + BigInt(fields.nanosecond);
}
