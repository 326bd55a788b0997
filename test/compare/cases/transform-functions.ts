import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { calls, comparable, statement } from './ottl-cases.ts';

const quoted = (...texts: string[]): string[] => texts.map((text) => JSON.stringify(text));

const CEF = quoted(
  'CEF:0|Vendor|Product|1.0|100|Name|5|src=10.0.0.1 dst=10.0.0.2 msg=two words  act=x',
  '<134>Sep 19 host CEF:1|V\\|x|P\\\\y|v|id|n|High|cs1=a\\=b cs2=l1\\nl2 cs3=back\\\\slash cs4=end   ',
  'CEF:0|V|P|v|id|n|5|',
  'CEF:0|V|P|v|id|n|5',
  'CEF:0|V|P|v|id|n',
  'CEF:|V|P|v|id|n|5|a=1',
  'CEF:0|||||||',
  'CEF:0|V|P|v|id|n|5|no pairs here',
  'CEF:0|V|P|v|id|n|5|a=1 a=2',
  'CEF:0|V|P|v|id|n|5|url=http://x/?q=1&r=2 end=1',
  'CEF:0|V|P|v|id|n|5| lead=1',
  'CEF:0|V|P|v|id|n|5|bad-key=1 good=2',
  'CEF:0|V|P|v|id|n|5|a=|b|c',
  'CEF:0|V|P|v|id|n|5|a=b=c d==',
  'CEF:0|V|P|v|id|n|5|t=x\\ty\\q',
  'CEF:0|V|P|v|id|n|5|é=1 u=é😀',
  'CEF:0|V\\n|P|v|id|n|5|a=1',
  'cef:0|V|P|v|id|n|5|a=1',
  'CEF:0',
  'x',
  '',
);

const LEEF = quoted(
  'LEEF:1.0|Vendor|Product|1.0|42|src=10.0.0.1\tdst=10.0.0.2\tmsg=two words',
  'LEEF:2.0|V|P|1|id|^|a=1^b=2^^c',
  'LEEF:2.0|V|P|1|id|0x7c|a=1|b=2',
  'LEEF:2.0|V|P|1|id|0X09|a=1\tb=2',
  'LEEF:2.0|V|P|1|id||a=1\tb=2',
  'LEEF:2.0|V|P|1|id|a=1\tb=x|y',
  'LEEF:2.0|V|P|1|id',
  'LEEF:2.0|V|P|1|id|^',
  'LEEF:2.0|V|P|1|id|ab|a=1',
  'LEEF:2.0|V|P|1|id|0x|a=1',
  'LEEF:2.0|V|P|1|id|0x1234|a=1',
  'LEEF:2.0|V|P|1|id|0xzz|a=1',
  'LEEF:2.0|V|P|1|id|é|a=1',
  'LEEF:1.0|V|P|1|id',
  'LEEF:1.0|V|P|1',
  'LEEF:1.0|V|P|1|id|a=1|b=2',
  'LEEF:1.0|V|P|1|id|=x\ta\tb=\tc=d=e\tb=2',
  '<13>host LEEF:1.0|V|P|1|id|a=1',
  'LEEF:3.0|V|P|1|id|a=1',
  'LEEF:1.0',
  'LEEF:|V|P|1|id|a=1',
  'x',
  '',
);

const ELF = quoted(
  '#Version: 1.0\n#Fields: date time cs-uri\n2024-01-02 03:04:05 /x\n2024-01-02 03:04:06 "/a b"',
  '#Version: 1.0\r\n#Software: IIS\r\n#Date: today\r\n#Start-Date: s\r\n#End-Date: e\r\n#Remark: r: s\r\n#Fields: a b\r\n1 2\r\n',
  '#version: 2\n#FIELDS: a\n1',
  '#Fields: a\n1',
  '#Version: 1.0\n1 2',
  '#Version: 1.0',
  '#Version: 1.0\n#Fields a b\n1 2',
  '#Version: 1.0\n#Remark\n#Fields: a\n1',
  '#Version: 1.0\n#Fields: a b c\n1 2',
  '#Version: 1.0\n#Fields: a\n1 2 3',
  '#Version: 1.0\n#Fields: a b\n"x ""y"" z" 2',
  '#Version: 1.0\n#Fields: a b\n"open 2',
  '#Version: 1.0\n#Fields: a b\n"x""" ""',
  '#Version: 1.0\n#Fields: a b\n"x"y z',
  '#Version: 1.0\n#Fields: a\tb\n1\t2',
  '#Version: 1.0\n#Fields: a\n1\n#Fields: b c\n2 3',
  '#Version: 1.0\n#Fields:\n1',
  '#Version: 1.0\n\n\n#Fields: a\n\n  1  \n',
  '#Version: 1.0\n#Unknown: x\n#Fields: a\n-',
  '#Version: 1.0\n#Fields: a a\n1 2',
  'x',
  '',
);

