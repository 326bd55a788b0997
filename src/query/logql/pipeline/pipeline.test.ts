import { describe, expect, test } from 'vitest';
import { type LogExpr, parseLogql } from '#lang/logql';
import { Labels } from '../../promql/labels.ts';
import { Entry } from './entry.ts';
import { compilePipeline } from './pipeline.ts';

const TIME_NS = 1_760_000_000_123_456_789n;

/** What a pipeline makes of a line of `{app="shop", env="prod"}` with the structured metadata `trace_id="t1"`; undefined where it goes. */
function run(stages: string, line: string): { line: string; labels: Record<string, string> } | undefined {
  const text = `{app="shop"} ${stages}`;
  const pipeline = compilePipeline((parseLogql(text) as LogExpr).stages, text);
  const entry = new Entry();
  entry.reset({
    timeNs: TIME_NS,
    line,
    stream: Labels.of([
      ['app', 'shop'],
      ['env', 'prod'],
    ]),
    structured: new Map([['trace_id', 't1']]),
    arrivedNs: 0n,
    record: 0,
  });
  if (!pipeline(entry)) return undefined;
  const { app: _, env: __, trace_id: ___, ...labels } = Object.fromEntries(entry.shownLabels().pairs);
  return { line: entry.line, labels };
}

describe('line filters', () => {
  test.each([
    ['|= "a"', 'xax', true],
    ['|= "a" |= "b"', 'a', false],
    ['|= "a" or "b"', 'b', true],
    ['!= "a" or "b"', 'b', false],
    ['!= "a" or "b"', 'c', true],
    ['|~ "a.c"', 'abc', true],
    ['|~ "(?i)ABC"', 'abc', true],
    ['!~ "a.c"', 'abc', false],
    ['|~ "a.c"', 'a\nc', true],
    ['!~ "a.c"', 'a\nc', false],
    ['|> "<_> took <_>ms"', 'it took 5ms', true],
    ['!> "<_> took <_>ms"', 'it took 5ms', false],
    ['|= ip("10.0.0.0/8")', 'from 10.1.2.3:80 on', true],
    ['|= ip("10.0.0.1-10.0.0.9")', 'from 10.0.0.10', false],
    ['!= ip("::1")', 'from ::1', false],
    ['|= ip("10.0.0.5")', 'host10.0.0.5x', true],
    ['|= ip("10.0.0.5")', 'from 110.0.0.5', false],
    ['|= ip("10.0.0.5")', 'it was 10.0.0.5.', true],
    ['|= ip("10.0.0.5")', '1.10.0.0.5', false],
    ['|= ip("2001:db8::/32")', 'from [2001:db8::1]:443', true],
  ])('%s on %s: %s', (stages, line, stays) => {
    expect(run(stages, line) !== undefined).toBe(stays);
  });
});

function jsonFault(details: string): Record<string, string> {
  return { __error__: 'JSONParserErr', __error_details__: details };
}

