import { describe, expect, test } from 'vitest';
import { filterMistake, filterParts, printTerm, splitTerms, withTerm } from './filter-text.ts';

const kinds = (text: string): string =>
  filterParts(text)
    .filter(({ kind }) => kind !== 'space')
    .map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`)
    .join(' ');

describe('parts', () => {
  test.each([
    ['service=orders', 'key:service operator:= value:orders'],
    ['duration>=250ms "free text"', 'key:duration operator:>= value:250ms string:"free text"'],
    ['-http.method!=GET', 'negate:- key:http.method operator:!= value:GET'],
    ['(a=1 OR b~"x y")', 'paren:( key:a operator:= value:1 keyword:OR key:b operator:~ string:"x y" paren:)'],
    ['"my key"=1', 'key:"my key" operator:= value:1'],
    ['url=http://x/?a=b', 'key:url operator:= value:http://x/?a=b'],
    ['NOT a=*', 'keyword:NOT key:a operator:= value:*'],
    ['n=-5', 'key:n operator:= value:-5'],
    ['word "open', 'word:word string:"open'],
    ['a= b', 'key:a operator:= word:b'],
    ['"a\\"b"', 'string:"a\\"b"'],
  ])('%s', (text, want) => expect(kinds(text)).toBe(want));

  test('cover the text without gaps, whatever it is', () => {
    for (const text of ['', '  ', '=', '!!', '"', '(((', 'a=b=c', '- -', 'é=ü "', '=>~<!=']) {
      let at = 0;
      for (const { start, end } of filterParts(text)) {
        expect(start).toBe(at);
        expect(end).toBeGreaterThan(start);
        at = end;
      }
      expect(at).toBe(text.length);
    }
  });
});

describe('mistakes', () => {
  test.each([
    ['a=1 "open', 4],
    ['(a=1', 0],
    ['status=broken', 7],
    ['duration>soon', 9],
  ])('%s is marked where it is wrong', (text, start) => expect(filterMistake(text, 'traces')?.start).toBe(start));

  test('what can be asked has none', () => {
    for (const text of ['', 'status=error duration>250ms', 'a=1 OR (b=2 -c~"x.*") word'])
      expect(filterMistake(text, 'traces')).toBeUndefined();
  });

  test('the meaning of a key depends on the page', () => {
    expect(filterMistake('severity>=warn', 'logs')).toBeUndefined();
    expect(filterMistake('severity>=loud', 'logs')).toBeDefined();
  });
});

describe('editing', () => {
  test.each([
    ['', 'http.route', '=', '/api/{id}', 'http.route=/api/{id}'],
    ['a=1', 'b', '=', 'x y', 'a=1 b="x y"'],
    ['a=1', 'a', '=', 1, 'a=1'],
    ['a=1 b=2', 'a', '!=', 1, 'b=2 a!=1'],
    ['', 'n', '=', '42', 'n="42"'],
    ['', 'n', '=', 42, 'n=42'],
    ['', 'ok', '=', true, 'ok=true'],
    ['', 'q', '=', 'say "hi"', 'q="say \\"hi\\""'],
    ['', 'my key', '=', 'v', '"my key"=v'],
    ['a=1 OR b!=2', 'b', '=', 2, 'a=1 OR b!=2 b=2'],
  ] as const)('%j with %s %s %j', (filter, key, operator, value, want) =>
    expect(withTerm(filter, key, operator, value)).toBe(want),
  );

  test('terms in parentheses and quotes stay whole', () => {
    expect(splitTerms('a=1  (b=2 OR c=3) "x y"')).toEqual(['a=1', '(b=2 OR c=3)', '"x y"']);
  });

  test('a printed term is one term', () => {
    for (const value of ['plain', 'a b', '', '"', 'x=y', '(z)', 'line\nbreak'])
      expect(splitTerms(printTerm('key', '=', value))).toHaveLength(1);
  });
});
