/** Reading Loki's parameters: times in nanoseconds, in seconds, or RFC 3339. All functions throw its errors. */
import { parseGoDuration } from '#lang/logql';
import { parsePromDuration } from '#lang/promql';
import type { Direction } from '#query/logql.ts';
import type { ApiRequest, QueryString } from '../http/plugin.ts';
import { one } from '../shared/query-string.ts';
import { bad } from './errors.ts';

/** Of the address and of a form in the body, as one. */
export function parametersOf({ query, body }: ApiRequest): QueryString {
  if (body.length === 0) return query;
  const merged = Object.assign(Object.create(null) as Record<string, QueryString[string]>, query);
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) merged[name] ??= value;
  return merged;
}

/** Nothing before 1970, and nothing that 64 bits of nanoseconds don't hold. */
const LAST_NS = 9_223_372_036_854_775_806n;

/** Nanoseconds since the epoch. */
export function timeOf(query: QueryString, name: string, otherwise: bigint): bigint {
  const text = one(query, name);
  if (text === undefined) return otherwise;
  const ns = readTime(text);
  if (ns === undefined || ns > LAST_NS)
    throw bad(`could not parse '${name}' parameter: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return ns < 0n ? 0n : ns;
}

function readTime(text: string): bigint | undefined {
  // A whole number of up to ten digits is seconds, as clients write them.
  if (/^-?\d+$/.test(text)) return text.replace('-', '').length <= 10 ? BigInt(text) * 1_000_000_000n : BigInt(text);
  const [, whole, fraction] = /^(\d+)\.(\d*)$/.exec(text) ?? [];
  if (whole !== undefined) return BigInt(whole) * 1_000_000_000n + BigInt(fraction!.padEnd(9, '0').slice(0, 9));
  const seconds = /^[\d.]+[eE][+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(seconds)) return BigInt(Math.round(seconds * 1e9));
  return readDate(text);
}

/** RFC 3339, to the nanosecond. */
function readDate(text: string): bigint | undefined {
  // A plus sign of the zone arrives as a blank where the client did not escape it.
  const [, start, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[-+ ]\d\d:\d\d)$/.exec(text) ?? [];
  if (start === undefined) return undefined;
  const ms = Date.parse(`${start}${zone!.replace(' ', '+')}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/** Milliseconds, of seconds or a duration such as 5m. */
export function durationOf(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const ms = readDurationMs(text);
  if (ms === undefined || !(Math.abs(ms) <= 9.2e12))
    throw bad(`could not parse '${name}' parameter: cannot parse ${JSON.stringify(text)} to a valid duration`);
  return ms;
}

function readDurationMs(text: string): number | undefined {
  const seconds = Number(text);
  if (!Number.isNaN(seconds)) return Math.round(seconds * 1000);
  try {
    return parsePromDuration(text);
  } catch {
    const value = parseGoDuration(text, true);
    return value === undefined ? undefined : Math.round(value * 1000);
  }
}

/** A whole number above 0. */
export function countOf(
  query: QueryString,
  name: string,
  otherwise: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const text = one(query, name);
  if (text === undefined) return otherwise;
  const count = Number(text);
  if (!/^[-+]?\d+$/.test(text)) throw bad(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (!Number.isSafeInteger(count)) throw bad(`strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  if (count <= 0) throw bad(`${name} must be a positive value`);
  if (count > most)
    throw bad(`max entries limit per query exceeded, ${name} > max_entries_limit_per_query (${count} > ${most})`);
  return count;
}

export function directionOf(query: QueryString): Direction {
  const text = (one(query, 'direction') ?? 'backward').toLowerCase();
  if (text !== 'forward' && text !== 'backward') throw bad(`invalid direction '${text}'`);
  return text;
}

export interface LokiRange {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

const HOUR_NS = 3_600_000_000_000n;

/** `start` and `end`, or the time `since` the end, or since now where the end is still to come; without them the last `hours`. */
export function rangeOf(query: QueryString, hours: number): LokiRange {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const endNs = timeOf(query, 'end', nowNs);
  const since = durationOf(query, 'since');
  const lengthNs = since === undefined ? BigInt(hours) * HOUR_NS : BigInt(since) * 1_000_000n;
  const fromNs = endNs < nowNs ? endNs : nowNs;
  const startNs = timeOf(query, 'start', fromNs > lengthNs ? fromNs - lengthNs : 0n);
  if (endNs < startNs) throw bad('end timestamp must not be before or equal to start time');
  return { startNs, endNs };
}

export function msOf(ns: bigint): number {
  return Number(ns / 1000n) / 1000;
}
