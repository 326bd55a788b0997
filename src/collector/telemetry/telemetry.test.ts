import { describe, expect, test } from 'vitest';
import { ManualClock } from '#base';
import type { LogsTelemetryConfig } from '#config';
import { encodeOtlp } from '#wire';
import { decodeReference } from '../../wire/testing/otlp-reference.ts';
import { LogWriter } from './logger.ts';
import { ownMetricsBatch } from './own-metrics.ts';
import { printPrometheus } from './prometheus-text.ts';
import { MetricRegistry } from './registry.ts';

const SPANS = { unit: '{spans}', description: 'Number of spans' };
const PLAIN = {
  withoutUnits: true,
  withoutTypeSuffix: true,
  withoutScopeInfo: true,
  resourceLabels: undefined,
  isDetailed: false,
};

function filled(): MetricRegistry {
  const registry = new MetricRegistry();
  const meter = registry.meter({ exporter: 'otlp' });
  meter.counter('exporter_sent_spans', SPANS).add(3);
  meter.counter('exporter_sent_spans', SPANS).add(4);
  meter.counter('exporter_sent_spans', SPANS, { zone: 'a "b"\\\n' }).add(1);
  meter.gauge('process_memory_rss', { unit: 'By', description: '' }, () => 1.5);
  const histogram = meter.histogram('batch_size', { unit: '{items}', description: 'Sizes', bounds: [10, 20] });
  for (const value of [5, 10, 15, 25]) histogram.record(value);
  return registry;
}

describe('the registry', () => {
  test('instruments with the same name and labels are one', () => {
    expect(filled().total('exporter_sent_spans')).toBe(8);
    expect(filled().total('otelcol_exporter_sent_spans', { zone: 'a "b"\\\n' })).toBe(1);
  });

  test('a removed gauge is gone, but not the one that took its place', () => {
    const registry = new MetricRegistry();
    const removeFirst = registry.meter().gauge('g', SPANS, () => 1);
    const removeSecond = registry.meter().gauge('g', SPANS, () => 2);
    removeFirst();
    expect(registry.total('g')).toBe(2);
    removeSecond();
    expect(registry.collect()).toEqual([]);
  });
});

describe('the Prometheus text format', () => {
  test('has the names of otelcol on the default reader', () => {
    expect(
      printPrometheus(filled().collect(), new Map([['service.name', 'x']]), PLAIN),
    ).toBe(`# HELP otelcol_batch_size Sizes
# TYPE otelcol_batch_size histogram
otelcol_batch_size_bucket{exporter="otlp",le="10"} 2
otelcol_batch_size_bucket{exporter="otlp",le="20"} 3
otelcol_batch_size_bucket{exporter="otlp",le="+Inf"} 4
otelcol_batch_size_sum{exporter="otlp"} 55
otelcol_batch_size_count{exporter="otlp"} 4
# HELP otelcol_exporter_sent_spans Number of spans
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter="otlp"} 7
otelcol_exporter_sent_spans{exporter="otlp",zone="a \\"b\\"\\\\\\n"} 1
# TYPE otelcol_process_memory_rss gauge
otelcol_process_memory_rss{exporter="otlp"} 1.5
# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_name="x"} 1
`);
  });

  test('has suffixes, units and the scope on a reader that does not leave them out', () => {
    const text = printPrometheus(filled().collect(), new Map([['service.name', 'x']]), {
      resourceLabels: { included: ['service.*'], excluded: [] },
      isDetailed: true,
      withoutUnits: false,
      withoutTypeSuffix: false,
      withoutScopeInfo: false,
    });
    expect(text).toContain(
      'otelcol_exporter_sent_spans_total{exporter="otlp",otel_scope_name="signalbox",otel_scope_schema_url="",otel_scope_version="",service_name="x"} 7',
    );
    expect(text).toContain('otelcol_process_memory_rss_bytes{');
  });
});

test('own metrics are OTLP that others can read', () => {
  const batch = ownMetricsBatch(filled().collect(), {
    resource: new Map([['service.name', 'signalbox-collector']]),
    version: '1.2.3',
    startMs: 1000,
    nowMs: 6000,
  });
  expect(batch.itemCount).toBe(4);
  const decoded = decodeReference('metrics', encodeOtlp(batch));
  expect(decoded).toMatchObject({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'signalbox-collector' } }] },
        scopeMetrics: [
          {
            scope: { name: 'signalbox', version: '1.2.3' },
            metrics: [
              {
                name: 'otelcol_batch_size',
                histogram: {
                  dataPoints: [{ count: '4', sum: 55, bucketCounts: ['2', '1', '1'], explicitBounds: [10, 20] }],
                },
              },
              {
                name: 'otelcol_exporter_sent_spans',
                unit: '{spans}',
                sum: {
                  dataPoints: [
                    { asInt: '7', startTimeUnixNano: '1000000000', timeUnixNano: '6000000000' },
                    { asInt: '1' },
                  ],
                  isMonotonic: true,
                },
              },
              { name: 'otelcol_process_memory_rss', gauge: { dataPoints: [{ asDouble: 1.5 }] } },
            ],
          },
        ],
      },
    ],
  });
});