describe('parsers take labels out of lines', () => {
  test.each([
    [
      '| json',
      '{"a":"b","n":1.50,"big":12345678901234567890,"t":true,"z":null,"l":[1],"o":{"p-q":{"r":"s"}}}',
      { a: 'b', n: '1.50', big: '12345678901234567890', t: 'true', o_p_q_r: 's' },
    ],
    [
      '| json',
      '{"app":"other","trace_id":"t2","1x":"y"}',
      { app_extracted: 'other', trace_id_extracted: 't2', _1x: 'y' },
    ],
    ['| json', 'no json', jsonFault("Value looks like object, but can't find closing '}' symbol")],
    ['| json', '[1]', jsonFault("Value looks like object, but can't find closing '}' symbol")],
    [
      '| json',
      '{"a":{"b":1.0},"c":[1],"d":"x y", broken',
      { a_b: '1.0', d: 'x y', ...jsonFault("Value looks like object, but can't find closing '}' symbol") },
    ],
    ['| json', '{"a":1,"b":"x', { a: '1', ...jsonFault("Value is string, but can't find closing '\"' symbol") }],
    ['| json', '{"a":1,"b":[1,2', { a: '1', ...jsonFault("Value is array, but can't find closing ']' symbol") }],
    ['| json', '{"a":1,"b":nothing}', { a: '1', ...jsonFault('Unknown value type') }],
    ['| json', '{"a":1,"b"}', { a: '1', ...jsonFault('Malformed JSON error') }],
    ['| json', '{"a":1} and more', { a: '1' }],
    ['| json x="a"', '{"a":1', { x: '', ...jsonFault("Value is array, but can't find closing ']' symbol") }],
    ['| unpack', 'no json', jsonFault('expecting json object(6), but it is not')],
    [
      '| json x="o.p[1].q", y="o", z="nothing", w="[\\"a b\\"]"',
      '{"o":{"p":[1,{"q":"r"}]},"a b":"c"}',
      { x: 'r', y: '{"p":[1,{"q":"r"}]}', z: '', w: 'c' },
    ],
    [
      '| json x="o", y="o.p", z="o.p[2]"',
      '{"o": {"p": [1.0, 2,\t{"q" :3}]}}',
      { x: '{"p": [1.0, 2,\t{"q" :3}]}', y: '[1.0, 2,\t{"q" :3}]', z: '{"q" :3}' },
    ],
    ['| logfmt', 'level=warn msg="a \\"b\\" c" empty= flag dur=5ms', { level: 'warn', msg: 'a "b" c', dur: '5ms' }],
    ['| logfmt', 'a=b =c d=e', { a: 'b', d: 'e' }],
    [
      '| logfmt --strict',
      'a=b =c d=e',
      { a: 'b', __error__: 'LogfmtParserErr', __error_details__: "logfmt syntax error at pos 5 : unexpected '='" },
    ],
    [
      '| logfmt --strict',
      'é=1 foo=bar=buzz d=e',
      { _: '1', __error__: 'LogfmtParserErr', __error_details__: "logfmt syntax error at pos 13 : unexpected '='" },
    ],
    [
      '| logfmt --strict',
      'a=b c="d',
      {
        a: 'b',
        __error__: 'LogfmtParserErr',
        __error_details__: 'logfmt syntax error at pos 9 : unterminated quoted value',
      },
    ],
    ['| logfmt', 'a="b"c=d fo"o=bar e=f', { a: 'b', c: 'd', e: 'f' }],
    ['| logfmt x="a.b", y', 'a.b=c y=d z=e', { x: 'c', y: 'd' }],
    ['| regexp "(?P<m>\\\\w+) (?P<p>\\\\S+)"', 'GET /x', { m: 'GET', p: '/x' }],
    ['| regexp "(?P<m>\\\\d+)"', 'none', {}],
    ['| pattern `<m> <_> <s>`', 'GET /x 200', { m: 'GET', s: '200' }],
    ['| unpack', '{"_entry":"the line","pod":"p1"}', { pod: 'p1' }],
  ])('%s', (stages, line, labels) => {
    expect(run(stages, line)!.labels).toEqual(labels);
  });

  test.each([
    ['| logfmt --keep-empty', 'flag a=b empty=', { flag: '', a: 'b', empty: '' }],
    ['| logfmt --keep-empty | flag=""', 'flag', { flag: '' }],
    ['| logfmt x="a", y, app="c"', 'a=b', { x: 'b', y: '' }],
    ['| json x="a", y="b", app="c"', '{"a":"b"}', { x: 'b', y: '' }],
    ['| json', '{"a":"","b":null}', { a: '' }],
    ['| json x="a" | __error__!="" | drop __error__', 'no json', { x: '' }],
    ['| label_format x="{{.nothing}}", y=nothing', '', { x: '' }],
    ['| pattern `<a>,<b>`', ',c', { a: '', b: 'c' }],
    ['| regexp `a(?P<b>.*)`', 'a', { b: '' }],
    ['| regexp `a(?P<b>x)?`', 'a', { b: '' }],
    ['| logfmt --keep-empty | drop flag', 'flag', {}],
  ])('%s of %s leaves labels without a value, which are shown', (stages, line, labels) => {
    expect(run(stages, line)!.labels).toEqual(labels);
  });

  test('unpack gives the line back', () => {
    expect(run('| unpack', '{"_entry":"the line","pod":"p1"}')!.line).toBe('the line');
  });
});

