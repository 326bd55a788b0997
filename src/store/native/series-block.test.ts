import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeMetrics } from '#wire';
import { encodeReference, type ReferenceObject } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { encodeSegment } from '../testing/encode.ts';
import { nextIngestedAtNs } from '../testing/expected.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { KnownIds } from './known-ids.ts';
import { SegmentEncoder } from './segment-encoder.ts';

let store: TestStore;
let inserter: Inserter;
const encoder = new SegmentEncoder();
const known = new KnownIds(1000);
beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 30_000);
  for (const metrics of ALL) await give(metrics);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const resource = {
  attributes: [
    text('service.name', 'cart'),
    text('service.namespace', 'shop'),
    text('service.instance.id', 'pod-1'),
    text('host.name', 'h1'),
  ],
};
const scope = { name: 'lib', version: '2', attributes: [text('scope.key', 'v')] };
const time = { startTimeUnixNano: '1763800000000000000', timeUnixNano: '1763800060000000000' };
const histogram = (explicitBounds: readonly number[], bucketCounts: readonly string[]): object => ({
  ...time,
  count: '3',
  sum: 1.5,
  min: 0.25,
  max: 1,
  explicitBounds,
  bucketCounts,
  attributes: [text('route', '/a')],
});

const exemplars = [
  {
    timeUnixNano: '1763800030000000000',
    asInt: '3',
    traceId: new Uint8Array(16).fill(0xab),
    spanId: new Uint8Array(8).fill(0xcd),
    filteredAttributes: [text('user', 'u1'), { key: 'n', value: { intValue: '5' } }],
  },
  { timeUnixNano: '1763800040000000000', asDouble: 0.5 },
];

const ALL: readonly (readonly ReferenceObject[])[] = [
  [
    {
      name: 'http.requests',
      unit: '1',
      description: 'Requests',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [
          {
            ...time,
            asInt: '7',
            attributes: [
              text('http.route', '/a'),
              text('http_route', '/b'),
              { key: 'status', value: { intValue: '200' } },
              { key: 'ratio', value: { doubleValue: 0.5 } },
              { key: 'ok', value: { boolValue: true } },
              { key: 'list', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'x' }] } } },
              { key: 'bytes', value: { bytesValue: Uint8Array.of(1, 2, 3) } },
              { key: 'empty', value: { stringValue: '' } },
              { key: 'nothing', value: {} },
              text('job', 'mine'),
              text('a=b', 'c=d'),
            ],
          },
        ],
      },
    },
    { name: 'load', unit: '1', gauge: { dataPoints: [{ ...time, asDouble: 0.75, exemplars }] } },
    {
      name: 'latency',
      unit: 's',
      histogram: { aggregationTemporality: 1, dataPoints: [histogram([0.5, 1], ['1', '1', '1'])] },
    },
    {
      name: 'sizes',
      unit: 'By',
      exponentialHistogram: {
        aggregationTemporality: 2,
        dataPoints: [
          { ...time, count: '3', sum: 9, scale: 2, zeroCount: '1', positive: { offset: 1, bucketCounts: ['1', '1'] } },
        ],
      },
    },
    {
      name: 'old',
      unit: 's',
      summary: { dataPoints: [{ ...time, count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 1.5 }] }] },
    },
  ],
  // The same series with other bounds, and as the stale marker that it ends with.
  [
    {
      name: 'latency',
      unit: 's',
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [
          histogram([2], ['3', '0']),
          { timeUnixNano: '1763800120000000000', flags: 1, attributes: [text('route', '/a')] },
        ],
      },
    },
  ],
];