test('a metric whose labels come from outside has a bound, beyond which all is counted together', () => {
  const registry = new MetricRegistry();
  const meter = registry.meter({ receiver: 'otlp' });
  for (let i = 0; i < 5000; i++) meter.counter('x', { unit: '1', description: '' }, { path: `/${i}` }).add(1);
  expect(registry.collect()[0]!.series.size).toBe(2001);
  expect(registry.total('x')).toBe(5000);
  expect(registry.total('x', { 'otel.metric.overflow': 'true' })).toBe(3000);
});

describe('the log', () => {
  const config: LogsTelemetryConfig = {
    level: 'info',
    encoding: 'console',
    outputPaths: [],
    errorOutputPaths: [],
    initialFields: new Map(),
    sampling: { tickMs: 1000, initial: 2, thereafter: 3 },
  };

  test('has the two forms of zap', () => {
    const lines: string[] = [];
    const clock = new ManualClock(0);
    new LogWriter(config, clock, (line) => lines.push(line))
      .logger({ kind: 'x' })
      .warn('a\nb', { n: 1, none: undefined });
    new LogWriter({ ...config, encoding: 'json' }, clock, (line) => lines.push(line)).logger().error('bad');
    expect(lines).toEqual([
      '1970-01-01T00:00:00.000Z\twarn\ta\\nb\t{"kind":"x","n":1}',
      '{"level":"error","ts":"1970-01-01T00:00:00.000Z","msg":"bad"}',
    ]);
  });

  test('leaves out what is below the level, and samples what repeats', async () => {
    const lines: string[] = [];
    const clock = new ManualClock(0);
    const logger = new LogWriter(config, clock, (line) => lines.push(line)).logger();
    logger.debug('hidden');
    for (let i = 0; i < 9; i++) logger.info('again');
    logger.info('other');
    const shown = (): string[] => lines.splice(0).map((line) => line.split('\t').slice(2).join(' '));
    const leftOut = ' {"lines_left_out":2}';
    expect(shown()).toEqual(['again', 'again', `again${leftOut}`, `again${leftOut}`, 'other']);
    logger.info('again');
    await clock.advance(1000);
    logger.info('again');
    logger.info('again');
    expect(shown()).toEqual(['again {"lines_left_out":2}', 'again']);
  });

  test('samples a flood of different messages as one, and says how many it left out', async () => {
    const lines: string[] = [];
    const clock = new ManualClock(0);
    const logger = new LogWriter({ ...config, sampling: { tickMs: 1000, initial: 1, thereafter: 0 } }, clock, (line) =>
      lines.push(line),
    ).logger();
    const flood = (tick: number): void => {
      for (let i = 0; i < 10_000; i++) logger.info(`request ${tick}-${i} is bad`);
    };
    flood(0);
    expect(lines.length).toBe(4097);
    await clock.advance(1000);
    flood(1);
    expect(lines.length).toBeLessThanOrEqual(2 * 4097);
    const leftOut = lines.reduce((sum, line) => sum + Number(/"lines_left_out":(\d+)/.exec(line)?.[1] ?? 0), 0);
    expect(leftOut).toBe(10_000 - 4097);
  });

  test('counts equal messages by level and component', () => {
    const lines: string[] = [];
    const writer = new LogWriter(
      { ...config, sampling: { tickMs: 1000, initial: 1, thereafter: 0 } },
      new ManualClock(),
      (line) => lines.push(line),
    );
    for (let i = 0; i < 3; i++) {
      for (const id of ['a', 'b']) {
        writer.logger({ id }).info('same', { i });
        writer.logger({ id }).warn('same', { i });
      }
    }
    expect(lines.map((line) => line.split('\t').slice(1).join(' '))).toEqual([
      'info same {"id":"a","i":0}',
      'warn same {"id":"a","i":0}',
      'info same {"id":"b","i":0}',
      'warn same {"id":"b","i":0}',
    ]);
  });

  test('writes all lines where sampling is off', () => {
    const lines: string[] = [];
    const { sampling: _, ...rest } = config;
    const logger = new LogWriter({ ...rest, sampling: undefined }, new ManualClock(), (line) =>
      lines.push(line),
    ).logger();
    for (let i = 0; i < 50; i++) logger.info('again');
    expect(lines).toHaveLength(50);
  });
});
