import { goQuoted } from '#base';
import { printDuration } from '#config';
import { type LabelMatcher, matcherTest, PromqlError, parseMetricSelector, parsePromDuration } from '#lang/promql';
import type { TimeRange } from '#query';
import type { AnswerError } from '../http/errors.ts';
import type { ApiRequest, QueryString } from '../http/plugin.ts';
import { many, one } from '../shared/query-string.ts';
import { badParameter, promError } from './errors.ts';

/** Reading Prometheus' parameters. All functions throw its errors in its words. */

/** Of the address and of a form in the body, as one. */
export function parametersOf({ query, body }: ApiRequest): QueryString {
  if (body.length === 0) return query;
  const merged = Object.create(null) as Record<string, string[]>;
  const add = (name: string, value: string): void => {
    merged[name] = [...(merged[name] ?? []), value];
  };
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) add(name, value);
  for (const [name, value] of Object.entries(query))
    for (const each of typeof value === 'string' ? [value] : (value ?? [])) add(name, each);
  return merged;
}

/** What is further from the epoch is no time in the store, which counts nanoseconds in 64 bits: it stands for the first and the last one. */
const MAX_MS = 9.2e12;

/** How Prometheus' clients write the least and the greatest time. */
const EDGES: { readonly [text: string]: number | undefined } = Object.assign(Object.create(null), {
  '-292273086-05-16T16:47:06Z': -MAX_MS,
  '292277025-08-18T07:12:54.999999999Z': MAX_MS,
});

