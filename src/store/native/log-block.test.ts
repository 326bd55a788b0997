import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogChunk } from '#pdata';
import { decodeLogs } from '#wire';
import { logsRequest } from '../../wire/testing/arbitraries.ts';
import { decodeReference, encodeReference, type ReferenceObject } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { canonicalJson, canonicalPairs, canonicalReference } from '../testing/canonical.ts';
import { encodeBlock } from '../testing/encode.ts';
import { clampedTime, hexOf, listOf, nextIngestedAtNs, storedTime } from '../testing/expected.ts';
import { RowBinaryReader } from '../testing/row-binary.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { LogBlockEncoder } from './log-block.ts';
import { SeriesSet } from './series-set.ts';

let store: TestStore;
let inserter: Inserter;
const LONG = { timeout: 120_000 };
const encoder = new LogBlockEncoder();

beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 30_000);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

async function throughStore(chunks: readonly LogChunk[]): Promise<object[]> {
  const ingestedAt = nextIngestedAtNs();
  await inserter.insert(encodeBlock(encoder, chunks, ingestedAt), `test-${ingestedAt}`);
  const reader = new RowBinaryReader(
    await store.query(`
      SELECT time, observed_time, trace_id, span_id, flags, severity_number, severity_text, body, body_type, event_name,
        attributes, resource, dropped_attributes_count
      FROM logs WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC') FORMAT RowBinary`),
  );
  const logs: object[] = [];
  while (!reader.isDone) logs.push(readLog(reader));
  return logs;
}

function readLog(reader: RowBinaryReader): object {
  return {
    time: reader.int64(),
    observedTime: reader.int64(),
    traceId: reader.bytes(16).toString('hex'),
    spanId: reader.bytes(8).toString('hex'),
    flags: reader.uint32(),
    severityNumber: reader.byte(),
    severityText: reader.text(),
    body: canonicalBody(reader.text(), reader.byte()),
    eventName: reader.text(),
    attributes: reader.attributes(),
    resource: reader.attributes(),
    dropped: reader.uint32(),
  };
}

function canonicalBody(text: string, type: number): string {
  if (type === 0) return 'e';
  return type === 1 ? `s:${text}` : canonicalJson(text);
}

function expectedLogs(body: Uint8Array): object[] {
  return listOf(decodeReference('logs', body).resourceLogs).flatMap((group) =>
    listOf(group.scopeLogs).flatMap((scope) => listOf(scope.logRecords).map((record) => expectedLog(record, group))),
  );
}

function expectedLog(record: ReferenceObject, group: ReferenceObject): object {
  return {
    time: storedTime(record.timeUnixNano, record.observedTimeUnixNano),
    observedTime: clampedTime(record.observedTimeUnixNano),
    traceId: hexOf(record.traceId, 16),
    spanId: hexOf(record.spanId, 8),
    flags: record.flags ?? 0,
    severityNumber: record.severityNumber ?? 0,
    severityText: record.severityText ?? '',
    body: canonicalReference(record.body as ReferenceObject | undefined),
    eventName: record.eventName ?? '',
    attributes: canonicalPairs(record.attributes).sort(),
    resource: canonicalPairs(((group.resource ?? {}) as ReferenceObject).attributes).sort(),
    dropped: record.droppedAttributesCount ?? 0,
  };
}

const inOrder = (items: readonly object[]): string[] => items.map((item) => JSON.stringify(item)).sort();

test('any log records come back from the store as the reference decoder sees them', LONG, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(logsRequest, { minLength: 1, maxLength: 3 }), async (requests) => {
      const bodies = requests.map((request) => encodeReference('logs', request));
      const chunks = bodies.map((body) => decodeLogs(body.slice()).chunk).filter((chunk) => chunk.count > 0);
      fc.pre(chunks.length > 0);
      expect(inOrder(await throughStore(chunks))).toEqual(inOrder(bodies.flatMap(expectedLogs)));
    }),
    { numRuns: 30 },
  );
});

