import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';
import { type FixturePoint, insertExemplars, insertPoints, insertSeries } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { type MetricQuery, queryMetric } from './metric-query.ts';
import { listMetricLabels, listMetrics } from './metrics.ts';

const FROM_MS = 1_760_000_040_000;
const MINUTE_MS = 60_000;
const TO_MS = FROM_MS + 10 * MINUTE_MS;
const range = { fromMs: FROM_MS, toMs: TO_MS };
/** The middle of minute `i` of the range, in ns. */
const at = (minute: number): bigint => BigInt(FROM_MS + minute * MINUTE_MS + 30_000) * 1_000_000n;
const DELTA = 1;
const CUMULATIVE = 2;

const series = [
  {
    seriesId: 1n,
    name: 'requests',
    type: METRIC_SUM,
    unit: '{request}',
    description: 'Requests',
    temporality: CUMULATIVE,
    monotonic: true,
    service: 'a',
    attributes: { route: '/x', code: 200 },
  },
  {
    seriesId: 2n,
    name: 'requests',
    type: METRIC_SUM,
    unit: '{request}',
    description: 'Requests',
    temporality: CUMULATIVE,
    monotonic: true,
    service: 'b',
    attributes: { route: '/x', code: 500 },
  },
  { seriesId: 3n, name: 'bytes', type: METRIC_SUM, unit: 'By', temporality: DELTA, monotonic: true, service: 'a' },
  {
    seriesId: 4n,
    name: 'memory',
    type: METRIC_GAUGE,
    unit: 'By',
    service: 'a',
    scopeName: 'lib',
    resource: { 'host.name': 'h1' },
    attributes: { pool: 'p1' },
  },
  {
    seriesId: 5n,
    name: 'memory',
    type: METRIC_GAUGE,
    unit: 'By',
    service: 'a',
    resource: { 'host.name': 'h2' },
    attributes: { pool: 'p2', 'host.name': 'own' },
  },
  { seriesId: 6n, name: 'latency', type: METRIC_HISTOGRAM, unit: 's', temporality: CUMULATIVE, service: 'a' },
  { seriesId: 7n, name: 'size', type: METRIC_HISTOGRAM, unit: 'By', temporality: DELTA, service: 'a' },
  {
    seriesId: 8n,
    name: 'spread',
    type: METRIC_EXPONENTIAL_HISTOGRAM,
    unit: 's',
    temporality: CUMULATIVE,
    service: 'a',
  },
  { seriesId: 9n, name: 'old', type: METRIC_SUMMARY, unit: 's', temporality: CUMULATIVE, service: 'a' },
  {
    seriesId: 10n,
    name: 'active',
    type: METRIC_SUM,
    unit: '1',
    temporality: CUMULATIVE,
    monotonic: false,
    service: 'a',
  },
  { seriesId: 11n, name: 'silent', type: METRIC_GAUGE, service: 'a' },
];

