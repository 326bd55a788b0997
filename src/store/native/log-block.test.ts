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
