import { describe, expect, test } from 'vitest';
import {
  isLikePattern,
  parseByteSize,
  parseGoDuration,
  parseLogql,
  parseStreamSelector,
  printLogql,
  readLinePattern,
  takeByPattern,
} from './index.ts';

describe('a query is read, and printed in one spelling', () => {
  test.each([
    ['{a="b"}', '{a="b"}'],
    ['{ a = "b" , c =~ `d.+` }', '{a="b", c=~"d.+"}'],
    ['{a="b"} # why\n|= "x"', '{a="b"} |= "x"'],
    ['{a="b"}|="x"or"y"!~"z"', '{a="b"} |= "x" or "y" !~ "z"'],
    ['{a="b"} |= ip("10.0.0.0/8") |> "a <_> c" !> "<_>d"', '{a="b"} |= ip("10.0.0.0/8") |> "a <_> c" !> "<_>d"'],
    ['{a="b"} | json', '{a="b"} | json'],
    ['{a="b"} | json x="y.z[0]", q', '{a="b"} | json x="y.z[0]", q="q"'],
    ['{a="b"} | logfmt --keep-empty --strict x="y"', '{a="b"} | logfmt --strict --keep-empty x="y"'],
    ['{a="b"} | pattern `<ip> <_>` | regexp "(?P<x>.)"', '{a="b"} | pattern "<ip> <_>" | regexp "(?P<x>.)"'],
    ['{a="b"} | unpack | decolorize', '{a="b"} | unpack | decolorize'],
    ['{a="b"} | x="1" y!="2", z=~"3"', '{a="b"} | ( x="1" and ( y!="2" and z=~"3" ) )'],
    ['{a="b"} | x="1" or y="2" and z="3"', '{a="b"} | ( x="1" or ( y="2" and z="3" ) )'],
    ['{a="b"} | x="1" and y="2" or z="3"', '{a="b"} | ( ( x="1" and y="2" ) or z="3" )'],
    ['{a="b"} | x="1" or y="2", z="3" w="4"', '{a="b"} | ( x="1" or ( y="2" and ( z="3" and w="4" ) ) )'],
    ['{a="b"} | x="1" y="2", z="3" or w="4"', '{a="b"} | ( x="1" and ( y="2" and ( z="3" or w="4" ) ) )'],
    ['{a="b"} | x="1" or (y="2" and z="3")', '{a="b"} | ( x="1" or ( y="2" and z="3" ) )'],
    ['{a="b"} | (x="1" or y="2") and z="3"', '{a="b"} | ( ( x="1" or y="2" ) and z="3" )'],
    ['{a="b"} | x > 5 | y <= 10ms | z != 20MB | w = 1.5', '{a="b"} | x>5 | y<=10ms | z!=20MB | w==1.5'],
    ['{a="b"} | x == -5 | y = ip("::1")', '{a="b"} | x==-5 | y=ip("::1")'],
    [
      '{a="b"} | line_format `{{.x}}` | label_format y=x, z="{{.q}}"',
      '{a="b"} | line_format "{{.x}}" | label_format y=x, z="{{.q}}"',
    ],
    ['{a="b"} | drop x, y="z" | keep q', '{a="b"} | drop x, y="z" | keep q'],
    ['{a="b"} | json="x"', '{a="b"} | json="x"'],
    ['{a="b"} | json != "x"', '{a="b"} | json != "x"'],
    ['rate({a="b"}[5m])', 'rate({a="b"}[5m])'],
    ['rate({a="b"}[5m] |= "x")', 'rate({a="b"} |= "x"[5m])'],
    ['rate(({a="b"} |= "x") [5m])', 'rate({a="b"} |= "x"[5m])'],
    ['count_over_time({a="b"} [1h30m] offset 5m)', 'count_over_time({a="b"}[1h30m] offset 5m)'],
    ['count_over_time({a="b"}[1m] offset -5m @ 10)', 'count_over_time({a="b"}[1m] offset -5m @ 10)'],
    ['count_over_time({a="b"}[1m] @ end())', 'count_over_time({a="b"}[1m] @ end())'],
    ['sum_over_time({a="b"} | unwrap x | __error__="" [1m])', 'sum_over_time({a="b"} | unwrap x | __error__=""[1m])'],
    [
      'quantile_over_time(0.99, {a="b"} | unwrap duration(x) [1m]) by (c)',
      'quantile_over_time(0.99,{a="b"} | unwrap duration(x)[1m]) by (c)',
    ],
    ['sum(rate({a="b"}[5m])) by (c, d)', 'sum by (c,d)(rate({a="b"}[5m]))'],
    ['sum without (c) (rate({a="b"}[5m]))', 'sum without (c)(rate({a="b"}[5m]))'],
    ['topk(5, rate({a="b"}[5m])) > bool 2', '(topk(5,rate({a="b"}[5m])) > bool 2)'],
    ['1 + 2 * 3 ^ 2 ^ 2', '(1 + (2 * (3 ^ (2 ^ 2))))'],
    ['vector(1) + vector(-1)', '(vector(1) + vector(-1))'],
    [
      'rate({a="b"}[1m]) / on (x) group_left (y) rate({a="c"}[1m])',
      '(rate({a="b"}[1m]) / on (x) group_left (y) rate({a="c"}[1m]))',
    ],
    [
      'label_replace(rate({a="b"}[1m]), "x", "$1", "a", "(.*)")',
      'label_replace(rate({a="b"}[1m]),"x","$1","a","(.*)")',
    ],
    ['sort_desc(rate({a="b"}[1m]))', 'sort_desc(rate({a="b"}[1m]))'],
  ])('%s', (text, printed) => {
    expect(printLogql(parseLogql(text))).toBe(printed);
    expect(printLogql(parseLogql(printed))).toBe(printed);
  });
});