/** A number as Go's strconv.ParseFloat takes it, but for hexadecimal ones; undefined for what is none, or too large. */
function floatOf(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  if (!/^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}

const RFC3339 = /^\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds; undefined for what is no time. A plus sign of the zone arrives as a blank where the client did not escape it. */
function dateOf(text: string): number | undefined {
  const written = text.replace(/ (\d\d:\d\d)$/, '+$1');
  const parts = RFC3339.exec(written);
  if (parts === null) return undefined;
  const [month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number];
  const daysInMonth = new Date(Date.UTC(Number(text.slice(0, 4)), month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const ms = Date.parse(written.replace(',', '.'));
  return Number.isNaN(ms) ? undefined : ms;
}

function readTime(text: string): number {
  const edge = EDGES[text];
  if (edge !== undefined) return edge;
  const seconds = floatOf(text);
  // Of the fraction of a second Prometheus keeps thousandths.
  const whole = Math.trunc(seconds ?? 0);
  const ms = seconds === undefined ? dateOf(text) : whole * 1000 + Math.round((seconds - whole) * 1000);
  // A Prometheus takes NaN and infinities for some time or other, depending on its processor.
  if (ms === undefined || !Number.isFinite(ms)) throw new NoTime(`cannot parse ${goQuoted(text)} to a valid timestamp`);
  return Math.max(-MAX_MS, Math.min(MAX_MS, ms));
}

class NoTime extends Error {}

/** Milliseconds since the epoch, of seconds or RFC 3339. */
export function timeOf(query: QueryString, name: string, otherwise: number): number {
  const text = one(query, name);
  if (text === undefined) return otherwise;
  try {
    return readTime(text);
  } catch (error) {
    if (!(error instanceof NoTime)) throw error;
    throw badParameter(name, `invalid time value for '${name}': ${error.message}`);
  }
}

export function requiredTime(query: QueryString, name: string): number {
  try {
    return readTime(one(query, name) ?? '');
  } catch (error) {
    if (!(error instanceof NoTime)) throw error;
    throw badParameter(name, error.message);
  }
}

/** Nanoseconds, of seconds or a duration such as 5m, or what is wrong with it. */
function readDuration(text: string): number | string {
  const mistake = `cannot parse ${goQuoted(text)} to a valid duration`;
  const seconds = floatOf(text);
  if (seconds !== undefined) {
    const ns = Math.trunc(seconds * 1e9);
    return ns >= -(2 ** 63) && ns < 2 ** 63 ? ns : `${mistake}. It overflows int64`;
  }
  try {
    return parsePromDuration(text) * 1e6;
  } catch {
    return mistake;
  }
}

/** Milliseconds, with a fraction where it has one. Undefined where nothing is given. */
export function durationOf(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  return text === undefined ? undefined : requiredDuration(query, name);
}

export function requiredDuration(query: QueryString, name: string): number {
  const found = readDuration(one(query, name) ?? '');
  if (typeof found === 'string') throw badParameter(name, found);
  return found / 1e6;
}

/** How long a query may take, in milliseconds. */
export function timeoutOf(query: QueryString): number | undefined {
  const ms = durationOf(query, 'timeout');
  if (ms === undefined || ms > 0) return ms;
  throw badParameter('timeout', `timeout must be positive, got ${ms < 0 ? '-' : ''}${printDuration(Math.abs(ms))}`);
}

/** How long a sample stands for its series; undefined where the query leaves that to the server. */
export function lookbackOf(query: QueryString): number | undefined {
  const text = one(query, 'lookback_delta');
  if (text === undefined) return undefined;
  const found = readDuration(text);
  if (typeof found === 'string') throw promError('bad_data', `error parsing lookback delta duration: ${found}`);
  return found > 0 ? Math.trunc(found / 1e6) : undefined;
}

/** A whole number as Go's strconv.Atoi takes it, or what is wrong with it. */
export function wholeOf(text: string, fn: 'Atoi' | 'ParseInt' = 'Atoi', bits = 64): number | string {
  const mistake = `strconv.${fn}: parsing ${goQuoted(text)}:`;
  if (!/^[+-]?\d+$/.test(text)) return `${mistake} invalid syntax`;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(bits, value) === value ? Number(value) : `${mistake} value out of range`;
}

/** A whole number; 0 for none. */
export function limitOf(query: QueryString): number {
  const text = one(query, 'limit');
  if (text === undefined) return 0;
  const limit = wholeOf(text);
  if (typeof limit === 'string') throw badParameter('limit', limit);
  if (limit < 0) throw badParameter('limit', 'limit must be non-negative');
  return limit;
}

/** One that is said to be a number, and no more; 0 for none. */
export function plainLimitOf(query: QueryString, name: string): number {
  const text = one(query, name);
  if (text === undefined) return 0;
  const limit = wholeOf(text);
  if (typeof limit === 'string') throw promError('bad_data', `${name} must be a number`);
  return Math.max(0, limit);
}

type Selectors = readonly (readonly LabelMatcher[])[];
type Failing = (message: string) => AnswerError;

const badData: Failing = (message) => promError('bad_data', message);

/** `match[]`: each a selector with at least one matcher that doesn't match the empty value. */
export function selectorsOf(query: QueryString, fail: Failing = badData): Selectors {
  const selectors = anySelectorsOf(query, fail);
  if (selectors.some((matchers) => matchers.every((matcher) => matcherTest(matcher)(''))))
    throw fail('match[] must contain at least one non-empty matcher');
  return selectors;
}

/** The same, of whatever they match. */
export function anySelectorsOf(query: QueryString, fail: Failing = badData): Selectors {
  return many(query, 'match[]').map((text) => {
    try {
      return parseMetricSelector(text).matchers;
    } catch (error) {
      if (error instanceof PromqlError || error instanceof RangeError) throw fail(error.message);
      throw error;
    }
  });
}

/** Twelve hours are what people look for where they name no times. */
const DEFAULT_RANGE_MS = 12 * 3_600_000;

/** `start` and `end` of what is listed; undefined where nothing can lie between them. */
export function rangeOf(query: QueryString): TimeRange | undefined {
  const start = timeOf(query, 'start', Number.NaN);
  const toMs = timeOf(query, 'end', Date.now());
  const fromMs = Number.isNaN(start) ? toMs - DEFAULT_RANGE_MS : start;
  return toMs < fromMs || toMs < 0 ? undefined : { fromMs: Math.max(0, fromMs), toMs: toMs + 1 };
}
