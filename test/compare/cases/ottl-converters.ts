import type { CompareSuite } from '../lib/cases.ts';
import { calls, comparable, TEXTS, VALUES, value } from './ottl-cases.ts';

/** Converters of one argument: each on a value of every type. */
const UNARY = [
  'Base64Decode Bool Day Double Duration FNV Hex Hour Hours Int IsBool IsDouble IsEmpty IsInt IsList IsMap IsString IsValidLuhn Keys Len Log',
  'MD5 Microseconds Milliseconds Minute Minutes Month Murmur3Hash Murmur3Hash128 Nanosecond Nanoseconds ParseJSON ParseSimplifiedXML ParseXML',
  'ProfileID SHA1 SHA256 SHA512 Second Seconds Sort SpanID String ToCamelCase ToLowerCase ToSnakeCase ToUpperCase TraceID Trim URL Unix',
  'UnixMicro UnixMilli UnixNano UnixSeconds UserAgent Values Weekday XXH128 XXH3 Year',
]
  .join(' ')
  .split(' ');

const quoted = (...texts: string[]): string[] => texts.map((text) => JSON.stringify(text));

/** Texts that say something to one converter. */
const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  Base64Decode: quoted('aGVsbG8=', 'aGVsbG8', 'not base64!', '//8='),
  Bool: quoted('true', 'FALSE', 't', '1', '0', 'yes'),
  Double: quoted('1e3', '.5', '0x10', 'NaN', '1_000', ' 1'),
  Int: quoted('7', '-7', '7.9', '0x10', '9223372036854775807', '9223372036854775808', ' 7'),
  Duration: [...quoted('1h30m', '1.5s', '-20ms', '3', 'x', '1d')].map((text) => text),
  Seconds: ['Duration("90.5s")', 'Duration("-1ms")'],
  Hours: ['Duration("90m")'],
  Minutes: ['Duration("90s")'],
  Milliseconds: ['Duration("1.5s")'],
  Microseconds: ['Duration("1.5ms")'],
  Nanoseconds: ['Duration("3us")'],
  IsValidLuhn: quoted('17893729974', '17893729975', '4111 1111 1111 1111', ''),
  ParseJSON: quoted(
    '{"a": 1, "b": [1, 2.5, "x", null, true], "c": {"d": "e"}}',
    '[1, 2]',
    '"x"',
    '{',
    '12345678901234567890',
    'null',
    '{"a":1}}',
  ),
  ParseXML: quoted('<a x="1"><b>text</b><b/></a>', '<a>', 'x', '<a>1<!-- c -->2</a>', '<a xmlns:n="u"><n:b/></a>'),
  ParseSimplifiedXML: quoted('<a><b>1</b><b>2</b><c><d>x</d></c></a>', '<a x="1"/>', '<a/>', 'x', '<a>t</a><b>u</b>'),
  SpanID: ['0x1112131415161718', '"1112131415161718"', '0x00'],
  TraceID: ['0x0102030405060708090a0b0c0d0e0f10', '"0102030405060708090a0b0c0d0e0f10"', '0x00'],
  ProfileID: ['0x0102030405060708090a0b0c0d0e0f10'],
  Sort: [
    '[3, 1, 2]',
    '["b", "a"]',
    '[2.5, 1, "x"]',
    '[true, false]',
    '[]',
    '[3, 1, 2], "desc"',
    '["b", "a"], "DESC"',
    '[1], "up"',
  ],
  ToCamelCase: quoted('simple_string', 'HTTP-status code', 'APIVersion2', ''),
  ToSnakeCase: quoted('simpleString', 'HTTPStatusCode', 'a b-c', 'Version2Beta'),
  ToUpperCase: quoted('straße', 'ıi'),
  ToLowerCase: quoted('ÄÖÜ İ'),
  Trim: ['"  both \\t"', '"xxaxx", "x"', '"a", ""'],
  URL: quoted(
    'http://user:pw@example.com:8080/path/file.txt?q=1&q=2#frag',
    'https://example.com',
    '/only/path?x=y',
    'mailto:a@b.c',
    'http://[::1]:80/a%20b',
    '%zz',
    '',
  ),
  UserAgent: quoted(
    'curl/7.81.0',
    '',
    'Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91',
    'Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko',
    'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)',
    'Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10.229 Version/11.62',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    'python-requests/2.31.0',
    'Go-http-client/1.1',
    'okhttp/4.12.0',
    'PostmanRuntime/7.36.0',
    'kube-probe/1.28',
    'Prometheus/2.48.0',
    'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0',
    'Mozilla/5.0 (Linux; Android 12; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36',
    'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
    'Wget/1.21.2',
    'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
    'Java/17.0.9',
    'é😀',
  ),
  Unix: ['1700000000', '1700000000, 5', '-1', '0, 1500000000'],
  Log: ['1', '0', '-1', '2.718281828459045', '"10"'],
  Len: ['""', '"äö"', '[]', '{}', 'span.attributes', 'span.events', 'resource.attributes'],
  Keys: ['span.attributes', '{}'],
  Values: ['span.attributes', '{"a": 1}'],
  Hex: ['255', '"hi"', '1.5'],
  String: ['Duration("1h")', 'span.attributes', '1e21', '100000.0'],
};

