import { parseDurationNs } from '#lang/filter';
import { AnswerError } from '../http/errors.ts';
import type { QueryString } from '../http/plugin.ts';
import { one } from '../shared/query-string.ts';

/** Reading Tempo's parameters. All functions throw its errors. */

export function bad(message: string): AnswerError {
  return new AnswerError(400, 'bad_query', message);
}

/** A whole number above 0. */
export function countOf(query: QueryString, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  if (!/^[-+]?\d{1,10}$/.test(text)) throw bad(`invalid ${name}: strconv.Atoi: parsing ${shown(text)}: invalid syntax`);
  if (Number(text) <= 0) throw bad(`invalid ${name}: must be a positive number`);
  return Number(text);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

const SECOND_NS = 1_000_000_000n;
/** What 64 bits of nanoseconds hold. */
const LAST_NS = 9_223_372_036_854_775_806n;

/** Of a question: `[startNs, endNs)`. */
export interface NsRange {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** `start`, `end` and `since`; what is not said is the last `defaultMs`. */
export function rangeOf(query: QueryString, defaultMs: number): NsRange {
  const since = one(query, 'since');
  const backNs = since === undefined ? BigInt(defaultMs) * 1_000_000n : durationNs('since', since);
  const endNs = timeNs(query, 'end') ?? BigInt(Date.now()) * 1_000_000n + SECOND_NS;
  const startNs = timeNs(query, 'start') ?? (endNs > backNs ? endNs - backNs : 0n);
  checkOrder(startNs, endNs);
  return { startNs, endNs };
}

function checkOrder(startNs: bigint, endNs: bigint): void {
  if (startNs < endNs) return;
  const [start, end] = [startNs / SECOND_NS, endNs / SECOND_NS];
  throw bad(`http parameter start must be before end. received start=${start} end=${end}`);
}

/** Where only mistakes in `start` and `end` count. */
export function checkTimes(query: QueryString): void {
  const [startNs, endNs] = [timeNs(query, 'start'), timeNs(query, 'end')];
  if (startNs !== undefined && endNs !== undefined) checkOrder(startNs, endNs);
}

/** Seconds, nanoseconds by their size, or RFC 3339. */
function timeNs(query: QueryString, name: string): bigint | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const [, whole, fraction = ''] = /^(\d{1,19})(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole !== undefined) {
    const isNs = whole.length > 12;
    const ns = isNs ? BigInt(whole) : BigInt(whole) * SECOND_NS + BigInt(fraction.padEnd(9, '0').slice(0, 9));
    // A range without an end is asked for with 0.
    if (ns === 0n) return undefined;
    return ns < LAST_NS ? ns : LAST_NS;
  }
  const [, start, part = '', zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[-+ ]\d\d:\d\d)$/.exec(text) ?? [];
  const ms = start === undefined ? Number.NaN : Date.parse(`${start}${zone!.replace(' ', '+')}`);
  if (Number.isNaN(ms) || ms < 0)
    throw bad(`invalid ${name}: strconv.ParseInt: parsing ${shown(text)}: invalid syntax`);
  return BigInt(ms) * 1_000_000n + BigInt(part.padEnd(9, '0').slice(0, 9));
}

/** A Go duration, in ns; above 0. */
function durationNs(name: string, text: string): bigint {
  const ns = parseDurationNs(text);
  if (ns === undefined || !(ns > 0)) throw bad(`invalid ${name}: time: invalid duration ${shown(text)}`);
  return BigInt(Math.round(ns));
}

export function optionalDurationNs(query: QueryString, name: string): bigint | undefined {
  const text = one(query, name);
  return text === undefined ? undefined : durationNs(name, text);
}

/** Points of a range where nothing is said. */
const DEFAULT_STEPS = 120n;
const MAX_STEPS = 11_000n;

/** A duration, or seconds. */
export function stepOf(query: QueryString, range: NsRange): bigint {
  const text = one(query, 'step');
  const stepNs = text === undefined ? undefined : stepNsOf(text);
  return checkedStep(stepNs, range);
}

/** The step that was asked for, or one that suits the range. */
export function checkedStep(stepNs: bigint | undefined, { startNs, endNs }: NsRange): bigint {
  const lengthNs = endNs - startNs;
  if (stepNs === undefined || stepNs === 0n) {
    const even = (lengthNs / DEFAULT_STEPS / SECOND_NS) * SECOND_NS;
    return even > SECOND_NS ? even : SECOND_NS;
  }
  if (lengthNs / stepNs > MAX_STEPS)
    throw bad(`invalid step: more than ${MAX_STEPS} points in the range; choose a longer step or a shorter range`);
  return stepNs;
}

function stepNsOf(text: string): bigint {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  return seconds === undefined ? durationNs('step', text) : BigInt(Math.round(seconds * 1e9));
}

/** An id of up to 128 bits in hex; filled up with zeros in front. */
export function traceIdOf(text: string): string {
  const wrong = /[^0-9a-fA-F]/.exec(text);
  if (wrong !== null)
    throw bad(
      `trace IDs can only contain hex characters: invalid character '${wrong[0]}' at position ${wrong.index + 1}`,
    );
  if (text.length > 32) throw bad("trace IDs can't be larger than 128 bits");
  return text.toLowerCase().padStart(32, '0');
}
