import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { atMs, b, bytes, d, i, id, list, map, pairs, SPAN_ID, s, spansSample, TRACE_ID } from '../lib/samples.ts';

type Values = Readonly<Record<string, ReferenceObject>>;

const event = (name: string, attributes: Values): ReferenceObject => ({
  name,
  timeUnixNano: atMs(5),
  attributes: pairs(attributes),
});
const exception = (type: string, more: Values = {}): ReferenceObject =>
  event('exception', { 'exception.type': s(type), 'exception.message': s(`a ${type}`), ...more });

function request(resource: Values, spans: readonly ReferenceObject[]): ReferenceObject {
  const all = spans.map((span) => ({ traceId: id(TRACE_ID), spanId: id(SPAN_ID), name: 'GET /', ...span }));
  return {
    resourceSpans: [
      { resource: { attributes: pairs(resource) }, scopeSpans: [{ scope: { name: 'lib' }, spans: all }] },
    ],
  };
}

const SHOP = { 'service.name': s('shop'), zone: s('z') };
const VALUES = {
  n: i(1),
  'n of the span': i(2),
  ratio: d(2),
  flag: b(true),
  raw: bytes('00ff'),
  list: list(s('a'), i(1)),
  map: map({ a: d(1) }),
  empty: s(''),
};

function one(config: object, ...input: readonly ReferenceObject[]): CompareCase {
  return {
    name: `${JSON.stringify(config)} of ${names.get(input[0]!) ?? 'several'}`,
    kind: 'connector',
    type: 'exceptions',
    config,
    signal: 'traces',
    gives: 'metrics',
    input,
    waitMs: 1500,
    unordered: ['dataPoints', 'exemplars'],
    ignored: /imeUnixNano$/,
  };
}

const KINDS = request(
  SHOP,
  [0, 1, 2, 3, 4, 5].map((kind) => ({ kind, status: { code: kind % 3 }, events: [exception('A')] })),
);
const TYPED = request(SHOP, [
  {
    attributes: pairs(VALUES),
    events: [exception('A', { zone: s('of the event'), 'n of the event': i(3) }), exception('B')],
  },
  { events: [exception('A'), event('retry', {}), event('exception', {})] },
]);
const NO_SERVICE = request({ zone: s('z') }, [{ events: [exception('A')] }]);
const ODD_SERVICE = request({ 'service.name': i(7) }, [{ events: [exception('A')] }]);
const NO_IDS = request(SHOP, [{ traceId: id('00'.repeat(16)), spanId: id('00'.repeat(8)), events: [exception('A')] }]);
const names = new Map<ReferenceObject, string>([
  [KINDS, 'all kinds'],
  [TYPED, 'all types'],
  [NO_SERVICE, 'no service'],
  [ODD_SERVICE, 'a service that is a number'],
  [NO_IDS, 'spans without ids'],
]);

const by = (...dimensions: readonly (string | readonly [string, unknown])[]): object => ({
  dimensions: dimensions.map((each) =>
    typeof each === 'string' ? { name: each } : { name: each[0], default: each[1] },
  ),
});

/** Metrics of exceptions in span events. The version that is asked has no log records yet, and makes other ones. */
export const exceptionsSuite: CompareSuite = {
  name: 'exceptions',
  cases: [
    ...[KINDS, TYPED, ODD_SERVICE, NO_IDS].flatMap((input) => [
      one({}, input),
      one({ exemplars: { enabled: true } }, input),
      one({ dimensions: [] }, input),
    ]),
    one({}, spansSample()),
    ...[...Object.keys(VALUES), 'zone', 'n of the event', 'nope', 'exception.stacktrace'].map((name) =>
      one(by(name), TYPED),
    ),
    one(by(['nope', 'none'], ['zone', 'none'], 'n'), TYPED),
    one(by(['nope', '']), TYPED),
    one(by('a', 'a'), TYPED),
    one(by('span.kind'), TYPED),
    one(by('service.name'), TYPED),
    one(by(''), TYPED),
    one({ dimension: [] }, TYPED),
  ],
};
