import { describe, expect, test } from 'vitest';
import { completionPlace, printTerm, splitTerms, tokenizeFilter, withTerm } from './filter-text.ts';

const kinds = (text: string): string =>
  tokenizeFilter(text)
    .filter(({ kind }) => kind !== 'space')
    .map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`)
    .join(' ');

describe('tokens', () => {
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
      for (const { start, end } of tokenizeFilter(text)) {
        expect(start).toBe(at);
        expect(end).toBeGreaterThan(start);
        at = end;
      }
      expect(at).toBe(text.length);
    }
  });
});

describe('completion', () => {
  const place = (marked: string) => completionPlace(marked.replace('|', ''), marked.indexOf('|'));

  test('a word is the beginning of a key', () => {
    expect(place('http.r|')).toEqual({ kind: 'key', prefix: 'http.r', start: 0, end: 6 });
    expect(place('a=1 ht|tp')).toEqual({ kind: 'key', prefix: 'ht', start: 4, end: 8 });
  });

  test('after an operator comes a value', () => {
    expect(place('service=|')).toEqual({ kind: 'value', key: 'service', prefix: '', start: 8, end: 8 });
    expect(place('service=or|')).toEqual({ kind: 'value', key: 'service', prefix: 'or', start: 8, end: 10 });
    expect(place('"my key"=|x')).toEqual({ kind: 'value', key: 'my key', prefix: '', start: 9, end: 10 });
  });

  test('in an empty place a new term begins', () => {
    expect(place('|')).toEqual({ kind: 'key', prefix: '', start: 0, end: 0 });
    expect(place('a=1 |')).toEqual({ kind: 'key', prefix: '', start: 4, end: 4 });
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