const CLF = quoted(
  '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326',
  '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 304 -',
  '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 5 "http://ref/" "Mozilla/5.0 (X11)"',
  '127.0.0.1 - - [x] "-" 400 0 "-" "-"',
  '::1 a b [t] "POST /x\\"y HTTP/2.0" 201 1',
  '::1 a b [t] "GET /\\x22\\x41\\xzz\\n\\t\\q\\\\ H" 201 1 "r\\"" "u"',
  '::1 a b [t] "GET" 200 1',
  '::1 a b [t] "GET /a b HTTP/1.1 more" 200 1',
  '::1 a b [t] "GET / H" abc 1',
  '::1 a b [t] "GET / H" 200 abc',
  '::1 a b [t] "GET / H" +200 -5',
  '::1 a b [] "GET / H" 200 1',
  '::1 a b [t] GET 200 1',
  '::1  a b [t] "GET / H" 200 1',
  '  ::1 a b [t] "GET / H" 200 1  ',
  '::1 a b [t] "GET / H" 200',
  '::1 a b [t] "GET / H" 200 1 extra',
  '::1 a b [t] "é\\xc3\\xa9 / H" 200 1',
  '::1 a b [t] "GET / H\\" 200 1',
  'x',
  '',
);

const log = (call: string): CompareCase => statement('logs', `set(log.attributes["out"], ${call})`);

const KINDS = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const text = (value: string): ReferenceObject => ({ stringValue: value });

/** A span of each kind with the attributes. */
function spansWith(attributes: Readonly<Record<string, string | number | boolean>>): ReferenceObject {
  const written = Object.entries(attributes).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string' ? text(value) : typeof value === 'number' ? { intValue: value } : { boolValue: value },
  }));
  const spans = Object.values(KINDS).map((kind) => ({
    traceId: new Uint8Array(16).fill(kind + 1),
    spanId: new Uint8Array(8).fill(kind + 1),
    name: 'before',
    kind,
    attributes: written,
  }));
  return { resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans }] }] } as unknown as ReferenceObject;
}

const ATTRIBUTES: readonly Readonly<Record<string, string | number | boolean>>[] = [
  {},
  { 'http.request.method': 'GET' },
  { 'http.request.method': 'GET', 'http.route': '/users/:id' },
  { 'http.method': 'PUT', 'url.template': '/u/{id}' },
  { 'http.request.method': '', 'rpc.system': 'grpc' },
  { 'rpc.system.name': 'grpc', 'rpc.method': 'Get', 'rpc.service': 'shop.Cart' },
  { 'rpc.system': 'grpc', 'rpc.grpc.method': 'Get' },
  { 'rpc.system': 'grpc', 'rpc.grpc.service': 'shop.Cart' },
  { 'rpc.system': 'grpc' },
  { 'db.system': 'mysql' },
  { 'db.system.name': 'mysql', 'db.query.summary': 'SELECT users' },
  { 'db.system': 'mysql', 'db.operation': 'SELECT' },
  { 'db.system': 'mysql', 'db.operation.name': 'SELECT', 'db.collection.name': 'users' },
  { 'db.system': 'mysql', 'db.name': 'shop', 'db.collection.name': 'users' },
  { 'db.system': 'mysql', 'db.namespace': 'shop', 'db.stored_procedure.name': 'p' },
  { 'db.system': 'mysql', 'db.stored_procedure.name': 'p', 'db.operation.name': 'CALL' },
  { 'db.system': 'mysql', 'db.name': 'shop', 'db.operation': 'SELECT' },
  { 'db.system': 'mysql', 'server.address': 'db1', 'server.port': 3306 },
  { 'db.system': 'mysql', 'server.address': 'db1' },
  { 'messaging.system': 'kafka' },
  { 'messaging.system': 'kafka', 'messaging.operation.name': 'poll' },
  { 'messaging.system': 'kafka', 'messaging.operation': 'send', 'messaging.destination.name': 'topic' },
  { 'messaging.system': 'kafka', 'messaging.destination': 'topic' },
  { 'messaging.system': 'kafka', 'messaging.destination.temporary': true, 'messaging.operation.name': 'ack' },
  { 'messaging.system': 'kafka', 'messaging.destination.anonymous': true, 'messaging.destination.template': 't' },
  { 'messaging.system': 'kafka', 'messaging.destination.temporary': false, 'messaging.destination.template': 't-{id}' },
  {
    'messaging.system': 'kafka',
    'messaging.destination.temporary': 'true',
    'server.address': 'b',
    'server.port': 9092,
  },
  { 'http.request.method': 'GET', 'rpc.system': 'grpc', 'db.system': 'x', 'messaging.system': 'y' },
  { 'http.request.method': 7, 'http.route': 8 },
];

