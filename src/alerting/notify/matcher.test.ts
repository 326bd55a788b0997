import { describe, expect, test } from 'vitest';
import { parseMatcher, parseMatchers } from './matcher.ts';

describe('matchers', () => {
  // What Alertmanager 0.35 makes of them, by `amtool config routes show`.
  test.each([
    { text: 'a=b', want: ['a="b"'] },
    { text: '{a="b", c!=d,e=~"f|g",h!~i}', want: ['a="b"', 'c!="d"', 'e=~"f|g"', 'h!~"i"'] },
    { text: '', want: [] },
    { text: '{}', want: [] },
    { text: 'a=b,', want: ['a="b"'] },
    { text: '  a  =  "b c"  ', want: ['a="b c"'] },
    { text: '"über label"="ja"', want: ['"über label"="ja"'] },
    { text: 'über=ja', want: ['über="ja"'] },
    { text: 'a="x\\ny\\"z\\\\"', want: ['a="x\\ny\\"z\\\\"'] },
    // Only the older grammar takes these.
    { text: 'a=', want: ['a=""'] },
    { text: 'a=b c', want: ['a="b c"'] },
    // Odd, and so as it is there.
    { text: 'a=~[a-z]{2}', want: ['a=~"[a-z]{2"'] },
    { text: 'a==b', want: ['a="=b"'] },
    { text: '{a=b', want: ['a="b"'] },
    { text: 'a="\\d"', want: ['a="\\\\d"'] },
  ])('$text', ({ text, want }) => {
    expect(parseMatchers(text).map(String)).toEqual(want);
  });

  test.each(['a', '=b', 'a=~"("', 'a="b', 'a=b"c', ',a=b'])('%s is refused', (text) => {
    expect(() => parseMatchers(text)).toThrow();
  });

  test('a filter is one matcher, without braces', () => {
    expect(String(parseMatcher('a=~"b.*"'))).toBe('a=~"b.*"');
    expect(() => parseMatcher('{a="b"}')).toThrow(/brace/);
    expect(() => parseMatcher('a=b,c=d')).not.toThrow();
  });

  test('a regular expression has to match all of the value', () => {
    const [matcher] = parseMatchers('a=~b.d|e');
    expect(['bcd', 'e', 'bcde', ''].map((value) => matcher!.matches(value))).toEqual([true, true, false, false]);
  });
});
