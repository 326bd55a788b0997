import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { LogFields } from '#component';
import { fakeHost, fakeSettings, sampleBatch } from '#component/testing.ts';
import { Batch, type Signal } from '#pdata';
import { decodeOtlp } from '#wire';
import { encodeReference, type ReferenceObject } from '../../wire/testing/otlp-reference.ts';
import { debugExporterSchema, validateDebugExporter } from './config.ts';
import { DebugExporter } from './debug.ts';
import { detailedText } from './detailed.ts';
import { debugExporterFactory } from './factory.ts';
import { normalText } from './normal.ts';
import { Sampler } from './sampler.ts';

function batchOf(signal: Signal, request: ReferenceObject): Batch {
  return new Batch(signal, [decodeOtlp(signal, encodeReference(signal, request)).chunk]);
}

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const resource = { attributes: [text('service.name', 'shop')] };
const scope = { name: 'lib', version: '1.2', attributes: [text('edition', 'a')] };

const traces = batchOf('traces', {
  resourceSpans: [
    {
      resource,
      schemaUrl: 'https://schema/1',
      scopeSpans: [
        {
          scope,
          spans: [
            {
              traceId: Buffer.alloc(16, 1),
              spanId: Buffer.alloc(8, 2),
              parentSpanId: Buffer.alloc(8, 3),
              name: 'GET /orders',
              kind: 3,
              startTimeUnixNano: '1644934012000000789',
              endTimeUnixNano: '1644934013000000000',
              status: { code: 2, message: 'timeout' },
              attributes: [
                text('http.method', 'GET'),
                { key: 'status', value: { intValue: '500' } },
                { key: 'ratio', value: { doubleValue: 2 } },
                { key: 'ok', value: { boolValue: false } },
                { key: 'raw', value: { bytesValue: Buffer.from([1, 2]) } },
                { key: 'list', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'b' }] } } },
                { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { intValue: '9' } }] } } },
                { key: 'empty', value: {} },
              ],
              events: [{ name: 'exception', timeUnixNano: '1644934012500000000', attributes: [text('type', 'E')] }],
              links: [{ traceId: Buffer.alloc(16, 4), spanId: Buffer.alloc(8, 5), traceState: 'a=b' }],
            },
          ],
        },
      ],
    },
  ],
});

const logs = batchOf('logs', {
  resourceLogs: [
    {
      resource,
      scopeLogs: [
        {
          scope: { name: 'lib' },
          logRecords: [
            {
              timeUnixNano: '1644934012000000000',
              severityNumber: 14,
              severityText: 'WARN',
              body: { stringValue: 'low stock' },
              attributes: [text('item', 'book')],
              traceId: Buffer.alloc(16, 1),
              spanId: Buffer.alloc(8, 2),
              flags: 1,
              eventName: 'stock',
            },
            { body: { kvlistValue: { values: [{ key: 'a', value: { intValue: '1' } }] } } },
          ],
        },
      ],
    },
  ],
});

const time = { startTimeUnixNano: '1644934012000000000', timeUnixNano: '1644934013000000000' };
const metrics = batchOf('metrics', {
  resourceMetrics: [
    {
      resource,
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'queue',
              unit: '1',
              gauge: { dataPoints: [{ ...time, asInt: '7', attributes: [text('q', 'a')] }] },
            },
            {
              name: 'orders',
              description: 'Orders',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [
                  { ...time, asDouble: 1.5 },
                  { ...time, flags: 1 },
                ],
              },
            },
            {
              name: 'latency',
              histogram: {
                aggregationTemporality: 1,
                dataPoints: [
                  { ...time, count: '3', sum: 12.5, min: 1, max: 9, bucketCounts: ['1', '2'], explicitBounds: [5] },
                ],
              },
            },
            {
              name: 'size',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    ...time,
                    count: '6',
                    scale: 0,
                    zeroCount: '1',
                    positive: { offset: 1, bucketCounts: ['2', '1'] },
                    negative: { offset: 0, bucketCounts: ['2'] },
                  },
                ],
              },
            },
            {
              name: 'old',
              summary: {
                dataPoints: [{ ...time, count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 1.5 }] }],
              },
            },
          ],
        },
      ],
    },
  ],
});

