import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogChunk } from '#pdata';
import { decodeLogs } from '#wire';
import { logsRequest } from '../../wire/testing/arbitraries.ts';
import { decodeReference, encodeReference, type ReferenceObject } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { LOG_PATHS } from '../schema/index.ts';
import { canonicalJson, canonicalPairs, canonicalReference } from '../testing/canonical.ts';
import { encodeSegment } from '../testing/encode.ts';
import { clampedTime, hexOf, listOf, nextIngestedAtNs, storedTime } from '../testing/expected.ts';
import { RowBinaryReader } from '../testing/row-binary.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { KnownIds } from './known-ids.ts';
import { SegmentEncoder } from './segment-encoder.ts';

let store: TestStore;
let inserter: Inserter;
const LONG = { timeout: 120_000 };
const encoder = new SegmentEncoder();

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
  for (const block of encodeSegment(encoder, chunks, ingestedAt))
    await inserter.insert(block, `test-${ingestedAt}-${block.table}`);
  const resources = new Map(
    await readAll('SELECT resource_id, attributes FROM resources', (reader) => [reader.uint64(), reader.attributes()]),
  );
  return await readAll(
    `SELECT time, observed_time, trace_id, span_id, flags, severity_number, severity_text, body, body_type, event_name,
      attributes, attributes_other, resource_id, dropped_attributes_count
      FROM logs WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC')`,
    (reader) => readLog(reader, resources),
  );
}

async function insertLogs(body: Uint8Array, ingestedAt: bigint, known = new KnownIds(1000)): Promise<void> {
  for (const block of encodeSegment(encoder, [decodeLogs(body.slice()).chunk], ingestedAt, known))
    await inserter.insert(block, `test-${ingestedAt}-${block.table}`);
}

async function readAll<T>(query: string, readRow: (reader: RowBinaryReader) => T): Promise<T[]> {
  const reader = new RowBinaryReader(await store.query(`${query} FORMAT RowBinary`));
  const rows: T[] = [];
  while (!reader.isDone) rows.push(readRow(reader));
  return rows;
}

function readLog(reader: RowBinaryReader, resources: ReadonlyMap<string, string[]>): object {
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
    attributes: [...reader.attributes(LOG_PATHS), ...reader.attributes()].sort(),
    resource: resources.get(reader.uint64()),
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
  const known = new KnownIds(1000);
  await insertLogs(body, ingestedAt, known);
  const { chunk } = decodeLogs(body.slice());
  const streams = (atNs: bigint) =>
    [...encodeSegment(encoder, [chunk], atNs, known)].filter(({ table }) => table === 'log_streams');
  expect(streams(ingestedAt + 3_599_000_000_000n)).toEqual([]);
  expect(streams(ingestedAt + 3_600_000_000_000n).map(({ rowCount }) => rowCount)).toEqual([2]);
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
                attributes: [
                  { key: 'code.line.number', value: { intValue: '42' } },
                  { key: 'thread.id', value: { stringValue: 'main' } },
                ],
                eventName: 'greeting',
              },
            ],
          },
        ],
      },
    ],
  });
  await insertLogs(body, nextIngestedAtNs());
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
    LogAttributes: { 'code.line.number': '42', 'thread.id': 'main' },
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
  await insertLogs(body, ingestedAt);
  const reader = new RowBinaryReader(
    await store.query(`SELECT service_name FROM logs WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC')
      ORDER BY service_name FORMAT RowBinary`),
  );
  expect([reader.text(), reader.text(), reader.text()]).toEqual(['', '5', 'real']);
});
