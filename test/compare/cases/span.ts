import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { atMs, d, i, id, pairs, SPAN_ATTRIBUTES, s, spansSample, TRACE_ID } from '../lib/samples.ts';

/** Spans with names that rules may take apart. */
const NAMES = [
  '/api/v1/document/12345678/update',
  '/api/v1/document/12345678/',
  'GET /users/7/carts/9?x=1',
  'a/b/c',
  'aaa',
  '',
  'größe/7 €',
  '{first}/{second}',
  'SELECT * FROM "users" WHERE id = 7',
];

const NAMED = {
  resourceSpans: [
    {
      resource: { attributes: pairs({ 'service.name': s('banks') }) },
      scopeSpans: [
        {
          scope: { name: 'lib' },
          spans: NAMES.map((name, n) => ({
            traceId: id(TRACE_ID),
            spanId: id(`11121314151617${(n + 16).toString(16)}`),
            name,
            startTimeUnixNano: atMs(n),
            endTimeUnixNano: atMs(n + 1),
            attributes: pairs({ first: s('old'), 'http.method': s('GET'), n: i(n) }),
          })),
        },
      ],
    },
  ],
};

const TYPED = spansSample({
  ...SPAN_ATTRIBUTES,
  large: d(1e21),
  small: d(1.5e-9),
  whole: d(3),
  negative: i(-7),
  huge: i('9223372036854775807'),
  'not a number': d(Number.NaN),
  endless: d(Number.POSITIVE_INFINITY),
});

function one(config: unknown, input: object = NAMED, name: string = JSON.stringify(config)): CompareCase {
  return { name, kind: 'processor', type: 'span', config, signal: 'traces', input: [input as typeof NAMED] };
}

const KEYS = [
  ...Object.keys(SPAN_ATTRIBUTES),
  ...['large', 'small', 'whole', 'negative', 'huge', 'not a number', 'endless', 'absent'],
];
const RULES = [
  '^\\/api\\/v1\\/document\\/(?P<documentId>.*)\\/update$',
  '(?P<operation_website>.*?)$',
  '(?P<number>\\d+)',
  '/(?P<first>\\w+)/(?P<second>\\w+)',
  '(unnamed|a)',
  '(?P<a>x*)',
  '(?i)select .* from "(?P<table>[^"]+)"',
  '(?P<all>.*)',
  '(?P<letter>\\pL+)',
  'a(?:b|/)(?P<rest>.*)',
  '^$',
  'none',
  'b',
];

const MARK = { status: { code: 'Error', description: 'meant' } };

/** Names of attributes, attributes of names, the status, and which spans are meant. */
export const spanSuite: CompareSuite = {
  name: 'span',
  cases: [
    ...KEYS.map((key) => one({ name: { from_attributes: [key] } }, TYPED)),
    ...['', '::', '{}'].flatMap((separator) => [
      one({ name: { separator, from_attributes: ['http.method', 'http.status_code'] } }, TYPED),
      one({ name: { separator, from_attributes: ['http.ratio', 'http.cached', 'tags', 'empty', 'flags'] } }, TYPED),
      one({ name: { separator, from_attributes: ['http.method', 'absent'] } }, TYPED),
      one({ name: { separator, from_attributes: ['http.method', 'n'] } }),
    ]),
    ...RULES.flatMap((rule) =>
      [{}, { keep_original_name: true }].map((more) => one({ name: { to_attributes: { rules: [rule], ...more } } })),
    ),
    ...[
      {},
      { break_after_match: true },
      { keep_original_name: true },
      { break_after_match: true, keep_original_name: true },
    ].flatMap((more) =>
      [
        ['^/(?P<first>\\w+)', '\\{first\\}/(?P<second>\\w+)'],
        ['none', '(?P<number>\\d+)', '(?P<number>\\d+)', '(?P<rest>.*)'],
        RULES.slice(0, 4),
      ].map((rules) => one({ name: { to_attributes: { rules, ...more } } })),
    ),
    one({ name: { from_attributes: ['http.method', 'n'], separator: ' ', to_attributes: { rules: ['(?P<n>\\d+)'] } } }),
    ...['Ok', 'Error', 'Unset', 'ok', 'ERROR', '', 'Nonsense'].flatMap((code) =>
      ['', 'why'].map((description) => one({ status: { code, description } }, spansSample())),
    ),
    one({ status: {} }),
    one({ status: null }),
    one({}),
    one({ name: {} }),
    one({ name: { to_attributes: { rules: [] } } }),
    one({ name: { to_attributes: { rules: ['('] } } }),
    one({ name: { to_attributes: { rules: ['(?<first>a)'] } } }),
    one({ name: { to_attributes: { rules: ['a(?=b)'] } } }),
    one({ name: { from: ['a'] } }),
    one({ rename: { from_attributes: ['http.method'] } }),
    ...[
      { match_type: 'regexp', services: ['banks'], span_names: ['^(.*?)/(.*?)$'] },
      { match_type: 'strict', span_names: ['a/b/c'] },
      { match_type: 'strict', services: ['other'] },
      { match_type: 'strict', attributes: [{ key: 'n', value: 3 }] },
      { match_type: 'strict', resources: [{ key: 'service.name' }] },
      { match_type: 'strict', libraries: [{ name: 'lib' }] },
      { match_type: 'strict', span_kinds: ['SPAN_KIND_SERVER'] },
      { match_type: 'strict', log_bodies: ['a'] },
      { match_type: 'strict' },
      { attributes: [{ key: 'n', value: 3 }] },
    ].flatMap((match) => [one({ include: match, ...MARK }), one({ exclude: match, ...MARK })]),
    one({
      include: { match_type: 'regexp', services: ['banks'], span_names: ['/'] },
      exclude: { match_type: 'strict', span_names: ['a/b/c'] },
      name: { to_attributes: { rules: ['(?P<operation_website>.*?)$'] } },
    }),
  ],
};
