import { goGeneral, goQuoted } from '#base';
import { GoDuration, GoTime, type GoValue, typeName } from '#lang/go-template';

/** Numbers for people, as templates of Prometheus and Alertmanager write them (prometheus/common helpers/templates, prometheus/template). */

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** A number, or a text that is one. Throws as strconv.ParseFloat does for what is none. */
export function floatOf(value: GoValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof GoDuration) return value.Seconds();
  if (typeof value !== 'string') throw new Error(`can't convert ${typeName(value)} to float`);
  if (NUMBER.test(value)) return Number(value);
  if (INFINITE.test(value)) return value.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(value)) return Number.NaN;
  throw new Error(`strconv.ParseFloat: parsing ${goQuoted(value)}: invalid syntax`);
}

const four = (value: number): string => goGeneral(value, 4);

/** Divides by `step` while the number is too large for its prefix, or multiplies while it is too small. */
function scaled(value: number, step: number, prefixes: readonly string[], isDone: (size: number) => boolean): string {
  let [rest, prefix] = [value, ''];
  for (const next of prefixes) {
    if (isDone(Math.abs(rest))) break;
    prefix = next;
    rest *= step;
  }
  return four(rest) + prefix;
}

const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

export function humanize(input: GoValue): string {
  const value = floatOf(input);
  if (value === 0 || !Number.isFinite(value)) return four(value);
  return Math.abs(value) >= 1 ? divided(value, 1000, LARGE) : scaled(value, 1000, SMALL, (size) => size >= 1);
}

export function humanize1024(input: GoValue): string {
  const value = floatOf(input);
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return four(value);
  return divided(
    value,
    1024,
    LARGE.map((prefix) => `${prefix}i`),
  );
}

/** By division, not by its inverse: the digits are Go's. */
function divided(value: number, step: number, prefixes: readonly string[]): string {
  let [rest, prefix] = [value, ''];
  for (const next of prefixes) {
    if (Math.abs(rest) < step) break;
    prefix = next;
    rest /= step;
  }
  return four(rest) + prefix;
}

export function humanizeDuration(input: GoValue): string {
  const value = floatOf(input);
  if (!Number.isFinite(value)) return four(value);
  if (value === 0) return `${four(value)}s`;
  if (Math.abs(value) < 1) return `${scaled(value, 1000, SMALL, (size) => size >= 1)}s`;
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  const whole = Math.trunc(size);
  const [seconds, minutes, hours] = [whole % 60, Math.floor(whole / 60) % 60, Math.floor(whole / 3600) % 24];
  const days = Math.floor(whole / 86_400);
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m ${seconds}s` : `${sign}${four(size)}s`;
}

export function humanizePercentage(input: GoValue): string {
  return `${four(floatOf(input) * 100)}%`;
}

export function humanizeTimestamp(input: GoValue): string {
  const value = floatOf(input);
  return Number.isFinite(value) ? timeOf(value).String() : four(value);
}

/** Seconds since the epoch to a time, which has milliseconds. */
export function timeOf(value: number): GoTime {
  if (!Number.isFinite(value)) throw new Error('value is NaN or Inf');
  const ns = value * 1e9;
  if (ns > 2 ** 63 || ns < -(2 ** 63))
    throw new Error(`${four(value)} cannot be represented as a nanoseconds timestamp since it overflows int64`);
  return new GoTime((BigInt(Math.trunc(ns)) / 1_000_000n) * 1_000_000n);
}
