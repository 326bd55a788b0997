import { describe, expect, test } from 'vitest';
import { type Json, valueFor } from '../testing/edit.ts';
import { plain } from '../testing/plain.ts';
import { Grok } from './grok.ts';
import { GROK_PATTERNS } from './grok-patterns.ts';

const line = (text: string): Json => ({ line: text });

const CASES: Readonly<Record<string, readonly (readonly [string, Json, Json | RegExp])[]>> = {
  json: [
    [
      'ParseJSON(attributes["line"])',
      line('{"a":1,"b":[true,null,"x"],"c":{"d":1.5}}'),
      { a: { double: 1 }, b: [true, null, 'x'], c: { d: 1.5 } },
    ],
    ['ParseJSON(attributes["line"])', line('[1,"a"]'), [{ double: 1 }, 'a']],
    ['ParseJSON(attributes["line"])', line('{"__proto__":"x"}'), JSON.parse('{"__proto__":"x"}') as Json],
    ['ParseJSON(attributes["line"])', line('"text"'), /could not convert/],
    ['ParseJSON(attributes["line"])', line('1'), /could not convert/],
    ['ParseJSON(attributes["line"])', line('{"a":'), /JSON/],
    ['ParseJSON(attributes["line"])', line(''), /JSON/],
    ['ParseJSON(1)', {}, /expected string/],
  ],
  csv: [
    ['ParseCSV("555-555-5556,Joe Smith", "phone,name")', {}, { phone: '555-555-5556', name: 'Joe Smith' }],
    ['ParseCSV(attributes["line"], "a,b")', line('"x, y",z'), { a: 'x, y', b: 'z' }],
    ['ParseCSV(attributes["line"], "a,b")', line('"say ""hi""",z'), { a: 'say "hi"', b: 'z' }],
    ['ParseCSV(attributes["line"], "a b", "|", " ")', line('1|2'), { a: '1', b: '2' }],
    ['ParseCSV(attributes["line"], "a\\tb", "\\t")', line('1\t2'), { a: '1', b: '2' }],
    [
      'ParseCSV(attributes["line"], "a,b,c,d,e")',
      line('aa,b\nb,cc,d\nd,ee'),
      { a: 'aa', b: 'b\nb', c: 'cc', d: 'd\nd', e: 'ee' },
    ],
    ['ParseCSV(attributes["line"], "a,b")', line('"one\ntwo",z'), { a: 'one\ntwo', b: 'z' }],
    ['ParseCSV(attributes["line"], "a,b", mode="lazyQuotes")', line('x "y" z,w'), { a: 'x "y" z', b: 'w' }],
    ['ParseCSV(attributes["line"], "a,b", mode="ignoreQuotes")', line('"x,y"'), { a: '"x', b: 'y"' }],
    ['ParseCSV(attributes["line"], "a,b")', line('x"y,z'), /bare "/],
    ['ParseCSV(attributes["line"], "a,b")', line('"x'), /missing "/],
    ['ParseCSV(attributes["line"], "a,b")', line('1,2,3'), /expected 2, found 3/],
    ['ParseCSV(attributes["line"], "a,b")', line(''), /no csv lines/],
    ['ParseCSV(attributes["line"], "")', line('1'), /headers must not be/],
    ['ParseCSV(attributes["line"], "a", "||")', line('1'), /single character/],
    ['ParseCSV(attributes["line"], "a", mode="loose")', line('1'), /unknown mode/],
  ],
  pairs: [
    ['ParseKeyValue("k1=v1 k2=v2")', {}, { k1: 'v1', k2: 'v2' }],
    ['ParseKeyValue("k1!v1_k2!v2", "!", "_")', {}, { k1: 'v1', k2: 'v2' }],
    ['ParseKeyValue(attributes["line"])', line('a="x y"  b=\'p q\' c=d=e'), { a: 'x y', b: 'p q', c: 'd=e' }],
    ['ParseKeyValue(attributes["line"])', line('a="say \\"hi\\""'), { a: 'say \\"hi\\"' }],
    ['ParseKeyValue(attributes["line"], pair_delimiter=",")', line('a = 1 , b= 2'), { a: '1', b: '2' }],
    ['ParseKeyValue(attributes["line"])', line('a="x'), /never reached the end/],
    ['ParseKeyValue(attributes["line"])', line('alone'), /cannot split "alone"/],
    ['ParseKeyValue("")', {}, /empty target/],
    ['ParseKeyValue("a", "")', {}, /empty string/],
    ['ParseKeyValue("a", " ")', {}, /cannot be equal/],
    ['ToKeyValueString({"b": 1, "a": "x y"}, sort_output=true)', {}, 'a="x y" b=1'],
    ['ToKeyValueString({"b": "q\\"q", "a": true}, ":", ",")', {}, 'b:q\\"q,a:true'],
    ['ToKeyValueString({"a": {"c": 1}})', {}, 'a={\\"c\\":1}'],
  ],
  severity: [
    ['ParseSeverity("err", {"error": [{"equals": ["err", "E"]}], "info": [{"equals": ["i"]}]})', {}, 'error'],
    ['ParseSeverity(404, {"warn": [{"range": "4xx"}], "error": [{"range": "5xx"}]})', {}, 'warn'],
    ['ParseSeverity(7, {"debug": [{"range": {"min": 5, "max": 8}}]})', {}, 'debug'],
    ['ParseSeverity("x", {"error": [{"equals": ["err"]}]})', {}, /no matching log level/],
    ['ParseSeverity(1.5, {"error": [{"equals": ["err"]}]})', {}, /unsupported type/],
    ['ParseSeverity(1, {"error": [{"range": "6xx"}]})', {}, /unknown range/],
    ['ParseSeverity(1, {"error": "x"})', {}, /must be a list/],
    ['ParseSeverity(1, attributes)', {}, /must be written here/],
  ],
  patterns: [
    ['ExtractPatterns("a=1", "^(?P<key>\\\\w)=(?P<value>\\\\d)$")', {}, { key: 'a', value: '1' }],
    ['ExtractPatterns("a", "^(?P<a>a)(?P<b>b)?$")', {}, { a: 'a', b: '' }],
    ['ExtractPatterns("x", "^(?P<a>a)$")', {}, {}],
    ['ExtractPatterns("x", "^(a)$")', {}, /at least 1 named capture group/],
    ['ExtractPatterns("x", attributes["line"])', line('(?P<letter>.)'), { letter: 'x' }],
    ['ExtractPatterns("x", "(")', {}, /missing/],
  ],
  grok: [
    [
      'ExtractGrokPatterns("55.3.244.1 GET /a 15824 0.043", "%{IP:client} %{WORD:method} %{URIPATHPARAM:request} %{NUMBER:bytes:int} %{NUMBER:duration:double}", true)',
      {},
      { client: '55.3.244.1', method: 'GET', request: '/a', bytes: 15824, duration: 0.043 },
    ],
    ['ExtractGrokPatterns("a.b 1", "%{NOTSPACE:user.name} %{INT:n:int}", true)', {}, { 'user.name': 'a.b', n: 1 }],
    ['ExtractGrokPatterns("12", "%{INT}")', {}, { INT: '12' }],
    ['ExtractGrokPatterns("12", "%{INT}", true)', {}, /at least 1 named/],
    ['ExtractGrokPatterns("x42", "%{TICKET:id}", true, ["TICKET=x[0-9]+"])', {}, { id: 'x42' }],
    ['ExtractGrokPatterns("true", "%{BOOL:yes:bool}", true)', {}, { yes: true }],
    ['ExtractGrokPatterns("no match", "%{IP:client}", true)', {}, {}],
    ['ExtractGrokPatterns("x", "%{NOTHING:a}")', {}, /NOTHING is not defined/],
    ['ExtractGrokPatterns("x", "%{A:a}", true, ["A=%{B}", "B=%{A}"])', {}, /without an end/],
    ['ExtractGrokPatterns("x", "%{A:a}", true, ["A"])', {}, /expecting NAME=pattern/],
    ['ExtractGrokPatterns("x", "%{WORD:a:int}", true)', {}, /not a whole number/],
    [
      'ExtractGrokPatterns(attributes["line"], "%{HTTPD_COMMONLOG}", true)',
      line('127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326'),
      {
        'source.address': '127.0.0.1',
        'user.name': 'frank',
        timestamp: '10/Oct/2000:13:55:36 -0700',
        'http.request.method': 'GET',
        'url.original': '/a.gif',
        'http.version': '1.0',
        'http.response.status_code': 200,
        'http.response.body.size': 2326,
      },
    ],
  ],
  url: [
    [
      'URL("http://user:pa%20ss@example.com:80/path/a%20b.gif?q=1&r=2#top")',
      {},
      {
        'url.original': 'http://user:pa%20ss@example.com:80/path/a%20b.gif?q=1&r=2#top',
        'url.domain': 'example.com',
        'url.scheme': 'http',
        'url.path': '/path/a b.gif',
        'url.port': 80,
        'url.fragment': 'top',
        'url.user_info': 'user:pa%20ss',
        'url.username': 'user',
        'url.password': 'pa ss',
        'url.query': 'q=1&r=2',
        'url.extension': 'gif',
      },
    ],
    [
      'URL("/only/path")',
      {},
      { 'url.original': '/only/path', 'url.domain': '', 'url.scheme': '', 'url.path': '/only/path' },
    ],
    ['URL("http://[::1]:8080/")["url.domain"]', {}, '::1'],
    ['URL("?a=1&a=2&b=c+d")', {}, { a: ['1', '2'], b: ['c d'] }],
    ['URL("http://a:port/")', {}, /invalid port/],
    ['URL("/%zz")', {}, /invalid URL escape/],
    ['URL("a:b:c/d")["url.scheme"]', {}, 'a'],
    ['URL("1a:b")', {}, /first path segment/],
  ],
};

for (const [group, cases] of Object.entries(CASES)) {
  describe(group, () => {
    test.each(cases)('%s of %j', (expression, attributes, expected) => {
      const value = valueFor(expression, attributes);
      if (expected instanceof RegExp) expect((value as { error: string }).error).toMatch(expected);
      else expect(plain(value)).toEqual(expected);
    });
  });
}

test('all patterns of Grok can be compiled', () => {
  expect(GROK_PATTERNS.size).toBe(245);
  const failed = Array.from(GROK_PATTERNS.keys()).filter((name) => {
    try {
      new Grok(`%{${name}:value}`, true, new Map());
      return false;
    } catch {
      return true;
    }
  });
  // Its brackets don't close, in go-grok neither.
  expect(failed).toEqual(['CISCOFW733100']);
});