/** Points at minutes -1, 0, 1, …: one per value; null leaves one out. */
function points(
  name: string,
  seriesId: bigint,
  values: readonly (object | null)[],
  startNs = at(-100),
): FixturePoint[] {
  return values.flatMap((columns, i) =>
    columns === null ? [] : [{ name, seriesId, timeNs: at(i - 1), startNs, columns }],
  );
}
const whole = (value: number) => ({ value_int: value, value_form: 1 });
const real = (value: number) => ({ value_double: value });
const buckets = (counts: readonly number[], sum: number, bounds: readonly number[] = [0.1, 0.5, 1]) => ({
  count: counts.reduce((a, b) => a + b, 0),
  sum,
  bounds,
  bucket_counts: counts,
});

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertSeries(store, series, at(0));
  await insertPoints(store, 'metric_points', [
    // Falls at minute 3 (a restart): 40 counts in full.
    ...points('requests', 1n, [whole(100), whole(160), whole(220), null, whole(40), whole(50)]),
    // Begins inside the range: its first value counts.
    ...points('requests', 2n, [null, null, whole(30), whole(60), whole(90)], at(0)),
    ...points('bytes', 3n, [null, real(600), real(1200), null, real(60)]),
    ...points('memory', 4n, [real(1), real(10), real(20), real(30)]),
    ...points('memory', 5n, [real(1), real(1), null, real(3)]),
    ...points('active', 10n, [whole(5), whole(7), whole(3)]),
    // Flag 1: no value was recorded.
    { name: 'memory', seriesId: 4n, timeNs: at(5), columns: { ...real(999), flags: 1 } },
  ]);
  await insertPoints(store, 'metric_histograms', [
    ...points('latency', 6n, [
      buckets([1, 1, 0, 0], 1),
      buckets([11, 1, 0, 0], 2),
      buckets([11, 11, 10, 0], 14),
      buckets([2, 0, 0, 0], 0.1),
    ]),
    ...points('size', 7n, [null, buckets([5, 0], 10, [8]), buckets([0, 0, 4], 40, [8, 16])]),
  ]);
  const exponential = (scale: number, offset: number, counts: readonly number[], zeros: number) => ({
    count: counts.reduce((a, b) => a + b, zeros),
    sum: 1,
    scale,
    zero_count: zeros,
    zero_threshold: 0,
    positive_offset: offset,
    positive_counts: counts,
    negative_offset: 0,
    negative_counts: [],
  });
  await insertPoints(
    store,
    'metric_exponential_histograms',
    points('spread', 8n, [
      exponential(1, -2, [1, 1, 1, 1], 0),
      exponential(1, -2, [1, 3, 5, 1], 2),
      exponential(0, -1, [4, 16], 2),
    ]),
  );
  const summary = (count: number, sum: number, median: number) => ({
    count,
    sum,
    quantiles: [0.5, 0.99],
    values: [median, median * 2],
  });
  await insertPoints(
    store,
    'metric_summaries',
    points('old', 9n, [summary(10, 5, 0.1), summary(30, 25, 0.2), summary(40, 65, 0.4)]),
  );
  await insertExemplars(store, [
    { name: 'latency', seriesId: 6n, timeNs: at(1), value: 0.7, traceId: 'abc', spanId: 'de' },
  ]);
});
afterAll(() => store.close());

const query = (name: string, more: Partial<MetricQuery> = {}) =>
  queryMetric(store.reader, { ...range, name, groupBy: [], stepMs: MINUTE_MS, ...more });
/** The values of the only series, up to the last that is known. */
const valuesOf = async (name: string, more: Partial<MetricQuery> = {}) => {
  const result = await query(name, more);
  expect(result.series).toHaveLength(1);
  const values = [...result.series[0]!.values];
  while (values.at(-1) === null) values.pop();
  return values;
};

describe('counters', () => {
  test.each<{ name: string; metric: string; more: Partial<MetricQuery>; want: readonly (number | null)[] }>([
    {
      name: 'cumulative: differences per series, a fall is a restart',
      metric: 'requests',
      more: { aggregation: 'increase' },
      want: [60, 90, 30, 70, 10],
    },
    { name: 'rate is the default, per second', metric: 'requests', more: {}, want: [1, 1.5, 0.5, 70 / 60, 10 / 60] },
    {
      name: 'the average series',
      metric: 'requests',
      more: { aggregation: 'avg' },
      want: [1, 0.75, 0.5, 35 / 60, 10 / 60],
    },
    { name: 'series with data', metric: 'requests', more: { aggregation: 'count' }, want: [1, 2, 1, 2, 1] },
    {
      name: 'a filter on attributes',
      metric: 'requests',
      more: { aggregation: 'increase', q: 'code>=500' },
      want: [null, 30, 30, 30],
    },
    {
      name: 'a filter on the service',
      metric: 'requests',
      more: { aggregation: 'increase', q: 'service=a' },
      want: [60, 60, null, 40, 10],
    },
    {
      name: 'delta: values are increases',
      metric: 'bytes',
      more: { aggregation: 'increase' },
      want: [600, 1200, null, 60],
    },
    { name: 'delta as a rate', metric: 'bytes', more: {}, want: [10, 20, null, 1] },
    { name: 'a sum that may go down is a level', metric: 'active', more: {}, want: [7, 3] },
  ])('$name', async ({ metric, more, want }) => {
    expect(await valuesOf(metric, more)).toEqual(want);
  });

  test('groups by attribute and by resource, the largest first', async () => {
    const result = await query('requests', { aggregation: 'increase', groupBy: ['code', 'service.name', 'nothing'] });
    expect(result.series.map((one) => one.labels)).toEqual([
      { code: '200', 'service.name': 'a', nothing: '' },
      { code: '500', 'service.name': 'b', nothing: '' },
    ]);
    expect(result.series[1]).toMatchObject({ last: 30, max: 30 });
    expect(result).toMatchObject({ foldedCount: 0, unit: '{request}', aggregation: 'increase' });
  });

  test('what a series says itself wins over its resource, which is asked for apart, and so is the scope', async () => {
    const labels = async (...groupBy: string[]): Promise<unknown[]> =>
      (await query('memory', { groupBy })).series
        .map((one) => one.labels)
        .sort((a, b) => (a['pool']! < b['pool']! ? -1 : 1));
    expect(await labels('pool', 'host.name', 'scope', 'service')).toEqual([
      { pool: 'p1', 'host.name': 'h1', scope: 'lib', service: 'a' },
      { pool: 'p2', 'host.name': 'own', scope: '', service: 'a' },
    ]);
    expect(await labels('pool', 'resource.host.name')).toEqual([
      { pool: 'p1', 'resource.host.name': 'h1' },
      { pool: 'p2', 'resource.host.name': 'h2' },
    ]);
    expect(await valuesOf('memory', { q: 'resource.host.name=h2' })).toEqual([1, null, 3]);
    expect(await valuesOf('memory', { q: 'scope=lib' })).toEqual([10, 20, 30]);
  });
});

