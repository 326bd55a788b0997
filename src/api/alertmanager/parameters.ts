import { type Matcher, MatcherError, parseMatcher, wholePattern } from '#alerting/notify';
import { AnswerError } from '../http/errors.ts';
import type { QueryString } from '../http/plugin.ts';

const YES: ReadonlySet<string> = new Set(['true', '1', 'yes', 'ok', 'y', 'on', 'selected', 'checked', 't', 'enabled']);

/** True where it is absent; what is no word for yes is one for no. */
export function flagOf(query: QueryString, name: string): boolean {
  const value = textOf(query, name);
  return value === undefined || YES.has(value.toLowerCase());
}

/** Of a repeated parameter the last; undefined where it is absent or empty. */
export function textOf(query: QueryString, name: string): string | undefined {
  const value = query[name];
  const last = typeof value === 'object' ? value.at(-1) : value;
  return last === '' ? undefined : last;
}

/** Matchers of a parameter that may be repeated. */
export function matchersOf(query: QueryString, name: string): readonly Matcher[] {
  const value = query[name];
  const texts = typeof value === 'object' ? value : value === undefined ? [] : [value];
  return texts
    .filter((text) => text !== '')
    .map((text) => {
      try {
        return parseMatcher(text);
      } catch (error) {
        if (!(error instanceof MatcherError)) throw error;
        const front = name === 'filter' ? '' : `failed to parse ${name} param: `;
        throw new AnswerError(400, 'bad_query', front + error.message);
      }
    });
}

/** What names of receivers have to match; undefined for all. */
export function receiverPattern(query: QueryString): { test(name: string): boolean } | undefined {
  const source = textOf(query, 'receiver');
  if (source === undefined) return undefined;
  try {
    return wholePattern(source);
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error;
    throw new AnswerError(400, 'bad_query', `failed to parse receiver param: ${error.message}`);
  }
}

/** As filters of the API match: a label that is absent matches what asks for nothing, and one that is there what excludes nothing. */
export function matchFilter(matchers: readonly Matcher[], labels: ReadonlyMap<string, string>): boolean {
  return matchers.every((matcher) => {
    const value = labels.get(matcher.name);
    if (matcher.value === '' && (value === undefined) === matcher.isEqual) return true;
    return matcher.matches(value ?? '');
  });
}
