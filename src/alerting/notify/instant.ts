/** A moment as alerts have it: with the digits and the zone that its sender wrote, because receivers get them. */
export interface Instant {
  /** Milliseconds since the Unix epoch, with a fraction. */
  readonly ms: number;
  /** As Go prints a time by RFC 3339: up to nine digits of a second, none that is a zero at the end. */
  readonly text: string;
}

/** What stands for no moment: the year 1, as in Go. */
export const NO_INSTANT: Instant = { ms: -62_135_596_800_000, text: '0001-01-01T00:00:00Z' };

export function isNoInstant({ ms }: Instant): boolean {
  return ms <= NO_INSTANT.ms;
}

export function instantAt(ms: number): Instant {
  const whole = new Date(Math.floor(ms)).toISOString();
  return { ms, text: whole.replace(/\.?0*Z$/, 'Z') };
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?([Zz]|[-+]\d\d:?\d\d)$/;

/** A time by RFC 3339; undefined where it is none. */
export function parseInstant(written: string): Instant | undefined {
  const match = RFC3339.exec(written);
  if (match === null) return undefined;
  const [, date, time, fraction = '', zone] = match as unknown as [string, string, string, string | undefined, string];
  const offset = /^[Zz]$/.test(zone) ? 'Z' : zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const secondsMs = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(secondsMs) || !isDay(date)) return undefined;
  const digits = fraction.replace(/0+$/, '');
  const ms = secondsMs + Number(`0.${fraction || '0'}`) * 1000;
  return {
    ms,
    text: `${date}T${time}${digits === '' ? '' : `.${digits}`}${/^[-+]00:00$/.test(offset) ? 'Z' : offset}`,
  };
}

/** The engine takes February the 31st for March the 3rd. */
function isDay(date: string): boolean {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** With milliseconds, neither more nor less, as Alertmanager's API prints times. */
export function printMillis({ text }: Instant): string {
  const [, seconds, fraction = '', zone] = /^(.{19})(?:\.(\d+))?(.+)$/.exec(text)!;
  return `${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${zone}`;
}