async function give(metrics: readonly ReferenceObject[]): Promise<void> {
  const body = encodeReference('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] });
  const ingestedAt = nextIngestedAtNs();
  for (const block of encodeSegment(encoder, [decodeMetrics(body).chunk], ingestedAt, known))
    await inserter.insert(block, `series-${ingestedAt}-${block.table}`);
}

const rows = async (statement: string): Promise<Record<string, unknown>[]> =>
  (await store.text(`${statement} FORMAT JSONEachRow`)).split('\n').map((line) => JSON.parse(line));

test('a series has the name and the labels that PromQL knows, sorted', async () => {
  const [series] = await rows("SELECT prometheus_name, labels FROM metric_series WHERE name = 'http.requests'");
  expect(series).toEqual({
    prometheus_name: 'http_requests_total',
    labels: [
      '__name__=http_requests_total',
      'a_b=c=d',
      'bytes=AQID',
      'exported_job=mine',
      'http_route=/a;/b',
      'instance=pod-1',
      'job=shop/cart',
      'list=[1,"x"]',
      'ok=true',
      'otel_scope_name=lib',
      'otel_scope_scope_key=v',
      'otel_scope_version=2',
      'ratio=0.5',
      'status=200',
    ],
  });
});

test('series are found by their labels, with the index', async () => {
  const find = `SELECT groupUniqArray(name) AS names FROM metric_series WHERE hasAll(labels, ['job=shop/cart', '__name__=load_ratio'])`;
  expect(await rows(find)).toEqual([{ names: ['load'] }]);
  expect(await store.text(`EXPLAIN indexes = 1 ${find}`)).toContain('Name: label');
});

test('a series knows all bounds that its histograms had, also where a point has none', async () => {
  const [series] = await rows(`SELECT uniqExact(series_id) AS count, groupUniqArrayArray(bounds_ids) AS ids
    FROM metric_series WHERE name = 'latency'`);
  expect(series).toMatchObject({ count: 1 });
  const lists = await rows(`SELECT DISTINCT bounds FROM metric_bounds
    WHERE bounds_id IN (SELECT arrayJoin(bounds_ids) FROM metric_series WHERE name = 'latency') ORDER BY length(bounds)`);
  expect(lists).toEqual([{ bounds: [] }, { bounds: [2] }, { bounds: [0.5, 1] }]);
  expect(await rows("SELECT count() AS n, max(flags) AS flags FROM metric_histograms WHERE name = 'latency'")).toEqual([
    { n: 3, flags: 1 },
  ]);
});

test('nothing of a series is written again within the hour', async () => {
  const body = encodeReference('metrics', {
    resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: ALL[1]! }] }],
  });
  const tables = [...encodeSegment(encoder, [decodeMetrics(body).chunk], nextIngestedAtNs(), known)];
  expect(tables.map(({ table }) => table)).toEqual(['metric_histograms']);
});

test('the view of a point shows its exemplars as otelcol keeps them, and none where it has none', async () => {
  const columns = "COLUMNS('^Exemplars')";
  expect(await rows(`SELECT ${columns} FROM otel_metrics_gauge`)).toEqual([
    {
      'Exemplars.FilteredAttributes': [{ user: 'u1', n: '5' }, {}],
      'Exemplars.TimeUnix': ['2025-11-22 08:27:10.000000000', '2025-11-22 08:27:20.000000000'],
      'Exemplars.Value': [3, 0.5],
      'Exemplars.SpanId': ['cd'.repeat(8), ''],
      'Exemplars.TraceId': ['ab'.repeat(16), ''],
    },
  ]);
  expect(await rows(`SELECT DISTINCT ${columns} FROM otel_metrics_histogram`)).toEqual([
    {
      'Exemplars.FilteredAttributes': [],
      'Exemplars.TimeUnix': [],
      'Exemplars.Value': [],
      'Exemplars.SpanId': [],
      'Exemplars.TraceId': [],
    },
  ]);
});

test.each([
  {
    view: 'otel_metrics_sum',
    want: { MetricName: 'http.requests', Value: 7, AggregationTemporality: 2, IsMonotonic: true, MetricUnit: '1' },
  },
  { view: 'otel_metrics_gauge', want: { MetricName: 'load', Value: 0.75, Flags: 0, Attributes: {} } },
  {
    view: 'otel_metrics_histogram',
    want: { MetricName: 'latency', Count: 3, ExplicitBounds: [0.5, 1], BucketCounts: [1, 1, 1], Max: 1 },
  },
  {
    view: 'otel_metrics_exponential_histogram',
    want: { MetricName: 'sizes', Scale: 2, ZeroCount: 1, PositiveOffset: 1, PositiveBucketCounts: [1, 1] },
  },
  {
    view: 'otel_metrics_summary',
    want: { MetricName: 'old', 'ValueAtQuantiles.Quantile': [0.5], 'ValueAtQuantiles.Value': [1.5] },
  },
])('$view shows points as otelcol keeps them', async ({ view, want }) => {
  const order = view === 'otel_metrics_histogram' ? 'TimeUnix, length(BucketCounts) DESC' : 'TimeUnix';
  const found = await rows(`SELECT * FROM ${view} ORDER BY ${order}`);
  expect(found[0]).toMatchObject({
    ...want,
    ServiceName: 'cart',
    ScopeName: 'lib',
    ScopeVersion: '2',
    ScopeAttributes: { 'scope.key': 'v' },
    TimeUnix: '2025-11-22 08:27:40.000000000',
  });
  expect(found[0]!['ResourceAttributes']).toMatchObject({ 'service.name': 'cart', 'host.name': 'h1' });
});
