import { describe, expect, test } from 'vitest';
import type { LanguageText } from './language-text.ts';
import { logqlText, withLineConditions } from './logql-text.ts';
import { traceqlText, withSpanCondition } from './traceql-text.ts';

const kinds = ({ parts }: LanguageText, text: string): string =>
  parts(text)
    .filter(({ kind }) => kind !== 'space')
    .map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`)
    .join(' ');

describe('parts', () => {
  test.each([
    [
      traceqlText,
      '{ .a = "x" && duration>1s }',
      'paren:{ key:.a operator:= string:"x" operator:&& key:duration operator:> value:1s paren:}',
    ],
    [
      traceqlText,
      '{ } | rate() by(name)',
      'paren:{ paren:} operator:| keyword:rate paren:( paren:) keyword:by paren:( key:name paren:)',
    ],
    [
      traceqlText,
      '{ status = error && name = "op',
      'paren:{ key:status operator:= value:error operator:&& key:name operator:= word:"op',
    ],
    [
      logqlText,
      '{a="b"} |= "x" | json',
      'paren:{ key:a operator:= string:"b" paren:} operator:|= string:"x" operator:| keyword:json',
    ],
    [
      logqlText,
      'rate({a="b"}[5m])',
      'keyword:rate paren:( paren:{ key:a operator:= string:"b" paren:} paren:[ value:5m paren:] paren:)',
    ],
    [logqlText, '{a="b', 'paren:{ key:a operator:= word:"b'],
  ])('%#: %s', (language, text, want) => expect(kinds(language, text)).toBe(want));

  test.each([traceqlText, logqlText])('cover the text without gaps, whatever it is', ({ parts }) => {
    for (const text of ['', '  ', '{', '"', '{a="', '|||', 'é=ü "', '{a=\u{1f600}', '/*', '`']) {
      let at = 0;
      for (const { start, end } of parts(text)) {
        expect(start).toBe(at);
        expect(end).toBeGreaterThan(start);
        at = end;
      }
      expect(at).toBe(text.length);
    }
  });
});

test.each([
  [traceqlText, '{ status = }', 11],
  [traceqlText, '{ status = error', 16],
  [traceqlText, '{ status = error } | rate()', undefined],
  [logqlText, '{a="b"} |=', 10],
  [logqlText, '{a="b"} | json | x>5', undefined],
])('%#: the mistake in %s', ({ mistake }, text, start) => expect(mistake(text, 'traces')?.start).toBe(start));

describe('places', () => {
  test.each([
    [traceqlText, '{ sta', 5, { kind: 'key', prefix: 'sta', start: 2, end: 5 }],
    [traceqlText, '{ resource.ser }', 14, { kind: 'key', prefix: 'resource.ser', start: 2, end: 14 }],
    [traceqlText, '{ .a = "or"}', 9, { kind: 'value', key: '.a', prefix: 'o', start: 7, end: 11 }],
    [traceqlText, '{ status=', 9, { kind: 'value', key: 'status', prefix: '', start: 9, end: 9 }],
    [traceqlText, '{ } | ra', 8, { kind: 'word', prefix: 'ra', start: 6, end: 8 }],
    [traceqlText, '{ .a = "}" && na', 16, { kind: 'key', prefix: 'na', start: 14, end: 16 }],
    [logqlText, '{ser', 4, { kind: 'key', prefix: 'ser', start: 1, end: 4 }],
    [logqlText, '{a="x"', 5, { kind: 'value', key: 'a', prefix: 'x', start: 3, end: 6 }],
    [logqlText, '{a="x"} | js', 12, { kind: 'word', prefix: 'js', start: 10, end: 12 }],
    [logqlText, '{a="x"} | level="', 17, { kind: 'value', key: 'level', prefix: '', start: 16, end: 17 }],
  ])('%#: %s at %i', ({ place }, text, cursor, want) => expect(place(text, cursor)).toEqual(want));
});

test('a query for series keeps to what the page is narrowed to', () => {
  expect(withSpanCondition('{ .a = "| rate()" } | rate() by(name)', 'status = error')).toBe(
    '{ .a = "| rate()" } | { status = error } | rate() by(name)',
  );
  expect(withSpanCondition('({ } | rate()) / ({ } | rate())', 'kind = server')).toBe(
    '({ } | { kind = server } | rate()) / ({ } | { kind = server } | rate())',
  );
  expect(withSpanCondition('{ } | rate()', '')).toBe('{ } | rate()');
  expect(withLineConditions('rate({a="}"}[1m])', ['b="c"'], ['level="error"'])).toBe(
    'rate({a="}", b="c"} | level="error"[1m])',
  );
  expect(withLineConditions('rate({}[1m]) / rate({a="b",} |= "x" [1m])', ['b="c"'], [])).toBe(
    'rate({b="c"}[1m]) / rate({a="b",b="c"} |= "x" [1m])',
  );
});
