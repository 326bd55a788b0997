import type { Signal } from '#pdata';
import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import {
  atMs,
  b,
  bytes,
  d,
  i,
  id,
  list,
  logsSample,
  map,
  metricsSample,
  pairs,
  SPAN_ATTRIBUTES,
  s,
  spansSample,
  TRACE_ID,
} from '../lib/samples.ts';

const SAMPLE = { traces: [spansSample()], logs: [logsSample()], metrics: [metricsSample()] } as const;

function one(
  config: object,
  signal: Signal = 'traces',
  input: readonly ReferenceObject[] = SAMPLE[signal],
  name: string = `${signal} ${JSON.stringify(config)}`,
): CompareCase {
  return { name, kind: 'processor', type: 'redaction', config, signal, input };
}

/** The same block for every signal. */
const everywhere = (config: object): CompareCase[] =>
  (['traces', 'logs', 'metrics'] as const).map((signal) => one(config, signal));

const SUMMARIES = ['debug', 'info', 'silent', ''];
const KEYS = ['http.method', 'http.url', 'service.name', 'method', 'state', 'log.file', 'exception.type', 'message'];
const CARD = '(4[0-9]{12}(?:[0-9]{3})?)';
const VALUES = ['token=[^&]+', '^G', '.*', '', '[0-9]+', '(?i)get|post', 'a|e', '^$', 'true', CARD, '\\pL+$'];
const HASHES = ['md5', 'sha1', 'sha3', 'SHA3', 'hmac-sha256', 'hmac-sha512', 'sha256', 'none', ''];
const LONG_KEY = 'k'.repeat(64);

const ATTRIBUTES: readonly CompareCase[] = [
  ...everywhere({}),
  ...everywhere({ allow_all_keys: true }),
  ...SUMMARIES.flatMap((summary) => [
    ...everywhere({ allowed_keys: KEYS, summary }),
    ...everywhere({
      allow_all_keys: true,
      ignored_keys: ['service.name', 'http.url'],
      ignored_key_patterns: ['^log\\.'],
      blocked_values: ['[0-9]+', 'token'],
      blocked_key_patterns: ['(?i)method$'],
      allowed_values: ['^POST$', 'deep'],
      summary,
    }),
  ]),
  one({ allow_all_keys: true, summary: 'loud', blocked_values: ['a'] }),
  ...VALUES.flatMap((value) => [
    ...everywhere({ allow_all_keys: true, blocked_values: [value], summary: 'debug' }),
    one({ allow_all_keys: true, blocked_values: [value], redact_all_types: true, summary: 'debug' }),
    one({ allow_all_keys: true, blocked_values: ['.'], allowed_values: [value], summary: 'debug' }),
    one({ allow_all_keys: true, blocked_key_patterns: [value], summary: 'debug' }),
    one({ allow_all_keys: true, blocked_key_patterns: [value], redact_all_types: true, summary: 'info' }),
    one({ allow_all_keys: true, ignored_key_patterns: [value], blocked_values: ['.'], summary: 'debug' }),
    one({ allow_all_keys: true, ignored_key_patterns: [value], blocked_values: ['.'], summary: 'debug' }, 'logs'),
  ]),
  ...HASHES.flatMap((hash_function) =>
    ['', 'k'.repeat(31), 'k'.repeat(32), LONG_KEY, 'ö'.repeat(16)].map((hmac_key) =>
      one({
        allow_all_keys: true,
        blocked_values: ['[0-9]+', 'hunter'],
        blocked_key_patterns: ['method'],
        hash_function,
        hmac_key,
      }),
    ),
  ),
  one({ allowed_keys: ['http.method'], ignored_keys: ['http.method', 'http.path'], blocked_values: ['G'] }),
  one({ allowed_keys: ['http.method'], blocked_key_patterns: ['http'], blocked_values: ['G'], summary: 'debug' }),
  ...['blocked_values', 'allowed_values', 'blocked_key_patterns', 'ignored_key_patterns'].map((key) =>
    one({ [key]: ['('] }),
  ),
  one({ allow_al_keys: true }),
];

/** What a redaction before may have left. */
const BEFORE = spansSample({
  ...SPAN_ATTRIBUTES,
  'redaction.redacted.keys': s('zebra,apple'),
  'redaction.redacted.count': i(2),
  'redaction.masked.keys': s(''),
  'redaction.masked.count': s('five'),
  'redaction.allowed.keys': s('x'),
  'redaction.ignored.count': i(1),
});