function spanName(call: string, attributes: Readonly<Record<string, string | number | boolean>>): CompareCase {
  return {
    ...statement('traces', call),
    name: `${call} ${JSON.stringify(attributes)}`,
    input: [spansWith(attributes)],
  };
}

const HISTOGRAMS: readonly {
  readonly scale: number;
  readonly offset: number;
  readonly counts: number[];
  readonly zero: number;
}[] = [
  { scale: 0, offset: 0, counts: [1, 2, 3, 4], zero: 0 },
  { scale: 1, offset: -3, counts: [5, 0, 7, 1, 1, 9, 2], zero: 3 },
  { scale: 3, offset: 10, counts: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], zero: 1 },
  { scale: -1, offset: -2, counts: [10, 20, 30, 40], zero: 2 },
  { scale: 5, offset: -64, counts: Array.from({ length: 160 }, (_, i) => i % 7), zero: 0 },
];

function exponential({ scale, offset, counts, zero }: (typeof HISTOGRAMS)[number]): ReferenceObject {
  const count = counts.reduce((sum, each) => sum + each, zero);
  const point = (index: number): object => ({
    attributes: [{ key: 'n', value: { intValue: index } }],
    startTimeUnixNano: 1_700_000_000_000_000_000n,
    timeUnixNano: 1_700_000_060_000_000_000n,
    count,
    sum: 12.5,
    min: 0.25,
    max: 99,
    scale,
    zeroCount: zero,
    positive: { offset, bucketCounts: counts },
    exemplars: [
      { timeUnixNano: 1_700_000_030_000_000_000n, asDouble: 3.5, filteredAttributes: [{ key: 'e', value: text('x') }] },
    ],
  });
  const metric = {
    name: 'h',
    description: 'd',
    unit: 's',
    exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point(0), point(1)] },
  };
  return {
    resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: {}, metrics: [metric] }] }],
  } as unknown as ReferenceObject;
}

const CONVERSIONS = calls(
  'convert_exponential_histogram_to_histogram',
  ['"upper"', '"midpoint"', '"uniform"'],
  ['[1.0, 2.0, 4.0, 8.0]', '[0.0, 0.5, 5.0, 50.0]', '[10.0]', '[0.0, 0.1, 0.2, 0.3, 0.4, 3.0]', '[8.0, 4.0]'],
);

/** Records of two resources, the first of which comes twice, in scopes that differ in one thing each. */
function manyLogs(): ReferenceObject {
  const record = (n: number): object => ({
    body: text(`record ${n}`),
    attributes: [{ key: 'n', value: { intValue: n } }],
  });
  const scope = (name: string, version: string, ...numbers: number[]): object => ({
    scope: { name, version, attributes: [{ key: 's', value: text(name) }] },
    logRecords: numbers.map(record),
  });
  const resource = (name: string, ...scopeLogs: object[]): object => ({
    resource: {
      attributes: [
        { key: 'service.name', value: text(name) },
        { key: 'r', value: text('1') },
      ],
    },
    scopeLogs,
  });
  return {
    resourceLogs: [
      resource('a', scope('x', '1', 1, 2), scope('x', '2', 3), scope('y', '1', 4)),
      resource('b', scope('x', '1', 5, 6)),
      resource('a', scope('x', '1', 7), scope('z', '1', 8, 9)),
    ],
  } as unknown as ReferenceObject;
}