describe('a mistake is named with its place', () => {
  test.each([
    ['', 'line 1, col 1: syntax error: unexpected $end'],
    ['{', 'line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER'],
    ['{a}', 'line 1, col 3: syntax error: unexpected }, expecting = or != or =~ or !~'],
    ['{a="b"', 'line 1, col 7: syntax error: unexpected $end, expecting } or ,'],
    ['{a="b",}', 'line 1, col 8: syntax error: unexpected }, expecting IDENTIFIER'],
    ['{a="b"} |= "x', 'line 1, col 12: literal not terminated'],
    ['{a="b"} |~ "\\d"', 'line 1, col 12: invalid char escape'],
    ['{a=~"10\\.1"}', 'line 1, col 5: invalid char escape'],
    ['{a="b"} |= "\\ud800"', 'line 1, col 12: invalid char escape'],
    ['{a="b"} |= "\\x4"', 'line 1, col 12: invalid char escape'],
    ['{a="b"}\n| ?', 'line 2, col 3: unexpected character "?"'],
    ['{a=~".*"}', 'queries require at least one regexp or equality matcher'],
    ['{a=~"("}', 'parse error : error parsing regexp: missing closing ): `(`'],
    ['{a="b"} |~ "["', 'error parsing regexp'],
    ['rate({a="b"})', /^parse error at line 1, col 13: syntax error: unexpected \)$/],
    ['rate({a="b"}[5m', "parse error at line 0, col 13: missing closing ']' in duration"],
    ['\nrate({a="b"}[$__range])', 'parse error at line 0, col 13: not a valid duration string: "$__range"'],
    ['rate({a="b"}[])', 'parse error at line 0, col 13: empty duration string'],
    ['rate({a="b"}[5])', 'not a valid duration string: "5"'],
    ['sum(rate({a="b"}[5m])', /^parse error at line 1, col 22: syntax error: unexpected \$end$/],
    ['{a="b"} | ', /^parse error at line 1, col 11: syntax error: unexpected \$end$/],
    ['{a="b"} | c="d" or ', 'syntax error: unexpected $end, expecting IDENTIFIER or ('],
    [
      'quantile_over_time({a="b"} | unwrap c [5m])',
      'parse error : parameter required for operation quantile_over_time',
    ],
    ['rate(0.5, {a="b"}[5m])', 'parse error : parameter 0.5 not supported for operation rate'],
    [
      'label_replace(rate({a="b"}[5m]), "c", "$1", "a", "(")',
      'parse error : invalid regex in label_replace: error parsing regexp: missing closing ): `^(?:()$`',
    ],
    ['{a="b"}[5m]', 'line 1, col 12: syntax error'],
    ['sum({a="b"})', 'syntax error: unexpected {'],
    ['sum_over_time({a="b"}[5m])', 'parse error : invalid aggregation sum_over_time without unwrap'],
    ['count_over_time({a="b"} | unwrap x [5m])', 'invalid aggregation count_over_time with unwrap'],
    ['rate({a="b"}[5m]) by (x)', 'grouping not allowed for rate aggregation'],
    ['topk(0, rate({a="b"}[5m]))', 'invalid parameter (must be greater than 0)'],
    ['bottomk(rate({a="b"}[5m]))', 'parse error : parameter required for operation bottomk'],
    ['sum(-3, rate({a="b"}[5m]))', 'parse error : unsupported parameter for operation sum(-3,'],
    ['{a="b"} + 1', 'parse error : unexpected type for left leg of binary operation (+): *syntax.MatchersExpr'],
    [
      '1 or ({a="b"} | json)',
      'parse error : unexpected type for right leg of binary operation (or): *syntax.PipelineExpr',
    ],
    ['{a="b"} | pattern "x"', 'parse error : invalid pattern parser: at least one capture is required'],
    ['{a="b"} | pattern "<x><y>"', 'consecutive capture'],
    ['{a="b"} |> "<x>"', 'named captures are not allowed'],
    ['{a="b"} | regexp "(?P<1a>x)"', "invalid extracted label name '1a'"],
    ['{a="b"} | regexp "x"', 'parse error : invalid regexp parser: at least one named capture must be supplied'],
    ['{a="b"} | label_format a=b, a=c', "multiple label name 'a'"],
    ['{a="b"} | x > "5"', 'unexpected STRING'],
    ['{a="b"} | x =~ 5', 'unexpected NUMBER'],
    ['{a="b"} | logfmt --loose', 'unknown flag --loose'],
    [
      '1 and rate({a="b"}[1m])',
      'parse error : unexpected literal for left leg of logical/binary operation (and): 1.000000',
    ],
    ['{a="b"} | json | unwrap c', 'parse error at line 1, col 18: syntax error: unexpected unwrap'],
    ['1 + bool 2', 'bool modifier can only be used on comparison operators'],
    [`${'('.repeat(300)}1${')'.repeat(300)}`, 'nested more than 200 deep'],
    [`{a="b"} | ${'('.repeat(300)}c="d"${')'.repeat(300)}`, 'nested more than 200 deep'],
    [`{a="b"} | ${'c="d" or '.repeat(10_000)}e="f"`, 'more than 200 conditions in a row'],
    [`{a="b"} | ${'c="d", '.repeat(10_000)}e="f"`, 'nested more than 200 deep'],
    [`${'-'.repeat(5_000)}1`, /^parse error at line 1, col 1: syntax error: unexpected -{80}$/],
  ])('%s', (text, message) => {
    expect(() => parseLogql(text)).toThrow(message);
  });
});