const TWICE: readonly CompareCase[] = SUMMARIES.flatMap((summary) => [
  one(
    { allowed_keys: ['http.method', 'http.url'], blocked_values: ['G'], summary },
    'traces',
    [BEFORE],
    `again, ${summary}`,
  ),
  one(
    { allow_all_keys: true, blocked_values: ['G'], ignored_keys: ['json'], allowed_values: ['deep', 'A'], summary },
    'traces',
    [BEFORE],
    `again, all keys, ${summary}`,
  ),
]);

const BODIES: Readonly<Record<string, ReferenceObject>> = {
  text: s('user 4111111111111111 from https://shop/users/7?token=x'),
  'two lines': s('secret one\nsecret two'),
  empty: s(''),
  none: {},
  int: i(4111),
  double: d(41.5),
  bool: b(true),
  bytes: bytes('343131'),
  map: map({
    secret: s('4111'),
    plain: s('hello'),
    number: i(4111),
    flag: b(true),
    whole: d(4),
    nested: map({ secret: map({ a: s('b') }), deep: map({ card: s('no 4111') }), keep: s('4111') }),
    items: list(s('4111'), map({ secret: s('x'), other: s('y 4') }), list(i(4), s('z'))),
    keep: s('4111'),
    '10': s('4'),
    '2': s('b'),
  }),
  list: list(s('4111'), map({ secret: s('4'), keep: s('4'), plain: s('4') }), i(4), list(s('4'), b(false))),
};

function bodies(body: ReferenceObject): ReferenceObject {
  return {
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: atMs(0),
                body,
                attributes: pairs({
                  keep: s('4'),
                  'redaction.body.masked.count': i(3),
                  'redaction.body.masked.keys': s('old'),
                }),
              },
            ],
          },
        ],
      },
    ],
  };
}

const LOG_BODIES: readonly CompareCase[] = Object.entries(BODIES).flatMap(([name, body]) =>
  [
    { allow_all_keys: true, blocked_values: ['4[0-9]*', 'secret.*'], summary: 'debug' },
    { allow_all_keys: true, blocked_values: ['true|false|^$'], summary: 'info' },
    { allow_all_keys: true, blocked_values: ['.'], allowed_values: ['hello', '^4$', 'true'], summary: 'debug' },
    { allow_all_keys: true, blocked_key_patterns: ['secret', '^number$', 'items'], summary: 'debug' },
    { allowed_keys: ['plain', 'nested', 'items', 'keep'], blocked_values: ['4'], summary: 'debug' },
    {
      allow_all_keys: true,
      ignored_keys: ['keep'],
      ignored_key_patterns: ['^1'],
      blocked_values: ['4'],
      summary: 'debug',
    },
    { allow_all_keys: true, blocked_values: ['4+'], blocked_key_patterns: ['secret'], hash_function: 'md5' },
    { allow_all_keys: true, url_sanitizer: { enabled: true }, summary: 'debug' },
  ].map((config) => one(config, 'logs', [bodies(body)], `body ${name} ${JSON.stringify(config)}`)),
);

const PATHS = [
  '/users/fdklsd/j4elk/23993/job/2',
  '/u/2',
  '/v1/products/22j',
  '/products//org/3',
  'GET /api/cart?sessionId=55f4e5ea-5d6d-482a-80c4-799e3c72dfb0&currencyCode=USD',
  '/a/b/c/d/e/f/g/h/i/j',
  '/a/b/c/d/e/f/g/h/12/j',
  '/a/b/c/d/e/f/g/h/fdklsdxzq/j',
  '/a/b/c/d/e/f/g/h/fq/j',
  '/attach#section-1',
  '/w/index.php/*',
  '?',
  '?a=b',
  'attach12?',
  '*&',
  '12#',
  '/1#x',
  '/zxcvwerjasc?x',
  '/größe/éa/aé',
  '/1a/a1/a1b/a12/b-c/d_e',
  'https://shop.example.com:8080/carts/77/items',
  'SELECT users',
  '/**',
  '/7/8/9',
  '*/*',
  '/Users/Rob Smith/files',
  '/qzxj kvbw',
];

/** A span for each name, as an HTTP client. */
function named(names: readonly string[], attributes: (name: string) => object, kind: number): ReferenceObject {
  const spans = names.map((name, n) => ({
    traceId: id(TRACE_ID),
    spanId: id(`11121314151617${(n + 16).toString(16)}`),
    name,
    kind,
    startTimeUnixNano: atMs(n),
    endTimeUnixNano: atMs(n + 1),
    attributes: pairs(attributes(name) as Record<string, ReferenceObject>),
  }));
  return { resourceSpans: [{ scopeSpans: [{ spans }] }] };
}