/** With `flatten_data` a change of the resource or the scope holds for one record. */
const FLATTENED: readonly CompareCase[] = [
  [],
  ['set(resource.attributes["n"], log.attributes["n"])'],
  ['set(resource.attributes["odd"], log.attributes["n"] - (log.attributes["n"] / 2) * 2)'],
  ['set(resource.attributes["service.name"], "same")'],
  ['set(resource.attributes["service.name"], "same") where log.attributes["n"] < 3 or log.attributes["n"] == 5'],
  ['delete_key(resource.attributes, "service.name")'],
  ['set(scope.name, "all")'],
  ['set(scope.version, "9") where log.attributes["n"] == 2'],
  ['set(scope.attributes["s"], "same")', 'set(scope.name, "all")', 'set(scope.version, "")'],
  ['set(log.body, Concat([log.body, resource.attributes["service.name"]], " of "))'],
].flatMap((statements) =>
  [true, false].map((flattens) => ({
    ...statement('logs', ...(statements.length === 0 ? ['set(log.flags, 1)'] : statements)),
    name: `${flattens ? 'flattened' : 'as they are'}: ${statements.join(' ; ')}`,
    config: { flatten_data: flattens, log_statements: statements },
    input: [manyLogs()],
  })),
);

/** What `transform` adds to the functions of OTTL. */
export const transformFunctionsSuite: CompareSuite = {
  name: 'transform-functions',
  cases: comparable([
    ...calls('ParseCEF', CEF).map(log),
    ...calls('ParseLEEF', LEEF).map(log),
    ...calls('ParseELF', ELF).map(log),
    ...calls('ParseCLF', CLF, ['', '"combined"', '"clf"']).map(log),
    log('ParseCLF("x", "nope")'),
    log('ParseCEF(1)'),
    statement('traces', 'set(span.attributes["out"], ParseCEF("x"))'),
    ...ATTRIBUTES.flatMap((attributes) => [
      spanName('set_semconv_span_name("1.37.0")', attributes),
      spanName('set_semconv_span_name("1.40.0", "original")', attributes),
    ]),
    ...quoted('1.36.0', '1.37', 'v1.43.0', '1.43.1', '1.44.0', '1.37.0-beta', '1', 'x', '', '1.40.0+b').map((version) =>
      spanName(`set_semconv_span_name(${version})`, ATTRIBUTES[2]!),
    ),
    spanName('set_semconv_span_name("1.40.0", "")', ATTRIBUTES[2]!),
    ...HISTOGRAMS.flatMap((histogram, i) =>
      CONVERSIONS.map((call) => ({
        ...statement('metrics', `${call} where metric.name == "h"`),
        name: `histogram ${i}: ${call}`,
        input: [exponential(histogram)],
      })),
    ),
    ...[
      ['convert_exponential_histogram_to_histogram("upper", [1.0, 10.0])', 'set(metric.name, "renamed")'],
      ['set(datapoint.attributes["x"], "y")', 'convert_exponential_histogram_to_histogram("upper", [1.0])'],
      ['convert_exponential_histogram_to_histogram("upper", [1.0])', 'set(datapoint.attributes["x"], "y")'],
      ['convert_exponential_histogram_to_histogram("upper", [1.0])', 'set(datapoint.sum, 7.0)'],
      ['convert_exponential_histogram_to_histogram("upper", [1.0])', 'delete_key(datapoint.attributes, "n")'],
      ['convert_exponential_histogram_to_histogram("upper", [1.0])', 'extract_count_metric(true)'],
    ].map((statements) => ({
      ...statement('metrics', ...statements),
      config: {
        metric_statements: statements.map((each) => ({
          context: each.includes('datapoint.') ? 'datapoint' : 'metric',
          statements: [each],
        })),
      },
      input: [exponential(HISTOGRAMS[1]!)],
      joinsGroups: true as const,
    })),
    ...FLATTENED,
  ]),
  featureGates: ['transform.flatten.logs'],
};
