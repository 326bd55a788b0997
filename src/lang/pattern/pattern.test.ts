import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { Pattern, readTemplate } from './index.ts';

describe('what V8 may run', () => {
  test.each([
    'abc',
    'token=[^&]+',
    '^/api/v[0-9]+/',
    '^[^/]*/[a-z]+$',
    '(?i)^error',
    'a|b+',
    '[a-z]{2,5}-x',
    String.raw`\d+`,
  ])('%s', (source) => {
    expect(new Pattern(source).isProved).toBe(true);
  });

  test.each([
    '(a+)+$',
    '(a|a)*b',
    '(a|aa)+$',
    '^(a+)+$',
    '(.*)*x',
    'a*a*a*a*b',
    '.*.*=.*',
    '(x+x+)+y',
    'a+b',
    '^a*a*b',
    '(a{0,30}){0,30}b',
    '(a?){30}a{30}',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ])('not %s: it would try again and again', (source) => {
    const pattern = new Pattern(source);
    expect(pattern.isProved).toBe(false);
    // So RE2 runs it, which takes its time by the length alone.
    expect(typeof pattern.test(`${'a'.repeat(20_000)}!`)).toBe('boolean');
    expect(pattern.findAll(`${'a'.repeat(2000)}!`).next().done).toBeTypeOf('boolean');
  });

  test.each(['(', 'a{2,1}', '[z-a]', '(?=a)', '(?<!a)b', String.raw`(a)\1`, 'a**'])('%s is no pattern', (source) => {
    expect(() => new Pattern(source)).toThrow();
  });
});

const char = fc.constantFrom('a', 'b', 'A', '.', '-', ' ', 'é', '😀', '\n', '1', '=');
const atom = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    '1',
    'é',
    '.',
    '[ab]',
    '[^a]',
    String.raw`\d`,
    String.raw`\w`,
    String.raw`\s`,
    '[a-c1]',
    '😀',
    '=',
  ),
  fc.constantFrom('(a)', '(?:ab)', '(a|b)', '(?P<n>b)', '(?:a|ab)'),
);
const part = fc
  .tuple(atom, fc.constantFrom('', '', '', '?', '+', '*', '{2}', '{1,2}', '+?', '*?'))
  .map((two) => two.join(''));
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '^', '(?i)'),
    fc.array(part, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '', '$', '|b'),
  )
  .map(([begin, parts, end]) => begin + parts.join('') + end);
const text = fc.array(char, { maxLength: 12 }).map((chars) => chars.join(''));

/** The places of all matches, as RE2 alone says, in the way of Go. */
function placesOf(source: string, input: string): (readonly [number, number])[] {
  const matcher = RE2JS.compile(source).matcher(input);
  const places: [number, number][] = [];
  let from = 0;
  let lastEnd = -1;
  while (from <= input.length && matcher.find(from)) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (end > start || start !== lastEnd) places.push([start, end]);
    lastEnd = end;
    from = end > start ? end : end + ((input.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
  return places;
}

describe('V8 and RE2 say the same', () => {
  test('of any pattern and text', () => {
    fc.assert(
      fc.property(pattern, text, (source, input) => {
        let re2: RE2JS;
        try {
          re2 = RE2JS.compile(source);
        } catch {
          expect(() => new Pattern(source)).toThrow();
          return;
        }
        const ours = new Pattern(source);
        expect(ours.test(input)).toBe(re2.test(input));
        expect([...ours.findAll(input)].map(([start, end]) => [start, end])).toEqual(placesOf(source, input));
      }),
      { numRuns: 3000 },
    );
  });

  test('of groups that were replaced', () => {
    const template = readTemplate('<$1>');
    fc.assert(
      fc.property(pattern, text, (source, input) => {
        let ours: Pattern;
        try {
          ours = new Pattern(`(${source.startsWith('(?i)') ? source.slice(4) : source})`);
        } catch {
          return;
        }
        const places = placesOf(ours.source, input);
        let want = '';
        let at = 0;
        for (const [start, end] of places) {
          want += `${input.slice(at, start)}<${input.slice(start, end)}>`;
          at = end;
        }
        expect(ours.replaceAll(input, template)).toBe(want + input.slice(at));
      }),
      { numRuns: 1000 },
    );
  });
});

test('names of groups, and templates that name them', () => {
  const ours = new Pattern('(?P<key>[a-z]+)=(?P<value>[^&]*)');
  expect(ours.groupNames).toEqual([undefined, 'key', 'value']);
  expect(ours.replaceAll('a=1&b=2', readTemplate(['$', '{value}=$key'].join('')))).toBe('1=a&2=b');
  expect(ours.replaceAll('a=1', readTemplate(['$$1 $', '{none}.'].join('')))).toBe('$1 .');
});

test.each([
  ['cust-[0-9]+', 'cust-'],
  ['(?:a|b)token=[^&]+', 'token='],
  ['^(Bearer )?ey[A-Z]', 'ey'],
  ['a{2}bc', 'bc'],
  ['(ab)+c', 'ab'],
  ['(?i)token', ''],
  ['4[0-9]{12}', '4'],
  ['a|b', ''],
  ['ü', ''],
  ['[0-9]+', ''],
])('all that %s matches contains %j', (source, needed) => expect(new Pattern(source).needed).toBe(needed));
