import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { randomFrom } from '../lib/random.ts';
import { atMs, b, d, i, id, pairs, s } from '../lib/samples.ts';

const TRACES = 10_000;
/** Requests in which the traces come; the spans of one are spread over all of them. */
const REQUESTS = 4;

/** 10,000 traces of one to six spans in which everything that a policy looks at is sometimes there and sometimes not. */
function traces(): ReferenceObject[] {
  const random = randomFrom(42);
  const pick = <T>(...of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const services = ['checkout', 'payment-service', 'cart', 'search'];
  const spansOf: ReferenceObject[][][] = Array.from({ length: REQUESTS }, () => services.map(() => []));
  for (let trace = 0; trace < TRACES; trace++) {
    const traceId = Buffer.alloc(16);
    for (let at = 0; at < 16; at += 4) traceId.writeUInt32BE(Math.floor(random() * 0x1_0000_0000), at);
    const count = 1 + Math.floor(random() * 6);
    for (let n = 0; n < count; n++) {
      const startMs = Math.floor(random() * 600);
      const attributes: Record<string, ReferenceObject> = {};
      if (random() < 0.5) attributes['http.status_code'] = pick(i(200), i(404), i(500), i(-1), s('500'), d(500));
      if (random() < 0.3) attributes['http.route'] = s(pick('/health', '/users/7', '/', '/users/7/cart', 'Health'));
      if (random() < 0.2) attributes.cached = pick(b(true), b(false), s('true'));
      if (random() < 0.05) attributes['service.name'] = s('payment-service');
      const span = {
        traceId: new Uint8Array(traceId),
        spanId: id((trace * 8 + n + 1).toString(16).padStart(16, '0')),
        ...(n > 0 && { parentSpanId: id((trace * 8 + 1).toString(16).padStart(16, '0')) }),
        traceState: pick('', '', '', 'vendor=a', 'vendor=b,other=c', 'other=vendor', 'vendor= a ,'),
        name: pick('GET', 'POST', 'query'),
        startTimeUnixNano: atMs(startMs),
        endTimeUnixNano: atMs(startMs + pick(1, 100, 500, 1000, Math.floor(random() * 1500), 2000 - startMs)),
        attributes: pairs(attributes),
        status: { code: pick(0, 0, 0, 1, 2) },
        flags: pick(0, 1, 256, 257),
      };
      spansOf[(trace + n) % REQUESTS]![Math.floor(random() * services.length)]!.push(span);
    }
  }
  return spansOf.map((byService) => ({
    resourceSpans: byService.map((spans, at) => ({
      resource: {
        attributes: pairs({ 'service.name': s(services[at]!), 'host.cores': i(at * 4), 'host.spot': b(at % 2 === 0) }),
      },
      scopeSpans: [{ spans }],
    })),
  }));
}

const INPUT = traces();

/** Some of the same with events. */
const WITH_EVENTS: readonly ReferenceObject[] = INPUT.slice(0, 1).map(({ resourceSpans }) => ({
  resourceSpans: (resourceSpans as ReferenceObject[]).map(({ resource, scopeSpans }, service) => ({
    resource,
    scopeSpans: (scopeSpans as { spans: ReferenceObject[] }[]).map(({ spans }) => ({
      spans: spans.slice(0, 200).map((span, at) => ({
        ...span,
        events: Array.from({ length: at % 4 }, (_, n) => ({
          timeUnixNano: atMs(n),
          name: (at + n) % 5 === 0 ? 'exception' : 'step',
          attributes: pairs({ tries: i(at % 7), ...(n === service && { 'exception.type': s(`Error${at % 3}`) }) }),
        })),
      })),
    })),
  })),
}));

const string = (block: object): object => ({ type: 'string_attribute', string_attribute: block });
const numeric = (block: object): object => ({ type: 'numeric_attribute', numeric_attribute: block });
const boolean = (block: object): object => ({ type: 'boolean_attribute', boolean_attribute: block });
const latency = (block: object): object => ({ type: 'latency', latency: block });
const status = (...status_codes: string[]): object => ({ type: 'status_code', status_code: { status_codes } });
const share = (block: object): object => ({ type: 'probabilistic', probabilistic: block });
const count = (block: object): object => ({ type: 'span_count', span_count: block });
const state = (block: object): object => ({ type: 'trace_state', trace_state: block });
const named = (policies: readonly object[]): object[] => policies.map((policy, n) => ({ name: `p${n}`, ...policy }));
const and = (...policies: object[]): object => ({ type: 'and', and: { and_sub_policy: named(policies) } });
const drop = (...policies: object[]): object => ({ type: 'drop', drop: { drop_sub_policy: named(policies) } });
const not = (policy: object): object => ({ type: 'not', not: { not_sub_policy: { name: 'n', ...policy } } });
const ottl = (ottl_condition: object): object => ({ type: 'ottl_condition', ottl_condition });
const ALWAYS = { type: 'always_sample' };

const POLICIES: readonly (readonly object[])[] = [
  [ALWAYS],
  [{ type: 'trace_flags' }],
  ...[[0], [999], [1000], [1500], [100, 1000], [500, 500], [1000, 1500]].map(([threshold_ms, upper_threshold_ms]) => [
    latency({ threshold_ms, ...(upper_threshold_ms !== undefined && { upper_threshold_ms }) }),
  ]),
  ...[['ERROR'], ['OK'], ['UNSET'], ['OK', 'ERROR']].map((codes) => [status(...codes)]),
  ...[0, 0.1, 5, 33.3, 50, 99.9, 100].map((sampling_percentage) => [share({ sampling_percentage })]),
  [share({ sampling_percentage: 25, hash_salt: 'salt' })],
  [string({ key: 'service.name', values: ['payment-service'] })],
  [string({ key: 'service.name', values: ['payment-service', 'cart'], invert_match: true })],
  [string({ key: 'http.route', values: ['/health', '/'] })],
  [string({ key: 'http.route', values: ['users', '^/$'], enabled_regex_matching: true })],
  [string({ key: 'http.route', values: ['(?i)health'], enabled_regex_matching: true, cache_max_size: 2 })],
  [string({ key: 'http.route', values: ['^/users/\\d+$'], enabled_regex_matching: true, invert_match: true })],
  [string({ key: 'http.status_code', values: ['500'] })],
  [numeric({ key: 'http.status_code', min_value: 400, max_value: 499 })],
  [numeric({ key: 'http.status_code', min_value: 404 })],
  [numeric({ key: 'http.status_code', max_value: 200 })],
  [numeric({ key: 'http.status_code', min_value: 500, max_value: 500, invert_match: true })],
  [numeric({ key: 'host.cores', min_value: 8, max_value: 100 })],
  [boolean({ key: 'cached', value: true })],
  [boolean({ key: 'cached', value: false })],
  [boolean({ key: 'cached', value: true, invert_match: true })],
  [boolean({ key: 'host.spot', value: true })],
  ...[
    [1, 1],
    [3, 0],
    [2, 4],
    [6, 6],
    [7, 0],
  ].map(([min_spans, max_spans]) => [count({ min_spans, max_spans })]),
  [state({ key: 'vendor', values: ['a'] })],
  [state({ key: 'vendor', values: ['b', 'c'] })],
  [state({ key: 'other', values: ['vendor'] })],
  [and(status('ERROR'), latency({ threshold_ms: 1000 }))],
  [and(string({ key: 'service.name', values: ['cart'] }), not(status('ERROR')))],
  [not(status('ERROR'))],
  [not(not(status('ERROR')))],
  [drop(string({ key: 'http.route', values: ['/health'] })), ALWAYS],
  [ALWAYS, drop(status('OK'), latency({ threshold_ms: 1000 }))],
  [drop(string({ key: 'service.name', values: ['cart'], invert_match: true })), share({ sampling_percentage: 50 })],
  [ottl({ span: ['status.code == STATUS_CODE_ERROR'] })],
  [ottl({ span: ['span.attributes["http.status_code"] >= 400 and name == "GET"'] })],
  [ottl({ error_mode: 'ignore', span: ['IsMatch(attributes["http.route"], "^/users/[0-9]+$")'] })],
  [ottl({ error_mode: 'ignore', span: ['attributes["cached"] == true', 'resource.attributes["host.cores"] == 12'] })],
  [ottl({ error_mode: 'ignore', span: ['end_time - start_time > Duration("900ms")', 'kind == 3'] })],
  ...['ignore', 'silent', 'propagate'].map((error_mode) => [
    ottl({ error_mode, span: ['Substring(attributes["http.route"], 0, 3) == "/us"', 'status.code == 2'] }),
  ]),
  [ottl({ error_mode: 'propagate', span: ['Substring(attributes["http.route"], 0, 1) == "/"'] }), status('OK')],
  [and(ottl({ error_mode: 'propagate', span: ['Substring(attributes["http.route"], 0, 1) == "/"'] }), status('ERROR'))],
  [not(ottl({ span: ['name == "query"'] }))],
  [drop(ottl({ span: ['name == "query"'] })), ALWAYS],
  // The policies of the article.
  [
    status('ERROR'),
    latency({ threshold_ms: 1000 }),
    share({ sampling_percentage: 5 }),
    string({ key: 'service.name', values: ['payment-service'] }),
  ],
];

const EVENT_POLICIES: readonly object[] = [
  ottl({ spanevent: ['name == "exception"'] }),
  ottl({ spanevent: ['spanevent.attributes["exception.type"] == "Error1"'] }),
  ottl({ spanevent: ['attributes["tries"] > 4 and span.name == "GET"'] }),
  ottl({ span: ['status.code == 2'], spanevent: ['attributes["tries"] == 3'] }),
  ottl({ error_mode: 'propagate', spanevent: ['Substring(attributes["exception.type"], 0, 1) == "E"'] }),
];

/** Blocks that are refused, or not. */
const BLOCKS: readonly object[] = [
  { policies: [] },
  {},
  { policies: named([ALWAYS]), decision_wait: '0s' },
  {
    policies: [
      { name: 'a', ...ALWAYS },
      { name: 'a', ...ALWAYS },
    ],
  },
  { policies: [{ name: '', ...ALWAYS }] },
  { policies: named([{ type: 'nonsense' }]) },
  { policies: named([numeric({ key: 'x' })]) },
  { policies: named([status()]) },
  { policies: named([status('BROKEN')]) },
  { policies: named([string({ key: 'x', values: ['['], enabled_regex_matching: true })]) },
  { policies: named([{ type: 'and', and: {} }]) },
  { policies: named([ottl({})]) },
  { policies: named([count({ max_spans: 3 })]), sampling_strategy: 'span-ingest' },
  { policies: named([and(ALWAYS, latency({ upper_threshold_ms: 3 }))]), sampling_strategy: 'span-ingest' },
  { policies: named([ALWAYS]), sampling_strategy: 'span-now' },
  { policies: named([ottl({ span: ['nam == "x"'] })]) },
  { policies: named([ottl({ span: ['spanevent.name == "x"'] })]) },
  { policies: named([ottl({ error_mode: 'loud', span: ['name == "x"'] })]) },
];

/** Policies that decide while spans come. A drop policy keeps all others from deciding. */
const AT_ONCE: readonly (readonly object[])[] = [
  [ALWAYS],
  [status('ERROR')],
  [latency({ threshold_ms: 1000 })],
  [share({ sampling_percentage: 25 })],
  [count({ min_spans: 3 })],
  [string({ key: 'service.name', values: ['cart'] })],
  [numeric({ key: 'http.status_code', min_value: 400, max_value: 499 })],
  [state({ key: 'vendor', values: ['a'] })],
  [and(status('ERROR'), latency({ threshold_ms: 1000 }))],
  [not(status('ERROR'))],
  [ottl({ span: ['span.attributes["http.status_code"] >= 400 and name == "GET"'] })],
  [drop(status('OK')), ALWAYS],
  [status('ERROR'), latency({ threshold_ms: 1000 }), string({ key: 'service.name', values: ['payment-service'] })],
];

function atOnce(policies: readonly object[]): CompareCase {
  const { config, name, ...rest } = decided(policies, INPUT);
  return { ...rest, name: `span-ingest ${name}`, config: { ...(config as object), sampling_strategy: 'span-ingest' } };
}

function decided(policies: readonly object[], input: readonly ReferenceObject[]): CompareCase {
  return {
    name: JSON.stringify(policies),
    kind: 'processor',
    type: 'tail_sampling',
    // Long enough that a slow machine has sent all spans before the first decision.
    config: { decision_wait: '12s', num_traces: 2 * TRACES, policies: named(policies) },
    signal: 'traces',
    input,
    waitMs: 15_000,
    reads: 'traces',
  };
}

/** Decisions that don't depend on time: which of 10,000 traces each policy keeps. */
export const tailSamplingSuite: CompareSuite = {
  name: 'tail_sampling',
  casesAtOnce: 20,
  cases: [
    ...POLICIES.map((policies) => decided(policies, INPUT)),
    ...AT_ONCE.map(atOnce),
    ...EVENT_POLICIES.map((policy) => decided([policy], WITH_EVENTS)),
    ...BLOCKS.map(
      (config): CompareCase => ({
        name: `the block ${JSON.stringify(config)}`,
        kind: 'processor',
        type: 'tail_sampling',
        config,
        signal: 'traces',
        input: [],
      }),
    ),
  ],
};
