import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { atMs, d, i, id, list, map, pairs, s, spansSample, TRACE_ID } from '../lib/samples.ts';

/** Spans of three services, two resources of one of them, with the attributes that dimensions ask for. */
const SPANS: ReferenceObject = {
  resourceSpans: [
    ['cart', 'a'],
    ['cart', 'b'],
    ['web', 'a'],
  ].map(([service, host], resource) => ({
    resource: {
      attributes: pairs({ 'service.name': s(service!), 'host.name': s(host!), 'http.method': s('of the resource') }),
    },
    scopeSpans: ['one', 'two'].map((scope) => ({
      scope: { name: scope, version: scope === 'one' ? '1.0' : '' },
      spans: [0, 1, 2, 3].map((n) => ({
        traceId: id(TRACE_ID),
        spanId: id(`11121314151617${resource}${n}`),
        name: `GET /${n % 2}`,
        kind: n + 1,
        startTimeUnixNano: atMs(0),
        endTimeUnixNano: atMs([3, 70, 0, 20_000][n]!),
        attributes: pairs({
          ...(n !== 1 && { 'http.method': s(n === 0 ? 'GET' : '') }),
          'http.status': n === 3 ? s('200') : i(200 + n),
          ratio: d(n / 2),
          flag: { boolValue: n > 1 },
          tags: list(s('a'), i(n)),
          nested: map({ a: i(1) }),
        }),
        events:
          n === 0 ? [{ name: 'exception', attributes: pairs({ 'exception.type': s('A') }) }, { name: 'log' }] : [],
        status: { code: n % 3 },
      })),
    })),
  })),
};
const NO_SERVICE: ReferenceObject = {
  resourceSpans: [
    {
      resource: { attributes: pairs({ region: s('eu') }) },
      scopeSpans: [{ spans: [{ traceId: id(TRACE_ID), spanId: id('1112131415161718'), name: 'x' }] }],
    },
  ],
};
/** Ends before it begins, and has no name. */
const ODD: ReferenceObject = {
  resourceSpans: [
    {
      resource: { attributes: pairs({ 'service.name': s('') }) },
      scopeSpans: [
        {
          spans: [
            {
              traceId: id(TRACE_ID),
              spanId: id('1112131415161718'),
              kind: 9,
              startTimeUnixNano: atMs(10),
              endTimeUnixNano: atMs(5),
              traceState: 'ot=th:8',
            },
          ],
        },
      ],
    },
  ],
};

/** Exemplars have times of their own, by which series would be put into another order. */
const ONE_SERIES: ReferenceObject = {
  resourceSpans: [
    {
      resource: { attributes: pairs({ 'service.name': s('cart') }) },
      scopeSpans: [
        {
          spans: ['11', '12', '13'].map((byte) => ({
            traceId: id(byte.repeat(16)),
            spanId: id(byte.repeat(8)),
            name: 'x',
            startTimeUnixNano: atMs(0),
            endTimeUnixNano: atMs(7),
          })),
        },
      ],
    },
  ],
};

const BASE = { metrics_flush_interval: '3s', exclude_dimensions: ['collector.instance.id'] };
const DELTA = { aggregation_temporality: 'AGGREGATION_TEMPORALITY_DELTA' };

function one(config: object, input: ReferenceObject = SPANS, name: string = JSON.stringify(config)): CompareCase {
  return {
    name,
    kind: 'connector',
    type: 'spanmetrics',
    config: { ...BASE, ...config },
    signal: 'traces',
    gives: 'metrics',
    input: [input],
    waitMs: 3500,
    beforeStop: true,
    unordered: ['resourceMetrics', 'scopeMetrics', 'metrics', 'dataPoints', 'exemplars'],
    ignored: /imeUnixNano$/,
  };
}

const dimension = (...names: string[]): object => ({ dimensions: names.map((name) => ({ name })) });

export const spanMetricsSuite: CompareSuite = {
  name: 'span_metrics',
  cases: [
    one({}),
    one(DELTA),
    one({}, spansSample(), 'the sample of spans'),
    one({}, NO_SERVICE, 'without a service'),
    one({}, ODD, 'odd spans'),
    one({ enable_metrics_sampling_method: true }, ODD, 'odd spans, with the way they were counted'),
    ...['http.method', 'http.status', 'ratio', 'flag', 'tags', 'nested', 'host.name', 'nope'].map((name) =>
      one(dimension(name)),
    ),
    one(dimension('http.method', 'http.status', 'nope')),
    one({
      dimensions: [
        { name: 'nope', default: 'none' },
        { name: 'http.method', default: 'no' },
      ],
    }),
    one({ calls_dimensions: [{ name: 'http.status' }], histogram: { dimensions: [{ name: 'http.method' }] } }),
    one({ ...dimension('http.method'), calls_dimensions: [{ name: 'http.status' }] }),
    one({ exclude_dimensions: ['collector.instance.id', 'span.name', 'status.code'] }),
    one({ exclude_dimensions: ['collector.instance.id', 'span.kind', 'service.name', 'nope'] }),
    one({ namespace: '' }),
    one({ namespace: 'my.own' }),
    one({ histogram: { unit: 's' } }),
    one({ histogram: { disable: true } }),
    one({ histogram: { explicit: { buckets: ['1ms', '10ms', '1s'] } } }),
    one({ histogram: { unit: 's', explicit: { buckets: ['1ms', '10ms', '1s'] } } }),
    one({ histogram: { exponential: {} } }),
    one({ histogram: { exponential: { max_size: 4 } }, ...DELTA }),
    one({ exemplars: { enabled: true } }, ONE_SERIES),
    one({ exemplars: { enabled: true, max_per_data_point: 1 } }, ONE_SERIES),
    one({ exemplars: { enabled: true }, ...DELTA }, ONE_SERIES),
    one({ events: { enabled: true, dimensions: [{ name: 'exception.type' }] } }),
    one({ events: { enabled: true, dimensions: [{ name: 'http.method' }, { name: 'nope', default: 'x' }] } }),
    one({ resource_metrics_key_attributes: ['service.name'] }),
    one({ resource_metrics_key_attributes: ['nope'] }),
    one({ aggregation_cardinality_limit: 2 }),
    one({ aggregation_cardinality_limit: 1, events: { enabled: true, dimensions: [{ name: 'exception.type' }] } }),
    one({ include_instrumentation_scope: ['one'] }),
    one({ dimensions: [{ glob: 'http.*' }] }),
    one({ dimensions: [{ glob: '**' }] }),
    one({ dimensions: [{ name: 'a' }, { name: 'a' }] }),
    one({ dimensions: [{ name: 'service.name' }] }),
    one({ dimensions: [{}] }),
    one({ dimensions: [{ glob: 'a', default: 'x' }] }),
    one({ dimensions: [{ name: 'http.method' }, { glob: 'http.*' }] }),
    one({ events: { enabled: true } }),
    one({ histogram: { explicit: {}, exponential: {} } }),
    one({ histogram: { unit: 'us' } }),
    one({ metrics_expiration: '-1s' }),
    one({ aggregation_temporality: 'CUMULATIVE' }),
    one({ aggregation_cardinality_limit: -1 }),
  ],
};