describe('gauges', () => {
  test.each<{ aggregation: MetricQuery['aggregation']; want: readonly (number | null)[] }>([
    { aggregation: undefined, want: [5.5, 20, 16.5] },
    { aggregation: 'sum', want: [11, 20, 33] },
    { aggregation: 'min', want: [1, 20, 3] },
    { aggregation: 'max', want: [10, 20, 30] },
    { aggregation: 'p50', want: [5.5, 20, 16.5] },
  ])('$aggregation', async ({ aggregation, want }) => {
    expect(await valuesOf('memory', { aggregation })).toEqual(want);
  });

  test('a wide step takes the average, or the last value for a sum', async () => {
    expect(await valuesOf('memory', { stepMs: 10 * MINUTE_MS, q: 'pool=p1' })).toEqual([20]);
    expect(await valuesOf('memory', { stepMs: 10 * MINUTE_MS, aggregation: 'sum' })).toEqual([33]);
  });

  test('a rate of a gauge is refused with the reason', async () => {
    await expect(query('memory', { aggregation: 'rate' })).rejects.toMatchObject({
      code: 'bad_query',
      message: expect.stringContaining('gauge'),
    });
  });
});

describe('histograms', () => {
  test.each<{ metric: string; aggregation: MetricQuery['aggregation']; want: readonly (number | null)[] }>([
    // Minute 0: ten in (0, 0.1]. Minute 1: ten in (0.1, 0.5] and ten in (0.5, 1]. Minute 2: a restart with two in (0, 0.1].
    { metric: 'latency', aggregation: 'p50', want: [0.05, 0.5, 0.05] },
    { metric: 'latency', aggregation: undefined, want: [0.095, 0.5 + 0.5 * 0.9, 0.095] },
    { metric: 'latency', aggregation: 'count', want: [10, 20, 2] },
    { metric: 'latency', aggregation: 'rate', want: [10 / 60, 20 / 60, 2 / 60] },
    { metric: 'latency', aggregation: 'sum', want: [1, 12, 0.1] },
    { metric: 'latency', aggregation: 'avg', want: [0.1, 0.6, 0.05] },
    { metric: 'latency', aggregation: 'max', want: [0.1, 1, 0.1] },
    { metric: 'size', aggregation: 'count', want: [5, 4] },
    { metric: 'size', aggregation: 'p50', want: [4, 16] },
  ])('$metric $aggregation', async ({ metric, aggregation, want }) => {
    const values = await valuesOf(metric, { aggregation });
    expect(values).toHaveLength(want.length);
    for (let i = 0; i < want.length; i++) expect(values[i]).toBeCloseTo(want[i]!, 9);
  });

  test('different bounds in one bucket of time are put together', async () => {
    expect(await valuesOf('size', { aggregation: 'count', stepMs: 10 * MINUTE_MS })).toEqual([9]);
    expect(await valuesOf('size', { aggregation: 'p50', stepMs: 10 * MINUTE_MS })).toEqual([(8 * 4.5) / 5]);
  });

  test('a thousand different lists of bounds are found', async () => {
    const many = Array.from({ length: 1200 }, (_, i) => ({
      name: 'many',
      seriesId: 7000n,
      timeNs: at(60) + BigInt(i),
      columns: buckets([1, 0], 1, [i + 1]),
    }));
    const definition = { type: METRIC_HISTOGRAM, unit: 's', temporality: DELTA, service: 'a' };
    await insertSeries(store, [{ seriesId: 7000n, name: 'many', ...definition }], at(60));
    await insertPoints(store, 'metric_histograms', many);
    const later = { fromMs: TO_MS, toMs: TO_MS + 60 * MINUTE_MS };
    const { series: lines } = await query('many', { ...later, aggregation: 'heatmap' });
    expect(lines).toHaveLength(100);
    expect(lines[0]).toMatchObject({ labels: { le: '1' }, max: 1 });
    const { series: counts } = await query('many', { ...later, aggregation: 'count' });
    expect(counts).toMatchObject([{ max: 1200 }]);
  });

  test('a heatmap has one line per bucket, from the lowest up', async () => {
    const { series: lines, unit } = await query('latency', { aggregation: 'heatmap' });
    expect(lines.map((line) => [line.labels['le'], line.values.slice(0, 3)])).toEqual([
      ['0.1', [10, 0, 2]],
      ['0.5', [0, 10, 0]],
      ['1', [0, 10, 0]],
      ['+Inf', [0, 0, 0]],
    ]);
    expect(unit).toBe('1');
  });

  test('exemplars lead to traces', async () => {
    const { exemplars } = await query('latency');
    expect(exemplars).toEqual([
      {
        timeMs: Number(at(1) / 1_000_000n),
        value: 0.7,
        traceId: 'abc'.padStart(32, '0'),
        spanId: 'de'.padStart(16, '0'),
      },
    ]);
  });
});

