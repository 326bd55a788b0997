/**
 * Every number and time that the console shows is written here, so that a latency looks the same on every page.
 * Three significant digits unless said otherwise; units after a thin gap; an absent value is a dash.
 */

export const ABSENT = '–';

const NS_PER_US = 1e3;
const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Three significant digits without an exponent: 0.123, 1.23, 12.3, 123, 1,234. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? ABSENT : value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e6) return formatCompact(value);
  if (size >= 99.95) return formatCount(value);
  if (size >= 9.995) return Number.isInteger(value) ? String(value) : value.toFixed(1);
  if (size >= 0.9995) return Number.isInteger(value) ? String(value) : value.toFixed(2);
  if (size >= 0.001) return trimZeros(value.toPrecision(3));
  return value.toExponential(1);
}

/** 950, 1.2k, 34.5k, 1.2M: for places where a column must stay narrow. */
export function formatCompact(value: number): string {
  const size = Math.abs(value);
  const steps: readonly [number, string][] = [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  for (const [limit, suffix] of steps) {
    // 999,950 would round up to "1000k"; the next step takes it.
    if (size >= limit * 0.9995) return `${trimZeros(threeDigits(value / limit))}${suffix}`;
  }
  return size === 0 ? '0' : trimZeros(threeDigits(value));
}

/** A whole count with thousands separators: 1,234,567. */
export function formatCount(value: number): string {
  // toLocaleString would do the same, but the browser first loads its tables of all languages: 30 ms of a page's first second.
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/**
 * The same text for the mark of an axis, without digits that say nothing: 1.00 s is 1 s there. Columns of values keep
 * their zeros, so that they line up.
 */
export function tickText(text: string): string {
  return text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}

/** `ns`: nanoseconds. 0, 850 ns, 12.3 µs, 4.56 ms, 1.23 s, 2m 05s, 1h 02m, 3d 04h. */
export function formatDuration(ns: number | null): string {
  if (ns === null || !Number.isFinite(ns)) return ABSENT;
  if (ns < 0) return `-${formatDuration(-ns)}`;
  if (ns === 0) return '0';
  if (ns < NS_PER_US) return `${Math.round(ns)} ns`;
  if (ns < 0.9995 * NS_PER_MS) return `${threeDigits(ns / NS_PER_US)} µs`;
  if (ns < 0.9995 * NS_PER_S) return `${threeDigits(ns / NS_PER_MS)} ms`;
  if (ns < 59.95 * NS_PER_S) return `${threeDigits(ns / NS_PER_S)} s`;
  const seconds = Math.round(ns / NS_PER_S);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${two(Math.floor((seconds % 3600) / 60))}m`;
  return `${Math.floor(seconds / 86_400)}d ${two(Math.floor((seconds % 86_400) / 3600))}h`;
}

/** As `formatDuration`, in the filter language's own spelling (`250ms`, `1.5s`), exact to the microsecond. */
export function printDuration(ns: number): string {
  if (ns >= NS_PER_S) return `${trimZeros((ns / NS_PER_S).toFixed(6))}s`;
  if (ns >= NS_PER_MS) return `${trimZeros((ns / NS_PER_MS).toFixed(3))}ms`;
  if (ns >= NS_PER_US) return `${trimZeros((ns / NS_PER_US).toFixed(3))}us`;
  return `${Math.round(ns)}ns`;
}

/** Reads `250ms`, `1.5s`, `2m`, `1h`, `10us`; a bare number is milliseconds. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)?\s*$/.exec(text);
  if (!match) return undefined;
  const scale: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };
  return Number(match[1]) * scale[match[2] ?? 'ms']!;
}

/** Below it a rate is a thing every few minutes; above it one unit is easier to compare than short numbers. */
const PER_MINUTE_BELOW = 0.01;

/** Per second: 0, 0.042/s, 12.3/s, 1.2k/s; rare things per minute: 0.24/min. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return ABSENT;
  if (perSecond === 0) return '0/s';
  if (perSecond < PER_MINUTE_BELOW) return `${threeDigits(perSecond * 60)}/min`;
  if (perSecond < 0.1) return `${perSecond.toFixed(3)}/s`;
  return `${perSecond >= 10_000 ? formatCompact(perSecond) : perSecond >= 1000 ? formatNumber(perSecond) : threeDigits(perSecond)}/s`;
}

/** `ratio` 0..1: 0%, <0.01%, 0.12%, 3.4%, 12%. Never rounds a small error ratio down to nothing. */
export function formatPercent(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return ABSENT;
  const percent = ratio * 100;
  if (percent === 0) return '0%';
  if (percent < 0.01) return '<0.01%';
  if (percent < 0.995) return `${percent.toFixed(2)}%`;
  if (percent < 9.95) return `${percent.toFixed(1)}%`;
  if (percent > 99.5 && percent < 100) return '>99.5%';
  return `${Math.round(percent)}%`;
}

/** Binary units: 0 B, 512 B, 1.5 KiB, 2.34 GiB. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return ABSENT;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const sign = bytes < 0 ? '-' : '';
  return `${sign}${unit === 0 ? trimZeros(value.toFixed(value < 10 ? 1 : 0)) : threeDigits(value)} ${units[unit]}`;
}

/** How the values of a unit are written: in full, and at the marks of an axis, which need one unit and round numbers. */
export interface UnitFormat {
  readonly format: (value: number) => string;
  readonly tick: (value: number) => string;
  /** Round numbers are powers of two, or whole ones for what is counted; decimal where absent. */
  readonly steps?: 'binary' | 'whole';
}

/** By the UCUM unit of a field. Things that happen rarely are written per minute, but not at an axis. */
export function unitFormat(unit: string): UnitFormat {
  if (/^\{.+\}\/s$/.test(unit)) return { format: formatRate, tick: (value) => `${formatNumber(value)}/s` };
  const format = unitFormatter(unit);
  return { format, tick: format, ...(unit === 'By' && { steps: 'binary' }) };
}

/** As `unitFormat`, for counts of whole things. */
export const COUNT_FORMAT: UnitFormat = { format: formatCount, tick: formatCount, steps: 'whole' };

/** How a metric's values are written, by its UCUM unit. */
export function unitFormatter(unit: string): (value: number) => string {
  const perSecond = unit.endsWith('/s');
  const base = perSecond ? unit.slice(0, -2) : unit;
  const suffix = perSecond ? '/s' : '';
  const durationNs: Record<string, number> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 6e10, h: 3.6e12 };
  const byteScale: Record<string, number> = { By: 1, KiBy: 1024, MiBy: 1024 ** 2, GiBy: 1024 ** 3, kBy: 1e3, MBy: 1e6 };
  if (base in durationNs && !perSecond) return (value) => formatDuration(value * durationNs[base]!);
  if (base in durationNs) return (value) => `${formatDuration(value * durationNs[base]!)}/s`;
  if (base in byteScale) return (value) => `${formatBytes(value * byteScale[base]!)}${suffix}`;
  if (base === '%') return (value) => `${formatNumber(value)}%`;
  if (base === '1' && !perSecond) return formatNumber;
  const annotation = /^\{(.+)\}$/.exec(base)?.[1];
  const word = annotation ?? (base === '' || base === '1' ? '' : base);
  if (perSecond) return (value) => `${formatNumber(value)}/s`;
  // An annotation such as {request} says what is counted; next to each tick it would only be noise.
  return annotation || word === '' ? formatNumber : (value) => `${formatNumber(value)} ${word}`;
}

/** Local wall clock: 14:03:07, with `.123` when `withMs`. */
export function formatClock(ms: number, withMs = false): string {
  const date = new Date(ms);
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMs ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}

/** Local date: 2026-11-22. */
export function formatDate(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Days of the store are those of UTC: 2026-11-22. */
export function formatUtcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** 2026-11-22 14:03:07.123, or without the parts of a second. */
export function formatDateTime(ms: number, withMs = false): string {
  return `${formatDate(ms)} ${formatClock(ms, withMs)}`;
}

/** A nanosecond timestamp (decimal string) as local time with all nine digits. */
export function formatExactTime(timeNs: string): string {
  const ms = Number(timeNs.slice(0, -6));
  return `${formatDateTime(ms)}.${timeNs.slice(-9)}`;
}

/** A label for a time axis whose visible span is `spanMs`. */
export function formatAxisTime(ms: number, spanMs: number): string {
  const date = new Date(ms);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (spanMs > 4 * DAY_MS || (midnight && spanMs > 2 * MINUTE_MS))
    return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  if (spanMs > 15 * MINUTE_MS) return formatClock(ms).slice(0, 5);
  return spanMs > 5_000 ? formatClock(ms) : formatClock(ms, true).slice(3);
}

/** 3 s ago, 5 min ago, 2 h ago, 3 d ago; `just now` within a second; future times read "in 5 s". */
export function formatAgo(ms: number, nowMs: number): string {
  const ageMs = nowMs - ms;
  if (Math.abs(ageMs) < 1000) return 'just now';
  const text = formatSpan(Math.abs(ageMs));
  return ageMs >= 0 ? `${text} ago` : `in ${text}`;
}

/** One coarse unit: 3 s, 5 min, 2 h, 3 d. */
export function formatSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${trimZeros((ms / HOUR_MS).toFixed(ms < 10 * HOUR_MS ? 1 : 0))} h`;
  return `${Math.round(ms / DAY_MS)} d`;
}

/** "1 span", "2 spans", "1,234 spans". */
export function plural(count: number, word: string, many = `${word}s`): string {
  return `${formatCount(count)} ${count === 1 ? word : many}`;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  return value.toFixed(size >= 9.995 ? 1 : 2);
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
