import { RE2JS } from 're2js';
import { equalAt } from '#base';
import { readInt64AsNumber, readVarint32, textAt, VALUE_BOOL, VALUE_INT, VALUE_STRING } from '#pdata';
import type { NumericAttributeConfig, StringAttributeConfig } from './policy-config.ts';

/** Whether an attribute's value, given as its VALUE_* type and payload in `arena[at, at + length)`, meets a condition. */
export type ValueMatcher = (arena: Uint8Array, type: number, at: number, length: number) => boolean;

/** Strings that are one of the values, or match one of the patterns anywhere. The empty value matches nothing, as in contrib. */
export function stringMatcher(config: StringAttributeConfig): ValueMatcher {
  if (config.enabledRegexMatching) return regexMatcher(config.values, config.cacheMaxSize);
  const values = config.values.filter((value) => value !== '').map((value) => new TextEncoder().encode(value));
  return (arena, type, at, length) => {
    if (type !== VALUE_STRING) return false;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value.length === length && equalAt(arena, at, value, 0, length)) return true;
    }
    return false;
  };
}

/** Longer texts are matched each time: the cache is bounded in bytes as well as in entries. */
const CACHED_LENGTH_LIMIT = 256;

/** Keeps the answers for the last `cacheSize` distinct texts: attributes that policies look at have few values. */
function regexMatcher(patterns: readonly string[], cacheSize: number): ValueMatcher {
  const expressions = patterns.map((pattern) => RE2JS.compile(pattern));
  const answers = new Map<string, boolean>();
  return (arena, type, at, length) => {
    if (type !== VALUE_STRING || length === 0) return false;
    const text = textAt(arena, at, length);
    const isMatch = (): boolean => expressions.some((expression) => expression.matcher(text).find());
    if (length > CACHED_LENGTH_LIMIT) return isMatch();
    let answer = answers.get(text);
    if (answer === undefined) {
      answer = isMatch();
      if (answers.size >= cacheSize) answers.delete(answers.keys().next().value!);
    } else answers.delete(text);
    answers.set(text, answer);
    return answer;
  };
}

/** Ints within the range, ends included. Doubles don't match, as in contrib. */
export function numericMatcher(config: NumericAttributeConfig): ValueMatcher {
  const { minValue, maxValue } = config;
  return (arena, type, at) => {
    if (type !== VALUE_INT) return false;
    const value = readInt64AsNumber(arena, at);
    return value >= minValue && value <= maxValue;
  };
}

export function booleanMatcher(wanted: boolean): ValueMatcher {
  return (arena, type, at) => type === VALUE_BOOL && (readVarint32(arena, at) !== 0) === wanted;
}

/** Whether a W3C tracestate has the key with one of the values. */
export function traceStateMatcher(key: string, values: readonly string[]): (traceState: string) => boolean {
  const wanted = new Set(values.filter((value) => value !== ''));
  return (traceState) =>
    traceState.split(',').some((member) => {
      const entry = member.trim();
      const equals = entry.indexOf('=');
      return equals > 0 && entry.slice(0, equals) === key && wanted.has(entry.slice(equals + 1));
    });
}