describe('conditions on labels', () => {
  test.each([
    ['| logfmt | n > 5', 'n=6', true],
    ['| logfmt | n > 5', 'n=5', false],
    ['| logfmt | n > 5', 'm=5', false],
    ['| logfmt | n == 5', 'n=5.0', true],
    ['| logfmt | d >= 1s', 'd=1500ms', true],
    ['| logfmt | d < 1s', 'd=1.5s', false],
    ['| logfmt | s > 1KB', 's=2KiB', true],
    ['| logfmt | a="x" or b="y"', 'b=y', true],
    ['| logfmt | a="x" and b="y"', 'b=y', false],
    ['| logfmt | a="x" or b="y" and c="z"', 'a=x', true],
    ['| logfmt | (a="x" or b="y") and c="z"', 'a=x', false],
    ['| logfmt | a="x" or b="y" | c="z"', 'a=x', false],
    ['| logfmt | d < 2h', 'd=1d', true],
    ['| logfmt | a="x" or (b="y" and c="z")', 'a=x', true],
    ['| logfmt | b="y" and c="z" or a="x"', 'a=x', true],
    ['| logfmt | a=~"x|y"', 'a=y', true],
    ['| logfmt | a=~"x"', 'a=xx', false],
    ['| logfmt | a!="x"', 'b=1', true],
    ['| logfmt | ip=ip("10.0.0.0/8")', 'ip=10.2.3.4', true],
    ['| logfmt | ip!=ip("10.0.0.0/8")', 'ip=10.2.3.4', false],
    ['| logfmt | ip=ip("10.0.0.0/8")', 'ip=10.2.3.4:8080', true],
    ['| logfmt | ip=ip("10.0.0.0/8")', 'ip="9.9.9.9, 10.2.3.4"', true],
    ['| app="shop"', '', true],
    ['| trace_id="t1"', '', true],
    ['| json | n > 5', 'no json', false],
    ['| json | __error__ > 0', 'no json', false],
    ['| json | app=ip("10.0.0.0/8")', 'no json', true],
    ['| json | __error__=""', 'no json', false],
  ])('%s on %s: %s', (stages, line, stays) => {
    expect(run(stages, line) !== undefined).toBe(stays);
  });

  test.each([
    ['n > 5', 'x', 'strconv.ParseFloat: parsing "x": invalid syntax'],
    ['n > 5s', 'x', 'time: invalid duration "x"'],
    ['n > 5s', '10', 'time: missing unit in duration "10"'],
    ['n > 5s', '1h10foo', 'time: unknown unit "foo" in duration "1h10foo"'],
    ['n > 5s', '2d', 'time: unknown unit "d" in duration "2d"'],
    ['n > 5KB', 'x', 'strconv.ParseFloat: parsing "": invalid syntax'],
    ['n > 5KB', '10foo', 'unhandled size name: foo'],
  ])('a value that is no such quantity is an error of the line: %s of %s', (filter, n, details) => {
    const found = run(`| logfmt | ${filter}`, `n=${n}`)!.labels;
    expect(found).toEqual({ n, __error__: 'LabelFilterErr', __error_details__: details });
  });
});