const URLS: readonly CompareCase[] = [
  ...[1, 2, 3, 4, 5].flatMap((kind) =>
    [{}, { sanitize_span_name: true }, { sanitize_span_name: false }].flatMap((more) => [
      one(
        { allow_all_keys: true, summary: 'debug', url_sanitizer: { enabled: true, attributes: ['url', 'x'], ...more } },
        'traces',
        [named(PATHS, (name) => ({ url: s(name), other: s(name), x: i(7), 'http.method': s('GET') }), kind)],
        `urls ${kind} ${JSON.stringify(more)}`,
      ),
    ]),
  ),
  one(
    { allow_all_keys: true, url_sanitizer: { enabled: true } },
    'traces',
    [named(PATHS, () => ({}), 3)],
    'urls in names without attributes',
  ),
  one(
    { url_sanitizer: { enabled: true } },
    'traces',
    [named(PATHS, () => ({ 'http.route': s('/') }), 2)],
    'urls in names whose attributes are removed',
  ),
  one(
    {
      allow_all_keys: true,
      allowed_values: ['products', '^SELECT'],
      url_sanitizer: { enabled: true, attributes: ['url'] },
    },
    'traces',
    [named(PATHS, (name) => ({ url: s(name), 'url.full': s(name) }), 2)],
    'urls that are allowed',
  ),
  one({ allow_all_keys: true, url_sanitizer: { enabled: false, attributes: ['http.url'] } }),
  one({
    allow_all_keys: true,
    redact_all_types: true,
    url_sanitizer: { enabled: true, attributes: ['http.status_code', 'tags', 'nested', 'json'] },
  }),
  ...PATHS.map((path) =>
    one({ allow_all_keys: true, url_sanitizer: { enabled: true } }, 'logs', [bodies(s(path))], `url in a body ${path}`),
  ),
];

const SQL = [
  "SELECT * FROM users2 WHERE id = 42 AND name = 'bob' AND ok = true AND x IS NULL",
  'SELECT "a1"."b2", [x1], `y2` FROM "t3" -- comment 7\n/* more 8 */ WHERE a=?',
  'SELECT * FROM t WHERE name = "bob" # comment 1',
  "INSERT INTO t (a,b) VALUES (1,-2.5e-3), (0x1F, 017), ('it''s', 'a\\'b')",
  "UPDATE t SET a = a+1, b=-5, c = 5-3 WHERE x @> '{\"a\":1}' AND y->>'k' = $1",
  'SELECT $tag$body 1$tag$, $func$ SELECT 1 $func$, $1, @p1, @@version2, :name1',
  'SELECT func1(x1), null.5, in.1e5, select(1), größe2, é9(1)',
  "SELECT 'unfinished",
  'SELECT "unfinished 1',
  'SELECT /* unfinished 1',
  'SELECT $unfinished 1',
  '  SELECT\t1\n ',
  'select a<@b, a?|b, a#-b, a#>>b, a||b, a=?, a=@x, a::int4, €5',
  'BEGIN; COMMIT;',
  '',
  'not sql at all 7',
  "WITH x AS (SELECT TRUE, FALSE FROM dual) DELETE FROM y USING x WHERE a.b2 <> 'c' LIMIT 10 OFFSET 5",
];
const REDIS = [
  'GET key1',
  'SET key value EX 10',
  'AUTH secret',
  'MSET a 1 b 2',
  'HSET h f1 v1 f2 v2',
  'HMSET h f v',
  'LPUSH l a b c',
  'LINSERT l BEFORE p v',
  'GEOADD g 1 2 m 3 4 n',
  'ZADD z NX CH 1 a 2 b',
  'ZADD z NX',
  'CONFIG SET maxmemory 100mb',
  'CONFIG get maxmemory',
  'BITFIELD k SET u8 0 255 INCRBY u8 1 2',
  'BITFIELD k GET u8 0 SET u8 0 5 SET u8 1 6',
  'SET k "quoted value" \nGET k2\n\n SADD s "a\\"b" c\r\nPING',
  'append k v',
  'SETEX k 10 v',
  'SET k a\\ b "unfinished',
  'UNKNOWN a b c',
  '',
  '  GET   a  \t b ',
];
const MEMCACHED = ['set key 0 0 5\r\nvalue', 'get key', ' incr key 1 \r\n', '', 'a\nb'];
const JSONS = [
  '{"find": "users", "filter": {"name": "bob", "age": {"$gt": 5}}, "list": [1, "a", {"b": null}], "e": {}, "l": []}',
  '[1, 2, true]',
  '5',
  '"text"',
  '{"a": "unfinished',
  'not json',
  '  ',
  '{"k\\"1": "v", "k2" : -1.5e3 , "k3":"{\\"x\\":1}"}',
];