test('records of resources with the same labels are of one stream, which is written once', LONG, async () => {
  const attributes = (pairs: object) =>
    Object.entries(pairs).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
    }));
  const of = (pairs: object, count = 1) => ({
    resource: { attributes: attributes(pairs) },
    scopeLogs: [{ logRecords: Array.from({ length: count }, () => ({ timeUnixNano: '1' })) }],
  });
  const shop = { 'service.name': 'shop', 'k8s.pod.name': 'shop-1', 'service.instance.id': 7, 'cloud.region': '' };
  const body = encodeReference('logs', {
    resourceLogs: [of({ ...shop, 'host.name': 'a' }, 2), of({ 'host.name': 'b' }), of({ 'host.name': 'c', ...shop })],
  });
  const ingestedAt = nextIngestedAtNs();
  const block = encodeBlock(encoder, [decodeLogs(body.slice()).chunk], ingestedAt);
  const known = new SeriesSet(1000);
  const streams = encoder.streams.encode(known, 1000, 3600)!;
  expect(streams.rowCount).toBe(2);
  await inserter.insert(streams, `test-streams-${ingestedAt}`);
  await inserter.insert(block, `test-${ingestedAt}`);
  expect(encoder.streams.encode(known, 1000 + 3599, 3600)).toBeUndefined();
  expect(encoder.streams.encode(known, 1000 + 3600, 3600)?.rowCount).toBe(2);
  const text = await store.text(`SELECT record, labels, l.service_name FROM logs
    JOIN (SELECT stream_id, any(labels) AS labels, any(service_name) AS service_name FROM log_streams GROUP BY stream_id) AS l USING stream_id
    WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC') ORDER BY record FORMAT TSV`);
  const labels = "{'k8s_pod_name':'shop-1','service_instance_id':'7','service_name':'shop'}";
  expect(text.split('\n').map((line) => line.split('\t'))).toEqual([
    ['0', labels, 'shop'],
    ['1', labels, 'shop'],
    ['2', "{'service_name':'unknown_service'}", ''],
    ['3', labels, 'shop'],
  ]);
});

test('the view for ClickHouse tools shows what the records say', LONG, async () => {
  const traceId = Buffer.alloc(16, 0xab);
  const body = encodeReference('logs', {
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: 'deployment.environment', value: { stringValue: 'old' } },
            { key: 'deployment.environment.name', value: { stringValue: 'new' } },
          ],
        },
        scopeLogs: [
          {
            scope: { name: 'lib', attributes: [{ key: 'n', value: { intValue: '5' } }] },
            logRecords: [
              {
                timeUnixNano: '1500000000000000001',
                severityNumber: 9,
                severityText: 'INFO',
                flags: 257,
                traceId,
                body: { stringValue: 'hello' },
                attributes: [{ key: 'code.line.number', value: { intValue: '42' } }],
                eventName: 'greeting',
              },
            ],
          },
        ],
      },
    ],
  });
  await inserter.insert(encodeBlock(encoder, [decodeLogs(body.slice()).chunk], nextIngestedAtNs()), 'test-view');
  const row = JSON.parse(await store.text("SELECT * FROM otel_logs WHERE EventName = 'greeting' FORMAT JSONEachRow"));
  expect(row).toEqual({
    Timestamp: '2017-07-14 02:40:00.000000001',
    TimestampTime: '2017-07-14 02:40:00',
    TraceId: 'ab'.repeat(16),
    SpanId: '',
    TraceFlags: 1,
    SeverityText: 'INFO',
    SeverityNumber: 9,
    ServiceName: '',
    Body: 'hello',
    ResourceSchemaUrl: '',
    ResourceAttributes: { 'deployment.environment': 'old', 'deployment.environment.name': 'new' },
    ScopeSchemaUrl: '',
    ScopeName: 'lib',
    ScopeVersion: '',
    ScopeAttributes: { n: '5' },
    LogAttributes: { 'code.line.number': '42' },
    EventName: 'greeting',
  });
});

test('a service.name without a value names no service', LONG, async () => {
  const named = (value: object) => ({
    resource: { attributes: [{ key: 'service.name', value }] },
    scopeLogs: [{ logRecords: [{ timeUnixNano: '1', severityText: 'name' }] }],
  });
  const body = encodeReference('logs', {
    resourceLogs: [named({}), named({ stringValue: 'real' }), named({ intValue: 5 })],
  });
  const ingestedAt = nextIngestedAtNs();
  await inserter.insert(encodeBlock(encoder, [decodeLogs(body.slice()).chunk], ingestedAt), `test-${ingestedAt}`);
  const reader = new RowBinaryReader(
    await store.query(`SELECT service_name FROM logs WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC')
      ORDER BY service_name FORMAT RowBinary`),
  );
  expect([reader.text(), reader.text(), reader.text()]).toEqual(['', '5', 'real']);
});
