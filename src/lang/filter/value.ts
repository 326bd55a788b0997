/** Values of the filter language: which kind a bare word is, and durations. */
import type { FilterRange, FilterValue } from './tree.ts';

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h|d))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h|d)/g;

const NS_PER_UNIT: { readonly [unit: string]: number } = {
  ns: 1,
  us: 1e3,
  // U+00B5 and U+03BC look the same, and both are typed.
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86400e9,
};

/** A bare word's kind: number, duration, truth value, or else text. */
export function classifyValue(text: string, range: FilterRange): FilterValue {
  const { start, end } = range;
  if (text === 'true' || text === 'false') return { kind: 'boolean', text, value: text === 'true', start, end };
  if (NUMBER.test(text)) return { kind: 'number', text, value: Number(text), start, end };
  const ns = parseDurationNs(text);
  if (ns !== undefined) return { kind: 'duration', text, ns, start, end };
  return { kind: 'text', text, start, end };
}

/** `250ms`, `1.5s`, `1h30m`: nanoseconds, rounded to whole ones. Undefined for anything else, a bare number included. */
export function parseDurationNs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let ns = 0;
  for (const [, digits, unit] of text.matchAll(DURATION_PART)) ns += Number(digits) * NS_PER_UNIT[unit!]!;
  return Number.isFinite(ns) ? Math.round(ns) : undefined;
}