describe('formats', () => {
  test.each([
    ['| logfmt | line_format "{{.a}}-{{.none}}-{{.app}}"', 'a=b', 'b--shop'],
    ['| line_format "{{__line__ | upper}} {{ __timestamp__ | unixEpoch }}"', 'x', 'X 1760000000'],
    ['| line_format `{{ __timestamp__ | date "2006-01-02T15:04:05" }}`', 'x', '2025-10-09T08:53:20'],
    [
      '| logfmt | line_format "{{ .a | trunc 2 }}{{ .a | substr 1 3 }}{{ Replace .a \\"b\\" \\"x\\" 1 }}"',
      'a=abcb',
      'ab' + 'bc' + 'axcb',
    ],
    ['| line_format `{{ regexReplaceAll "(a)(b)" "xaby" "$2$1" }}`', '', 'xbay'],
    [
      '| line_format `{{ add 1 2 }} {{ div 7 2 }} {{ divf 7 2 }} {{ round 2.567 2 }} {{ mod 7 4 }}`',
      '',
      '3 3 3.5 2.57 3',
    ],
    ['| line_format `{{ default "none" .x }} {{ alignLeft 4 "ab" }}| {{ alignRight 4 "ab" }}`', '', 'none ab  |   ab'],
    ['| line_format `{{ range $k, $v := fromJson __line__ }}{{$k}}={{$v}};{{ end }}`', '{"a":1,"b":"c"}', 'a=1;b=c;'],
    [
      '| line_format `{{ duration "1m30s" }} {{ bytes "2KB" }} {{ urlencode "a b&c" }} {{ "aGk=" | b64dec }}`',
      '',
      '90 2000 a+b%26c hi',
    ],
    [
      '| line_format `{{ toDate "2006-01-02 15:04" "2025-10-09 08:53" | unixEpoch }} {{ unixToTime "1760000000" | date "15:04" }}`',
      'x',
      '1759999980 08:53',
    ],
    [
      '| line_format `{{ toDateInZone "Jan 2 2006 3PM" "America/New_York" "Jul 4 2025 5PM" | unixEpoch }}`',
      'x',
      '1751662800',
    ],
    // Of a text without the layout's form Go makes the time of nothing.
    [
      '| line_format `{{ toDate "2006-01-02" __line__ | unixEpoch }} {{ __line__ | toDateInZone "2006" "UTC" | date "2006-01-02" }}`',
      'oops',
      '-62135596800 0001-01-01',
    ],
    ['| decolorize', '\u001b[31mred\u001b[0m', 'red'],
  ])('%s', (stages, line, expected) => {
    expect(run(stages, line)!.line).toBe(expected);
  });

  test('a template that fails is an error of the line, which stays as it was', () => {
    const { line, labels } = run('| line_format `{{ div 1 0 }}`', 'x')!;
    expect(line).toBe('x');
    expect(labels['__error__']).toBe('TemplateFormatErr');
  });

  test.each([
    ['{{ repeat 1073741824 "x" }}', 'longer than 262144 characters'],
    ['{{ range 1000000000 }}x{{ end }}', 'takes more than 20000 steps'],
    ['{{ $x := "ab" }}{{ range 60 }}{{ $x = printf "%s%s" $x $x }}{{ end }}', 'gets longer than 262144 characters'],
    ['{{ define "T" }}{{ template "T" . }}{{ end }}{{ template "T" . }}', 'exceeded maximum template depth'],
  ])('a template that costs too much is an error of the line: %s', (template, details) => {
    const { labels } = run(`| line_format \`${template}\``, 'x')!;
    expect(labels['__error__']).toBe('TemplateFormatErr');
    expect(labels['__error_details__']).toContain(details);
  });

  test.each([
    ['| logfmt | label_format c=a', 'a=b', { c: 'b' }],
    ['| logfmt | label_format c="{{.a}}!"', 'a=b', { a: 'b', c: 'b!' }],
    ['| logfmt | label_format x=none', 'a=b', { a: 'b' }],
    ['| logfmt | drop a', 'a=b c=d', { c: 'd' }],
    ['| logfmt | drop a="x", c=~"d"', 'a=b c=d', { a: 'b' }],
    ['| json | drop __error__, __error_details__', 'x', {}],
    ['| json | drop __error__', 'x', {}],
  ])('%s', (stages, line, labels) => {
    expect(run(stages, line)!.labels).toEqual(labels);
  });

  test('keep leaves only what it names', () => {
    const text = '{app="shop"} | logfmt | keep a, env="prod"';
    expect(run('| logfmt | keep a', 'a=b c=d')!.labels).toEqual({ a: 'b' });
    expect(parseLogql(text).kind).toBe('logs');
  });
});

test.each([
  ['| line_format "{{"', 'unclosed action'],
  ['| json x="a..b"', 'cannot parse expression'],
  ['|= ip("nowhere")', 'unable to parse IP'],
])('%s is a mistake of the query', (stages, message) => {
  expect(() => run(stages, '')).toThrow(message);
});