describe('detailed', () => {
  test('traces', () => {
    expect(detailedText(traces)).toBe(`ResourceSpans #0
Resource SchemaURL: https://schema/1
Resource attributes:
     -> service.name: Str(shop)
ScopeSpans #0
ScopeSpans SchemaURL: 
InstrumentationScope lib 1.2
InstrumentationScope attributes:
     -> edition: Str(a)
Span #0
    Trace ID       : 01010101010101010101010101010101
    Parent ID      : 0303030303030303
    ID             : 0202020202020202
    Name           : GET /orders
    Kind           : Client
    Start time     : 2022-02-15 14:06:52.000000789 +0000 UTC
    End time       : 2022-02-15 14:06:53 +0000 UTC
    Status code    : Error
    Status message : timeout
    DroppedAttributesCount: 0
    DroppedEventsCount: 0
    DroppedLinksCount: 0
Attributes:
     -> http.method: Str(GET)
     -> status: Int(500)
     -> ratio: Double(2)
     -> ok: Bool(false)
     -> raw: Bytes(AQI=)
     -> list: Slice([1,"b"])
     -> map: Map({"k":9})
     -> empty: Empty()
Events:
SpanEvent #0
     -> Name: exception
     -> Timestamp: 2022-02-15 14:06:52.5 +0000 UTC
     -> DroppedAttributesCount: 0
     -> Attributes::
          -> type: Str(E)
Links:
SpanLink #0
     -> Trace ID: 04040404040404040404040404040404
     -> ID: 0505050505050505
     -> TraceState: a=b
     -> DroppedAttributesCount: 0`);
  });

  test('logs', () => {
    expect(detailedText(logs)).toBe(`ResourceLog #0
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(shop)
ScopeLogs #0
ScopeLogs SchemaURL: 
InstrumentationScope lib 
LogRecord #0
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 2022-02-15 14:06:52 +0000 UTC
SeverityText: WARN
SeverityNumber: Warn2(14)
EventName: stock
Body: Str(low stock)
Attributes:
     -> item: Str(book)
Trace ID: 01010101010101010101010101010101
Span ID: 0202020202020202
Flags: 1
LogRecord #1
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 1970-01-01 00:00:00 +0000 UTC
SeverityText: 
SeverityNumber: Unspecified(0)
Body: Map({"a":1})
Trace ID: 
Span ID: 
Flags: 0`);
  });

  test('metrics', () => {
    const times = 'StartTimestamp: 2022-02-15 14:06:52 +0000 UTC\nTimestamp: 2022-02-15 14:06:53 +0000 UTC';
    expect(detailedText(metrics)).toBe(`ResourceMetrics #0
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(shop)
ScopeMetrics #0
ScopeMetrics SchemaURL: 
InstrumentationScope  
Metric #0
Descriptor:
     -> Name: queue
     -> Description: 
     -> Unit: 1
     -> DataType: Gauge
NumberDataPoints #0
Data point attributes:
     -> q: Str(a)
${times}
Value: 7
Metric #1
Descriptor:
     -> Name: orders
     -> Description: Orders
     -> Unit: 
     -> DataType: Sum
     -> IsMonotonic: true
     -> AggregationTemporality: Cumulative
NumberDataPoints #0
${times}
Value: 1.5
NumberDataPoints #1
${times}
Flags: NoRecordedValue
Value: 
Metric #2
Descriptor:
     -> Name: latency
     -> Description: 
     -> Unit: 
     -> DataType: Histogram
     -> AggregationTemporality: Delta
HistogramDataPoints #0
${times}
Count: 3
Sum: 12.5
Min: 1
Max: 9
ExplicitBounds #0: 5
Buckets #0, Count: 1
Buckets #1, Count: 2
Metric #3
Descriptor:
     -> Name: size
     -> Description: 
     -> Unit: 
     -> DataType: ExponentialHistogram
     -> AggregationTemporality: Cumulative
ExponentialHistogramDataPoints #0
${times}
Count: 6
Bucket [-2, -1), Count: 2
Bucket [0, 0], Count: 1
Bucket (2, 4], Count: 2
Bucket (4, 8], Count: 1
Metric #4
Descriptor:
     -> Name: old
     -> Description: 
     -> Unit: 
     -> DataType: Summary
SummaryDataPoints #0
${times}
Count: 2
Sum: 3
QuantileValue #0: Quantile 0.5, Value 1.5`);
  });
});

