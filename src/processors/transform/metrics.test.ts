import { describe, expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { Batch, type PointChunk, TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import { MetricsBuilder } from '#wire';
import { jsonOfBatch } from '../testing/ottl.ts';
import { transformFactory } from './index.ts';

const TIME = 1_700_000_000_000_000_000n;
const group = (): { readonly builder: MetricsBuilder; readonly of: ReturnType<MetricsBuilder['group']> } => {
  const builder = new MetricsBuilder();
  return { builder, of: builder.group({ resource: { 'service.name': 'shop' }, scope: { name: 'lib' } }) };
};

type Json = { [key: string]: unknown };

async function run(
  statements: readonly string[],
  build: (of: ReturnType<MetricsBuilder['group']>) => void,
): Promise<Json[]> {
  const { builder, of } = group();
  build(of);
  const batch = new Batch('metrics', [builder.chunk() as PointChunk]);
  const config = transformFactory.schema.parse({ error_mode: 'propagate', metric_statements: statements });
  expect(transformFactory.validate!(config)).toEqual([]);
  const next = new RecordingConsumer();
  await transformFactory.create(fakeSettings(), config, 'metrics', next).consume(batch);
  const { resourceMetrics } = jsonOfBatch(next.batches[0]!) as {
    resourceMetrics: { resource: Json; scopeMetrics: { scope: Json; metrics: Json[] }[] }[];
  };
  for (const { resource, scopeMetrics } of resourceMetrics) {
    expect(resource).toEqual({ attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] });
    for (const { scope } of scopeMetrics) expect(scope).toEqual({ name: 'lib' });
  }
  return resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
}

const gauge = (of: ReturnType<MetricsBuilder['group']>): void => {
  const metric = of.gauge('load', { unit: '1', description: 'load of hosts' });
  metric.series({ host: 'a', disk: 'x' }).add(TIME, 3n, TIME - 5n);
  metric.series({ host: 'a', disk: 'y' }).add(TIME, 5n, TIME - 9n);
  metric.series({ host: 'b', disk: 'x' }).add(TIME, 2.5);
};
const histogram = (of: ReturnType<MetricsBuilder['group']>): void => {
  const metric = of.histogram('latency', { unit: 'ms', description: 'how long', temporality: TEMPORALITY_DELTA });
  const point = { count: 10n, sum: 40, min: 1, max: 20, bounds: [5, 10], counts: [4n, 4n, 2n] };
  metric.series({ route: '/a' }).add(TIME, point, TIME - 1n);
  metric.series({ route: '/b' }).add(TIME, { ...point, count: 4n, sum: 4, max: 4, counts: [4n, 0n, 0n] }, TIME - 1n);
};
const summary = (of: ReturnType<MetricsBuilder['group']>): void => {
  const point = { count: 3n, sum: 7.5, quantiles: Float64Array.of(0.5, 0.99), values: Float64Array.of(2, 4) };
  of.summary('size', { unit: 'By' }).series({ route: '/a' }).add(TIME, point);
};
const values = (metric: Json, kind: string): unknown[] =>
  ((metric[kind] as Json).dataPoints as Json[]).map(({ asInt, asDouble }) => asDouble ?? Number(asInt));

describe('metric functions', () => {
  test('gauges and sums become one another', async () => {
    const [sum] = await run(['convert_gauge_to_sum("delta", true) where metric.name == "load"'], gauge);
    expect(sum).toMatchObject({ name: 'load', sum: { aggregationTemporality: 1, isMonotonic: true } });
    expect(values(sum!, 'sum')).toEqual([3, 5, 2.5]);
    const both = [
      'convert_gauge_to_sum("cumulative", false) where metric.name == "load"',
      'convert_sum_to_gauge() where metric.unit == "1"',
    ];
    const [back] = await run(both, gauge);
    expect(back!.sum).toBeUndefined();
    expect(values(back!, 'gauge')).toEqual([3, 5, 2.5]);
  });

  test('scale_metric multiplies values, sums, bounds and quantiles', async () => {
    const scale = (factor: string): string[] => [`scale_metric(${factor}, "s") where metric.unit != "s"`];
    const [scaled] = await run(scale('0.5'), gauge);
    expect(scaled!.unit).toBe('s');
    expect(values(scaled!, 'gauge')).toEqual([1, 2, 1.25]);
    const [buckets] = await run(scale('0.1'), histogram);
    expect((buckets!.histogram as { dataPoints: Json[] }).dataPoints[0]).toMatchObject({
      sum: 4,
      min: 0.1,
      max: 2,
      explicitBounds: [0.5, 1],
      bucketCounts: ['4', '4', '2'],
    });
    const [quantiles] = await run(scale('2.0'), summary);
    expect((quantiles!.summary as { dataPoints: Json[] }).dataPoints[0]).toMatchObject({
      sum: 15,
      quantileValues: [
        { quantile: 0.5, value: 4 },
        { quantile: 0.99, value: 8 },
      ],
    });
  });

  test('copy_metric adds a copy, which meets the statements behind it', async () => {
    const metrics = await run(
      ['copy_metric(name="copy", unit="x") where metric.name == "load"', 'set(metric.description, "seen")'],
      gauge,
    );
    expect(metrics.map(({ name, unit, description }) => [name, unit, description])).toEqual([
      ['load', '1', 'seen'],
      ['copy', 'x', 'seen'],
    ]);
    expect(values(metrics[1]!, 'gauge')).toEqual([3, 5, 2.5]);
  });

  test('a copy of each copy ends', async () => {
    await expect(
      run(['copy_metric(name="more") where metric.name != ""'], (of) => of.gauge('a').series().add(TIME, 1n)),
    ).rejects.toThrow(/made 10000 metrics/);
  });

  test('counts and sums of histograms and summaries', async () => {
    const metrics = await run(
      [
        'extract_count_metric(true) where metric.name == "latency"',
        'extract_sum_metric(false, ".total") where metric.name == "latency"',
      ],
      histogram,
    );
    expect(
      metrics.map(({ name, unit, sum }) => [name, unit, (sum as Json | undefined)?.aggregationTemporality]),
    ).toEqual([
      ['latency', 'ms', undefined],
      ['latency_count', '1', TEMPORALITY_DELTA],
      ['latency.total', 'ms', TEMPORALITY_DELTA],
    ]);
    expect(values(metrics[1]!, 'sum')).toEqual([10, 4]);
    expect(values(metrics[2]!, 'sum')).toEqual([40, 4]);
    const [, count] = await run(['extract_count_metric(true) where metric.name == "size"'], summary);
    expect(count).toMatchObject({ name: 'size_count', sum: { aggregationTemporality: TEMPORALITY_CUMULATIVE } });
    await expect(run(['extract_count_metric(true) where metric.name == "load"'], gauge)).rejects.toThrow(
      /requires a histogram or a summary/,
    );
  });

  test('what a summary says becomes sums and gauges', async () => {
    const metrics = await run(
      [
        'convert_summary_quantile_val_to_gauge("q") where metric.name == "size"',
        'set(metric.unit, "bytes") where metric.name == "size.quantiles"',
      ],
      summary,
    );
    expect(metrics.map(({ name, unit }) => [name, unit])).toEqual([
      ['size', 'By'],
      ['size.quantiles', 'bytes'],
    ]);
    expect(values(metrics[1]!, 'gauge')).toEqual([2, 4]);
    const points = await run(
      [
        'convert_summary_count_val_to_sum("delta", true) where metric.name == "size" and datapoint.count > 0',
        'convert_summary_sum_val_to_sum("cumulative", false, "_all") where metric.name == "size" and datapoint.count > 0',
      ],
      summary,
    );
    expect(points.map(({ name }) => name)).toEqual(['size', 'size_count', 'size_all']);
    expect([...values(points[1]!, 'sum'), ...values(points[2]!, 'sum')]).toEqual([3, 7.5]);
  });

  test.each([
    ['extract_percentile_metric(50.0)', 'latency_p50', [6.25, 3]],
    ['extract_percentile_metric(99.9, ".high")', 'latency.high', [20, 5]],
  ])('%s', async (statement, name, expected) => {
    const [, made] = await run([`${statement} where metric.name == "latency"`], histogram);
    expect(made).toMatchObject({ name, unit: 'ms' });
    expect(values(made!, 'gauge')).toEqual(expected);
  });

  test.each([
    ['sum', [8, 2.5]],
    ['mean', [4, 2.5]],
    ['min', [3, 2.5]],
    ['max', [5, 2.5]],
    ['median', [4, 2.5]],
    ['count', [2, 2.5]],
  ])('aggregate_on_attributes by %s', async (by, expected) => {
    const [metric] = await run([`aggregate_on_attributes("${by}", ["host"]) where metric.name == "load"`], gauge);
    expect(values(metric!, 'gauge')).toEqual(expected);
    expect((metric!.gauge as { dataPoints: Json[] }).dataPoints[0]).toMatchObject({
      attributes: [{ key: 'host', value: { stringValue: 'a' } }],
      startTimeUnixNano: String(TIME - 9n),
    });
  });

  test('histograms are aggregated, and values of attributes are joined', async () => {
    const [all] = await run(['aggregate_on_attributes("sum", []) where metric.name == "latency"'], histogram);
    expect((all!.histogram as { dataPoints: Json[] }).dataPoints).toEqual([
      expect.objectContaining({ count: '14', sum: 44, min: 1, max: 20, bucketCounts: ['8', '4', '2'] }),
    ]);
    const [joined] = await run(
      ['aggregate_on_attribute_value("sum", "disk", ["x", "y"], "any") where metric.name == "load"'],
      gauge,
    );
    expect(values(joined!, 'gauge')).toEqual([8, 2.5]);
  });

  test('buckets are merged', async () => {
    const points = async (statement: string): Promise<Json> => {
      const [metric] = await run([`${statement} where datapoint.count == 10`], histogram);
      return (metric!.histogram as { dataPoints: Json[] }).dataPoints[0]!;
    };
    expect(await points('merge_histogram_buckets(5)')).toMatchObject({
      explicitBounds: [10],
      bucketCounts: ['8', '2'],
    });
    expect(await points('merge_histogram_buckets(7)')).toMatchObject({ explicitBounds: [5, 10] });
    expect(await points('merge_histogram_buckets(2, "limit_buckets")')).toMatchObject({
      explicitBounds: [10],
      bucketCounts: ['8', '2'],
    });
  });

  test('mistakes are found when the configuration is read', () => {
    const mistakes = (statement: string): string =>
      transformFactory.validate!(transformFactory.schema.parse({ metric_statements: [statement] }))
        .map(({ message }) => message)
        .join();
    expect(mistakes('aggregate_on_attributes("avg") where metric.name == "a"')).toContain(
      'invalid aggregation function "avg"',
    );
    expect(mistakes('extract_percentile_metric(100.0) where metric.name == "a"')).toContain('between 0 and 100');
    expect(mistakes('convert_gauge_to_sum("x", true) where metric.name == "a"')).toContain('delta or cumulative');
    expect(mistakes('convert_exponential_histogram_to_histogram("near", [1.0]) where metric.name != ""')).toContain(
      'invalid conversion function: near',
    );
    expect(mistakes('copy_metric() where resource.attributes["a"] == 1')).toBe('');
  });
});