const TIMES = [
  'span.start_time',
  'Time("2024-02-29T13:14:15Z", "%Y-%m-%dT%H:%M:%SZ")',
  'Unix(1700000000)',
  'UnixMilli(1700000000123)',
];

/** Converters of several arguments. */
const OTHERS: readonly string[] = [
  ...calls('Coalesce', [
    '[span.attributes["absent"], nil, "x"]',
    '[nil, nil]',
    '[]',
    '[span.attributes["http.status_code"], 1]',
    '["", "x"]',
  ]),
  ...calls(
    'Concat',
    [
      '["a", span.name, 1, 2.5, true]',
      '[]',
      '[nil, "x"]',
      '[span.attributes["tags"], span.attributes["blob"]]',
      'span.attributes["tags"]',
    ],
    ['"-"', '""', 'span.name', 'nil'],
  ),
  ...calls(
    'ContainsValue',
    ['span.attributes["tags"]', '["a", 1, nil]', '[]', 'span.attributes["nested"]', 'span.attributes["absent"]'],
    ['"a"', '2', 'false', 'nil', '2.0'],
  ),
  ...calls('ConvertCase', TEXTS.slice(0, 7), ['"lower"', '"upper"', '"snake"', '"camel"']),
  ...calls('ConvertCase', ['span.name'], ['"title"', '""']),
  ...calls(
    'Decode',
    ['"aGVsbG8="', '"aGVsbG8"', '"_-8"', 'span.attributes["blob"]', '"hi"', '7'],
    ['"base64"', '"base64-raw"', '"base64-url"', '"base64-raw-url"', '"utf-8"', '"utf16"', '"us-ascii"', '"nope"'],
  ),
  ...calls(
    'ExtractPatterns',
    ['span.attributes["http.url"]', 'span.name', '7', 'span.attributes["absent"]'],
    [
      '"^(?P<scheme>[a-z]+)://(?P<host>[^/]+)"',
      '"(?P<word>\\\\w+)"',
      '"(\\\\w+)"',
      '"(?P<a>x)?(?P<b>.)"',
      '"("',
      'span.name',
    ],
  ),
  ...calls(
    'ExtractGrokPatterns',
    ['"http://user:pw@host:80/p?q=1"', '"12 abc 10.0.0.1"', '""'],
    ['"%{URI}"', '"%{INT:n:int} %{WORD:w} %{IP:ip}"', '"%{NUMBER:n}"', '"%{NOPE:x}"'],
    ['', 'true', 'false'],
  ),
  ...calls('Format', ['"%s|%d|%v"'], ['["a", 1, true]', '[]', '["x"]', '[1, "a", 2.5]', '[nil, 1, 2]']),
  ...calls('Format', ['"%05d %x %q %t %.2f %%"'], ['[7, 255, "q", true, 1.005]', '[7]']),
  ...calls(
    'Format',
    ['"%v"'],
    [
      '[span.attributes["tags"]]',
      '[span.attributes["nested"]]',
      '[2.0]',
      '[span.kind]',
      '[Duration("1s")]',
      '[span.start_time]',
    ],
  ),
  ...calls('FormatTime', TIMES, [
    '"%Y-%m-%d %H:%M:%S"',
    '"%a %b %e %I:%M %p %j"',
    '"%L %f %s %z %Z"',
    '"%D %R %T %%"',
    '""',
    '"%Q"',
  ]),
  ...calls(
    'GetXML',
    ['"<a><b>1</b><b x=\\"2\\"/></a>"', '"x"'],
    ['"/a"', '"/a/b"', '"/a/b[@x]"', '"//b/@x"', '"/a/b/text()"', '"["'],
  ),
  ...calls(
    'RemoveXML',
    ['"<a><b>1</b><b x=\\"2\\"/></a>"', '"x"'],
    ['"/a/b"', '"//b/@x"', '"/a/b[1]"', '"/none"', '"["'],
  ),
  ...calls(
    'InsertXML',
    ['"<a><b>1</b></a>"', '"<a/>"'],
    ['"/a"', '"/a/b"', '"/none"'],
    ['"<c/>"', '"<c x=\\"1\\">t</c><d/>"', '"x"'],
  ),
  ...calls(
    'ConvertAttributesToElementsXML',
    ['"<a x=\\"1\\" y=\\"2\\"><b z=\\"3\\">t</b></a>"', '"<a/>"'],
    ['', '"/a/b"', '"/none"'],
  ),
  ...calls(
    'ConvertTextToElementsXML',
    ['"<a>t<b>u</b>v</a>"', '"<a><b>u</b></a>"'],
    ['', '"/a"', '"/a", "el"', 'elementName = "n"'],
  ),
  ...calls('HasPrefix', TEXTS.slice(0, 7), ['"GET"', '"http"', '""', 'span.name', '7']),
  ...calls('HasSuffix', TEXTS.slice(0, 7), ['"T"', '"2"', '""', 'span.name']),
  ...calls(
    'Index',
    ['span.name', '"äöü"', 'span.attributes["tags"]', '["a", 1, 2.5, true]', '7', 'nil'],
    ['"h"', '"ö"', '1', '2', '"zz"', 'true'],
  ),
  ...calls(
    'IsInCIDR',
    ['"10.1.2.3"', '"192.168.0.1"', '"::1"', '"x"', '7'],
    ['["10.0.0.0/8"]', '["192.168.0.0/16", "::1/128"]', '[]', '["x"]', '["0.0.0.0/0"]'],
  ),
  ...calls(
    'IsMatch',
    [
      ...TEXTS.slice(0, 5),
      'span.attributes["http.status_code"]',
      'span.attributes["http.ratio"]',
      'span.attributes["tags"]',
      'span.attributes["blob"]',
      'nil',
    ],
    ['"^G.T$"', '"[0-9]+"', '".*"', '"("', 'span.name'],
  ),
  ...calls(
    'ParseCSV',
    ['"1,2,3"', '"a,\\"b,c\\",d"', '"1\\t2"', '""', '"1,2"'],
    [
      '"x,y,z"',
      '"x|y|z", headerDelimiter = "|"',
      '"x,y,z", delimiter = "\\t"',
      '"x,y,z", mode = "lazyQuotes"',
      '"x,y,z", mode = "ignoreQuotes"',
      '"x,y,z", mode = "nope"',
    ],
  ),
  ...calls(
    'ParseInt',
    ['"42"', '"-ff"', '"0x1F"', '"0b11"', '"z"', '""', '"99999999999999999999"', '7'],
    ['10', '16', '0', '36', '1', '37', '2'],
  ),
  ...calls(
    'ParseKeyValue',
    ['"a=1 b=2"', '"a=\'x y\' b=\\"z w\\""', '"a:1|b:2"', '"a"', '""', '"a==1"', '"a=1  b="'],
    ['', '":", "|"', '"=", " "', '"", " "', '"=", "="'],
  ),
  ...calls(
    'ToKeyValueString',
    [
      'span.attributes["nested"]',
      '{"a": 1, "b": "x y", "c": [1, 2]}',
      '{}',
      'span.attributes["http.method"]',
      '{"a": "q\\"q", "b=": "c"}',
    ],
    ['', '":", "|", true', 'sort_output = true', '"=", "="'],
  ),
  ...calls(
    'ParseSeverity',
    ['"warn"', '200', '"3xx"', '404', 'true'],
    [
      '{"error": ["err", {"min": 400, "max": 499}], "warn": ["warn"], "info": [{"range": "2xx"}]}',
      '{}',
      '{"debug": "x"}',
    ],
  ),
  ...calls(
    'SliceToMap',
    ['[{"k": "a", "v": 1}, {"k": "b", "v": 2}]', '[1, 2]', '[]', 'span.attributes["tags"]'],
    ['["k"], ["v"]', '["k"]', '', 'value_path = ["v"]', '["none"]'],
  ),
  ...calls('Split', [...TEXTS.slice(0, 5), '7', 'nil'], ['"/"', '"|"', '""', '"zz"']),
  ...calls(
    'Substring',
    ['span.name', '"äöü😀"', '7', '""'],
    ['0, 3', '2, 1', '0, 100', '-1, 2', '3, 0', '1, 2, true', '0, 1, false'],
  ),
  ...calls(
    'Time',
    ['"2024-02-29"', '"29/Feb/2024:13:14:15 +0100"', '"x"', '""', '7'],
    ['"%Y-%m-%d"', '"%d/%b/%Y:%H:%M:%S %z"', '"%Y-%m-%d", "Europe/Berlin"', '""', '"%Q"', '"%Y-%m-%d", "Nowhere/None"'],
  ).map((time) => `UnixNano(${time})`),
  ...calls('TrimPrefix', [...TEXTS.slice(0, 6), 'nil'], ['"GET"', '"http"', '""', '7']),
  ...calls('TrimSuffix', [...TEXTS.slice(0, 6), 'nil'], ['"T"', '"2"', '""', '7']),
  ...calls('TruncateTime', TIMES, [
    'Duration("1s")',
    'Duration("1h")',
    'Duration("0s")',
    'Duration("24h")',
    'Duration("7m")',
    '"1s"',
  ]).map((time) => `UnixNano(${time})`),
  ...calls(
    'CommunityID',
    ['"10.1.2.3", 50000', '"::1", 80'],
    ['"10.0.0.1", 443', '"::2", 8080', '"x", 1'],
    ['', '"TCP"', '"UDP", 1', '"ICMP"', '"nope"'],
  ),
  ...calls(
    'Base64Encode',
    [...TEXTS, '7', 'nil'],
    ['', '"base64"', '"base64-raw"', '"base64-url"', '"base64-raw-url"', '"x"'],
  ),
  ...[
    'IsRootSpan()',
    'Len(UUID())',
    'Len(UUIDv7())',
    'IsEmpty(Now())',
    'UnixNano(Now()) > 0',
    'Now() == nil',
    'Nope(1)',
    'Len()',
    'Len(1, 2)',
    'Len(target = "abc")',
    'Len(nope = 1)',
    'Concat(delimiter = "-", vals = ["a"])',
  ],
];

/** Every converter: those of one argument on a value of each type, the others on a table of arguments. */
export const convertersSuite: CompareSuite = {
  name: 'ottl-converters',
  cases: comparable(
    [...UNARY.flatMap((name) => calls(name, [...VALUES, ...(SPECIAL[name] ?? [])])), ...OTHERS]
      // Go's maps have no order.
      .filter((call) => !call.startsWith('Values({"k"'))
      .map(value),
  ),
};
