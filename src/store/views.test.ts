import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chunk, type Signal, SpanChunk } from '#pdata';
import { decodeOtlp } from '#wire';
import { encodeReference, type ReferenceObject } from '../wire/testing/otlp-reference.ts';
import { Inserter } from './inserter.ts';
import { SegmentEncoder } from './native/segment-encoder.ts';
import { encodeSegment } from './testing/encode.ts';
import { nextIngestedAtNs } from './testing/expected.ts';
import { startTestStore, type TestStore } from './testing/test-store.ts';

let store: TestStore;
const START_NS = '1763800000000000000';
const resource = {
  attributes: [
    { key: 'service.name', value: { stringValue: 'shop' } },
    { key: 'deployment.environment', value: { stringValue: 'old' } },
    { key: 'deployment.environment.name', value: { stringValue: 'new' } },
  ],
};
const exceptionOf = (message: string) => [
  { key: 'exception.type', value: { stringValue: 'Oops' } },
  { key: 'exception.message', value: { stringValue: message } },
];
const span = {
  traceId: new Uint8Array(16).fill(1),
  spanId: new Uint8Array(8).fill(2),
  name: 'GET /',
  kind: 2,
  startTimeUnixNano: START_NS,
  endTimeUnixNano: '1763800000000000500',
  status: { code: 2, message: 'bad' },
  attributes: [
    { key: 'http.route', value: { stringValue: '/' } },
    { key: 'url.path', value: { intValue: '7' } },
    { key: 'own', value: { doubleValue: 0.5 } },
  ],
  events: [
    { timeUnixNano: '1763800000000000100', name: 'exception', attributes: exceptionOf('in a span') },
    { name: 'second' },
  ],
  links: [{ traceId: new Uint8Array(16).fill(3), spanId: new Uint8Array(8).fill(4), traceState: 'a=b' }],
};
const requests: readonly (readonly [Signal, ReferenceObject])[] = [
  ['traces', { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'lib', version: '1' }, spans: [span] }] }] }],
  [
    'logs',
    {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              logRecords: [
                { timeUnixNano: START_NS, attributes: exceptionOf('in a log') },
                { timeUnixNano: START_NS, attributes: [{ key: 'exception.type', value: { intValue: '7' } }] },
              ],
            },
          ],
        },
      ],
    },
  ],
];

beforeAll(async () => {
  store = await startTestStore();
  const inserter = new Inserter(store.endpoint, 30_000);
  const chunks = requests.map(([signal, body]): Chunk => decodeOtlp(signal, encodeReference(signal, body)).chunk);
  expect(chunks[0]).toBeInstanceOf(SpanChunk);
  const ingestedAt = nextIngestedAtNs();
  for (const block of encodeSegment(new SegmentEncoder(), chunks, ingestedAt))
    await inserter.insert(block, `test-${block.table}`);
  inserter.close();
});
afterAll(() => store.close());

async function rowsAsReader(query: string): Promise<Record<string, unknown>[]> {
  const { username, password } = store.engine.access.reader;
  const response = await fetch(`${store.engine.address}/?database=signalbox`, {
    method: 'POST',
    body: `${query} FORMAT JSONEachRow`,
    headers: { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password },
  });
  const text = await response.text();
  expect(text).not.toContain('Exception:');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('otel_traces shows a span as the exporter of otelcol would have stored it', async () => {
  expect(await rowsAsReader('SELECT * FROM otel_traces')).toEqual([
    {
      Timestamp: '2025-11-22 08:26:40.000000000',
      TraceId: '01'.repeat(16),
      SpanId: '02'.repeat(8),
      ParentSpanId: '',
      TraceState: '',
      SpanName: 'GET /',
      SpanKind: 'Server',
      ServiceName: 'shop',
      ResourceAttributes: {
        'deployment.environment': 'old',
        'deployment.environment.name': 'new',
        'service.name': 'shop',
      },
      ScopeName: 'lib',
      ScopeVersion: '1',
      SpanAttributes: { 'http.route': '/', own: '0.5', 'url.path': '7' },
      Duration: 500,
      StatusCode: 'Error',
      StatusMessage: 'bad',
      'Events.Timestamp': ['2025-11-22 08:26:40.000000100', '1970-01-01 00:00:00.000000000'],
      'Events.Name': ['exception', 'second'],
      'Events.Attributes': [{ 'exception.type': 'Oops', 'exception.message': 'in a span' }, {}],
      'Links.TraceId': ['03'.repeat(16)],
      'Links.SpanId': ['04'.repeat(8)],
      'Links.TraceState': ['a=b'],
      'Links.Attributes': [{}],
    },
  ]);
  expect(await rowsAsReader('SELECT * FROM otel_traces_trace_id_ts')).toEqual([
    {
      TraceId: '01'.repeat(16),
      Start: '2025-11-22 08:26:40.000000000',
      End: '2025-11-22 08:26:40.000000000',
    },
  ]);
});

test('the attributes in a view are a map with keys of few values', async () => {
  const [row] = await rowsAsReader(
    'SELECT toTypeName(SpanAttributes) AS type, toTypeName(`Events.Attributes`) AS list FROM otel_traces',
  );
  expect(row).toEqual({
    type: 'Map(LowCardinality(String), String)',
    list: 'Array(Map(LowCardinality(String), String))',
  });
});

test('exceptions of spans and of log records are found by one query', async () => {
  const rows = await rowsAsReader(
    "SELECT source, service_name, type, message FROM exceptions WHERE type IN ('Oops', '7') ORDER BY message",
  );
  expect(rows).toEqual([
    { source: 'log record', service_name: 'shop', type: '7', message: '' },
    { source: 'log record', service_name: 'shop', type: 'Oops', message: 'in a log' },
    { source: 'span event', service_name: 'shop', type: 'Oops', message: 'in a span' },
  ]);
});
