import { type LabelMatcher, matcherTest, PromqlError, parseMetricSelector, parsePromDuration } from '#lang/promql';
import type { TimeRange } from '#query';
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

/** What is further from the epoch is no time, neither here nor in the store, which counts nanoseconds in 64 bits. */
const MAX_MS = 9.2e12;

/** How Prometheus' clients write the least and the greatest time. */
const EDGES: { readonly [text: string]: number | undefined } = Object.assign(Object.create(null), {
  '-292273086-05-16T16:47:06Z': -MAX_MS,
  '292277025-08-18T07:12:54.999999999Z': MAX_MS,
});

/** Milliseconds since the epoch, of seconds or RFC 3339. */
export function timeOf(query: QueryString, name: string, otherwise: number): number {
  const text = one(query, name);
  if (text === undefined) return otherwise;
  const edge = EDGES[text];
  if (edge !== undefined) return edge;
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  // A plus sign of the zone arrives as a blank where the client did not escape it.
  const ms = /^\d{4}-/.test(text) ? Date.parse(text.replace(/ (\d\d:\d\d)$/, '+$1')) : Math.round(seconds * 1000);
  if (Number.isNaN(ms) || Math.abs(ms) > MAX_MS)
    throw badParameter(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return ms;
}

export function requiredTime(query: QueryString, name: string): number {
  if (one(query, name) === undefined) throw badParameter(name, 'cannot parse "" to a valid timestamp');
  return timeOf(query, name, 0);
}

/** Milliseconds, of seconds or a duration such as 5m. */
export function durationOf(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? promDurationOf(text) : Math.round(seconds * 1000);
  if (Math.abs(ms) <= MAX_MS) return ms;
  throw badParameter(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
}

/** NaN for what is none. */
function promDurationOf(text: string): number {
  try {
    return parsePromDuration(text);
  } catch {
    return Number.NaN;
  }
}

/** A whole number; 0 for none. */
export function limitOf(query: QueryString): number {
  const text = one(query, 'limit');
  if (text === undefined) return 0;
  const limit = Number(text);
  if (!Number.isSafeInteger(limit)) throw badParameter('limit', `cannot parse ${JSON.stringify(text)} to a number`);
  if (limit < 0) throw badParameter('limit', 'limit must be non-negative');
  return limit;
}

/** `match[]`: each a selector with at least one matcher that doesn't match the empty value. */
export function selectorsOf(query: QueryString, isNeeded: boolean): readonly (readonly LabelMatcher[])[] {
  const texts = many(query, 'match[]');
  if (isNeeded && texts.length === 0) throw promError('bad_data', 'no match[] parameter provided');
  return texts.map(selectorOf);
}

function selectorOf(text: string): readonly LabelMatcher[] {
  let matchers: readonly LabelMatcher[];
  try {
    ({ matchers } = parseMetricSelector(text));
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    throw badParameter('match[]', error.message);
  }
  if (matchers.every((matcher) => matcherTest(matcher)('')))
    throw badParameter('match[]', 'match[] must contain at least one non-empty matcher');
  return matchers;
}

/** Twelve hours are what people look for where they name no times. */
const DEFAULT_RANGE_MS = 12 * 3_600_000;

/** `start` and `end` of what is listed. */
export function rangeOf(query: QueryString): TimeRange {
  const toMs = timeOf(query, 'end', Date.now());
  const fromMs = timeOf(query, 'start', toMs - DEFAULT_RANGE_MS);
  if (toMs < fromMs) throw promError('bad_data', 'end timestamp must not be before start timestamp');
  return { fromMs: Math.max(0, fromMs), toMs: toMs + 1 };
}