const QUERIES: Readonly<Record<string, readonly [system: string, queries: readonly string[]]>> = {
  sql: ['postgresql', SQL],
  redis: ['redis', REDIS],
  valkey: ['valkey', REDIS.slice(0, 4)],
  memcached: ['memcached', MEMCACHED],
  mongo: ['mongodb', JSONS],
  opensearch: ['opensearch', JSONS.slice(0, 2)],
  es: ['elasticsearch', JSONS.slice(0, 2)],
};

const DATABASES: readonly CompareCase[] = [
  ...Object.entries(QUERIES).flatMap(([kind, [system, queries]]) => {
    const sanitizer = { [kind]: { enabled: true, attributes: ['q'] } };
    const config = { allow_all_keys: true, summary: 'debug', db_sanitizer: sanitizer };
    const holders = (extra: object) => (name: string) => ({ q: s(name), other: s(name), ...extra });
    return [
      ...[
        { 'db.system.name': s(system) },
        { 'db.system': s(system.toUpperCase()) },
        { 'db.system': s('other') },
        {},
      ].map((extra) =>
        one(config, 'traces', [named(queries, holders(extra), 3)], `${kind} of ${JSON.stringify(extra)}`),
      ),
      one(
        { ...config, db_sanitizer: { ...sanitizer, sanitize_span_name: false } },
        'traces',
        [named(queries, holders({ 'db.system': s(system) }), 1)],
        `${kind} not in names`,
      ),
      ...[1, 4].map((kindOfSpan) =>
        one(
          config,
          'traces',
          [named(queries, holders({ 'db.system': s(system) }), kindOfSpan)],
          `${kind} in spans of kind ${kindOfSpan}`,
        ),
      ),
      ...queries.map((query) =>
        one(
          { allow_all_keys: true, db_sanitizer: { [kind]: { enabled: true } } },
          'logs',
          [bodies(s(query))],
          `${kind} in a body ${query}`,
        ),
      ),
    ];
  }),
  ...SQL.map((query) =>
    one(
      { allow_all_keys: true, db_sanitizer: { sql: { enabled: true } } },
      'traces',
      [named([query], () => ({ 'db.system': s('mysql') }), 3)],
      `mysql in a name ${query}`,
    ),
  ),
  one(
    { allow_all_keys: true, db_sanitizer: { sql: { enabled: true, attributes: ['q'] } } },
    'traces',
    [named(['query'], () => ({ 'db.system': s('mysql'), q: s('SELECT "bob" # comment 1') }), 3)],
    'mysql in an attribute',
  ),
  one(
    {
      allow_all_keys: true,
      db_sanitizer: {
        sql: { enabled: true, attributes: ['http.path'] },
        redis: { enabled: true, attributes: ['http.path'] },
      },
    },
    'logs',
  ),
  one(
    {
      allow_all_keys: true,
      db_sanitizer: {
        sql: { enabled: true, attributes: ['q'] },
        redis: { enabled: true, attributes: ['q'] },
        mongo: { enabled: true, attributes: ['q'] },
      },
    },
    'logs',
    [
      {
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: [SQL[0]!, REDIS[1]!, JSONS[0]!].map((query) => ({
                  body: s(query),
                  attributes: pairs({ q: s(query), p: s(query) }),
                })),
              },
            ],
          },
        ],
      },
    ],
    'several databases in logs without a system',
  ),
  one(
    {
      allow_all_keys: true,
      blocked_values: ['bob'],
      url_sanitizer: { enabled: true, attributes: ['q'] },
      db_sanitizer: { sql: { enabled: true, attributes: ['q'] } },
    },
    'traces',
    [named(SQL, (name) => ({ q: s(name), 'db.system': s('sqlite') }), 3)],
    'masks, urls and queries',
  ),
];

/** What is removed and masked of attributes, bodies and names, and what is said of it. */
export const redactionSuite: CompareSuite = {
  name: 'redaction',
  cases: [...ATTRIBUTES, ...TWICE, ...LOG_BODIES, ...URLS, ...DATABASES],
};