test('a selector alone may be empty', () => {
  expect(parseStreamSelector('')).toEqual([]);
  expect(parseStreamSelector('{}')).toEqual([]);
  expect(parseStreamSelector('{a!="b"}')).toEqual([{ name: 'a', operator: '!=', value: 'b' }]);
});

test.each([
  ['1h30m', 5400],
  ['1.5s', 1.5],
  ['-250ms', -0.25],
  ['10us', 1e-5],
  ['1d', 86_400],
  ['5', undefined],
  ['5x', undefined],
  ['', undefined],
])('duration %s', (text, seconds) => {
  expect(parseGoDuration(text, true)).toBe(seconds);
});

test('labels have no days', () => {
  expect(parseGoDuration('1d')).toBeUndefined();
  expect(parseGoDuration('24h')).toBe(86_400);
});

test.each([
  ['20MB', 20e6],
  ['1.5KiB', 1536],
  ['42 kb', 42_000],
  ['7', 7],
  ['7B', 7],
  ['1Gi', 1024 ** 3],
  ['x', undefined],
  ['5 zb', undefined],
])('size %s', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

describe('patterns', () => {
  test.each([
    ['<ip> - <_> "<method> <path>"', '1.2.3.4 - bob "GET /x"', ['1.2.3.4', 'bob', 'GET', '/x']],
    ['level=<level> <rest>', 'level=warn a b', ['warn', 'a b']],
    ['level=<level> <rest>', 'other', []],
    ['<_> id=<id>', 'a b id=5', ['a b', '5']],
  ])('%s takes out of %s', (pattern, line, taken) => {
    expect(takeByPattern(readLinePattern(pattern, true), line)).toEqual(taken);
  });

  test.each([
    ['a <_> c', 'a b c', true],
    ['a <_> c', 'a b c d', false],
    ['<_>b<_>', 'abc', true],
    ['<_>c', 'abcc', true],
    ['a', 'ab', false],
    ['<_>', '', true],
    ['', '', true],
    ['', 'x', false],
    ['a<_>a', 'a', false],
  ])('%s is like %s: %s', (pattern, line, is) => {
    expect(isLikePattern(readLinePattern(pattern, false), line)).toBe(is);
  });
});