describe('exponential histograms', () => {
  test('a change of scale inside a series brings all points to the coarser one', async () => {
    // At scale 0: minute -1 [2, 2], minute 0 [4, 6] and two zeros, minute 1 [4, 16].
    expect(await valuesOf('spread', { aggregation: 'count' })).toEqual([8, 10]);
    const lines = await query('spread', { aggregation: 'heatmap' });
    expect(lines.series.map((line) => [line.labels['le'], line.values.slice(0, 2)])).toEqual([
      ['0', [2, 0]],
      ['1', [2, 0]],
      ['2', [4, 10]],
    ]);
    expect(await valuesOf('spread', { aggregation: 'p50' })).toEqual([1, 1.5]);
  });
});

describe('summaries', () => {
  test.each<{ aggregation: MetricQuery['aggregation']; want: readonly number[] }>([
    { aggregation: 'p50', want: [0.2, 0.4] },
    { aggregation: 'p99', want: [0.4, 0.8] },
    { aggregation: 'count', want: [20, 10] },
    { aggregation: 'avg', want: [1, 4] },
  ])('$aggregation', async ({ aggregation, want }) => {
    expect(await valuesOf('old', { aggregation })).toEqual(want);
  });
});

test('without a step, buckets are as wide as the points lie apart', async () => {
  const { grid } = await query('memory', { stepMs: undefined });
  expect(grid.stepMs).toBe(MINUTE_MS);
});

test('an unknown metric is not found', async () => {
  await expect(query('nothing')).rejects.toMatchObject({ code: 'not_found' });
  await expect(query('silent')).rejects.toMatchObject({ code: 'not_found' });
});

test('listMetrics gives the metrics with points in the range', async () => {
  const metrics = await listMetrics(store.reader, range);
  expect(metrics.map((metric) => metric.name)).toEqual([
    'active',
    'bytes',
    'latency',
    'memory',
    'old',
    'requests',
    'size',
    'spread',
  ]);
  expect(metrics.find((metric) => metric.name === 'requests')).toEqual({
    name: 'requests',
    type: 'sum',
    unit: '{request}',
    description: 'Requests',
    monotonic: true,
    temporality: 'cumulative',
    seriesCount: 2,
    services: ['a', 'b'],
    newestMs: Number(at(4) / 1_000_000n),
  });
  expect((await listMetrics(store.reader, { ...range, search: 'LAT' })).map((metric) => metric.name)).toEqual([
    'latency',
  ]);
});

test('listMetricLabels counts the values of each label', async () => {
  expect(await listMetricLabels(store.reader, { ...range, name: 'requests' })).toEqual([
    { key: 'code', scope: 'item', valueCount: 2, values: ['200', '500'] },
    { key: 'route', scope: 'item', valueCount: 1, values: ['/x'] },
    { key: 'service.name', scope: 'resource', valueCount: 2, values: ['a', 'b'] },
  ]);
});
