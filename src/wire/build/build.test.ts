import { expect, test } from 'vitest';
import { attributeKey, Double, type PointChunk, TEMPORALITY_DELTA } from '#pdata';
import { decodeReference } from '../testing/otlp-reference.ts';
import { LogsBuilder } from './logs-builder.ts';
import { MetricsBuilder } from './metrics-builder.ts';
import { TracesBuilder } from './traces-builder.ts';

/** What is built is read by the reference decoder, which shares no code with the builders. */

const hex = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString('hex');

test('a metric has series, and a series has points', () => {
  const metrics = new MetricsBuilder();
  const group = metrics.group({ resource: { 'service.name': 'shop' }, scope: { name: 'lib', version: '2' } });
  const sum = group.sum('requests', { unit: '1', temporality: TEMPORALITY_DELTA, isMonotonic: true });
  const ok = sum.series({ status: 200 });
  const failed = sum.series([['status', 500]]);
  ok.add(10n, 3n, 5n);
  failed.add(10n, 1n, 5n);
  ok.add(20n, 0.5, 10n);
  group.gauge('load').series().add(30n, 0);
  const status = (value: string): object => [{ key: 'status', value: { intValue: value } }];
  expect(decodeReference('metrics', metrics.body())).toEqual({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeMetrics: [
          {
            scope: { name: 'lib', version: '2' },
            metrics: [
              {
                name: 'requests',
                unit: '1',
                sum: {
                  aggregationTemporality: 1,
                  isMonotonic: true,
                  dataPoints: [
                    { attributes: status('200'), startTimeUnixNano: '5', timeUnixNano: '10', asInt: '3' },
                    { attributes: status('500'), startTimeUnixNano: '5', timeUnixNano: '10', asInt: '1' },
                    { attributes: status('200'), startTimeUnixNano: '10', timeUnixNano: '20', asDouble: 0.5 },
                  ],
                },
              },
              { name: 'load', gauge: { dataPoints: [{ timeUnixNano: '30', asDouble: 0 }] } },
            ],
          },
        ],
      },
    ],
  });
});

test('points of all kinds are read as they were built', () => {
  const metrics = new MetricsBuilder();
  const group = metrics.group();
  const side = { offset: -3, counts: BigUint64Array.of(1n, 300n) };
  const exponential = { scale: -2, zeroCount: 7n, zeroThreshold: 0.25, positive: side, negative: side };
  const histogram = group.histogram('histogram', { temporality: TEMPORALITY_DELTA });
  histogram.series().add(1n, { count: 3, sum: 4.5, min: 1, max: 2, bounds: [1, 2], counts: [1, 2, 0] });
  group
    .exponentialHistogram('exponential', { temporality: 2 })
    .series()
    .add(1n, { count: 9, ...exponential });
  const quantiles = { quantiles: Float64Array.of(0.5, 0.99), values: Float64Array.of(1, 2) };
  group
    .summary('summary')
    .series()
    .add(1n, { count: 5n, sum: 6, ...quantiles });
  const chunk: PointChunk = metrics.chunk();
  const point = chunk.view();
  expect([point.count, point.sum, point.min, point.max]).toEqual([3n, 4.5, 1, 2]);
  expect(point.buckets).toEqual({ bounds: Float64Array.of(1, 2), counts: BigUint64Array.of(1n, 2n, 0n) });
  point.row = 1;
  expect(point.exponential).toEqual(exponential);
  expect([point.count, point.sum, point.metric.temporality]).toEqual([9n, Number.NaN, 2]);
  point.row = 2;
  expect([point.count, point.sum, point.quantiles]).toEqual([5n, 6, quantiles]);
});

test('spans and log records have all that they were given', () => {
  const traces = new TracesBuilder();
  const ids = { traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708' };
  const group = traces.group({ resourceSchemaUrl: 'urn:r', scopeSchemaUrl: 'urn:s' });
  group.add({
    ...ids,
    parentSpanId: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1),
    name: 'GET',
    kind: 2,
    startNs: 1n,
    endNs: 2n,
    statusCode: 2,
    statusMessage: 'broken',
    traceState: 'a=b',
    flags: 257,
    events: [{ name: 'exception', timeNs: 2n, attributes: { n: 1 } }],
    links: [{ ...ids, traceState: 'c=d' }],
  });
  const request = decodeReference('traces', traces.body()) as { resourceSpans: [{ schemaUrl: string }] };
  expect(request.resourceSpans[0].schemaUrl).toBe('urn:r');
  const chunk = traces.chunk();
  const span = chunk.view();
  expect(span).toMatchObject({
    ...ids,
    parentSpanId: '0807060504030201',
    name: 'GET',
    kind: 2,
    startNs: 1n,
    endNs: 2n,
  });
  expect(span).toMatchObject({ statusCode: 2, statusMessage: 'broken', traceState: 'a=b', flags: 257 });
  expect(span.events.at(0)).toMatchObject({ name: 'exception', timeNs: 2n });
  expect(span.links.at(0)).toMatchObject({ ...ids, traceState: 'c=d' });
  expect([span.resource.schemaUrl, span.scope.schemaUrl]).toEqual(['urn:r', 'urn:s']);

  const logs = new LogsBuilder();
  logs
    .group()
    .add({ ...ids, timeNs: 1n, observedNs: 2n, severityNumber: 9, severityText: 'Info', body: ['x'], flags: 1 });
  logs.group().add({ body: 'y', eventName: 'login' });
  const log = logs.chunk().view();
  expect(log).toMatchObject({
    ...ids,
    timeNs: 1n,
    observedNs: 2n,
    severityNumber: 9,
    severityText: 'Info',
    body: ['x'],
  });
  log.row = 1;
  expect([log.traceId, log.body, log.eventName]).toEqual(['', 'y', 'login']);
});

test('attributes of another batch are taken over with their types', () => {
  const first = new LogsBuilder();
  first.group({ resource: { whole: new Double(2), bytes: Uint8Array.of(255) } }).add({ body: 'x' });
  const chunk = first.chunk();
  chunk.resourceAttributes.of(0).set(attributeKey('added'), true);
  const second = new LogsBuilder();
  second.group({ resource: chunk.resourceAttributes.of(0) }).add({ body: 'y' });
  const [group] = decodeReference('logs', second.body()).resourceLogs as [{ resource: object }];
  expect(group.resource).toEqual({
    attributes: [
      { key: 'whole', value: { doubleValue: 2 } },
      { key: 'bytes', value: { bytesValue: expect.anything() as unknown } },
      { key: 'added', value: { boolValue: true } },
    ],
  });
  expect(hex(second.chunk().resourceAttributes.of(0).get(attributeKey('bytes')))).toBe('ff');
});