describe('normal', () => {
  test('traces', () => {
    expect(normalText(traces)).toBe(`ResourceTraces #0 [https://schema/1] service.name=shop
ScopeTraces #0 lib@1.2 edition=a
GET /orders ${'01'.repeat(16)} ${'02'.repeat(8)} http.method=GET status=500 ratio=2 ok=false raw=AQI= list=[1,"b"] map={"k":9} empty=`);
  });

  test('logs', () => {
    expect(normalText(logs)).toBe('ResourceLog #0 service.name=shop\nScopeLog #0 lib\nlow stock item=book\n{"a":1} ');
  });

  test('metrics', () => {
    expect(normalText(metrics)).toBe(`ResourceMetrics #0 service.name=shop
ScopeMetrics #0
queue{q=a} 7
orders{} 1.5
orders{} 
latency{} count=3 sum=12.5 min=1 max=9 le5=1 2
size{} count=6 le-1=2 zero=1 le4=2 le8=1
old{} count=2 sum=3 q0.5=1.5`);
  });

  test('only the selected items, numbered anew', () => {
    const chunk = sampleBatch('traces', 5).chunks[0]!;
    const some = new Batch('traces', [chunk.select(Uint32Array.of(1, 3))]);
    const names = [...detailedText(some).matchAll(/Span #\d|Name +: .*/g)].map(([match]) => match);
    expect(names).toEqual(['Span #0', 'Name           : span 1', 'Span #1', 'Name           : span 3']);
  });
});

describe('the exporter', () => {
  interface Created {
    readonly lines: [string, LogFields | undefined][];
    readonly written: string[];
    consume(batch: Batch): Promise<void>;
  }

  function create(raw: object): Created {
    const lines: [string, LogFields | undefined][] = [];
    const written: string[] = [];
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written.push(chunk.toString());
        done();
      },
    });
    const settings = fakeSettings();
    const note = (message: string, fields?: LogFields): void => {
      lines.push([message, fields]);
    };
    const logger = { debug: note, info: note, warn: note, error: note };
    const exporter = new DebugExporter({ ...settings, logger }, debugExporterSchema.parse(raw), output);
    return { lines, written, consume: (batch) => exporter.consume(batch) };
  }

  test('basic says how much there is', async () => {
    const { lines, consume } = create({});
    await consume(sampleBatch('traces', 3));
    await consume(metrics);
    await consume(logs);
    expect(lines).toEqual([
      ['Traces', { 'resource spans': 1, spans: 3 }],
      ['Metrics', { 'resource metrics': 1, metrics: 5, 'data points': 6 }],
      ['Logs', { 'resource logs': 1, 'log records': 2 }],
    ]);
  });

  test.each(['normal', 'detailed'])('%s adds the items', async (verbosity) => {
    const { lines, written, consume } = create({ verbosity });
    await consume(traces);
    expect(lines.length).toBe(1);
    expect(written).toEqual([`${verbosity === 'normal' ? normalText(traces) : detailedText(traces)}\n`]);
  });

  test('a batch that breaks it is taken and said in a line', async () => {
    const { lines, consume } = create({ verbosity: 'detailed' });
    const broken = Object.create(sampleBatch('traces', 1), { chunks: { get: () => [{ count: 1 }] } }) as Batch;
    await consume(broken);
    expect(lines[0]![0]).toBe('A batch could not be printed');
  });

  test('writes files instead of the log, and ends them at shutdown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'debug-'));
    try {
      const path = join(folder, 'out.txt');
      const config = debugExporterSchema.parse({
        use_internal_logger: false,
        output_paths: [path],
        verbosity: 'normal',
      });
      const settings = fakeSettings();
      const exporter = debugExporterFactory.create(settings, config, 'logs');
      await exporter.start(fakeHost());
      await exporter.consume(logs);
      await exporter.shutdown(1000);
      await exporter.shutdown(1000);
      expect(await readFile(path, 'utf8')).toBe(
        `Logs\t{"resource logs": 1, "log records": 2}\n${normalText(logs)}\n\n`,
      );
      expect(settings.logged).toEqual([]);
      const bad = debugExporterSchema.parse({ use_internal_logger: false, output_paths: [join(folder, 'no/where')] });
      await expect(debugExporterFactory.create(settings, bad, 'logs').start(fakeHost())).rejects.toThrow("can't write");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('another output needs another setting', () => {
    const config = debugExporterSchema.parse({ output_paths: ['/x'] });
    expect(validateDebugExporter(config)).toEqual([
      { path: ['output_paths'], message: 'output_paths requires use_internal_logger to be set to false' },
    ]);
    expect(validateDebugExporter(debugExporterSchema.parse({}))).toEqual([]);
  });
});

test('the sampler passes the first of each second and then every n-th', async () => {
  const { clock } = fakeSettings();
  const passed = (sampler: Sampler, count: number): string =>
    Array.from({ length: count }, () => (sampler.pass() ? 'x' : '-')).join('');
  const sampler = new Sampler(clock, 2, 3);
  expect(passed(sampler, 9)).toBe('xx--x--x-');
  await clock.advance(1000);
  expect(passed(sampler, 4)).toBe('xx--');
  expect(passed(new Sampler(clock, 1, 0), 4)).toBe('x---');
  expect(passed(new Sampler(clock, 2, 1), 4)).toBe('xxxx');
});
