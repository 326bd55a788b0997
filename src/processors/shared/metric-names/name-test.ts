import { Pattern } from '#lang/pattern';

export type MatchType = 'strict' | 'regexp';

/** Whether a name is one of a list, or one of its patterns matches anywhere in it. Throws where a pattern is none. */
export function nameTest(matchType: MatchType, items: readonly string[]): (name: string) => boolean {
  if (matchType === 'strict') {
    const wanted = new Set(items);
    return (name) => wanted.has(name);
  }
  const patterns = items.map((item) => new Pattern(item));
  return (name) => patterns.some((pattern) => pattern.test(name));
}
